import { Construct } from "../../shared/cdktf";
import { Alarm } from "../../shared/observability/alarm";
import type { LogGroup } from "../../shared/observability/log-group";
import { MetricFilter } from "../../shared/observability/metric-filter";
import { aws, sql } from "../../shared/observability/command";
import type { Monitoring, Severity } from "../../shared/observability/monitoring";
import type { Step } from "../../shared/observability/steps";
import { SavedQuery } from "../../shared/observability/saved-query";
import { RESTART_WEB } from "./runbook";

/** Properties of {@link PostgresLogs}. */
export interface PostgresLogsProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** Name after the environment's prefix, for example `db`. */
  readonly name: string;
  /** Identifier of the instance, as a plain string. */
  readonly identifier: string;
  /** PostgreSQL's log. */
  readonly log: LogGroup;
}

/** Namespace of the metrics that are counted in database logs. */
export const DATABASE_METRICS = "OpsDX/Database";

interface LogEvent {
  readonly id: string;
  /** Name of the filter; the metric is called `<database>-<name>`. */
  readonly name: string;
  /** Title on the dashboard. */
  readonly title: string;
  readonly pattern: string;
  /** @default - counted, and drawn on the dashboard, but no alarm */
  readonly alarm?: {
    readonly severity: Severity;
    /** Fires at this many in the period. */
    readonly atLeast: number;
    readonly periodSeconds: number;
    /** What it means, after the identifier. */
    readonly intent: string;
    readonly steps: readonly Step[];
  };
}

/** What is counted in PostgreSQL's log. Messages of PostgreSQL 14 to 18. */
export const LOG_EVENTS: readonly LogEvent[] = [
  {
    id: "Fatal",
    name: "fatal",
    title: "FATAL and PANIC",
    pattern: "?FATAL ?PANIC",
    alarm: {
      severity: "ticket",
      atLeast: 20,
      periodSeconds: 300,
      intent: "ends sessions or refuses them in numbers",
      steps: [
        "Run the saved query `errors` for the last hour: it groups the messages.",
        "`PANIC` means that the server restarted: read the minutes before it, and open a case with AWS.",
        "`no pg_hba.conf entry ... no encryption` is a client without TLS: give it `sslmode=verify-full`.",
      ],
    },
  },
  {
    id: "Deadlock",
    name: "deadlock",
    title: "Deadlocks",
    pattern: '"deadlock detected"',
    alarm: {
      severity: "ticket",
      atLeast: 5,
      periodSeconds: 900,
      intent: "ends transactions that wait for each other, again and again",
      steps: [
        "Run the saved query `lock waits`: it names the processes. Their statements, while they wait, are in `pg_stat_activity`; where `logStatements` is on, in the DETAIL line.",
        "Make both transactions take their locks in the same order, or retry on SQLSTATE 40P01.",
      ],
    },
  },
  {
    id: "ConnectionSlots",
    name: "connection-slots",
    title: "No connection left",
    pattern: '"remaining connection slots"',
    alarm: {
      severity: "page",
      atLeast: 1,
      periodSeconds: 60,
      intent: "refuses connections: every slot is taken",
      steps: [
        [
          "Connect as the master user, for whom slots are reserved (runbook, Connect), and see who holds them:",
          sql(
            "select usename, application_name, client_addr, state, count(*) from pg_stat_activity group by 1, 2, 3, 4 order by 5 desc;",
          ),
        ],
        [
          "End those that idle:",
          sql(
            "select pg_terminate_backend(pid) from pg_stat_activity where state like 'idle%' and state_change < now() - interval '5 minutes';",
          ),
        ],
        `Restart the client that leaks them. ${RESTART_WEB}`,
      ],
    },
  },
  {
    id: "OutOfMemory",
    name: "out-of-memory",
    title: "Out of memory",
    pattern: '"out of memory"',
    alarm: {
      severity: "page",
      atLeast: 1,
      periodSeconds: 60,
      intent: "could not get memory for a statement and may restart",
      steps: [
        "Run the saved query `errors` for the last hour: the line names the role and the process; where `logStatements` is on, the line after it the statement.",
        ["Cancel it if it still runs:", sql("select pg_cancel_backend(<pid>);")],
        [
          "Lower the role's memory; if many roles need theirs, take a larger class:",
          sql("alter role <role> set work_mem = '64MB';"),
        ],
      ],
    },
  },
  {
    id: "FailedLogin",
    name: "failed-login",
    title: "Failed logins",
    pattern: '"password authentication failed"',
    alarm: {
      severity: "page",
      atLeast: 10,
      periodSeconds: 300,
      intent: "refuses passwords in numbers: someone guesses, or a client holds an old secret",
      steps: [
        "Run the saved query `failed logins`: it counts them by user and address.",
        "One application from its own nodes: its secret is old, after a rotation for example. Restart it so that it reads the new one.",
        [
          "An address or a user that you cannot explain: treat it as an incident. Find the machine, and take it off the network:",
          aws("ec2 describe-network-interfaces --filters Name=addresses.private-ip-address,Values=<address>"),
        ],
      ],
    },
  },
  { id: "Canceled", name: "canceled", title: "Canceled statements", pattern: '"canceling statement"' },
];

