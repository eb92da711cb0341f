import { NODE_GROUP_LABEL } from "../config/schema/cluster";
import type { ClusterName, EnvironmentConfig } from "../config/schema/environment";
import type { GlobalConfig } from "../config/schema/global";
import { generalGroup } from "../config/general-group";
import { clusterFullName } from "../config/names";
import { serviceSecrets } from "../config/service-secrets";
import { constructId } from "../constructs/shared/construct-id";
import type { Cluster, ClusterExports, Clusters, NodeGroup } from "../constructs/shared/kubernetes/cluster";
import { ClusterFoundation } from "../constructs/shared/kubernetes/cluster-foundation";
import { PrometheusRules } from "../constructs/shared/prometheus/rules";
import { ClusterLogs } from "../constructs/shared/observability/cluster-logs";
import { partOf } from "../constructs/shared/observability/system";
import type { DatabaseExports, Platform } from "../constructs/shared/platform";
import type { BaseStack } from "./base-stack";
import type { Deployment } from "./deployment";
import type { GlobalExports } from "./global-stack";
import { importedMonitoring } from "./imported-monitoring";
import type { Stage1Exports } from "./stage1-stack";
import type { Stage2Exports } from "./stage2-stack";

/** What a {@link Platform} is made from. */
export interface PlatformProps {
  /** The environment's settings. */
  readonly config: EnvironmentConfig;
  /** What the environments share. */
  readonly globalConfig: GlobalConfig;
  /** Programs that run as Jobs. */
  readonly programs: Platform["programs"];
  /** Where the program is deployed to. */
  readonly deployment: Deployment;
  /** The global stack's exports, as read from its state. */
  readonly global: GlobalExports;
  /** Stage1's exports, as read from its state. */
  readonly stage1: Stage1Exports;
  /** Stage2's exports, as read from its state. */
  readonly stage2: Stage2Exports;
}

/** A {@link Platform} before what fills Kubernetes Secrets, and what mounts the shared file system, stand on it. */
export type Ground = Omit<Platform, "nfsDrivers" | "secretOperators">;

/** Makes what the systems of stage3 stand on: the clusters' providers and foundations, their log groups, and what earlier stages export. */
export function makePlatform(stack: BaseStack, props: PlatformProps): Ground {
  const { config, global, globalConfig, stage1, stage2 } = props;
  const environment = config.name;
  const monitoring = importedMonitoring(config, globalConfig, stage1.alarms);
  const names = Object.keys(config.clusters) as ClusterName[];
  const clusters = Object.fromEntries(
    names.map((name) => [name, cluster(stack, config, name, stage2[name])]),
  ) as unknown as Clusters;
  const clusterLogs = new ClusterLogs(stack, "ClusterLogs", { monitoring, environment, clusters: names });
  partOf(clusterLogs, "fluent-bit");
  return {
    monitoring,
    environment,
    account: config.account,
    clustersOwner: config.owners.clusters,
    clusters,
    clusterLogs,
    network: stage1.core,
    dns: stage1.dns,
    registryId: globalConfig.account.id,
    registryUrls: global.containerRegistry.urls,
    databases: stage1.db,
    nfs: stage1.nfs,
    databaseVariables: databaseVariables(stage1.db),
    programs: props.programs,
    secretKeyArns: stage1.secrets.keyArns,
    secretArns: stage1.secrets.arns,
    serviceSecrets: serviceSecrets(config),
    // Names of buckets are written out, for commands in the runbook.
    staging: { ...global.clarityStaging, bucketName: globalConfig.buckets.clarityStaging },
    accessLogBucket: globalConfig.buckets.elbAccessLogs,
    bucketLogBucket: stage1.audit.accessLogBucketName,
    deletionProtection: stack.deletionProtection,
  };
}

function cluster(stack: BaseStack, config: EnvironmentConfig, key: ClusterName, exports: ClusterExports): Cluster {
  // The full name is written out: an export of another stack is known only when it is applied, and alarms and commands name it.
  const named = { ...exports, name: clusterFullName(config, key) };
  const providers = stack.clusterProviders(key, named);
  const foundation = new ClusterFoundation(stack, constructId("cluster", key), { provider: providers.kubernetes });
  partOf(foundation, key);
  return {
    ...named,
    ...providers,
    foundation,
    nodeGroups: labelledGroups(config, key),
    ...(config.prometheus !== undefined && { rules: new PrometheusRules() }),
    // A rule of the configuration demands one.
    generalGroup: generalGroup(config.clusters[key]?.nodeGroups ?? {}) ?? "",
  };
}

function labelledGroups(config: EnvironmentConfig, cluster: ClusterName): Readonly<Record<string, NodeGroup>> {
  return Object.fromEntries(
    Object.entries(config.clusters[cluster]?.nodeGroups ?? {}).flatMap(([group, { labels, maxSize, minSize }]) => {
      const label = labels[NODE_GROUP_LABEL];
      return label === undefined ? [] : [[group, { label, minSize, maxSize }]];
    }),
  );
}

/** Where the databases are, for programs on the clusters. */
function databaseVariables(db: DatabaseExports): Readonly<Record<string, string>> {
  return {
    DB_HOST: db.dbAddress,
    DB_NAME: db.dbName,
    DB_PORT: db.dbPort,
    DW_HOST: db.dwAddress,
    DW_NAME: db.dwName,
    DW_PORT: db.dwPort,
  };
}
