import { UnansweredError } from "../../../tools/preflight/account";
import { CHECKS } from "../../../tools/preflight/checks";
import { findObstacles } from "../../../tools/preflight/command";
import { obstaclesText } from "../../../tools/preflight/obstacle";
import type { Planned } from "../../../tools/preflight/planned";
import { FakeAccount } from "./support";

const planned = (type: string, body: Planned["body"] = {}, region = "us-east-1"): Planned => ({
  type,
  address: `${type}.It`,
  path: "dev-stage1/It",
  stack: "dev-stage1",
  body,
  region,
  around: { declared: [], held: [] },
});

const ARN = "arn:aws:iam::444455556666";

/** A resource, what stands in its way, and under which id it is taken over. */
const TAKEN: readonly (readonly [type: string, body: Planned["body"], answers: Record<string, unknown>, id: string])[] =
  [
    [
      "aws_iam_role",
      { name: "opsdx-ci-plan" },
      { "iam list-roles": { Roles: [{ RoleName: "opsdx-ci-plan" }] } },
      "opsdx-ci-plan",
    ],
    [
      "aws_iam_policy",
      { name: "opsdx-boundary" },
      { "iam list-policies": { Policies: [{ PolicyName: "opsdx-boundary", Arn: `${ARN}:policy/opsdx-boundary` }] } },
      `${ARN}:policy/opsdx-boundary`,
    ],
    [
      "aws_iam_instance_profile",
      { name: "nodes.k8s" },
      { "iam list-instance-profiles": { InstanceProfiles: [{ InstanceProfileName: "nodes.k8s" }] } },
      "nodes.k8s",
    ],
    [
      "aws_iam_service_linked_role",
      { aws_service_name: "config.amazonaws.com" },
      {
        "iam list-roles --path-prefix": {
          Roles: [
            {
              Path: "/aws-service-role/config.amazonaws.com/",
              Arn: `${ARN}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig`,
            },
          ],
        },
      },
      `${ARN}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig`,
    ],
    [
      "aws_iam_openid_connect_provider",
      { url: "https://token.actions.githubusercontent.com" },
      {
        "iam list-open-id-connect-providers": {
          OpenIDConnectProviderList: [{ Arn: `${ARN}:oidc-provider/token.actions.githubusercontent.com` }],
        },
      },
      `${ARN}:oidc-provider/token.actions.githubusercontent.com`,
    ],
    [
      "aws_kms_alias",
      { name: "alias/opsdx-dev-etl" },
      { "kms list-aliases": { Aliases: [{ AliasName: "alias/opsdx-dev-etl", TargetKeyId: "k" }] } },
      "alias/opsdx-dev-etl",
    ],
    [
      "aws_cloudwatch_log_group",
      { name: "/aws/lambda/x" },
      { "logs describe-log-groups": { logGroups: [{ logGroupName: "/aws/lambda/x" }] } },
      "/aws/lambda/x",
    ],
    [
      "aws_route53_zone",
      { name: "dev.opsdx.io" },
      {
        "route53 list-hosted-zones": {
          HostedZones: [{ Name: "dev.opsdx.io.", Id: "/hostedzone/Z1", Config: { PrivateZone: false } }],
        },
      },
      "Z1",
    ],
    [
      "aws_cloudtrail",
      { name: "opsdx-dev" },
      { "cloudtrail describe-trails": { trailList: [{ Name: "opsdx-dev", TrailARN: "arn:trail" }] } },
      "arn:trail",
    ],
    [
      "aws_secretsmanager_secret",
      { name: "opsdx/dev/a" },
      {
        "secretsmanager list-secrets --include-planned-deletion": {
          SecretList: [{ Name: "opsdx/dev/a", ARN: "arn:secret", DeletedDate: 1 }],
        },
      },
      "arn:secret",
    ],
    [
      "aws_ecr_repository",
      { name: "trews-etl" },
      { "ecr describe-repositories": { repositories: [{ repositoryName: "trews-etl" }] } },
      "trews-etl",
    ],
    [
      "aws_lambda_function",
      { function_name: "f" },
      { "lambda list-functions": { Functions: [{ FunctionName: "f" }] } },
      "f",
    ],
    [
      "aws_db_instance",
      { identifier: "db" },
      { "rds describe-db-instances": { DBInstances: [{ DBInstanceIdentifier: "db" }] } },
      "db",
    ],
    [
      "aws_backup_vault",
      { name: "v" },
      { "backup list-backup-vaults": { BackupVaultList: [{ BackupVaultName: "v" }] } },
      "v",
    ],
    ["aws_guardduty_detector", {}, { "guardduty list-detectors": { DetectorIds: ["d1"] } }, "d1"],
    [
      "aws_config_configuration_recorder",
      { name: "default" },
      { "configservice describe-configuration-recorders": { ConfigurationRecorders: [{ name: "default" }] } },
      "default",
    ],
    [
      "aws_config_delivery_channel",
      { name: "default" },
      { "configservice describe-delivery-channels": { DeliveryChannels: [{ name: "default" }] } },
      "default",
    ],
    ["aws_securityhub_account", {}, { "securityhub describe-hub": { HubArn: "arn:hub" } }, "444455556666"],
    ["aws_macie2_account", {}, { "macie2 get-macie-session": { status: "ENABLED" } }, "444455556666"],
    [
      "aws_accessanalyzer_analyzer",
      { analyzer_name: "a", type: "ACCOUNT" },
      { "accessanalyzer list-analyzers": { analyzers: [{ name: "a", type: "ACCOUNT" }] } },
      "a",
    ],
    [
      "aws_ce_anomaly_monitor",
      { monitor_type: "DIMENSIONAL", monitor_dimension: "SERVICE" },
      {
        "ce get-anomaly-monitors": {
          AnomalyMonitors: [{ MonitorType: "DIMENSIONAL", MonitorDimension: "SERVICE", MonitorArn: "arn:monitor" }],
        },
      },
      "arn:monitor",
    ],
    ["aws_s3_bucket", { bucket: "ours" }, { "s3api head-bucket --bucket ours": {} }, "ours"],
  ];

