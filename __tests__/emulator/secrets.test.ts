import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import execa from "execa";
import { loadConfig } from "../../config/load";
import { propertiesOf, secretName } from "../../config/service-secrets";
import { ServiceSecrets } from "../../constructs/shared/helm/service-secrets";
import { SandboxPaths } from "../../stacks/sandbox/paths";
import { accountsOf, writeProfiles } from "../../tools/sandbox/accounts";
import { stopEmulator } from "../../tools/sandbox/emulator";
import { fillSecrets } from "../../tools/sandbox/service-secrets";
import { findToolchain } from "../../tools/sandbox/toolchain";
import { cliConfig } from "../../tools/terraform/providers";
import { SecretsManagerStore } from "../../tools/secrets/secrets";
import { platformIn } from "../constructs/stage3/platform";
import { synth } from "../support";
import { PUMP } from "./secrets/pump";
import { signIn, useEmulator } from "./support";

jest.setTimeout(600_000);

const before = { ...process.env };
const folder = mkdtempSync(path.join(os.tmpdir(), "secrets-"));
const paths = new SandboxPaths(folder);
const dev = loadConfig().environments.find(({ name }) => name === "dev");
if (dev === undefined) throw new Error("no environment dev");
const account = { environment: "dev", id: dev.account.id, region: dev.account.region };
const client = (): SecretsManagerClient => new SecretsManagerClient({ region: account.region });
const nameOf = (reference: string): string => secretName("dev", { service: "pump", reference });
const arns = new Map<string, string>();
let emulator: Awaited<ReturnType<typeof useEmulator>>;

beforeAll(async () => {
  emulator = await useEmulator(paths);
  await signIn(account.id);
});
beforeEach(async () => {
  for (const { reference } of PUMP) {
    await client()
      .send(new CreateSecretCommand({ Name: nameOf(reference) }))
      .then(({ ARN = "" }) => arns.set(reference, ARN));
  }
});
afterEach(async () => {
  for (const { reference } of PUMP) {
    await client().send(new DeleteSecretCommand({ SecretId: nameOf(reference), ForceDeleteWithoutRecovery: true }));
  }
});
afterAll(async () => {
  await stopEmulator(paths);
  rmSync(folder, { recursive: true, force: true });
  process.env = before;
});

async function valueOf(reference: string): Promise<string | undefined> {
  return client()
    .send(new GetSecretValueCommand({ SecretId: nameOf(reference) }))
    .then(
      ({ SecretString }) => SecretString,
      () => undefined,
    );
}

/** The command in a process of its own, and all that it prints. */
async function run(...words: readonly string[]): Promise<{ readonly all: string; readonly exitCode: number }> {
  const program = path.join(__dirname, "secrets", "cli.ts");
  const { all = "", exitCode } = await execa(process.execPath, ["--import", "tsx", program, "secrets", ...words], {
    all: true,
    reject: false,
    env: { ...process.env, OPSDX_DEBUG: "1" },
  });
  return { all, exitCode };
}

/** All values, and what they are made of: none of these may be seen. */
async function secretTexts(): Promise<readonly string[]> {
  const values = await Promise.all(PUMP.map(({ reference }) => valueOf(reference)));
  return values.flatMap((value) => {
    if (value === undefined) return [];
    if (!value.startsWith("{")) return [value];
    const { bcrypt, key, password } = JSON.parse(value) as Record<string, string | undefined>;
    return [value, ...[bcrypt, key, password].filter((text) => text !== undefined)];
  });
}

describe("opsdx secrets, against Secrets Manager", () => {
  it("makes each value in its shape, once, and shows none, not even with OPSDX_DEBUG", async () => {
    const first = await run("init", "dev");
    expect(first).toMatchObject({ exitCode: 0, all: expect.stringContaining("4 made") as string });
    for (const { recipe, reference } of PUMP) {
      const value = await valueOf(reference);
      if (recipe.kind === "person") expect(value).toBeUndefined();
      else expect(value?.length).toBeGreaterThan(40);
      const properties = propertiesOf(recipe);
      if (properties !== undefined) expect(Object.keys(JSON.parse(value ?? "") as object)).toEqual(properties);
    }
    const values = await secretTexts();
    expect(values.length).toBeGreaterThan(6);
    const second = await run("init", "dev");
    expect(second).toMatchObject({ exitCode: 0, all: expect.stringContaining("Nothing was empty") as string });
    expect(await secretTexts()).toEqual(values);
    const rotated = await run("rotate", "dev", "pump/web", "--yes");
    expect(rotated).toMatchObject({ exitCode: 0, all: expect.stringContaining("Restart the pump (web).") as string });
    const after = await secretTexts();
    expect(after).not.toEqual(values);
    const printed = [first, second, rotated, await run("check", "dev")].map(({ all }) => all).join("\n");
    expect([...values, ...after].filter((text) => printed.includes(text))).toEqual([]);
  });

  it("two at once agree on one value", async () => {
    const both = await Promise.all([run("init", "dev"), run("init", "dev")]);
    expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    const versions = await client().send(new ListSecretVersionIdsCommand({ SecretId: nameOf("admin") }));
    expect(versions.Versions?.map(({ VersionStages }) => VersionStages)).toEqual([["OPSDX_INIT", "AWSCURRENT"]]);
  });

  it("leaves what somebody else put in after the look", async () => {
    const store = new SecretsManagerStore(account, process.env);
    await client().send(new PutSecretValueCommand({ SecretId: nameOf("admin"), SecretString: "theirs" }));
    expect(await store.putFirst(nameOf("admin"), "ours")).toBe(false);
    expect(await valueOf("admin")).toBe("theirs");
  });

  it("refuses words and accounts before anything is made", async () => {
    expect(await run("rotate", "dev", "pump/client", "--yes")).toMatchObject({ exitCode: 2 });
    expect(await run("rotate", "dev", "pump/admin", "--yes")).toMatchObject({
      exitCode: 2,
      all: expect.stringContaining("npx opsdx secrets init dev") as string,
    });
    await signIn("999999999999");
    try {
      expect(await run("init", "dev")).toMatchObject({
        exitCode: 2,
        all: expect.stringContaining("999999999999") as string,
      });
    } finally {
      await signIn(account.id);
    }
    expect(await secretTexts()).toEqual([]);
  });
});

