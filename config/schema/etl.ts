import { z } from "zod";
import { etlCluster, etlName, launcherName, logStreamName } from "./etl-names";
import { etlNamespace } from "./kubernetes-names";
import { owner, sentences, words } from "./primitives";
import { scheduleSchema } from "./schedule";
import { cpuQuantity, image, memoryQuantity, notSecret, secretReference, variableName } from "./workload";

/** A variable's name. `ETL_` belongs to the launcher. */
const etlVariableName = variableName.regex(/^(?!ETL_)/, "must not start with ETL_: those variables are the launcher's");

/** Seconds between which a longest time without a success lies: CloudWatch keeps a success for 455 days. */
export const [MIN_FRESHNESS, MAX_FRESHNESS] = [900, 400 * 24 * 3600];

/** The Kubernetes Job of one run. */
export const jobSchema = z.strictObject({
  /** A run that takes longer is killed. */
  deadlineSeconds: z.int().min(60).max(604_800),
  /** Tries after the first. */
  backoffLimit: z.int().min(0).max(6),
  /** Seconds that a finished Job is kept, for its name guards its slot. */
  ttlSeconds: z.int().min(3600).max(2_592_000),
  /** Processor request, such as `1000m`; there is no limit. */
  cpu: cpuQuantity,
  /** Memory request and limit. */
  memory: memoryQuantity,
});

/** One ETL: what launches it, where it runs, and when somebody is told. */
export const etlSchema = z.strictObject({
  /** What it is for: the first sentences of its chapter in the runbook. */
  purpose: sentences,
  /** A name that it goes by elsewhere. @default - none */
  alias: words.optional(),
  /**
   * Name that it had until its next deployment: what can be kept is moved, what AWS or Kubernetes keys on the name is made anew before
   * the old one goes, and its freshness counts from its last success under either name. docs/recipes/rename-an-etl.md says the rest.
   * @default - it was not renamed
   */
  renamedFrom: etlName.optional(),
  /** Kinds of files that a run leaves in the staging bucket. */
  reports: z.array(words).min(1).default(["the task graph of each run"]),
  /** Name of its launcher, where people and scripts know one. @default - `opsdx-<env>-<etl>-etl-lambda` */
  functionName: launcherName.optional(),
  /**
   * Stream of its log in the cluster's log group, where people know one; one that ends in `/` gets the pod's name behind it.
   * @default - `kubernetes/default/<etl>/<env>`
   */
  logStream: logStreamName.optional(),
  /** Whether the schedule launches it. Off, it can still be launched by hand. */
  enabled: z.boolean(),
  /** When it runs. @default - on demand only, which `onDemand` must say */
  schedule: scheduleSchema.optional(),
  /** That nothing but people launches it. @default - it has a schedule */
  onDemand: z.literal(true).optional(),
  /**
   * What the scheduler does when it can't deliver.
   * @see https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html
   */
  retry: z.strictObject({
    /** Age at which a slot is given up. */
    maxAgeSeconds: z.int().min(60).max(86_400),
    /** Tries after the first. */
    attempts: z.int().min(0).max(185),
  }),
  job: jobSchema,
  /** Image by digest. @default - none was pushed yet: there is no template to launch */
  image: image.optional(),
  /** Cluster that it runs on. */
  cluster: etlCluster,
  /** Group of the cluster's `nodeGroups`. */
  nodeGroup: z.string().min(1),
  /** Namespace. */
  namespace: etlNamespace,
  /** Variables of the Job: names, addresses, switches. */
  env: z.record(etlVariableName, z.string()).default({}),
  /** AWS secrets, `opsdx/<env>/<etl>/<reference>`: the Job finds the name of each in `<VARIABLE>_SECRET_ID`, and reads it. */
  secrets: z.record(etlVariableName, secretReference).default({}),
  /** Variables of `env` that are no secrets although they are called like one. */
  notSecret: notSecret.default([]),
  /** Longest range, in days, that one run may load again. */
  backfillMaxDays: z.int().min(1).max(366),
  /** Who answers for it. */
  owner,
  /** Longest time without a success, in seconds. @default - on demand only, so there is none */
  freshnessSeconds: z.int().min(MIN_FRESHNESS).max(MAX_FRESHNESS).optional(),
  /** When failed runs raise an alarm, and how urgent the ETL's alarms are. */
  alarms: z.strictObject({
    /** Whom missing or failing runs reach. */
    severity: z.enum(["page", "ticket"]),
    /** Slots with a failed run… */
    failedSlots: z.int().min(1),
    /** …among this many. */
    ofSlots: z.int().min(1).max(7),
  }),
});

/** The ETLs of an environment, by name; dashboards and lists show them in this order. */
export const etlsSchema = z.record(etlName, etlSchema);

/** Validated settings of one ETL. */
export type EtlConfig = z.output<typeof etlSchema>;
/** Validated settings of an environment's ETLs, by name. */
export type EtlsConfig = z.output<typeof etlsSchema>;
