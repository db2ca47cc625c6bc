/** A file that cannot be used, and why: `reason` completes "<file> cannot be used: ...". It names no patient and no path. */
export class Unreadable extends Error {
  readonly reason: string

  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options)
    this.name = 'Unreadable'
    this.reason = reason
  }
}

/** More voxels than this in one volume are refused: 1.6 GB as Float32, more than any scanner writes. */
export const maxVoxels = 400_000_000
/** Larger files are refused before they are read. */
export const maxFileBytes = 4 * 2 ** 30
