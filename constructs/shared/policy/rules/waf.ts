import { HIPAA } from "../citations";
import { resourceRule, type Rule } from "../rule";

/** Rules on web ACLs. */
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
];
