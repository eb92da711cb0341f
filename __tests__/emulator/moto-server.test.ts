import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  ListBucketsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
  type S3ServiceException,
} from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import {
  CreateFunctionCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListFunctionsCommand,
} from "@aws-sdk/client-lambda";
import { strToU8, zipSync } from "fflate";
import { DescribeAlarmsCommand, CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { SandboxPaths } from "../../stacks/sandbox/paths";
import { stopEmulator } from "../../tools/sandbox/emulator";
import { recordedOperations, signIn, useEmulator } from "./support";

const before = { ...process.env };
const folder = mkdtempSync(path.join(os.tmpdir(), "moto-server-"));
const paths = new SandboxPaths(folder);
const everything = ["arn:aws:s3:::box", "arn:aws:s3:::box/*"];
const Key = "a/b";

beforeAll(async () => {
  await useEmulator(paths);
  await signIn("111122223333");
  await s3().send(new CreateBucketCommand({ Bucket: "box" }));
}, 300_000);

afterAll(async () => {
  await stopEmulator(paths);
  rmSync(folder, { recursive: true });
  process.env = before;
});

function s3(): S3Client {
  return new S3Client({ region: "us-east-1" });
}

/** What writing, reading and deleting an object of the bucket answer under a policy of these statements. */
async function answersUnder(...Statement: readonly object[]): Promise<readonly number[]> {
  await s3().send(
    new PutBucketPolicyCommand({
      Bucket: "box",
      Policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: Statement.map((each) => ({ Principal: "*", Action: "s3:*", Resource: everything, ...each })),
      }),
    }),
  );
  const at = { Bucket: "box", Key };
  const answers: number[] = [];
  for (const request of [
    () => s3().send(new PutObjectCommand({ ...at, Body: "text" })),
    () => s3().send(new GetObjectCommand(at)),
    () => s3().send(new DeleteObjectCommand(at)),
  ]) {
    const { $metadata } = await request().catch((error: unknown) => error as S3ServiceException);
    answers.push($metadata.httpStatusCode ?? 0);
  }
  return answers;
}

describe("the policy of a bucket", () => {
  const tlsOnly = { Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } };

  test("that asks for TLS lets the emulator's requests through, in any spelling", async () => {
    expect(await answersUnder(tlsOnly)).toEqual([200, 200, 204]);
    expect(await answersUnder({ Effect: "Deny", Condition: { Bool: { "AWS:SECURETRANSPORT": [false] } } })).toEqual([
      200, 200, 204,
    ]);
  });

  test.each([
    ["refuses everything", { Effect: "Deny" }, [403, 403, 403]],
    ["refuses one action", { Effect: "Deny", Action: "s3:DeleteObject" }, [200, 200, 403]],
    ["refuses other objects", { Effect: "Deny", Resource: "arn:aws:s3:::box/c/*" }, [200, 200, 204]],
    ["refuses TLS", { Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "true" } } }, [403, 403, 403]],
    [
      "refuses on a condition that the emulator cannot judge",
      { Effect: "Deny", Condition: { StringNotEquals: { "aws:PrincipalOrgID": "o-1" } } },
      [403, 403, 403],
    ],
    [
      "refuses where all conditions hold, and one does not",
      {
        Effect: "Deny",
        Condition: { StringNotEquals: { "aws:PrincipalOrgID": "o-1" }, Bool: { "aws:SecureTransport": "false" } },
      },
      [200, 200, 204],
    ],
    [
      "permits on a condition that the emulator cannot judge: it refuses nobody",
      { Effect: "Allow", Condition: { StringEquals: { "aws:SourceAccount": "444455556666" } } },
      [200, 200, 204],
    ],
  ])("%s", async (_, statement, expected) => {
    await answersUnder({ Effect: "Allow" });
    await s3().send(new PutObjectCommand({ Bucket: "box", Key, Body: "text" }));
    expect(await answersUnder(tlsOnly, statement)).toEqual(expected);
  });
});

