const { spawn } = require("node:child_process");
const { mkdtempSync } = require("node:fs");
const { tmpdir } = require("node:os");
const path = require("node:path");

// Colours follow the terminal, and a CI service counts as one: tests compare plain text.
process.env.NO_COLOR = "1";

// One folder for all that the tests write and start, which goes with this process, however it ends.
const folder = mkdtempSync(path.join(tmpdir(), "opsdx-tests-"));
const reaper = spawn(process.execPath, [path.join(__dirname, "__tests__/runner/reaper.mjs"), folder], {
  detached: true,
  stdio: ["pipe", "ignore", "ignore"],
});
reaper.unref();
reaper.stdin.unref();
process.env.TMPDIR = folder;

// npm passes no termination signal on: its death is all that tells.
const parent = process.ppid;
if (process.env.npm_command !== undefined) {
  setInterval(() => process.ppid !== parent && process.kill(process.pid, "SIGTERM"), 1_000).unref();
}

/** @type {import("jest").Config} */
const base = {
  rootDir: __dirname,
  runtime: "<rootDir>/__tests__/runner/shared-packages.js",
  testEnvironment: "<rootDir>/__tests__/runner/unmapped-traces.js",
  transform: { "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }] },
  modulePathIgnorePatterns: ["<rootDir>/cdktf.out", "<rootDir>/.sandbox", "<rootDir>/.cache"],
};

/** For tests that start the emulator. */
const emulated = { globalSetup: "<rootDir>/__tests__/emulator/global-setup.ts" };

/** For tests that take up to a minute on an idle machine. */
const long = { setupFilesAfterEnv: ["<rootDir>/__tests__/runner/long-tests.js"] };

module.exports = {
  // Several times what the slowest takes on an idle machine: a busy one fails nothing. Of a project it would not be read.
  testTimeout: 30_000,
  // All of them: the emulator's tests wait for Terraform most of the time.
  maxWorkers: "100%",
  // A worker that has grown is replaced.
  workerIdleMemoryLimit: "1500MB",
  testSequencer: "<rootDir>/__tests__/runner/longest-first.js",
  projects: [
    {
      ...base,
      displayName: "unit",
      testMatch: ["<rootDir>/__tests__/**/*.test.ts"],
      testPathIgnorePatterns: [
        "/node_modules/",
        "<rootDir>/__tests__/emulator/",
        "<rootDir>/__tests__/control-plane/",
        "<rootDir>/__tests__/recipes/",
        "<rootDir>/__tests__/faults/",
      ],
    },
    // A case is a whole program: up to a minute a test on an idle machine.
    { ...base, displayName: "recipes", testMatch: ["<rootDir>/__tests__/recipes/**/*.test.ts"], ...long },
    // A case is two runs of a small sandbox: half a minute on an idle machine.
    { ...base, displayName: "faults", testMatch: ["<rootDir>/__tests__/faults/**/*.test.ts"], ...long, ...emulated },
    { ...base, displayName: "emulator", testMatch: ["<rootDir>/__tests__/emulator/**/*.test.ts"], ...emulated },
    {
      ...base,
      displayName: "control-plane",
      testMatch: ["<rootDir>/__tests__/control-plane/**/*.test.ts"],
      // Finds or builds the programs once for all files, before any starts.
      globalSetup: "<rootDir>/__tests__/control-plane/global-setup.ts",
      // The Kubernetes client and what it needs are ES modules only.
      transform: { "^.+\\.[jt]s$": base.transform["^.+\\.ts$"] },
      transformIgnorePatterns: ["/node_modules/(?!(@kubernetes/client-node|openid-client|oauth4webapi|jose)/)"],
    },
  ],
};
