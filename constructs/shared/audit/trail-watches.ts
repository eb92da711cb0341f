import { groundStack } from "../../../config/names";
import { Construct } from "../cdktf";
import { Alarm } from "../observability/alarm";
import { aws, cdktf } from "../observability/command";
import type { LogGroup } from "../observability/log-group";
import { MetricFilter } from "../observability/metric-filter";
import type { Monitoring } from "../observability/monitoring";
import { SavedQuery } from "../observability/saved-query";
import type { ApiCalls, TrailWatch } from "./trail-watch";

/** Properties of {@link TrailWatches}. */
export interface TrailWatchesProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** The account that is watched. */
  readonly accountId: string;
  /** The log group that receives the trail's events. */
  readonly logGroup: LogGroup;
  /** What is looked for. */
  readonly watches: readonly TrailWatch[];
}

const NAMESPACE = "OpsDX/Audit";

function isApiCalls(match: TrailWatch["match"]): match is ApiCalls {
  return "names" in match;
}

/** The CloudWatch Logs filter pattern of a watch. */
export function filterPattern({ match }: TrailWatch): string {
  if (!isApiCalls(match)) return match.pattern;
  const names = match.names.map((name) => `($.eventName = ${name})`).join(" || ");
  return match.source === undefined ? `{ ${names} }` : `{ ($.eventSource = ${match.source}) && (${names}) }`;
}

/** The same condition in CloudWatch Logs Insights. */
export function insightsFilter({ match }: TrailWatch): string {
  if (!isApiCalls(match)) return match.query;
  const names = `eventName in [${match.names.map((name) => `"${name}"`).join(", ")}]`;
  return match.source === undefined ? names : `eventSource = "${match.source}" and ${names}`;
}

/**
 * A metric filter, an alarm (so many within 300 seconds) and a saved query for each thing that is watched. Made from data, each under its
 * own id, so that a reordering moves nothing.
 */
export class TrailWatches extends Construct {
  /** The alarms, in the order of what is watched. */
  public readonly alarms: readonly Alarm[];

  public constructor(scope: Construct, id: string, props: TrailWatchesProps) {
    super(scope, id);
    const { logGroup, monitoring } = props;
    const stack = groundStack(monitoring.environment);
    this.alarms = props.watches.map((watch) => {
      const query = `${monitoring.namePrefix}/audit/${watch.name}`;
      const metric = { namespace: NAMESPACE, name: watch.id };
      new MetricFilter(this, `${watch.id}Filter`, {
        name: watch.name,
        logGroup,
        pattern: filterPattern(watch),
        metric,
      });
      new SavedQuery(this, `${watch.id}Query`, {
        name: query,
        logGroups: [logGroup],
        query: [
          "fields @timestamp, eventName, userIdentity.arn, sourceIPAddress, awsRegion, errorCode, requestParameters",
          `filter ${insightsFilter(watch)}`,
          "sort @timestamp desc",
          "limit 100",
        ],
      });
      return new Alarm(this, watch.id, {
        monitoring,
        name: watch.name,
        intent: watch.intent,
        severity: watch.severity,
        steps: [
          [
            `See the events and who made them: run the saved query \`${query}\` in CloudWatch Logs Insights over the last hour, or:`,
            aws(
              `cloudtrail lookup-events --lookup-attributes AttributeKey=${watch.lookup.key},AttributeValue=${watch.lookup.value} --start-time "$(date -u -d '-1 hour' +%FT%TZ)" --query 'Events[].[EventTime,EventName,Username,EventId]' --output table`,
            ),
          ],
          ...watch.steps({
            accountId: props.accountId,
            namePrefix: monitoring.namePrefix,
            diff: cdktf("diff", stack),
            deploy: cdktf("deploy", stack),
          }),
        ],
        metric: { ...metric, statistic: "Sum" },
        comparison: ">=",
        threshold: watch.threshold ?? 1,
        periodSeconds: 300,
        periods: 1,
        missingData: "notBreaching",
      });
    });
  }
}
