import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import semver from "semver";
import { ask, SilentProgramError } from "../ask";
import { CommandError } from "../command-error";
import { cachedProgram, installed, pythonProgram, type CachedProgram, type InstalledProps } from "../installation";

/** Version of the emulator that `stacks/sandbox/emulator-limits.ts` describes. */
export const MOTO_VERSION = "5.2.5";

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

/** Interpreters that may have the emulator: the cache's, the one behind `moto_server` on the path, and `python3`. */
export async function findPythons(env: NodeJS.ProcessEnv): Promise<readonly PythonFacts[]> {
  const cached = cachedProgram(moto("python3"), env);
  const own = cached === undefined ? [] : [interpreterOf(cached)];
  const candidates = [...own, ...behindMotoServer(env["PATH"] ?? ""), "python3"];
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

/** The emulator, as the cache holds it, with the interpreter that it is installed by. */
const moto = (python: string): CachedProgram => ({
  name: "moto_server",
  version: MOTO_VERSION,
  steps: pythonProgram([`moto[server]==${MOTO_VERSION}`], python),
  takes: "half a minute",
  needs: `Python ${MINIMUM_PYTHON} or newer with venv`,
});

/** The interpreter beside the program. */
const interpreterOf = (program: string): string => path.join(path.dirname(program), "python");

/**
 * Installs the emulator into the user's cache folder and returns its interpreter.
 * @throws CommandError when it can't, or what was installed is not the emulator
 */
export async function installMoto(python: PythonFacts, install: InstalledProps): Promise<string> {
  const program = moto(python.command);
  const interpreter = interpreterOf(await installed(program, install));
  const facts = await inspectPython(interpreter, install.env);
  if (facts?.moto === MOTO_VERSION) return interpreter;
  throw new CommandError(
    `the emulator is not whole after its installation: ${interpreter} has moto ${facts?.moto ?? "of no version"}, and must have ${MOTO_VERSION} as a server. ` +
      `Delete ${path.dirname(path.dirname(interpreter))} and run this again.`,
  );
}
