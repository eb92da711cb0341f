import { NODE_GROUP_LABEL } from "../config/schema/cluster";
import type { ClusterName, EnvironmentConfig } from "../config/schema/environment";
import type { GlobalConfig } from "../config/schema/global";
import { boundaryArn, clusterFullName } from "../config/names";
import type { Construct } from "../constructs/shared/cdktf";
import { ClusterFoundation } from "../constructs/shared/kubernetes/cluster-foundation";
import { constructId } from "../constructs/shared/construct-id";
import type { EtlCluster } from "../constructs/stage3/etl/etl";
import { EtlSystem, type EtlExports, type FunctionCode } from "../constructs/stage3/etl/etl-system";
import { ClusterLogs } from "../constructs/shared/observability/cluster-logs";
import type { MonitoringContext } from "../constructs/shared/observability/monitoring";
import type { ClusterExports, DatabaseExports } from "../constructs/shared/platform";
import { LogShipping } from "../constructs/stage3/fluent-bit/log-shipping";
import { Headlamp } from "../constructs/stage3/headlamp/headlamp";
import { WebService, type WebExports } from "../constructs/stage3/web/web-service";
import { BaseStack, type ClusterProviders } from "./base-stack";
import type { Deployment } from "./deployment";
import { declareOutputs, importOutputs, publishExports } from "./exports";
import type { GlobalExports, GlobalStack } from "./global-stack";
import { importedMonitoring } from "./imported-monitoring";
import type { Stage1Exports, Stage1Stack } from "./stage1-stack";
import type { Stage2Stack } from "./stage2-stack";

/** What stage3 hands to other programs, by system. */
export type Stage3Exports = Readonly<{ web: WebExports; etl: EtlExports }>;

/** Properties of {@link Stage3Stack}. */
export interface Stage3StackProps {
  readonly config: EnvironmentConfig;
  readonly globalConfig: GlobalConfig;
  readonly deployment: Deployment;
  readonly global: GlobalStack;
  readonly stage1: Stage1Stack;
  readonly stage2: Stage2Stack;
  /** Code of the ETLs' functions. */
  readonly functions: { readonly launcher: FunctionCode; readonly freshness: FunctionCode };
}

/** A cluster as stage3 uses it. */
interface Cluster extends ClusterExports, EtlCluster {
  readonly helm: ClusterProviders["helm"];
  readonly foundation: ClusterFoundation;
}

/** What runs on an environment's clusters, and its AWS side. */
export class Stage3Stack extends BaseStack {
  /** Stage1's exports as read from its state. */
  public readonly stage1: Stage1Exports;
  public readonly exports: Stage3Exports;

  public constructor(scope: Construct, id: string, props: Stage3StackProps) {
    const { config, deployment, globalConfig } = props;
    const { account, name: owner } = config;
    super(scope, id, { owner, account, deployment, rolesBoundary: boundaryArn(account.id) });
    const global = importOutputs(this, props.global, props.global.exports);
    this.stage1 = importOutputs(this, props.stage1, props.stage1.exports);
    const stage2 = importOutputs(this, props.stage2, props.stage2.exports);
    const cluster = (name: ClusterName): Cluster => this.cluster(props.config, name, stage2[name]);
    const clusters = { k8s: cluster("k8s"), "k8s-ml": cluster("k8s-ml"), "k8s-ml-tf": cluster("k8s-ml-tf") };
    const monitoring = importedMonitoring(config, globalConfig, this.stage1.alarms);
    const clusterLogs = new ClusterLogs(this, "ClusterLogs", { monitoring, environment: config.name });
    new LogShipping(this, "LogShipping", {
      monitoring,
      region: config.account.region,
      owner: config.owners.clusters,
      clusters,
      clusterLogs,
    });
    new Headlamp(this, "Headlamp", { owner: config.owners.clusters, clusters });
    const web = this.webService(props, monitoring, clusters.k8s, global);
    const etl = new EtlSystem(this, "Etl", {
      monitoring,
      environment: config.name,
      account: config.account,
      owner: config.owners.clusters,
      etls: config.etls,
      clusters,
      clusterLogs,
      subnetIds: Object.values(this.stage1.core.nodeSubnetIds),
      securityGroupId: this.stage1.core.securityGroupIds.launcher,
      vpcCidr: this.stage1.core.vpcCidr,
      jobs: {
        // The name is written out, for commands in the runbook.
        staging: { ...global.clarityStaging, bucketName: globalConfig.buckets.clarityStaging },
        registryUrls: global.containerRegistry.urls,
        variables: databaseVariables(this.stage1.db),
      },
      code: props.functions,
    });
    this.exports = { web: web.exports, etl: etl.exports };
    declareOutputs(this, this.exports);
    publishExports(this, config.name, "stage3", this.exports);
  }

  private cluster(config: EnvironmentConfig, name: ClusterName, exports: ClusterExports): Cluster {
    // The full name is written out: an export of another stack is known only when it is applied, and alarms and commands name it.
    const named = { ...exports, name: clusterFullName(config, name) };
    const providers = this.clusterProviders(name, named);
    const labels = Object.entries(config.clusters[name].nodeGroups).map(([group, settings]) => [
      group,
      settings.labels[NODE_GROUP_LABEL],
    ]);
    return {
      ...named,
      ...providers,
      foundation: new ClusterFoundation(this, constructId("cluster", name), { provider: providers.kubernetes }),
      nodeLabels: Object.fromEntries(labels.filter(([, label]) => label !== undefined)) as Record<string, string>,
    };
  }

  private webService(
    { config, deployment, globalConfig }: Stage3StackProps,
    monitoring: MonitoringContext,
    cluster: Cluster,
    global: GlobalExports,
  ): WebService {
    const { nodeGroup } = config.web;
    const nodes = config.clusters.k8s.nodeGroups[nodeGroup];
    const nodeLabel = cluster.nodeLabels[nodeGroup];
    if (nodes === undefined || nodeLabel === undefined) {
      throw new Error(
        `${this.node.id}: web.nodeGroup must be a labelled node group of the cluster k8s, got "${nodeGroup}"`,
      );
    }
    return new WebService(this, "Web", {
      monitoring,
      environment: config.name,
      account: config.account,
      config: config.web,
      owner: config.owners.web,
      network: this.stage1.core,
      dns: this.stage1.dns,
      cluster: { ...cluster, clusterName: cluster.name, nodeLabel },
      registryUrls: global.containerRegistry.urls,
      variables: databaseVariables(this.stage1.db),
      capacity: nodes,
      // The name is written out, for commands in the runbook.
      accessLogBucket: globalConfig.buckets.elbAccessLogs,
      deletionProtection: deployment.kind === "cloud",
    });
  }
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
