import type { z } from "zod";
import { configFile, readConfigFiles, UnreadableFile } from "./files";
import { ConfigError, problemOf, schemaFaults, type ConfigProblem } from "./problem";
import { environmentRules, environmentSchema, type EnvironmentConfig } from "./schema/environment";
import { globalRules, globalSchema, type GlobalConfig } from "./schema/global";
import { programRules } from "./schema/program";
import type { Rule } from "./schema/rule";

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
  readonly global: unknown;
  readonly environments: Readonly<Record<string, unknown>>;
}

/** Faults of one file by itself. */
function fileProblems(name: string, value: unknown, schema: z.ZodType, rules: readonly Rule[]): ConfigProblem[] {
  const faults =
    value instanceof UnreadableFile
      ? [value.fault]
      : [...schemaFaults(schema, value), ...rules.flatMap((rule) => rule(value))];
  return faults.map((fault) => problemOf(configFile(name), fault));
}

/** Faults between files: a path starts with `global`, or with `environments` and a name. */
function programProblems(input: ConfigInput): ConfigProblem[] {
  return programRules
    .flatMap((rule) => rule(input))
    .map((fault) => {
      const [first, ...rest] = fault.path.map(String);
      const [name = "", path] = first === "environments" ? [rest[0], rest.slice(1)] : [first, rest];
      return problemOf(configFile(name), { ...fault, path });
    });
}

/**
 * Checks the configuration and returns it with all defaults resolved.
 *
 * @param input - the files' objects; the environment's key is its file's name
 * @throws ConfigError listing every problem in every file
 */
export function loadConfig(input: ConfigInput = readConfigFiles()): Config {
  const environments = Object.entries(input.environments);
  const problems = [
    ...fileProblems("global", input.global, globalSchema, globalRules),
    ...environments.flatMap(([name, value]) => fileProblems(name, value, environmentSchema, environmentRules)),
    ...programProblems(input),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    global: globalSchema.parse(input.global),
    environments: environments.map(([, value]) => environmentSchema.parse(value)),
  };
}
