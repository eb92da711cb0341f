import { CloudwatchDashboard } from "@cdktf/provider-aws/lib/cloudwatch-dashboard";
import { Construct, TerraformStack, type IConstruct } from "../cdktf";
import { refuse } from "../props-error";
import { cloudwatchBody } from "./cloudwatch-body";
import { MAX_COLUMNS, type DashboardRow, type DeclaredDashboard, type GrafanaWidget } from "./dashboard-model";

/** Properties of {@link Dashboard}. */
export interface DashboardProps {
  /** Name in CloudWatch, and uid in Grafana: at most 40 characters. */
  readonly name: string;
  /** What people call it: `OpsDX Dev ETL`. */
  readonly title: string;
  /** Region that the metrics and logs are read from. */
  readonly region: string;
  /** Rows, from top to bottom. */
  readonly rows: readonly DashboardRow[];
}

/** Properties of {@link GrafanaDashboard}. */
export interface GrafanaDashboardProps extends Omit<DashboardProps, "rows"> {
  /** Rows, from top to bottom. */
  readonly rows: readonly DashboardRow<GrafanaWidget>[];
}

/** Metrics that one graph may hold; more make it unreadable long before CloudWatch's limit of 500. */
const MAX_LINES = 20;
/** Grafana's limit on a uid; CloudWatch's names may be longer. @see https://grafana.com/docs/grafana/latest/developers/http_api/dashboard/ */
const NAME = /^[A-Za-z0-9_-]{1,40}$/;

/** What each stack declares. */
const declared = new WeakMap<IConstruct, DeclaredDashboard[]>();
/** Names in use, by tree: CloudWatch, and Grafana, would let the second dashboard of a name replace the first. */
const namesInUse = new WeakMap<IConstruct, Map<string, string>>();

/** The dashboards that the systems of a stack have declared so far. */
export function dashboardsOf(stack: IConstruct): readonly DeclaredDashboard[] {
  return declared.get(stack) ?? [];
}

/** A dashboard made of typed rows, in CloudWatch and in Grafana: the only way this program makes one that both show. */
export class Dashboard extends Construct {
  /** The dashboard's name in AWS. */
  public readonly dashboardName: string;

  /** @throws PropsError when the name or a row is not what CloudWatch and Grafana take, or another dashboard has the name */
  public constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    declare(this, props);
    this.dashboardName = props.name;
    new CloudwatchDashboard(this, "Resource", {
      dashboardName: props.name,
      dashboardBody: JSON.stringify(cloudwatchBody(props.rows, props.region)),
    });
  }
}

/** A dashboard of what CloudWatch doesn't see, in Grafana only. */
export class GrafanaDashboard extends Construct {
  /** @throws PropsError when the name or a row is not what Grafana takes, or another dashboard has the name */
  public constructor(scope: Construct, id: string, props: GrafanaDashboardProps) {
    super(scope, id);
    declare(this, props);
  }
}

function declare(scope: Construct, { name, region, rows, title }: GrafanaDashboardProps): void {
  const names = namesInUse.get(scope.node.root) ?? new Map<string, string>();
  const holder = names.get(name);
  refuse(scope, [
    !NAME.test(name) && `name must be 1 to 40 letters, digits, hyphens and underscores, got "${name}"`,
    holder !== undefined && `name must be unique, as it is the dashboard's uid, got "${name}", which ${holder} has`,
    ...rows.flatMap(({ widgets: row }) => [
      (row.length < 1 || row.length > MAX_COLUMNS) && `a row must hold 1 to ${MAX_COLUMNS} widgets, got ${row.length}`,
      ...row.map(
        (widget) =>
          widget.kind === "graph" &&
          (widget.lines.length < 1 || widget.lines.length > MAX_LINES) &&
          `graph "${widget.title}" must hold 1 to ${MAX_LINES} lines, got ${widget.lines.length}`,
      ),
    ]),
  ]);
  namesInUse.set(scope.node.root, names.set(name, scope.node.path));
  const stack = TerraformStack.of(scope);
  declared.set(stack, [...dashboardsOf(stack), { name, title, region, rows, path: scope.node.path }]);
}
