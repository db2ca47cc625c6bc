import type { Method } from '../method.ts'
import { auto } from './auto.ts'
import { consistency } from './consistency.ts'
import { contrastive } from './contrastive.ts'
import { cotta } from './cotta.ts'
import { dgTta } from './dg-tta.ts'
import { dltta } from './dltta.ts'
import { eata } from './eata.ts'
import { fast } from './fast.ts'
import { fourierStyle } from './fourier-style.ts'
import { grata } from './grata.ts'
import { intent } from './intent.ts'
import { lowRank } from './low-rank.ts'
import { memo } from './memo.ts'
import { norm } from './norm.ts'
import { pass } from './pass.ts'
import { pseudoLabels } from './pseudo-labels.ts'
import { restoration } from './restoration.ts'
import { rotation } from './rotation.ts'
import { rotta } from './rotta.ts'
import { sar } from './sar.ts'
import { shapePrior } from './shape-prior.ts'
import { smart } from './smart.ts'
import { smoothness } from './smoothness.ts'
import { source } from './source.ts'
import { strong } from './strong.ts'
import { tent } from './tent.ts'
import { vptta } from './vptta.ts'

/** All methods; a new one is one file and one row. Forms and help are made from their options. */
export const methods = {
  source,
  norm,
  tent,
  consistency,
  auto,
  fast,
  strong,
  memo,
  eata,
  cotta,
  sar,
  rotta,
  intent,
  grata,
  dltta,
  'dg-tta': dgTta,
  'fourier-style': fourierStyle,
  pass,
  smart,
  vptta,
  rotation,
  restoration,
  'shape-prior': shapePrior,
  smoothness,
  contrastive,
  'pseudo-labels': pseudoLabels,
  'low-rank': lowRank,
} as const satisfies Record<string, Method>
