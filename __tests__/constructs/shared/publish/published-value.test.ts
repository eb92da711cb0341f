import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { Fn, Token } from "../../../../constructs/shared/cdktf";
import {
  publishedPath,
  publishValue,
  type PublishedValueProps,
} from "../../../../constructs/shared/publish/published-value";
import { synth } from "../../../support";

const PLACE = { environment: "dev", stage: "stage1", system: "core", name: "vpc-id" };

const parameter = (value: (arn: string) => PublishedValueProps["value"]) =>
  synth((scope) => {
    const topic = new SnsTopic(scope, "Topic", { name: "t" });
    publishValue(scope, "Publish", { ...PLACE, value: value(topic.arn) });
  }).one("aws_ssm_parameter").body;

describe("publishedPath", () => {
  it("is /opsdx/<env>/<stage>/<system>/<name>", () => {
    expect(publishedPath(PLACE)).toBe("/opsdx/dev/stage1/core/vpc-id");
  });
});

describe("publishValue", () => {
  it("publishes a text as it is", () => {
    expect(parameter((arn) => arn)).toEqual({
      name: "/opsdx/dev/stage1/core/vpc-id",
      description: "core vpc-id of dev stage1",
      type: "String",
      insecure_value: "${aws_sns_topic.Topic.arn}",
    });
  });

  it("publishes a list as a string list", () => {
    expect(parameter((arn) => ["a", arn])).toMatchObject({
      type: "StringList",
      insecure_value: '${join(",", ["a", aws_sns_topic.Topic.arn])}',
    });
  });

  it("publishes a list that is known only to Terraform", () => {
    const value = () => Token.asList(Fn.split(",", "a,b"));
    expect(parameter(value)).toMatchObject({
      type: "StringList",
      insecure_value: '${join(",", split(",", "a,b"))}',
    });
  });

  it("publishes a map as JSON", () => {
    expect(parameter((arn) => ({ "us-east-1a": arn, all: ["x"] }))).toMatchObject({
      type: "String",
      insecure_value: '${jsonencode({"us-east-1a" = aws_sns_topic.Topic.arn, "all" = ["x"]})}',
    });
  });

  it("never hides a value from the plan, for none is secret", () => {
    expect(parameter(() => "x")).not.toHaveProperty("value");
  });
});
