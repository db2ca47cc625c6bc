/** For the command line, which sees the reports through the app alone. */
export { expectedSentence } from '../report/expected.ts'
