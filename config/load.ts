import { closest } from "fastest-levenshtein";
import { z } from "zod";
import { overlaps } from "./cidr-plan";
import { dev } from "./dev";
import { globalConfig } from "./global";
import { prod } from "./prod";
import { environmentSchema, type EnvironmentConfig } from "./schema/environment";
import { globalSchema, type GlobalConfig } from "./schema/global";

/** The shape of `config/global.ts`. */
export type GlobalConfigInput = z.input<typeof globalSchema>;
/** The shape of `config/<env>.ts`. */
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

/** One thing that is wrong in a configuration file. */
export interface ConfigProblem {
  /** File below the project's root. */
  readonly file: string;
  /** Path of the value inside the file's object, for example `network.subnets.db`. */
  readonly path: string;
  /** The rule that the value breaks. */
  readonly rule: string;
  /** The value as received, as JSON. */
  readonly received: string;
}

/** Thrown when the configuration breaks a rule; carries every problem at once. */
export class ConfigError extends Error {
  public constructor(public readonly problems: readonly ConfigProblem[]) {
    super(
      [
        `The configuration has ${problems.length} problem${problems.length === 1 ? "" : "s"}:`,
        ...problems.map(({ file, path, rule, received }) => `  ${file}: ${path}: ${rule} (received ${received})`),
      ].join("\n"),
    );
    this.name = "ConfigError";
  }
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    input,
  );
}

function show(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}

function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let current: unknown = schema;
  for (const key of path) {
    if (current instanceof z.ZodObject) current = (current.shape as Record<PropertyKey, unknown>)[key];
    else if (current instanceof z.ZodRecord) current = current.valueType;
    else if (current instanceof z.ZodArray) current = current.element;
  }
  return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
}

function toProblems(file: string, input: unknown, schema: z.ZodType, error: z.ZodError): ConfigProblem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      const known = knownKeys(schema, issue.path);
      return issue.keys.map((key) => ({
        file,
        path: [...issue.path, key].join("."),
        rule: known.length > 0 ? `unknown key; the nearest known key is "${closest(key, known)}"` : "unknown key",
        received: show(valueAt(input, [...issue.path, key])),
      }));
    }
    const received = issue.input === undefined ? valueAt(input, issue.path) : issue.input;
    return [{ file, path: issue.path.join("."), rule: issue.message, received: show(received) }];
  });
}

/** Rules between files, checked once each file is valid by itself. */
function crossFileProblems(config: Config): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const [index, environment] of config.environments.entries()) {
    const file = `config/${environment.name}.ts`;
    for (const other of config.environments.slice(0, index)) {
      if (overlaps(environment.network.cidr, other.network.cidr)) {
        problems.push({
          file,
          path: "network.cidr",
          rule: `must not overlap ${other.name}'s ${other.network.cidr}, or the two can never be peered`,
          received: show(environment.network.cidr),
        });
      }
      if (environment.account.id === other.account.id) {
        problems.push({
          file,
          path: "account.id",
          rule: `must differ from ${other.name}'s: each environment has an account of its own`,
          received: show(environment.account.id),
        });
      }
    }
    if (!environment.dns.zone.endsWith(`.${config.global.domain}`)) {
      problems.push({
        file,
        path: "dns.zone",
        rule: `must lie under the apex zone ${config.global.domain}`,
        received: show(environment.dns.zone),
      });
    }
  }
  return problems;
}

/**
 * Checks the configuration and returns it with all defaults resolved.
 *
 * @param input - the files' objects; the environment's key is its file's name
 * @throws ConfigError listing every problem in every file
 */
export function loadConfig(input: ConfigInput = { global: globalConfig, environments: { dev, prod } }): Config {
  const problems: ConfigProblem[] = [];
  const parse = <T extends z.ZodType>(file: string, schema: T, value: unknown): z.output<T> | undefined => {
    const result = schema.safeParse(value, { reportInput: true });
    if (result.success) return result.data;
    problems.push(...toProblems(file, value, schema, result.error));
    return undefined;
  };
  const global = parse("config/global.ts", globalSchema, input.global);
  const environments = Object.entries(input.environments).map(([name, value]) =>
    parse(`config/${name}.ts`, environmentSchema, value),
  );
  if (global !== undefined && environments.every((environment) => environment !== undefined)) {
    const config = { global, environments };
    problems.push(...crossFileProblems(config));
    if (problems.length === 0) return config;
  }
  throw new ConfigError(problems);
}
