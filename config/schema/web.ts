import { z } from "zod";
import { podsHeld } from "../node-capacity";
import { commonRules } from "./aws-names";
import { NODE_GROUP_LABEL } from "./cluster";
import { checkedLabel } from "./dns";
import { cidr, hostLabel, owner, percentage } from "./primitives";
import { own, rule, valid, type Rule } from "./rule";
import {
  cpuQuantity,
  groupFacts,
  image,
  literalSecrets,
  memoryQuantity,
  notSecret,
  packingOn,
  podMisfits,
  secretReference,
  variableName,
} from "./workload";

/** A CloudWatch namespace, or a metric's name or dimension value. */
const metricWord = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,254}$/, "must be a CloudWatch name");

/** A short name that becomes part of a metric's id. */
const shortName = z.string().regex(/^[a-z][a-z0-9]{0,31}$/, "must be lower-case letters and digits");

/** How often the outside asks whether the service is up. */
const pingsSchema = z.strictObject({
  /** Metric that a ping writes one sample of, in the service's namespace. */
  metric: metricWord,
  /** Who pings, by `PingStack`, with the `PingSource` that it writes under. */
  stacks: z
    .record(shortName, z.strictObject({ source: metricWord }))
    .refine((stacks) => Object.keys(stacks).length > 0, "must name who pings"),
  /** Pings that each stack is meant to send in five minutes. */
  expectedPer5Minutes: z.int().min(1),
  /** This many in five minutes, or fewer, page somebody. */
  alarmAtPer5Minutes: z.int().min(0),
});

/** What the web ACL lets through. */
const firewallSchema = z.strictObject({
  /**
   * Requests that one address may send in five minutes.
   * @see https://docs.aws.amazon.com/waf/latest/APIReference/API_RateBasedStatement.html
   */
  requestsPer5Minutes: z.int().min(10).max(2_000_000_000),
  /** Public networks of hospitals, which come from one address with hundreds of users: no rate limit for them. */
  clinicNetworks: z.array(cidr),
  /** Rules of AWS's common rule set that count instead of block. */
  countedCommonRules: commonRules,
});

/** trews-rest-api: what stands in front of it, and when somebody is told. */
export const webSchema = z.strictObject({
  /** Who answers for it. */
  owner,
  /** Public host, by its label below the zone. */
  host: hostLabel,
  /** Group of `clusters.k8s.nodeGroups` that the load balancer sends requests to. */
  nodeGroup: z.string().min(1),
  /**
   * What the pods speak. With HTTPS the load balancer encrypts again and takes any certificate, so that one that the cluster
   * issues itself will do.
   */
  targetProtocol: z.enum(["HTTP", "HTTPS"]),
  /**
   * Path that answers 200 when a pod can work.
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
   */
  healthPath: z.string().startsWith("/").max(1024),
  /** Image by digest. */
  image,
  /** Port that the container listens on: not a privileged one, because it is not root. */
  containerPort: z.int().min(1024).max(65_535),
  /** What one pod asks for. Memory is its limit too; there is none on processors. */
  pod: z.strictObject({ cpu: cpuQuantity, memory: memoryQuantity }),
  /** How many pods there are. */
  replicas: z.strictObject({
    /** Fewest, at night. */
    min: z.int().min(2, "must be at least 2, so that one can be replaced while the other answers"),
    /** Most; with one more during a rollout. */
    max: z.int().min(2),
    /** Processor use, in percent of the request, that the autoscaler aims at. */
    cpuPercent: percentage,
  }),
  /** Whether a pod rather waits than makes the zones uneven by more than one. */
  zoneSpread: z.enum(["required", "preferred"]),
  /** Variables of the container: names, addresses, switches. */
  env: z.record(variableName, z.string()).default({}),
  /** AWS secrets, `opsdx/<env>/trews-rest-api/<reference>`: a pod finds the name of each in `<VARIABLE>_SECRET_ID`. */
  secrets: z.record(variableName, secretReference).default({}),
  /** Variables of `env` that are no secrets although they are called like one. */
  notSecret: notSecret.default([]),
  /**
   * CloudWatch namespace of the service's own metrics.
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
   */
  metricNamespace: metricWord.regex(/^(?!AWS\/)/, "must not start with AWS/, which belongs to AWS's own metrics"),
  pings: pingsSchema,
  firewall: firewallSchema,
  /** When the load balancer's metrics raise an alarm. */
  thresholds: z.strictObject({
    /** Share of failed requests. */
    errorPercent: percentage,
    /** Requests in a minute below which a share says nothing. */
    minRequestsPerMinute: z.int().min(1),
    /** Requests that the load balancer itself fails in five minutes. */
    elbErrorsPer5Minutes: z.int().min(0),
    /** Response time of the slowest hundredth, in seconds. */
    latencySeconds: z.number().positive(),
  }),
});

