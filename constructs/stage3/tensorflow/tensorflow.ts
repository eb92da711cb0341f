import type { ModelVersions } from "../../../config/models";
import type { ModelConfig, TensorflowConfig } from "../../../config/schema/tensorflow";
import { Construct } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import { NfsClaim } from "../../shared/kubernetes/nfs-claim";
import { PodNetworkPolicy } from "../../shared/kubernetes/pod-network-policy";
import { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import { describeSystem } from "../../shared/observability/system";
import { refuse } from "../../shared/props-error";
import { gpuAlarms, modelAlarms } from "./alarms";
import { tensorflowCommands } from "./commands";
import { tensorflowDashboard } from "./dashboard";
import { tensorflowFacts } from "./facts";
import { GpuMetrics } from "./gpu-metrics";
import { ModelServer } from "./model-server";
import { CLUSTER, PORTS, TENSORFLOW } from "./names";
import { Training, type TrainingPlatform } from "./training";

/** Properties of {@link Tensorflow}. */
export interface TensorflowProps {
  /** What it stands on. */
  readonly platform: TrainingPlatform;
  /** Its settings. */
  readonly config: TensorflowConfig;
  /** The versions that are served, by model; a model without any has no server. */
  readonly served: Readonly<Record<string, ModelVersions>>;
}

/**
 * TensorFlow on its cluster: Jobs that train on nodes with GPUs, and TensorFlow Serving on nodes without, which serves what they made. Both read
 * and write one folder of models (docs/decisions/0045-models-one-version-a-server.md); what GPUs do is told to Prometheus.
 */
export class Tensorflow extends Construct {
  /** @throws PropsError when the cluster has no such node group, or the registry no such image */
  public constructor(scope: Construct, id: string, { config, platform, served }: TensorflowProps) {
    super(scope, id);
    const { environment, monitoring } = platform;
    const cluster = platform.clusters[CLUSTER];
    const { foundation, kubernetes: provider, nodeGroups, rules } = cluster;
    const { nodeGroup } = config.serving;
    const nodeLabel = nodeGroups[nodeGroup]?.label;
    refuse(this, [
      nodeLabel === undefined &&
        `config.serving.nodeGroup must be a labelled node group of ${cluster.name} (${Object.keys(nodeGroups).join(", ")}), got "${nodeGroup}"`,
    ]);
    const commands = tensorflowCommands(environment, cluster.name);
    describeSystem(this, tensorflowFacts({ environment, config, commands, bucket: platform.staging.bucketName }));
    const namespace = new WorkloadNamespace(this, "Namespace", {
      provider,
      name: TENSORFLOW,
      level: "restricted",
      quota: { "services.loadbalancers": "0", "services.nodeports": "0" },
    });
    new PodNetworkPolicy(this, "Scraped", {
      provider,
      namespace: foundation.monitoring,
      name: `prometheus-to-${TENSORFLOW}`,
      podLabels: { "app.kubernetes.io/name": "prometheus" },
      out: [{ peer: { namespace: TENSORFLOW }, ports: [PORTS.rest] }],
    });
    const models = new NfsClaim(this, "Models", {
      platform,
      cluster: CLUSTER,
      namespace,
      use: "models",
      readOnly: true,
    });
    new Training(this, "Training", { platform, config: config.training });
    new GpuMetrics(this, "GpuMetrics", { cluster });
    // What nobody evaluates is no alarm.
    const alarms = rules === undefined ? undefined : { monitoring, rules, commands };
    if (rules !== undefined) tensorflowDashboard(this, { environment, region: platform.account.region });
    if (alarms !== undefined) gpuAlarms(this, { ...alarms, idlePercent: config.idleGpuPercent });
    const serve = (model: string, settings: ModelConfig, label: "stable" | "canary", version: number | undefined) => {
      if (version === undefined || nodeLabel === undefined) return;
      new ModelServer(this, constructId(label, model), {
        provider,
        region: platform.account.region,
        namespace,
        nodeLabel,
        models,
        config: settings,
        served: { model, version, label },
      });
    };
    for (const [model, settings] of Object.entries(config.serving.models)) {
      const versions = served[model];
      if (versions === undefined) continue;
      serve(model, settings, "stable", versions.stable);
      serve(model, settings, "canary", versions.canary);
      if (alarms !== undefined) modelAlarms(this, model, settings, alarms);
    }
  }
}
