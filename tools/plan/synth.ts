import { mkdirSync } from "node:fs";
import path from "node:path";
import type { ProgramFacts } from "../../stacks/program-facts";
import { factsFile } from "../../stacks/program-facts";
import { PINNED_FILE, type Addresses } from "../../stacks/stateful-addresses";
import { CommandError } from "../command-error";
import { readJson } from "../files";
import type { Children } from "../terraform/children";
import { readManifest, type ManifestStack } from "../terraform/manifest";
import { lastLines } from "./commits";

/** A synthesized program. */
export interface Synthesized {
  /** Its stacks, each after those it depends on. */
  readonly stacks: readonly ManifestStack[];
  /** What it tells beside them. @default - it is older than that */
  readonly facts?: ProgramFacts;
  /** Its pinned addresses. @default - it has none */
  readonly pinned?: Addresses;
}

/** Settings of {@link synthesizeIn}. */
export interface SynthesizeInProps {
  /** Folder of the checkout. */
  readonly directory: string;
  /** What it is, for people: `base (1a2b3c4)`. */
  readonly what: string;
  /** What helps when it cannot be synthesized. @default - nobody can tell */
  readonly next?: string;
  /** Folder that gets the stacks. */
  readonly outdir: string;
  /** The whole environment of the program. */
  readonly env: NodeJS.ProcessEnv;
  /** Where processes are started. */
  readonly children: Children;
}

/**
 * Runs the program of a checkout, as its own `cdktf.json` says.
 * @throws CommandError with the program's words when it fails
 */
export async function synthesizeIn({
  directory,
  what,
  next = "",
  outdir,
  env,
  children,
}: SynthesizeInProps): Promise<Synthesized> {
  const { app } = (readJson(path.join(directory, "cdktf.json")) ?? {}) as { readonly app?: string };
  if (app === undefined)
    throw new CommandError(`${what} cannot be synthesized: it has no cdktf.json that names its app. ${next}`.trimEnd());
  mkdirSync(outdir, { recursive: true });
  const { exitCode, stderr, stdout } = await children.start("sh", ["-c", app], {
    cwd: directory,
    env: { ...env, CDKTF_OUTDIR: outdir, CDKTF_CONTEXT_JSON: undefined, OPSDX_PLANNING: "1" },
    extendEnv: false,
    stdin: "ignore",
  });
  children.throwIfInterrupted();
  const failed = (words: string): CommandError =>
    new CommandError(`${what} cannot be synthesized:\n${lastLines(words, 40)}\n${next}`.trimEnd());
  if (exitCode !== 0) {
    throw failed(stderr.trim() === "" ? stdout.trim() || `it ended with exit code ${String(exitCode)}` : stderr);
  }
  if (readJson(path.join(outdir, "manifest.json")) === undefined) {
    throw failed(`\`${app}\` ended well, and wrote no manifest.json into CDKTF_OUTDIR`);
  }
  return {
    stacks: readManifest(outdir),
    facts: readJson(factsFile(outdir)) as ProgramFacts | undefined,
    pinned: readJson(path.join(directory, PINNED_FILE)) as Addresses | undefined,
  };
}