/** Where anything is asked from outside, the service is, under the name that it has. */
const hostIsChecked = rule(
  z.object({
    dns: z.object({ healthChecks: z.record(z.string(), valid(z.object({ host: hostLabel.optional() }))) }),
    web: z.object({ host: hostLabel }),
  }),
  function* ({ dns: { healthChecks }, web: { host } }) {
    const hosts = Object.entries(healthChecks).flatMap(([name, check]) =>
      check === undefined ? [] : [checkedLabel(name, check.host, host)],
    );
    if (hosts.length === 0 || hosts.includes(host)) return;
    yield {
      path: ["web", "host"],
      rule: "must be the host of one of dns.healthChecks, or nobody notices from outside that it is gone",
      received: host,
      nearest: hosts[0],
    };
  },
);

/** Value of the label `opsdx_nodegroup` of the nodes that the web service has to itself. */
export const WEB_NODES = "web";

const TAINT = `${NODE_GROUP_LABEL}=${WEB_NODES}:NoSchedule`;

/** Pods are placed by the node label, requests by the auto scaling group: both must mean the same nodes. */
const nodeGroupServes = rule(
  z.object({
    clusters: z.object({
      k8s: z.object({
        nodeGroups: z.record(
          z.string(),
          z.object({
            minSize: z.int(),
            labels: z.record(z.string(), z.string()).default({}),
            taints: z.array(z.string()).default([]),
          }),
        ),
      }),
    }),
    web: z.object({ nodeGroup: z.string() }),
  }),
  function* ({ clusters: { k8s }, web: { nodeGroup } }) {
    const group = own(k8s.nodeGroups, nodeGroup);
    const labelled = Object.entries(k8s.nodeGroups).find(
      ([, { labels }]) => labels[NODE_GROUP_LABEL] === WEB_NODES,
    )?.[0];
    if (group?.labels[NODE_GROUP_LABEL] !== WEB_NODES) {
      yield {
        path: ["web", "nodeGroup"],
        rule: `must be a group of clusters.k8s.nodeGroups with the label ${NODE_GROUP_LABEL}=${WEB_NODES}`,
        received: nodeGroup,
        nearest: labelled,
      };
    } else if (group.minSize === 0) {
      yield {
        path: ["clusters", "k8s", "nodeGroups", nodeGroup, "minSize"],
        rule: "must be at least 1: the web service answers at any time",
        received: 0,
        nearest: 1,
      };
    } else if (!group.taints.includes(TAINT)) {
      yield {
        path: ["clusters", "k8s", "nodeGroups", nodeGroup, "taints"],
        rule: `must hold ${TAINT}, or other pods take the room that the web service reckons with`,
        received: group.taints,
        nearest: [...group.taints, TAINT],
      };
    }
  },
);

