import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { bundleLauncher } from "../../../lambdas/etl-launcher/build";
import { FakeCluster } from "./fake-cluster";

const ROOT = resolve(__dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "etl-launcher-"));
const bundle = bundleLauncher(join(folder, "first"));
const file = join(bundle.folder, "index.js");
const code = readFileSync(file, "utf8");

afterAll(() => rmSync(folder, { recursive: true }));

describe("the launcher's bundle", () => {
  it("has the same bytes and date wherever it is built", () => {
    const again = bundleLauncher(join(folder, "some", "other place"));
    expect(again.hash).toBe(bundle.hash);
    expect(readFileSync(join(again.folder, "index.js"), "utf8")).toBe(code);
    expect(statSync(join(again.folder, "index.js")).mtimeMs).toBe(statSync(file).mtimeMs);
  });

  it("is built once: a second build leaves it alone, and nothing beside it", () => {
    const { ino } = statSync(file);
    expect(bundleLauncher(join(folder, "first"))).toEqual(bundle);
    expect(statSync(file).ino).toBe(ino);
    expect(readdirSync(join(folder, "first"))).toEqual([bundle.hash]);
  });

  it("is one file, below 150 kB and not minified", () => {
    expect(readdirSync(bundle.folder)).toEqual(["index.js"]);
    expect(code.length).toBeLessThan(150_000);
    expect(
      code.includes("LaunchFailure = class extends Error") || code.includes("class LaunchFailure extends Error"),
    ).toBe(true);
  });

  it("names no folder of the machine that built it", () => {
    expect(code).not.toContain(ROOT);
    expect(code).not.toContain(tmpdir());
    expect(code.split("\n").filter((line) => /^\s*\/\/ (\/|\.\.)/.test(line))).toEqual([]);
  });

  it("needs nothing but Node", () => {
    const needed = [...code.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name);
    expect(
      needed.filter((name) => name?.startsWith("node:") !== true && name !== "buffer" && name !== "crypto"),
    ).toEqual([]);
  });

  it("launches, by the name that Lambda calls", async () => {
    const [module = "", name = ""] = bundle.handler.split(".");
    const cluster = await FakeCluster.start();
    try {
      cluster.addTemplate("epic2op-dev", { spec: { template: { spec: { containers: [{}] } } } });
      const event = { etl: "epic2op", scheduledTime: "2026-03-08T14:15:00Z" };
      const script = `require("./${module}")["${name}"](${JSON.stringify(event)}).then((r) => console.log(JSON.stringify(r)))`;
      const { stdout } = await promisify(execFile)(process.execPath, ["-e", script], {
        cwd: bundle.folder,
        env: cluster.environment,
      });
      const [line = "", result = ""] = stdout.split("\n");
      expect(JSON.parse(line)).toMatchObject({ event: "launch.finished", Launched: 1 });
      expect(JSON.parse(result)).toMatchObject({ outcome: "Launched" });
      expect([...cluster.jobs.keys()]).toEqual(["epic2op-dev-20260308-1415"]);
    } finally {
      await cluster.stop();
    }
  });
});
