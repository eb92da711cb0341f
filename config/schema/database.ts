import { closest } from "fastest-levenshtein";
import { z } from "zod";
import { INSTANCE_CLASSES } from "../instance-classes";
import { copyRegion, region } from "./primitives";
import { rule, valid, type Rule } from "./rule";
import {
  dailyWindow,
  formatWindow,
  localWindowInUtc,
  nearestFreeWindow,
  parseWindow,
  timeOfDay,
  timeZone,
  weeklyWindow,
  windowsOverlap,
} from "./time";

/**
 * PostgreSQL majors that RDS supports without extra charge.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html
 */
const MAJOR_VERSIONS = ["14", "15", "16", "17", "18"];

const engineVersion = z.string().superRefine((value, context) => {
  if (MAJOR_VERSIONS.includes(value)) return;
  const distance = (major: string): number => Math.abs(Number(major) - Number.parseInt(value, 10));
  context.addIssue({
    code: "custom",
    message: `must be a PostgreSQL major version, ${MAJOR_VERSIONS.join(", ")}: RDS picks the minor one, and upgrades it in the maintenance window`,
    params: { nearest: MAJOR_VERSIONS.reduce((best, major) => (distance(major) < distance(best) ? major : best)) },
  });
});

const instanceClass = z.string().superRefine((value, context) => {
  if (INSTANCE_CLASSES.has(value)) return;
  context.addIssue({
    code: "custom",
    message: "must be an instance class of config/instance-classes.ts, from which its alarms are sized",
    params: { nearest: closest(value, [...INSTANCE_CLASSES.keys()]) },
  });
});

/**
 * A gp3 volume for PostgreSQL holds 20 GiB to 64 TiB.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html#gp3-storage
 */
const storageGib = z.int().min(20).max(65536);

/** Days between two snapshots: Wednesday and Saturday, or the first day of the month. */
const rhythm = z.enum(["half-week", "month"]);

/** The most days that a copy in the shared account may be kept: its vault's lock, which nothing may lengthen in compliance mode. */
export const MAX_COPY_DAYS = 365;

/** Snapshots that AWS Backup takes, beside RDS's automated backups or instead of them. */
const snapshotsSchema = z.strictObject({
  /** `half-week`: Wednesday and Saturday, so that a week without a finished snapshot is always a fault. `month`: the first day. */
  every: rhythm,
  /** Start, UTC, `hh:mm`; AWS Backup begins within the hour. */
  startUtc: timeOfDay,
  /** Days that a snapshot is kept; the vault refuses less than a week. */
  keepDays: z.int().min(7).max(3653),
  /**
   * Copies in the shared account, which outlive this one. Where their rhythm is another, further snapshots are taken for them and kept
   * here a week. @default no copy
   */
  copies: z
    .strictObject({
      /** How often, as above: what is lost with the account is what was written since. */
      every: rhythm,
      /** Days that a copy is kept. It holds PHI as long. */
      keepDays: z.int().min(7).max(MAX_COPY_DAYS),
    })
    .optional(),
});

/** One PostgreSQL instance on RDS. */
export const databaseSchema = z.strictObject({
  /** PostgreSQL major version. */
  engineVersion,
  /** RDS instance class. */
  instanceClass,
  /** Allocated storage in GiB. It can only grow. */
  allocatedStorageGib: storageGib,
  /** Storage autoscaling limit in GiB. */
  maxAllocatedStorageGib: storageGib,
  /** A standby in another zone that takes over when the first fails. */
  multiAz: z.boolean(),
  /** Days of automated backups, and so of point-in-time recovery; 0 switches them off. */
  backupRetentionDays: z.int().min(0).max(35),
  /** Copy the automated backups, with their logs, to this region. @default no copy */
  replicaRegion: copyRegion.optional(),
  snapshots: snapshotsSchema,
  /** Enhanced monitoring interval in seconds. */
  monitoringIntervalSeconds: z.literal([1, 5, 10, 15, 30, 60]),
  /** Database Insights: `standard` keeps 7 days; `advanced` keeps 15 months, with locks and plans, and costs per vCPU. */
  insights: z.enum(["standard", "advanced"]),
  /**
   * Write the text of slow and failed statements into the log. Values that stand in a text are PHI; bind values are never written.
   * @default false: Database Insights shows slow statements without values
   */
  logStatements: z.boolean().default(false),
  /** Daily backup window, UTC, `hh:mm-hh:mm`. */
  backupWindow: dailyWindow,
  /** Weekly maintenance window, UTC, `ddd:hh:mm-ddd:hh:mm`. */
  maintenanceWindow: weeklyWindow,
  /** Apply changes at once rather than in the maintenance window: for a major upgrade, and off again after it. @default false */
  applyImmediately: z.boolean().default(false),
});

