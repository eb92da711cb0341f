import execa from "execa";
import { ExplainedError } from "../../config/explained-error";
import { signalGroup } from "../signal-group";

const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** A signal that asks a command to stop. */
export type Interrupt = keyof typeof SIGNAL_NUMBERS;

/** Something that runs in a process group of its own and can be stopped. */
export interface Stoppable {
  /** Sends a signal to all of its processes. */
  stop(signal: NodeJS.Signals): void;
}

/** How often a parent is looked for. */
const PARENT_MS = 500;

/**
 * Child processes of one command. They run in process groups of their own, so that the terminal's Ctrl-C reaches none of them: what
 * may be stopped is stopped by the first interrupt, and what changes something goes on to its end. Terraform's graceful stop would make
 * its providers cancel requests that the other side carries out all the same, and nobody would know of what they made.
 */
export class Children {
  private readonly disposable = new Set<Stoppable>();
  private readonly kept = new Set<Stoppable>();
  private interrupts = 0;
  private first: Interrupt = "SIGINT";

  /** @param further - what the second interrupt and those after it send to what changes something; the last one repeats */
  public constructor(private readonly further: readonly NodeJS.Signals[] = ["SIGINT", "SIGKILL"]) {}

  /** Starts a process that the first interrupt stops; it is an error to start one after an interrupt. */
  public start(file: string, args: readonly string[], options: execa.Options = {}): execa.ExecaChildProcess {
    return this.run(this.disposable, file, args, options);
  }

  /** Starts a process that the first interrupt lets end; it is an error to start one after an interrupt. */
  public finish(file: string, args: readonly string[], options: execa.Options = {}): execa.ExecaChildProcess {
    return this.run(this.kept, file, args, options);
  }

  /**
   * Does work on something that runs already, or that the work starts itself.
   * @param changes - whether the first interrupt lets it end
   */
  public async during<R extends Stoppable, T>(running: R, changes: boolean, work: (run: R) => Promise<T>): Promise<T> {
    const place = changes ? this.kept : this.disposable;
    place.add(running);
    try {
      return await work(running);
    } finally {
      place.delete(running);
    }
  }

  /** Whether an interrupt has arrived. */
  public isInterrupted(): boolean {
    return this.interrupts > 0;
  }

  /** As shells tell of the signal that has arrived; undefined when none has. */
  public get exitCode(): number | undefined {
    return this.isInterrupted() ? exitCodeOf(this.first) : undefined;
  }

  /** @throws InterruptedError when an interrupt has arrived: to be asked between two steps */
  public throwIfInterrupted(): void {
    if (this.isInterrupted()) throw new InterruptedError(this.first);
  }

  /** Takes an interrupt. */
  public interrupt(signal: Interrupt = "SIGINT"): void {
    if (this.interrupts === 0) this.first = signal;
    this.interrupts += 1;
    const again = this.interrupts - 2;
    for (const child of this.disposable) child.stop(again < 0 ? "SIGINT" : "SIGKILL");
    if (again < 0) return;
    for (const child of this.kept) child.stop(this.further[Math.min(again, this.further.length - 1)] ?? "SIGKILL");
  }

  /**
   * Runs work during which signals that ask to stop are taken as interrupts. A command that npm has started is interrupted, too, when
   * npm is gone: nobody sees it any more.
   *
   * @param notice - tells the person what an interrupt does; gets its number
   * @throws InterruptedError in place of an explained error that follows an interrupt, with its words
   */
  public async forwarding<T>(notice: (interrupts: number) => void, work: () => Promise<T>): Promise<T> {
    let last = -Infinity;
    const take = (signal: Interrupt): void => {
      // npm and tsx pass on the signal that the terminal has sent already: one key press arrives up to three times.
      if (performance.now() - last < 1_000) return;
      last = performance.now();
      this.interrupt(signal);
      notice(this.interrupts);
    };
    const signals = Object.keys(SIGNAL_NUMBERS) as Interrupt[];
    for (const signal of signals) process.on(signal, take);
    const watch = watchNpm(() => take("SIGTERM"));
    try {
      return await work();
    } catch (error) {
      if (!this.isInterrupted() || !(error instanceof ExplainedError) || error instanceof InterruptedError) throw error;
      throw new InterruptedError(this.first, error.message);
    } finally {
      clearInterval(watch);
      for (const signal of signals) process.off(signal, take);
    }
  }

  private run(
    place: Set<Stoppable>,
    file: string,
    args: readonly string[],
    options: execa.Options,
  ): execa.ExecaChildProcess {
    this.throwIfInterrupted();
    const child = execa(file, args, { ...options, detached: true, reject: false, cleanup: false });
    const stoppable = { stop: (signal: NodeJS.Signals) => signalGroup(child.pid, signal) };
    place.add(stoppable);
    void child.finally(() => place.delete(stoppable));
    return child;
  }
}

/** npm passes no termination signal on; its death is all that tells. */
function watchNpm(gone: () => void): NodeJS.Timeout | undefined {
  if ((process.env["npm_command"] ?? "") === "") return undefined;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    gone();
  }, PARENT_MS);
  return timer.unref();
}

/** Thrown in place of work that would start after an interrupt. */
export class InterruptedError extends ExplainedError {
  /** As shells tell of the signal. */
  public override readonly exitCode: number;

  /**
   * @param signal - what arrived
   * @param message - what was left, and what to do
   */
  public constructor(signal: Interrupt = "SIGINT", message = "interrupted") {
    super(message);
    this.exitCode = exitCodeOf(signal);
  }
}

function exitCodeOf(signal: Interrupt): number {
  return 128 + SIGNAL_NUMBERS[signal];
}
