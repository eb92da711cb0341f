import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { Construct, Testing, type App } from "../../../../constructs/shared/cdktf";
import { acknowledge } from "../../../../constructs/shared/policy/acknowledge";
import { StackModel } from "../../../../constructs/shared/policy/model";
import { findings, PolicyError, RULES, staleAcknowledgements } from "../../../../constructs/shared/policy/policy";
import { BaseStack } from "../../../../stacks/base-stack";
import { synthesize } from "../../../../stacks/program";
import { synth, TEST_ACCOUNT } from "../../../support";

const REASON = "accepted here because this is only a test";

test("rule ids are unique and each rule says how to satisfy it", () => {
  const ids = RULES.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(RULES.filter(({ fix, citation }) => fix === "" || citation === "")).toEqual([]);
});

describe("acknowledge", () => {
  const acknowledgedOn = (where: (parent: Construct, child: Construct, topic: Construct) => Construct, rule: string) =>
    synth((stack) => {
      const parent = new Construct(stack, "Parent");
      const child = new Construct(parent, "Child");
      const topic = new SnsTopic(child, "Topic", { name: "t" });
      acknowledge(where(parent, child, topic), rule, REASON);
    })
      .findings()
      .filter(({ rule: found }) => found === "SNSEncryptedKMS")
      .map(({ acknowledged, acknowledgedOn: on }) => [acknowledged, on]);

  test("covers the construct and everything below it", () => {
    expect(acknowledgedOn((_, __, topic) => topic, "SNSEncryptedKMS")).toEqual([[REASON, "test/Parent/Child/Topic"]]);
    expect(acknowledgedOn((parent) => parent, "SNSEncryptedKMS")).toEqual([[REASON, "test/Parent"]]);
  });

  test("covers that rule only", () => {
    expect(acknowledgedOn((parent) => parent, "SQSQueueEncryptedKMS")).toEqual([[undefined, undefined]]);
  });

  test("covers nothing beside the construct", () => {
    const open = synth((stack) => {
      acknowledge(new SnsTopic(stack, "One", {}), "SNSEncryptedKMS", REASON);
      new SnsTopic(stack, "Two", {});
    })
      .findings()
      .filter(({ rule, acknowledged }) => rule === "SNSEncryptedKMS" && acknowledged === undefined);
    expect(open.map(({ path }) => path)).toEqual(["test/Two"]);
  });

  test("takes the nearest reason", () => {
    const [finding] = synth((stack) => {
      acknowledge(stack, "SNSEncryptedKMS", "accepted for the whole stack of this test");
      acknowledge(new SnsTopic(stack, "Topic", {}), "SNSEncryptedKMS", REASON);
    })
      .findings()
      .filter(({ rule }) => rule === "SNSEncryptedKMS");
    expect(finding?.acknowledged).toBe(REASON);
  });

  test("refuses a rule that does not exist, and names the nearest", () => {
    expect(() => synth((stack) => acknowledge(stack, "SNSEncryptKMS", REASON))).toThrow(
      'test: acknowledge() needs the id of a policy rule, got "SNSEncryptKMS"; the nearest is "SNSEncryptedKMS"',
    );
  });

  test("refuses to go without a reason", () => {
    expect(() => synth((stack) => acknowledge(stack, "SNSEncryptedKMS", "because"))).toThrow(
      'test: acknowledge(SNSEncryptedKMS) needs a reason of at least 20 characters, got "because"',
    );
  });
});

describe("staleAcknowledgements", () => {
  test("lists what covers nothing", () => {
    const app = Testing.app();
    const stack = stackOf(app, "one");
    acknowledge(new SnsTopic(stack, "Plain", {}), "SNSEncryptedKMS", REASON);
    acknowledge(new SnsTopic(stack, "Encrypted", { kmsMasterKeyId: "k" }), "SNSEncryptedKMS", REASON);
    stack.prepareStack();
    const found = findings(stack, new StackModel("one", stack.toTerraform()));
    expect(staleAcknowledgements(stack, found)).toEqual([
      { rule: "SNSEncryptedKMS", reason: REASON, path: "one/Encrypted" },
    ]);
  });
});

describe("synthesize", () => {
  test("refuses with every open finding of every stack, before anything is written", () => {
    const app = Testing.app();
    const stacks = [stackOf(app, "one"), stackOf(app, "two")];
    new SnsTopic(stacks[0] as BaseStack, "Topic", {});
    acknowledge(stacks[1] as BaseStack, "S3BucketReplicationEnabled", REASON);
    new S3Bucket(stacks[1] as BaseStack, "Bucket", {});
    const error = thrownBy(() => synthesize({ app, stacks }));
    expect(error).toBeInstanceOf(PolicyError);
    const lines = error.message.split("\n");
    expect(lines[0]).toBe("10 policy findings. Fix each, or acknowledge(scope, rule, reason) beside the construct:");
    expect(lines).toContain(
      "  one/Topic: SNSTopicSSLPublishOnly (HIPAA 164.312(e)(1)): aws_sns_topic.Topic does not deny plain HTTP; fix: deny sns:Publish when aws:SecureTransport is false in the topic's policy",
    );
    expect(lines.filter((line) => line.startsWith("  two/Bucket: S3"))).toHaveLength(5);
    expect(error.message).not.toContain("S3BucketReplicationEnabled");
  });

  test("counts one finding as one", () => {
    const [finding] = synth((stack) => new SnsTopic(stack, "T", {})).findings();
    if (finding === undefined) throw new Error("a finding expected");
    expect(new PolicyError([finding]).message).toMatch(/^1 policy finding\. /);
  });
});

function stackOf(app: App, id: string): BaseStack {
  const deployment = { kind: "cloud", stateBucket: "state", stateAccount: TEST_ACCOUNT } as const;
  return new BaseStack(app, id, { owner: "test", account: TEST_ACCOUNT, deployment });
}

function thrownBy(action: () => void): Error {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}
