import { groundStack } from "../../../config/names";
import { Construct } from "../cdktf";
import { Alarm } from "../observability/alarm";
import { aws, cdktf } from "../observability/command";
import type { LogGroup } from "../observability/log-group";
import { MetricFilter } from "../observability/metric-filter";
import type { Monitoring } from "../observability/monitoring";
import { SavedQuery } from "../observability/saved-query";
import type { ApiCalls, CisControl } from "./cis-control";
import { CIS_CONTROLS } from "./cis-controls";

/** Properties of {@link CisAlarms}. */
export interface CisAlarmsProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** The account that is watched. */
  readonly accountId: string;
  /** The log group that receives the trail's events. */
  readonly logGroup: LogGroup;
}

const NAMESPACE = "OpsDX/Audit";

function isApiCalls(match: CisControl["match"]): match is ApiCalls {
  return "names" in match;
}

/** The CloudWatch Logs filter pattern of a control. */
export function filterPattern({ match }: CisControl): string {
  if (!isApiCalls(match)) return match.pattern;
  const names = match.names.map((name) => `($.eventName = ${name})`).join(" || ");
  return match.source === undefined ? `{ ${names} }` : `{ ($.eventSource = ${match.source}) && (${names}) }`;
}

/** The same condition in CloudWatch Logs Insights. */
export function insightsFilter({ match }: CisControl): string {
  if (!isApiCalls(match)) return match.query;
  const names = `eventName in [${match.names.map((name) => `"${name}"`).join(", ")}]`;
  return match.source === undefined ? names : `eventSource = "${match.source}" and ${names}`;
}

/**
 * A metric filter, an alarm (at least once in 300 seconds) and a saved query for each control that CIS AWS Foundations wants
 * watched. Made from data, each under the control's own id, so that a reordering moves nothing.
 */
export class CisAlarms extends Construct {
  /** The alarms, in the order of the benchmark. */
  public readonly alarms: readonly Alarm[];

  public constructor(scope: Construct, id: string, props: CisAlarmsProps) {
    super(scope, id);
    const { logGroup, monitoring } = props;
    const stack = groundStack(monitoring.environment);
    this.alarms = CIS_CONTROLS.map((control) => {
      const query = `${monitoring.namePrefix}/audit/${control.name}`;
      const metric = { namespace: NAMESPACE, name: control.id };
      new MetricFilter(this, `${control.id}Filter`, {
        name: control.name,
        logGroup,
        pattern: filterPattern(control),
        metric,
      });
      new SavedQuery(this, `${control.id}Query`, {
        name: query,
        logGroups: [logGroup],
        query: [
          "fields @timestamp, eventName, userIdentity.arn, sourceIPAddress, awsRegion, errorCode, requestParameters",
          `filter ${insightsFilter(control)}`,
          "sort @timestamp desc",
          "limit 100",
        ],
      });
      return new Alarm(this, control.id, {
        monitoring,
        name: control.name,
        intent: control.intent,
        severity: control.severity,
        steps: [
          [
            `See the events and who made them: run the saved query \`${query}\` in CloudWatch Logs Insights over the last hour, or:`,
            aws(
              `cloudtrail lookup-events --lookup-attributes AttributeKey=${control.lookup.key},AttributeValue=${control.lookup.value} --start-time "$(date -u -d '-1 hour' +%FT%TZ)" --query 'Events[].[EventTime,EventName,Username,EventId]' --output table`,
            ),
          ],
          ...control.steps({
            accountId: props.accountId,
            namePrefix: monitoring.namePrefix,
            diff: cdktf("diff", stack),
            deploy: cdktf("deploy", stack),
          }),
        ],
        metric: { ...metric, statistic: "Sum" },
        comparison: ">=",
        threshold: 1,
        periodSeconds: 300,
        periods: 1,
        missingData: "notBreaching",
      });
    });
  }
}
