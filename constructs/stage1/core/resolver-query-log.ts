import { CloudwatchLogResourcePolicy } from "@cdktf/provider-aws/lib/cloudwatch-log-resource-policy";
import { Route53ResolverQueryLogConfig } from "@cdktf/provider-aws/lib/route53-resolver-query-log-config";
import { Route53ResolverQueryLogConfigAssociation } from "@cdktf/provider-aws/lib/route53-resolver-query-log-config-association";
import { Construct } from "../../shared/cdktf";
import { policyDocument } from "../../shared/iam/policy-document";
import { LogGroup } from "../../shared/observability/log-group";
import type { Monitoring } from "../../shared/observability/monitoring";
import { SavedQuery } from "../../shared/observability/saved-query";

/** Properties of {@link ResolverQueryLog}. */
export interface ResolverQueryLogProps {
  /** Names, log encryption and retention. */
  readonly monitoring: Monitoring;
  /** Account and region of the VPC. */
  readonly account: { readonly id: string; readonly region: string };
  /** The VPC. */
  readonly vpcId: string;
}

/** Records which names the VPC's hosts look up, and the answers. Not for queries to our public zone: see `dns`. */
export class ResolverQueryLog extends Construct {
  public constructor(scope: Construct, id: string, props: ResolverQueryLogProps) {
    super(scope, id);
    const { monitoring, account } = props;
    const name = `${monitoring.namePrefix}-resolver-queries`;
    const logGroup = new LogGroup(this, "Log", { monitoring, name });
    // Written here, or AWS adds one of its own for the group.
    const policy = new CloudwatchLogResourcePolicy(this, "LogPolicy", {
      policyName: name,
      policyDocument: policyDocument({
        sid: "ResolverQueries",
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: [`${logGroup.arn}:log-stream:*`],
        principals: { Service: "delivery.logs.amazonaws.com" },
        conditions: {
          StringEquals: { "aws:SourceAccount": account.id },
          ArnLike: { "aws:SourceArn": `arn:aws:logs:${account.region}:${account.id}:*` },
        },
      }),
    });
    const config = new Route53ResolverQueryLogConfig(this, "Resource", {
      name,
      destinationArn: logGroup.arn,
      dependsOn: [policy],
    });
    new Route53ResolverQueryLogConfigAssociation(this, "Association", {
      resolverQueryLogConfigId: config.id,
      resourceId: props.vpcId,
    });

    const query = (queryId: string, title: string, ...commands: string[]): void => {
      new SavedQuery(this, queryId, {
        name: `${monitoring.namePrefix}/core/${title}`,
        logGroups: [logGroup],
        query: commands,
      });
    };
    query(
      "NotFound",
      "DNS names not found",
      'filter rcode = "NXDOMAIN"',
      "stats count(*) as queries, count_distinct(srcaddr) as hosts by query_name",
      "sort queries desc",
      "limit 25",
    );
    query(
      "TopNames",
      "DNS names most asked for",
      "stats count(*) as queries, count_distinct(srcaddr) as hosts by query_name, rcode",
      "sort queries desc",
      "limit 25",
    );
    query(
      "OfAddress",
      "DNS names asked for by an address",
      'filter srcaddr = "<address>"',
      "fields @timestamp, query_name, query_type, rcode",
      "sort @timestamp desc",
      "limit 200",
    );
  }
}
