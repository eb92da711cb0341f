import { Lb } from "@cdktf/provider-aws/lib/lb";
import { Wafv2WebAcl } from "@cdktf/provider-aws/lib/wafv2-web-acl";
import { Wafv2WebAclAssociation } from "@cdktf/provider-aws/lib/wafv2-web-acl-association";
import { Wafv2WebAclLoggingConfiguration } from "@cdktf/provider-aws/lib/wafv2-web-acl-logging-configuration";
import { wafRules } from "../../../../../constructs/shared/policy/rules/waf";
import type { BaseStack } from "../../../../../stacks/base-stack";
import { testRules } from "./support";

const webAcl = (stack: BaseStack): Wafv2WebAcl =>
  new Wafv2WebAcl(stack, "Bad", {
    name: "acl",
    scope: "REGIONAL",
    defaultAction: { allow: {} },
    visibilityConfig: { cloudwatchMetricsEnabled: true, metricName: "acl", sampledRequestsEnabled: true },
  });

testRules(wafRules, {
  WAFv2LoggingEnabled: {
    accepts: {
      "a logged web ACL": (stack) => {
        const { arn } = webAcl(stack);
        new Wafv2WebAclLoggingConfiguration(stack, "Log", { resourceArn: arn, logDestinationConfigs: ["arn"] });
      },
    },
    refuses: { none: ["keeps no log of the requests it judges", webAcl] },
  },
  ALBWAFEnabled: {
    accepts: {
      "one with a web ACL": (stack) =>
        new Wafv2WebAclAssociation(stack, "Association", {
          resourceArn: new Lb(stack, "LoadBalancer", { name: "lb" }).arn,
          webAclArn: webAcl(stack).arn,
        }),
      "an internal one": (stack) => new Lb(stack, "Bad", { name: "lb", internal: true }),
      "one for connections": (stack) => new Lb(stack, "Bad", { name: "lb", loadBalancerType: "network" }),
    },
    refuses: {
      "a public one without": [
        "is public, and no web ACL judges its requests",
        (stack) => new Lb(stack, "Bad", { name: "lb" }),
      ],
    },
  },
});
