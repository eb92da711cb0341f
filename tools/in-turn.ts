/** Does one piece of work at a time, each after the one before it, however that ended. */
export class InTurn {
  private last: Promise<unknown> = Promise.resolve();

  /** Does the work when its turn has come. */
  public next<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work);
    this.last = turn.catch(() => undefined);
    return turn;
  }
}
