import {
  apiName,
  LISTS,
  MAPS,
  MODES,
  NUMBERS,
  OBJECT_OR_LIST,
  PLURALS,
  REQUIRED_AFFINITY,
  TERRAFORM_ONLY,
  UNWRAPPED,
} from "./field-names";
import { References, type Resolve, type Resources } from "./references";
import { CommandError } from "../command-error";
import type { KubernetesObject } from "../../constructs/shared/kubernetes-object";

/** Kinds by Terraform's type without its version, in the order in which a cluster can take them. */
const KINDS: Readonly<Record<string, readonly [apiVersion: string, kind: string]>> = {
  kubernetes_namespace: ["v1", "Namespace"],
  kubernetes_priority_class: ["scheduling.k8s.io/v1", "PriorityClass"],
  kubernetes_resource_quota: ["v1", "ResourceQuota"],
  kubernetes_limit_range: ["v1", "LimitRange"],
  kubernetes_network_policy: ["networking.k8s.io/v1", "NetworkPolicy"],
  kubernetes_service_account: ["v1", "ServiceAccount"],
  kubernetes_config_map: ["v1", "ConfigMap"],
  kubernetes_secret: ["v1", "Secret"],
  kubernetes_role: ["rbac.authorization.k8s.io/v1", "Role"],
  kubernetes_cluster_role: ["rbac.authorization.k8s.io/v1", "ClusterRole"],
  kubernetes_role_binding: ["rbac.authorization.k8s.io/v1", "RoleBinding"],
  kubernetes_cluster_role_binding: ["rbac.authorization.k8s.io/v1", "ClusterRoleBinding"],
  kubernetes_service: ["v1", "Service"],
  kubernetes_storage_class: ["storage.k8s.io/v1", "StorageClass"],
  kubernetes_persistent_volume: ["v1", "PersistentVolume"],
  kubernetes_persistent_volume_claim: ["v1", "PersistentVolumeClaim"],
  kubernetes_cron_job: ["batch/v1", "CronJob"],
  kubernetes_job: ["batch/v1", "Job"],
  kubernetes_deployment: ["apps/v1", "Deployment"],
  kubernetes_horizontal_pod_autoscaler: ["autoscaling/v2", "HorizontalPodAutoscaler"],
  kubernetes_pod_disruption_budget: ["policy/v1", "PodDisruptionBudget"],
};
const ORDER = Object.values(KINDS).map(([, kind]) => kind);
const PLACEHOLDER = "placeholder";
/** Adds labels to an object that something else owns. */
const LABELS = "kubernetes_labels";

/** Settings of {@link manifestsOf}. */
export interface ManifestsProps {
  /** A synthesized stack: the content of its `cdk.tf.json`. */
  readonly stack: Readonly<Record<string, unknown>>;
  /** Gives values of other stacks and of other resources. @default - none is known */
  readonly resolve?: Resolve;
}

/**
 * The Kubernetes objects that a synthesized stack declares, by the provider that they go to (`kubernetes.k8s`), each list in an order
 * that a cluster can take. `helm_release` is left out. A secret's values are not in the JSON: its keys get the value "placeholder".
 * @throws CommandError naming every resource of an unknown type and every expression without a value
 */
export function manifestsOf({
  stack,
  resolve = () => undefined,
}: ManifestsProps): ReadonlyMap<string, KubernetesObject[]> {
  const resources = (stack["resource"] ?? {}) as Resources;
  const references = new References(resources, resolve);
  const problems: string[] = [];
  const byProvider = new Map<string, KubernetesObject[]>();
  for (const [type, ofType] of Object.entries(resources)) {
    if (!type.startsWith("kubernetes_")) continue;
    for (const [name, resource] of Object.entries(ofType)) {
      const [apiVersion, kind] = type === LABELS ? labelled(resource) : (KINDS[type.replace(/_v\d+$/, "")] ?? []);
      if (apiVersion === undefined || kind === undefined) {
        problems.push(
          `${type}.${name}: this type is not known here; add it to KINDS in tools/control-plane/manifests.ts`,
        );
        continue;
      }
      const conversion = new Conversion(kind, references);
      const content = type === LABELS ? withLabels(resource) : resource;
      const object = { apiVersion, kind, ...conversion.resource(content, `${type}.${name}`) } as KubernetesObject;
      problems.push(...conversion.problems);
      const provider = typeof resource["provider"] === "string" ? resource["provider"] : "kubernetes";
      byProvider.set(provider, [...(byProvider.get(provider) ?? []), object]);
    }
  }
  problems.push(...references.problems);
  if (problems.length > 0) {
    throw new CommandError(`${problems.length} problems with the stack's Kubernetes objects:\n${problems.join("\n")}`);
  }
  for (const objects of byProvider.values()) objects.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  return byProvider;
}

