import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { CommandError } from "./command-error";
import { userCache, writeWhole } from "./files";
import type { Children } from "./terraform/children";

/** A program in one version, which the user's cache folder holds. */
export interface CachedProgram {
  /** Its name. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** What installs it into a folder, as commands with their environment. */
  readonly steps: (folder: string) => readonly InstallStep[];
  /** How long that takes, in words. */
  readonly takes: string;
  /** What it needs, in words. */
  readonly needs: string;
}

/** A command that installs. */
export interface InstallStep {
  /** Program. */
  readonly file: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** Variables beside those of the environment. @default - none */
  readonly env?: Readonly<Record<string, string>>;
}

/** Settings of {@link installed}. */
export interface InstalledProps {
  /** The environment: `XDG_CACHE_HOME`, `HOME`, `PATH`, and what the installing programs read. */
  readonly env: NodeJS.ProcessEnv;
  /** Where processes are started. */
  readonly children: Children;
  /** Tells of the installation. */
  readonly say: (line: string) => void;
}

/**
 * The steps that install packages of the Python registry into a folder of their own.
 *
 * @param requirements - what pip is told: each package in one version, for example `checkov==3.3.30`, or a file of them
 * @param python - interpreter that makes the virtual environment
 */
export function pythonProgram(requirements: readonly string[], python = "python3"): CachedProgram["steps"] {
  return (folder) => [
    { file: python, args: ["-m", "venv", "--clear", folder] },
    {
      file: path.join(folder, "bin/python"),
      args: ["-m", "pip", "install", "--disable-pip-version-check", "--quiet", ...requirements],
    },
  ];
}

/** The path of a program in the cache; undefined when it was not installed to the end. */
export function cachedProgram({ name, version }: CachedProgram, env: NodeJS.ProcessEnv): string | undefined {
  const folder = folderOf(name, version, env);
  return existsSync(path.join(folder, "whole")) ? path.join(folder, "bin", name) : undefined;
}

/**
 * The path of a program in the user's cache folder, where it is installed once.
 * @throws CommandError when it can't be
 */
export async function installed(program: CachedProgram, { env, children, say }: InstalledProps): Promise<string> {
  const { name, version, steps, takes, needs } = program;
  const there = cachedProgram(program, env);
  if (there !== undefined) return there;
  const folder = folderOf(name, version, env);
  say(`Installing ${name} ${version} into ${folder}, once: ${takes} on an idle machine.`);
  mkdirSync(folder, { recursive: true });
  for (const step of steps(folder)) {
    const { file, args } = step;
    const { exitCode, stderr, shortMessage } = (await children
      .start(file, args, { env: { ...env, ...step.env }, extendEnv: false, stdin: "ignore" })
      .catch((error: unknown) => error)) as Started;
    children.throwIfInterrupted();
    if (exitCode === 0) continue;
    throw new CommandError(
      `could not install ${name}: \`${[file, ...args].join(" ")}\` failed: ${(stderr ?? "").trim() || (shortMessage ?? "")}\n` +
        `It needs ${needs}, and the network once.`,
    );
  }
  writeWhole(path.join(folder, "whole"), "");
  return path.join(folder, "bin", name);
}

/** What is left of a process: what never ran has a message only. */
interface Started {
  readonly exitCode?: number;
  readonly stderr?: string;
  readonly shortMessage?: string;
}

function folderOf(name: string, version: string, env: NodeJS.ProcessEnv): string {
  return path.join(userCache(env), `${name}-${version}`);
}
