import type { DeploymentV1 } from "@cdktf/provider-kubernetes/lib/deployment-v1";
import { HorizontalPodAutoscalerV2 } from "@cdktf/provider-kubernetes/lib/horizontal-pod-autoscaler-v2";
import type { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import type { Construct } from "../cdktf";

/** Settings of {@link cpuAutoscaler}. */
export interface CpuAutoscalerProps {
  /** The cluster. */
  readonly provider: KubernetesProvider;
  /** Whose pods it counts: Terraform must ignore their number. */
  readonly deployment: DeploymentV1;
  /** Name, namespace and labels of the autoscaler. */
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: Record<string, string> };
  /** Fewest and most pods, and the percentage of what they ask for that they are kept at. */
  readonly replicas: { readonly min: number; readonly max: number; readonly cpuPercent: number };
}

/** Makes the pods of a Deployment as many as their processors want. Up at once, down slowly: a wave comes back, and a pod takes minutes to warm up. */
export function cpuAutoscaler(
  scope: Construct,
  id: string,
  { deployment, metadata, provider, replicas }: CpuAutoscalerProps,
): void {
  const policy = (type: "Pods" | "Percent", value: number, periodSeconds: number) => ({ type, value, periodSeconds });
  new HorizontalPodAutoscalerV2(scope, id, {
    provider,
    metadata,
    spec: {
      minReplicas: replicas.min,
      maxReplicas: replicas.max,
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: deployment.metadata.name },
      metric: [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: replicas.cpuPercent } },
        },
      ],
      behavior: {
        scaleUp: [
          {
            stabilizationWindowSeconds: 0,
            selectPolicy: "Max",
            policy: [policy("Percent", 100, 60), policy("Pods", 2, 60)],
          },
        ],
        scaleDown: [{ stabilizationWindowSeconds: 600, selectPolicy: "Min", policy: [policy("Pods", 1, 120)] }],
      },
    },
  });
}
