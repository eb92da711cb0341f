import { randomInt } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { DeleteObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import execa from "execa";
import { loadConfig } from "../../config/load";
import { SandboxPaths } from "../../stacks/sandbox/paths";
import { stopEmulator } from "../../tools/sandbox/emulator";
import { signIn, useEmulator } from "../emulator/support";
import { kill, mountDisk, processesIn, started, until, type Ended, type Running } from "./support";

const config = loadConfig();
const bucket = config.global.buckets.terraformState;
const STATE = "global/global.tfstate";

const folder = mkdtempSync(path.join(os.tmpdir(), "bootstrap-"));
const paths = new SandboxPaths(path.join(folder, "emulator"));
/** Where `.cache/bootstrap` stands in the project. */
const directory = path.join(folder, "cache/bootstrap");
const localState = path.join(directory, "terraform.tfstate");
const before = { ...process.env };

/** Where the random fault strikes; the number repeats a run. */
const seed = Number(process.env["OPSDX_FAULT_SEED"] ?? randomInt(2 ** 31));

beforeAll(async () => {
  await useEmulator(paths);
  await signIn(config.global.account.id);
});

afterAll(async () => {
  if (existsSync(runOf("apply"))) kill(terraform());
  await stopEmulator(paths);
  rmSync(folder, { recursive: true, force: true });
  process.env = before;
});

/** The command as a person starts it, with the Terraform JSON of real accounts. */
function bootstrap(place = directory): Running {
  const main = path.join(__dirname, "bootstrap-main.ts");
  return started([process.execPath, "--import", "tsx", main, place, "--yes"], { ...process.env, NODE_OPTIONS: "" });
}

/** Waits for words of the command. */
async function says(run: Running, words: RegExp): Promise<void> {
  await until(run, () => words.test(run.output()));
}

/** Sends the command a signal once it has said something, and waits for its end. */
async function signalled(signal: NodeJS.Signals, words: RegExp, run = bootstrap()): Promise<Ended> {
  await says(run, words);
  process.kill(run.child.pid ?? 0, signal);
  return run.ended;
}

function runOf(verb: string): string {
  return path.join(directory, "runs", `${verb}.json`);
}

/** The process group of the Terraform that applies. */
function terraform(): number {
  return (JSON.parse(readFileSync(runOf("apply"), "utf8")) as { pid: number }).pid;
}

async function objects(): Promise<readonly string[]> {
  const { Contents = [] } = await new S3Client({ region: "us-east-1" }).send(
    new ListObjectsV2Command({ Bucket: bucket }),
  );
  return Contents.map(({ Key = "" }) => Key);
}

test("refuses another account before anything is made", async () => {
  const [dev] = config.environments;
  await signIn(dev?.account.id ?? "");
  const { code, output } = await bootstrap().ended;
  expect(code).toBe(2);
  expect(output).toContain(`but config/global.ts says account.id ${config.global.account.id}`);
  await signIn(config.global.account.id);
  expect(existsSync(directory)).toBe(false);
});

const disk = mountDisk(50);
afterAll(() => {
  if (disk !== undefined) execa.sync("umount", [disk]);
});

// Only an administrator can have a disk of that size.
(disk === undefined ? test.skip : test)("refuses a disk that is nearly full before anything is made", async () => {
  const place = path.join(disk ?? "", "bootstrap");
  const { code, output } = await bootstrap(place).ended;
  expect(output).toMatch(/The disk of \S+ must have 100 MiB free, got (50|49): .* Nothing was changed\./);
  expect(code).toBe(2);
  expect(existsSync(place)).toBe(false);
});

test("killed anywhere and run again, it ends with the state in the bucket only", async () => {
  // While it looks.
  await signalled("SIGKILL", /bootstrap: Terraform \d/);

  // While Terraform fetches providers, which may be stopped.
  const early = await signalled("SIGTERM", /Applying the bucket/);
  expect(early.output).toContain("Interrupted: what Terraform is doing is done to its end first");
  expect(early.code).toBe(143);

  // Terraform is killed after it made the bucket, while it makes the key.
  const first = bootstrap();
  await says(first, /aws_s3_bucket_policy\S+: Creation complete/);
  kill(terraform());
  const killed = await first.ended;
  expect(killed.output).toContain('"terraform apply" was killed. Nothing is lost');
  expect(killed.code).toBe(1);

  // Its state is cut. What has a name is found; then Terraform is stopped while it makes the key.
  truncateSync(localState, 200);
  const found = bootstrap();
  await says(found, /aws_kms_key\S+: Creating\.\.\./);
  process.kill(found.child.pid ?? 0, "SIGINT");
  // Signals within a second count as one.
  await delay(1_100);
  const stopped = await signalled("SIGINT", /Interrupted: what Terraform is doing/, found);
  expect(stopped.output).toContain(`is kept as ${localState}.broken-1. What it named is found again by its names.`);
  expect(stopped.output).toMatch(new RegExp(`Found aws_s3_bucket\\.\\S+ \\(${bucket}\\), which an earlier run made`));
  expect(stopped.output).toContain("A key that Terraform was making when it was killed has no alias yet");
  expect(stopped.output).toContain("Stopping Terraform: what it has asked for may be made all the same");
  expect(stopped.code).toBe(130);

  // What was begun is finished, and the command is killed meanwhile.
  const finished = await signalled("SIGKILL", /aws_kms_alias\S+: Creating\.\.\./);
  expect(stripVTControlCharacters(finished.output)).toMatch(/Plan: \d+ to add, \d+ to change, 0 to destroy\./);

  // Terraform goes on; the next command follows it, and a second one is refused. Then anything strikes at any moment.
  const next = bootstrap();
  await says(next, /terraform apply, process \d+, which an earlier command started, is still at work/);
  const refused = await bootstrap().ended;
  expect(refused.output).toContain(
    `another command works on the bootstrap: "bootstrap", process ${next.child.pid ?? 0}, since`,
  );
  expect(refused.code).toBe(2);
  await strike(next);

  // While the state moves, and while it is checked; on a fast machine the random fault may have struck later.
  if (!(await objects()).includes(STATE)) {
    const moving = await signalled("SIGINT", /Moving the state to/);
    expect(moving.code).toBe(130);
  }
  await signalled("SIGKILL", /Checking the moved state/);
  expect(await objects()).toEqual([STATE]);
  expect(existsSync(localState)).toBe(true);

  const last = await bootstrap().ended;
  expect(last.output).toContain("No changes.");
  expect(last.output).toContain("Done. Go on with `npx cdktf deploy global`");
  expect(last.code).toBe(0);
  expect(await objects()).toEqual([STATE]);
  expect(readdirSync(path.dirname(directory))).toEqual([]);
  expect(processesIn(folder)).toEqual([expect.stringContaining("moto_server.py")]);
  const again = await bootstrap().ended;
  expect(again.output).toContain("Nothing to do: the state is in the bucket.");
  expect(again.code).toBe(0);
});

/** Any of the faults, at any moment of the next ten seconds: the seed decides. */
async function strike(run: Running): Promise<void> {
  const faults = ["SIGINT", "SIGTERM", "SIGKILL", "Terraform"] as const;
  const fault = faults[seed % faults.length] ?? "SIGINT";
  const wait = Math.floor(seed / faults.length) % 10_000;
  console.info(`OPSDX_FAULT_SEED=${seed}: ${fault} after ${wait} ms`);
  await delay(wait);
  if (fault === "Terraform") {
    if (existsSync(runOf("apply"))) kill(terraform());
    // The command finds what is left by itself: it is killed, too.
    await signalled("SIGKILL", /Applying the bucket/, run);
  } else {
    process.kill(run.child.pid ?? 0, fault);
    await run.ended;
  }
}

describe("when the state has moved", () => {
  test("it may be asked from the project's command line", async () => {
    const cli = path.resolve(__dirname, "../../tools/bin/opsdx.mjs");
    const { code, output } = await started([process.execPath, cli, "bootstrap", "--dry-run"], process.env).ended;
    expect(output).toContain("Nothing to do: the state is in the bucket.");
    expect(code).toBe(0);
  });

  test("what was left of the deletion of the folder goes", async () => {
    mkdirSync(`${directory}.finished/stacks`, { recursive: true });
    await bootstrap().ended;
    expect(readdirSync(path.dirname(directory))).toEqual([]);
  });

  test("a local state that the bucket's state does not know stays", async () => {
    const other = {
      version: 4,
      resources: [{ mode: "managed", type: "aws_kms_key", name: "other", instances: [{ attributes: { id: "1" } }] }],
    };
    mkdirSync(directory, { recursive: true });
    writeFileSync(localState, JSON.stringify(other));
    const { code, output } = await bootstrap().ended;
    expect(output).toContain("names aws_kms_key.other, which the state");
    expect(code).toBe(2);
    expect(existsSync(localState)).toBe(true);
    rmSync(directory, { recursive: true });
  });

  test("a bucket without state, which somebody else must have made, stops it", async () => {
    await new S3Client({ region: "us-east-1" }).send(new DeleteObjectCommand({ Bucket: bucket, Key: STATE }));
    const { code, output } = await bootstrap().ended;
    expect(output).toContain("holds no state of the global stack");
    expect(code).toBe(2);
  });
});
