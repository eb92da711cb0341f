import { closest } from "fastest-levenshtein";
import { z } from "zod";
import { MACHINE_TYPES } from "../machine-types";
import { cpuMillis, memoryMib, packing, roomOf, type Packing } from "../node-capacity";
import { isSecretName, NOT_SHOWN, secretShape } from "../secrets";
import { NODE_GROUP_LABEL, nodeGroupSchema } from "./cluster";
import { valid, type Fault } from "./rule";

/** What runs in a container on a cluster: image, resources, variables. */

const NO_DIGEST = /@sha256:(0{64}|e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855)$/;

/** An image of one of `global`'s ECR repositories, by digest: a tag can come to mean something else, a digest can't. */
export const image = z
  .string()
  .regex(
    /^[a-z0-9]+([._/-][a-z0-9]+)*@sha256:[0-9a-f]{64}$/,
    "must be an ECR repository and a digest, <repository>@sha256:<64 hexadecimal digits>; `docker push` prints the digest",
  )
  .refine((name) => !NO_DIGEST.test(name), "must be the digest of an image that was pushed");

/** Processor request, such as `1000m`. */
export const cpuQuantity = z
  .string()
  .regex(/^[1-9]\d*m?$/, "must be processors or thousandths of one, such as 2 or 1500m");

/** Memory request, such as `4Gi`. */
export const memoryQuantity = z.string().regex(/^[1-9]\d*(Mi|Gi)$/, "must be memory in Mi or Gi, such as 4Gi");

/** A variable's name that Kubernetes and a shell take. */
export const variableName = z.string().regex(/^[A-Z_][A-Z0-9_]*$/, "must be an upper-case variable name");

/** The last part of an AWS secret's name: the system it belongs to gives the first. */
export const secretReference = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,62}$/,
    "must be the last part of a secret's name below opsdx/<env>/<system>/, not its value",
  );

/** Variables that are no secrets although they are called like one, as `KEY_PREFIX` is. What a value looks like is judged all the same. */
export const notSecret = z.array(variableName);

/** A secret is a reference, and a variable has one source. */
export function* literalSecrets(
  path: readonly PropertyKey[],
  {
    env = {},
    secrets = {},
    notSecret: harmless = [],
  }: {
    readonly env?: Record<string, string>;
    readonly secrets?: Record<string, string>;
    readonly notSecret?: readonly string[];
  },
): Generator<Fault> {
  for (const [name, value] of Object.entries(env)) {
    const [place, shape] = [[...path, "env", name], secretShape(value)];
    if (Object.hasOwn(secrets, name)) {
      yield { path: place, rule: "must not stand in secrets too", received: NOT_SHOWN };
    } else if (shape !== undefined) {
      yield {
        path: place,
        rule: `must not be a secret, but looks like ${shape}: put its name under secrets, and its value into AWS Secrets Manager`,
        received: NOT_SHOWN,
      };
    } else if (isSecretName(name) && !harmless.includes(name)) {
      yield {
        path: place,
        rule: "must not be a secret: put its name under secrets, and its value into AWS Secrets Manager; if it is none, name it in notSecret",
        received: NOT_SHOWN,
      };
    }
  }
  for (const [index, name] of harmless.entries()) {
    if (Object.hasOwn(env, name) && isSecretName(name) && harmless.indexOf(name) === index) continue;
    yield {
      path: [...path, "notSecret", index],
      rule: "must name, once, a variable of env that is called like a secret: remove it",
      received: name,
    };
  }
}

/** What a rule reads of a cluster's groups; a part that is wrong is left out, and reported by the schema. */
export const groupFacts = z.object({
  machineType: nodeGroupSchema.shape.machineType,
  labels: valid(z.record(z.string(), z.string())),
});

/** What a pod asks for. */
export interface PodRequest {
  /** Processor time as Kubernetes writes it, for example `1200m`. */
  readonly cpu: string;
  /** Memory as Kubernetes writes it, for example `2816Mi`. */
  readonly memory: string;
}

/** A pod is placed on a group that exists, and fits its nodes. */
export function* podMisfits(
  path: readonly PropertyKey[],
  pod: PodRequest | undefined,
  podPath: readonly PropertyKey[],
  nodeGroup: string,
  cluster: { readonly name: string; readonly groups: Record<string, z.output<typeof groupFacts> | undefined> },
): Generator<Fault> {
  const { groups } = cluster;
  if (!Object.hasOwn(groups, nodeGroup)) {
    const names = Object.keys(groups);
    yield {
      path: [...path, "nodeGroup"],
      rule: `must be a group of clusters.${cluster.name}.nodeGroups`,
      received: nodeGroup,
      nearest: names.length === 0 ? undefined : closest(nodeGroup, names),
    };
    return;
  }
  const group = groups[nodeGroup];
  if (group === undefined) return;
  if (group.labels?.[NODE_GROUP_LABEL] === undefined) {
    yield {
      path: [...path, "nodeGroup"],
      rule: `must be a group with the label ${NODE_GROUP_LABEL}, by which pods find its nodes`,
      received: nodeGroup,
      nearest: Object.keys(groups).find((name) => groups[name]?.labels?.[NODE_GROUP_LABEL] !== undefined),
    };
  }
  // The autoscaler reckons with the group's first type; others are at least as large.
  const name = group.machineType;
  const type = MACHINE_TYPES[name];
  if (type === undefined || pod === undefined) return;
  const room = roomOf(type);
  for (const [key, asked, has, unit] of [
    ["cpu", cpuMillis(pod.cpu), room.cpuMillis, "m"],
    ["memory", memoryMib(pod.memory), room.memoryMib, "Mi"],
  ] as const) {
    if (asked <= has) continue;
    yield {
      path: [...podPath, key],
      rule: `must fit a node of ${nodeGroup}: ${name} has ${has}${unit} for pods, after the system and the DaemonSets`,
      received: pod[key],
      nearest: `${has}${unit}`,
    };
  }
}

/**
 * How pods of one size fill the nodes of a machine type.
 * @throws Error when the machine type is not listed
 */
export function packingOn({ cpu, memory }: PodRequest, machineType: string): Packing {
  const type = MACHINE_TYPES[machineType];
  if (type === undefined) throw new Error(`machine type must be one of config/machine-types.ts, got "${machineType}"`);
  return packing({ cpuMillis: cpuMillis(cpu), memoryMib: memoryMib(memory) }, roomOf(type));
}
