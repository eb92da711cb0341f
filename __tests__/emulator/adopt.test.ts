import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { loadConfig } from "../../config/load";
import { adoptCommand } from "../../tools/adopt/command";
import { ask } from "../../tools/ask";
import { applied } from "../../tools/sandbox/environment";
import { failureText } from "../../tools/sandbox/report";
import { Sandbox } from "../../tools/sandbox/sandbox";
import { buildSmall, READ_ONLY } from "./adopt/program";

const ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess";
const MINUTE = 60_000;
const folder = mkdtempSync(path.join(os.tmpdir(), "opsdx-adopt-"));
const quiet = Object.assign(new PassThrough().resume(), { isTTY: false }) as unknown as NodeJS.WriteStream;
const main = path.join(folder, "main.ts");
const sandbox = new Sandbox({ directory: path.join(folder, "sandbox"), main, stream: quiet });
const file = path.join(sandbox.paths.outdir(), "stacks/dev-stage1/adopt.tf.json");
const [dev] = loadConfig().environments;
const id = dev?.account.id ?? "";
let env: NodeJS.ProcessEnv = {};

/** The AWS CLI in dev's account: what people did by hand, and look at. */
async function aws(...words: readonly string[]): Promise<Record<string, unknown>> {
  const at = ["--endpoint-url", env["AWS_ENDPOINT_URL"] ?? "", "--region", "us-east-1", "--output", "json"];
  const { exitCode, stdout, stderr } = await ask("aws", [...words, ...at], {
    env: { ...env, AWS_PROFILE: "dev" },
    limit: 2 * MINUTE,
  });
  if (exitCode !== 0) throw new Error(stderr);
  return stdout.trim() === "" ? {} : (JSON.parse(stdout) as Record<string, unknown>);
}

const plantDatabase = (...words: readonly string[]) =>
  aws(
    ...["rds", "create-db-instance", "--db-instance-identifier", "opsdx-dev-db", "--engine", "postgres"],
    ...["--db-instance-class", "db.m4.large", "--allocated-storage", "20", "--db-name", "opsdx"],
    ...words,
  );

/** Runs the command, and returns what it printed, its exit code, and what it refused. */
async function adopt(build = buildSmall) {
  const log = jest.spyOn(console, "log").mockImplementation(() => undefined);
  const error = jest.spyOn(process.stderr, "write").mockReturnValue(true);
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    const refused = await adoptCommand({ env, build, write: ({ app }) => app.synth(), root: folder })
      .parseAsync(["dev-stage1"], { from: "user" })
      .then(
        () => undefined,
        (fault: unknown) => fault as Error & { readonly exitCode: number },
      );
    const text = log.mock.calls.map(([line]) => String(line)).join("\n");
    return { text, refusal: refused?.message ?? "", code: refused?.exitCode ?? process.exitCode };
  } finally {
    process.exitCode = before;
    log.mockRestore();
    error.mockRestore();
  }
}

beforeAll(async () => {
  const program = JSON.stringify(path.join(__dirname, "adopt/program"));
  writeFileSync(main, `import { synthesizeSmall } from ${program};\nsynthesizeSmall();\n`);
  env = applied(await sandbox.environment(), process.env);
}, 5 * MINUTE);

afterAll(async () => {
  await sandbox.reset();
  rmSync(folder, { recursive: true, force: true });
}, 5 * MINUTE);

