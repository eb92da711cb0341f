import { z } from "zod";
import { auditRules, auditSchema } from "./audit";
import { homeRegion } from "./aws-names";
import { clusterSchema } from "./cluster";
import { clusterRules } from "./cluster-rules";
import { concourseRules, concourseSchema } from "./concourse";
import { controllersRules, controllersSchema } from "./controllers";
import { databaseRules, databasesSchema } from "./database";
import { checkedLabel, dnsRules, dnsSchema, type DnsConfig } from "./dns";
import { drillsRules, drillsSchema } from "./drills";
import { entranceRules } from "./entrance-rules";
import { etlsSchema } from "./etl";
import { etlRules } from "./etl-rules";
import { accountSchema, alarmsSchema, repeatedAddresses } from "./global";
import { grafanaRules, grafanaSchema } from "./grafana";
import { loadRules, loadSchema, locustSchema } from "./load";
import { monitorsRules, monitorsSchema } from "./monitors";
import { networkRules, networkSchema } from "./network";
import { nfsRules, nfsSchema } from "./nfs";
import { auditRetentionDays, logRetentionDays, owner, zoneName } from "./primitives";
import { roomFaults } from "./room-rules";
import { rule, valid, type Rule } from "./rule";
import { dailyWindow, parseWindow, weeklyWindow } from "./time";
import { placementRules } from "./placement-rules";
import { prometheusRules, prometheusSchema } from "./prometheus";
import { redashRules, redashSchema } from "./redash";
import { runnersSchema } from "./runners";
import { tensorflowRules, tensorflowSchema } from "./tensorflow";
import { textsAreLiteral } from "./texts";
import { webRules, webSchema } from "./web";
import { clashes, loadObstacle, loadWindowSchema } from "./windows";

/** What holds for every secret that workloads read. */
const secretsSchema = z
  .strictObject({
    /** Days that a value may stay before a ticket asks for a new one: nothing rotates them. 7 days to ten years. @default 365 */
    maxAgeDays: z.int().min(7).max(3653).default(365),
  })
  .prefault({});

const settingsSchema = z.strictObject({
  /** Environment name: the prefix of its stacks, and part of the names of what they hold. */
  name: z.string().regex(/^[a-z][a-z0-9]{1,7}$/, "must be 2 to 8 lower-case letters and digits"),
  account: accountSchema,
  network: networkSchema,
  audit: auditSchema,
  databases: databasesSchema,
  /** The shared file system. @default - none */
  nfs: nfsSchema.optional(),
  dns: dnsSchema,
  /** The Kubernetes clusters: general, machine learning, and TensorFlow, which an environment may leave out with what stands on it. */
  clusters: z.strictObject({ k8s: clusterSchema, "k8s-ml": clusterSchema, "k8s-ml-tf": clusterSchema.optional() }),
  /** The ETLs, by name. */
  etls: etlsSchema,
  /** The web service trews-rest-api. */
  web: webSchema,
  /** Prometheus and Alertmanager, on each cluster. @default - none */
  prometheus: prometheusSchema.optional(),
  /** Concourse, which builds images. @default - none */
  concourse: concourseSchema.optional(),
  /** Grafana, in which people look at dashboards. @default - none */
  grafana: grafanaSchema.optional(),
  /** Redash, in which people query the databases. @default - none */
  redash: redashSchema.optional(),
  /** Controllers, on which people work inside the VPC. @default - none */
  controllers: controllersSchema.optional(),
  /** TensorFlow, which trains and serves models. @default - none */
  tensorflow: tensorflowSchema.optional(),
  /** CI's runners inside the VPC. @default - none: its jobs run on GitHub's own */
  runners: runnersSchema.optional(),
  /** The behavior monitors, which watch what the data does. @default - none */
  monitors: monitorsSchema.optional(),
  /** Fire drills: what is broken on purpose. @default - none */
  drills: drillsSchema.optional(),
  /** Load tests on the web service. @default - none */
  load: loadSchema.optional(),
  /** Locust's page, which shows their test. @default - none */
  locust: locustSchema.optional(),
  alarms: alarmsSchema,
  /** Days that logs are kept. */
  retention: z.strictObject({
    /** Audit logs: a year or more. */
    auditDays: auditRetentionDays,
    /** Every other log. */
    logDays: logRetentionDays,
  }),
  secrets: secretsSchema,
  /** Who answers for each system that has no settings of its own. */
  owners: z.strictObject({ core: owner, audit: owner, db: owner, dns: owner, clusters: owner }),
  /**
   * Whether Terraform refuses to destroy what holds data, and AWS databases and load balancers; `false` before the environment is taken
   * down. @default true
   */
  deletionProtection: z.boolean().default(true),
  /** The daily Clarity load: neither backups nor maintenance may run in it. */
  loadWindow: loadWindowSchema,
});

