import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning";
import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { Fn } from "../../../../constructs/shared/cdktf";
import { block, blocks, isTrue, StackModel, strings, text } from "../../../../constructs/shared/policy/model";
import { synth } from "../../../support";

describe("blocks", () => {
  test("are one list, whether Terraform's JSON has an object, a list or nothing", () => {
    expect(blocks({ rule: { a: 1 } }, "rule")).toEqual([{ a: 1 }]);
    expect(blocks({ rule: [{ a: 1 }, { a: 2 }] }, "rule")).toEqual([{ a: 1 }, { a: 2 }]);
    expect(blocks({}, "rule")).toEqual([]);
    expect(blocks({ rule: "${var.rules}" }, "rule")).toEqual([]);
    expect(block({ rule: [{ a: 1 }] }, "rule")).toEqual({ a: 1 });
    expect(block({}, "rule")).toEqual({});
  });

  test("have arguments that are read leniently", () => {
    expect([true, "true", false, "false", undefined].map(isTrue)).toEqual([true, true, false, false, false]);
    expect(strings(["a", 1, "b"])).toEqual(["a", "b"]);
    expect(strings("a")).toEqual(["a"]);
    expect(strings(undefined)).toEqual([]);
    expect([text("a"), text(undefined), text({})]).toEqual(["a", "", ""]);
  });
});

describe("StackModel", () => {
  const stack = synth((scope) => {
    const first = new S3Bucket(scope, "us-east-1a", {});
    const second = new S3Bucket(scope, "us-east-1a-copy", {});
    new S3BucketVersioningA(scope, "Plain", { bucket: first.id, versioningConfiguration: { status: "Enabled" } });
    new S3BucketVersioningA(scope, "Inside", {
      bucket: Fn.join("", [first.id, second.id]),
      versioningConfiguration: { status: "Enabled" },
    });
    new SnsTopic(scope, "Topic", { name: "aws_s3_bucket.us-east-1a" });
  });

  test("finds resources by type", () => {
    expect(stack.ofType("aws_s3_bucket").map(({ path }) => path)).toEqual(["test/us-east-1a", "test/us-east-1a-copy"]);
    expect(stack.ofType("aws_sns_topic", "aws_s3_bucket")).toHaveLength(3);
    expect(stack.ofType("aws_vpc")).toEqual([]);
  });

  test("finds the resources that refer to one, and not to one whose name merely starts alike", () => {
    const [first, second] = stack.ofType("aws_s3_bucket");
    if (first === undefined || second === undefined) throw new Error("two buckets expected");
    const users = (target: typeof first) =>
      stack.referring("aws_s3_bucket_versioning", "bucket", target).map(({ path }) => path);
    expect(users(first)).toEqual(["test/Plain", "test/Inside"]);
    expect(users(second)).toEqual(["test/Inside"]);
    expect(stack.referring("aws_sns_topic", "name", first)).toEqual([]);
  });

  test("reads a stack without resources", () => {
    expect(new StackModel("empty", {}).resources).toEqual([]);
  });
});
