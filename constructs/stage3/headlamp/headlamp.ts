import { clusterLogGroup, stackName } from "../../../config/names";
import { Construct } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import { HelmRelease } from "../../shared/helm/helm-release";
import { MONITORING_NAMESPACE } from "../../shared/kubernetes/cluster-foundation";
import { HTTPS, PodNetworkPolicy } from "../../shared/kubernetes/pod-network-policy";
import { awslogs, cdktf, kubectl, type Command } from "../../shared/observability/command";
import { describeSystem, type SystemFacts } from "../../shared/observability/system";
import { contextOf, rollback } from "../../shared/helm/watched-cluster";
import type { Platform } from "../../shared/platform";
import { HEADLAMP, HEADLAMP_CHART, headlampValues, SESSION_SECONDS } from "./values";

/** Properties of {@link Headlamp}. */
export interface HeadlampProps {
  /** What it stands on. */
  readonly platform: Pick<Platform, "clusters" | "clustersOwner" | "environment">;
}

/**
 * A dashboard on each cluster, in place of kubernetes-dashboard and heapster, which are no more. It has no address of its own: people
 * reach it through `kubectl port-forward`, and see what the token allows that they bring.
 */
export class Headlamp extends Construct {
  public constructor(scope: Construct, id: string, { platform }: HeadlampProps) {
    super(scope, id);
    describeSystem(this, headlampFacts(platform.environment, platform.clustersOwner, contextOf(platform.clusters)));
    for (const [key, { foundation, helm, kubernetes, name }] of Object.entries(platform.clusters)) {
      const namespace = foundation.monitoring;
      const ways = new PodNetworkPolicy(this, constructId(key, "network"), {
        provider: kubernetes,
        namespace,
        name: HEADLAMP,
        podLabels: { "app.kubernetes.io/name": HEADLAMP },
        // The API server. Nobody calls it: people come through it, and their node's kubelet.
        out: [HTTPS],
      });
      new HelmRelease(this, constructId(key), {
        provider: helm,
        releaseName: HEADLAMP,
        namespace: namespace.name,
        chart: HEADLAMP_CHART,
        values: headlampValues(name),
        dependsOn: [...namespace.ready, ways.resource],
      });
    }
  }
}

function headlampFacts(environment: string, owner: string, cluster: string): SystemFacts {
  const place = { cluster, namespace: MONITORING_NAMESPACE };
  const on = (args: string): Command => kubectl(place, args);
  const pods = "-l app.kubernetes.io/name=headlamp";
  const minutes = SESSION_SECONDS / 60;
  return {
    name: HEADLAMP,
    title: "Kubernetes dashboard (Headlamp)",
    owner,
    purpose:
      "Shows what runs on a cluster: pods, their logs and events, deployments, jobs. Only looks; it changes nothing, and no alarm depends on it.",
    launch: [
      [
        `A Helm release \`headlamp\` in the namespace ${MONITORING_NAMESPACE} of k8s, k8s-ml and k8s-ml-tf:`,
        cdktf("deploy", stackName(environment, "stage3")),
      ],
    ],
    stop: [on("scale deployment/headlamp --replicas=0"), ["Go on:", on("scale deployment/headlamp --replicas=1")]],
    status: [on("rollout status deployment/headlamp"), on(`get pods ${pods} -o wide`)],
    logs: [
      on("logs deployment/headlamp --tail=100"),
      [
        "In CloudWatch:",
        awslogs(clusterLogGroup(environment, "k8s"), { stream: "kubernetes/monitoring/headlamp", field: "log" }),
      ],
    ],
    metrics: [["It has none of its own.", on(`top pod ${pods}`)]],
    procedures: [
      {
        title: "Open it",
        steps: [
          [
            `Take a token, which is good for ${minutes} minutes and sees everything but Secrets and nodes:`,
            on(`create token headlamp --duration=${minutes}m`),
          ],
          ["Open the way to it, and leave it open:", on("port-forward service/headlamp 8080:80")],
          "Browse http://localhost:8080 and paste the token. Who needs more, brings a token that may do more.",
        ],
      },
      rollback(HEADLAMP, place, environment),
    ],
  };
}
