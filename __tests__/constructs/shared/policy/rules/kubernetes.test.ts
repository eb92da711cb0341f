import { ClusterRoleBindingV1 } from "@cdktf/provider-kubernetes/lib/cluster-role-binding-v1";
import { ClusterRoleV1 } from "@cdktf/provider-kubernetes/lib/cluster-role-v1";
import { CronJobV1 } from "@cdktf/provider-kubernetes/lib/cron-job-v1";
import { DeploymentV1, type DeploymentV1Config } from "@cdktf/provider-kubernetes/lib/deployment-v1";
import { HorizontalPodAutoscalerV2 } from "@cdktf/provider-kubernetes/lib/horizontal-pod-autoscaler-v2";
import { Labels } from "@cdktf/provider-kubernetes/lib/labels";
import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1";
import { NetworkPolicyV1 } from "@cdktf/provider-kubernetes/lib/network-policy-v1";
import { RESTRICTED_CONTAINER, RESTRICTED_POD } from "../../../../../constructs/shared/kubernetes/pod-security";
import { WorkloadNamespace } from "../../../../../constructs/shared/kubernetes/workload-namespace";
import { kubernetesRules } from "../../../../../constructs/shared/policy/rules/kubernetes";
import type { BaseStack } from "../../../../../stacks/base-stack";
import { providersOf } from "../../../../support";
import { testRules, type Build } from "./support";

const IMAGE = `registry/app@sha256:${"1a".repeat(32)}`;
const CONTAINER = {
  name: "app",
  image: IMAGE,
  securityContext: RESTRICTED_CONTAINER,
  resources: { requests: { memory: "1Gi" }, limits: { memory: "1Gi" } },
};

function deployment(
  stack: BaseStack,
  container: object = {},
  pod: object = {},
  rest: Partial<DeploymentV1Config> = {},
): DeploymentV1 {
  return new DeploymentV1(stack, "Bad", {
    provider: providersOf(stack, "k8s").kubernetes,
    metadata: { name: "app" },
    spec: {
      template: {
        metadata: {},
        spec: { securityContext: RESTRICTED_POD, container: [{ ...CONTAINER, ...container }], ...pod },
      },
    },
    ...rest,
  });
}
const app =
  (container: object = {}, pod: object = {}): Build =>
  (stack) =>
    deployment(stack, container, pod);
const cronJob =
  (container: object): Build =>
  (stack) =>
    new CronJobV1(stack, "Bad", {
      provider: providersOf(stack, "k8s").kubernetes,
      metadata: { name: "job" },
      spec: {
        schedule: "0 0 1 1 *",
        jobTemplate: {
          metadata: {},
          spec: {
            template: {
              metadata: {},
              spec: { securityContext: RESTRICTED_POD, container: [{ ...CONTAINER, ...container }] },
            },
          },
        },
      },
    });
const role =
  (rule: { apiGroups: string[]; resources: string[]; verbs: string[] }): Build =>
  (stack) =>
    new ClusterRoleV1(stack, "Bad", {
      provider: providersOf(stack, "k8s").kubernetes,
      metadata: { name: "r" },
      rule: [rule],
    });
