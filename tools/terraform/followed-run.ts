import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, rmSync } from "node:fs";
import path from "node:path";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as delay } from "node:timers/promises";
import { readJson, writeWhole } from "../files";
import { groupCommands, runsAs } from "../processes";
import { signalGroup } from "../signal-group";

const POLL_MS = 100;
const READ_BYTES = 65_536;

/**
 * Keeps the exit code for a command that comes later, whole or not at all. A signal to the group is the program's to answer: the shell
 * waits for it.
 */
const WRAPPER =
  'trap : INT TERM HUP; "$@"; code=$?; echo "$code" > "$0.exit.new" && mv "$0.exit.new" "$0.exit"; exit "$code"';

/** What a record tells of a run. */
export interface RunRecord {
  /** Process id of the run's leader, which is its process group, too. */
  readonly pid: number;
  /** What runs, for people, for example `apply of global`. */
  readonly what: string;
  /** What it works on, for the program, for example the stack's name. */
  readonly subject: string;
  /** Whether it changes something that it must write down before it ends. */
  readonly changes: boolean;
  /** File that gets everything it writes. */
  readonly output: string;
  /** Its working directory. */
  readonly directory: string;
}

/** Settings of {@link FollowedRun.start}. */
export interface FollowedRunProps extends Omit<RunRecord, "pid"> {
  /** File by which later commands find it; one run per file at a time. */
  readonly record: string;
  /** Program. */
  readonly file: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** Its whole environment. */
  readonly env: NodeJS.ProcessEnv;
}

/** How a run ended: with an exit code, or killed, which leaves its work half done. */
export type RunEnding = { readonly kind: "exited"; readonly exitCode: number } | { readonly kind: "killed" };

/**
 * A program that survives the command which started it. It has a process group of its own and writes into a file instead of a pipe, so
 * neither Ctrl-C nor the command's death stops it halfway; a record tells later commands of it.
 */
export class FollowedRun {
  private constructor(
    /** File by which the run is found. */
    public readonly file: string,
    /** What is known of it. */
    public readonly record: RunRecord,
    private readonly child?: ChildProcess,
  ) {}

  /** Starts a program; what an earlier run left under the same record is forgotten. */
  public static start({ record: file, args, env, ...props }: FollowedRunProps): FollowedRun {
    mkdirSync(path.dirname(file), { recursive: true });
    mkdirSync(path.dirname(props.output), { recursive: true });
    rmSync(exitFileOf(file), { force: true });
    const output = openSync(props.output, "w");
    const child = spawn("sh", ["-c", WRAPPER, file, props.file, ...args], {
      cwd: props.directory,
      env,
      detached: true,
      stdio: ["ignore", output, output],
    });
    closeSync(output);
    // Told by `ending`: what could not be started has no exit code.
    child.once("error", () => undefined);
    const { changes, directory, subject, what } = props;
    const record = { pid: child.pid ?? 0, what, subject, changes, output: props.output, directory };
    writeWhole(file, `${JSON.stringify(record)}\n`);
    return new FollowedRun(file, record, child);
  }

  /** The runs that earlier commands have left in a folder of records, running or not. */
  public static in(folder: string): readonly FollowedRun[] {
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .flatMap((name) => {
        const file = path.join(folder, name);
        const record = readJson(file) as RunRecord | undefined;
        return record === undefined ? [] : [new FollowedRun(file, record)];
      });
  }

  /** Whether it runs. */
  public async isRunning(): Promise<boolean> {
    if (this.child !== undefined) {
      return this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null;
    }
    return runsAs(this.record.pid, this.file);
  }

  /** Reads what it writes, from the beginning, line by line until it has ended; then nothing of its group is left. */
  public async follow(onLine: (line: string) => void = () => undefined): Promise<RunEnding> {
    const lines = new LineReader(this.record.output, onLine);
    try {
      while (await this.isRunning()) {
        lines.read();
        await delay(POLL_MS);
      }
      lines.end();
    } finally {
      lines.close();
    }
    await this.reap();
    return this.ending();
  }

  /** Sends a signal to all of its processes. */
  public stop(signal: NodeJS.Signals): void {
    signalGroup(this.record.pid, signal);
  }

  /** Stops at once what there is of its group: plugins outlive a Terraform that was killed. */
  public async reap(): Promise<void> {
    // Of an earlier command's run the number may be another group's by now.
    const ours =
      this.child !== undefined ||
      (await this.isRunning()) ||
      (await groupCommands(this.record.pid)).some((command) => command.includes("terraform"));
    if (ours) this.stop("SIGKILL");
  }

  /** Removes the record: nobody needs to know of the run any more. */
  public forget(): void {
    for (const file of [exitFileOf(this.file), this.file]) rmSync(file, { force: true });
  }

  /** Stops at once what there is of it, and removes its record. */
  public async discard(): Promise<void> {
    await this.reap();
    this.forget();
  }

  /** How it ended; only to be asked when it has. */
  public ending(): RunEnding {
    const kept = existsSync(exitFileOf(this.file)) ? readFileSync(exitFileOf(this.file), "utf8").trim() : "";
    const exitCode = this.child?.exitCode ?? (/^\d+$/.test(kept) ? Number(kept) : undefined);
    // A shell tells of a program that a signal ended by 128 and its number.
    return exitCode === undefined || exitCode > 128 ? { kind: "killed" } : { kind: "exited", exitCode };
  }
}

function exitFileOf(record: string): string {
  return `${record}.exit`;
}

/** Reads a file that grows, line by line. */
class LineReader {
  private readonly file: number | undefined;
  private readonly decoder = new StringDecoder("utf8");
  private readonly buffer = Buffer.alloc(READ_BYTES);
  private rest = "";

  public constructor(
    name: string,
    private readonly onLine: (line: string) => void,
  ) {
    // Of an earlier run it may be gone; how that ended is told without it.
    this.file = existsSync(name) ? openSync(name, "r") : undefined;
  }

  /** Takes what has been written since. */
  public read(): void {
    while (this.file !== undefined) {
      const count = readSync(this.file, this.buffer, 0, READ_BYTES, null);
      if (count === 0) return;
      const lines = (this.rest + this.decoder.write(this.buffer.subarray(0, count))).split("\n");
      this.rest = lines.pop() ?? "";
      for (const line of lines) this.onLine(line);
    }
  }

  /** Takes the rest, whether a line's end follows or not. */
  public end(): void {
    this.read();
    if (this.rest !== "") this.onLine(this.rest);
    this.rest = "";
  }

  public close(): void {
    if (this.file !== undefined) closeSync(this.file);
  }
}
