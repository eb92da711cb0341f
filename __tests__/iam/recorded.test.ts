import { needsOf, resourcesOf } from "./needs";
import { outdated } from "./recorded";

const ACCOUNT = "444455556666";
const plan = (...operations: readonly string[]) => ({ plan: { [ACCOUNT]: operations } });
const apply = (...operations: readonly string[]) => ({ apply: { [ACCOUNT]: operations } });

describe("outdated", () => {
  test("names what is new, and the changes that are no more", async () => {
    const kept = { "dev-stage1": { ...plan("s3:HeadBucket"), ...apply("sqs:CreateQueue") } };
    const seen = { "dev-stage1": { ...plan("s3:HeadBucket", "sns:GetTopicAttributes"), ...apply("sns:CreateTopic") } };
    expect(await outdated(kept, kept)).toEqual([]);
    expect(await outdated(kept, seen)).toEqual([
      `new: dev-stage1 plan ${ACCOUNT} sns:GetTopicAttributes`,
      `new: dev-stage1 apply ${ACCOUNT} sns:CreateTopic`,
      `no more: dev-stage1 apply ${ACCOUNT} sqs:CreateQueue`,
    ]);
  });

  test("does not mind in which command, and whether, a stack looked again", async () => {
    const kept = { "dev-stage1": { ...plan("s3:HeadBucket"), ...apply("route53:GetChange", "sqs:CreateQueue") } };
    const seen = { "dev-stage1": { ...plan("s3:HeadBucket"), ...apply("s3:HeadBucket", "sqs:CreateQueue") } };
    expect(await outdated(kept, seen)).toEqual([]);
  });
});

test.each([
  ["s3:HeadBucket", ["s3:ListBucket"]],
  ["s3:ListObjectsV2", ["s3:ListBucket"]],
  ["s3:PutBucketVersioning", ["s3:PutBucketVersioning"]],
  ["s3:CreateMultipartUpload", ["s3:PutObject"]],
  ["s3control:PutPublicAccessBlock", ["s3:PutAccountPublicAccessBlock"]],
  ["monitoring:PutMetricAlarm", ["cloudwatch:PutMetricAlarm"]],
  ["lambda:UpdateFunctionConfiguration20150331v2", ["lambda:UpdateFunctionConfiguration", "iam:PassRole"]],
  ["sts:GetCallerIdentity", []],
])("%s needs %j", async (operation, expected) => {
  expect(await needsOf(operation)).toEqual(expected);
});

test("a backup vault needs what its service asks for beside", async () => {
  expect(await needsOf("backup:CreateBackupVault")).toContain("backup-storage:MountCapsule");
  await expect(needsOf("backup:MakeCoffee")).rejects.toThrow("the operation backup:MakeCoffee maps to no IAM action");
});

test("a template of an experiment needs the right to give it tags and a role, and a change of it the role's", async () => {
  expect(await needsOf("fis:CreateExperimentTemplate")).toEqual(
    expect.arrayContaining(["fis:CreateExperimentTemplate", "fis:TagResource", "iam:PassRole"]),
  );
  expect(await needsOf("fis:UpdateExperimentTemplate")).toContain("iam:PassRole");
});

test("a cache needs the service's own role, and no file in a bucket to start from", async () => {
  const needs = await needsOf("elasticache:CreateReplicationGroup");
  expect(needs).toEqual(expect.arrayContaining(["ec2:CreateNetworkInterface", "iam:CreateServiceLinkedRole"]));
  expect(needs).not.toContain("s3:GetObject");
});

test("an action is judged on a thing of its own kind", async () => {
  expect(await resourcesOf("logs:DeleteLogGroup", ACCOUNT)).toEqual([
    `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:opsdx-dev-x`,
  ]);
  expect(await resourcesOf("s3:ListAllMyBuckets", ACCOUNT)).toEqual(["*"]);
});
