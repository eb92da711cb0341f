import { CloudwatchLogResourcePolicy } from "@cdktf/provider-aws/lib/cloudwatch-log-resource-policy";
import { Route53QueryLog } from "@cdktf/provider-aws/lib/route53-query-log";
import { Construct } from "../cdktf";
import { policyDocument } from "../iam/policy-document";
import { LogGroup } from "../observability/log-group";
import type { Monitoring } from "../observability/monitoring";
import { SavedQuery } from "../observability/saved-query";

/** Properties of {@link QueryLog}. */
export interface QueryLogProps {
  /** What the stack's log groups share. */
  readonly monitoring: Monitoring;
  /** Id of the zone whose queries are logged. */
  readonly zoneId: string;
  /** Name of the zone; its log group is `/aws/route53/<zone>`. */
  readonly zoneName: string;
  /** System that the saved queries are filed under. */
  readonly system: string;
  /** Account that owns the zone. */
  readonly accountId: string;
}

/** The only region whose log groups Route 53 writes to. @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateQueryLoggingConfig.html */
const LOG_REGION = "us-east-1";

/**
 * The fields are those that Logs Insights finds in Route 53's query logs by itself.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
 */
const QUERIES: readonly { readonly id: string; readonly title: string; readonly query: readonly string[] }[] = [
  {
    id: "UnknownNames",
    title: "names that do not exist",
    query: [
      'filter responseCode = "NXDOMAIN"',
      "stats count(*) as queries by queryName, queryType",
      "sort queries desc",
      "limit 50",
    ],
  },
  {
    id: "Failures",
    title: "failed answers",
    query: [
      'filter responseCode not in ["NOERROR", "NXDOMAIN"]',
      "stats count(*) as queries by responseCode, queryName, queryType, bin(5m)",
      "sort queries desc",
      "limit 50",
    ],
  },
  {
    id: "TopNames",
    title: "most asked names",
    query: ["stats count(*) as queries by queryName, queryType", "sort queries desc", "limit 50"],
  },
  {
    id: "Resolvers",
    title: "queries by resolver",
    query: ["stats count(*) as queries by resolverIp, edgeLocation, responseCode", "sort queries desc", "limit 50"],
  },
];

/** The log of a public zone's queries as resolvers send them, and the queries to read it with. */
export class QueryLog extends Construct {
  public constructor(scope: Construct, id: string, props: QueryLogProps) {
    super(scope, id);
    const { accountId, monitoring, zoneId, zoneName } = props;
    const name = `/aws/route53/${zoneName}`;
    const logGroup = new LogGroup(this, "LogGroup", { monitoring, name });
    const policy = new CloudwatchLogResourcePolicy(this, "Policy", {
      policyName: `${monitoring.namePrefix}-${props.system}-query-log`,
      policyDocument: policyDocument({
        sid: "Route53Writes",
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: [`arn:aws:logs:${LOG_REGION}:${accountId}:log-group:${name}:*`],
        principals: { Service: "route53.amazonaws.com" },
        conditions: {
          StringEquals: { "aws:SourceAccount": accountId },
          ArnEquals: { "aws:SourceArn": `arn:aws:route53:::hostedzone/${zoneId}` },
        },
      }),
    });
    new Route53QueryLog(this, "Resource", {
      zoneId,
      cloudwatchLogGroupArn: logGroup.arn,
      // Route 53 tries to write when the configuration is made, and refuses it without the permission.
      dependsOn: [policy],
    });
    for (const { id: queryId, title, query } of QUERIES) {
      new SavedQuery(this, queryId, {
        name: `${monitoring.namePrefix}/${props.system}/${title}`,
        logGroups: [logGroup],
        query,
      });
    }
  }
}
