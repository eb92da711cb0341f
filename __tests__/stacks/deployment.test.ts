import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadConfig } from "../../config/load";
import { deploymentFor, PROJECT_LOCK } from "../../stacks/deployment";

const { global } = loadConfig();

/** A folder as the sandbox leaves it while its emulator runs; this process plays the emulator. */
function runningSandboxFolder(): string {
  const box = mkdtempSync(path.join(realpathSync(tmpdir()), "sandbox-"));
  mkdirSync(path.join(box, "aws"));
  writeFileSync(path.join(box, "aws/credentials"), "");
  writeFileSync(path.join(box, "emulator.json"), JSON.stringify({ pid: process.pid, port: 5000 }));
  return box;
}

describe("deploymentFor", () => {
  it.each([{}, { OPSDX_SANDBOX: "" }])("keeps state in the global account's bucket with %j", (env) => {
    expect(deploymentFor(global, env)).toEqual({
      kind: "cloud",
      stateBucket: global.buckets.terraformState,
      stateAccount: global.account,
      providerLock: PROJECT_LOCK,
    });
  });

  it("is for a plan only where that is said", () => {
    expect(deploymentFor(global, { OPSDX_PLANNING: "1" })).toMatchObject({ planning: true });
    expect(deploymentFor(global, { OPSDX_PLANNING: "0" })).not.toHaveProperty("planning", true);
  });

  it("finds the running sandbox in its folder: state, the emulator's address, and the files with its keys", () => {
    const box = runningSandboxFolder();
    expect(deploymentFor(global, { OPSDX_SANDBOX: path.relative(process.cwd(), box) })).toEqual({
      kind: "sandbox",
      stateDirectory: path.join(box, "state"),
      emulator: {
        endpoint: "http://127.0.0.1:5000",
        configFile: path.join(box, "aws/config"),
        credentialsFile: path.join(box, "aws/credentials"),
      },
      providerLock: PROJECT_LOCK,
    });
  });

  it("takes the lock file that is named; the project's not with a mirror of one's own, which may hold other builds", () => {
    const box = { OPSDX_SANDBOX: runningSandboxFolder() };
    const lockOf = (env: NodeJS.ProcessEnv) => deploymentFor(global, env).providerLock;
    expect(lockOf({ OPSDX_PROVIDER_LOCK: "other.hcl" })).toBe(path.resolve("other.hcl"));
    expect(lockOf({ OPSDX_PROVIDER_MIRROR: "/srv/mirror" })).toBe(PROJECT_LOCK);
    expect(lockOf({ ...box, OPSDX_PROVIDER_MIRROR: "/srv/mirror" })).toBeUndefined();
    expect(lockOf({ ...box, OPSDX_PROVIDER_MIRROR: "/srv/mirror", OPSDX_PROVIDER_LOCK: "/srv/lock.hcl" })).toBe(
      "/srv/lock.hcl",
    );
  });

  it("knows the sandbox's clusters, what reaches them, and where charts lie", () => {
    const box = runningSandboxFolder();
    const env = { OPSDX_SANDBOX: box, OPSDX_SANDBOX_PROVIDERS: "kubernetes,helm" };
    const clusters = { directory: path.join(box, "clusters"), providers: ["kubernetes", "helm"] };
    expect(deploymentFor(global, env)).toMatchObject({ clusters });
    expect(deploymentFor(global, { ...env, OPSDX_SANDBOX_CHARTS: "/srv/charts" })).toMatchObject({
      clusters: { ...clusters, charts: "/srv/charts" },
    });
    expect(deploymentFor(global, { OPSDX_SANDBOX: box, OPSDX_SANDBOX_PROVIDERS: "aws" })).toMatchObject({
      clusters: undefined,
    });
  });

  it.each([
    ["it holds no emulator.json", (box: string) => rmSync(path.join(box, "emulator.json"))],
    [
      "its emulator.json names no process and port",
      (box: string) => writeFileSync(path.join(box, "emulator.json"), '{"pid":'),
    ],
    [
      "its emulator, process 4194305, has ended",
      (box: string) => writeFileSync(path.join(box, "emulator.json"), '{"pid":4194305,"port":5000}'),
    ],
    ["it holds no keys for the emulator", (box: string) => rmSync(path.join(box, "aws/credentials"))],
  ])("never falls through to an account when the sandbox is down: %s", (why, breakIt) => {
    const box = runningSandboxFolder();
    breakIt(box);
    expect(() => deploymentFor(global, { OPSDX_SANDBOX: box })).toThrow(
      `OPSDX_SANDBOX names ${box}, and no sandbox runs there: ${why}. Nothing was asked of any account.`,
    );
  });

  it("takes no notice of a sandbox's clusters in the cloud", () => {
    expect(deploymentFor(global, { OPSDX_SANDBOX_PROVIDERS: "kubernetes" })).not.toHaveProperty("clusters");
  });
});