/** The operational database `db`, the warehouse `dw`, and `services`, where services on the clusters keep what is theirs. */
export const databasesSchema = z.strictObject({
  db: databaseSchema,
  dw: databaseSchema,
  /** @default - none: no service of the environment needs one */
  services: databaseSchema.optional(),
});

/** Services that keep their data in the database `services`, by the names of their settings. */
export const DATABASE_SERVICES = ["concourse", "grafana", "redash"] as const;

/** Databases reduced to the settings that a rule needs; a database where one is wrong is reported elsewhere. */
const databasesWith = <S extends z.ZodRawShape>(shape: S) =>
  z.object({ databases: z.record(z.string(), valid(z.object(shape))) });

/**
 * Storage can grow by itself. RDS wants the limit to be at least a tenth above what is allocated.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html
 */
const storageCanGrow = rule(
  databasesWith({ allocatedStorageGib: storageGib, maxAllocatedStorageGib: storageGib }),
  function* ({ databases }) {
    for (const [name, storage] of Object.entries(databases)) {
      if (storage === undefined) continue;
      const smallest = Math.ceil((storage.allocatedStorageGib * 11) / 10);
      if (storage.maxAllocatedStorageGib >= smallest) continue;
      yield {
        path: ["databases", name, "maxAllocatedStorageGib"],
        rule: `must be at least 10 % above allocatedStorageGib (${storage.allocatedStorageGib}), or the storage cannot grow by itself`,
        received: storage.maxAllocatedStorageGib,
        nearest: smallest <= 65536 ? smallest : undefined,
      };
    }
  },
);

/** The warehouse can be loaded again, and services can wait: what the operational database loses with its zone, nobody has. */
const standby = rule(
  z.object({ databases: z.object({ db: z.object({ multiAz: z.boolean() }) }) }),
  function* ({ databases }) {
    if (databases.db.multiAz) return;
    yield {
      path: ["databases", "db", "multiAz"],
      rule: "must be true: a standby takes over when a zone is lost, and only the warehouse can be loaded again",
      received: false,
      nearest: true,
    };
  },
);

/** Every database can be restored: a standby repeats every mistake of the first instance. */
const restorable = rule(
  databasesWith({
    multiAz: z.boolean(),
    backupRetentionDays: z.int(),
    replicaRegion: z.string().optional(),
    snapshots: z.object({ every: z.string() }),
  }),
  function* ({ databases }) {
    for (const [name, database] of Object.entries(databases)) {
      if (database?.backupRetentionDays !== 0) continue;
      if (database.multiAz) {
        yield {
          path: ["databases", name, "backupRetentionDays"],
          rule: "must be at least 1 where multiAz is true: a standby repeats every mistake of the first instance",
          received: 0,
          nearest: 1,
        };
      }
      if (database.replicaRegion !== undefined) {
        yield {
          path: ["databases", name, "replicaRegion"],
          rule: "must be left out where backupRetentionDays is 0: there is nothing to copy",
          received: database.replicaRegion,
        };
      }
      if (database.snapshots.every !== "half-week") {
        yield {
          path: ["databases", name, "snapshots", "every"],
          rule: "must be half-week where backupRetentionDays is 0: the snapshots are the only backup",
          received: database.snapshots.every,
          nearest: "half-week",
        };
      }
    }
  },
);

