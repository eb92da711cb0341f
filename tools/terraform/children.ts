import execa from "execa";
import { ExplainedError } from "../../config/explained-error";

/**
 * Child processes of one command. They run in process groups of their own, so that Ctrl-C reaches each exactly once: a second
 * interrupt makes Terraform give up without saving what it made.
 */
export class Children {
  private readonly running = new Set<execa.ExecaChildProcess>();
  private interrupts = 0;

  /** Starts a process; it is an error to start one after an interrupt. */
  public start(file: string, args: readonly string[], options: execa.Options = {}): execa.ExecaChildProcess {
    if (this.isInterrupted()) throw new InterruptedError();
    const child = execa(file, args, { ...options, detached: true, reject: false, cleanup: false });
    this.running.add(child);
    void child.finally(() => this.running.delete(child));
    return child;
  }

  /** Whether an interrupt has arrived. */
  public isInterrupted(): boolean {
    return this.interrupts > 0;
  }

  /** Passes an interrupt on to everything that runs. */
  public interrupt(): void {
    this.interrupts += 1;
    for (const child of this.running) child.kill("SIGINT");
  }

  /** Runs work during which Ctrl-C and a termination signal are passed on and waited for. */
  public async forwarding<T>(notice: (interrupts: number) => void, work: () => Promise<T>): Promise<T> {
    let last = -Infinity;
    const handler = (): void => {
      // npm and tsx pass on the signal that the terminal has sent already: one key press arrives up to three times.
      if (performance.now() - last < 1_000) return;
      last = performance.now();
      this.interrupt();
      notice(this.interrupts);
    };
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
    for (const signal of signals) process.on(signal, handler);
    try {
      return await work();
    } finally {
      for (const signal of signals) process.off(signal, handler);
    }
  }
}

/** Thrown in place of work that would start after an interrupt. */
export class InterruptedError extends ExplainedError {
  public constructor() {
    super("interrupted");
  }
}
