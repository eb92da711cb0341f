import { z } from "zod";

/** One PostgreSQL instance on RDS. */
export const databaseSchema = z.strictObject({
  /** PostgreSQL version, major and minor. */
  engineVersion: z.string().regex(/^\d+\.\d+$/, "must be major.minor, for example 17.6"),
  /** RDS instance class. */
  instanceClass: z.string().regex(/^db\.[a-z0-9]+\.[a-z0-9]+$/, "must be an RDS instance class such as db.m7g.large"),
  /** Allocated storage in GiB. */
  allocatedStorageGib: z.int().min(20).max(65536),
  /** Storage autoscaling limit in GiB. */
  maxAllocatedStorageGib: z.int().min(20).max(65536),
  /** A standby in another zone that takes over when the first fails. */
  multiAz: z.boolean(),
  /** Days of automated backups; 0 switches them off. */
  backupRetentionDays: z.int().min(0).max(35),
  /** Enhanced monitoring interval in seconds. */
  monitoringIntervalSeconds: z.literal([1, 5, 10, 15, 30, 60]),
  /** Daily backup window, UTC, `hh:mm-hh:mm`. */
  backupWindow: z.string(),
  /** Weekly maintenance window, UTC, `ddd:hh:mm-ddd:hh:mm`. */
  maintenanceWindow: z.string(),
});

/** The operational database `db` and the warehouse `dw`. */
export const databasesSchema = z.strictObject({ db: databaseSchema, dw: databaseSchema });

/** Validated settings of one database. */
export type DatabaseConfig = z.output<typeof databaseSchema>;