const binding =
  (name: string): Build =>
  (stack) =>
    new ClusterRoleBindingV1(stack, "Bad", {
      provider: providersOf(stack, "k8s").kubernetes,
      metadata: { name: "b" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subject: [{ kind: "Group", name: "g" }],
    });
const namespace =
  (policy?: object): Build =>
  (stack) => {
    const provider = providersOf(stack, "k8s").kubernetes;
    new NamespaceV1(stack, "Bad", { provider, metadata: { name: "n" } });
    if (policy === undefined) return;
    new NetworkPolicyV1(stack, "Policy", {
      provider,
      metadata: { name: "p", namespace: "n" },
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"], ...policy },
    });
  };
const ENFORCE = "pod-security.kubernetes.io/enforce";
const enforcing =
  (standard?: string): Build =>
  (stack) =>
    new NamespaceV1(stack, "Bad", {
      provider: providersOf(stack, "k8s").kubernetes,
      metadata: { name: "n", labels: standard === undefined ? {} : { [ENFORCE]: standard } },
    });
const labelled =
  (kind: string, standard?: string): Build =>
  (stack) =>
    new Labels(stack, "Bad", {
      provider: providersOf(stack, "k8s").kubernetes,
      apiVersion: "v1",
      kind,
      metadata: { name: "n" },
      labels: standard === undefined ? {} : { [ENFORCE]: standard },
    });
const policyThat =
  (opens: object): Build =>
  (stack) =>
    new NetworkPolicyV1(stack, "Bad", {
      provider: providersOf(stack, "k8s").kubernetes,
      metadata: { name: "p", namespace: "n" },
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"], ...opens },
    });
const scaled =
  (rest: Partial<DeploymentV1Config>): Build =>
  (stack) => {
    const target = deployment(stack, {}, {}, rest);
    new HorizontalPodAutoscalerV2(stack, "Scaler", {
      provider: target.provider,
      metadata: { name: "app" },
      spec: { maxReplicas: 3, scaleTargetRef: { kind: "Deployment", name: target.metadata.name } },
    });
  };
const good = { "a careful Deployment": app(), "a careful CronJob": cronJob({}) };

testRules(kubernetesRules, {
  KubernetesImageByDigest: {
    accepts: good,
    refuses: {
      "a tag": ["runs an image by tag: app", app({ image: "registry/app:1.2" })],
      "a tag in a CronJob": ["runs an image by tag: app", cronJob({ image: "registry/app" })],
      "a tag of an init container": [
        "runs an image by tag: first",
        app({}, { initContainer: [{ ...CONTAINER, name: "first", image: "busybox:1" }] }),
      ],
    },
  },
  KubernetesPodRestricted: {
    accepts: good,
    refuses: {
      root: ["may run as root", app({}, { securityContext: { runAsNonRoot: false } })],
      "a container without a context": [
        "may gain rights or write its own files: app",
        app({ securityContext: undefined }),
      ],
      "kept capabilities": [
        "may gain rights or write its own files: app",
        cronJob({ securityContext: { ...RESTRICTED_CONTAINER, capabilities: { drop: ["NET_RAW"] } } }),
      ],
    },
  },
  KubernetesMemoryLimited: {
    accepts: good,
    refuses: {
      "no limit": ["has no memory limit that is its request: app", app({ resources: { requests: { memory: "1Gi" } } })],
      "another limit": [
        "has no memory limit that is its request: app",
        app({ resources: { requests: { memory: "1Gi" }, limits: { memory: "2Gi" } } }),
      ],
    },
  },
  KubernetesRbacNoWildcard: {
    accepts: { "what is needed": role({ apiGroups: [""], resources: ["pods"], verbs: ["get"] }) },
    refuses: {
      "every verb": ["grants *", role({ apiGroups: [""], resources: ["pods"], verbs: ["*"] })],
      "every resource": ["grants *", role({ apiGroups: [""], resources: ["*"], verbs: ["get"] })],
    },
  },
  KubernetesNoClusterAdmin: {
    accepts: { "another role": binding("view") },
    refuses: { "the role of everything": ["binds the role cluster-admin", binding("cluster-admin")] },
  },
  KubernetesNamespaceClosed: {
    accepts: {
      "a closed one": namespace({}),
      "the program's own": (stack) =>
        new WorkloadNamespace(stack, "N", {
          provider: providersOf(stack, "k8s").kubernetes,
          name: "n",
          level: "restricted",
        }),
    },
    refuses: {
      "no policy": ["has no network policy that closes it both ways", namespace()],
      "one way only": ["has no network policy that closes it both ways", namespace({ policyTypes: ["Ingress"] })],
      "an opening": ["has no network policy that closes it both ways", namespace({ egress: [{}] })],
      "an existing one": ["has no network policy that closes it both ways", labelled("Namespace", "restricted")],
      "some pods only": [
        "has no network policy that closes it both ways",
        namespace({ podSelector: { matchLabels: { app: "a" } } }),
      ],
    },
  },
  KubernetesNamespaceRestricted: {
    accepts: {
      "the strictest": enforcing("restricted"),
      "an existing one with the strictest": labelled("Namespace", "restricted"),
      "labels of something else": labelled("Node"),
    },
    refuses: {
      "no standard": ["enforces no pod security standard", enforcing()],
      "a lower one": ["lets pods of the standard privileged in", enforcing("privileged")],
      "an existing one with a lower one": ["lets pods of the standard baseline in", labelled("Namespace", "baseline")],
    },
  },
  KubernetesNetworkPolicyNamesWays: {
    accepts: {
      "a closed namespace": namespace({}),
      "ports from everywhere": namespace({ ingress: [{ ports: [{ port: "80" }] }] }),
    },
    refuses: {
      "everything out": ["opens every port: egress", policyThat({ egress: [{}] })],
      "neighbours on any port": [
        "opens every port: ingress",
        policyThat({ ingress: [{ from: [{ podSelector: {} }] }] }),
      ],
    },
  },
  KubernetesReplicasLeftToAutoscaler: {
    accepts: {
      "no autoscaler": app(),
      "an autoscaler that decides": scaled({ lifecycle: { ignoreChanges: ["spec[0].replicas"] } }),
    },
    refuses: { "two that decide": ["has its autoscaler's pods counted by Terraform", scaled({})] },
  },
});
