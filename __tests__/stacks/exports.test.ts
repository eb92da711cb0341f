import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { Fn, TerraformOutput, Testing } from "../../constructs/shared/cdktf";
import { policyDocument } from "../../constructs/shared/iam/policy-document";
import { BaseStack } from "../../stacks/base-stack";
import { declareOutputs, importOutputs, publishExports, type StageExports } from "../../stacks/exports";
import { render, TEST_ACCOUNT } from "../support";

const deployment = { kind: "cloud", stateBucket: "test-state", stateAccount: TEST_ACCOUNT } as const;

/** A producing and a consuming stack of one program. */
function stacks() {
  const app = Testing.app({
    context: { excludeStackIdFromLogicalIds: "true", allowSepCharsInLogicalIds: "true" },
  });
  const make = (id: string) => new BaseStack(app, id, { owner: "dev", account: TEST_ACCOUNT, deployment });
  return { producer: make("dev-stage1"), consumer: make("dev-stage2") };
}

const exportsOf = (stack: BaseStack) => {
  const { arn } = new SnsTopic(stack, "Topic", { name: "t" });
  return {
    core: { vpcId: arn, subnetIds: { "us-east-1a": [arn], "us-east-1c": ["subnet-2"] }, zones: ["us-east-1a"] },
    parameterGroups: { dbArn: "arn:db" },
  } as const satisfies StageExports;
};

describe("declareOutputs", () => {
  it("declares one readable output per system, under a name that other programs can write", () => {
    const { producer } = stacks();
    declareOutputs(producer, exportsOf(producer));
    expect(render(producer).json["output"]).toEqual({
      core: {
        value: {
          vpcId: "${aws_sns_topic.Topic.arn}",
          subnetIds: { "us-east-1a": ["${aws_sns_topic.Topic.arn}"], "us-east-1c": ["subnet-2"] },
          zones: ["us-east-1a"],
        },
      },
      parameter_groups: { value: { dbArn: "arn:db" } },
    });
  });
});

describe("publishExports", () => {
  it("publishes each export under /opsdx/<env>/<stage>/<system>/<name>", () => {
    const { producer } = stacks();
    publishExports(producer, "dev", "stage1", exportsOf(producer));
    const published = render(producer)
      .ofType("aws_ssm_parameter")
      .map(({ path, body }) => [path, body["name"], body["type"]]);
    expect(published).toEqual([
      ["dev-stage1/PublishCoreVpcId", "/opsdx/dev/stage1/core/vpc-id", "String"],
      ["dev-stage1/PublishCoreSubnetIds", "/opsdx/dev/stage1/core/subnet-ids", "String"],
      ["dev-stage1/PublishCoreZones", "/opsdx/dev/stage1/core/zones", "StringList"],
      ["dev-stage1/PublishParameterGroupsDbArn", "/opsdx/dev/stage1/parameter-groups/db-arn", "String"],
    ]);
  });
});

describe("importOutputs", () => {
  const OUTPUTS = "data.terraform_remote_state.DevStage1State.outputs";

  /** What the consumer's use of its imports looks like in Terraform. */
  function used(use: (imported: ReturnType<typeof exportsOf>) => unknown): unknown {
    const { producer, consumer } = stacks();
    const imported = importOutputs(consumer, producer, exportsOf(producer));
    new TerraformOutput(consumer, "used", { value: use(imported), staticId: true });
    const { used: output } = render(consumer).json["output"] as { used: { value: unknown } };
    return output.value;
  }

  it("mirrors the producer's shape as references to its outputs", () => {
    expect(used((imported) => imported)).toEqual({
      core: {
        vpcId: `\${${OUTPUTS}.core.vpcId}`,
        subnetIds: {
          "us-east-1a": `\${${OUTPUTS}.core.subnetIds["us-east-1a"]}`,
          "us-east-1c": `\${${OUTPUTS}.core.subnetIds["us-east-1c"]}`,
        },
        zones: `\${${OUTPUTS}.core.zones}`,
      },
      parameterGroups: { dbArn: `\${${OUTPUTS}.parameter_groups.dbArn}` },
    });
  });

  it("gives references that survive a JSON policy", () => {
    const policy = used(({ core }) =>
      policyDocument({ sid: "Use", actions: ["ec2:*"], resources: [core.vpcId, `${core.vpcId}/*`] }),
    );
    expect(JSON.parse(String(policy))).toMatchObject({
      Statement: [{ Resource: [`\${${OUTPUTS}.core.vpcId}`, `\${${OUTPUTS}.core.vpcId}/*`] }],
    });
  });

  it("gives references that Terraform's functions take", () => {
    expect(used(({ core }) => Fn.upper(core.vpcId))).toBe(`\${upper(${OUTPUTS}.core.vpcId)}`);
    expect(used(({ core }) => Fn.element([...core.subnetIds["us-east-1a"]], 0))).toBe(
      `\${element(${OUTPUTS}.core.subnetIds["us-east-1a"], 0)}`,
    );
    expect(used(({ core }) => Fn.join(",", [...core.zones]))).toBe(`\${join(",", ${OUTPUTS}.core.zones)}`);
  });

  it("reads state through one data source, and deploys the consumer after the producer", () => {
    const { producer, consumer } = stacks();
    importOutputs(consumer, producer, exportsOf(producer));
    expect(consumer.dependencies).toContain(producer);
    expect(render(consumer).json["data"]).toEqual({
      terraform_remote_state: {
        DevStage1State: {
          backend: "s3",
          config: {
            bucket: "test-state",
            key: "dev/dev-stage1.tfstate",
            region: "us-east-1",
            kms_key_id: `arn:aws:kms:us-east-1:${TEST_ACCOUNT.id}:alias/opsdx-terraform-state`,
          },
        },
      },
    });
  });

  it.each([
    ["undefined", undefined],
    ["a number", 3],
    ["null", null],
  ])("refuses %s, which would be lost on the way", (_, value) => {
    const { producer, consumer } = stacks();
    expect(() => importOutputs(consumer, producer, { core: { natIps: value } })).toThrow(
      `dev-stage1: export core.natIps must be a string, a list or a map of strings, got ${String(value)}`,
    );
  });

  it("names every export that it refuses", () => {
    const { producer, consumer } = stacks();
    expect(() => importOutputs(consumer, producer, { core: { natIps: 1, vpc: { id: 2 } }, db: { port: 3 } })).toThrow(
      /^dev-stage1: export core\.natIps .*, got 1\ndev-stage1: export core\.vpc\.id .*, got 2\ndev-stage1: export db\.port .*, got 3$/,
    );
  });
});
