import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import path from "node:path";
import execa from "execa";
import { Pair } from "../../../tools/sandbox/pair";
import type { SandboxPaths } from "../../../stacks/sandbox/paths";
import { freshPaths, temporaryFolder } from "./support";

const folder = temporaryFolder();

/** What the emulator keeps in its memory. */
let number = 0;
let emulator: Server;
let paths: SandboxPaths;

const port = (): number => (emulator.address() as AddressInfo).port;
const pair = (): Pair => new Pair(paths, { port: port() });

beforeEach(async () => {
  number = 0;
  emulator = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      if (request.method === "PUT") number = Number(body);
      response.end(String(number));
    });
  }).listen(0, "127.0.0.1");
  await once(emulator, "listening");
  paths = freshPaths(folder);
  mkdirSync(paths.state(), { recursive: true });
});
afterEach(() => {
  emulator.closeAllConnections();
  emulator.close();
});

function write(stack: string, { serial = 1, lineage = stack, resources = 1, extra = "" } = {}): void {
  const instances = Array.from({ length: resources }, () => ({}));
  const state = { version: 4, lineage, serial, extra, resources: [{ mode: "managed", instances }] };
  writeFileSync(paths.stateOf(stack), JSON.stringify(state));
}

async function settled(): Promise<void> {
  write("global");
  await pair().settle("global");
}

describe("a pair of state and emulator", () => {
  it("belongs together before anything was changed, and after each settled change", async () => {
    await expect(pair().mismatches()).resolves.toEqual([]);
    await settled();
    expect(number).toBe(1);
    write("dev-stage1");
    await pair().settle("dev-stage1");
    expect(number).toBe(2);
    await expect(pair().mismatches()).resolves.toEqual([]);
  });

  it("settles side by side without losing a stack", async () => {
    const one = pair();
    for (const stack of ["global", "dev-stage1", "dev-stage2"]) write(stack);
    await Promise.all(["global", "dev-stage1", "dev-stage2"].map((stack) => one.settle(stack)));
    for (const stack of ["global", "dev-stage1", "dev-stage2"]) rmSync(paths.stateOf(stack));
    expect(number).toBe(3);
    await expect(pair().mismatches()).resolves.toHaveLength(3);
  });

  it("still belongs together when other tools have gone on with a state, which Terraform counts", async () => {
    await settled();
    write("global", { serial: 7 });
    await expect(pair().mismatches()).resolves.toEqual([]);
  });

  it("still belongs together when a command ended between the two numbers", async () => {
    await settled();
    number += 1;
    await expect(pair().mismatches()).resolves.toEqual([]);
  });

  it.each([
    ["another emulator", () => void (number = 0), "the emulator is at change 0, the state files at 1"],
    ["a missing state", () => rmSync(paths.stateOf("global")), "is missing or empty; it held 1 resources"],
    ["an empty state", () => writeFileSync(paths.stateOf("global"), ""), "is missing or empty; it held 1 resources"],
    ["a cut state", () => writeFileSync(paths.stateOf("global"), '{"version"'), "its 10 characters are not JSON"],
    ["something else", () => writeFileSync(paths.stateOf("global"), "{}"), "is no Terraform state of version 4"],
    [
      "an older state",
      () => write("global", { serial: 0 }),
      "is not the state that was written last (serial 0; 1 was)",
    ],
    [
      "a stranger's state",
      () => write("global", { serial: 9, lineage: "x" }),
      "is not the state that was written last",
    ],
    ["an edited state", () => write("global", { extra: "x" }), "is not the state that was written last"],
  ])("no longer belongs together with %s", async (_, change, why) => {
    await settled();
    change();
    await expect(pair().mismatches()).resolves.toEqual([expect.stringContaining(why)]);
  });

  it.each([
    ["OperationTypeApply", ["a Terraform that changed global was killed before it saved its state"]],
    ["OperationTypePlan", []],
  ])("knows of a Terraform that somebody else started and that was killed: %s", async (Operation, why) => {
    await settled();
    const lock = path.join(paths.state(), ".global.tfstate.lock.info");
    writeFileSync(lock, JSON.stringify({ Operation }));
    await expect(pair().mismatches()).resolves.toEqual(why);
  });

  it("leaves a Terraform that somebody else has started to its work", async () => {
    await settled();
    const file = paths.stateOf("global");
    writeFileSync(
      path.join(paths.state(), ".global.tfstate.lock.info"),
      JSON.stringify({ Operation: "OperationTypeApply" }),
    );
    // As Terraform locks: https://github.com/hashicorp/terraform/blob/v1.10.0/internal/states/statemgr/filesystem_lock_unix.go
    const hold =
      "import fcntl, sys, time\nf = open(sys.argv[1], 'r+')\nfcntl.lockf(f, fcntl.LOCK_EX)\nprint('held', flush=True)\ntime.sleep(60)";
    const holder = execa("python3", ["-c", hold, file], { reject: false });
    await new Promise((resolve) => holder.stdout?.once("data", resolve));
    await expect(pair().mismatches()).resolves.toEqual([]);
    holder.kill("SIGKILL");
    await holder;
    await expect(pair().mismatches()).resolves.toHaveLength(1);
  });

  it("takes an empty file for none where nothing was settled: Terraform makes one with its lock", async () => {
    writeFileSync(paths.stateOf("global"), "");
    await expect(pair().mismatches()).resolves.toEqual([]);
  });

  it("settles nothing of an emulator that is gone", async () => {
    await settled();
    const gone = pair();
    emulator.closeAllConnections();
    emulator.close();
    await once(emulator, "close");
    write("global", { serial: 2 });
    await expect(gone.settle("global")).resolves.toBeUndefined();
  });
});