describe("an account of the old system", () => {
  let [key, zone, set] = ["", "", ""];

  it(
    "is not adopted where a thing would be replaced: each is named with what is there and what is declared",
    async () => {
      await aws("s3api", "create-bucket", "--bucket", "opsdx-dev-exports");
      await aws("s3api", "put-object", "--bucket", "opsdx-dev-exports", "--key", "kept");
      await aws("logs", "create-log-group", "--log-group-name", "opsdx-dev-k8s-logs");
      // A name that differs.
      await aws("logs", "create-log-group", "--log-group-name", "opsdx-dev-k8s-log");
      await aws("cloudtrail", "create-trail", "--name", "opsdx-dev-trail", "--s3-bucket-name", "opsdx-dev-exports");
      await aws("route53", "create-hosted-zone", "--name", "dev.opsdx.io", "--caller-reference", "old");
      await plantDatabase("--master-username", "root", "--master-user-password", "planted-0");
      const { text, refusal, code } = await adopt();
      expect([text, code]).toEqual(["", 2]);
      expect(refusal).toMatch(
        /^ {2}dev-stage1 aws_db_instance\.Db: username must be "root", as opsdx-dev-db has it, .* the stack declares "opsdx_root"\./m,
      );
      expect(refusal).toMatch(
        /^ {2}dev-stage1 aws_db_instance\.Db: storage_encrypted must be false, as opsdx-dev-db has it, .* declares true\..*copy a snapshot/m,
      );
      expect(refusal).toMatch(
        /^ {2}dev-stage1 aws_route53_zone\.Zone: delegation_set_id must be .*create-reusable-delegation-set --caller-reference adopt --hosted-zone-id '[A-Z0-9]+'/m,
      );
      expect(refusal).toContain(
        "dev-stage1 aws_db_instance.Db: RDS must manage the password of its master user, and does not.",
      );
      expect(refusal).not.toMatch(/aws_s3_bucket|aws_cloudwatch_log_group|aws_cloudtrail/);
      expect(existsSync(file)).toBe(false);
    },
    5 * MINUTE,
  );

  it(
    "is adopted by blocks that the next deploy reads; the plan destroys nothing, and says what is kept shorter",
    async () => {
      const zones = (await aws("route53", "list-hosted-zones"))["HostedZones"] as readonly { readonly Id: string }[];
      await aws("route53", "delete-hosted-zone", "--id", zones[0]?.Id ?? "");
      await aws("rds", "delete-db-instance", "--db-instance-identifier", "opsdx-dev-db", "--skip-final-snapshot");
      // The emulator makes no set of a zone that is there, so this one begins with its set.
      const made = await aws("route53", "create-reusable-delegation-set", "--caller-reference", "old");
      set = (made["DelegationSet"] as { readonly Id: string }).Id.replace("/delegationset/", "");
      const again = ["--caller-reference", "again", "--delegation-set-id", set];
      const hosted = await aws("route53", "create-hosted-zone", "--name", "dev.opsdx.io", ...again);
      zone = (hosted["HostedZone"] as { readonly Id: string }).Id.replace("/hostedzone/", "");
      // AWS's own default, which the emulator leaves empty.
      const { KeyMetadata } = await aws("kms", "create-key", "--key-usage", "ENCRYPT_DECRYPT");
      key = (KeyMetadata as { readonly KeyId: string }).KeyId;
      await aws("kms", "create-alias", "--alias-name", "alias/opsdx-dev-db", "--target-key-id", key);
      const arn = `arn:aws:kms:us-east-1:${id}:key/${key}`;
      await plantDatabase(
        "--master-username",
        "opsdx_root",
        "--manage-master-user-password",
        "--storage-encrypted",
        "--kms-key-id",
        arn,
      );

      const trust = {
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
      };
      const role = ["--role-name", "opsdx-dev-nodes"];
      await aws("iam", "create-role", ...role, "--assume-role-policy-document", JSON.stringify(trust));
      for (const arn of [READ_ONLY, ADMINISTRATOR])
        await aws("iam", "attach-role-policy", ...role, "--policy-arn", arn);
      const document = JSON.stringify({ ...trust, Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] });
      await aws("iam", "put-role-policy", ...role, "--policy-name", "old", "--policy-document", document);

      const { text, refusal, code } = await adopt();
      expect([refusal, code]).toEqual(["", 1]);
      expect(text).toMatch(
        /^ {2}aws_iam_role\.Role \(opsdx-dev-nodes\)\n {4}aws iam detach-role-policy .*AdministratorAccess\n {4}aws iam delete-role-policy .* --policy-name 'old'$/m,
      );
      expect(text).not.toContain("ReadOnlyAccess");
      const { import: blocks } = JSON.parse(readFileSync(file, "utf8")) as {
        readonly import: readonly { readonly to: string; readonly id: string }[];
      };
      expect(Object.fromEntries(blocks.map((block) => [block.to, block.id]))).toEqual({
        "aws_cloudtrail.Trail": `arn:aws:cloudtrail:us-east-1:${id}:trail/opsdx-dev-trail`,
        "aws_cloudwatch_log_group.Logs": "opsdx-dev-k8s-logs",
        "aws_db_instance.Db": "opsdx-dev-db",
        "aws_iam_role.Role": "opsdx-dev-nodes",
        "aws_kms_alias.Alias": "alias/opsdx-dev-db",
        "aws_kms_key.Key": key,
        "aws_route53_delegation_set.Servers": set,
        "aws_route53_zone.Zone": zone,
        "aws_s3_bucket.Exports": "opsdx-dev-exports",
      });
      expect(text).toMatch(
        /^Plan: 9 to import, of which \d change in place; 1 to make, 0 others to change; 0 to destroy\.$/m,
      );
      expect(text).toMatch(/^ {4}instance_class: "db\.m4\.large" -> "db\.t4g\.medium"$/m);
      expect(text).toMatch(/^ {2}aws_cloudwatch_log_group\.Logs \(logs\)\n {4}.*30/m);
      expect(text).toContain(
        "aws_cloudwatch_log_group opsdx-dev-k8s-log (the nearest that is declared: opsdx-dev-k8s-logs)",
      );
      expect(text).toMatch(/the deploy from this folder does it, and asks before: npx opsdx sandbox up dev-stage1$/m);
      // Nothing was imported.
      expect(existsSync(sandbox.paths.stateOf("dev-stage1"))).toBe(false);
    },
    5 * MINUTE,
  );

  it(
    "is refused, and the earlier blocks are gone, once a change would replace a thing: no deploy reads what is true no more",
    async () => {
      const { refusal, code } = await adopt((config, deployment, outdir) =>
        buildSmall(config, deployment, outdir, "other"),
      );
      expect(code).toBe(2);
      expect(refusal).toMatch(/aws_db_instance\.Db: db_name must be "opsdx", .* the stack declares "other"/);
      expect(existsSync(file)).toBe(false);
      expect((await adopt()).code).toBe(1);
      expect(existsSync(file)).toBe(true);
    },
    5 * MINUTE,
  );

  it(
    "is the stack's own after the deploy that was named: the very same things, and a second plan changes nothing",
    async () => {
      const { results } = await sandbox.up(["dev-stage1"]);
      expect(failureText(results)).toBe("");
      expect(results.flatMap(({ secondPlan = [] }) => secondPlan)).toEqual([]);
      await aws("s3api", "head-object", "--bucket", "opsdx-dev-exports", "--key", "kept");
      const { HostedZones } = await aws("route53", "list-hosted-zones");
      expect(HostedZones).toMatchObject([{ Id: `/hostedzone/${zone}` }]);
      const { DBInstances } = await aws("rds", "describe-db-instances");
      expect(DBInstances).toMatchObject([
        { KmsKeyId: expect.stringContaining(key) as string, DBInstanceClass: "db.t4g.medium" },
      ]);
    },
    5 * MINUTE,
  );

  it(
    "is left alone once the state holds it all: no block stays",
    async () => {
      const { text, code } = await adopt();
      expect(code).toBe(0);
      expect(text).toContain("there is nothing to adopt");
      expect(existsSync(file)).toBe(false);
    },
    5 * MINUTE,
  );
});
