import { createRequire } from "node:module";
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

/** Reads the configuration files. A new environment is a file beside this one and a line here. */
export function readConfigFiles(load: Read = createRequire(__filename)): {
  readonly global: unknown;
  readonly environments: Readonly<Record<string, unknown>>;
} {
  return {
    global: read(load, "global", "globalConfig"),
    environments: { dev: read(load, "dev", "dev"), prod: read(load, "prod", "prod") },
  };
}
