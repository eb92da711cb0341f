import type { EnvironmentConfig } from "../config/schema/environment";
import type { GlobalConfig } from "../config/schema/global";
import type { Construct } from "../constructs/cdktf";
import { boundaryArn } from "../constructs/global/ci-permissions";
import type { KopsClusterExports } from "../constructs/kops/cluster";
import type { MonitoringContext } from "../constructs/observability/monitoring";
import { WebService, type WebExports } from "../constructs/web/web-service";
import { BaseStack } from "./base-stack";
import type { Deployment } from "./deployment";
import { declareOutputs, importOutputs, publishExports } from "./exports";
import type { GlobalStack } from "./global-stack";
import { importedMonitoring } from "./imported-monitoring";
import type { Stage1Exports, Stage1Stack } from "./stage1-stack";
import type { Stage2Stack } from "./stage2-stack";

/** What stage3 hands to other programs, by system. */
export type Stage3Exports = Readonly<{ web: WebExports }>;

/** Properties of {@link Stage3Stack}. */
export interface Stage3StackProps {
  readonly config: EnvironmentConfig;
  readonly globalConfig: GlobalConfig;
  readonly deployment: Deployment;
  readonly global: GlobalStack;
  readonly stage1: Stage1Stack;
  readonly stage2: Stage2Stack;
}

/** What runs on an environment's clusters, and its AWS side. */
export class Stage3Stack extends BaseStack {
  /** Stage1's exports as read from its state. */
  public readonly stage1: Stage1Exports;
  public readonly exports: Stage3Exports;

  public constructor(scope: Construct, id: string, props: Stage3StackProps) {
    const { config, deployment, globalConfig } = props;
    super(scope, id, { owner: config.name, account: config.account, deployment });
    this.rolesBoundary = boundaryArn(config.account.id);
    const global = importOutputs(this, props.global, props.global.exports);
    this.stage1 = importOutputs(this, props.stage1, props.stage1.exports);
    const clusters = importOutputs(this, props.stage2, props.stage2.exports);
    const monitoring = importedMonitoring(config, globalConfig, this.stage1.alarms);
    const web = this.webService(props, monitoring, clusters["k8s"], global.elbAccessLogs.bucketName);
    this.exports = { web: web.exports };
    declareOutputs(this, this.exports);
    publishExports(this, config.name, "stage3", this.exports);
  }

  private webService(
    { config, deployment }: Stage3StackProps,
    monitoring: MonitoringContext,
    cluster: KopsClusterExports | undefined,
    accessLogBucket: string,
  ): WebService {
    const nodes = config.clusters.k8s.nodeGroups[config.web.nodeGroup];
    if (cluster === undefined || nodes === undefined) {
      throw new Error(
        `${this.node.id}: web.nodeGroup must be a node group of the cluster k8s, got "${config.web.nodeGroup}"`,
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
      cluster: { ...cluster, clusterName: `k8s.${config.dns.zone}` },
      capacity: nodes,
      accessLogBucket,
      deletionProtection: deployment.kind === "cloud",
    });
  }
}
