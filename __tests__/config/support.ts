import { readConfigFiles } from "../../config/files";
import { ConfigError, loadConfig, type Config, type ConfigInput, type ConfigProblem } from "../../config/load";

/** A plain object of any shape, to change at will. */
export type Loose = Record<string, unknown>;

/** The project's own configuration, as a copy that a test may spoil. */
export function validInput(): { global: Loose; environments: { dev: Loose; prod: Loose } } {
  const input: unknown = structuredClone(readConfigFiles());
  return input as ReturnType<typeof validInput>;
}

/** Sets the value at a path of keys; `undefined` removes it. */
export function setAt(root: Loose, path: readonly string[], value: unknown): void {
  const [last = "", ...parents] = [...path].reverse();
  const parent = parents.reverse().reduce<Loose>((object, key) => object[key] as Loose, root);
  if (value === undefined) Reflect.deleteProperty(parent, last);
  else Reflect.defineProperty(parent, last, { value, configurable: true, enumerable: true, writable: true });
}

/** The problems of an input; an empty list when it loads. */
export function problemsOf(input: ConfigInput): readonly ConfigProblem[] {
  try {
    loadConfig(input);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** The problems after changes such as `{ "dev.network.nat": "singel" }`. */
export function problemsAfter(changes: Loose): readonly ConfigProblem[] {
  const input = validInput();
  const files: Loose = { global: input.global, ...input.environments };
  for (const [path, value] of Object.entries(changes)) setAt(files, path.split("."), value);
  return problemsOf(input);
}

/** The project's configuration with its first environment only, for a program that is built sooner. */
export function oneEnvironment(): Config {
  const config = loadConfig();
  return { ...config, environments: config.environments.slice(0, 1) };
}
