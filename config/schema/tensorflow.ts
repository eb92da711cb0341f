import { closest } from "fastest-levenshtein";
import { z } from "zod";
import { MACHINE_TYPES } from "../machine-types";
import { nodeGroupSchema } from "./cluster";
import { dnsLabel } from "./kubernetes-names";
import { owner, percentage, sentences } from "./primitives";
import { own, rule, valid, type Fault, type Rule } from "./rule";
import { cpuQuantity, groupFacts, image, memoryQuantity, podMisfits, variableName } from "./workload";
import { TENSORFLOW_CLUSTER } from "./workloads";

/** What a pod asks for. Memory is its limit too; there is none on processors. */
const podSchema = z.strictObject({ cpu: cpuQuantity, memory: memoryQuantity });

/** A model's name: its folder, its Deployment, and the start of its canary's. */
const modelName = dnsLabel
  .max(40)
  .refine((name) => !name.endsWith("-canary"), "must not end in -canary, which is how the canary of a model is called");

/** How requests that come together are computed together. */
const batchingSchema = z.strictObject({
  /** Most requests of a batch. */
  maxSize: z.int().min(1).max(1024),
  /** Microseconds that a request waits for others. 0: what is there at once goes together. */
  timeoutMicros: z.int().min(0).max(1_000_000),
  /** Batches that may wait; more requests than they hold are refused, which callers see at once. */
  maxWaiting: z.int().min(1).max(10_000),
});

/** A model that is served. Which of its versions are, says config/models.json. */
const modelSchema = z.strictObject({
  /** What it tells, in a sentence. */
  purpose: sentences,
  /** Who answers for it. */
  owner,
  /** What each of its servers asks for. */
  pod: podSchema,
  /** Fewest and most servers, and how busy they are kept. */
  replicas: z
    .strictObject({ min: z.int().min(1), max: z.int().min(1).max(50), cpuPercent: percentage })
    .refine(({ min, max }) => min <= max, "must have min at most max"),
  batching: batchingSchema,
  /** Namespaces of its cluster whose pods may call it. @default - none */
  callers: z.array(dnsLabel).default([]),
  /** Seconds in which 99 of 100 requests must be answered. */
  p99Seconds: z.number().min(0.001).max(60),
  /** Seconds that a server has to load and warm up. */
  loadSeconds: z.int().min(30).max(1800).default(300),
});

/** Jobs that train models. */
const trainingSchema = z.strictObject({
  /** Image by digest. */
  image,
  /** Group of the cluster's `nodeGroups`, whose nodes have GPUs. */
  nodeGroup: z.string().min(1),
  /** GPUs of each Job. */
  gpus: z.int().min(1, "must be at least 1: what needs no GPU is no training of this cluster").max(8),
  /** What each Job asks for beside them. */
  pod: podSchema,
  /** Hours after which a Job is killed, however often its node was taken away. */
  deadlineHours: z.int().min(1).max(336),
  /** Tries after the first; a node that AWS takes back costs none. */
  backoffLimit: z.int().min(0).max(6),
  /** Jobs that may be there at a time, finished ones of the last two days with them. */
  maxJobs: z.int().min(1).max(100),
  /** Variables of the program: switches, sizes. */
  env: z
    .record(variableName.regex(/^(?!TRAIN_)/, "must not start with TRAIN_: those variables are the Job's"), z.string())
    .default({}),
});

/** TensorFlow on `k8s-ml-tf`: training on GPUs, serving on processors. */
export const tensorflowSchema = z.strictObject({
  /** Who answers for it. */
  owner,
  /** What serves models. */
  serving: z.strictObject({
    /** Group of the cluster's `nodeGroups`. */
    nodeGroup: z.string().min(1),
    /** The models, by name. */
    models: z.record(modelName, modelSchema),
  }),
  /** What trains them. @default - nothing: models come from elsewhere */
  training: trainingSchema.optional(),
  /** Percentage of a GPU's time below which, for six hours, it is told to be idle. */
  idleGpuPercent: percentage.default(10),
});

const path = ["tensorflow"];

