const { mkdtempSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const path = require("node:path");

// Colours follow the terminal, and a CI service counts as one: tests compare plain text.
process.env.NO_COLOR = "1";

// One folder for all that the tests write, cdktf's own output too, which cdktf never removes.
process.env.TMPDIR = mkdtempSync(path.join(tmpdir(), "opsdx-tests-"));
process.on("exit", () => rmSync(process.env.TMPDIR, { recursive: true, force: true }));

/** @type {import("jest").Config} */
const base = {
  rootDir: __dirname,
  runtime: "<rootDir>/__tests__/runner/shared-packages.js",
  testEnvironment: "<rootDir>/__tests__/runner/unmapped-traces.js",
  transform: { "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }] },
  modulePathIgnorePatterns: ["<rootDir>/cdktf.out", "<rootDir>/.sandbox", "<rootDir>/.cache"],
};

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
      ],
    },
    {
      ...base,
      displayName: "recipes",
      testMatch: ["<rootDir>/__tests__/recipes/**/*.test.ts"],
      setupFilesAfterEnv: ["<rootDir>/__tests__/runner/long-tests.js"],
    },
    { ...base, displayName: "emulator", testMatch: ["<rootDir>/__tests__/emulator/**/*.test.ts"] },
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
