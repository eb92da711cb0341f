import type { z } from "zod";
import { configFile, readConfigFiles, UnreadableFile } from "./files";
import { ConfigError, problemOf, schemaFaults } from "./problem";
import { nearestThatHolds, type FileFault } from "./nearest";
import { environmentRules, environmentSchema, type EnvironmentConfig } from "./schema/environment";
import { globalRules, globalSchema, type GlobalConfig } from "./schema/global";
import { programRules } from "./schema/program";
import type { Fault } from "./schema/rule";

export { ConfigError, type ConfigProblem } from "./problem";

/** The shape of `config/global.ts`. */
export type GlobalConfigInput = z.input<typeof globalSchema>;
/** The shape of `config/environments/<env>.ts`. */
export type EnvironmentConfigInput = z.input<typeof environmentSchema>;

/** The whole validated configuration. */
export interface Config {
  /** What the environments share. */
  readonly global: GlobalConfig;
  /** The environments, in deployment order. */
  readonly environments: readonly EnvironmentConfig[];
}

/** The configuration before it is checked: one input per file. */
export interface ConfigInput {
  /** What `config/global.ts` holds. */
  readonly global: unknown;
  /** What each file of `config/environments/` holds, by the environment's name. */
  readonly environments: Readonly<Record<string, unknown>>;
}

/** What a check found: faults, and what rules threw. */
interface Findings {
  readonly faults: readonly FileFault[];
  readonly thrown: readonly unknown[];
}

/** What was thrown, and where. */
function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return [error.message, /\(?[^ (]*(config\/[^)]+)\)?$/m.exec(error.stack ?? "")?.[1]].filter(Boolean).join(" at ");
}

/** What some rules find. One that throws hides nothing of the others. */
function judge(name: string, rules: readonly (() => readonly Fault[])[]): { faults: Fault[]; thrown: unknown[] } {
  const [faults, thrown]: [Fault[], unknown[]] = [[], []];
  for (const find of rules) {
    try {
      faults.push(...find());
    } catch (error) {
      thrown.push(error);
      faults.push({
        path: [],
        rule: `could not be checked by one of the rules, which is a fault of the program, not of the file: ${placeOf(error)}`,
        received: name,
      });
    }
  }
  return { faults, thrown };
}

/** What is wrong in one file by itself. */
function checkFile(name: string, value: unknown): Findings {
  if (value instanceof UnreadableFile) return { faults: [{ name, fault: value.fault }], thrown: [] };
  const [schema, rules] =
    name === "global" ? [globalSchema, globalRules] : ([environmentSchema, environmentRules] as const);
  const { faults, thrown } = judge(name, [
    () => schemaFaults(schema, value),
    ...rules.map((each) => () => each(value)),
  ]);
  return { faults: faults.map((fault) => ({ name, fault })), thrown };
}

/** What is wrong between files: a path starts with `global`, or with `environments` and a name. */
function checkProgram(input: ConfigInput): Findings {
  const { faults, thrown } = judge(
    "all files",
    programRules.map((each) => () => each(input)),
  );
  return {
    faults: faults.map((fault) => {
      const [first = "global", ...rest] = fault.path;
      const [name, path] = first === "environments" ? [rest[0], rest.slice(1)] : [first, rest];
      return { name: String(name), fault: { ...fault, path } };
    }),
    thrown,
  };
}

/** The files by name. */
const filesOf = ({ global, environments }: ConfigInput): readonly (readonly [string, unknown])[] => [
  ["global", global],
  ...Object.entries(environments),
];

function check(input: ConfigInput): Findings {
  const files = new Map(filesOf(input).map(([name, value]) => [name, checkFile(name, value)]));
  const all = [...files.values(), checkProgram(input)];
  const faults = all.flatMap((findings) => findings.faults);
  // A value is offered only if it was tried: only its own file and what lies between files can say otherwise.
  const after = (name: string, value: unknown): readonly FileFault[] => {
    const edited =
      name === "global"
        ? { ...input, global: value }
        : { ...input, environments: { ...input.environments, [name]: value } };
    const others = [...files].flatMap(([file, findings]) => (file === name ? [] : findings.faults));
    return [...others, ...checkFile(name, value).faults, ...checkProgram(edited).faults];
  };
  const values = new Map(filesOf(input));
  return {
    faults: faults.map(({ name, fault }) => ({
      name,
      fault: { ...fault, nearest: nearestThatHolds({ name, fault }, faults, values.get(name), after) },
    })),
    thrown: all.flatMap(({ thrown }) => thrown),
  };
}

/**
 * Everything that is wrong in the configuration, in the order of the files. Each `nearest`, applied alone, removes its fault and adds
 * none.
 *
 * @param input - the files' objects; the environment's key is its file's name
 */
export function findFaults(input: ConfigInput): readonly FileFault[] {
  return check(input).faults;
}

/**
 * Checks the configuration and returns it with all defaults resolved.
 *
 * @param input - the files' objects; the environment's key is its file's name
 * @throws ConfigError listing every problem in every file; its cause is what a rule threw, if one did
 */
export function loadConfig(input: ConfigInput = readConfigFiles()): Config {
  const { faults, thrown } = check(input);
  if (faults.length > 0) {
    const problems = faults.map(({ name, fault }) => problemOf(configFile(name), fault));
    throw new ConfigError(problems, thrown.length === 0 ? {} : { cause: thrown[0] });
  }
  return {
    global: globalSchema.parse(input.global),
    environments: Object.values(input.environments).map((value) => environmentSchema.parse(value)),
  };
}
