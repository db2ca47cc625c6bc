import { checkMethods } from './method-parity.ts'

checkMethods('cpu')