/** Everything a human decides about one environment; hosts, by their labels in the file, come out of it by their full names. */
export const environmentSchema = settingsSchema.transform((settings) => {
  const { dns, web } = settings;
  const fullName = (label: string): string => `${label}.${dns.zone}`;
  const healthChecks: DnsConfig["healthChecks"] = Object.fromEntries(
    Object.entries(dns.healthChecks).map(([name, check]) => [
      name,
      { ...check, host: fullName(checkedLabel(name, check.host, web.host) ?? name) },
    ]),
  );
  return { ...settings, dns: { ...dns, healthChecks }, web: { ...web, host: fullName(web.host) } };
});

const account = z.object({ region: homeRegion });

/** An availability zone belongs to the account's region. */
const zonesInRegion = rule(
  z.object({ account, network: z.object({ zones: z.record(zoneName, z.unknown()) }) }),
  function* ({ account: { region }, network }) {
    for (const zone of Object.keys(network.zones)) {
      if (zone.slice(0, -1) === region) continue;
      yield {
        path: ["network", "zones", zone],
        rule: `must be a zone of ${region}, the account's region`,
        received: zone,
        nearest: `${region}${zone.slice(-1)}`,
        isName: true,
      };
    }
  },
);

/** Less than two zones carry neither a database nor anything that shall survive the loss of one. */
const enoughZones = rule(
  z.object({
    network: z.object({ zones: z.record(z.string(), z.unknown()), nat: valid(networkSchema.shape.nat) }),
    databases: valid(z.record(z.string(), z.object({ multiAz: valid(z.boolean()) }))),
  }),
  function* ({ network: { zones, nat }, databases }) {
    if (Object.keys(zones).length >= 2) return;
    const multiAz = Object.entries(databases ?? {}).filter(([, { multiAz }]) => multiAz === true);
    const reasons = [
      "an RDS subnet group",
      ...multiAz.map(([name]) => `databases.${name}.multiAz`),
      ...(nat === "per-az" ? ['nat "per-az"'] : []),
    ];
    yield {
      path: ["network", "zones"],
      rule: `must hold at least 2 zones, as ${reasons.join(" and ")} need${reasons.length === 1 ? "s" : ""}`,
      received: Object.keys(zones),
    };
  },
);

/** Backups, maintenance and the Clarity load keep out of each other's way, in summer and in winter. */
const windowsApart = rule(
  z.object({
    databases: z.record(
      z.string(),
      valid(z.object({ backupWindow: valid(dailyWindow), maintenanceWindow: valid(weeklyWindow) })),
    ),
    loadWindow: valid(loadWindowSchema.strip()),
  }),
  function* ({ databases, loadWindow }) {
    const load = loadWindow === undefined ? [] : [loadObstacle(loadWindow)];
    for (const [name, { backupWindow, maintenanceWindow } = {}] of Object.entries(databases)) {
      const path = ["databases", name];
      const backup =
        backupWindow === undefined
          ? []
          : [{ name: `backupWindow ${backupWindow}`, windows: [parseWindow(backupWindow)] }];
      if (backupWindow !== undefined) yield* clashes([...path, "backupWindow"], backupWindow, load);
      if (maintenanceWindow !== undefined) {
        yield* clashes([...path, "maintenanceWindow"], maintenanceWindow, [...load, ...backup]);
      }
    }
  },
);

/** The load window has a length. */
const loadTakesTime = rule(
  z.object({ loadWindow: loadWindowSchema.strip() }),
  function* ({ loadWindow: { start, end } }) {
    if (start !== end) return;
    yield { path: ["loadWindow", "end"], rule: "must differ from the start", received: end };
  },
);

/** Rules between the settings of one environment. */
export const environmentRules: readonly Rule[] = [
  zonesInRegion,
  enoughZones,
  windowsApart,
  loadTakesTime,
  ...auditRules,
  repeatedAddresses,
  ...networkRules,
  ...databaseRules,
  ...nfsRules,
  ...dnsRules,
  ...clusterRules,
  ...webRules,
  ...prometheusRules,
  ...grafanaRules,
  ...redashRules,
  ...concourseRules,
  ...controllersRules,
  ...tensorflowRules,
  ...monitorsRules,
  ...drillsRules,
  ...loadRules,
  ...entranceRules,
  ...etlRules,
  ...placementRules,
  // What is always on follows from many settings at once, so all of them must be readable.
  rule(environmentSchema, roomFaults),
  textsAreLiteral,
];

/** Validated settings of one environment. */
export type EnvironmentConfig = z.output<typeof environmentSchema>;

/** Short name of one of an environment's clusters. */
export type ClusterName = keyof EnvironmentConfig["clusters"];
