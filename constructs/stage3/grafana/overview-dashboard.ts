import { Construct } from "../../shared/cdktf";
import { GrafanaDashboard } from "../../shared/observability/dashboard";
import {
  dashboardTitle,
  type DashboardRow,
  type DeclaredDashboard,
  type GrafanaWidget,
} from "../../shared/observability/dashboard-model";
import type { MonitoringContext } from "../../shared/observability/monitoring";
import { CLUSTER_FIGURES } from "./clusters-dashboard";

/** Properties of {@link OverviewDashboard}. */
export interface OverviewDashboardProps {
  /** What the stack's dashboards share. */
  readonly monitoring: MonitoringContext;
  /** Region of the environment. */
  readonly region: string;
  /** Short names of the clusters that have a Prometheus. */
  readonly clusters: readonly string[];
  /** The other dashboards: it links to each, and shows the panels that tell how people fare. */
  readonly dashboards: readonly DeclaredDashboard[];
}

/** Panels of other dashboards that the overview shows, too: name of the dashboard after the environment's prefix, and heading. */
const SHOWN = [
  ["web", "Pings from outside in 5 minutes"],
  ["web", "Load balancer: response time (s)"],
  ["etl", "seconds since the last success"],
  ["performance", "db: CPU"],
] as const;

/** `opsdx-<env>-overview`: is anything wrong, and where, on one screen. */
export class OverviewDashboard extends Construct {
  /** Its uid. */
  public readonly uid: string;

  public constructor(scope: Construct, id: string, props: OverviewDashboardProps) {
    super(scope, id);
    const { clusters, dashboards, monitoring, region } = props;
    this.uid = `${monitoring.namePrefix}-overview`;
    const shown = SHOWN.flatMap(([dashboard, title]) => panelsOf(props, dashboard, title));
    const rows: readonly DashboardRow<GrafanaWidget>[] = [
      {
        height: 2,
        widgets: [
          {
            kind: "text",
            markdown: [
              ...dashboards.map(({ name, title }) => `[${title}](/d/${name})`),
              `[Runbook](${monitoring.runbookUrl}/README.md)`,
            ].join(" · "),
          },
        ],
      },
      {
        height: 9,
        widgets: [
          { kind: "states", title: "Red now", of: "alarms" },
          { kind: "states", title: "Systems", of: "systems" },
        ],
      },
      ...(clusters.length === 0
        ? []
        : [
            {
              height: 4,
              widgets: clusters.map((cluster) => ({
                kind: "prom" as const,
                title: cluster,
                unit: "count" as const,
                figures: true,
                marks: [{ label: "some", value: 1 }],
                queries: CLUSTER_FIGURES.flatMap(({ queries }) => queries),
                cluster,
              })),
            },
          ]),
      ...(shown.length === 0 ? [] : [{ height: 7, widgets: shown }]),
    ];
    new GrafanaDashboard(this, "Resource", {
      name: this.uid,
      title: dashboardTitle(monitoring.environment, "Overview"),
      region,
      rows,
    });
  }
}

function panelsOf(
  { dashboards, monitoring }: OverviewDashboardProps,
  dashboard: string,
  title: string,
): readonly GrafanaWidget[] {
  return dashboards
    .filter(({ name }) => name === `${monitoring.namePrefix}-${dashboard}`)
    .flatMap(({ rows }) => rows.flatMap(({ widgets }) => widgets))
    .filter((widget) => widget.kind !== "text" && widget.title === title);
}
