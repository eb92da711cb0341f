import { spawn, type ChildProcess } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import execa from "execa";
import { SandboxPaths } from "../../stacks/sandbox/paths";
import { signalGroup } from "../../tools/signal-group";
import { readJson } from "../../tools/files";
import { parseEvent } from "../../tools/terraform/events";

const PROJECT = path.resolve(__dirname, "../..");
/** The small sandbox's command line. */
export const SMALL_CLI = path.join(__dirname, "small-cli.ts");
const POLL_MS = 50;

/** How a command ended. */
export interface Ended {
  /** Its exit code; null when a signal killed it. */
  readonly code: number | null;
  /** All that it printed, on both channels. */
  readonly output: string;
}

/** A running command. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it has printed so far. */
  readonly output: () => string;
}

/** A sandbox of two small stacks, in a folder of its own, used by real commands. */
export class SmallSandbox {
  public readonly paths: SandboxPaths;

  public constructor(
    folder = path.join(mkdtempSync(path.join(os.tmpdir(), "opsdx-faults-")), "sandbox"),
    /** The checkout whose commands are used. */
    private readonly project = PROJECT,
  ) {
    this.paths = new SandboxPaths(folder);
  }

  /** Starts `opsdx sandbox <words>` in a process group of its own. */
  public start(...words: readonly string[]): Running {
    const cli = path.join(this.project, path.relative(PROJECT, SMALL_CLI));
    return started([process.execPath, "--import", "tsx", cli, "sandbox", ...words], this.environment(), this.project);
  }

  /** Runs `opsdx sandbox <words>` to its end. */
  public run(...words: readonly string[]): Promise<Ended> {
    return this.start(...words).ended;
  }

  /** The environment of its commands. */
  public environment(): NodeJS.ProcessEnv {
    const ambient = Object.entries(process.env).filter(([name]) => !/^(AWS_|OPSDX_|npm_)/.test(name));
    return { ...Object.fromEntries(ambient), OPSDX_SANDBOX: this.paths.directory, NODE_OPTIONS: "" };
  }

  /** Starts `opsdx sandbox up <stack>`, and returns when Terraform makes the fifth of twelve roles, which lasts until {@link release}. */
  public async upToTheMiddle(stack = "global", start = () => this.start("up", stack)): Promise<Running> {
    mkdirSync(path.dirname(this.hold()), { recursive: true });
    writeFileSync(this.hold(), "");
    rmSync(this.eventFile("global"), { force: true });
    const running = start();
    await until(running, () =>
      this.events("global").some((event) => event?.kind === "started" && event.address === "aws_iam_role.Role5"),
    );
    return running;
  }

  /** Lets the fifth role be made. */
  public release(): void {
    rmSync(this.hold(), { force: true });
  }

  /** Process group of the Terraform that changes the shared stack; undefined while there is none. */
  public terraform(): number | undefined {
    const record = readJson(path.join(this.paths.runs(), "global-apply.json")) as { readonly pid: number } | undefined;
    return record?.pid;
  }

  /** How much Terraform has told of its apply of the shared stack. */
  public eventCount(): number {
    return this.events("global").filter((event) => event !== undefined).length;
  }

  /** Processes that work in the sandbox's folder, or were told of it. */
  public processes(): readonly string[] {
    return processesIn(this.paths.directory);
  }

  /** Stops and deletes everything. */
  public async remove(): Promise<void> {
    this.release();
    if (existsSync(this.paths.directory)) await this.run("reset");
    rmSync(path.dirname(this.paths.directory), { recursive: true, force: true });
  }

  private readonly hold = (): string => path.join(path.dirname(this.paths.directory), "hold");

  private readonly eventFile = (stack: string): string => path.join(this.paths.logs(), `${stack}-apply.jsonl`);

  private events(stack: string): readonly ReturnType<typeof parseEvent>[] {
    const file = this.eventFile(stack);
    return existsSync(file) ? readFileSync(file, "utf8").split("\n").map(parseEvent) : [];
  }
}

/** A small disk of its own; undefined where this user may mount none. Whoever asks unmounts it. */
export function mountDisk(mib: number): string | undefined {
  const folder = mkdtempSync(path.join(os.tmpdir(), "opsdx-disk-"));
  const { exitCode } = execa.sync("mount", ["-t", "tmpfs", "-o", `size=${mib}m`, "tmpfs", folder], { reject: false });
  return exitCode === 0 ? folder : undefined;
}

/** Command lines of the processes that work in a folder, or were told of it; this one apart. */
export function processesIn(folder: string): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        const ours = command.includes(folder) || readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
        return ours && command !== "" ? [command] : [];
      } catch {
        // It ended meanwhile, or is somebody else's.
        return [];
      }
    });
}

/** Starts a program in a process group of its own. */
export function started([file = "", ...args]: readonly string[], env: NodeJS.ProcessEnv, cwd = PROJECT): Running {
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, output })));
  return { child, ended, output: () => output };
}

/** Waits for a condition while a command, or what it has started, can still write. */
export async function until(running: Running, condition: () => boolean): Promise<void> {
  const over = running.ended.then(() => true);
  while (!condition()) {
    if ((await Promise.race([over, delay(POLL_MS)])) === true) {
      throw new Error(`the command ended too early:\n${running.output()}`);
    }
  }
}

/** A copy of this checkout, of which a test may break what it likes. */
export function copyOfProject(): string {
  const copy = mkdtempSync(path.join(os.tmpdir(), "opsdx-copy-"));
  const parts = ["config", "constructs", "lambdas", "stacks", "tools", "main.ts", "package.json", "tsconfig.json"];
  for (const part of [...parts, path.relative(PROJECT, __dirname)]) {
    cpSync(path.join(PROJECT, part), path.join(copy, part), { recursive: true });
  }
  symlinkSync(path.join(PROJECT, "node_modules"), path.join(copy, "node_modules"));
  return copy;
}

/** Kills a process group on the spot. */
export function kill(group: number | undefined): void {
  signalGroup(group, "SIGKILL");
}
