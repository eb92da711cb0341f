import type { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import type { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import type { ClusterName } from "../../../config/schema/environment";
import type { PrometheusRules } from "../prometheus/rules";
import type { ClusterFoundation } from "./cluster-foundation";

/** What a cluster hands to later stages. */
export interface ClusterExports {
  /** Full name, for example `k8s.dev.opsdx.io`: kops' name, and the context of kubectl. */
  readonly name: string;
  /** Address of the API, `https://…`. */
  readonly apiEndpoint: string;
  /** Certificate of the cluster's CA, PEM, base64; until the boot payload is rendered, a line that says so. */
  readonly certificateAuthority: string;
  /** Address of the issuer of service accounts' tokens, with or without `https://`. */
  readonly oidcIssuer: string;
  /** ARN of that issuer's provider in IAM. */
  readonly oidcProviderArn: string;
  /** Security group of the control planes. */
  readonly mastersSecurityGroupId: string;
  /** Security group of the nodes. */
  readonly nodesSecurityGroupId: string;
  /** Role of the control planes. */
  readonly mastersRoleName: string;
  /** Role of the nodes. */
  readonly nodesRoleName: string;
  /** Auto scaling group of each instance group, by the instance group's name. */
  readonly autoScalingGroupNames: Readonly<Record<string, string>>;
}

/** A node group that pods can ask for. */
export interface NodeGroup {
  /** Value of its nodes' label `opsdx_nodegroup`. */
  readonly label: string;
  /** Fewest nodes. */
  readonly minSize: number;
  /** Most nodes. */
  readonly maxSize: number;
}

/** A cluster, as everything that runs on it knows it; who needs less takes `Pick<Cluster, …>`. */
export interface Cluster extends ClusterExports {
  /** The provider of what is in it. */
  readonly kubernetes: KubernetesProvider;
  /** Helm on it. */
  readonly helm: HelmProvider;
  /** What it has from the start: priorities, readers, the namespaces of its watchers and of its agents. */
  readonly foundation: Pick<ClusterFoundation, "monitoring" | "nodeAgents">;
  /** Its node groups that carry the label `opsdx_nodegroup`, by name: pods can't ask for another. */
  readonly nodeGroups: Readonly<Record<string, NodeGroup>>;
  /** What its Prometheus evaluates: alarms on what happens in it are added here. @default - it has no Prometheus */
  readonly rules?: PrometheusRules;
  /** Name of its general group, on which stands what asks for no other. */
  readonly generalGroup: string;
}

/** An environment's clusters, by short name. */
export type Clusters = Readonly<Record<ClusterName, Cluster>>;
