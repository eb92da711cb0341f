/**
 * Runs `origin.lua` on cases from the standard input and writes the results as JSON. A program of its own, since the Lua interpreter
 * is a WebAssembly module that jest's module system cannot load.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { LuaFactory } from "wasmoon";

/** A line of a file, as fluent-bit hands it to the script. */
export interface Line {
  readonly tag: string;
  readonly record: object;
}

/** What the script makes of it. */
export interface Result {
  /** 0: the record is left as it is; 2: it is replaced, and keeps its time. */
  readonly code: number;
  readonly record: { readonly log?: string; readonly kubernetes?: Readonly<Record<string, string>> };
}

/** What the script is given: the pod's environment, and lines by the name of the case. */
export interface Cases {
  readonly environment: Readonly<Record<string, string>>;
  readonly lines: Readonly<Record<string, Line>>;
}

const CALL = `
  function call(tag, record)
    local code, _, result = origin(tag, 1.5, record)
    return { code = code, record = result }
  end`;

async function main(): Promise<void> {
  const { environment, lines } = JSON.parse(readFileSync(0, "utf8")) as Cases;
  const script = path.join(__dirname, "../../../../constructs/stage3/fluent-bit/origin.lua");
  const lua = await new LuaFactory().createEngine({ enableProxy: false });
  lua.global.set("os", { getenv: (name: string) => environment[name] });
  await lua.doString(readFileSync(script, "utf8"));
  await lua.doString(CALL);
  const call = lua.global.get("call") as (tag: string, record: object) => Result;
  const results = Object.entries(lines).map(([name, { tag, record }]) => [name, call(tag, record)] as const);
  process.stdout.write(JSON.stringify(Object.fromEntries(results)));
}

if (require.main === module) void main();
