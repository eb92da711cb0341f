import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { CreateLogGroupCommand, CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateSecretCommand, DeleteSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { loadConfig } from "../../config/load";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram } from "../../stacks/program";
import { SandboxPaths } from "../../stacks/sandbox/paths";
import { ask } from "../../tools/ask";
import { preflightCommand } from "../../tools/preflight/command";
import { declaredIn, type Planned } from "../../tools/preflight/planned";
import { accountsOf, writeProfiles } from "../../tools/sandbox/accounts";
import { stopEmulator } from "../../tools/sandbox/emulator";
import { signIn, useEmulator } from "./support";

const before = { ...process.env };
const folder = mkdtempSync(path.join(os.tmpdir(), "preflight-"));
const paths = new SandboxPaths(folder);
const config = loadConfig();
const [dev] = config.environments;
if (dev === undefined) throw new Error("the configuration has no environment");
const DEV = dev.account.id;
const REGION = { region: "us-east-1" };

const declared = buildProgram(config, deploymentFor(config.global, {}))
  .stacks.filter(({ node: { id } }) => id === "global" || id.startsWith("dev-"))
  .flatMap((stack) => declaredIn(stack, { id: DEV }));
const named = (type: string, argument: string, name: string): Planned => {
  const found = declared.find((resource) => resource.type === type && resource.body[argument] === name);
  if (found === undefined) throw new Error(`nothing of ${type} is called ${name}`);
  return found;
};
const only = (type: string): Planned => declared.find((resource) => resource.type === type) ?? named(type, "name", "");

/** What a person has made before, with the AWS CLI. */
async function plant(...words: readonly string[]): Promise<unknown> {
  const { exitCode, stdout, stderr } = await ask("aws", [...words, "--region", "us-east-1", "--output", "json"], {
    env: process.env,
    limit: 120_000,
  });
  if (exitCode !== 0) throw new Error(stderr);
  return stdout === "" ? {} : JSON.parse(stdout);
}

/** Runs the command as the role of an account, and returns what it printed and its exit code. */
async function preflight(owner: string) {
  const [out, err] = (["log", "error"] as const).map((name) =>
    jest.spyOn(console, name).mockImplementation(() => undefined),
  );
  try {
    await preflightCommand().parseAsync([owner], { from: "user" });
    const text = (spy: typeof out): string => spy?.mock.calls.map(([line]) => String(line)).join("\n") ?? "";
    return { out: text(out), err: text(err), code: process.exitCode ?? 0 };
  } finally {
    out?.mockRestore();
    err?.mockRestore();
    process.exitCode = 0;
  }
}

const blockOf = ({ address }: Planned, id: string): string =>
  `  import {\n    to = ${address}\n    id = ${JSON.stringify(id)}\n  }`;

beforeAll(async () => {
  await useEmulator(paths);
}, 300_000);

afterAll(async () => {
  await stopEmulator(paths);
  rmSync(folder, { recursive: true });
  process.env = before;
});

