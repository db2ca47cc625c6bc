/** Something the user can act on: one row of this table per code. Everything else that is thrown is a bug. */
const table = {
  'input-not-found': ['There is nothing to read at {path}.', 'Check the path.'],
  'input-unsupported': ['{path} cannot be used: {reason}.', '{remedy}'],
  usage: ['{problem}.', '{remedy}'],
  'engine-missing': ['The {engine} engine does not run here: {reason}.', '{remedy}'],
  'calibration-unusable': ['{path} cannot be used as a calibration of the guard: {reason}.', '{remedy}'],
  'model-unsupported': ['{path} cannot be used as a model: {reason}.', '{remedy}'],
  'method-not-applicable': ['The method {method} does not apply to {model}: {reason}.', '{remedy}'],
  'run-unusable': ['{path} is not a run that can be used: {reason}.', '{remedy}'],
  'cannot-write': ['{path} could not be written: {reason}.', '{remedy}'],
  'memory-short': [
    'A scan of {size} voxels takes about {needed} of memory, and {free} are free.',
    'Close other programs, or take a machine with more memory.',
  ],
  busy: [
    '{doing} is still going on, and this machine does one such thing at a time.',
    'Wait until it ends, or cancel it.',
  ],
  'scan-closed': ['This scan is not open any more.', 'Open it again.'],
  'not-there': ['{what} is not there any more.', '{remedy}'],
  'request-unknown': ['There is no call named "{name}".', 'Reload the window.'],
  'request-invalid': ['The call "{name}" came in a form that cannot be used: {reason}.', 'Reload the window.'],
  'pick-unknown': ['What was picked is not known any more.', 'Choose or drop it again.'],
  'pick-refused': ['{name} cannot be opened from here: {reason}.', '{remedy}'],
  'upload-refused': ['{name} was not taken: {reason}.', '{remedy}'],
  'worker-lost': ['The process that computes has ended before it could answer.', '{remedy}'],
} as const

export type ErrorCode = keyof typeof table
export type ErrorDetail = Readonly<Record<string, string | number>>

/** One sentence that names the file, and a remedy. `message` is both; `code` is stable for programs. */
export class UserError extends Error {
  readonly code: ErrorCode
  readonly remedy: string
  readonly sentence: string

  constructor(code: ErrorCode, detail: ErrorDetail = {}, options?: ErrorOptions) {
    const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (_, key: string) => String(detail[key] ?? ''))
    const sentence = fill(table[code][0])
    const remedy = fill(table[code][1])
    super(remedy ? `${sentence} ${remedy}` : sentence, options)
    this.name = 'UserError'
    this.code = code
    this.sentence = sentence
    this.remedy = remedy
  }
}
