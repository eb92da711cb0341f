import { RefusedError } from "../config/explained-error";
import path from "node:path";
import type { ClusterConfig } from "../config/schema/cluster";
import type { ClusterName, EnvironmentConfig } from "../config/schema/environment";
import type { GlobalConfig } from "../config/schema/global";
import { clusterIdentities } from "../config/cluster-identities";
import { planSubnets, type SubnetRole } from "../config/cidr-plan";
import { entranceHosts, SERVICES_CLUSTER } from "../config/entrance";
import { generalGroup } from "../config/general-group";
import { boundaryArn, clusterFullName } from "../config/names";
import type { Construct } from "../constructs/shared/cdktf";
import { constructId } from "../constructs/shared/construct-id";
import type { ClusterExports } from "../constructs/shared/kubernetes/cluster";
import { acknowledge } from "../constructs/shared/policy/acknowledge";
import { KopsCluster, type ClusterBoot } from "../constructs/stage2/kops/cluster";
import { ClusterOperations } from "../constructs/stage2/kops/cluster-operations";
import { mendCommand, readPayload, renderCommand } from "../constructs/stage2/kops/payload";
import { instanceGroups, type KopsClusterSpec, type SharedSubnet } from "../constructs/stage2/kops/spec";
import { BaseStack } from "./base-stack";
import type { Deployment } from "./deployment";
import { declareOutputs, importOutputs, publishExports } from "./exports";
import { importedMonitoring } from "./imported-monitoring";
import type { Stage1Exports, Stage1Stack } from "./stage1-stack";

/** Properties of {@link Stage2Stack}. */
export interface Stage2StackProps {
  /** The environment's settings. */
  readonly config: EnvironmentConfig;
  /** What the environments share. */
  readonly globalConfig: GlobalConfig;
  /** Where state lives and which endpoints Terraform talks to. */
  readonly deployment: Deployment;
  /** The environment's stage1, whose outputs it reads. */
  readonly stage1: Stage1Stack;
}

/** What stage2 hands to stage3: each cluster's exports, by the cluster's short name. */
export type Stage2Exports = Readonly<Record<ClusterName, ClusterExports>>;

/** Folder of the rendered boot payloads, `<root>/<env>/<cluster>/`. */
export const PAYLOAD_ROOT = path.join(__dirname, "..", "kops");

/** What Terraform says of a cluster that has never been rendered. */
export const NO_PAYLOAD = "has no boot payload";

/** Thrown when boot payloads were rendered from another configuration, or are damaged; names each and what mends it. */
export class StalePayloadError extends RefusedError {}

/** An environment's Kubernetes clusters on stage1's network. */
export class Stage2Stack extends BaseStack {
  /** What stage3 and other programs use. */
  public readonly exports: Stage2Exports;

  /** @throws StalePayloadError naming every cluster whose boot payload was rendered from another configuration, or is damaged */
  public constructor(scope: Construct, id: string, props: Stage2StackProps) {
    const { config, deployment, globalConfig } = props;
    const { account, name: owner } = config;
    super(scope, id, {
      owner,
      account,
      deployment,
      rolesBoundary: boundaryArn(account.id),
      deletionProtection: config.deletionProtection,
    });
    const stage1 = importOutputs(this, props.stage1, props.stage1.exports);
    const monitoring = importedMonitoring(config, globalConfig, stage1.alarms);
    const clusters = Object.entries(config.clusters).map(([name, cluster]) => {
      const spec = clusterSpec(config, globalConfig, name, cluster, stage1);
      return { name, spec, purpose: cluster.purpose, boot: bootOf(config.name, name, spec, deployment) };
    });
    const stale = clusters.flatMap(({ boot }) => ("stale" in boot ? [boot.stale] : []));
    if (stale.length > 0) throw new StalePayloadError(stale.join("\n"));
    // Every cluster of the configuration is in it: a stale one has thrown.
    this.exports = Object.fromEntries(
      clusters.flatMap(({ name, spec, purpose, boot }) => {
        if ("stale" in boot) return [];
        const cluster = new KopsCluster(this, constructId(name), { spec, boot });
        for (const [group, made] of cluster.groups) {
          if (!behindLoadBalancers(config, name).has(group)) continue;
          acknowledge(
            made,
            "AutoScalingGroupELBHealthCheckRequired",
            "a broken release fails the load balancer's check on every node at once, and replacing the nodes would take the capacity away and mend nothing: traffic leaves such a node at once, an alarm names it, and a node that is ill itself fails EC2's checks",
          );
        }
        new ClusterOperations(cluster, "Operations", {
          monitoring,
          cluster: name,
          purpose,
          owner: config.owners.clusters,
          clusterName: spec.name,
          stateBucket: spec.stateBucket,
          api: cluster.api,
          groups: instanceGroups(spec),
        });
        return [[name, cluster.exports]];
      }),
    ) as Stage2Exports;
    declareOutputs(this, this.exports);
    publishExports(this, config.name, "stage2", this.exports);
  }
}