/** RDS writes every line as `time UTC:client(port):user@database:[pid]:LEVEL:  text`. */
const PARSE = 'parse @message "* UTC:*:*@*:[*]:*:  *" as time, client, user, database, pid, level, text';
const NEWEST = ["sort @timestamp desc", "limit 100"] as const;

/** The saved queries, by title. */
export const SAVED_QUERIES: Readonly<Record<string, readonly string[]>> = {
  "slow statements": [
    "fields @timestamp, @message",
    "filter @message like /duration: /",
    'parse @message "duration: * ms" as milliseconds',
    "sort milliseconds desc",
    "limit 100",
  ],
  "lock waits": [
    "fields @timestamp, @message",
    "filter @message like /still waiting for|acquired .* on .* after|deadlock detected|Process holding the lock/",
    ...NEWEST,
  ],
  "temporary files": [
    "filter @message like /temporary file: path/",
    PARSE,
    'parse @message "size *" as bytes',
    "stats count(*) as files, sum(bytes) / 1048576 as mebibytes by user, database",
    "sort mebibytes desc",
  ],
  autovacuum: [
    "filter @message like /automatic (aggressive )?(vacuum|analyze)/",
    'parse @message "of table \\"*\\"" as table',
    'parse @message "elapsed: * s" as seconds',
    "stats count(*) as runs, max(seconds) as longest by table",
    "sort longest desc",
  ],
  errors: [
    "filter @message like /ERROR|FATAL|PANIC/",
    PARSE,
    "stats count(*) as times, latest(@timestamp) as newest by level, text",
    "sort times desc",
    "limit 100",
  ],
  "failed logins": [
    "filter @message like /password authentication failed|no pg_hba.conf entry|PAM authentication failed/",
    PARSE,
    "stats count(*) as times, latest(@timestamp) as newest by user, client, text",
    "sort times desc",
  ],
  "connections by user": [
    "filter @message like /connection authorized/",
    PARSE,
    "stats count(*) as connections by user, database, bin(1h)",
    "sort connections desc",
  ],
  "schema and role changes": [
    "fields @timestamp, @message",
    "filter @message like /AUDIT: SESSION,\\d+,\\d+,(DDL|ROLE),/",
    ...NEWEST,
  ],
  "who read and wrote what": [
    "filter @message like /AUDIT: SESSION,\\d+,\\d+,(READ|WRITE),/",
    PARSE,
    "parse @message /AUDIT: SESSION,\\d+,\\d+,(?<class>READ|WRITE),(?<command>[^,]*),(?<kind>[^,]*),(?<object>[^,]*),/",
    "stats count(*) as times, latest(@timestamp) as newest by user, client, class, object",
    "sort times desc",
    "limit 1000",
  ],
};

const idOf = (title: string): string => title.replace(/(?:^| )(.)/g, (_, letter: string) => letter.toUpperCase());

/** Reads a database's log: counts what goes wrong, raises alarms, and keeps the queries that people ask. */
export class PostgresLogs extends Construct {
  /** Every alarm. */
  public readonly alarms: readonly Alarm[];

  public constructor(scope: Construct, id: string, props: PostgresLogsProps) {
    super(scope, id);
    const { identifier, log, monitoring } = props;
    this.alarms = LOG_EVENTS.flatMap((event) => {
      const metric = { namespace: DATABASE_METRICS, name: `${props.name}-${event.name}` };
      new MetricFilter(this, event.id, { name: event.name, logGroup: log, pattern: event.pattern, metric });
      const { alarm } = event;
      if (alarm === undefined) return [];
      return [
        new Alarm(this, `${event.id}Alarm`, {
          monitoring,
          name: `${props.name}-${event.name}`,
          kind: event.name,
          of: { database: props.name },
          intent: `${identifier} ${alarm.intent}.`,
          severity: alarm.severity,
          steps: alarm.steps,
          metric: { ...metric, statistic: "Sum" },
          comparison: ">=",
          threshold: alarm.atLeast,
          periodSeconds: alarm.periodSeconds,
          periods: 1,
          // The filter writes only while the log does, and a silent instance has alarms of its own.
          missingData: "notBreaching",
        }),
      ];
    });
    for (const [title, query] of Object.entries(SAVED_QUERIES)) {
      new SavedQuery(this, `${idOf(title)}Query`, {
        name: `${monitoring.namePrefix}/${props.name}/${title}`,
        logGroups: [log],
        query,
      });
    }
  }
}
