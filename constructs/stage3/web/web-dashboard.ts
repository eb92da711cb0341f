import type { WebConfig } from "../../../config/schema/web";
import { Construct } from "../../shared/cdktf";
import { targetGraph, trafficGraphs, type HttpTarget } from "../../shared/http/graphs";
import type { Alarm } from "../../shared/observability/alarm";
import { Dashboard } from "../../shared/observability/dashboard";
import {
  dashboardTitle,
  type DashboardLine,
  type DashboardRow,
  type GraphWidget,
} from "../../shared/observability/dashboard-model";
import type { LogGroup } from "../../shared/observability/log-group";
import { writesMetrics } from "../../shared/observability/metric-sources";
import type { MonitoringContext } from "../../shared/observability/monitoring";
import { WEB_QUERIES } from "./web-logs";
import { runbookLink } from "../../shared/observability/system";

/** Properties of {@link WebDashboard}. */
export interface WebDashboardProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** Region of metrics and logs. */
  readonly region: string;
  /** Namespace and pings. */
  readonly config: Pick<WebConfig, "metricNamespace" | "pings">;
  /** The web service's alarms. */
  readonly alarms: readonly Alarm[];
  /** The load balancer and its target group as CloudWatch names them. */
  readonly target: HttpTarget;
  /** The nodes that serve. */
  readonly autoScalingGroupName: string;
  /** The service's events. */
  readonly logGroup: LogGroup;
}

/** `opsdx-<env>-web`: alarms, pings, load balancer, nodes, the service's own metrics (API, Browser) and the three answers from its log. */
export class WebDashboard extends Construct {
  /** The dashboard's name in AWS. */
  public readonly dashboardName: string;

  public constructor(scope: Construct, id: string, props: WebDashboardProps) {
    super(scope, id);
    const { config, logGroup, monitoring } = props;
    // The service and its pages choose their names themselves, and who pings writes there, too.
    writesMetrics(this, config.metricNamespace, "any");
    const logs = ({ title, query }: { readonly title: string; readonly query: readonly string[] }) =>
      ({ kind: "logs", title, logGroups: [logGroup], query }) as const;
    this.dashboardName = new Dashboard(this, "Resource", {
      name: `${monitoring.namePrefix}-web`,
      title: dashboardTitle(monitoring.environment, "Web service"),
      region: props.region,
      rows: [
        {
          height: 2,
          widgets: [
            {
              kind: "text",
              markdown: `# Web service trews-rest-api\n[Runbook](${runbookLink(monitoring, "trews-rest-api")})`,
            },
          ],
        },
        { height: 4, widgets: [{ kind: "alarms", title: "Alarms", alarms: props.alarms }] },
        { widgets: [pings(props), nodes(props), targetGraph(props.target, props.alarms)] },
        { widgets: trafficGraphs(props.target, props.alarms) },
        ...ownMetrics(props.config.metricNamespace),
        { widgets: [logs(WEB_QUERIES.serverLatency), logs(WEB_QUERIES.userLatency)] },
        { widgets: [logs(WEB_QUERIES.cacheHits), logs(WEB_QUERIES.topRoutes), logs(WEB_QUERIES.errors)] },
      ],
    }).dashboardName;
  }
}

function pings({ config }: WebDashboardProps): GraphWidget {
  const { alarmAtPer5Minutes, expectedPer5Minutes, metric, stacks } = config.pings;
  return {
    kind: "graph",
    title: "Pings from outside in 5 minutes",
    unit: "count",
    periodSeconds: 300,
    lines: Object.entries(stacks).map(([stack, { source }]) => ({
      namespace: config.metricNamespace,
      name: metric,
      dimensions: { PingSource: source, PingStack: stack },
      statistic: "SampleCount",
      label: stack,
    })),
    marks: [
      { label: "expected", value: expectedPer5Minutes },
      { label: "page", value: alarmAtPer5Minutes },
    ],
  };
}

function nodes({ autoScalingGroupName }: WebDashboardProps): GraphWidget {
  const group = (name: string): DashboardLine => ({
    namespace: "AWS/AutoScaling",
    name,
    dimensions: { AutoScalingGroupName: autoScalingGroupName },
    statistic: "Average",
    label: name,
  });
  return {
    kind: "graph",
    title: "Nodes",
    unit: "count",
    lines: ["GroupInServiceInstances", "GroupDesiredCapacity", "GroupMinSize", "GroupMaxSize"].map(group),
  };
}

/** Metrics that the service and its pages write by themselves: the dimensions are known, the names are theirs. */
function ownMetrics(namespace: string): readonly DashboardRow[] {
  const search = (title: string, dimensions: string) =>
    ({ kind: "search", title, search: `{${namespace},${dimensions}}`, statistic: "Average" }) as const;
  return [
    {
      widgets: [
        search("API", "API"),
        search("API by route", "Route"),
        search("API by stream and route", "API,MetricStreamId,Route"),
      ],
    },
    {
      widgets: [
        search("Browser", "Browser"),
        search("Browser by stream", "Browser,MetricStreamId"),
        {
          ...search("Latency in the log (ms), p95", "Source"),
          search: `{${namespace},Source} LatencyMs`,
          unit: "milliseconds",
          statistic: "p95",
        },
        {
          kind: "graph",
          title: "Cache",
          unit: "count",
          periodSeconds: 300,
          lines: ["CacheHits", "CacheMisses"].map((name) => ({ namespace, name, statistic: "Sum", label: name })),
        },
      ],
    },
  ];
}
