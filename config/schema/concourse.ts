import { z } from "zod";
import { overlaps } from "../cidr-plan";
import { NODE_GROUP_LABEL } from "./cluster";
import { MAX_NODES } from "./kubernetes-names";
import { cidr, hostLabel, owner } from "./primitives";
import { own, rule, valid, type Fault, type Rule } from "./rule";
import { cpuQuantity, groupFacts, memoryQuantity, podMisfits } from "./workload";
import { workloadsOf } from "./workloads";

/** A path of a repository: neither absolute nor leading out of it. */
const repositoryPath = z
  .string()
  .regex(
    /^(?!\/|.*(^|\/)\.\.?(\/|$))[A-Za-z0-9._/-]+$/,
    "must be a path inside the repository, such as etl/Dockerfile",
  );

const pod = z.strictObject({ cpu: cpuQuantity, memory: memoryQuantity });

/** An image that the pipeline builds. */
const builtImage = z.strictObject({
  /** Folder of the repository that is the build's context. */
  context: repositoryPath,
});

/** Concourse: builds what the repository of the pipeline holds, and pushes images of it. */
export const concourseSchema = z.strictObject({
  /** Who answers for it. */
  owner,
  /** Its host at the entrance, by its label below the zone. @default "concourse" */
  host: hostLabel.default("concourse"),
  /** How people sign in, with OpenID Connect. @default - as the local user admin only, the way back in */
  signIn: z
    .strictObject({
      /** Address of the identity provider, which stands in its tokens. */
      issuer: z.url({ protocol: /^https$/, error: "must be an address https://…" }),
      /** What the provider knows Concourse by; the secret that goes with it is `opsdx/<env>/concourse/oidc-client-secret`. */
      clientId: z.string().min(1).max(255),
      /** Group of the provider whose members may do everything. */
      group: z.string().min(1).max(255),
    })
    .optional(),
  /** The servers that people, `fly` and workers talk to. */
  web: z.strictObject({
    /** How many. */
    replicas: z.int().min(2, "must be at least 2, so that one can be replaced while the other answers").max(5),
    /** What one asks for. Memory is its limit too; there is none on processors. */
    pod,
  }),
  /** The workers that builds run in: one on a node, which nothing else stands on. */
  workers: z.strictObject({
    /** Group of `clusters.k8s.nodeGroups` that they have to themselves. */
    nodeGroup: z.string().min(1),
    /** How many. */
    replicas: z.int().min(2, "must be at least 2, so that builds go on while one is replaced").max(MAX_NODES),
    /** What one asks for. Memory is its limit too; there is none on processors. */
    pod,
    /** Disk of one, on its node's root volume: caches, checkouts, images being built. */
    workSpaceGib: z.int().min(20).max(16_384),
    /** Minutes that a worker which must go still lets its builds end. */
    drainMinutes: z
      .int()
      .min(60, "must be at least 60: builds that take an hour must be able to end")
      .max(720)
      .default(60),
  }),
  /** How long logs of builds are kept: what is older than both goes. */
  buildLogs: z.strictObject({
    /** Days. */
    days: z.int().min(1).max(3650),
    /** Newest builds of each job. */
    builds: z.int().min(1).max(10_000),
  }),
  /** Where `main-pipeline` comes from, and sets itself from whenever it changes. */
  pipeline: z.strictObject({
    /** Repository on GitHub, `owner/name`; its read-only deploy key is the secret `opsdx/<env>/concourse/pipelines/git`. */
    repository: z.string().regex(/^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/, "must be owner/name, as GitHub writes it"),
    /** Branch. */
    branch: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,254}$/, "must be the name of a branch"),
    /** The file in it. */
    file: repositoryPath,
    /** The images that it builds, by their repositories in the registry, where nothing else may push them. */
    images: z.strictObject({ "trews-etl": builtImage, "trews-rest-api": builtImage }),
  }),
});