/** An alarm at the expected rate would never be quiet. */
const pingAlarmBelowRate = rule(
  z.object({ web: z.object({ pings: z.object({ expectedPer5Minutes: z.int(), alarmAtPer5Minutes: z.int() }) }) }),
  function* ({ web: { pings } }) {
    if (pings.alarmAtPer5Minutes < pings.expectedPer5Minutes) return;
    yield {
      path: ["web", "pings", "alarmAtPer5Minutes"],
      rule: `must be below expectedPer5Minutes (${pings.expectedPer5Minutes}), or the alarm is never quiet`,
      received: pings.alarmAtPer5Minutes,
      nearest: pings.expectedPer5Minutes - 1,
    };
  },
);

/** What the rules on pods read; a part that is wrong is left out, and reported by the schema. */
const podFacts = z.object({
  network: valid(z.object({ zones: z.record(z.string(), z.unknown()) })),
  clusters: z.object({
    k8s: z.object({
      nodeGroups: z.record(
        z.string(),
        valid(groupFacts.extend({ minSize: z.int(), maxSize: z.int(), zones: z.array(z.string()).optional() })),
      ),
    }),
  }),
  web: z.object({
    nodeGroup: z.string(),
    pod: valid(webSchema.shape.pod),
    replicas: valid(webSchema.shape.replicas),
    zoneSpread: valid(webSchema.shape.zoneSpread),
    env: valid(z.record(z.string(), z.string())),
    secrets: valid(z.record(z.string(), z.string())),
    notSecret: valid(notSecret),
  }),
});

/** A pod fits a node of the group that the load balancer sends requests to. */
const podFits = rule(podFacts, ({ clusters: { k8s }, web: { nodeGroup, pod } }) =>
  podMisfits(["web"], pod, ["web", "pod"], nodeGroup, { name: "k8s", groups: k8s.nodeGroups }),
);

/** The pods' autoscaler, the nodes' autoscaler and the group's limits agree: what one asks for, the next can give. */
const replicasFitGroup = rule(podFacts, function* ({ network, clusters: { k8s }, web }) {
  const { nodeGroup, pod, replicas, zoneSpread } = web;
  const group = own(k8s.nodeGroups, nodeGroup);
  if (
    pod === undefined ||
    replicas === undefined ||
    zoneSpread === undefined ||
    group?.labels?.[NODE_GROUP_LABEL] !== WEB_NODES
  )
    return;
  const zones = (group.zones ?? Object.keys(network?.zones ?? {})).length;
  const even = zoneSpread === "required";
  const { podsPerNode } = packingOn(pod, group.machineType);
  if (replicas.min > replicas.max) {
    yield {
      path: ["web", "replicas", "min"],
      rule: `must be at most replicas.max (${replicas.max})`,
      received: replicas.min,
      nearest: replicas.max,
    };
  }
  const held = podsHeld({ maxSize: group.maxSize, zones }, podsPerNode, even);
  if (podsPerNode > 0 && replicas.max + 1 > held) {
    yield {
      path: ["web", "replicas", "max"],
      rule: `must leave room for one pod more during a rollout: ${group.maxSize} nodes of ${nodeGroup} (${group.machineType}, ${podsPerNode} pods each${even ? `, even over ${zones} zones` : ""}) hold ${held}`,
      received: replicas.max,
      nearest: held - 1,
    };
  }
  if (even && group.minSize < zones) {
    yield {
      path: ["clusters", "k8s", "nodeGroups", nodeGroup, "minSize"],
      rule: `must be at least ${zones}, a node in each zone, where web.zoneSpread is required`,
      received: group.minSize,
      nearest: zones,
    };
  }
});

/** A secret is a reference. */
const noLiteralSecret = rule(podFacts, ({ web }) => literalSecrets(["web"], web));

/** Rules between the web service's settings and those of its zone and cluster. */
export const webRules: readonly Rule[] = [
  hostIsChecked,
  nodeGroupServes,
  pingAlarmBelowRate,
  podFits,
  replicasFitGroup,
  noLiteralSecret,
];

/** Validated settings of the web service. */
export type WebConfig = z.output<typeof webSchema>;
