/** Sends a signal to a process group, if there is one. */
export function signalGroup(group: number | undefined, signal: NodeJS.Signals): void {
  // What could not be started has no id, and 0 would be this process's own group.
  if (group === undefined || group <= 0) return;
  try {
    process.kill(-group, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
