import { HIPAA } from "../citations";
import { addressesIn, block, blocks, isTrue, strings, text, type Block, type ResourceModel } from "../model";
import { resourceRule, type Rule } from "../rule";

/** Where the pod stands in each kind of workload. */
const POD_PATHS: Readonly<Record<string, readonly string[]>> = {
  kubernetes_pod_v1: ["spec"],
  kubernetes_deployment_v1: ["spec", "template", "spec"],
  kubernetes_stateful_set_v1: ["spec", "template", "spec"],
  kubernetes_daemon_set_v1: ["spec", "template", "spec"],
  kubernetes_job_v1: ["spec", "template", "spec"],
  kubernetes_cron_job_v1: ["spec", "job_template", "spec", "template", "spec"],
};
const WORKLOADS = Object.keys(POD_PATHS);

/** A namespace that is made, or one that is there and gets labels. */
const LABELS = "kubernetes_labels";
const NAMESPACES = ["kubernetes_namespace_v1", LABELS];

const isNamespace = ({ type, body }: ResourceModel): boolean => type !== LABELS || body["kind"] === "Namespace";

function podOf({ type, body }: ResourceModel): Block {
  return (POD_PATHS[type] ?? []).reduce<Block>(block, body);
}

function containersOf(resource: ResourceModel): readonly Block[] {
  const pod = podOf(resource);
  return [...blocks(pod, "container"), ...blocks(pod, "init_container")];
}

/** Containers for which something does not hold, by name, or nothing. */
function offenders(resource: ResourceModel, holds: (container: Block) => boolean): string | undefined {
  const names = containersOf(resource)
    .filter((container) => !holds(container))
    .map(({ name }) => text(name));
  return names.length === 0 ? undefined : names.join(", ");
}

/** Rules on what runs on the clusters, and on who may do what there. */
export const kubernetesRules: readonly Rule[] = [
  resourceRule({
    id: "KubernetesImageByDigest",
    citation: HIPAA.updates,
    fix: "name the image by digest, <repository>@sha256:…: a tag can come to mean another program",
    types: WORKLOADS,
    problem: (resource) => {
      const found = offenders(resource, ({ image }) => /@sha256:[0-9a-f]{64}$/.test(text(image)));
      return found === undefined ? undefined : `runs an image by tag: ${found}`;
    },
  }),
  resourceRule({
    id: "KubernetesPodRestricted",
    citation: HIPAA.leastPrivilege,
    fix: "use RESTRICTED_POD and RESTRICTED_CONTAINER of constructs/shared/kubernetes/pod-security.ts",
    types: WORKLOADS,
    problem: (resource) => {
      const pod = podOf(resource);
      if (!isTrue(block(pod, "security_context")["run_as_non_root"])) return "may run as root";
      const found = offenders(resource, (container) => {
        const context = block(container, "security_context");
        return (
          context["allow_privilege_escalation"] === false &&
          isTrue(context["read_only_root_filesystem"]) &&
          strings(block(context, "capabilities")["drop"]).includes("ALL")
        );
      });
      return found === undefined ? undefined : `may gain rights or write its own files: ${found}`;
    },
  }),
  resourceRule({
    id: "KubernetesMemoryLimited",
    citation: HIPAA.availability,
    fix: "set a memory request and the same as limit: one leak must not take a node with it",
    types: WORKLOADS,
    problem: (resource) => {
      const found = offenders(resource, (container) => {
        const { requests, limits } = block(container, "resources") as Record<"requests" | "limits", Block | undefined>;
        return requests?.["memory"] !== undefined && requests["memory"] === limits?.["memory"];
      });
      return found === undefined ? undefined : `has no memory limit that is its request: ${found}`;
    },
  }),
  resourceRule({
    id: "KubernetesRbacNoWildcard",
    citation: HIPAA.leastPrivilege,
    fix: "list the verbs, resources and API groups that are needed",
    types: ["kubernetes_role_v1", "kubernetes_cluster_role_v1"],
    problem: ({ body }) => {
      const wide = blocks(body, "rule").some((rule) =>
        ["api_groups", "resources", "verbs"].some((part) => strings(rule[part]).includes("*")),
      );
      return wide ? "grants *" : undefined;
    },
  }),
  resourceRule({
    id: "KubernetesNoClusterAdmin",
    citation: HIPAA.leastPrivilege,
    fix: "bind a role that lists what is needed",
    types: ["kubernetes_role_binding_v1", "kubernetes_cluster_role_binding_v1"],
    problem: ({ body }) =>
      block(body, "role_ref")["name"] === "cluster-admin" ? "binds the role cluster-admin" : undefined,
  }),
  resourceRule({
    id: "KubernetesNamespaceClosed",
    citation: HIPAA.openPorts,
    fix: "make the namespace with WorkloadNamespace, which closes it",
    types: NAMESPACES,
    problem: (resource, stack) => {
      if (!isNamespace(resource)) return undefined;
      const { body } = resource;
      const name = block(body, "metadata")["name"];
      const closed = stack.ofType("kubernetes_network_policy_v1").some(({ body: policy }) => {
        const spec = block(policy, "spec");
        return (
          policy["provider"] === body["provider"] &&
          block(policy, "metadata")["namespace"] === name &&
          Object.keys(block(spec, "pod_selector")).length === 0 &&
          ["Ingress", "Egress"].every((way) => strings(spec["policy_types"]).includes(way)) &&
          spec["ingress"] === undefined &&
          spec["egress"] === undefined
        );
      });
      return closed ? undefined : "has no network policy that closes it both ways";
    },
  }),
  resourceRule({
    id: "KubernetesNamespaceRestricted",
    citation: HIPAA.leastPrivilege,
    fix: "enforce the pod security standard restricted, and let what needs its node live in node-agents",
    types: NAMESPACES,
    problem: (resource) => {
      if (!isNamespace(resource)) return undefined;
      const { body } = resource;
      const labels = block(resource.type === LABELS ? body : block(body, "metadata"), "labels");
      const standard = text(labels["pod-security.kubernetes.io/enforce"]);
      if (standard === "restricted") return undefined;
      return standard === "" ? "enforces no pod security standard" : `lets pods of the standard ${standard} in`;
    },
  }),
  resourceRule({
    id: "KubernetesNetworkPolicyNamesWays",
    citation: HIPAA.openPorts,
    fix: "name the ports, with PodNetworkPolicy: an empty entry opens a closed namespace to everybody",
    types: ["kubernetes_network_policy_v1"],
    problem: ({ body }) => {
      const spec = block(body, "spec");
      const open = ["ingress", "egress"].filter((way) =>
        blocks(spec, way).some((entry) => blocks(entry, "ports").length === 0),
      );
      return open.length === 0 ? undefined : `opens every port: ${open.join(", ")}`;
    },
  }),
  resourceRule({
    id: "KubernetesReplicasLeftToAutoscaler",
    citation: HIPAA.availability,
    fix: "ignore changes of spec[0].replicas: an apply would set back what the autoscaler decided",
    types: ["kubernetes_deployment_v1"],
    problem: (deployment, stack) => {
      const scaled = stack
        .ofType("kubernetes_horizontal_pod_autoscaler_v2")
        .some(({ body }) =>
          addressesIn(block(block(body, "spec"), "scale_target_ref")["name"]).includes(deployment.address),
        );
      const ignored = strings(block(deployment.body, "lifecycle")["ignore_changes"]);
      return scaled && !ignored.includes("spec[0].replicas")
        ? "has its autoscaler's pods counted by Terraform"
        : undefined;
    },
  }),
];