/** What the rules read; a part that is wrong is left out, and reported by the schema. */
const facts = z.looseObject({
  clusters: z.object({
    k8s: z.object({
      nodeGroups: z.record(
        z.string(),
        valid(
          groupFacts.extend({
            minSize: valid(z.int()),
            rootVolumeGib: z.int().default(128),
            maxInstanceLifetimeDays: z.unknown().optional(),
            taints: z.array(z.string()).default([]),
          }),
        ),
      ),
    }),
  }),
  concourse: z.object({ workers: concourseSchema.shape.workers.partial().extend({ nodeGroup: z.string() }) }),
});

/** A worker fits a node of its group. */
const workerFits = rule(facts, ({ clusters: { k8s }, concourse: { workers } }) =>
  podMisfits(["concourse", "workers"], workers.pod, ["concourse", "workers", "pod"], workers.nodeGroup, {
    name: "k8s",
    groups: k8s.nodeGroups,
  }),
);

/** GiB of a node's root volume that its system, the images of its pods and their logs take. */
const SYSTEM_GIB = 40;

/** Builds are root on their node: it holds nothing else, and each worker has one. */
const workersStandAlone = rule(facts, function* ({ clusters: { k8s }, concourse, ...rest }): Generator<Fault> {
  const { nodeGroup, replicas, workSpaceGib } = concourse.workers;
  const group = own(k8s.nodeGroups, nodeGroup);
  const label = group?.labels?.[NODE_GROUP_LABEL];
  if (group === undefined || label === undefined) return;
  const place = ["clusters", "k8s", "nodeGroups", nodeGroup];
  const taint = `${NODE_GROUP_LABEL}=${label}:NoSchedule`;
  if (!group.taints.includes(taint)) {
    yield {
      path: [...place, "taints"],
      rule: `must hold ${taint}: builds are root on their node, and other pods must not stand beside them`,
      received: group.taints,
      nearest: [...group.taints, taint],
    };
  }
  if (replicas !== undefined && group.minSize !== undefined && group.minSize < replicas) {
    yield {
      path: ["concourse", "workers", "replicas"],
      rule: `must be at most minSize of ${nodeGroup} (${group.minSize}): each worker has a node of its own`,
      received: replicas,
      nearest: group.minSize >= 2 ? group.minSize : undefined,
    };
  }
  if (group.maxInstanceLifetimeDays !== undefined) {
    yield {
      path: [...place, "maxInstanceLifetimeDays"],
      rule: "must be left out: AWS gives a node that it replaces five minutes, and builds take longer",
      received: group.maxInstanceLifetimeDays,
    };
  }
  const room = group.rootVolumeGib - SYSTEM_GIB;
  if (workSpaceGib !== undefined && workSpaceGib > room) {
    yield {
      path: ["concourse", "workers", "workSpaceGib"],
      rule: `must leave ${SYSTEM_GIB} GiB of the root volume of ${nodeGroup} (${group.rootVolumeGib}) to the node`,
      received: workSpaceGib,
      nearest: room >= 20 ? room : undefined,
    };
  }
  for (const { name, cluster, nodeGroup: other, path } of workloadsOf(rest)) {
    if (cluster !== "k8s" || other === undefined) continue;
    if (own(k8s.nodeGroups, other)?.labels?.[NODE_GROUP_LABEL] !== label) continue;
    yield {
      path: [...path, "nodeGroup"],
      rule: `must be a group with another ${NODE_GROUP_LABEL} than ${label}: ${name} would stand beside builds, which are root on their node`,
      received: other,
    };
  }
});

/** Addresses that a worker gives to its builds, which nobody else sees; Concourse's own default. */
export const BUILDS_NETWORK = "10.80.0.0/16";

/** What builds call by such an address is never found outside of their worker. */
const clearOfBuilds = rule(
  z.object({ network: z.object({ cidr }), concourse: z.unknown() }),
  function* ({ network, concourse }) {
    if (concourse === undefined || !overlaps(network.cidr, BUILDS_NETWORK)) return;
    yield {
      path: ["network", "cidr"],
      rule: `must not overlap ${BUILDS_NETWORK}, where Concourse numbers builds`,
      received: network.cidr,
    };
  },
);

/** Rules between Concourse's settings and those of its cluster. */
export const concourseRules: readonly Rule[] = [workerFits, workersStandAlone, clearOfBuilds];

/** Validated settings of Concourse. */
export type ConcourseConfig = z.output<typeof concourseSchema>;
