import { HIPAA } from "../citations";
import { blocks, strings, type Block } from "../model";
import { resourceRule, type Rule } from "../rule";

const isPrivate = ({ associate_public_ip_address }: Block): boolean => String(associate_public_ip_address) === "false";

/** Rules on auto scaling groups and what they launch. */
export const autoscalingRules: readonly Rule[] = [
  resourceRule({
    id: "AutoScalingGroupELBHealthCheckRequired",
    citation: HIPAA.audit,
    fix: "set health_check_type to ELB on a group behind a load balancer",
    types: ["aws_autoscaling_group"],
    problem: (group, stack) => {
      const behindLoadBalancer =
        strings(group.body["target_group_arns"]).length > 0 ||
        strings(group.body["load_balancers"]).length > 0 ||
        blocks(group.body, "traffic_source").length > 0 ||
        stack.referring("aws_autoscaling_attachment", "autoscaling_group_name", group).length > 0;
      return behindLoadBalancer && group.body["health_check_type"] !== "ELB"
        ? "keeps instances that its load balancer calls unhealthy"
        : undefined;
    },
  }),
  resourceRule({
    id: "AutoScalingLaunchConfigPublicIpDisabled",
    citation:
      "HIPAA 164.308(a)(3)(i), 164.308(a)(3)(ii)(B), 164.308(a)(4)(ii)(A), 164.308(a)(4)(ii)(C), 164.312(a)(1), 164.312(e)(1)",
    fix: "set associate_public_ip_address to false",
    types: ["aws_launch_configuration", "aws_launch_template"],
    problem: ({ type, body }) => {
      const described = type === "aws_launch_configuration" ? [body] : blocks(body, "network_interfaces");
      return described.every(isPrivate) ? undefined : "leaves a public address to the subnet";
    },
  }),
];
