import { z } from "zod";
import { MACHINE_TYPES } from "../machine-types";
import { cpuMillis, memoryMib, roomOf } from "../node-capacity";
import { nodeGroupSchema } from "./cluster";
import { owner } from "./primitives";
import { own, rule, valid, type Rule } from "./rule";
import { cpuQuantity, memoryQuantity } from "./workload";

/**
 * Share of a volume that Prometheus may fill with blocks: it needs the rest for its write-ahead log and for a block that it is merging.
 * @see https://prometheus.io/docs/prometheus/latest/storage/#right-sizing-retention-size
 */
export const MAX_RETENTION_SHARE = 0.8;

/** Prometheus on one cluster. */
const instanceSchema = z.strictObject({
  /** Prometheus servers, each of which scrapes and keeps everything: 2 go on when one is lost. */
  replicas: z.int().min(1).max(2),
  /** Size of the volume of each, in GiB. */
  volumeGib: z.int().min(5).max(1000),
  /** Size in GiB at which the oldest data go before their time: it keeps the volume from filling up. */
  retentionGib: z.int().min(1),
  /** What each asks for. Memory is its limit too; there is none on processors. */
  pod: z.strictObject({ cpu: cpuQuantity, memory: memoryQuantity }),
});

/** Prometheus and Alertmanager: one installation on each cluster. */
export const prometheusSchema = z.strictObject({
  /** Who answers for it. */
  owner,
  /** Days that numbers are kept, as far as `retentionGib` lets them. */
  retentionDays: z.int().min(1).max(365).default(15),
  /** Seconds between two looks at a target. */
  scrapeSeconds: z.int().min(15).max(120).default(30),
  /** Alertmanagers of each cluster, which tell each other what they have told: 2 go on when one is lost. */
  alertmanagers: z.int().min(1).max(3),
  /** What it needs on each cluster that there is. */
  clusters: z.strictObject({ k8s: instanceSchema, "k8s-ml": instanceSchema, "k8s-ml-tf": instanceSchema.optional() }),
});

const facts = z.object({
  clusters: z.record(
    z.string(),
    valid(
      z.object({
        nodeGroups: z.record(
          z.string(),
          valid(nodeGroupSchema.pick({ gpu: true, machineType: true, minSize: true, taints: true }).strip()),
        ),
      }),
    ),
  ),
  prometheus: z.object({
    alertmanagers: valid(prometheusSchema.shape.alertmanagers),
    clusters: z.record(z.string(), valid(instanceSchema)),
  }),
});

/** Each cluster has one, and no other. */
const onePerCluster = rule(
  z.object({
    clusters: z.record(z.string(), z.unknown()),
    prometheus: z.object({ clusters: z.record(z.string(), z.unknown()) }),
  }),
  function* ({ clusters, prometheus }) {
    const path = ["prometheus", "clusters"];
    for (const cluster of Object.keys(clusters)) {
      if (own(prometheus.clusters, cluster) !== undefined) continue;
      yield { path: [...path, cluster], rule: "is required: the cluster is configured", received: undefined };
    }
    for (const cluster of Object.keys(prometheus.clusters)) {
      if (own(clusters, cluster) !== undefined) continue;
      yield {
        path: [...path, cluster],
        rule: "must be left out: there is no such cluster",
        received: cluster,
        isName: true,
      };
    }
  },
);

/** The size cap stays below the volume. */
const retentionFitsVolume = rule(facts.pick({ prometheus: true }), function* ({ prometheus: { clusters } }) {
  for (const [cluster, { retentionGib, volumeGib } = { retentionGib: 0, volumeGib: 0 }] of Object.entries(clusters)) {
    const most = Math.floor(volumeGib * MAX_RETENTION_SHARE);
    if (retentionGib <= most) continue;
    yield {
      path: ["prometheus", "clusters", cluster, "retentionGib"],
      rule: `must be at most ${most}, ${MAX_RETENTION_SHARE * 100} % of the volume of ${volumeGib} GiB: the write-ahead log and blocks that are merged need the rest`,
      received: retentionGib,
      nearest: Math.max(most, 1),
    };
  }
});

/** Replicas stand on nodes of their own, which are there: two on one node are lost together. */
const replicasHaveNodes = rule(facts, function* ({ clusters, prometheus }) {
  for (const [cluster, instance] of Object.entries(prometheus.clusters)) {
    const groups = own(clusters, cluster)?.nodeGroups;
    // A group that is wrong itself may be one of them.
    if (instance === undefined || groups === undefined || Object.values(groups).includes(undefined)) continue;
    const general = Object.entries(groups).flatMap(([name, group]) =>
      group !== undefined && group.taints.length === 0 && !group.gpu ? [{ name, ...group }] : [],
    );
    // That none is there, the rule on the general group says.
    if (general.length === 0) continue;
    const nodes = general.reduce((sum, { minSize }) => sum + minSize, 0);
    const path = ["prometheus", "clusters", cluster];
    if (instance.replicas > nodes) {
      yield {
        path: [...path, "replicas"],
        rule: `must be at most ${nodes}, the nodes that clusters.${cluster}.nodeGroups always has without a taint: two on one node are lost together`,
        received: instance.replicas,
        nearest: Math.max(nodes, 1),
      };
    }
    for (const { machineType, name } of general) {
      const type = MACHINE_TYPES[machineType];
      if (type === undefined) continue;
      const room = roomOf(type);
      for (const [key, asked, has, unit] of [
        ["cpu", cpuMillis(instance.pod.cpu), room.cpuMillis, "m"],
        ["memory", memoryMib(instance.pod.memory), room.memoryMib, "Mi"],
      ] as const) {
        if (asked <= has) continue;
        yield {
          path: [...path, "pod", key],
          rule: `must fit a node of ${name}: ${machineType} has ${has}${unit} for pods, after the system and the DaemonSets`,
          received: instance.pod[key],
          nearest: `${has}${unit}`,
        };
      }
    }
  }
});

/** Rules between the settings of Prometheus and those of its clusters. */
export const prometheusRules: readonly Rule[] = [onePerCluster, retentionFitsVolume, replicasHaveNodes];

/** Validated settings of Prometheus. */
export type PrometheusConfig = z.output<typeof prometheusSchema>;
