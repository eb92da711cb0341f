import { AutoscalingAttachment } from "@cdktf/provider-aws/lib/autoscaling-attachment";
import { AutoscalingGroup, type AutoscalingGroupConfig } from "@cdktf/provider-aws/lib/autoscaling-group";
import { LaunchConfiguration } from "@cdktf/provider-aws/lib/launch-configuration";
import { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template";
import { autoscalingRules } from "../../../../../constructs/shared/policy/rules/autoscaling";
import type { BaseStack } from "../../../../../stacks/base-stack";
import { findAcross, testRules, type Build } from "./support";

const group =
  (config: Partial<AutoscalingGroupConfig>): Build =>
  (stack) =>
    new AutoscalingGroup(stack, "Bad", { minSize: 1, maxSize: 1, ...config });

const unhealthy = "keeps instances that its load balancer calls unhealthy";
const open = "leaves a public address to the subnet";

test("a target group that another stack hangs on a group is seen through the outputs", () => {
  const produce = (stack: BaseStack) => {
    const named = (id: string): string => new AutoscalingGroup(stack, id, { minSize: 1, maxSize: 1 }).name;
    return { k8s: { groups: { web: named("Web"), etl: named("Etl") } } };
  };
  expect(findAcross(autoscalingRules, produce, () => undefined)).toEqual([]);
  const found = findAcross(autoscalingRules, produce, (stack, { k8s: { groups } }) => {
    new AutoscalingAttachment(stack, "Attachment", { autoscalingGroupName: groups.web, lbTargetGroupArn: "arn" });
  });
  expect(found).toEqual([["first/Web", unhealthy]]);
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
