import { configFile, groundStack } from "../../../config/names";
import { Construct } from "../../shared/cdktf";
import { Alarm, type AlarmProps } from "../../shared/observability/alarm";
import { aws, cdktf, sql } from "../../shared/observability/command";
import type { Monitoring, Severity } from "../../shared/observability/monitoring";
import type { Step } from "../../shared/observability/steps";
import { maxConnections, memoryBytes, type InstanceClass } from "../../../config/instance-classes";
import { RESTART_WEB } from "./runbook";

/** Properties of {@link PostgresAlarms}. */
export interface PostgresAlarmsProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** Name after the environment's prefix, for example `db`: every alarm starts with it. */
  readonly name: string;
  /** Identifier of the instance, as a plain string. */
  readonly identifier: string;
  /** Instance class: decides which metrics exist, and their thresholds. */
  readonly shape: InstanceClass;
  /** Allocated storage in GiB. */
  readonly allocatedStorageGib: number;
  /** Kind of volume; only gp2 has burst credits of its own. @default "gp3" */
  readonly storageType?: "gp2" | "gp3";
  /** The instance follows another one. @default false */
  readonly replica?: boolean;
  /** How urgent it is that the instance runs hot: a page where people wait for it, a ticket where jobs do. */
  readonly saturation: Severity;
}

type Condition = Pick<AlarmProps, "comparison" | "threshold" | "periods" | "missingData"> & {
  /** @default 60 */
  readonly periodSeconds?: number;
};

const GIB = 1024 ** 3;

/**
 * The alarms of one PostgreSQL instance: those whose metric exists for its class, its storage and its role, and no others.
 *
 * Metrics, periods and the treatment of missing data are AWS's recommendation where it has one. A stopped instance sends
 * nothing, so the recommended alarms that take silence for a breach also say that it is gone.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html#RDS
 */