describe("an account that is not new", () => {
  const bucket = `opsdx-dev-cloudtrail-${DEV}`;
  const group = named("aws_cloudwatch_log_group", "name", "/aws/lambda/opsdx-dev-etl-lambda");
  const role = named("aws_iam_role", "name", "opsdx-ci-plan");
  const recorder = only("aws_config_configuration_recorder");
  const secret = only("aws_secretsmanager_secret");

  let [detector, secretArn] = ["", ""];

  beforeAll(async () => {
    await signIn(DEV);
    await new S3Client(REGION).send(new CreateBucketCommand({ Bucket: bucket }));
    await new CloudWatchLogsClient(REGION).send(
      new CreateLogGroupCommand({ logGroupName: String(group.body["name"]) }),
    );
    const secrets = new SecretsManagerClient(REGION);
    const Name = String(secret.body["name"]);
    secretArn = (await secrets.send(new CreateSecretCommand({ Name, SecretString: "x" }))).ARN ?? "";
    await secrets.send(new DeleteSecretCommand({ SecretId: Name }));
    const trust = '{"Version":"2012-10-17","Statement":[]}';
    const old = `name=old,roleARN=arn:aws:iam::${DEV}:role/opsdx-ci-plan`;
    const [made] = await Promise.all([
      plant("guardduty", "create-detector", "--enable"),
      plant("iam", "create-role", "--role-name", "opsdx-ci-plan", "--assume-role-policy-document", trust),
      plant("iam", "create-service-linked-role", "--aws-service-name", "config.amazonaws.com"),
      plant("iam", "create-open-id-connect-provider", "--url", "https://token.actions.githubusercontent.com"),
      plant("configservice", "put-configuration-recorder", "--configuration-recorder", old),
      plant("route53", "create-hosted-zone", "--name", "dev.opsdx.io", "--caller-reference", "1"),
      ...[10, 11, 12, 13, 14].map((net) => plant("ec2", "create-vpc", "--cidr-block", `10.${net}.0.0/16`)),
    ]);
    detector = (made as { DetectorId: string }).DetectorId;
  }, 300_000);

  it("finds each thing that is in the way, and leaves the rest alone", async () => {
    const { out, err, code } = await preflight("dev");
    expect(code).toBe(1);
    for (const [resource, id] of [
      [group, String(group.body["name"])],
      [role, "opsdx-ci-plan"],
      [only("aws_guardduty_detector"), detector],
      [recorder, "old"],
      [secret, secretArn],
      [named("aws_s3_bucket", "bucket", bucket), bucket],
      [
        named("aws_iam_openid_connect_provider", "url", "https://token.actions.githubusercontent.com"),
        `arn:aws:iam::${DEV}:oidc-provider/token.actions.githubusercontent.com`,
      ],
    ] as const) {
      expect(out).toContain(blockOf(resource, id));
    }
    expect(out).toMatch(
      /to = aws_iam_service_linked_role\.\S+\n {4}id = "arn:aws:iam::\d+:role\/aws-service-role\/config/,
    );
    expect(out).toMatch(/to = aws_route53_zone\.\S+\n {4}id = "[A-Z0-9]+"/);
    expect(out).toContain("--quota-code L-F678F1CE");
    // What the emulator does not know.
    const asked = [...err.matchAll(/^Not answered: aws ([a-z-]+ [a-z-]+)/gm)].map(([, call]) => call);
    expect(asked.sort()).toEqual([
      "accessanalyzer list-analyzers",
      "ce get-anomaly-monitors",
      "lambda get-account-settings",
      "service-quotas get-aws-default-service-quota",
    ]);
  }, 240_000);

  it("finds nothing of what the state holds", async () => {
    await signIn(config.global.account.id);
    const s3 = new S3Client(REGION);
    const { terraformState: Bucket } = config.global.buckets;
    await s3.send(new CreateBucketCommand({ Bucket }));
    for (const stack of new Set(declared.map((resource) => resource.stack))) {
      const resources = declared
        .filter((resource) => resource.stack === stack)
        .map(({ type, address }) => ({ mode: "managed", type, name: address.split(".")[1] }));
      const Key = `${stack.replace(/-stage\d$/, "")}/${stack}.tfstate`;
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: JSON.stringify({ version: 4, resources }) }));
    }
    await signIn(DEV);
    const { out, err, code } = await preflight("dev");
    const [handshake, ...lines] = out.split("\n");
    expect(handshake).toMatch(/^Pending: the connection opsdx-dev to GitHub/);
    expect({ lines, err, code }).toEqual({
      lines: ["Everything that the program makes in this account is in its state: nothing to look for."],
      err: "",
      code: 0,
    });
  }, 120_000);
});

it("in the sandbox signs in as the account's own profile", async () => {
  const port = Number(new URL(process.env["AWS_ENDPOINT_URL"] ?? "").port);
  await writeProfiles(paths, { port }, accountsOf(config));
  const outside = { ...process.env };
  try {
    Object.assign(process.env, { OPSDX_SANDBOX: folder, AWS_CONFIG_FILE: paths.awsConfig(), AWS_PROFILE: "global" });
    process.env["AWS_SHARED_CREDENTIALS_FILE"] = paths.awsCredentials();
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]) {
      Reflect.deleteProperty(process.env, name);
    }
    const { out } = await preflight("prod");
    expect(out).toMatch(/resources of global, prod-stage1, prod-stage2, prod-stage3 to be made: \d+ in the way/);
  } finally {
    process.env = outside;
  }
}, 240_000);

it("refuses the credentials of another account", async () => {
  await signIn("999999999999");
  await expect(preflight("dev")).rejects.toThrow(
    `The credentials belong to account 999999999999 (arn:aws:sts::999999999999:assumed-role/test/test), but config/environments/dev.ts says account.id ${DEV}`,
  );
});
