import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import semver from "semver";
import { ask, SilentProgramError } from "../ask";
import { CommandError } from "../command-error";
import type { Children } from "../terraform/children";
import type { SandboxPaths } from "../../stacks/sandbox/paths";

/** Version of the emulator that `stacks/sandbox/emulator-limits.ts` describes. */
export const MOTO_VERSION = "5.2.1";

/** The oldest Python that this version of the emulator runs on. */
export const MINIMUM_PYTHON = "3.10.0";

/** What a Python interpreter has to offer. */
export interface PythonFacts {
  /** Path or name to start it by. */
  readonly command: string;
  /** Its version. */
  readonly python: string;
  /** Version of moto. @default - not installed, or not as a server */
  readonly moto?: string;
  /** Whether it can make virtual environments with pip. */
  readonly venv: boolean;
}

const INSPECT = `
import json, sys
from importlib import metadata, util
has = lambda *names: all(util.find_spec(name) for name in names)
try: moto = metadata.version("moto")
except metadata.PackageNotFoundError: moto = None
if not has("flask", "flask_cors", "werkzeug"): moto = None
print(json.dumps({"python": "%d.%d.%d" % sys.version_info[:3], "moto": moto, "venv": has("venv", "ensurepip")}))
`;

/**
 * Asks an interpreter; undefined when it cannot be started.
 * @throws SilentProgramError when it does not answer
 */
export async function inspectPython(command: string, env: NodeJS.ProcessEnv): Promise<PythonFacts | undefined> {
  try {
    const { stdout } = await ask(command, ["-c", INSPECT], { env });
    const facts = JSON.parse(stdout) as { python: string; moto: string | null; venv: boolean };
    return { ...facts, command, moto: facts.moto ?? undefined };
  } catch (error) {
    if (error instanceof SilentProgramError) throw error;
    return undefined;
  }
}

/** Interpreters that may have the emulator: the sandbox's own, the one behind `moto_server` on the path, and `python3`. */
export async function findPythons(paths: SandboxPaths, env: NodeJS.ProcessEnv): Promise<readonly PythonFacts[]> {
  const own = path.join(paths.venv(), "bin/python");
  const candidates = [...(existsSync(own) ? [own] : []), ...behindMotoServer(env["PATH"] ?? ""), "python3"];
  const facts = await Promise.all(candidates.map((command) => inspectPython(command, env)));
  return facts.filter((found) => found !== undefined);
}

/** The interpreter with the right emulator. */
export function withMoto(pythons: readonly PythonFacts[]): PythonFacts | undefined {
  return pythons.find(({ moto }) => moto === MOTO_VERSION);
}

/** The interpreter that can install the emulator into a virtual environment. */
export function installer(pythons: readonly PythonFacts[]): PythonFacts | undefined {
  return pythons.find(({ python, venv }) => venv && semver.gte(python, MINIMUM_PYTHON));
}

/** Installations by pipx and the like have an interpreter of their own, named in the script's first line. */
function behindMotoServer(searchPath: string): readonly string[] {
  const script = searchPath
    .split(path.delimiter)
    .map((folder) => path.join(folder, "moto_server"))
    .find((file) => existsSync(file));
  const interpreter = script === undefined ? undefined : /^#!(\S*python\S*)/.exec(readFileSync(script, "utf8"))?.[1];
  return interpreter === undefined ? [] : [interpreter];
}

/** Installs the emulator into the sandbox's own virtual environment and returns its interpreter. */
export async function installMoto(
  paths: SandboxPaths,
  python: PythonFacts,
  children: Children,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  mkdirSync(paths.directory, { recursive: true });
  const interpreter = path.join(paths.venv(), "bin/python");
  const steps: readonly (readonly [string, readonly string[]])[] = [
    [python.command, ["-m", "venv", "--clear", paths.venv()]],
    [interpreter, ["-m", "pip", "install", "--disable-pip-version-check", `moto[server]==${MOTO_VERSION}`]],
  ];
  for (const [file, args] of steps) {
    // pip's own progress goes to stderr's terminal: the sandbox's stdout may be evaluated by a shell.
    const result = await children.start(file, args, {
      env,
      extendEnv: false,
      stdin: "ignore",
      stdout: process.stderr,
      stderr: "pipe",
    });
    if (result.exitCode !== 0) {
      throw new CommandError(
        `could not install the emulator: "${[file, ...args].join(" ")}" failed:\n${result.stderr.trim()}\n` +
          `It needs the network once. Without one, install moto[server]==${MOTO_VERSION} for python3 yourself and run this again.`,
      );
    }
  }
  const facts = await inspectPython(interpreter, env);
  if (facts?.moto !== MOTO_VERSION) {
    throw new CommandError(
      `the emulator is not whole after its installation: ${interpreter} has moto ${facts?.moto ?? "of no version"}, and must have ${MOTO_VERSION} as a server. ` +
        `Run this again, which makes ${paths.venv()} anew.`,
    );
  }
  return interpreter;
}