describe("sandbox up", () => {
  it("fills every secret of a service when stage1 is applied, once, and says so", async () => {
    await writeProfiles(paths, emulator, accountsOf(loadConfig()));
    const said: string[] = [];
    const fill = (stack: string): Promise<void> =>
      fillSecrets(stack, { paths, environments: [dev], services: () => PUMP, say: (line) => void said.push(line) });
    await fill("dev-stage2");
    expect(await valueOf("admin")).toBeUndefined();
    await fill("dev-stage1");
    expect(await Promise.all(PUMP.map(({ reference }) => valueOf(reference)))).not.toContain(undefined);
    const values = await secretTexts();
    await fill("dev-stage1");
    expect(await secretTexts()).toEqual(values);
    expect(said).toEqual(["dev: 5 secrets of services are filled, 1 of them in place of a person."]);
  });
});

describe("the precondition, with Terraform", () => {
  /** A stack of what reads the versions, and its plan's end. */
  async function plan(): Promise<{ readonly all: string; readonly exitCode: number }> {
    const stack = synth((scope) => {
      const platform = {
        ...platformIn(scope, "dev"),
        serviceSecrets: PUMP,
        secretOperators: { k8s: [] },
        secretArns: Object.fromEntries([...arns].map(([reference, arn]) => [`pump/${reference}`, arn])),
      };
      new ServiceSecrets(scope, "Secrets", {
        platform,
        cluster: "k8s",
        namespace: { name: "pumps", ready: [] },
        service: "pump",
        secrets: [{ name: "pump", data: { admin: { reference: "admin" }, client: { reference: "client" } } }],
      });
    });
    const directory = path.join(folder, "plan");
    mkdirSync(directory, { recursive: true });
    const aws = {
      region: account.region,
      access_key: "${var.key}",
      secret_key: "${var.secret}",
      token: "${var.token}",
      skip_requesting_account_id: true,
      skip_metadata_api_check: "true",
      endpoints: [{ secretsmanager: process.env["AWS_ENDPOINT_URL"], sts: process.env["AWS_ENDPOINT_URL"] }],
    };
    const variable = Object.fromEntries(["key", "secret", "token"].map((name) => [name, { type: "string" }]));
    writeFileSync(
      path.join(directory, "main.tf.json"),
      JSON.stringify({ provider: { aws: [aws] }, variable, data: stack.json["data"] }, undefined, 2),
    );
    const { mirrors } = await findToolchain({ paths, env: before });
    const cli = path.join(folder, "terraform.rc");
    writeFileSync(cli, cliConfig({ mirrors, cacheDirectory: folder }));
    const env = {
      ...process.env,
      TF_CLI_CONFIG_FILE: cli,
      TF_VAR_key: process.env["AWS_ACCESS_KEY_ID"],
      TF_VAR_secret: process.env["AWS_SECRET_ACCESS_KEY"],
      TF_VAR_token: process.env["AWS_SESSION_TOKEN"],
    };
    await execa("terraform", [`-chdir=${directory}`, "init", "-no-color"], { env });
    const { all = "", exitCode } = await execa(
      "terraform",
      [`-chdir=${directory}`, "apply", "-auto-approve", "-no-color"],
      {
        env,
        all: true,
        reject: false,
      },
    );
    return { all, exitCode };
  }

  it("refuses while a secret has no value, names the command, and keeps no value", async () => {
    const empty = await plan();
    expect(empty.exitCode).toBe(1);
    expect(empty.all.replaceAll(/[│\s]+/g, " ")).toContain(
      "The secret opsdx/dev/pump/admin has no value: npx opsdx secrets init dev (it makes one).",
    );
    expect((await run("init", "dev")).exitCode).toBe(0);
    const half = await plan();
    expect(half.exitCode).toBe(1);
    expect(half.all).not.toContain("pump/admin has no value");
    expect(half.all.replaceAll(/[│\s]+/g, " ")).toContain("opsdx/dev/pump/client has no value");
    await client().send(new PutSecretValueCommand({ SecretId: nameOf("client"), SecretString: "a-persons-own-value" }));
    expect(await plan()).toMatchObject({ exitCode: 0 });
    const { stdout: state } = await execa("cat", [path.join(folder, "plan", "terraform.tfstate")]);
    expect(state).toContain("AWSCURRENT");
    expect((await secretTexts()).filter((text) => state.includes(text))).toEqual([]);
  });
});
