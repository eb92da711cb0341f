import { StateAccount, stateContents } from "../../../tools/bootstrap/state-account";
import { CALLER, fault, useFakeS3, type Answer } from "../aws/fake-s3";

const state = {
  version: 4,
  resources: [
    { mode: "managed", type: "aws_s3_bucket", name: "a", instances: [{ attributes: { id: "bucket" } }] },
    { mode: "data", type: "aws_region", name: "b", instances: [{ attributes: { id: "us-east-1" } }] },
    {
      mode: "managed",
      module: "module.m",
      type: "aws_eip",
      name: "c",
      instances: [
        { index_key: 0, attributes: { id: "eip-0" } },
        { index_key: "x", attributes: { id: "eip-x" } },
      ],
    },
    { mode: "managed", type: "aws_kms_key", name: "d", instances: [{}] },
  ],
};

describe("stateContents", () => {
  test("reads the id of every real object by its address", () => {
    expect(stateContents(JSON.stringify(state), "s")).toEqual({
      "aws_s3_bucket.a": "bucket",
      "module.m.aws_eip.c[0]": "eip-0",
      'module.m.aws_eip.c["x"]': "eip-x",
      "aws_kms_key.d": "",
    });
  });

  test.each([
    ["", "got 0 characters of version unknown"],
    ["not json", "got 8 characters of version unknown"],
    ['{"version":3,"resources":[]}', "got 28 characters of version 3"],
    ['{"version":4}', "got 13 characters of version 4"],
  ])("refuses %p", (text, message) => {
    expect(() => stateContents(text, "s3://b/k")).toThrow(
      `s3://b/k must be a Terraform state of version 4, ${message}`,
    );
  });
});

describe("StateAccount", () => {
  const server = useFakeS3();
  const account = new StateAccount({ id: "111122223333", region: "us-east-1" });

  /** S3 answers a look at the bucket, and what it lists as the account's own. */
  function s3Answers(head: Answer, list: Answer): void {
    server.answer = ({ method }) => (method === "HEAD" ? head : list);
  }
  const listing = (...names: readonly string[]): Answer => ({
    status: 200,
    body: `<ListAllMyBucketsResult><Buckets>${names.map((name) => `<Bucket><Name>${name}</Name></Bucket>`).join("")}</Buckets></ListAllMyBucketsResult>`,
  });

  test("finds the bucket, or none", async () => {
    s3Answers({ status: 200 }, listing());
    await expect(account.hasBucket("state")).resolves.toBe(true);
    s3Answers({ status: 404 }, listing());
    await expect(account.hasBucket("state")).resolves.toBe(false);
  });

  test("tells a bucket of another account", async () => {
    s3Answers({ status: 403 }, listing("state-replica"));
    await expect(account.hasBucket("state")).rejects.toThrow(
      "The bucket state belongs to another account than 111122223333: names of buckets are unique in the world. Choose another name in config/global.ts, buckets.terraformState.",
    );
  });

  test("tells a bucket of this account that may not be looked at", async () => {
    s3Answers({ status: 403 }, listing("state"));
    await expect(account.hasBucket("state")).rejects.toThrow(
      `Cannot look at the bucket state: ${CALLER} may not (HTTP 403). It needs s3:ListBucket on arn:aws:s3:::state, and no policy that refuses it.\n` +
        "It belongs to account 111122223333.",
    );
  });

  test("says when it cannot be told", async () => {
    s3Answers({ status: 403 }, fault(403, "AccessDenied", "no list"));
    await expect(account.hasBucket("state")).rejects.toThrow(
      /It needs s3:ListBucket on .*\nOr it belongs to another account, which cannot be told without s3:ListAllMyBuckets: then choose another name/,
    );
  });

  test("names the region that the bucket stands in", async () => {
    s3Answers({ status: 301, headers: { "x-amz-bucket-region": "eu-west-1" } }, listing());
    await expect(account.hasBucket("state")).rejects.toThrow("stands in eu-west-1, and us-east-1 was asked");
  });

  test("says what a state that may not be read needs, and that it is absent only where S3 says so", async () => {
    server.answer = () => ({ status: 403 });
    await expect(account.state("state", "global/global.tfstate")).rejects.toThrow(
      `Cannot read s3://state/global/global.tfstate: ${CALLER} may not (HTTP 403). It needs s3:GetObject on arn:aws:s3:::state/global/global.tfstate, kms:Decrypt`,
    );
    server.answer = () => fault(404, "NoSuchKey", "No");
    await expect(account.state("state", "global/global.tfstate")).resolves.toBeUndefined();
    server.answer = () => ({ status: 404 });
    await expect(account.state("state", "global/global.tfstate")).rejects.toThrow("HTTP 404");
  });
});
