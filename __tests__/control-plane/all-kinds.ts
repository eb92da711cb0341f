import { ClusterRoleBindingV1 } from "@cdktf/provider-kubernetes/lib/cluster-role-binding-v1";
import { ClusterRoleV1 } from "@cdktf/provider-kubernetes/lib/cluster-role-v1";
import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import { CronJobV1 } from "@cdktf/provider-kubernetes/lib/cron-job-v1";
import { DeploymentV1 } from "@cdktf/provider-kubernetes/lib/deployment-v1";
import { HorizontalPodAutoscalerV2 } from "@cdktf/provider-kubernetes/lib/horizontal-pod-autoscaler-v2";
import { Labels } from "@cdktf/provider-kubernetes/lib/labels";
import { LimitRangeV1 } from "@cdktf/provider-kubernetes/lib/limit-range-v1";
import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1";
import { NetworkPolicyV1 } from "@cdktf/provider-kubernetes/lib/network-policy-v1";
import { PersistentVolumeClaimV1 } from "@cdktf/provider-kubernetes/lib/persistent-volume-claim-v1";
import { PersistentVolumeV1 } from "@cdktf/provider-kubernetes/lib/persistent-volume-v1";
import { PodDisruptionBudgetV1 } from "@cdktf/provider-kubernetes/lib/pod-disruption-budget-v1";
import { PriorityClassV1 } from "@cdktf/provider-kubernetes/lib/priority-class-v1";
import { StorageClassV1 } from "@cdktf/provider-kubernetes/lib/storage-class-v1";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { ResourceQuotaV1 } from "@cdktf/provider-kubernetes/lib/resource-quota-v1";
import { RoleBindingV1 } from "@cdktf/provider-kubernetes/lib/role-binding-v1";
import { RoleV1 } from "@cdktf/provider-kubernetes/lib/role-v1";
import { SecretV1 } from "@cdktf/provider-kubernetes/lib/secret-v1";
import { ServiceAccountV1 } from "@cdktf/provider-kubernetes/lib/service-account-v1";
import { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import { Testing, TerraformStack } from "../../constructs/shared/cdktf";

const RBAC = "rbac.authorization.k8s.io";
const IMAGE = "example.com/none:1";

/** A synthesized stack with every kind that `manifestsOf` knows, written with the provider's own bindings. */
export function allKinds(): Record<string, unknown> {
  const stack = new TerraformStack(Testing.app(), "all-kinds");
  const provider = new KubernetesProvider(stack, "Kubernetes", { alias: "test" });
  const { metadata } = new NamespaceV1(stack, "Namespace", {
    provider,
    metadata: { name: "all", labels: { "a/b_c": "d" } },
  });
  const own = { name: "all", namespace: metadata.name };

  new Labels(stack, "Labels", {
    provider,
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "kube-public" },
    labels: { "a/b_c": "d" },
  });
  new PriorityClassV1(stack, "Priority", { provider, metadata: { name: "all" }, value: 10, globalDefault: false });
  new ResourceQuotaV1(stack, "Quota", { provider, metadata: own, spec: { hard: { "count/jobs.batch": "5" } } });
  new LimitRangeV1(stack, "Limits", {
    provider,
    metadata: own,
    spec: {
      limit: [{ type: "Container", default: { memory: "64Mi" }, defaultRequest: { cpu: "10m" }, max: { cpu: "4" } }],
    },
  });
  new NetworkPolicyV1(stack, "Network", {
    provider,
    metadata: own,
    spec: {
      podSelector: { matchExpressions: [{ key: "app", operator: "In", values: ["all"] }] },
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        {
          from: [
            { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": metadata.name } }, podSelector: {} },
          ],
          ports: [{ port: "8080", protocol: "TCP" }],
        },
      ],
      egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/16", except: ["10.0.1.0/24"] } }] }],
    },
  });
  access(stack, provider, own);
  new ConfigMapV1(stack, "Settings", { provider, metadata: own, data: { a: "1", "snake_case.key": "kept" } });
  new SecretV1(stack, "Secret", { provider, metadata: own, dataWo: { password: "never-written" }, dataWoRevision: 1 });
  storage(stack, provider, own);
  cronJob(stack, provider, own);
  web(stack, provider, own);
  return stack.toTerraform() as Record<string, unknown>;
}

