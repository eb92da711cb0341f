import type { ConcourseConfig } from "../../../config/schema/concourse";
import { NODE_GROUP_LABEL } from "../../../config/schema/cluster";
import { Construct, type ITerraformDependable } from "../../shared/cdktf";
import type { AcceptedRendering } from "../../shared/helm/accepted-rendering";
import { HelmRelease } from "../../shared/helm/helm-release";
import { ServiceSecrets } from "../../shared/helm/service-secrets";
import { podServiceAccount } from "../../shared/kubernetes/pod";
import { PodNetworkPolicy } from "../../shared/kubernetes/pod-network-policy";
import { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import type { Platform } from "../../shared/platform";
import { PropsError } from "../../shared/props-error";
import { CONCOURSE, POD_LABELS, PORTS, WEB, WORKER, WORKERS_NAMESPACE } from "./names";
import { CONCOURSE_CHART, workerGraceSeconds, workerValues } from "./values";

/** Properties of {@link ConcourseWorkers}. */
export interface ConcourseWorkersProps {
  /** What they stand on. */
  readonly platform: Pick<
    Platform,
    "account" | "clusters" | "environment" | "secretArns" | "secretKeyArns" | "secretOperators" | "serviceSecrets"
  >;
  /** Settings. */
  readonly config: ConcourseConfig["workers"];
  /** Networks that builds have no way to, beside instance metadata: those of databases and control planes. */
  readonly closedTo: readonly string[];
  /** The servers. */
  readonly servers: readonly ITerraformDependable[];
}

/** Addresses that only the machine itself has: among them instance metadata, and with it the node's role. */
const LINK_LOCAL = "169.254.0.0/16";

/** A worker mounts file systems and starts containers: what the kernel lets only root do. */
const ACCEPTED: readonly AcceptedRendering[] = (
  [
    "RenderedCapabilities",
    "RenderedNoEscalation",
    "RenderedNonRoot",
    "RenderedReadOnlyRoot",
    "RenderedSeccomp",
  ] as const
).map((rule) => ({
  rule,
  on: `Deployment/${WORKER}/${WORKER}`,
  reason:
    "A worker mounts file systems and starts the containers of builds, which the kernel lets only root do. It has a namespace and nodes of its own, no token, no role and no way in, and its way out ends before databases, caches, volumes and the node's role.",
}));

/** Seconds that nodes take to come, and images to be fetched. */
const START_SECONDS = 900;

/**
 * The workers that builds run in: a release of their own, in a namespace of their own, on nodes of their own, because a worker is root on
 * its node, and so is a build that makes an image. They call the servers, and take no call; from them a way leads to the internet and to AWS's
 * endpoints, and none to databases, caches, volumes, the cluster's API or the node's role.
 */
export class ConcourseWorkers extends Construct {
  /** @throws PropsError when the cluster has no such node group */
  public constructor(scope: Construct, id: string, props: ConcourseWorkersProps) {
    super(scope, id);
    const { config, platform } = props;
    const { helm, kubernetes: provider, name, nodeGroups } = platform.clusters.k8s;
    const nodes = nodeGroups[config.nodeGroup];
    if (nodes === undefined) {
      throw new PropsError(this, [
        `config.nodeGroup must be a labelled node group of ${name} (${Object.keys(nodeGroups).join(", ")}), got "${config.nodeGroup}"`,
      ]);
    }
    const closedTo = [...props.closedTo, LINK_LOCAL];
    const namespace = new WorkloadNamespace(this, "Namespace", {
      provider,
      name: WORKERS_NAMESPACE,
      level: {
        standard: "privileged",
        reason:
          "Workers mount file systems and start containers for builds, which the kernel lets only root do. Nothing else lives here; its pods stand on nodes of their own, which hold no other pod and no role in AWS that they reach, have no token of the cluster's API, and no way in.",
      },
      quota: { "services.loadbalancers": "0", "services.nodeports": "0", "count/pods": `${2 * config.replicas}` },
    });
    const secrets = new ServiceSecrets(this, "Secrets", {
      platform,
      cluster: "k8s",
      namespace,
      service: WORKER,
      secrets: [
        {
          name: WORKER,
          data: {
            "host-key-pub": { service: CONCOURSE, reference: "host-key", property: "public" },
            "worker-key": { service: CONCOURSE, reference: "worker-key", property: "private" },
          },
        },
      ],
    });
    const serviceAccountName = podServiceAccount(this, "ServiceAccount", {
      provider,
      metadata: { name: WORKER, namespace: namespace.name, labels: POD_LABELS.worker },
      dependsOn: [...namespace.ready],
    });
    const ways = new PodNetworkPolicy(this, "Network", {
      provider,
      namespace,
      name: WORKER,
      podLabels: POD_LABELS.worker,
      out: [
        { peer: { namespace: CONCOURSE, podLabels: POD_LABELS.web }, ports: [PORTS.workers] },
        // Cilium does not count pods, nodes and the API server among address blocks.
        { peer: { cidr: "0.0.0.0/0", except: closedTo }, ports: [443, 80] },
      ],
    });
    new HelmRelease(this, "Resource", {
      provider: helm,
      releaseName: WORKER,
      namespace: namespace.name,
      chart: CONCOURSE_CHART,
      values: workerValues({
        config,
        labelName: NODE_GROUP_LABEL,
        nodeLabel: nodes.label,
        gateway: `${WEB}-worker-gateway.${CONCOURSE}:${PORTS.workers}`,
        closedTo,
        serviceAccountName,
      }),
      accepted: ACCEPTED,
      // One after the other, each when its builds have ended: or Helm would call that a failure, and take it back.
      timeoutSeconds: config.replicas * workerGraceSeconds(config) + START_SECONDS,
      dependsOn: [...namespace.ready, ...secrets.ready, ...props.servers, ways.resource],
    });
  }
}