/** It stands on a cluster and on file systems that the environment may leave out. */
const groundIsThere = rule(z.looseObject({ tensorflow: z.unknown() }), function* (environment): Generator<Fault> {
  const { clusters, nfs, tensorflow } = environment as Readonly<Record<string, unknown>>;
  if (tensorflow === undefined) return;
  const hasCluster = z.object({ [TENSORFLOW_CLUSTER]: z.unknown().optional() }).safeParse(clusters);
  if (hasCluster.success && hasCluster.data[TENSORFLOW_CLUSTER] === undefined) {
    yield {
      path,
      rule: `must be left out, or clusters must have ${TENSORFLOW_CLUSTER}, on which it stands`,
      received: {},
    };
  }
  if (nfs === undefined) {
    yield { path, rule: "must be left out, or nfs must be configured, on which models are kept", received: {} };
  }
});

const facts = z.object({
  clusters: z.object({
    [TENSORFLOW_CLUSTER]: z.object({
      nodeGroups: z.record(z.string(), valid(groupFacts.extend({ gpu: valid(nodeGroupSchema.shape.gpu) }))),
    }),
  }),
  tensorflow: z.object({
    serving: valid(
      z.object({
        nodeGroup: z.string(),
        models: z.record(z.string(), valid(z.object({ pod: valid(podSchema) }))),
      }),
    ),
    training: valid(z.object({ nodeGroup: z.string(), gpus: valid(z.int()), pod: valid(podSchema) })),
  }),
});

/** Servers and Jobs stand on groups that exist, and fit their nodes. */
const podsFit = rule(facts, function* ({ clusters, tensorflow: { serving, training } }): Generator<Fault> {
  const cluster = { name: TENSORFLOW_CLUSTER, groups: clusters[TENSORFLOW_CLUSTER].nodeGroups };
  if (serving !== undefined) {
    const place = [...path, "serving"];
    // A group that is wrong is said once, whatever stands on it.
    yield* podMisfits(place, undefined, place, serving.nodeGroup, cluster);
    for (const [model, settings] of Object.entries(serving.models)) {
      for (const fault of podMisfits(
        place,
        settings?.pod,
        [...place, "models", model, "pod"],
        serving.nodeGroup,
        cluster,
      )) {
        if (fault.path.includes("pod")) yield fault;
      }
    }
  }
  if (training !== undefined) {
    const place = [...path, "training"];
    yield* podMisfits(place, training.pod, [...place, "pod"], training.nodeGroup, cluster);
  }
});

/** Who asks for GPUs stands where there are as many. */
const gpusAreThere = rule(facts, function* ({ clusters, tensorflow: { training } }): Generator<Fault> {
  const groups = clusters[TENSORFLOW_CLUSTER].nodeGroups;
  const group = training === undefined ? undefined : own(groups, training.nodeGroup);
  if (training === undefined || group === undefined) return;
  const has = MACHINE_TYPES[group.machineType]?.gpus ?? 0;
  if (has === 0) {
    const withGpus = Object.keys(groups).filter((name) => groups[name]?.gpu === true);
    yield {
      path: [...path, "training", "nodeGroup"],
      rule: `must be a group whose nodes have GPUs: a pod that asks for one would wait for ever on ${group.machineType}`,
      received: training.nodeGroup,
      nearest: withGpus.length === 0 ? undefined : closest(training.nodeGroup, withGpus),
    };
  } else if (training.gpus !== undefined && training.gpus > has) {
    yield {
      path: [...path, "training", "gpus"],
      rule: `must be at most ${has}, the GPUs of ${group.machineType}: a pod stands on one node`,
      received: training.gpus,
      nearest: has,
    };
  }
});

/** Rules between TensorFlow's settings and those of its cluster. */
export const tensorflowRules: readonly Rule[] = [groundIsThere, podsFit, gpusAreThere];

/** Validated settings of TensorFlow. */
export type TensorflowConfig = z.output<typeof tensorflowSchema>;
/** Validated settings of a model that is served. */
export type ModelConfig = TensorflowConfig["serving"]["models"][string];
/** Validated settings of what trains models. */
export type TrainingConfig = NonNullable<TensorflowConfig["training"]>;
