#!/usr/bin/env node
// `npx opsdx`: the project's commands, compiled as they are read, in this process: starting another would take twice as long.
import { createRequire } from "node:module";
import { register as registerModules } from "tsx/esm/api";
import { register as registerCommonJs } from "tsx/cjs/api";

registerCommonJs();
registerModules();
await createRequire(import.meta.url)("../cli.ts").main(process.argv.slice(2));
