import { CloudwatchLogResourcePolicy } from "@cdktf/provider-aws/lib/cloudwatch-log-resource-policy";
import { Wafv2IpSet } from "@cdktf/provider-aws/lib/wafv2-ip-set";
import { Wafv2WebAcl, type Wafv2WebAclRule } from "@cdktf/provider-aws/lib/wafv2-web-acl";
import { Wafv2WebAclAssociation } from "@cdktf/provider-aws/lib/wafv2-web-acl-association";
import { Wafv2WebAclLoggingConfiguration } from "@cdktf/provider-aws/lib/wafv2-web-acl-logging-configuration";
import { Construct } from "../cdktf";
import { policyDocument } from "../iam/policy-document";
import { Alarm } from "../observability/alarm";
import { shell } from "../observability/command";
import { LogGroup } from "../observability/log-group";
import type { MonitoringContext } from "../observability/monitoring";
import { placeholder } from "../observability/placeholders";
import type { Step } from "../observability/steps";

/** Networks that no rate limit holds for. */
export interface UnlimitedNetworks {
  /** Name of the list after the web ACL's, for example `clinics`. */
  readonly name: string;
  /** What they are: the list's description in AWS. */
  readonly description: string;
  /** One of them, as an alarm names it, for example `a hospital`. */
  readonly one: string;
  /** Their public addresses. Without any there is no list. */
  readonly cidrs: readonly string[];
}

/** Properties of {@link WebAcl}. */
export interface WebAclProps {
  /** What the stack's alarms and log groups share. */
  readonly monitoring: MonitoringContext;
  /** Name after the environment's prefix, for example `web`: `opsdx-dev-web`. */
  readonly name: string;
  /** What it protects: its description in AWS. */
  readonly description: string;
  /** The environment's account and region. */
  readonly account: { readonly id: string; readonly region: string };
  /** Requests that one address may send in five minutes. */
  readonly requestsPer5Minutes: number;
  /** Who may send more. */
  readonly unlimited: UnlimitedNetworks;
  /** Headers whose values are not logged, in lower case, beside `authorization` and `cookie`: those of keys. @default - none */
  readonly redactedHeaders?: readonly string[];
  /** Rules of AWS's common rule set that count instead of block. */
  readonly countedCommonRules: readonly string[];
  /** ARN of the load balancer that is protected. */
  readonly loadBalancerArn: string;
  /** What to do when an address is blocked, after how to find it. */
  readonly steps: readonly Step[];
}

/** Name of the rule that limits the rate, as CloudWatch and the log know it. */
const RATE_LIMIT_RULE = "RateLimit";

/** AWS's rule sets beside the rate limit, from the cheapest to judge. @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html */
const MANAGED_RULE_SETS = [
  "AWSManagedRulesAmazonIpReputationList",
  "AWSManagedRulesKnownBadInputsRuleSet",
  "AWSManagedRulesCommonRuleSet",
] as const;

/**
 * A web ACL in front of a load balancer: AWS's rules on reputation, known bad inputs and common attacks, and a rate limit
 * per address. What it blocks or counts is logged, without query strings, cookies and credentials: they may name a patient.
 * When WAF itself is down requests fail rather than pass unjudged, which is AWS's default.
 */
export class WebAcl extends Construct {
  /** Name of the web ACL, as CloudWatch knows it. */
  public readonly webAclName: string;
  /** Requests that were blocked or counted. */
  public readonly logGroup: LogGroup;
  /** What tells when an address is blocked for its rate. */
  public readonly alarms: readonly Alarm[];

  public constructor(scope: Construct, id: string, props: WebAclProps) {
    super(scope, id);
    this.webAclName = `${props.monitoring.namePrefix}-${props.name}`;
    const webAcl = new Wafv2WebAcl(this, "Resource", {
      name: this.webAclName,
      description: props.description,
      scope: "REGIONAL",
      defaultAction: { allow: {} },
      rule: [
        this.rateLimit(props, 0),
        ...MANAGED_RULE_SETS.map((name, index) =>
          managed(name, index + 1, name === "AWSManagedRulesCommonRuleSet" ? props.countedCommonRules : []),
        ),
      ],
      visibilityConfig: visibility(this.webAclName),
    });
    new Wafv2WebAclAssociation(this, "Association", {
      resourceArn: props.loadBalancerArn,
      webAclArn: webAcl.arn,
    });
    this.logGroup = this.log(props, webAcl.arn);
    this.alarms = [this.rateLimited(props)];
  }

