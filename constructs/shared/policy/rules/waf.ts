import { HIPAA } from "../citations";
import { isTrue } from "../model";
import { resourceRule, type Rule } from "../rule";

/** Rules on web ACLs, and on what must stand behind one. */
export const wafRules: readonly Rule[] = [
  resourceRule({
    id: "WAFv2LoggingEnabled",
    citation: HIPAA.audit,
    fix: "give the web ACL an aws_wafv2_web_acl_logging_configuration",
    types: ["aws_wafv2_web_acl"],
    problem: (acl, stack) =>
      stack.referring("aws_wafv2_web_acl_logging_configuration", "resource_arn", acl).length > 0
        ? undefined
        : "keeps no log of the requests it judges",
  }),
  resourceRule({
    id: "ALBWAFEnabled",
    citation: HIPAA.noPublicAccess,
    fix: "put a WebAcl of constructs/shared/http/web-acl.ts in front of it, or make it internal",
    types: ["aws_lb"],
    problem: (loadBalancer, stack) =>
      (loadBalancer.body["load_balancer_type"] ?? "application") !== "application" ||
      isTrue(loadBalancer.body["internal"]) ||
      stack.referring("aws_wafv2_web_acl_association", "resource_arn", loadBalancer).length > 0
        ? undefined
        : "is public, and no web ACL judges its requests",
  }),
];
