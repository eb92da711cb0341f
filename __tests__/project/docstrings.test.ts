import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import execa from "execa";

const ROOT = path.resolve(__dirname, "../..");

/** The project's own rule, severity and folders, without what needs the program's types. */
const CONFIG = `
import config from ${JSON.stringify(pathToFileURL(path.join(ROOT, "eslint.config.mjs")).href)};
import parser from ${JSON.stringify(pathToFileURL(path.join(ROOT, "node_modules/@typescript-eslint/parser/dist/index.js")).href)};
const name = "local/docstrings";
export default config
  .filter(({ rules }) => rules?.[name] !== undefined)
  .map(({ files, plugins, rules }) => ({ files, plugins, rules: { [name]: rules[name] }, languageOptions: { parser } }));
`;

const missing = (name: string): string => `${name} must have a docstring: what it is, units, defaults.`;

/** Planted files, and what must be found in each. */
const PLANTED: Readonly<Record<string, readonly [code: string, found: readonly string[]]>> = {
  "constructs/shared/props.ts": [
    `/** Properties. */
    export interface Props {
      readonly bare: string;
      // Not a docstring.
      readonly commented: string;
      /* Nor is this. */
      readonly block: string;
      /** Optional. */
      readonly silent?: string;
      /** Optional. @default - none */
      readonly said?: string;
      /** A method. */
      method(): void;
      other(): void;
    }`,
    [
      missing("Props.bare"),
      missing("Props.commented"),
      missing("Props.block"),
      "Props.silent is optional: its docstring must say the @default.",
      missing("Props.other"),
    ],
  ],
  "stacks/class.ts": [
    `/** A class. */
    export class Stack extends Base {
      public readonly seen = 1;
      /** Documented. */
      public readonly known = 2;
      private readonly hidden = 3;
      protected readonly inner = 4;
      public constructor() { super(); }
      public override toString() { return ""; }
      public run() {}
      private walk() {}
    }`,
    [missing("Stack.seen"), missing("Stack.run")],
  ],
  "tools/etl/private.ts": [
    `export class Tool {
      readonly #hidden = 1;
      /** Documented. */
      run() {}
      #walk() {}
    }`,
    [missing("Tool")],
  ],
  "lambdas/launcher/handler.ts": [`export const handler = () => 1;`, [missing("handler")]],
  "config/exports.ts": [
    `export function fn() {}
    export const value = 1;
    export type Name = string;
    export interface Facts {}
    export class Thing {}
    /** Documented. */
    // A type, not an interface.
    export type Known = string;
    interface Own { readonly bare?: string }
    const own: Own = {};
    export { own };`,
    ["fn", "value", "Name", "Facts", "Thing"].map(missing),
  ],
};

interface Result {
  readonly filePath: string;
  readonly messages: readonly { readonly ruleId: string; readonly severity: number; readonly message: string }[];
}

it("lint finds what is exported without a docstring, and options that don't say their default", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "opsdx-docstrings-"));
  for (const [file, [code]] of Object.entries(PLANTED)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), code);
  }
  writeFileSync(path.join(folder, "eslint.config.mjs"), CONFIG);
  const args = [path.join(ROOT, "node_modules/eslint/bin/eslint.js"), "--format", "json"];
  const { stdout } = await execa(process.execPath, [...args, ...Object.keys(PLANTED)], { cwd: folder, reject: false });
  const found = Object.fromEntries(
    (JSON.parse(stdout) as Result[]).map(({ filePath, messages }) => [
      path.relative(folder, filePath),
      messages.filter(({ severity }) => severity === 2).map(({ message }) => message),
    ]),
  );
  expect(found).toEqual(Object.fromEntries(Object.entries(PLANTED).map(([file, [, messages]]) => [file, messages])));
});
