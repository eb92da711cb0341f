// Preloaded into every Node process of a measured command: leaves what it used behind when it ends.
const { writeFileSync } = require("node:fs");
const { join } = require("node:path");

process.on("exit", () => {
  const { maxRSS, systemCPUTime, userCPUTime } = process.resourceUsage();
  const usage = { kibibytes: maxRSS, microseconds: systemCPUTime + userCPUTime };
  writeFileSync(join(process.env.OPSDX_BENCH_USAGE, String(process.pid)), JSON.stringify(usage));
});