describe("gives back what AWS does beyond what it was sent", () => {
  /** Asks a service of the query protocol; answers the texts of the tags that are asked for, in order. */
  async function query(
    service: string,
    version: string,
    request: Record<string, string>,
    ...tags: readonly string[]
  ): Promise<readonly string[]> {
    const response = await fetch(process.env["AWS_ENDPOINT_URL"] ?? "", {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        authorization: `AWS4-HMAC-SHA256 Credential=${process.env["AWS_ACCESS_KEY_ID"] ?? ""}/20200101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
      },
      body: new URLSearchParams({ Version: version, ...request }).toString(),
    });
    const text = await response.text();
    expect([response.status, text]).toEqual([200, text]);
    return tags.flatMap((tag) =>
      [...text.matchAll(new RegExp(`<${tag}>([^<]*)</${tag}>`, "g"))].map(([, found = ""]) => found),
    );
  }
  const rds = (request: Record<string, string>, ...tags: readonly string[]) =>
    query("rds", "2014-10-31", request, ...tags);

  test("a node of a replication group as a cache cluster, and none when it is deleted", async () => {
    const elasticache = (request: Record<string, string>, ...tags: readonly string[]) =>
      query("elasticache", "2015-02-02", request, ...tags);
    await elasticache({
      Action: "CreateReplicationGroup",
      ReplicationGroupId: "queues",
      ReplicationGroupDescription: "Queues",
      NumCacheClusters: "2",
      CacheNodeType: "cache.t4g.small",
      AtRestEncryptionEnabled: "true",
    });
    expect(
      await elasticache(
        { Action: "DescribeCacheClusters", CacheClusterId: "queues-002" },
        "CacheNodeType",
        "AtRestEncryptionEnabled",
      ),
    ).toEqual(["cache.t4g.small", "true"]);
    await elasticache({ Action: "DeleteReplicationGroup", ReplicationGroupId: "queues" });
    expect(await elasticache({ Action: "DescribeReplicationGroups" }, "ReplicationGroupId")).toEqual([]);
  });

  test("a database's whole version and what its volume can do", async () => {
    const made = { DBInstanceClass: "db.m7g.large", Engine: "postgres", EngineVersion: "17", StorageType: "gp3" };
    const watched = { MonitoringInterval: "60", MonitoringRoleArn: "arn:aws:iam::123456789012:role/monitoring" };
    const asked = { ...made, ...watched, MasterUsername: "u", MasterUserPassword: "word-of-a-test" };
    const answers: unknown[] = [];
    for (const [DBInstanceIdentifier, AllocatedStorage] of [
      ["small", "100"],
      ["large", "400"],
    ] as const) {
      await rds({ Action: "CreateDBInstance", ...asked, DBInstanceIdentifier, AllocatedStorage });
      const tags = ["EngineVersion", "Iops", "StorageThroughput", "MonitoringInterval"];
      answers.push(await rds({ Action: "DescribeDBInstances", DBInstanceIdentifier }, ...tags));
    }
    expect(answers).toEqual([
      ["17.6", "3000", "125", "60"],
      ["17.6", "12000", "500", "60"],
    ]);
  });

  test("how a parameter is applied, which stays as it is where the value is RDS's own", async () => {
    const group = { DBParameterGroupName: "group" };
    const family = { DBParameterGroupFamily: "postgres17", Description: "d" };
    await rds({ Action: "CreateDBParameterGroup", ...group, ...family });
    const parameters = ["rds.force_ssl", "log_connections"].flatMap((name, index) =>
      Object.entries({ ParameterName: name, ParameterValue: "1", ApplyMethod: "immediate" }).map(
        ([key, value]) => [`Parameters.Parameter.${index + 1}.${key}`, value] as const,
      ),
    );
    await rds({ Action: "ModifyDBParameterGroup", ...group, ...Object.fromEntries(parameters) });
    const tags = ["ParameterName", "ApplyMethod", "Source"];
    expect(await rds({ Action: "DescribeDBParameters", ...group }, ...tags)).toEqual([
      ...["rds.force_ssl", "log_connections"],
      ...["pending-reboot", "immediate"],
      ...["system", "user"],
    ]);
  });

  test("the levels of a function's JSON logs, and where its dead letters go", async () => {
    const lambda = new LambdaClient({ region: "us-east-1" });
    const AssumeRolePolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } }],
    });
    const role = { Action: "CreateRole", RoleName: "function", AssumeRolePolicyDocument };
    const [Role] = await query("iam", "2010-05-08", role, "Arn");
    const DeadLetterConfig = { TargetArn: "arn:aws:sqs:us-east-1:111122223333:dead" };
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: "f",
        Role,
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Code: { ZipFile: zipSync({ "index.js": strToU8("exports.handler = async () => 1") }) },
        LoggingConfig: { LogFormat: "JSON" },
        DeadLetterConfig,
      }),
    );
    expect(await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: "f" }))).toMatchObject({
      LoggingConfig: {
        LogFormat: "JSON",
        LogGroup: "/aws/lambda/f",
        ApplicationLogLevel: "INFO",
        SystemLogLevel: "INFO",
      },
      DeadLetterConfig,
    });
  });
});

test("tells which operations Terraform asked for, of any protocol, by stack, command and account", async () => {
  const terraform = { region: "us-east-1", customUserAgent: [["opsdx-dev-stage1", "plan"]] as [string, string][] };
  await new S3Client(terraform).send(new GetBucketVersioningCommand({ Bucket: "box" }));
  await new LambdaClient(terraform).send(new ListFunctionsCommand({}));
  await new STSClient(terraform).send(new GetCallerIdentityCommand({}));
  await new CloudWatchClient({ ...terraform, customUserAgent: [["opsdx-dev-stage1", "apply"]] }).send(
    new DescribeAlarmsCommand({}),
  );
  await s3().send(new ListBucketsCommand({}));
  expect(await recordedOperations()).toEqual({
    "dev-stage1": {
      plan: { "111122223333": ["lambda:ListFunctions", "s3:GetBucketVersioning", "sts:GetCallerIdentity"] },
      apply: { "111122223333": ["monitoring:DescribeAlarms"] },
    },
  });
});
