import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { DeleteObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import execa from "execa";
import { loadConfig } from "../../config/load";
import { Bootstrap } from "../../tools/bootstrap/bootstrap";
import { stateContents } from "../../tools/bootstrap/state-account";
import { stopEmulator } from "../../tools/sandbox/emulator";
import { SandboxPaths } from "../../stacks/sandbox/paths";
import { Children } from "../../tools/terraform/children";
import { signIn, useEmulator } from "./support";

const MINUTE = 60_000;

const config = loadConfig();
const bucket = config.global.buckets.terraformState;
const folder = mkdtempSync(path.join(os.tmpdir(), "bootstrap-"));
const paths = new SandboxPaths(path.join(folder, "emulator"));
const directory = path.join(folder, "work");
const localState = path.join(directory, "terraform.tfstate");
const before = { ...process.env };

/** A new run of the command, as after a crash of the former. */
function bootstrap(children = new Children()): Bootstrap {
  return new Bootstrap({
    config,
    directory,
    env: process.env,
    children,
    say: () => undefined,
  });
}

async function objects(): Promise<readonly string[]> {
  const { Contents = [] } = await new S3Client({ region: "us-east-1" }).send(
    new ListObjectsV2Command({ Bucket: bucket }),
  );
  return Contents.map(({ Key = "" }) => Key);
}

beforeAll(async () => {
  await useEmulator(paths);
  await signIn(config.global.account.id);
}, 5 * MINUTE);

afterAll(async () => {
  await stopEmulator(paths);
  rmSync(folder, { recursive: true, force: true });
  process.env = before;
});

test("refuses another account before anything is made", async () => {
  const [dev] = config.environments;
  await signIn(dev?.account.id ?? "");
  await expect(bootstrap().look()).rejects.toThrow(`but config/global.ts says account.id ${config.global.account.id}`);
  await signIn(config.global.account.id);
  expect(existsSync(directory)).toBe(false);
});

test(
  "goes on wherever it was interrupted, and ends with the state in the bucket only",
  async () => {
    expect(await bootstrap().look()).toBe("everything");

    // Interrupted while Terraform makes the bucket.
    const children = new Children();
    const applying = bootstrap(children).apply();
    const interrupted = expect(applying).rejects.toThrow(/"terraform apply" failed|interrupted/);
    while (!(existsSync(localState) && readFileSync(localState, "utf8").includes('"aws_s3_bucket"'))) {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    children.interrupt();
    await interrupted;

    // Interrupted after Terraform has made everything.
    expect(await bootstrap().look()).toBe("everything");
    await bootstrap().apply();
    const made = stateContents(readFileSync(localState, "utf8"), localState);
    expect(Object.keys(made).map((address) => address.split(".")[0])).toEqual(
      expect.arrayContaining(["aws_kms_key", "aws_kms_alias", "aws_s3_bucket", "aws_s3_bucket_versioning"]),
    );
    expect(await objects()).toEqual([]);

    // Interrupted after the state has moved.
    expect(await bootstrap().look()).toBe("everything");
    await bootstrap().move();
    expect(await objects()).toEqual(["global/global.tfstate"]);
    expect(existsSync(localState)).toBe(true);

    const last = bootstrap();
    expect(await last.look()).toBe("check");
    await last.run("check");
    expect(existsSync(directory)).toBe(false);
    // The lock went with the commands that took it.
    expect(await objects()).toEqual(["global/global.tfstate"]);
    expect(await bootstrap().look()).toBe("nothing");
  },
  20 * MINUTE,
);

test(
  "may be repeated from the command line",
  async () => {
    const { exitCode, all } = await execa("node", ["--import", "tsx", "tools/cli.ts", "bootstrap", "--dry-run"], {
      cwd: path.resolve(__dirname, "../.."),
      env: process.env,
      extendEnv: false,
      all: true,
      reject: false,
    });
    expect(all).toContain("Nothing to do: the state is in the bucket.");
    expect(exitCode).toBe(0);
  },
  5 * MINUTE,
);

test("keeps a local state that the bucket's state does not know", async () => {
  const other = {
    version: 4,
    resources: [{ mode: "managed", type: "aws_kms_key", name: "other", instances: [{ attributes: { id: "1" } }] }],
  };
  mkdirSync(directory, { recursive: true });
  writeFileSync(localState, JSON.stringify(other));
  await expect(bootstrap().look()).rejects.toThrow("names aws_kms_key.other, which the state");
  expect(existsSync(localState)).toBe(true);
  rmSync(directory, { recursive: true });
});

test("stops at a bucket without state, which somebody else must have made", async () => {
  await new S3Client({ region: "us-east-1" }).send(
    new DeleteObjectCommand({ Bucket: bucket, Key: "global/global.tfstate" }),
  );
  await expect(bootstrap().look()).rejects.toThrow("holds no state of the global stack");
});
