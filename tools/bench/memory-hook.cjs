// Preloaded into every Node process of a measured command: leaves its peak memory (KiB) behind when it ends.
const { writeFileSync } = require("node:fs");
const { join } = require("node:path");

process.on("exit", () => {
  writeFileSync(join(process.env.OPSDX_BENCH_MEMORY, String(process.pid)), String(process.resourceUsage().maxRSS));
});
