import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { Fault } from "./schema/rule";

/** A configuration file that could not be read, and why. */
export class UnreadableFile {
  public constructor(public readonly fault: Fault) {}
}

/** Reads a module; stands in for `require` so that one broken file hides no other. */
export type Read = (specifier: string) => unknown;

/** The object that a configuration file exports, or why there is none. */
function read(load: Read, name: string, exportName: string): unknown {
  try {
    return (load(`./${name}`) as Record<string, unknown>)[exportName];
  } catch (error) {
    const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
    const line = new RegExp(`config/${name}\\.ts:(\\d+)`).exec(`${message}\n${stack}`)?.[1];
    // The transpiler puts its own heading and the file's full name before what is wrong.
    const [what] = (/ERROR: (.*)/.exec(message)?.[1] ?? message).split("\n");
    return new UnreadableFile({
      path: line === undefined ? [] : [`line ${line}`],
      rule: "must be a TypeScript module that loads",
      received: what,
    });
  }
}

/** Names of the environments: the folder is the list. */
export function environmentNames(folder = path.join(__dirname, "environments")): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => path.basename(file, ".ts"))
    .sort();
}

/** Path of a configuration file below the project's root, by the name of what it configures. */
export const configFile = (name: string): string =>
  name === "global" ? "config/global.ts" : `config/environments/${name}.ts`;

/** Reads the configuration files. A new environment is a file in `environments/` that exports a constant of its own name. */
export function readConfigFiles(
  load: Read = createRequire(__filename),
  names: readonly string[] = environmentNames(),
): { readonly global: unknown; readonly environments: Readonly<Record<string, unknown>> } {
  return {
    global: read(load, "global", "globalConfig"),
    environments: Object.fromEntries(names.map((name) => [name, read(load, `environments/${name}`, name)])),
  };
}
