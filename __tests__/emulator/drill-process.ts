// `opsdx drill` in a process of its own, which a test can kill: `drill-process.ts <root> <minutes> <words…>`, so many minutes later than now.
import { setTimeout as delay } from "node:timers/promises";
import { buildCli } from "../../tools/cli";
import { reportError } from "../../config/explained-error";
import { drillCommand } from "../../tools/drill/command";
import { calmConfig } from "./calm-config";

const [root = "", minutes = "0", ...words] = process.argv.slice(2);
const watch = {
  now: () => Date.now() + Number(minutes) * 60_000,
  sleep: (milliseconds: number) => delay(milliseconds),
  say: (line: string) => console.error(line),
};
buildCli([drillCommand({ load: calmConfig, root, watch, pollMs: 200 })])
  .parseAsync(["drill", ...words], { from: "user" })
  .catch(reportError);
