import { setTimeout as delay } from "node:timers/promises";
import type { KubeConfig } from "@kubernetes/client-node";
import { NODE_DIGEST, NODE_LABEL, type Node } from "./nodes";
import type { KubernetesObject } from "../../constructs/shared/kubernetes-object";
import type { StrictObjects } from "./strict-objects";
import { CommandError } from "../command-error";

/** A connection to a cluster. */
export interface ClusterClient {
  /** Makes clients of single API groups, for example `config.makeApiClient(BatchV1Api)`. */
  readonly config: KubeConfig;
  /** Takes objects of every kind. */
  readonly objects: StrictObjects;
}

/** Connects to the current context's cluster of a kubeconfig. */
export async function connect(kubeconfig: string): Promise<ClusterClient> {
  // Not at the top: a command that speaks to no cluster would pay a second and 200 MB for it.
  const [client, strict] = await Promise.all([import("@kubernetes/client-node"), import("./strict-objects")]);
  const config = new client.KubeConfig();
  config.loadFromFile(kubeconfig);
  return { config, objects: config.makeApiClient(strict.StrictObjects) };
}

/**
 * Creates objects, or changes those that exist, in the given order. The API server takes no field that it does not know.
 * @throws CommandError naming every object that was refused, after the others were applied, or when the API does not answer
 */
export async function applyAll({ objects }: ClusterClient, wanted: readonly KubernetesObject[]): Promise<void> {
  const problems: string[] = [];
  for (const object of wanted) {
    try {
      await objects.apply(object);
    } catch (error) {
      // Nobody answers: the next would wait as long.
      if (error instanceof CommandError) throw error;
      problems.push(`${nameOf(object)}: ${apiProblem(error).message}`);
    }
  }
  if (problems.length > 0)
    throw new CommandError(`the cluster refused ${problems.length} objects:\n${problems.join("\n")}`);
}

/** Makes the cluster's nodes those that are wanted, and waits until they are ready. */
export async function ensureNodes(client: ClusterClient, wanted: readonly Node[], seconds: number): Promise<void> {
  const { objects } = client;
  const existing = await objects.list<NodeState>(
    "v1",
    "Node",
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    NODE_LABEL,
  );
  const digests = new Map(wanted.map(({ metadata }) => [metadata.name, metadata.annotations[NODE_DIGEST]]));
  const kept = new Set<string>();
  for (const { metadata } of existing.items) {
    if (digests.get(metadata.name) === metadata.annotations?.[NODE_DIGEST]) kept.add(metadata.name);
    else await objects.delete(sent({ apiVersion: "v1", kind: "Node", metadata: { name: metadata.name } }));
  }
  for (const node of wanted) if (!kept.has(node.metadata.name)) await objects.create(sent(node));
  const began = Date.now();
  for (;;) {
    const late = await unready(client, wanted);
    if (late.length === 0) return;
    if (Date.now() - began > seconds * 1000) {
      throw new CommandError(`these nodes were not ready within ${seconds} s: ${late.join(", ")}`);
    }
    await delay(200);
  }
}

/** A `Node` as the API gives it. */
interface NodeState extends KubernetesObject {
  readonly spec: { readonly taints?: readonly { readonly key: string }[] };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Ready is what kwok says; the taint is taken away by the controller manager after it has seen that. */
async function unready({ objects }: ClusterClient, wanted: readonly Node[]): Promise<readonly string[]> {
  const { items } = await objects.list<NodeState>("v1", "Node");
  const ready = items.filter(
    ({ spec, status }) =>
      status.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") === true &&
      spec.taints?.some(({ key }) => key === "node.kubernetes.io/not-ready") !== true,
  );
  const names = new Set(ready.map(({ metadata }) => metadata.name));
  return wanted.map(({ metadata }) => metadata.name).filter((name) => !names.has(name));
}

/** What the API said when a call failed. */
export interface ApiProblem {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The API's own words. */
  readonly message: string;
}

/** Reads the API's own words from an error of the client. */
export function apiProblem(error: unknown): ApiProblem {
  const { code, body, message } = error as { code?: unknown; body?: unknown; message?: string };
  if (typeof code !== "number") return { status: 0, message: message ?? String(error) };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  try {
    return { status: code, message: (JSON.parse(text) as { message?: string }).message ?? text };
  } catch {
    return { status: code, message: text };
  }
}

function nameOf({ kind, metadata }: KubernetesObject): string {
  return [kind, ...(metadata.namespace === undefined ? [] : [metadata.namespace]), metadata.name].join(" ");
}

/** The client's types allow it to change what it is given, so it is given a copy. */
function sent(object: KubernetesObject): Parameters<StrictObjects["create"]>[0] {
  return structuredClone(object);
}
