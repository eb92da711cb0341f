import { CloudwatchLogResourcePolicy } from "@cdktf/provider-aws/lib/cloudwatch-log-resource-policy";
import { Wafv2IpSet } from "@cdktf/provider-aws/lib/wafv2-ip-set";
import { Wafv2WebAcl, type Wafv2WebAclRule } from "@cdktf/provider-aws/lib/wafv2-web-acl";
import { Wafv2WebAclAssociation } from "@cdktf/provider-aws/lib/wafv2-web-acl-association";
import { Wafv2WebAclLoggingConfiguration } from "@cdktf/provider-aws/lib/wafv2-web-acl-logging-configuration";
import type { WebConfig } from "../../../config/schema/web";
import { Construct } from "../../shared/cdktf";
import { policyDocument } from "../../shared/iam/policy-document";
import { LogGroup } from "../../shared/observability/log-group";
import type { MonitoringContext } from "../../shared/observability/monitoring";

/** Properties of {@link WebFirewall}. */
export interface WebFirewallProps {
  /** What the stack's log groups share. */
  readonly monitoring: MonitoringContext;
  /** The environment's account and region. */
  readonly account: { readonly id: string; readonly region: string };
  /** Rate limit and exceptions. */
  readonly config: WebConfig["firewall"];
  /** ARN of the load balancer that is protected. */
  readonly loadBalancerArn: string;
}

/** Name of the rule that limits the rate, as CloudWatch and the log know it. */
export const RATE_LIMIT_RULE = "RateLimit";

/** AWS's rule sets beside the rate limit, from the cheapest to judge. @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html */
const MANAGED_RULE_SETS = [
  "AWSManagedRulesAmazonIpReputationList",
  "AWSManagedRulesKnownBadInputsRuleSet",
  "AWSManagedRulesCommonRuleSet",
] as const;

/**
 * The one web ACL in front of the web service: AWS's rules on reputation, known bad inputs and common attacks, and a rate limit
 * per address. What it blocks or counts is logged, without query strings, cookies and credentials: they may name a patient.
 * When WAF itself is down requests fail rather than pass unjudged, which is AWS's default.
 */
export class WebFirewall extends Construct {
  /** Name of the web ACL, as CloudWatch knows it. */
  public readonly webAclName: string;
  /** Requests that were blocked or counted. */
  public readonly logGroup: LogGroup;

  public constructor(scope: Construct, id: string, props: WebFirewallProps) {
    super(scope, id);
    const { config, monitoring } = props;
    this.webAclName = `${monitoring.namePrefix}-web`;
    const webAcl = new Wafv2WebAcl(this, "Resource", {
      name: this.webAclName,
      description: "Web service trews-rest-api",
      scope: "REGIONAL",
      defaultAction: { allow: {} },
      rule: [
        this.rateLimit(config, 0),
        ...MANAGED_RULE_SETS.map((name, index) =>
          managed(name, index + 1, name === "AWSManagedRulesCommonRuleSet" ? config.countedCommonRules : []),
        ),
      ],
      visibilityConfig: visibility(this.webAclName),
    });
    new Wafv2WebAclAssociation(this, "Association", {
      resourceArn: props.loadBalancerArn,
      webAclArn: webAcl.arn,
    });
    this.logGroup = this.log(props, webAcl.arn);
  }

  private rateLimit(config: WebConfig["firewall"], priority: number): Wafv2WebAclRule {
    const clinics =
      config.clinicNetworks.length === 0
        ? undefined
        : new Wafv2IpSet(this, "Clinics", {
            name: `${this.webAclName}-clinics`,
            description: "Hospitals, whose users share an address",
            scope: "REGIONAL",
            ipAddressVersion: "IPV4",
            addresses: [...config.clinicNetworks],
          });
    return {
      name: RATE_LIMIT_RULE,
      priority,
      action: { block: {} },
      // The bindings hand a statement on as it is, in Terraform's own names.
      statement: {
        rate_based_statement: {
          limit: config.requestsPer5Minutes,
          evaluation_window_sec: 300,
          aggregate_key_type: "IP",
          ...(clinics === undefined
            ? {}
            : {
                scope_down_statement: {
                  not_statement: { statement: [{ ip_set_reference_statement: { arn: clinics.arn } }] },
                },
              }),
        },
      },
      visibilityConfig: visibility(RATE_LIMIT_RULE),
    };
  }

  private log({ account, monitoring }: WebFirewallProps, webAclArn: string): LogGroup {
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
        { singleHeader: { name: "authorization" } },
        { singleHeader: { name: "cookie" } },
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
