import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import execa from "execa";
import { isAlive } from "../../../tools/processes";
import { FollowedRun } from "../../../tools/terraform/followed-run";

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), "followed-run-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(script: string): FollowedRun {
  return FollowedRun.start({
    record: path.join(folder, "runs/one.json"),
    output: path.join(folder, "logs/one.jsonl"),
    what: "a test",
    subject: "global",
    changes: true,
    directory: folder,
    file: "bash",
    args: ["-c", script],
    env: { PATH: process.env["PATH"] },
  });
}

const recorded = (): FollowedRun | undefined => FollowedRun.in(path.join(folder, "runs"))[0];

it("is followed line by line, whole characters only, the last line with or without its end", async () => {
  const lines: string[] = [];
  const long = "ü".repeat(50_000);
  const ending = await run(`echo one; sleep 0.3; echo '${long}'; echo wrong >&2; printf last`).follow((line) =>
    lines.push(line),
  );
  expect(lines).toEqual(["one", long, "wrong", "last"]);
  expect(ending).toEqual({ kind: "exited", exitCode: 0 });
});

it.each([
  ["exit 3", { kind: "exited", exitCode: 3 }],
  ["kill -9 $$", { kind: "killed" }],
])("tells how it ended, to who started it and to who comes later: %s", async (script, ending) => {
  await expect(run(script).follow()).resolves.toEqual(ending);
  await expect(recorded()?.isRunning()).resolves.toBe(false);
  expect(recorded()?.ending()).toEqual(ending);
  // Whatever has become of what it wrote.
  rmSync(path.join(folder, "logs"), { recursive: true });
  await expect(recorded()?.follow()).resolves.toEqual(ending);
});

it("is killed as a whole group, and then nobody takes it for ended", async () => {
  const started = run(`sleep 60 & echo $! > child; wait`);
  const child = (): number => Number(readFileSync(path.join(folder, "child"), "utf8"));
  while (!existsSync(path.join(folder, "child")) || child() === 0) await new Promise((r) => setTimeout(r, 20));
  const pid = child();
  started.stop("SIGKILL");
  await expect(started.follow()).resolves.toEqual({ kind: "killed" });
  expect(recorded()?.ending()).toEqual({ kind: "killed" });
  expect(isAlive(pid)).toBe(false);
});

it("survives the command that started it, and is found by the next one", async () => {
  const starter = `
    require("tsx/cjs/api").register();
    const { FollowedRun } = require(${JSON.stringify(path.resolve(__dirname, "../../../tools/terraform/followed-run"))});
    const folder = ${JSON.stringify(folder)};
    FollowedRun.start({ record: folder + "/runs/one.json", output: folder + "/logs/one.jsonl", what: "a test", subject: "global",
      changes: true, directory: folder, file: "sh", args: ["-c", "echo begun; while [ ! -e go ]; do sleep 0.1; done; echo done; exit 4"],
      env: process.env });
    process.kill(process.pid, "SIGKILL");
  `;
  await execa(process.execPath, ["-e", starter], { cwd: path.resolve(__dirname, "../../.."), reject: false });
  await expect(recorded()?.isRunning()).resolves.toBe(true);
  writeFileSync(path.join(folder, "go"), "");
  const lines: string[] = [];
  await expect(recorded()?.follow((line) => lines.push(line))).resolves.toEqual({ kind: "exited", exitCode: 4 });
  expect(lines).toEqual(["begun", "done"]);
  recorded()?.forget();
  expect(recorded()).toBeUndefined();
  expect(existsSync(path.join(folder, "runs/one.json.exit"))).toBe(false);
});

it("is not taken for another process that has its number by now", async () => {
  await run("exit 0").follow();
  const file = path.join(folder, "runs/one.json");
  const record = JSON.parse(readFileSync(file, "utf8")) as object;
  writeFileSync(file, JSON.stringify({ ...record, pid: process.pid }));
  await expect(recorded()?.isRunning()).resolves.toBe(false);
  // Does not end this process, either.
  await recorded()?.reap();
});

it("tells of a program that cannot be started", async () => {
  const lines: string[] = [];
  const started = FollowedRun.start({
    ...{ record: path.join(folder, "runs/one.json"), output: path.join(folder, "logs/one.jsonl"), what: "a test" },
    ...{ subject: "global", changes: true, directory: folder, file: "no-such-program", args: [], env: process.env },
  });
  await expect(started.follow((line) => lines.push(line))).resolves.toEqual({ kind: "exited", exitCode: 127 });
  expect(lines.join()).toContain("no-such-program");
});
