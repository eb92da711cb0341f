import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { readdirSync, rmSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { PassThrough } from "node:stream";
import { endEarlierRuns, stopEarlierRuns, troubles } from "../../../tools/sandbox/earlier-runs";
import { Children } from "../../../tools/terraform/children";
import { FollowedRun } from "../../../tools/terraform/followed-run";
import type { SandboxPaths } from "../../../stacks/sandbox/paths";
import { freshPaths, temporaryFolder } from "./support";

const folder = temporaryFolder();
const stream = Object.assign(new PassThrough().resume(), { isTTY: false }) as unknown as NodeJS.WriteStream;

let paths: SandboxPaths;
let emulator: Server;
const settled: string[] = [];

beforeEach(async () => {
  paths = freshPaths(folder);
  settled.length = 0;
  emulator = createServer((_, response) => response.end("0")).listen(0, "127.0.0.1");
  await once(emulator, "listening");
});
afterEach(() => emulator.close());

/** What an earlier command has started, as a later one finds it. */
function left(verb: string, script: string, changes = true): FollowedRun {
  return FollowedRun.start({
    record: path.join(paths.runs(), `global-${verb}.json`),
    output: path.join(paths.logs(), `global-${verb}.jsonl`),
    what: `terraform ${verb} of global`,
    ...{ subject: "global", changes, directory: folder, file: "sh", args: ["-c", script], env: process.env },
  });
}

const ended = () =>
  endEarlierRuns({
    paths,
    pair: { settle: (stack) => Promise.resolve(void settled.push(stack)) },
    children: new Children(),
    stream,
  });

it("waits for a change, and settles it", async () => {
  left("apply", "sleep 0.5");
  await expect(ended()).resolves.toEqual([]);
  expect(settled).toEqual(["global"]);
  expect(readdirSync(paths.runs())).toEqual([]);
});

it("tells of a change that was killed, and keeps its record until emulator and state start afresh", async () => {
  const run = left("apply", "sleep 60");
  run.stop("SIGKILL");
  await run.follow();
  for (let times = 0; times < 2; times += 1) {
    await expect(ended()).resolves.toEqual(["terraform apply of global was stopped before its state was saved"]);
  }
  expect(settled).toEqual([]);
  await stopEarlierRuns(paths);
  expect(readdirSync(paths.runs())).toEqual([]);
});

it("tells of a change whose state Terraform could not put into its place", async () => {
  writeFileSync(path.join(folder, "errored.tfstate"), "");
  await left("destroy", "exit 1").follow();
  await expect(ended()).resolves.toEqual(["terraform destroy of global was stopped before its state was saved"]);
  rmSync(path.join(folder, "errored.tfstate"));
});

it("stops what only looks", async () => {
  const run = left("plan", "sleep 60", false);
  await expect(ended()).resolves.toEqual([]);
  await expect(run.follow()).resolves.toEqual({ kind: "killed" });
  expect(settled).toEqual([]);
});

it("is named by `sandbox status`, with what does not belong together", async () => {
  mkdirSync(paths.state(), { recursive: true });
  writeFileSync(paths.stateOf("global"), "{");
  const run = left("apply", "sleep 60");
  const { port } = emulator.address() as AddressInfo;
  const file = paths.stateOf("global");
  await expect(troubles(paths, { port })).resolves.toEqual([
    `terraform apply of global runs, process ${run.record.pid}`,
    `${file} is cut or damaged: its 1 characters are not JSON: the next \`up\` starts emulator and state afresh`,
  ]);
  await run.reap();
  await run.follow();
  const [line] = await troubles(paths, { port });
  expect(line).toBe("terraform apply of global has ended; nobody has looked at its state yet");
});