  private rateLimit({ requestsPer5Minutes, unlimited }: WebAclProps, priority: number): Wafv2WebAclRule {
    const networks =
      unlimited.cidrs.length === 0
        ? undefined
        : new Wafv2IpSet(this, "Unlimited", {
            name: `${this.webAclName}-${unlimited.name}`,
            description: unlimited.description,
            scope: "REGIONAL",
            ipAddressVersion: "IPV4",
            addresses: [...unlimited.cidrs],
          });
    return {
      name: RATE_LIMIT_RULE,
      priority,
      action: { block: {} },
      // The bindings hand a statement on as it is, in Terraform's own names.
      statement: {
        rate_based_statement: {
          limit: requestsPer5Minutes,
          evaluation_window_sec: 300,
          aggregate_key_type: "IP",
          ...(networks === undefined
            ? {}
            : {
                scope_down_statement: {
                  not_statement: { statement: [{ ip_set_reference_statement: { arn: networks.arn } }] },
                },
              }),
        },
      },
      visibilityConfig: visibility(RATE_LIMIT_RULE),
    };
  }

  private log({ account, monitoring, redactedHeaders = [] }: WebAclProps, webAclArn: string): LogGroup {
    // WAF delivers only to groups whose name starts so: https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
    const name = `aws-waf-logs-${this.webAclName}`;
    const logGroup = new LogGroup(this, "LogGroup", { monitoring, name });
    const policy = new CloudwatchLogResourcePolicy(this, "LogPolicy", {
      policyName: `${this.webAclName}-waf-logs`,
      policyDocument: policyDocument({
        sid: "WafDelivers",
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: [`arn:aws:logs:${account.region}:${account.id}:log-group:${name}:log-stream:*`],
        principals: { Service: "delivery.logs.amazonaws.com" },
        conditions: {
          StringEquals: { "aws:SourceAccount": account.id },
          ArnLike: { "aws:SourceArn": `arn:aws:logs:${account.region}:${account.id}:*` },
        },
      }),
    });
    new Wafv2WebAclLoggingConfiguration(this, "Logging", {
      resourceArn: webAclArn,
      logDestinationConfigs: [logGroup.arn],
      redactedFields: [
        { queryString: {} },
        ...["authorization", "cookie", ...redactedHeaders].map((name) => ({ singleHeader: { name } })),
      ],
      loggingFilter: {
        // What passes is in the load balancer's access log already.
        defaultBehavior: "DROP",
        filter: [
          {
            behavior: "KEEP",
            requirement: "MEETS_ANY",
            condition: ["BLOCK", "COUNT", "EXCLUDED_AS_COUNT"].map((action) => ({ actionCondition: { action } })),
          },
        ],
      },
      dependsOn: [policy],
    });
    return logGroup;
  }

  private rateLimited({ account, monitoring, name, requestsPer5Minutes, steps, unlimited }: WebAclProps): Alarm {
    return new Alarm(this, "RateLimited", {
      monitoring,
      name: `${name}-rate-limited`,
      intent: `An address sends more than ${requestsPer5Minutes} requests in five minutes and is blocked: an attack, or ${unlimited.one} whose users share the address.`,
      severity: "ticket",
      steps: [
        [
          "Who:",
          shell(
            `awslogs get aws-waf-logs-${this.webAclName} --start='30m ago' -GS | jq -r 'select(.terminatingRuleId == "${RATE_LIMIT_RULE}") | .httpRequest.clientIp' | sort | uniq -c | sort -rn | head`,
          ),
        ],
        ["Whose it is:", shell(`whois ${placeholder("address")} | grep -iE 'orgname|netname'`)],
        ...steps,
      ],
      metric: {
        namespace: "AWS/WAFV2",
        name: "BlockedRequests",
        dimensions: { WebACL: this.webAclName, Region: account.region, Rule: RATE_LIMIT_RULE },
        statistic: "Sum",
      },
      comparison: ">",
      threshold: 0,
      periodSeconds: 300,
      periods: 1,
      missingData: "notBreaching",
    });
  }
}

function managed(name: string, priority: number, counted: readonly string[]): Wafv2WebAclRule {
  return {
    name,
    priority,
    overrideAction: { none: {} },
    statement: {
      managed_rule_group_statement: {
        vendor_name: "AWS",
        name,
        ...(counted.length === 0
          ? {}
          : { rule_action_override: counted.map((rule) => ({ name: rule, action_to_use: { count: {} } })) }),
      },
    },
    visibilityConfig: visibility(name),
  };
}

/** Sampled requests hold whole URLs and headers, so none are kept: the log has them redacted. */
function visibility(metricName: string) {
  return { metricName, cloudwatchMetricsEnabled: true, sampledRequestsEnabled: false };
}
