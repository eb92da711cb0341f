import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import { unzipSync } from "fflate";
import { bundleFunction } from "../../../lambdas/bundle";
import { FakeCluster } from "./fake-cluster";

const ROOT = resolve(__dirname, "../../..");
const BUILD = join(ROOT, "lambdas/bundle.ts");
const folder = mkdtempSync(join(tmpdir(), "etl-launcher-"));
const bundle = bundleFunction("etl-launcher", join(folder, "first"));
const archive = readFileSync(bundle.file);
const files = unzipSync(archive);
const code = Buffer.from(files["index.js"] ?? "").toString();

afterAll(() => rmSync(folder, { recursive: true }));

describe("the launcher's bundle", () => {
  it("has the same bytes wherever it is built", () => {
    const again = bundleFunction("etl-launcher", join(folder, "some", "other place"));
    expect(again.hash).toBe(bundle.hash);
    expect(readFileSync(again.file).equals(archive)).toBe(true);
  });

  it("has the same bytes in any time zone", async () => {
    const script = `console.log(require(${JSON.stringify(BUILD)}).bundleFunction("etl-launcher", ${JSON.stringify(join(folder, "east"))}).hash)`;
    const args = ["--import", "tsx", "-e", script];
    const env = { ...process.env, TZ: "Pacific/Kiritimati" };
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env });
    expect(stdout.trim()).toBe(bundle.hash);
  });

  it("is named as Lambda names it: by the SHA-256 of the archive in Base64", () => {
    expect(bundle.hash).toBe(createHash("sha256").update(archive).digest("base64"));
  });

  it("is built once: a second build leaves it alone, and nothing beside it", () => {
    const { ino } = statSync(bundle.file);
    expect(bundleFunction("etl-launcher", join(folder, "first"))).toEqual(bundle);
    expect(statSync(bundle.file).ino).toBe(ino);
    expect(readdirSync(join(folder, "first")).sort()).toEqual([basename(bundle.file), "made.json"]);
  });

  it.each([
    ["archive is cut", basename(bundle.file), archive.subarray(0, archive.length / 2)],
    ["archive is empty", basename(bundle.file), Buffer.alloc(0)],
    ["record is cut", "made.json", Buffer.from('{"tools": "')],
  ])("is made again when its %s", (_, file, bytes) => {
    const cache = join(folder, "cut");
    expect(bundleFunction("etl-launcher", cache).hash).toBe(bundle.hash);
    writeFileSync(join(cache, file), bytes);
    expect(readFileSync(bundleFunction("etl-launcher", cache).file).equals(archive)).toBe(true);
  });

  describe("in a project whose packages are linked", () => {
    const linked = join(folder, "linked");
    const source = join(linked, "lambdas/etl-launcher/slot.ts");
    const cache = join(folder, "linked-cache");
    const bundled = (): string => bundleFunction("etl-launcher", cache, linked).hash;

    beforeAll(() => {
      mkdirSync(join(linked, "lambdas"), { recursive: true });
      cpSync(join(ROOT, "lambdas/etl-launcher"), join(linked, "lambdas/etl-launcher"), { recursive: true });
      cpSync(join(ROOT, "tsconfig.json"), join(linked, "tsconfig.json"));
      symlinkSync(realpathSync(join(ROOT, "node_modules")), join(linked, "node_modules"));
    });

    it("has the same bytes", () => {
      expect(bundled()).toBe(bundle.hash);
      expect(readFileSync(bundleFunction("etl-launcher", cache, linked).file).equals(archive)).toBe(true);
    });

    it("is made again when a source has changed, and when its archive is gone", () => {
      const original = readFileSync(source, "utf8");
      writeFileSync(source, `${original}console.log("changed");\n`);
      const changed = bundled();
      expect(changed).not.toBe(bundle.hash);
      writeFileSync(source, original);
      expect(bundled()).toBe(bundle.hash);
      rmSync(bundleFunction("etl-launcher", cache, linked).file);
      expect(readFileSync(bundleFunction("etl-launcher", cache, linked).file).equals(archive)).toBe(true);
    });
  });

  it("is one file, below 150 kB and not minified", () => {
    expect(Object.keys(files)).toEqual(["index.js"]);
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
    const unpacked = join(folder, "unpacked");
    mkdirSync(unpacked);
    writeFileSync(join(unpacked, "index.js"), code);
    const cluster = await FakeCluster.start();
    try {
      cluster.addTemplate("epic2op-dev", { spec: { template: { spec: { containers: [{}] } } } });
      const event = { etl: "epic2op", scheduledTime: "2026-03-08T14:15:00Z" };
      const script = `require("./${module}")["${name}"](${JSON.stringify(event)}).then((r) => console.log(JSON.stringify(r)))`;
      const { stdout } = await promisify(execFile)(process.execPath, ["-e", script], {
        cwd: unpacked,
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
