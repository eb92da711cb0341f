import * as fc from "fast-check";
import type { WebAclProps } from "../../../../constructs/shared/http/web-acl";
import type { AlarmFacts } from "../../../../constructs/shared/observability/alarm";
import { synth, type Synthesized } from "../../../support";
import { alarmsBelow, internalLoadBalancer, webAclOf } from "./fixture";

interface AclRule {
  readonly name: string;
  readonly priority: number;
  readonly action?: object;
  readonly override_action?: object;
  readonly statement: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

function built(changes: Partial<WebAclProps> = {}) {
  let alarms: ReadonlyMap<string, AlarmFacts> = new Map();
  const stack = synth((scope) => {
    webAclOf(scope, internalLoadBalancer(scope), changes);
    alarms = alarmsBelow(scope);
  });
  return { stack, alarms };
}
const firewall = (changes: Partial<WebAclProps> = {}) => built(changes).stack;
const rulesOf = (stack: Synthesized) => stack.one("aws_wafv2_web_acl").body["rule"] as readonly AclRule[];
const UNLIMITED = { name: "offices", description: "Offices", one: "an office", cidrs: [] };

describe("WebAcl", () => {
  const stack = firewall();
  const acl = stack.one("aws_wafv2_web_acl");

  it("is one web ACL, on the load balancer", () => {
    expect(stack.one("aws_wafv2_web_acl_association").body).toMatchObject({
      resource_arn: `\${${stack.one("aws_lb").address}.arn}`,
      web_acl_arn: `\${${acl.address}.arn}`,
    });
    expect(acl.body).toMatchObject({
      name: "opsdx-dev-internal",
      description: "Tools",
      scope: "REGIONAL",
      default_action: { allow: {} },
    });
  });

  it("judges by the rate first, then by AWS's rules on reputation, bad inputs and common attacks", () => {
    expect(rulesOf(stack).map(({ name, priority }) => [priority, name])).toEqual([
      [0, "RateLimit"],
      [1, "AWSManagedRulesAmazonIpReputationList"],
      [2, "AWSManagedRulesKnownBadInputsRuleSet"],
      [3, "AWSManagedRulesCommonRuleSet"],
    ]);
  });

  it("blocks: no rule set is switched to counting as a whole", () => {
    const [rate, ...managed] = rulesOf(stack);
    expect(rate?.action).toEqual({ block: {} });
    expect(managed.map(({ override_action }) => override_action)).toEqual([{ none: {} }, { none: {} }, { none: {} }]);
  });

  it("counts only the common rules that are listed", () => {
    const overrides = (counted: readonly string[]) =>
      rulesOf(firewall({ countedCommonRules: [...counted] })).map(
        ({ statement }) => statement["managed_rule_group_statement"]?.["rule_action_override"],
      );
    expect(overrides(["SizeRestrictions_BODY"])).toEqual([
      undefined,
      undefined,
      undefined,
      [{ name: "SizeRestrictions_BODY", action_to_use: { count: {} } }],
    ]);
    expect(overrides([])).toEqual([undefined, undefined, undefined, undefined]);
  });

  it("limits every address when no network is named, and makes no empty list", () => {
    expect(rulesOf(firewall({ unlimited: UNLIMITED }))[0]?.statement["rate_based_statement"]).toEqual({
      limit: 2000,
      evaluation_window_sec: 300,
      aggregate_key_type: "IP",
    });
    expect(firewall({ unlimited: UNLIMITED }).ofType("aws_wafv2_ip_set")).toEqual([]);
  });

  it("lets named networks share an address", () => {
    const set = stack.one("aws_wafv2_ip_set");
    expect(set.body).toMatchObject({ name: "opsdx-dev-internal-offices", addresses: ["198.51.100.0/24"] });
    expect(rulesOf(stack)[0]?.statement["rate_based_statement"]).toMatchObject({
      scope_down_statement: {
        not_statement: { statement: [{ ip_set_reference_statement: { arn: `\${${set.address}.arn}` } }] },
      },
    });
  });

  it("carries any limit through to the rule, to the alarm's text and nowhere else", () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 2_000_000_000 }), (limit) => {
        const { stack: limited, alarms } = built({ requestsPer5Minutes: limit });
        expect(rulesOf(limited)[0]?.statement["rate_based_statement"]?.["limit"]).toBe(limit);
        expect(alarms.get("internal-rate-limited")?.intent).toContain(`${limit} requests`);
      }),
      { numRuns: 5 },
    );
  });

  it("logs no header of a key", () => {
    const { redacted_fields: fields } = firewall({ redactedHeaders: ["x-key"] }).one(
      "aws_wafv2_web_acl_logging_configuration",
    ).body;
    expect(fields).toEqual([
      { query_string: {} },
      ...["authorization", "cookie", "x-key"].map((name) => ({ single_header: { name } })),
    ]);
  });

  it("logs what it blocks or counts, without what may name a patient", () => {
    const logging = stack.one("aws_wafv2_web_acl_logging_configuration");
    const group = stack.one("aws_cloudwatch_log_group", { name: "aws-waf-logs-opsdx-dev-internal" });
    expect(logging.body).toMatchObject({
      resource_arn: `\${${acl.address}.arn}`,
      log_destination_configs: [`\${${group.address}.arn}`],
      redacted_fields: [
        { query_string: {} },
        { single_header: { name: "authorization" } },
        { single_header: { name: "cookie" } },
      ],
      logging_filter: { default_behavior: "DROP" },
    });
    expect(JSON.stringify(acl.body)).not.toContain('"sampled_requests_enabled":true');
  });

  it("lets only WAF's delivery, and only for this account, write there", () => {
    const policy = stack.one("aws_cloudwatch_log_resource_policy").body["policy_document"];
    const { Statement } = JSON.parse(String(policy)) as { Statement: readonly object[] };
    expect(Statement).toEqual([
      {
        Sid: "WafDelivers",
        Effect: "Allow",
        Principal: { Service: "delivery.logs.amazonaws.com" },
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: ["arn:aws:logs:us-east-1:123456789012:log-group:aws-waf-logs-opsdx-dev-internal:log-stream:*"],
        Condition: {
          StringEquals: { "aws:SourceAccount": "123456789012" },
          ArnLike: { "aws:SourceArn": "arn:aws:logs:us-east-1:123456789012:*" },
        },
      },
    ]);
  });

  it("watches the rate limit under the name that the web ACL writes", () => {
    expect(
      stack.one("aws_cloudwatch_metric_alarm", { alarm_name: "opsdx-dev-internal-rate-limited" }).body["dimensions"],
    ).toEqual({ WebACL: "opsdx-dev-internal", Region: "us-east-1", Rule: "RateLimit" });
  });
});
