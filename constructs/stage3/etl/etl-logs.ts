import type { ClusterLogs } from "../../shared/observability/cluster-logs";
import { Construct } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import type { LogGroup } from "../../shared/observability/log-group";
import { MetricFilter } from "../../shared/observability/metric-filter";
import type { MonitoringContext } from "../../shared/observability/monitoring";
import { SavedQuery } from "../../shared/observability/saved-query";
import { ETL_DIMENSION, ETL_NAMESPACE } from "./etl-names";

/** Properties of {@link EtlLogs}. */
export interface EtlLogsProps {
  /** What the stack's log groups share. */
  readonly monitoring: MonitoringContext;
  /** The clusters' log groups. */
  readonly clusterLogs: ClusterLogs;
}

/** What a run says at its end: `{"event":"run.finished","etl":"epic2op","status":"ok","duration_s":312,"rows":48211}`. */
const FINISHED = '$.event = "run.finished"';

/** A metric that is made of what a run says at its end. */
interface RunMetric {
  readonly name: string;
  /** The lines that count. */
  readonly pattern: string;
  /** The field that is the value. @default - each line counts one */
  readonly value?: string;
}

/** Metrics that are made of what a run says at its end; people filter by the same patterns. */
export const RUN_METRICS: Readonly<Record<"succeeded" | "failed" | "duration" | "rows", RunMetric>> = {
  succeeded: { name: "RunSucceeded", pattern: `{ ${FINISHED} && $.status = "ok" }` },
  failed: { name: "RunFailed", pattern: `{ ${FINISHED} && $.status = "failed" }` },
  duration: { name: "RunDuration", pattern: `{ ${FINISHED} && $.duration_s >= 0 }`, value: "$.duration_s" },
  rows: { name: "RowsLoaded", pattern: `{ ${FINISHED} && $.rows >= 0 }`, value: "$.rows" },
};

/** Errors in plain text. Text has no fields, so this counts every program of the cluster. */
export const TEXT_ERRORS = { name: "TextErrors", pattern: '?Traceback ?ERROR ?"Task failed"' };

/** Questions that people ask; the title is the saved query's name. Fields are those of the ETL's JSON lines. */
export const ETL_QUERIES = {
  errorsByStage: {
    id: "ErrorsByStage",
    title: "errors by stage",
    query: [
      'filter level = "ERROR" and ispresent(etl)',
      "stats count(*) as errors, latest(@message) as last by etl, stage",
      "sort errors desc",
    ],
  },
  slowestTasks: {
    id: "SlowestTasks",
    title: "slowest tasks",
    query: [
      'filter event = "task.finished"',
      "stats max(duration_s) as slowest, avg(duration_s) as mean, count(*) as n by etl, task",
      "sort slowest desc",
      "limit 25",
    ],
  },
  rowsByTable: {
    id: "RowsByTable",
    title: "rows by table",
    query: [
      "filter ispresent(etl) and ispresent(table)",
      "stats sum(rows) as loaded, count(*) as loads by etl, table",
      "sort loaded desc",
    ],
  },
  runTimeline: {
    id: "RunTimeline",
    title: "run timeline",
    query: [
      "filter event like /^(run|task)\\./",
      "fields @timestamp, etl, slot, event, stage, task, status, duration_s, rows",
      "sort @timestamp asc",
      "limit 1000",
    ],
  },
  lastSuccess: {
    id: "LastSuccess",
    title: "last successful slot",
    query: [
      'filter event = "run.finished" and status = "ok"',
      "stats latest(slot) as last_slot, latest(@timestamp) as finished, latest(rows) as loaded by etl",
    ],
  },
  databaseTrouble: {
    id: "DatabaseTrouble",
    title: "deadlocks, connections, timeouts",
    query: [
      "filter @message like /deadlock|could not connect|timeout/",
      "fields @timestamp, etl, stage, @message",
      "sort @timestamp desc",
      "limit 100",
    ],
  },
  epicErrors: {
    id: "EpicErrors",
    title: "Epic API 4xx and 5xx",
    query: [
      "filter ispresent(epic_endpoint) and http_status >= 400",
      "stats count(*) as answers, latest(@timestamp) as last by epic_endpoint, http_status",
      "sort answers desc",
    ],
  },
} as const satisfies Readonly<Record<string, { id: string; title: string; query: readonly string[] }>>;

/** What the ETLs' logs are turned into: metrics in `OpsDX/ETL`, and saved queries in `opsdx-<env>/etl`. */
export class EtlLogs extends Construct {
  public constructor(scope: Construct, id: string, props: EtlLogsProps) {
    super(scope, id);
    const { groups } = props.clusterLogs;
    for (const [cluster, logGroup] of Object.entries(groups)) this.filters(constructId(cluster), logGroup);
    for (const { id: queryId, title, query } of Object.values(ETL_QUERIES)) {
      new SavedQuery(this, `Query${queryId}`, {
        name: `${props.monitoring.namePrefix}/etl/${title}`,
        logGroups: Object.values(groups),
        query,
      });
    }
  }

  private filters(suffix: string, logGroup: LogGroup): void {
    for (const { name, pattern, value } of Object.values(RUN_METRICS)) {
      new MetricFilter(this, `${name}${suffix}`, {
        name: `etl-${name}`,
        logGroup,
        pattern,
        value,
        metric: { namespace: ETL_NAMESPACE, name },
        dimensions: { [ETL_DIMENSION]: "$.etl" },
      });
    }
    const { name, pattern } = TEXT_ERRORS;
    new MetricFilter(this, `${name}${suffix}`, {
      name: `etl-${name}`,
      logGroup,
      pattern,
      metric: { namespace: ETL_NAMESPACE, name },
    });
  }
}