/** An environment has one region for copies: the audit's. */
const backupsElsewhere = rule(
  databasesWith({ replicaRegion: region.optional() }).extend({ audit: z.object({ replicaRegion: region.optional() }) }),
  function* ({ audit, databases }) {
    for (const [name, database] of Object.entries(databases)) {
      if (database?.replicaRegion === undefined || database.replicaRegion === audit.replicaRegion) continue;
      yield {
        path: ["databases", name, "replicaRegion"],
        rule: "must be audit.replicaRegion, the one region that receives copies",
        received: database.replicaRegion,
        nearest: audit.replicaRegion,
      };
    }
  },
);

/**
 * No snapshot starts in the load, in the windows of RDS, or in the hour before those: AWS Backup then refuses to.
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/plan-options-and-configuration.html
 */
const snapshotsApart = rule(
  databasesWith({
    backupRetentionDays: z.int(),
    backupWindow: dailyWindow,
    maintenanceWindow: weeklyWindow,
    snapshots: snapshotsSchema,
  }).extend({ loadWindow: valid(z.object({ start: timeOfDay, end: timeOfDay, timeZone })) }),
  function* ({ databases, loadWindow }) {
    const load = loadWindow && localWindowInUtc(loadWindow.start, loadWindow.end, loadWindow.timeZone);
    for (const [name, database] of Object.entries(databases)) {
      if (database === undefined) continue;
      const { copies, every, startUtc } = database.snapshots;
      const daily = { ...parseWindow(`${startUtc}-${startUtc}`), minutes: 60 };
      const starts =
        every === "month" || copies?.every === "month"
          ? [daily]
          : ["wed", "sat"].map((day) => ({
              ...parseWindow(`${day}:${startUtc}-${day}:${startUtc}`),
              minutes: 60,
            }));
      const blocked = [
        ...(database.backupRetentionDays > 0 ? ["backupWindow" as const] : []),
        "maintenanceWindow" as const,
      ].map((key) => {
        const { start, minutes, ...rest } = parseWindow(database[key]);
        return { name: `${key} ${database[key]}`, taken: [{ start: start - 60, minutes: minutes + 60, ...rest }] };
      });
      const all = [...blocked, ...(load === undefined ? [] : [{ name: "the load window", taken: load }])];
      for (const other of all) {
        if (!starts.some((start) => other.taken.some((taken) => windowsOverlap(start, taken)))) continue;
        const free = nearestFreeWindow(
          daily,
          all.flatMap(({ taken }) => taken),
        );
        yield {
          path: ["databases", name, "snapshots", "startUtc"],
          rule: `must be such that the hour after it keeps clear of ${other.name}, and of the hour before that`,
          received: startUtc,
          nearest: free && formatWindow(free).slice(0, 5),
        };
      }
    }
  },
);

/** A service that keeps its data in `services` finds it there. */
const servicesHaveOne = rule(
  z.looseObject({ databases: z.object({ services: z.unknown().optional() }) }),
  function* ({ databases, ...settings }) {
    const needing = DATABASE_SERVICES.filter((service) => settings[service] !== undefined);
    if (databases.services !== undefined || needing.length === 0) return;
    yield {
      path: ["databases", "services"],
      rule: `must be given, as ${needing.join(" and ")} keep${needing.length === 1 ? "s" : ""} data there`,
      received: undefined,
    };
  },
);

/** PostgreSQL below 15 lets every role write into every schema `public`. */
const servicesApart = rule(
  z.object({ databases: z.object({ services: valid(z.object({ engineVersion })).optional() }) }),
  function* ({ databases: { services } }) {
    if (services === undefined || Number(services.engineVersion) >= 15) return;
    yield {
      path: ["databases", "services", "engineVersion"],
      rule: "must be 15 or newer: before, every role may write into the schema `public` of every database",
      received: services.engineVersion,
      nearest: "15",
    };
  },
);

/** Rules between the settings of databases; they read the whole environment. */
export const databaseRules: readonly Rule[] = [
  storageCanGrow,
  standby,
  restorable,
  backupsElsewhere,
  snapshotsApart,
  servicesHaveOne,
  servicesApart,
];

/** Validated settings of one database. */
export type DatabaseConfig = z.output<typeof databaseSchema>;
/** Validated settings of the databases. */
export type DatabasesConfig = z.output<typeof databasesSchema>;