export class PostgresAlarms extends Construct {
  /** Every alarm. */
  public readonly alarms: readonly Alarm[];
  private readonly made: Alarm[] = [];

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: PostgresAlarmsProps,
  ) {
    super(scope, id);
    this.processor();
    this.memory();
    this.storage();
    this.storageLink();
    this.engine();
    this.alarms = this.made;
  }

  private processor(): void {
    const { identifier, saturation, shape } = this.props;
    this.alarm("CpuHigh", "cpu-high", "CPUUtilization", "Average", saturation, {
      intent: `${identifier} has been out of CPU for five minutes, or has stopped reporting: queries queue up.`,
      steps: [this.look(), this.topSql(), this.cancel(), this.resize()],
      when: { comparison: ">", threshold: 90, periods: 5, missingData: "breaching" },
    });
    this.alarm("CpuWarning", "cpu-warning", "CPUUtilization", "Average", "ticket", {
      intent: `${identifier} has used more than 80 % of its CPU for a quarter of an hour: a larger load would stall it.`,
      steps: [
        this.topSql(),
        "Compare with the same hour of last week on the dashboard; a new statement shows at once.",
        this.resize(),
      ],
      when: { comparison: ">", threshold: 80, periods: 15, missingData: "notBreaching" },
    });
    this.alarm("LoadHigh", "load-high", "DBLoad", "Average", "ticket", {
      intent: `More sessions of ${identifier} are active than it has virtual CPUs (${shape.vcpus}): some wait.`,
      steps: [this.topSql(), this.waits(), this.cancel()],
      when: { comparison: ">", threshold: shape.vcpus, periods: 15, missingData: "missing" },
    });
    if (shape.burstableCpu) {
      this.alarm("CpuCreditsLow", "cpu-credits-low", "CPUCreditBalance", "Average", "ticket", {
        intent: `${identifier} has nearly used up its CPU credits: from then on each is paid for, or it slows to its baseline.`,
        steps: [this.topSql(), "A T class suits short peaks only: move to an m class.", this.resize()],
        // RDS reports credits every five minutes.
        when: { comparison: "<", threshold: 100, periods: 3, periodSeconds: 300, missingData: "missing" },
      });
    }
  }

  private memory(): void {
    const { identifier, saturation, shape } = this.props;
    const connections = maxConnections(shape);
    this.alarm("MemoryLow", "memory-low", "FreeableMemory", "Average", saturation, {
      intent: `${identifier} has had less than 15 % of its ${shape.memoryGib} GiB of memory left for a quarter of an hour: it will swap, then restart.`,
      steps: [
        this.look(),
        [
          "See who holds connections:",
          sql(
            "select usename, application_name, state, count(*) from pg_stat_activity group by 1, 2, 3 order by 4 desc;",
          ),
        ],
        `Idle connections each keep memory: restart the client that holds too many. ${RESTART_WEB}`,
        this.resize(),
      ],
      when: {
        comparison: "<",
        threshold: Math.floor(memoryBytes(shape) * 0.15),
        periods: 15,
        missingData: "breaching",
      },
    });
    this.alarm("SwapHigh", "swap-high", "SwapUsage", "Average", "ticket", {
      intent: `${identifier} swaps more than 256 MB: its working memory does not fit its class.`,
      steps: [
        "See which statements sort on disk: run the saved query `temporary files`.",
        [
          "Lower `work_mem` for the role that runs them, or take a larger class:",
          sql("alter role <role> set work_mem = '64MB';"),
        ],
        this.resize(),
      ],
      when: { comparison: ">", threshold: 256_000_000, periods: 15, missingData: "notBreaching" },
    });
    this.alarm("ConnectionsHigh", "connections-high", "DatabaseConnections", "Average", saturation, {
      intent: `${identifier} has used 80 % of its ${connections} connections, or has stopped reporting: new clients will soon be refused.`,
      steps: [
        [
          "See who holds them:",
          sql(
            "select usename, application_name, client_addr, state, count(*) from pg_stat_activity group by 1, 2, 3, 4 order by 5 desc;",
          ),
        ],
        [
          "End those that idle for an hour:",
          sql(
            "select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle' and state_change < now() - interval '1 hour';",
          ),
        ],
        "Restart the client that leaks them, and lower its pool size.",
        this.look(),
      ],
      when: { comparison: ">", threshold: Math.floor(connections * 0.8), periods: 5, missingData: "breaching" },
    });
  }

  private storage(): void {
    const { allocatedStorageGib, identifier, name } = this.props;
    const bytes = allocatedStorageGib * GIB;
    const { environment } = this.props.monitoring;
    const grow: Step = [
      `Grow it now, without downtime: raise \`databases.${name}.allocatedStorageGib\` in \`${configFile(environment)}\`, set \`applyImmediately: true\` there, and deploy. RDS then refuses another change for six hours.`,
      cdktf("deploy", groundStack(environment)),
    ];
    const eaters: Step = [
      "See what grew:",
      sql(
        "select relname, pg_size_pretty(pg_total_relation_size(oid)) from pg_class where relkind = 'r' order by pg_total_relation_size(oid) desc limit 10;",
      ),
      sql(
        "select slot_name, active, pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)) from pg_replication_slots;",
      ),
    ];
    this.alarm("StorageLow", "storage-low", "FreeStorageSpace", "Minimum", "page", {
      intent: `Less than 10 % of the ${allocatedStorageGib} GiB of ${identifier} is free and storage autoscaling has not helped, or it has stopped reporting: when full it stops.`,
      steps: [
        this.look(),
        [
          "See whether autoscaling tried:",
          aws(`rds describe-events --source-identifier ${identifier} --source-type db-instance --duration 1440`),
        ],
        grow,
        eaters,
      ],
      when: { comparison: "<", threshold: Math.floor(bytes * 0.1), periods: 5, missingData: "breaching" },
    });
    this.alarm("StorageWarning", "storage-warning", "FreeStorageSpace", "Minimum", "ticket", {
      intent: `Less than 20 % of the ${allocatedStorageGib} GiB of ${identifier} is free.`,
      steps: [
        eaters,
        grow,
        "After storage autoscaling the true size lies above the configured one: write it into the config, so that the thresholds follow.",
      ],
      when: { comparison: "<", threshold: Math.floor(bytes * 0.2), periods: 5, missingData: "notBreaching" },
    });
    for (const [id, alarm, metric, what] of [
      ["ReadSlow", "read-slow", "ReadLatency", "reads"],
      ["WriteSlow", "write-slow", "WriteLatency", "writes"],
    ] as const) {
      this.alarm(id, alarm, metric, "p90", "ticket", {
        intent: `One in ten ${what} of ${identifier} takes more than 20 ms: its storage is overloaded.`,
        steps: [
          "Compare ReadIOPS + WriteIOPS on the dashboard with the volume's limit: 3 000 below 400 GiB, 12 000 from 400 GiB on (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html#gp3-storage).",
          this.topSql(),
          this.waits(),
        ],
        when: { comparison: ">", threshold: 0.02, periods: 5, missingData: "missing" },
      });
    }
    this.alarm("DiskQueueLong", "disk-queue-long", "DiskQueueDepth", "Average", "ticket", {
      intent: `More than 64 requests wait for the storage of ${identifier}.`,
      steps: [this.topSql(), "Compare ReadIOPS + WriteIOPS with the volume's limit on the dashboard.", this.waits()],
      when: { comparison: ">", threshold: 64, periods: 15, missingData: "notBreaching" },
    });
    if (this.props.storageType === "gp2") {
      this.alarm("BurstLow", "burst-low", "BurstBalance", "Average", "ticket", {
        intent: `The volume of ${identifier} has nearly used up its burst credits and will slow to its baseline.`,
        steps: [this.topSql(), "gp3 has no credits: change the storage type, which runs without downtime."],
        when: { comparison: "<", threshold: 20, periods: 5, missingData: "missing" },
      });
    }
  }

  private storageLink(): void {
    const { identifier, shape } = this.props;
    if (!shape.burstableStorage) return;
    for (const [id, alarm, metric, what] of [
      ["IoCreditsLow", "io-credits-low", "EBSIOBalance%", "I/O"],
      ["ByteCreditsLow", "byte-credits-low", "EBSByteBalance%", "throughput"],
    ] as const) {
      this.alarm(id, alarm, metric, "Average", "ticket", {
        intent: `${identifier} has used up 90 % of the ${what} credits that its class has for storage: it will slow to the baseline of ${shape.name}.`,
        steps: [
          this.topSql(),
          "A load that runs for hours needs a class without storage credits: see `burstsUpTo` in config/instance-classes.ts.",
          this.resize(),
        ],
        when: { comparison: "<", threshold: 10, periods: 3, missingData: "missing" },
      });
    }
  }

  private engine(): void {
    const { identifier, replica } = this.props;
    this.alarm("TransactionIdsHigh", "transaction-ids-high", "MaximumUsedTransactionIDs", "Average", "page", {
      intent: `Autovacuum of ${identifier} has fallen behind by a billion transactions: at two billion the database refuses to write.`,
      steps: [
        [
          "Find the oldest tables:",
          sql(
            "select relname, age(relfrozenxid) from pg_class where relkind in ('r', 't', 'm') order by 2 desc limit 10;",
          ),
        ],
        [
          "Find what holds vacuum back:",
          sql(
            "select pid, usename, state, age(backend_xmin), xact_start, left(query, 80) from pg_stat_activity where backend_xmin is not null order by 4 desc limit 5;",
          ),
          sql("select gid, prepared from pg_prepared_xacts;"),
          sql("select slot_name, active, xmin from pg_replication_slots;"),
        ],
        [
          "End it, whichever it is:",
          sql("select pg_terminate_backend(<pid>);"),
          sql("rollback prepared '<id>';"),
          sql("select pg_drop_replication_slot('<name>');"),
        ],
        ["Then vacuum the oldest table:", sql("vacuum (freeze, verbose) <table>;")],
      ],
      when: { comparison: ">", threshold: 1_000_000_000, periods: 1, missingData: "missing" },
    });
    if (replica === true) {
      this.alarm("ReplicaLagHigh", "replica-lag-high", "ReplicaLag", "Maximum", "ticket", {
        intent: `${identifier} is more than a minute behind its source, or replication has stopped: what it answers is old.`,
        steps: [
          this.look(),
          [
            "Long queries on the replica hold replay back:",
            sql(
              "select pid, now() - query_start, left(query, 80) from pg_stat_activity where state = 'active' order by 2 desc;",
            ),
          ],
          this.topSql(),
        ],
        when: { comparison: ">", threshold: 60, periods: 10, missingData: "breaching" },
      });
    }
  }

  private alarm(
    id: string,
    name: string,
    metric: string,
    statistic: string,
    severity: Severity,
    props: { readonly intent: string; readonly steps: readonly Step[]; readonly when: Condition },
  ): void {
    const { identifier, monitoring } = this.props;
    this.made.push(
      new Alarm(this, id, {
        monitoring,
        name: `${this.props.name}-${name}`,
        kind: name,
        of: { database: this.props.name },
        intent: props.intent,
        severity,
        steps: props.steps,
        metric: { namespace: "AWS/RDS", name: metric, dimensions: { DBInstanceIdentifier: identifier }, statistic },
        periodSeconds: 60,
        ...props.when,
      }),
    );
  }

  private look(): Step {
    return [
      "See its state:",
      aws(
        `rds describe-db-instances --db-instance-identifier ${this.props.identifier} --query "DBInstances[0].[DBInstanceStatus,DBInstanceClass,AllocatedStorage,PendingModifiedValues]"`,
      ),
      aws(`rds describe-events --source-identifier ${this.props.identifier} --source-type db-instance --duration 60`),
    ];
  }

  private topSql(): Step {
    return [
      `Find the statements that load it: console > CloudWatch > Database Insights > ${this.props.identifier} > Top SQL, or:`,
      sql(
        "select pid, usename, now() - query_start as runs, wait_event_type, left(query, 120) from pg_stat_activity where state = 'active' order by 3 desc limit 10;",
      ),
    ];
  }

  private waits(): Step {
    return [
      "Find who blocks whom:",
      sql(
        "select pid, pg_blocking_pids(pid), wait_event, left(query, 80) from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0;",
      ),
    ];
  }

  private cancel(): Step {
    return [
      "Cancel a runaway statement:",
      sql("select pg_cancel_backend(<pid>);"),
      "If it does not end:",
      sql("select pg_terminate_backend(<pid>);"),
    ];
  }

  private resize(): string {
    return `If the load is here to stay, follow "Change the instance type" in the runbook (\`databases.${this.props.name}.instanceClass\`).`;
  }
}