describe("what is there already", () => {
  it.each(TAKEN)("%s is found, with the id that it is imported by", async (type, body, answers, id) => {
    const { obstacles, unanswered } = await findObstacles([planned(type, body)], new FakeAccount(answers));
    expect(unanswered).toEqual([]);
    expect(obstacles.map(({ address, importId }) => [address, importId])).toEqual([[`${type}.It`, id]]);
    expect(obstaclesText(obstacles)).toContain(`  import {\n    to = ${type}.It\n    id = ${JSON.stringify(id)}\n  }`);
  });

  it.each(TAKEN)("%s is free in an account that has nothing, or others", async (type, body, answers) => {
    const other = JSON.parse(JSON.stringify(body).replaceAll(/:"[^"]+"/g, ':"other"')) as Planned["body"];
    const byName = Object.keys(body).length > 0 && !/config_|ce_anomaly/.test(type);
    const resources = [planned(type, body), ...(byName ? [planned(type, other)] : [])];
    expect((await findObstacles(resources.slice(0, 1), new FakeAccount({}))).obstacles).toEqual([]);
    if (byName) expect((await findObstacles(resources.slice(1), new FakeAccount(answers))).obstacles).toEqual([]);
  });

  it("is looked for where the resource stands, and a name that only an apply knows is none", async () => {
    const account = new FakeAccount({ "logs describe-log-groups @us-west-2": { logGroups: [{ logGroupName: "a" }] } });
    const groups = [
      planned("aws_cloudwatch_log_group", { name: "a" }),
      planned("aws_cloudwatch_log_group", { name: "${b.c}" }, "us-west-2"),
    ];
    expect((await findObstacles(groups, account)).obstacles).toEqual([]);
    expect(account.asked.sort()).toEqual([
      "logs describe-log-groups @us-east-1",
      "logs describe-log-groups @us-west-2",
    ]);
  });

  it("is told how it goes on: a secret that is deleted, a key behind an alias, a recorder of another name", async () => {
    const told = async (type: string, body: Planned["body"], answers: Record<string, unknown>) =>
      (await findObstacles([planned(type, body)], new FakeAccount(answers))).obstacles[0];
    const advice = async (...asked: Parameters<typeof told>) => (await told(...asked))?.advice;
    const deleted = TAKEN.find(([type]) => type === "aws_secretsmanager_secret")?.[2] ?? {};
    expect((await told("aws_secretsmanager_secret", { name: "opsdx/dev/a" }, deleted))?.first?.[0]).toContain(
      "aws secretsmanager restore-secret --secret-id opsdx/dev/a",
    );
    const alias = TAKEN.find(([type]) => type === "aws_kms_alias")?.[2] ?? {};
    const body = { name: "alias/opsdx-dev-etl", target_key_id: "${aws_kms_key.Etl_Key.key_id}" };
    expect(await told("aws_kms_alias", body, alias)).toMatchObject({
      advice: expect.stringMatching(/^It names the key k\. If nothing uses that: aws kms delete-alias/) as string,
      also: [{ address: "aws_kms_key.Etl_Key", importId: "k" }],
    });
    const recorder = TAKEN.find(([type]) => type === "aws_config_configuration_recorder")?.[2] ?? {};
    expect(await advice("aws_config_configuration_recorder", { name: "opsdx" }, recorder)).toContain(
      "aws configservice delete-configuration-recorder --configuration-recorder-name default",
    );
  });
});

describe("names of buckets", () => {
  it("are taken by others: to be renamed, not imported", async () => {
    const forbidden = new UnansweredError(
      "aws s3api head-bucket",
      "An error occurred (403) when calling the HeadBucket operation: Forbidden",
    );
    const { obstacles } = await findObstacles(
      [planned("aws_s3_bucket", { bucket: "theirs" })],
      new FakeAccount({ "s3api head-bucket": forbidden }),
    );
    expect(obstacles.map(({ importId }) => importId)).toEqual([undefined]);
    expect(obstaclesText(obstacles)).toMatch(
      /the name theirs is taken.*\n {2}Names of buckets are taken once in the world\. Choose another/,
    );
  });
});

describe("a bucket of the name", () => {
  const bucket = [planned("aws_s3_bucket", { bucket: "it" })];
  const ask = async (answers: Readonly<Record<string, unknown>>) => {
    const account = new FakeAccount(answers);
    const { obstacles } = await findObstacles(bucket, account);
    return { account, obstacles };
  };

  it("that lets us in is ours only in our account, which AWS is told", async () => {
    const { account } = await ask({});
    expect(account.asked).toEqual(["s3api head-bucket --bucket it --expected-bucket-owner 444455556666 @us-east-1"]);
  });

  it.each([
    ["as the first question tells", { "s3api head-bucket": { BucketRegion: "eu-west-1" } }],
    [
      "as only the second tells",
      { "s3api head-bucket": {}, "s3api get-bucket-location": { LocationConstraint: "eu-west-1" } },
    ],
    ["under its old name", { "s3api head-bucket": {}, "s3api get-bucket-location": { LocationConstraint: "EU" } }],
  ])("in another region, %s, is not taken over", async (_, answers) => {
    const { obstacles } = await ask(answers);
    expect(obstacles).toMatchObject([{ what: "the bucket it must be in us-east-1, got eu-west-1" }]);
    expect(obstacles[0]?.importId).toBeUndefined();
  });

  it.each([
    ["us-east-1", { "s3api head-bucket": { BucketRegion: "us-east-1" } }],
    ["no name", { "s3api head-bucket": {}, "s3api get-bucket-location": { LocationConstraint: null } }],
  ])("in a region of %s is", async (_, answers) => {
    expect((await ask(answers)).obstacles.map(({ importId }) => importId)).toEqual(["it"]);
  });
});

it("trails are asked for without their shadows in other regions and accounts", async () => {
  const account = new FakeAccount({});
  await findObstacles([planned("aws_cloudtrail", { name: "t" })], account);
  expect(account.asked).toEqual(["cloudtrail describe-trails --no-include-shadow-trails @us-east-1"]);
});

describe("quotas", () => {
  const functions = (reserved: number) => [
    planned("aws_lambda_function", { function_name: "a", reserved_concurrent_executions: reserved }),
    planned("aws_lambda_function", { function_name: "b", reserved_concurrent_executions: 1 }),
    planned("aws_lambda_function", { function_name: "c" }),
  ];
  const lambda = (all: number, free: number) => ({
    "lambda get-account-settings": {
      AccountLimit: { ConcurrentExecutions: all, UnreservedConcurrentExecutions: free },
    },
  });

  it.each([
    ["a new account's 10", lambda(10, 10), 2],
    ["one too few", lambda(1000, 101), 1],
  ])("of Lambda's executions: %s", async (_, answers, reserved) => {
    const { obstacles } = await findObstacles(functions(reserved), new FakeAccount(answers));
    expect(obstacles).toHaveLength(1);
    expect(obstacles[0]?.what).toContain(`a, b reserve ${reserved + 1} executions of Lambda`);
    expect(obstacles[0]?.advice).toContain("--service-code lambda --quota-code L-B99A9384 --desired-value");
  });

  it("of Lambda's executions: enough", async () => {
    expect((await findObstacles(functions(1), new FakeAccount(lambda(1000, 102)))).obstacles).toEqual([]);
  });

  it.each([
    ["aws_vpc", "ec2 describe-vpcs", "Vpcs", "L-F678F1CE"],
    ["aws_eip", "ec2 describe-addresses", "Addresses", "L-0263D0A3"],
  ])("of %s", async (type, list, key, code) => {
    const account = (limit: number) =>
      new FakeAccount({
        [list]: { [key]: [{}, {}, {}, {}] },
        "service-quotas get-service-quota": { Quota: { Value: limit } },
      });
    const wanted = [planned(type), planned(type)];
    expect((await findObstacles(wanted, account(6))).obstacles).toEqual([]);
    const { obstacles } = await findObstacles(wanted, account(5));
    expect(obstacles.map(({ advice }) => advice)).toEqual([
      expect.stringContaining(`--quota-code ${code} --desired-value 6`),
    ]);
  });

  it("as AWS sets it, where none was granted", async () => {
    const account = new FakeAccount({
      "ec2 describe-vpcs": { Vpcs: [{}] },
      "service-quotas get-aws-default-service-quota": { Quota: { Value: 1 } },
    });
    expect((await findObstacles([planned("aws_vpc")], account)).obstacles).toHaveLength(1);
  });
});

it("asks only what reads, and says what was not answered", async () => {
  const everything = [...new Set(CHECKS.flatMap(({ types }) => types))].map((type) =>
    planned(type, { name: "n", bucket: "b", monitor_type: "DIMENSIONAL", reserved_concurrent_executions: 1 }),
  );
  const account = new FakeAccount({
    "guardduty list-detectors": new UnansweredError("aws guardduty list-detectors", "AccessDenied"),
    "ec2 describe-vpcs": {},
    "ec2 describe-addresses": {},
    "lambda get-account-settings": {},
    "service-quotas get-aws-default-service-quota": { Quota: { Value: 5 } },
  });
  const { unanswered } = await findObstacles(everything, account);
  expect(unanswered.map(({ message }) => message)).toEqual(["aws guardduty list-detectors: AccessDenied"]);
  expect(account.asked.length).toBeGreaterThan(20);
  expect(account.asked.filter((call) => !/^\S+ (get|list|describe|head)-/.test(call))).toEqual([]);
});
