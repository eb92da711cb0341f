import type { z } from "zod";
import { clusterSchema } from "../../../../config/schema/cluster";
import { KopsCluster, type KopsClusterProps } from "../../../../constructs/stage2/kops/cluster";
import type { KopsClusterSpec, SharedSubnet } from "../../../../constructs/stage2/kops/spec";
import { synth, type Synthesized } from "../../../support";

const ZONES = ["us-east-1a", "us-east-1c", "us-east-1d"];

const byZone = (...subnets: readonly (readonly [string, string])[]): Record<string, SharedSubnet> =>
  Object.fromEntries(subnets.map(([id, cidr], index) => [ZONES[index] ?? "", { id, cidr }]));

/** Settings of the cluster that the reference in `__tests__/data/kops-k8s-dev` was made from. */
export const REFERENCE_CONFIG: z.input<typeof clusterSchema> = {
  purpose: "Runs the tests.",
  kubernetesVersion: "1.36.1",
  machineImage: "ami-0123456789abcdef0",
  controlPlane: { zones: ZONES, machineType: "t3.medium" },
  nodeGroups: {
    nodes: { machineType: "t3.large", minSize: 5, maxSize: 8 },
    etl: {
      machineType: "m5.xlarge",
      minSize: 1,
      maxSize: 3,
      labels: { opsdx_nodegroup: "etl" },
      taints: ["opsdx_nodegroup=etl:NoSchedule"],
    },
    web: { machineType: "m5.large", minSize: 2, maxSize: 6, labels: { opsdx_nodegroup: "web" } },
  },
  apiAccess: ["10.0.0.0/16"],
  serviceAccounts: [{ namespace: "monitoring", name: "grafana", policyNames: ["opsdx-dev-grafana"] }],
  etcd: { backupRetentionDays: 90 },
};

/** What parity is measured by: the groups of the other tests, and what else kops makes tags of. */
export const PARITY_CONFIG: z.input<typeof clusterSchema> = {
  ...REFERENCE_CONFIG,
  nodeGroups: {
    ...REFERENCE_CONFIG.nodeGroups,
    gpu: {
      machineType: "g5.xlarge",
      minSize: 0,
      maxSize: 2,
      gpu: true,
      labels: { opsdx_nodegroup: "gpu" },
      priority: 20,
      mixedInstances: { machineTypes: ["g5.xlarge", "g5.2xlarge"], onDemandBase: 0, onDemandAboveBasePercent: 0 },
    },
    "gpu-ondemand": { machineType: "g5.xlarge", minSize: 0, maxSize: 1, gpu: true, priority: 10 },
  },
};

/** A cluster on the reference's network. */
export function specOf(
  config: z.input<typeof clusterSchema> = REFERENCE_CONFIG,
  changes: Partial<KopsClusterSpec> = {},
): KopsClusterSpec {
  return {
    name: "k8s.dev.opsdx.io",
    config: clusterSchema.parse(config),
    identities: [{ roleName: "opsdx-dev-etl-launcher", username: "etl-launcher", groups: ["opsdx:etl-launchers"] }],
    account: { id: "123456789012", region: "us-east-1" },
    dnsZone: { name: "dev.opsdx.io", id: "QYW288K9M8JAHU1YD2HETA" },
    vpc: { id: "vpc-4ca306dca3cd998dc", cidr: "10.0.0.0/16" },
    subnets: {
      node: byZone(
        ["subnet-bb1ab680250a5a52a", "10.0.32.0/19"],
        ["subnet-3676c13fecb6ede22", "10.0.64.0/19"],
        ["subnet-45881002a87a8118f", "10.0.96.0/19"],
      ),
      master: byZone(
        ["subnet-55a49fcf6d29d22e9", "10.0.128.0/24"],
        ["subnet-ec678e05e882529b0", "10.0.129.0/24"],
        ["subnet-abd4a98c3dd66f549", "10.0.130.0/24"],
      ),
      utility: byZone(
        ["subnet-e81a8caae80b6f2f5", "10.0.0.0/22"],
        ["subnet-c3d94f2d1303b3300", "10.0.4.0/22"],
        ["subnet-4f232c27cac27d57b", "10.0.8.0/22"],
      ),
    },
    securityGroups: { api: [], master: [], node: [] },
    permissionsBoundaryArn: "arn:aws:iam::123456789012:policy/opsdx-boundary",
    volumeKeyArn: "arn:aws:kms:us-east-1:123456789012:key/volumes",
    stateBucket: "opsdx-kops-state",
    discoveryBucket: "opsdx-dev-oidc",
    ...changes,
  };
}

/** A cluster, synthesized. */
export function synthCluster(spec: KopsClusterSpec, props: Partial<KopsClusterProps> = {}): Synthesized {
  return synth((stack) => {
    new KopsCluster(stack, "K8s", {
      spec,
      boot: { placeholder: "#!/bin/sh" },
      ...props,
    });
  });
}

/** The resources of a synthesized stack as Terraform JSON has them. */
export function resourcesOf(synthesized: Synthesized): Record<string, Record<string, Record<string, never>>> {
  return synthesized.json["resource"] as Record<string, Record<string, Record<string, never>>>;
}
