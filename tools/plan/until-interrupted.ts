import type { Children } from "../terraform/children";

/**
 * Waits for what starts no process, such as calls to GitHub, until an interrupt comes.
 * @throws InterruptedError when one does, or has come before
 */
export async function untilInterrupted<T>(children: Children, work: () => Promise<T>): Promise<T> {
  children.throwIfInterrupted();
  let stop = (): void => undefined;
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  const done = await children.during({ stop }, false, () => Promise.race([work(), stopped]));
  children.throwIfInterrupted();
  return done as T;
}
