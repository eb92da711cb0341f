import { loadConfig } from "../../../../config/load";
import type { ModelVersions } from "../../../../config/models";
import type { TensorflowConfig } from "../../../../config/schema/tensorflow";
import type { Clusters } from "../../../../constructs/shared/kubernetes/cluster";
import { dashboardsOf } from "../../../../constructs/shared/observability/dashboard";
import { systemFacts } from "../../../../constructs/shared/observability/system";
import type { PrometheusRule } from "../../../../constructs/shared/prometheus/rules";
import { Tensorflow } from "../../../../constructs/stage3/tensorflow/tensorflow";
import { synth } from "../../../support";
import { platformIn } from "../platform";

/** TensorFlow's settings of dev. */
export function devTensorflow(): TensorflowConfig {
  const settings = loadConfig().environments.find(({ name }) => name === "dev")?.tensorflow;
  if (settings === undefined) throw new Error("dev has no TensorFlow");
  return settings;
}

/** TensorFlow as dev has it, in an environment `test`, and what was synthesized. */
export function builtTensorflow(
  served: Readonly<Record<string, ModelVersions>>,
  change: Partial<TensorflowConfig> = {},
  nodeGroups: Clusters["k8s"]["nodeGroups"] = {
    serving: { label: "serving", minSize: 0, maxSize: 2 },
    gpu: { label: "gpu", minSize: 0, maxSize: 2 },
  },
) {
  let made: Tensorflow | undefined;
  let rules: readonly PrometheusRule[] = [];
  let dashboards: ReturnType<typeof dashboardsOf> = [];
  let terraform: () => Record<string, unknown> = () => ({});
  const stack = synth((scope) => {
    const platform = platformIn(scope);
    terraform = () => scope.toTerraform();
    const cluster = platform.clusters["k8s-ml-tf"];
    const autoScalingGroupNames = { gpu: "gpu.k8s-ml-tf.test.opsdx.io", serving: "serving.k8s-ml-tf.test.opsdx.io" };
    const grouped = { ...cluster, foundation: cluster.foundation, nodeGroups, autoScalingGroupNames };
    made = new Tensorflow(scope, "Tensorflow", {
      platform: {
        ...platform,
        clusters: { ...platform.clusters, "k8s-ml-tf": grouped },
        registryUrls: {
          ...platform.registryUrls,
          "trews-train": "111122223333.dkr.ecr.us-east-1.amazonaws.com/trews-train",
        },
      },
      config: { ...devTensorflow(), ...change },
      served,
    });
    rules = grouped.rules?.take() ?? [];
    dashboards = dashboardsOf(scope);
  });
  if (made === undefined) throw new Error("nothing was made");
  return { stack, rules, dashboards, terraform: terraform(), facts: systemFacts(made) };
}