type Meta = { readonly name: string; readonly namespace: string };

function access(stack: TerraformStack, provider: KubernetesProvider, metadata: Meta): void {
  const account = new ServiceAccountV1(stack, "Account", {
    provider,
    metadata: { ...metadata, annotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/all" } },
    automountServiceAccountToken: false,
    imagePullSecret: [{ name: "all" }],
  });
  const rule = [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }];
  const role = new RoleV1(stack, "Role", { provider, metadata, rule });
  const clusterRole = new ClusterRoleV1(stack, "ClusterRole", {
    provider,
    metadata: { name: "all" },
    rule: [...rule, { nonResourceUrls: ["/metrics"], verbs: ["get"] }],
  });
  const subject = [{ kind: "ServiceAccount", name: account.metadata.name, namespace: metadata.namespace }];
  new RoleBindingV1(stack, "Binding", {
    provider,
    metadata,
    roleRef: { apiGroup: RBAC, kind: "Role", name: role.metadata.name },
    subject,
  });
  new ClusterRoleBindingV1(stack, "ClusterBinding", {
    provider,
    metadata: { name: "all" },
    roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: clusterRole.metadata.name },
    subject,
  });
}

function storage(stack: TerraformStack, provider: KubernetesProvider, metadata: Meta): void {
  const { metadata: ofClass } = new StorageClassV1(stack, "Class", {
    provider,
    metadata: { name: "all" },
    storageProvisioner: "all.example",
    parameters: { snake_case: "kept" },
  });
  const accessModes = ["ReadWriteMany"];
  const volume = new PersistentVolumeV1(stack, "Volume", {
    provider,
    metadata: { name: "all" },
    spec: [
      {
        capacity: { storage: "1Gi" },
        accessModes,
        storageClassName: ofClass.name,
        claimRef: { name: metadata.name, namespace: metadata.namespace },
        persistentVolumeSource: {
          csi: { driver: "all.example", volumeHandle: "all", volumeAttributes: { snake_case: "kept" } },
        },
      },
    ],
  });
  new PersistentVolumeClaimV1(stack, "Claim", {
    provider,
    metadata,
    spec: {
      accessModes,
      storageClassName: ofClass.name,
      volumeName: volume.metadata.name,
      resources: { requests: { storage: "1Gi" } },
    },
  });
}

