import colors from "picocolors";
import type { RunProgress } from "../terraform/events";

/** A stack's work as the display shows it. */
export interface StackLine {
  /** The stack's name. */
  readonly stack: string;
  /** What is going on, for example `apply`. */
  readonly phase: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** What Terraform has told so far. @default - nothing yet */
  readonly progress?: RunProgress;
}

/** One line about a stack, cut to the width of the terminal. */
export function describe({ stack, phase, startedAt, progress }: StackLine, now: number, width = 160): string {
  const seconds = `${Math.round((now - startedAt) / 1000)} s`;
  const parts = [`${stack}: ${phase}`, ...(progress === undefined ? [] : details(progress)), seconds];
  const current = [...(progress?.current ?? [])];
  const waiting =
    current.length === 0 ? [] : [`now ${current.slice(0, 3).join(", ")}${current.length > 3 ? " …" : ""}`];
  const text = [...parts, ...waiting].join(" · ");
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

function details({ total, done, refreshed }: RunProgress): readonly string[] {
  if (total > 0) return [`${done}/${total} changes`];
  return refreshed > 0 ? [`${refreshed} read`] : [];
}

/** Shows running stacks: lines that update on a terminal, a line every few seconds elsewhere. */
export class ProgressDisplay {
  private readonly lines = new Map<string, StackLine>();
  private drawn = 0;
  private readonly timer: NodeJS.Timeout;

  public constructor(
    private readonly stream: NodeJS.WriteStream = process.stderr,
    interval = stream.isTTY ? 200 : 15_000,
  ) {
    this.timer = setInterval(() => this.draw(), interval);
  }

  /** A stack's work has begun or moved on. */
  public update(line: StackLine): void {
    const former = this.lines.get(line.stack);
    this.lines.set(line.stack, line);
    if (!this.stream.isTTY && former?.phase !== line.phase) this.print(`${line.stack}: ${line.phase} …`);
  }

  /** A stack's work is over. */
  public finish(stack: string, outcome: string): void {
    this.lines.delete(stack);
    this.say(`${stack}: ${outcome}`);
  }

  /** Prints a message above the updating lines. */
  public say(message: string): void {
    this.erase();
    this.print(message);
    if (this.stream.isTTY) this.draw();
  }

  /** Stops updating; called once, in any case. */
  public close(): void {
    clearInterval(this.timer);
    this.erase();
  }

  private draw(): void {
    this.erase();
    const now = Date.now();
    for (const line of this.lines.values()) {
      this.print(this.stream.isTTY ? colors.dim(describe(line, now, this.stream.columns)) : describe(line, now));
    }
    if (this.stream.isTTY) this.drawn = this.lines.size;
  }

  private erase(): void {
    if (this.drawn > 0) this.stream.write(`\u001b[${this.drawn}A\u001b[0J`);
    this.drawn = 0;
  }

  private print(text: string): void {
    this.stream.write(`${text}\n`);
  }
}
