import type { Construct } from "../../shared/cdktf";
import type { Alarm } from "../../shared/observability/alarm";
import { GrafanaDashboard } from "../../shared/observability/dashboard";
import { dashboardTitle, type SearchWidget } from "../../shared/observability/dashboard-model";
import type { Monitoring } from "../../shared/observability/monitoring";

/** What the dashboard is made from. */
export interface NfsDashboardProps {
  /** What the stack's dashboards share. */
  readonly monitoring: Monitoring;
  /** Region of the file system. */
  readonly region: string;
  /** Alarms of the file system. */
  readonly alarms: readonly Alarm[];
}

/**
 * By searches, for the file system has its id from AWS: what a restore makes beside it is seen, too.
 * @see https://docs.aws.amazon.com/efs/latest/ug/efs-metrics.html
 */
const search = (title: string, metric: string, statistic: string, unit: SearchWidget["unit"]): SearchWidget => ({
  kind: "search",
  title,
  search: `{AWS/EFS,FileSystemId} MetricName="${metric}"`,
  statistic,
  unit,
});

/** The dashboard `opsdx-<env>-nfs`: is the shared file system slow, who is on it, and how large is it? */
export function nfsDashboard(scope: Construct, { alarms, monitoring, region }: NfsDashboardProps): void {
  new GrafanaDashboard(scope, "Dashboard", {
    name: `${monitoring.namePrefix}-nfs`,
    title: dashboardTitle(monitoring.environment, "NFS"),
    region,
    rows: [
      { height: 3, widgets: [{ kind: "alarms", title: "Alarms", alarms }] },
      {
        widgets: [
          search("Share of the limit of operations", "PercentIOLimit", "Average", "percent"),
          search("Mounts", "ClientConnections", "Sum", "count"),
        ],
      },
      {
        widgets: [
          search("Read, in five minutes", "DataReadIOBytes", "Sum", "bytes"),
          search("Written, in five minutes", "DataWriteIOBytes", "Sum", "bytes"),
          search("Names and rights, in five minutes", "MetadataIOBytes", "Sum", "bytes"),
        ],
      },
      {
        widgets: [
          {
            ...search("Size", "StorageBytes", "Average", "bytes"),
            search: '{AWS/EFS,FileSystemId,StorageClass} MetricName="StorageBytes"',
          },
        ],
      },
    ],
  });
}
