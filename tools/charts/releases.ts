import path from "node:path";
import { clusterFullName, stackOwner } from "../../config/names";
import type { EnvironmentConfig } from "../../config/schema/environment";
import type { AcceptedRendering } from "../../constructs/shared/helm/accepted-rendering";
import type { HelmValue } from "../../constructs/shared/helm/helm-release";
import { block, text, type Block } from "../../constructs/shared/policy/model";
import type { Ground, GroundNodes } from "../../constructs/shared/policy/rendered/ground";
import type { ProgramFacts } from "../../stacks/program-facts";
import { CommandError } from "../command-error";
import { readJson } from "../files";
import type { ManifestStack } from "../terraform/manifest";
import { settle } from "./stand-ins";

/** Values of a chart. */
export type Values = Readonly<Record<string, HelmValue | undefined>>;

/** A chart as a release names it. */
export interface ChartSource {
  /** Name, or for a chart of the program its absolute path. */
  readonly name: string;
  /** Version. @default - it is the program's own chart */
  readonly version?: string;
  /** Address of its repository. @default - it is the program's own chart */
  readonly repository?: string;
}

/** A Helm release of a synthesized program. */
export interface ChartRelease {
  /** Its stack. */
  readonly stack: string;
  /** Path of its construct, starting with the stack. */
  readonly path: string;
  /** Short name of its cluster, for example `k8s-ml`. */
  readonly cluster: string;
  /** Name. */
  readonly name: string;
  /** Namespace. */
  readonly namespace: string;
  /** What it installs. */
  readonly chart: ChartSource;
  /** Its values, something standing in for what only an apply knows. */
  readonly values: Values;
  /** How many expressions something stands in for. */
  readonly standIns: number;
  /** Pod security standard of its namespace. */
  readonly standard: Ground["standard"];
  /** What is accepted of what it renders. */
  readonly accepted: readonly AcceptedRendering[];
}

/** How people call a release: `dev k8s fluent-bit`. */
export function releaseTitle({ cluster, name, stack }: Pick<ChartRelease, "cluster" | "name" | "stack">): string {
  return `${stackOwner(stack)} ${cluster} ${name}`;
}

/**
 * The Helm releases of a synthesized program, stack by stack.
 * @throws CommandError when the values of one are no JSON
 */
export function releasesOf(stacks: readonly ManifestStack[], facts?: ProgramFacts): readonly ChartRelease[] {
  return stacks.flatMap(({ directory, name: stack }) => {
    const { resource = {} } = (readJson(path.join(directory, "cdk.tf.json")) ?? {}) as { readonly resource?: Block };
    const accepted = facts?.stacks[stack]?.renderings ?? [];
    return Object.values(block(resource, "helm_release")).map((release): ChartRelease => {
      const body = release as Block;
      const at = text(block(block(body, "//"), "metadata")["path"]).replace(/\/Resource$/, "");
      const cluster = text(body["provider"]).replace(/^helm\.?/, "");
      const namespace = text(body["namespace"]);
      const { expressions, values } = valuesOf(body["values"], `${stack}: ${at}`);
      return {
        stack,
        path: at,
        cluster,
        name: text(body["name"]),
        namespace,
        chart: chartOf(body, directory),
        values,
        standIns: expressions.length,
        standard: standardOf(resource, cluster, namespace),
        accepted: accepted.filter((one) => one.path === at),
      };
    });
  });
}

function chartOf(body: Block, directory: string): ChartSource {
  const name = text(body["chart"]);
  const [repository, version] = [text(body["repository"]), text(body["version"])];
  if (repository !== "") return { name, version, repository };
  return { name: path.resolve(directory, name.replace(/^\$\{path\.module\}\//, "")) };
}

function valuesOf(
  values: unknown,
  place: string,
): { readonly values: Values; readonly expressions: readonly string[] } {
  const [first = "{}", ...others] = (Array.isArray(values) ? values : [values]) as readonly string[];
  if (others.length > 0) throw new CommandError(`${place}: must have one text of values, got ${others.length + 1}`);
  const settled = settle(first);
  try {
    return { values: JSON.parse(settled.text) as Values, expressions: settled.expressions };
  } catch (error) {
    throw new CommandError(`${place}: its values must be JSON: ${(error as Error).message}`);
  }
}

/** The pod security standard that a namespace of the stack enforces; one that it does not declare is taken for restricted. */
function standardOf(resource: Block, cluster: string, namespace: string): Ground["standard"] {
  const declared = ["kubernetes_namespace_v1", "kubernetes_labels"]
    .flatMap((type) => Object.values(block(resource, type)) as readonly Block[])
    .filter(({ provider }) => provider === `kubernetes.${cluster}`)
    .find((one) => block(one, "metadata")["name"] === namespace);
  const labels = { ...block(block(declared ?? {}, "metadata"), "labels"), ...block(declared ?? {}, "labels") };
  const standard = labels["pod-security.kubernetes.io/enforce"];
  return standard === "baseline" || standard === "privileged" ? standard : "restricted";
}

/** A cluster as releases find it. */
export interface ClusterGround {
  /** Version of Kubernetes. */
  readonly kubernetes: string;
  /** Groups of its nodes, those of the control plane too. */
  readonly nodes: readonly GroundNodes[];
}

/** kops' own label and taint of control planes and of nodes with GPUs. @see https://kops.sigs.k8s.io/gpu/ */
const CONTROL_PLANE = "node-role.kubernetes.io/control-plane";

/**
 * A cluster as the configuration has it.
 * @throws CommandError when the environment has no such cluster
 */
export function clusterGround(environment: EnvironmentConfig, cluster: string): ClusterGround {
  const config = Object.entries(environment.clusters).find(([name]) => name === cluster)?.[1];
  if (config === undefined) throw new CommandError(`there is no cluster ${clusterFullName(environment, cluster)}`);
  const groups = Object.entries(config.nodeGroups).map(([name, { gpu, labels, taints }]) => ({
    name,
    labels: gpu ? { ...labels, "kops.k8s.io/gpu": "1" } : labels,
    taints: gpu ? [...taints, "nvidia.com/gpu:NoSchedule"] : taints,
  }));
  const control = { name: "control plane", labels: { [CONTROL_PLANE]: "" }, taints: [`${CONTROL_PLANE}:NoSchedule`] };
  return { kubernetes: config.kubernetesVersion, nodes: [...groups, control] };
}