type Block = Readonly<Record<string, unknown>>;

function isBlock(value: unknown): value is Block {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function labelled({ api_version: apiVersion, kind }: Block): readonly [string, string] | readonly [] {
  return typeof apiVersion === "string" && typeof kind === "string" ? [apiVersion, kind] : [];
}

function withLabels({ metadata, labels }: Block): Block {
  return { metadata: { ...(metadata as Block), labels } };
}

/** Turns one resource into an object of the API. */
class Conversion {
  readonly #kind: string;
  readonly #references: References;
  public readonly problems: string[] = [];

  public constructor(kind: string, references: References) {
    this.#kind = kind;
    this.#references = references;
  }

  public resource(resource: Block, place: string): Record<string, unknown> {
    const own = Object.fromEntries(Object.entries(resource).filter(([field]) => !TERRAFORM_ONLY.has(field)));
    if (this.#kind === "Secret") return this.#secret(own, place);
    if (this.#kind === "ServiceAccount" && Array.isArray(own["secret"])) {
      const { secret, ...rest } = own;
      return { ...this.#object(rest, place), secrets: this.#list(secret, `${place}.secret`) };
    }
    return this.#object(own, place);
  }

  /** Terraform is given a secret's values at apply only, if at all. */
  #secret({ data, data_wo, binary_data, binary_data_wo, ...rest }: Block, place: string): Record<string, unknown> {
    const keys: string[] = [];
    for (const [field, value] of Object.entries({ data, data_wo, binary_data, binary_data_wo })) {
      if (isBlock(value)) keys.push(...Object.keys(value));
      else if (value !== undefined) this.problems.push(`${place}.${field}: must be a map with known keys`);
    }
    const placeholder = Buffer.from(PLACEHOLDER).toString("base64");
    return { ...this.#object(rest, place), data: Object.fromEntries(keys.map((key) => [key, placeholder])) };
  }

  #object(block: Block, place: string): Record<string, unknown> {
    const fields = Object.entries(block).filter(([, value]) => value !== null && value !== undefined);
    return Object.fromEntries(
      fields.flatMap(([field, value]) =>
        UNWRAPPED.has(field) && isBlock(value)
          ? Object.entries(this.#object(value, `${place}.${field}`))
          : [this.#field(field, value, `${place}.${field}`)],
      ),
    );
  }

  #field(field: string, value: unknown, place: string): [string, unknown] {
    if (isBlock(value)) {
      if (MAPS.has(field) || this.#isServiceSelector(field, place)) return [apiName(field), this.#map(value, place)];
      const plural = OBJECT_OR_LIST.has(field) ? undefined : PLURALS[field];
      if (plural !== undefined) return [plural, this.#list([value], place)];
      if (LISTS.has(field)) return [apiName(field), this.#list([value], place)];
      return [apiName(field), this.#object(value, place)];
    }
    if (!Array.isArray(value)) return [apiName(field), this.#scalar(field, value, place)];
    if (!value.every(isBlock)) return [apiName(field), value.map((item) => this.#scalar(field, item, place))];
    const plural = PLURALS[field];
    if (plural !== undefined) return [plural, this.#list(value, place)];
    const isNodeAffinity = field === REQUIRED_AFFINITY && value.some((term) => "node_selector_term" in term);
    if (LISTS.has(field) || (field === REQUIRED_AFFINITY && !isNodeAffinity)) {
      return [apiName(field), this.#list(value, place)];
    }
    if (value.length !== 1) this.problems.push(`${place}: may stand once, got ${value.length}`);
    return [apiName(field), this.#object(value[0] ?? {}, place)];
  }

  /** A Service selects pods by a map, everything else by an object. */
  #isServiceSelector(field: string, place: string): boolean {
    return this.#kind === "Service" && field === "selector" && place.endsWith(".spec.selector");
  }

  #list(items: readonly unknown[], place: string): readonly unknown[] {
    return items.filter(isBlock).map((item, index) => this.#object(item, `${place}[${index}]`));
  }

  #map(map: Block, place: string): Record<string, unknown> {
    const entries = Object.entries(map).filter(([, value]) => value !== null && value !== undefined);
    return Object.fromEntries(
      entries.map(([key, value]) => [
        key,
        typeof value === "string" ? this.#references.text(value, `${place}["${key}"]`) : JSON.stringify(value),
      ]),
    );
  }

  #scalar(field: string, value: unknown, place: string): unknown {
    if (typeof value !== "string") return value;
    const text = this.#references.text(value, place);
    if (NUMBERS.has(field) && /^\d+$/.test(text)) return Number(text);
    if (MODES.has(field) && /^[0-7]+$/.test(text)) return Number.parseInt(text, 8);
    return text;
  }
}
