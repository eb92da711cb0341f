const Runtime = require("jest-runtime").default;

/** Large packages that remember nothing of a test: loading them anew for every file, in a context of its own, took half of the time. */
const SHARED =
  /^(@cdktf\/provider-[a-z]+|@octokit\/[a-z-]+|aws-cron-parser|bottleneck|cdktf|constructs|esbuild|fast-check|ipaddr\.js|luxon|yaml|zod)(\/|$)/;

// A worker whose run was killed would go on with its test for ever. Not by an event: a listener would keep it from ending in order.
if (process.connected) setInterval(() => process.connected || process.exit(1), 1_000).unref();

/** Jest's runtime, with these packages loaded once per process. Our own code is still loaded anew for every test file. */
module.exports = class SharedPackages extends Runtime {
  requireModuleOrMock(from, moduleName) {
    return SHARED.test(moduleName) ? require(moduleName) : super.requireModuleOrMock(from, moduleName);
  }
};
