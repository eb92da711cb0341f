import { createHash } from "node:crypto";
import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import { DeploymentV1 } from "@cdktf/provider-kubernetes/lib/deployment-v1";
import { PodDisruptionBudgetV1 } from "@cdktf/provider-kubernetes/lib/pod-disruption-budget-v1";
import type { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import { imageOf } from "../../../config/images";
import type { ModelConfig } from "../../../config/schema/tensorflow";
import { Construct } from "../../shared/cdktf";
import { MONITORING_NAMESPACE } from "../../shared/kubernetes/cluster-foundation";
import { cpuAutoscaler } from "../../shared/kubernetes/cpu-autoscaler";
import type { NfsClaim } from "../../shared/kubernetes/nfs-claim";
import { podServiceAccount, podSpec } from "../../shared/kubernetes/pod";
import { PodNetworkPolicy } from "../../shared/kubernetes/pod-network-policy";
import type { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import { acknowledgeUnlockedImage } from "../../shared/policy/unlocked-image";
import { SCRAPED, SCRAPED_PORT } from "../../shared/prometheus/scraped";
import { canaryOf, MODELS_FOLDER, PORTS } from "./names";
import { CONFIG_FOLDER, readyPath, SERVER_COMMAND, serverFiles, type ServedVersion } from "./server-config";

/** Properties of {@link ModelServer}. */
export interface ModelServerProps {
  /** The cluster. */
  readonly provider: KubernetesProvider;
  /** Region of the environment. */
  readonly region: string;
  /** Namespace of what serves. */
  readonly namespace: WorkloadNamespace;
  /** Value of the label `opsdx_nodegroup` of the nodes that serve. */
  readonly nodeLabel: string;
  /** The claim on the folder of models, for reading. */
  readonly models: Pick<NfsClaim, "claimName" | "ready">;
  /** The model's settings. */
  readonly config: ModelConfig;
  /** What is served. */
  readonly served: ServedVersion;
}

/** Seconds in which a pod that goes still answers: until every node knows that it does. */
const PRE_STOP_SECONDS = 15;
/** Seconds between looks at whether a rollout is through, beyond what its pods take. */
const ROLLOUT_SPARE_SECONDS = 300;

/**
 * The servers of one version of a model: stable, as many as its autoscaler wants; or canary, one beside them under an address of its own, so that
 * callers choose and neither takes the other down. Another version replaces them pod by pod, each once it has loaded.
 */
export class ModelServer extends Construct {
  /** Name of the Deployment and the Service. */
  public readonly serverName: string;

  public constructor(scope: Construct, id: string, props: ModelServerProps) {
    super(scope, id);
    const { config, models, namespace, provider, served } = props;
    const stable = served.label === "stable";
    const name = stable ? served.model : canaryOf(served.model);
    this.serverName = name;
    const matchLabels = { app: name };
    const metadata = { name, namespace: namespace.name, labels: { ...matchLabels, model: served.model } };
    const files = serverFiles(served, config);
    const settings = new ConfigMapV1(this, "Config", {
      provider,
      // Each has a name of its own, so that a pod of the former version that starts anew finds what it had.
      metadata: { ...metadata, name: `${name}-${hashOf(files)}` },
      immutable: true,
      data: { ...files },
      dependsOn: [...namespace.ready],
      lifecycle: { createBeforeDestroy: true },
    });
    const ways = new PodNetworkPolicy(this, "Network", {
      provider,
      namespace,
      name,
      podLabels: matchLabels,
      in: [
        ...config.callers.map((caller) => ({ peer: { namespace: caller }, ports: [PORTS.grpc, PORTS.rest] })),
        { peer: { namespace: MONITORING_NAMESPACE }, ports: [PORTS.rest] },
      ],
    });
    const deployment = new DeploymentV1(this, "Resource", {
      provider,
      metadata,
      spec: {
        ...(!stable && { replicas: "1" }),
        progressDeadlineSeconds: config.loadSeconds + ROLLOUT_SPARE_SECONDS,
        selector: { matchLabels },
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "1", maxUnavailable: "0" } },
        template: {
          metadata: { labels: { ...matchLabels, model: served.model, version: `${served.version}` } },
          spec: podSpec({
            name: "server",
            image: imageOf("tensorflow-serving"),
            command: SERVER_COMMAND,
            serviceAccountName: podServiceAccount(this, "ServiceAccount", {
              provider,
              metadata,
              dependsOn: [...namespace.ready],
            }),
            nodeLabel: props.nodeLabel,
            priority: stable ? "service" : "tools",
            size: config.pod,
            files: { [CONFIG_FOLDER]: settings.metadata.name },
            claims: [{ name: models.claimName, mountPath: MODELS_FOLDER, readOnly: true }],
            variables: { region: props.region, own: {} },
            graceSeconds: 2 * PRE_STOP_SECONDS,
            spread: { labels: matchLabels, zones: "preferred" },
            serves: {
              port: PORTS.rest,
              healthPath: readyPath(served),
              protocol: "HTTP",
              preStopSeconds: PRE_STOP_SECONDS,
              startSeconds: config.loadSeconds,
            },
          }),
        },
      },
      timeouts: { create: "30m", update: "60m" },
      ...(stable && { lifecycle: { ignoreChanges: ["spec[0].replicas"] } }),
      dependsOn: [...namespace.ready, ...models.ready, ways.resource],
    });
    acknowledgeUnlockedImage(deployment, "tensorflow-serving");
    if (stable) {
      cpuAutoscaler(this, "Autoscaler", { provider, deployment, metadata, replicas: config.replicas });
      new PodDisruptionBudgetV1(this, "Budget", {
        provider,
        metadata,
        spec: { maxUnavailable: "1", selector: { matchLabels } },
        dependsOn: [...namespace.ready],
      });
    }
    new ServiceV1(this, "Service", {
      provider,
      metadata: { ...metadata, labels: { ...metadata.labels, ...SCRAPED } },
      spec: {
        type: "ClusterIP",
        selector: matchLabels,
        port: [
          { name: "grpc", port: PORTS.grpc, targetPort: `${PORTS.grpc}` },
          { name: SCRAPED_PORT, port: PORTS.rest, targetPort: `${PORTS.rest}` },
        ],
      },
      dependsOn: [...namespace.ready],
    });
  }
}

function hashOf(files: Readonly<Record<string, string>>): string {
  return createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 8);
}
