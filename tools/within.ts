/**
 * Waits for work, but not for ever. The work itself goes on: whoever begins it ends it.
 * @param milliseconds - how long
 * @param late - makes the error, when the time is over
 */
export async function within<T>(milliseconds: number, work: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds);
  });
  return Promise.race([work, over]).finally(() => clearTimeout(timer));
}