/** Worker groups of a cluster that a load balancer of stage3 sends requests to. */
function behindLoadBalancers(config: EnvironmentConfig, cluster: string): ReadonlySet<string> {
  if (cluster !== SERVICES_CLUSTER) return new Set();
  const general = generalGroup(config.clusters[SERVICES_CLUSTER].nodeGroups);
  const entered = Object.keys(entranceHosts(config)).length > 0 && general !== undefined;
  return new Set([config.web.nodeGroup, ...(entered ? [general] : [])]);
}

/** The part of stage1's exports that a cluster stands on. */
export interface ClusterGround {
  /** The network, and stage1's security groups for the API, control planes and nodes. */
  readonly core: Pick<Stage1Exports["core"], "vpcId" | "nodeSubnetIds" | "masterSubnetIds" | "utilitySubnetIds"> & {
    readonly securityGroupIds: Readonly<Record<"api" | "builds" | "master" | "node" | "services", string>>;
  };
  /** The zone that holds the API's record. */
  readonly dns: Pick<Stage1Exports["dns"], "zoneId">;
  /** The key that encrypts volumes. */
  readonly audit: Pick<Stage1Exports["audit"], "ebsKeyArn">;
}

/** What a cluster is made from, on the network that stage1 exports. */
export function clusterSpec(
  config: EnvironmentConfig,
  globalConfig: GlobalConfig,
  name: string,
  cluster: ClusterConfig,
  { audit, core, dns }: ClusterGround,
): KopsClusterSpec {
  const plan = planSubnets(config.network);
  const general = generalGroup(cluster.nodeGroups);
  const subnets = (role: SubnetRole, ids: Readonly<Record<string, string>>): Record<string, SharedSubnet> =>
    Object.fromEntries(
      plan.filter((subnet) => subnet.role === role).map(({ zone, cidr }) => [zone, { id: ids[zone] ?? "", cidr }]),
    );
  return {
    name: clusterFullName(config, name),
    config: cluster,
    identities: clusterIdentities(config, name),
    account: config.account,
    dnsZone: { name: config.dns.zone, id: dns.zoneId },
    vpc: { id: core.vpcId, cidr: config.network.cidr },
    subnets: {
      node: subnets("node", core.nodeSubnetIds),
      master: subnets("master", core.masterSubnetIds),
      utility: subnets("utility", core.utilitySubnetIds),
    },
    securityGroups: {
      api: [core.securityGroupIds.api],
      master: [core.securityGroupIds.master],
      node: [core.securityGroupIds.node],
      workers: Object.fromEntries(
        name === SERVICES_CLUSTER && general !== undefined ? [[general, [core.securityGroupIds.services]]] : [],
      ),
      apart: Object.fromEntries(
        name === SERVICES_CLUSTER && config.concourse !== undefined
          ? [[config.concourse.workers.nodeGroup, [core.securityGroupIds.builds]]]
          : [],
      ),
    },
    permissionsBoundaryArn: boundaryArn(config.account.id),
    volumeKeyArn: audit.ebsKeyArn,
    stateBucket: globalConfig.buckets.kopsState,
    discoveryBucket: globalConfig.buckets.oidcDiscovery,
  };
}

function bootOf(
  environment: string,
  cluster: string,
  spec: KopsClusterSpec,
  deployment: Deployment,
): ClusterBoot | { readonly stale: string } {
  const command = renderCommand(environment, cluster);
  if (deployment.kind === "sandbox") {
    return { placeholder: `#!/bin/sh\n# Sandbox: no boot payload. In the cloud it comes from: ${command}\n` };
  }
  const planned = deployment.planning === true;
  const payload = readPayload(path.join(PAYLOAD_ROOT, environment, cluster), spec);
  switch (payload.state) {
    case "current":
      return { payload: payload.payload };
    case "missing":
      return { refusal: `${spec.name} ${NO_PAYLOAD}: nodes would not start. Run: ${command}` };
    case "damaged": {
      const why = `kops/${environment}/${cluster}: ${payload.faults.join("; ")}. ${mendCommand(environment, cluster)}`;
      return planned ? { refusal: why } : { stale: why };
    }
    case "stale": {
      const why =
        `kops/${environment}/${cluster}/payload.json: manifestDigest must be that of the configured cluster, ` +
        `${payload.manifest}, got ${payload.renderedFrom}. Run: ${command}`;
      return planned ? { payload: payload.payload, refusal: why } : { stale: why };
    }
  }
}
