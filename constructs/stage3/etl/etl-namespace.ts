import type { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { RoleBindingV1 } from "@cdktf/provider-kubernetes/lib/role-binding-v1";
import { RoleV1 } from "@cdktf/provider-kubernetes/lib/role-v1";
import { CLUSTER_GROUPS, type ClusterGroup } from "../../../config/cluster-groups";
import type { EtlConfig } from "../../../config/schema/etl";
import { cadence } from "../../../config/schema/schedule";
import { Construct } from "../../shared/cdktf";
import { HTTPS, PodNetworkPolicy, postgresIn } from "../../shared/kubernetes/pod-network-policy";
import { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";

/** Properties of {@link EtlNamespace}. */
export interface EtlNamespaceProps {
  /** The cluster. */
  readonly provider: KubernetesProvider;
  /** Name of the namespace. */
  readonly name: string;
  /** The ETLs in it. */
  readonly etls: readonly EtlConfig[];
  /** Address block of the VPC. */
  readonly vpcCidr: string;
}

/** Jobs that people launch, and that hang in between, beyond those of the schedules. */
const SPARE_JOBS = 20;

/**
 * Jobs that can be there at a time: a finished one is kept for its `ttlSeconds`, and a schedule goes on meanwhile. Whatever makes
 * more than that is broken.
 */
export function jobQuota(etls: readonly EtlConfig[]): number {
  const kept = etls.map(({ job, schedule }) =>
    schedule === undefined ? 0 : Math.ceil(job.ttlSeconds / cadence(schedule).shortest) + 1,
  );
  return kept.reduce((sum, count) => sum + count, SPARE_JOBS);
}

/**
 * A namespace of ETLs. Launchers may make Jobs of the templates in it and see Jobs and pods, nothing else: the namespace is the fence, since a
 * right to create Jobs cannot be narrowed to some of them.
 */
export class EtlNamespace extends Construct {
  /** The namespace. */
  public readonly namespace: WorkloadNamespace;

  public constructor(scope: Construct, id: string, props: EtlNamespaceProps) {
    super(scope, id);
    const { provider, name } = props;
    this.namespace = new WorkloadNamespace(this, "Resource", {
      provider,
      name,
      level: "restricted",
      quota: { "count/jobs.batch": `${jobQuota(props.etls)}` },
    });
    new PodNetworkPolicy(this, "Network", {
      provider,
      namespace: this.namespace,
      name: "etl",
      podLabels: { "app.kubernetes.io/part-of": "etl" },
      out: [HTTPS, postgresIn(props.vpcCidr)],
    });
    this.grant("Launcher", props, "etl-launcher", CLUSTER_GROUPS.etlLaunchers, [
      { apiGroups: ["batch"], resources: ["jobs"], verbs: ["create", "get", "list"] },
      { apiGroups: ["batch"], resources: ["cronjobs"], verbs: ["get"] },
      // Why a run was killed stands in its pod only.
      { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
    ]);
    this.grant("Operator", props, "etl-operator", CLUSTER_GROUPS.etlOperators, [
      { apiGroups: ["batch"], resources: ["jobs"], verbs: ["create", "delete", "get", "list", "watch"] },
      { apiGroups: ["batch"], resources: ["cronjobs"], verbs: ["get", "list", "watch"] },
      { apiGroups: [""], resources: ["pods", "events"], verbs: ["get", "list", "watch"] },
      { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
    ]);
  }

  private grant(
    id: string,
    { provider, name: namespace }: EtlNamespaceProps,
    name: string,
    group: ClusterGroup,
    rule: { readonly apiGroups: string[]; readonly resources: string[]; readonly verbs: string[] }[],
  ): void {
    const metadata = { name, namespace };
    const role = new RoleV1(this, `${id}Role`, { provider, metadata, rule, dependsOn: [...this.namespace.ready] });
    new RoleBindingV1(this, `${id}Binding`, {
      provider,
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
      subject: [{ kind: "Group", name: group, apiGroup: "rbac.authorization.k8s.io" }],
    });
  }
}
