import { Wafv2WebAcl } from "@cdktf/provider-aws/lib/wafv2-web-acl";
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
});
