import { AutoscalingAttachment } from "@cdktf/provider-aws/lib/autoscaling-attachment";
import { AutoscalingGroup, type AutoscalingGroupConfig } from "@cdktf/provider-aws/lib/autoscaling-group";
import { LaunchConfiguration } from "@cdktf/provider-aws/lib/launch-configuration";
import { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template";
import { autoscalingRules } from "../../../../../constructs/shared/policy/rules/autoscaling";
import { Testing } from "../../../../../constructs/shared/cdktf";
import { StackModel } from "../../../../../constructs/shared/policy/model";
import { BaseStack } from "../../../../../stacks/base-stack";
import { declareOutputs, importOutputs } from "../../../../../stacks/exports";
import { modelsOf } from "../../../../../stacks/models";
import { TEST_ACCOUNT } from "../../../../support";
import { testRules, type Build } from "./support";

const group =
  (config: Partial<AutoscalingGroupConfig>): Build =>
  (stack) =>
    new AutoscalingGroup(stack, "Bad", { minSize: 1, maxSize: 1, ...config });

const unhealthy = "keeps instances that its load balancer calls unhealthy";
const open = "leaves a public address to the subnet";

const base = {
  owner: "dev",
  account: TEST_ACCOUNT,
  deployment: { kind: "cloud", stateBucket: "state", stateAccount: TEST_ACCOUNT },
} as const;

test("a target group that another stack hangs on a group is seen through the outputs", () => {
  const app = Testing.app();
  const producer = new BaseStack(app, "dev-stage2", base);
  const { name } = new AutoscalingGroup(producer, "Web", { minSize: 1, maxSize: 1 });
  const other = new AutoscalingGroup(producer, "Etl", { minSize: 1, maxSize: 1 });
  const exports = { k8s: { groups: { web: name, etl: other.name } } };
  declareOutputs(producer, exports);
  const consumer = new BaseStack(app, "dev-stage3", base);
  const imported = importOutputs(consumer, producer, exports);
  const autoscalingGroupName = imported.k8s.groups.web;
  new AutoscalingAttachment(consumer, "Attachment", { autoscalingGroupName, lbTargetGroupArn: "arn" });
  const [[, first] = [], [, second] = []] = modelsOf([producer, consumer]);
  const [rule] = autoscalingRules;
  expect(rule?.check(first as StackModel)).toEqual([
    { resource: expect.objectContaining({ path: "dev-stage2/Web" }) as unknown, problem: unhealthy },
  ]);
  expect(rule?.check(second as StackModel)).toEqual([]);
  // By itself the stack tells nothing of it.
  expect(rule?.check(new StackModel("dev-stage2", producer.declaredTerraform()))).toEqual([]);
});

testRules(autoscalingRules, {
  AutoScalingGroupELBHealthCheckRequired: {
    accepts: {
      "a group without a load balancer": group({ healthCheckType: "EC2" }),
      "a group that asks its load balancer": group({ targetGroupArns: ["arn"], healthCheckType: "ELB" }),
    },
    refuses: {
      "a target group": [unhealthy, group({ targetGroupArns: ["arn"], healthCheckType: "EC2" })],
      "a traffic source": [unhealthy, group({ trafficSource: [{ identifier: "arn" }] })],
      "an attachment": [
        unhealthy,
        (stack) => {
          const { name } = new AutoscalingGroup(stack, "Bad", { minSize: 1, maxSize: 1 });
          new AutoscalingAttachment(stack, "Attachment", { autoscalingGroupName: name, lbTargetGroupArn: "arn" });
        },
      ],
    },
  },
  AutoScalingLaunchConfigPublicIpDisabled: {
    accepts: {
      "a private template": (stack) =>
        new LaunchTemplate(stack, "Template", { networkInterfaces: [{ associatePublicIpAddress: "false" }] }),
      "a template without interfaces, whose subnets are private": (stack) => new LaunchTemplate(stack, "Template", {}),
    },
    refuses: {
      "a public template": [
        open,
        (stack) => new LaunchTemplate(stack, "Bad", { networkInterfaces: [{ associatePublicIpAddress: "true" }] }),
      ],
      "an interface that does not say": [
        open,
        (stack) => new LaunchTemplate(stack, "Bad", { networkInterfaces: [{ deleteOnTermination: "true" }] }),
      ],
      "a launch configuration": [
        open,
        (stack) => new LaunchConfiguration(stack, "Bad", { imageId: "ami", instanceType: "t3.micro" }),
      ],
    },
  },
});
