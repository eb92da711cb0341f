import { z } from "zod";
import { valid } from "./rule";
import { image, type PodRequest } from "./workload";

/** Pods of one kind that an environment's settings ask for. */
export interface Workload {
  /** Where its settings stand. */
  readonly path: readonly string[];
  /** The name that people know. */
  readonly name: string;
  /** Short name of its cluster. @default - its settings give none, or a wrong one */
  readonly cluster?: string;
  /** Group of the cluster's `nodeGroups` that it is placed on. @default - its settings give none, or a wrong one */
  readonly nodeGroup?: string;
  /** Image by digest. @default - its settings give none, or a wrong one */
  readonly image?: string;
  /** What one pod asks for. @default - its settings give none, or a wrong one */
  readonly pod?: PodRequest;
  /** GPUs that one pod asks for. @default - none */
  readonly gpus?: number;
  /** Whether a pod rather waits than makes the zones uneven. */
  readonly evenZones: boolean;
  /** What it reads from AWS Secrets Manager: the last part of each secret's name, by variable. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** The cluster of a service whose settings name none. */
const SERVICES_CLUSTER = "k8s";

/** The cluster of TensorFlow. */
export const TENSORFLOW_CLUSTER = "k8s-ml-tf";

/** Names that people know, where they are not those of the settings. */
const KNOWN_NAMES: ReadonlyMap<string, string> = new Map([["web", "trews-rest-api"]]);

const request = valid(z.object({ cpu: z.string(), memory: z.string() }));
const settings = z.object({
  cluster: valid(z.string()),
  nodeGroup: valid(z.string()),
  image: valid(image),
  pod: request,
  job: request,
  gpus: valid(z.int()),
  zoneSpread: valid(z.string()),
  secrets: z.record(z.string(), z.string()).catch({}),
});
const entries = z.record(z.string(), z.unknown()).catch({});
/** What a service's settings have, and no other's: an image, and nodes to stand on. One of them may be missing by mistake. */
const service = z
  .record(z.string(), z.unknown())
  .refine((part) => Object.hasOwn(part, "image") || Object.hasOwn(part, "nodeGroup"));

/**
 * Everything that an environment's settings place on clusters: services, which are the settings with an `image` or a `nodeGroup`,
 * then the ETLs. A new one is found by itself. Settings that are wrong in part are read in part.
 */
export function workloadsOf(environment: unknown): readonly Workload[] {
  const { etls } = entries.parse(environment);
  return [
    ...servicesOf(environment),
    ...tensorflowWorkloads(environment),
    ...Object.entries(entries.parse(etls)).map(([name, part]) => workload(["etls", name], name, part, {})),
  ];
}

/** The services among {@link workloadsOf}. */
export function servicesOf(environment: unknown): readonly Workload[] {
  return Object.entries(entries.parse(environment)).flatMap(([name, part]) =>
    name !== "etls" && service.safeParse(part).success
      ? [workload([name], KNOWN_NAMES.get(name) ?? name, part, { cluster: SERVICES_CLUSTER })]
      : [],
  );
}

/** Models that are served share a node group; training has its own. */
function tensorflowWorkloads(environment: unknown): readonly Workload[] {
  const { serving, training } = entries.parse(entries.parse(environment)["tensorflow"]);
  const { models, nodeGroup } = entries.parse(serving);
  const path = ["tensorflow", "serving", "models"];
  return [
    ...Object.entries(entries.parse(models)).map(([model, part]) =>
      workload([...path, model], model, { ...entries.parse(part), nodeGroup }, { cluster: TENSORFLOW_CLUSTER }),
    ),
    ...(training === undefined
      ? []
      : [workload(["tensorflow", "training"], "tensorflow-training", training, { cluster: TENSORFLOW_CLUSTER })]),
  ];
}

function workload(path: readonly string[], name: string, part: unknown, defaults: Pick<Workload, "cluster">): Workload {
  const {
    cluster = defaults.cluster,
    job,
    pod = job,
    zoneSpread,
    ...rest
  } = settings.catch({ secrets: {} }).parse(part);
  return { path, name, cluster, pod, ...rest, evenZones: zoneSpread === "required" };
}
