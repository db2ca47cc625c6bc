import type { Method } from '../method.ts'
import { consistency } from './consistency.ts'
import { norm } from './norm.ts'
import { source } from './source.ts'
import { tent } from './tent.ts'

/** All methods; a new one is one file and one row. Forms and help are made from their options. */
export const methods = { source, norm, tent, consistency } as const satisfies Record<string, Method>
