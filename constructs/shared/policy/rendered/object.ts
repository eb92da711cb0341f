import type { KubernetesObject } from "../../kubernetes-object";
import { block, blocks, text, type Block } from "../model";

/** A container of a pod. */
export interface RenderedContainer {
  /** `<kind>/<object>/<container>`: how findings and acknowledgements name it. */
  readonly on: string;
  /** What it is made of. */
  readonly body: Block;
  /** Whether it ends before the pod's others begin. */
  readonly init: boolean;
}

/** The pods of an object. */
export interface RenderedPod {
  /** `<kind>/<object>`. */
  readonly on: string;
  /** Their spec. */
  readonly spec: Block;
  /** Their containers. */
  readonly containers: readonly RenderedContainer[];
  /** Whether they run until somebody stops them. */
  readonly endless: boolean;
  /** Whether an operator makes them of a resource of its own, and sets their containers' security itself. @default false */
  readonly operated?: boolean;
}

/** Where the pod stands in each kind of workload. */
const POD_PATHS: Readonly<Record<string, readonly string[]>> = {
  Pod: ["spec"],
  Deployment: ["spec", "template", "spec"],
  StatefulSet: ["spec", "template", "spec"],
  DaemonSet: ["spec", "template", "spec"],
  ReplicaSet: ["spec", "template", "spec"],
  Job: ["spec", "template", "spec"],
  CronJob: ["spec", "jobTemplate", "spec", "template", "spec"],
};

/**
 * Kinds of which prometheus-operator makes a StatefulSet: the pod's settings stand in `spec`, and the first container's beside them.
 * @see https://github.com/prometheus-operator/prometheus-operator/blob/v0.93.1/Documentation/api-reference/api.md
 */
const OPERATED: ReadonlySet<string> = new Set(["Prometheus", "Alertmanager", "ThanosRuler"]);

/** How findings and acknowledgements name an object. */
export function nameOf({ kind, metadata }: KubernetesObject): string {
  return `${kind}/${metadata.name}`;
}

/** The pods of an object, if it has any. */
export function podOf(object: KubernetesObject): RenderedPod | undefined {
  const on = nameOf(object);
  const { kind } = object;
  if (OPERATED.has(kind)) {
    const spec = block(object, "spec");
    const { image, resources } = spec;
    const main = { name: kind.toLowerCase(), image, resources };
    const others = blocks(spec, "containers").filter((container) => container["image"] !== undefined);
    return {
      on,
      spec,
      endless: true,
      operated: true,
      containers: [main, ...others].map((body) => ({ on: `${on}/${text(body["name"])}`, body, init: false })),
    };
  }
  const path = POD_PATHS[kind];
  if (path === undefined) return undefined;
  const spec = path.reduce<Block>(block, object);
  return {
    on,
    spec,
    endless: ["Deployment", "StatefulSet", "DaemonSet"].includes(kind),
    containers: (["containers", "initContainers"] as const).flatMap((list) =>
      blocks(spec, list).map((body) => ({ on: `${on}/${text(body["name"])}`, body, init: list === "initContainers" })),
    ),
  };
}

/** What a container's security context says, or its pod's where it says nothing. */
export function securityOf({ spec }: RenderedPod, { body }: RenderedContainer, setting: string): unknown {
  return block(body, "securityContext")[setting] ?? block(spec, "securityContext")[setting];
}
