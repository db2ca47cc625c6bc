/** Whether a reply is still wanted: of several questions only the last one counts. */
export class Latest {
  private count = 0

  /** A new question; what is returned tells, at any time, whether it is still the last one. */
  next(): () => boolean {
    const mine = ++this.count
    return () => mine === this.count
  }
}
