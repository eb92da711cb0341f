import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { script } from "../kops/support";
import { appliedThing } from "./applied";

type Json = Readonly<Record<string, unknown>>;

/** What the program of a {@link Checkout} synthesizes, as its `program.json` says. */
export interface SmallProgram {
  /** Terraform JSON by stack. Each depends on those before it. */
  readonly stacks?: Readonly<Record<string, Json>>;
  /** What it says on its standard error when it fails. @default - it does not */
  readonly fails?: string;
}

/** Writes what `cdktf` does: a manifest, and the JSON of each stack. */
const SYNTH = `
const fs = require("node:fs"), path = require("node:path");
const { stacks = {}, fails } = JSON.parse(fs.readFileSync("program.json", "utf8"));
if (fails !== undefined) { console.error(fails); process.exit(1); }
const out = process.env.CDKTF_OUTDIR, names = Object.keys(stacks);
const entry = (name, at) => ({ name, workingDirectory: "stacks/" + name, dependencies: names.slice(0, at) });
for (const name of names) {
  fs.mkdirSync(path.join(out, "stacks", name), { recursive: true });
  fs.writeFileSync(path.join(out, "stacks", name, "cdk.tf.json"), JSON.stringify(stacks[name]));
}
fs.writeFileSync(path.join(out, "manifest.json"), JSON.stringify({ stacks: Object.fromEntries(names.map((name, at) => [name, entry(name, at)])) }));
`;

/**
 * A clone of a small program, in a folder of its own. Its stacks hold nothing but Terraform's own resources and keep their states in files;
 * its `terraform` counts how often it is started.
 */
export class Checkout {
  /** Folder of the clone. */
  public readonly root: string;
  private readonly folder = mkdtempSync(path.join(tmpdir(), "checkout-"));

  public constructor() {
    this.root = path.join(this.folder, "clone");
    mkdirSync(path.join(this.root, "node_modules"), { recursive: true });
    mkdirSync(path.join(this.folder, "states"));
    const terraform = execFileSync("sh", ["-c", "command -v terraform"], { encoding: "utf8" }).trim();
    script(
      path.join(this.folder, "bin/terraform"),
      `echo "$1" >> '${this.folder}/started'
       if [ "$1" = plan ] && [ -e '${this.folder}/hang' ]; then exec sleep 600; fi
       exec '${terraform}' "$@"`,
    );
    this.git("init", "--quiet", "--initial-branch=main");
    writeFileSync(path.join(this.root, ".gitignore"), "node_modules\n.cache\n");
    writeFileSync(path.join(this.root, "cdktf.json"), JSON.stringify({ app: "node synth.js" }));
    writeFileSync(path.join(this.root, "synth.js"), SYNTH);
  }

  /** The whole environment of commands that work on it: nothing of the machine's, or of a job that tests, is in it. */
  public env(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    return {
      PATH: `${path.join(this.folder, "bin")}:${process.env["PATH"] ?? ""}`,
      HOME: this.folder,
      TMPDIR: tmpdir(),
      CHECKPOINT_DISABLE: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_AUTHOR_NAME: "A",
      GIT_AUTHOR_EMAIL: "a@example.org",
      GIT_COMMITTER_NAME: "A",
      GIT_COMMITTER_EMAIL: "a@example.org",
      ...more,
    };
  }

  public git(...words: readonly string[]): string {
    return execFileSync("git", words, { cwd: this.root, env: this.env(), encoding: "utf8", stdio: "pipe" }).trim();
  }

  /** Writes the program, and does not commit it. */
  public write({ stacks, fails }: SmallProgram): void {
    const whole = Object.entries(stacks ?? {}).map(([name, json]): [string, Json] => {
      const terraform = { backend: { local: { path: this.state(name) } } };
      return [name, { ...json, terraform: { ...(json["terraform"] as Json | undefined), ...terraform } }];
    });
    writeFileSync(path.join(this.root, "program.json"), JSON.stringify({ stacks: Object.fromEntries(whole), fails }));
  }

  /** Writes the program, and commits it. */
  public commit(program: SmallProgram): string {
    this.write(program);
    this.git("add", ".");
    this.git("commit", "--quiet", "--allow-empty", "-m", "a program");
    return this.git("rev-parse", "HEAD");
  }

  /** A file beside the clone. */
  public file(name: string): string {
    return path.join(this.folder, name);
  }

  /** File of a stack's state. */
  public state(stack: string): string {
    return path.join(this.folder, "states", `${stack}.tfstate`);
  }

  /** Makes a stack look applied: with a thing of each of these names. */
  public apply(stack: string, names: readonly string[]): void {
    const resources = names.map((name) => appliedThing(name, name, name));
    const whole = { version: 4, terraform_version: "1.10.0", serial: 1, lineage: "a-b", outputs: {}, resources };
    writeFileSync(this.state(stack), JSON.stringify(whole));
  }

  /** Terraform's commands that were started since this was asked before. */
  public started(): readonly string[] {
    const file = this.file("started");
    const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
    writeFileSync(file, "");
    return lines.filter((line) => line !== "");
  }

  /** What a command has left: folders of its work, checkouts, processes, half-written files. */
  public leftovers(): readonly string[] {
    const cache = path.join(this.root, ".cache/plan");
    const checkouts = this.git("worktree", "list").split("\n").slice(1);
    const drafts = readdirSync(this.folder).filter((name) => name.endsWith(".new"));
    return [...(existsSync(cache) ? readdirSync(cache) : []), ...checkouts, ...drafts, ...this.processes()];
  }

  /** Command lines of the processes that work in it. */
  private processes(): readonly string[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          const place = readlinkSync(`/proc/${pid}/cwd`);
          return place.startsWith(this.folder) ? [readFileSync(`/proc/${pid}/cmdline`, "utf8")] : [];
        } catch {
          // It has ended.
          return [];
        }
      });
  }
}

/** A thing of each name, as cdktf writes it; a name may have a lifecycle. */
export function things(...all: readonly (string | readonly [name: string, lifecycle: Json])[]): Json {
  const bodies = all.map((one) => {
    const [name, lifecycle] = typeof one === "string" ? [one, undefined] : one;
    return [name, { "//": { metadata: { path: `stack/${name}`, uniqueId: name } }, input: name, lifecycle }] as const;
  });
  return { resource: { terraform_data: Object.fromEntries(bodies) } };
}