function cronJob(stack: TerraformStack, provider: KubernetesProvider, metadata: Meta): void {
  new CronJobV1(stack, "CronJob", {
    provider,
    metadata,
    spec: {
      schedule: "0 9 * * *",
      timezone: "America/New_York",
      suspend: true,
      jobTemplate: {
        metadata: {},
        spec: {
          ttlSecondsAfterFinished: "60",
          podFailurePolicy: {
            rule: [
              { action: "Ignore", onPodCondition: [{ type: "DisruptionTarget", status: "True" }] },
              { action: "FailJob", onExitCodes: { containerName: "main", operator: "In", values: [64, 65] } },
            ],
          },
          template: {
            metadata: { annotations: { "a.b/c_d": "e" } },
            spec: {
              restartPolicy: "Never",
              serviceAccountName: metadata.name,
              nodeSelector: { opsdx_nodegroup: "etl" },
              toleration: [{ key: "opsdx_nodegroup", operator: "Equal", value: "etl", effect: "NoSchedule" }],
              securityContext: {
                runAsNonRoot: true,
                runAsUser: "1000",
                fsGroup: "2000",
                seccompProfile: { type: "RuntimeDefault" },
              },
              affinity: {
                nodeAffinity: {
                  requiredDuringSchedulingIgnoredDuringExecution: {
                    nodeSelectorTerm: [
                      { matchExpressions: [{ key: "opsdx_nodegroup", operator: "In", values: ["etl"] }] },
                    ],
                  },
                },
                podAntiAffinity: {
                  preferredDuringSchedulingIgnoredDuringExecution: [
                    {
                      weight: 1,
                      podAffinityTerm: {
                        topologyKey: "kubernetes.io/hostname",
                        labelSelector: [{ matchLabels: { a_b: "c" } }],
                      },
                    },
                  ],
                },
              },
              initContainer: [{ name: "before", image: IMAGE, command: ["true"] }],
              volume: [
                {
                  name: "settings",
                  configMap: { name: metadata.name, defaultMode: "0440", items: [{ key: "a", path: "a" }] },
                },
                { name: "scratch", emptyDir: { sizeLimit: "1Gi" } },
                { name: "keys", secret: { secretName: metadata.name } },
                {
                  name: "token",
                  projected: [{ sources: [{ serviceAccountToken: { path: "token", audience: "sts.amazonaws.com" } }] }],
                },
              ],
              container: [
                {
                  name: "main",
                  image: IMAGE,
                  env: [
                    { name: "PLAIN", value: "$${HOME}" },
                    { name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
                    { name: "SECRET", valueFrom: { secretKeyRef: { name: metadata.name, key: "password" } } },
                  ],
                  envFrom: [{ configMapRef: { name: metadata.name } }],
                  resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "64Mi" } },
                  securityContext: { capabilities: { drop: ["ALL"] }, readOnlyRootFilesystem: true },
                  volumeMount: [{ name: "scratch", mountPath: "/tmp" }],
                },
              ],
            },
          },
        },
      },
    },
  });
}

function web(stack: TerraformStack, provider: KubernetesProvider, metadata: Meta): void {
  const labels = { app: "all", app_name: "all" };
  const deployment = new DeploymentV1(stack, "Deployment", {
    provider,
    metadata,
    waitForRollout: false,
    lifecycle: { ignoreChanges: ["spec[0].replicas"] },
    spec: {
      replicas: "2",
      selector: { matchLabels: labels },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "0" } },
      template: {
        metadata: { labels },
        spec: {
          topologySpreadConstraint: [
            {
              maxSkew: 1,
              topologyKey: "topology.kubernetes.io/zone",
              whenUnsatisfiable: "ScheduleAnyway",
              labelSelector: [{ matchLabels: { app: "all" } }],
            },
          ],
          container: [
            {
              name: "main",
              image: IMAGE,
              port: [{ name: "http", containerPort: 8080 }],
              readinessProbe: {
                httpGet: { path: "/health", port: "8080", httpHeader: [{ name: "X-A", value: "b" }] },
                periodSeconds: 5,
              },
              livenessProbe: { tcpSocket: [{ port: "http" }] },
              lifecycle: { preStop: [{ exec: { command: ["sleep", "5"] } }] },
            },
          ],
        },
      },
    },
  });
  new ServiceV1(stack, "Service", {
    provider,
    metadata,
    spec: { type: "NodePort", selector: { app_name: "all" }, port: [{ name: "http", port: 80, targetPort: "8080" }] },
  });
  new PodDisruptionBudgetV1(stack, "Budget", {
    provider,
    metadata,
    spec: { maxUnavailable: "1", selector: { matchLabels: labels } },
  });
  new HorizontalPodAutoscalerV2(stack, "Autoscaler", {
    provider,
    metadata,
    spec: {
      minReplicas: 2,
      maxReplicas: 4,
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: deployment.metadata.name },
      metric: [
        { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 60 } } },
        {
          type: "Pods",
          pods: {
            metric: { name: "requests", selector: [{ matchLabels: { a: "b" } }] },
            target: { type: "AverageValue", averageValue: "10" },
          },
        },
      ],
      behavior: {
        scaleDown: [
          {
            stabilizationWindowSeconds: 300,
            selectPolicy: "Max",
            policy: [{ type: "Pods", value: 1, periodSeconds: 60 }],
          },
        ],
      },
    },
  });
}
