import { CronJobV1 } from "@cdktf/provider-kubernetes/lib/cron-job-v1";
import { RoleBindingV1 } from "@cdktf/provider-kubernetes/lib/role-binding-v1";
import { RoleV1 } from "@cdktf/provider-kubernetes/lib/role-v1";
import { ServiceAccountV1 } from "@cdktf/provider-kubernetes/lib/service-account-v1";
import { imageOf, imageParts } from "../../../config/images";
import { Construct, type ITerraformDependable } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import type { AcceptedRendering } from "../../shared/helm/accepted-rendering";
import { HelmRelease, type HelmValue, type PinnedChart } from "../../shared/helm/helm-release";
import { podSpec } from "../../shared/kubernetes/pod";
import { RESTRICTED_CONTAINER } from "../../shared/kubernetes/pod-security";
import { HTTPS, PodNetworkPolicy } from "../../shared/kubernetes/pod-network-policy";
import { suspendedTemplate } from "../../shared/kubernetes/repeatable-job";
import type { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import type { Cluster } from "../../shared/kubernetes/cluster";
import { acknowledgeUnlockedImage } from "../../shared/policy/unlocked-image";
import { refuse } from "../../shared/props-error";
import { CHAOSKUBE } from "./names";

/** The chart of chaoskube 0.39.0. */
export const CHAOSKUBE_CHART: PinnedChart = {
  name: "chaoskube",
  version: "0.6.0",
  repository: "https://linki.github.io/chaoskube/",
};

/** Properties of {@link Chaoskube}. */
export interface ChaoskubeProps {
  /** The cluster. */
  readonly cluster: Pick<Cluster, "helm" | "kubernetes">;
  /** The region that its pods are told. */
  readonly region: string;
  /** Where its Jobs run. */
  readonly namespace: WorkloadNamespace;
  /** Namespaces that drills kill pods in, and what makes each. */
  readonly drilled: Readonly<Record<string, readonly ITerraformDependable[]>>;
}

const SIZE = { cpu: "50m", memory: "64Mi" };
const LABELS = { app: CHAOSKUBE };

/** What the chart gives no value for. */
const ACCEPTED: readonly AcceptedRendering[] = [
  {
    rule: "RenderedPriority",
    on: "Deployment/chaoskube",
    reason: "The chart has no value for it, and there is no pod: zero replicas. Jobs of drills have a priority.",
  },
  {
    rule: "RenderedProbes",
    on: "Deployment/chaoskube/chaoskube",
    reason: "The chart has no value for it, and there is no pod: zero replicas.",
  },
];

/**
 * chaoskube, which kills pods: the chart's Deployment with no replica and in dry run, so that nothing is ever armed, and a template of
 * Jobs, of which each drill makes one that ends by itself. What such a Job may do is a Role in each namespace that is drilled.
 *
 * The chart 0.6.0 makes an account that may delete pods everywhere, whatever its values say; nothing stands under it.
 * @see https://github.com/linki/chaoskube/blob/helm-chart-0.6.0/chart/chaoskube/templates/clusterrole.yaml
 */
export class Chaoskube extends Construct {
  /** @throws PropsError when a namespace is Kubernetes' own */
  public constructor(scope: Construct, id: string, { cluster, drilled, namespace, region }: ChaoskubeProps) {
    super(scope, id);
    const provider = cluster.kubernetes;
    refuse(
      this,
      Object.keys(drilled).map(
        (name) => name.startsWith("kube-") && `drilled must not be Kubernetes' own, got "${name}"`,
      ),
    );
    new HelmRelease(this, "Release", {
      provider: cluster.helm,
      releaseName: CHAOSKUBE,
      namespace: namespace.name,
      chart: CHAOSKUBE_CHART,
      values: chaoskubeValues(),
      accepted: ACCEPTED,
      dependsOn: [...namespace.ready],
    });
    const metadata = { name: `${CHAOSKUBE}-job`, namespace: namespace.name, labels: LABELS };
    const account = new ServiceAccountV1(this, "ServiceAccount", {
      provider,
      metadata,
      automountServiceAccountToken: false,
      dependsOn: [...namespace.ready],
    });
    const ways = new PodNetworkPolicy(this, "Network", {
      provider,
      namespace,
      name: CHAOSKUBE,
      podLabels: LABELS,
      // The API server.
      out: [HTTPS],
    });
    const bindings = Object.entries(drilled).map(([name, ready]) => this.grant(provider, name, metadata, ready));
    const template = new CronJobV1(this, "Template", {
      provider,
      metadata: { ...metadata, name: CHAOSKUBE },
      spec: suspendedTemplate({
        metadata: { labels: LABELS },
        spec: {
          // The drill says how long; this is for one that nobody ended.
          activeDeadlineSeconds: 3600,
          backoffLimit: 0,
          ttlSecondsAfterFinished: "86400",
          template: {
            metadata: { labels: LABELS },
            spec: {
              ...podSpec({
                name: CHAOSKUBE,
                image: imageOf("chaoskube"),
                serviceAccountName: account.metadata.name,
                priority: "tools",
                size: SIZE,
                // Every flag has a variable: a drill adds what it kills, and only a drill takes it out of dry run.
                variables: { region, own: { CHAOSKUBE_DRY_RUN: "true", CHAOSKUBE_LOG_FORMAT: "json" } },
                graceSeconds: 10,
                restartPolicy: "Never",
              }),
              automountServiceAccountToken: true,
            },
          },
        },
      }),
      dependsOn: [...namespace.ready, ways.resource, ...bindings],
    });
    acknowledgeUnlockedImage(template, "chaoskube");
  }

  /** What a Job may do in a namespace: see its pods, delete them, and say so. */
  private grant(
    provider: Cluster["kubernetes"],
    namespace: string,
    account: { readonly name: string; readonly namespace: string },
    ready: readonly ITerraformDependable[],
  ): RoleBindingV1 {
    const dependsOn = [...ready];
    const metadata = { name: CHAOSKUBE, namespace };
    const role = new RoleV1(this, constructId(namespace, "role"), {
      provider,
      metadata,
      rule: [
        { apiGroups: [""], resources: ["pods"], verbs: ["list", "delete"] },
        { apiGroups: [""], resources: ["events"], verbs: ["create"] },
      ],
      dependsOn,
    });
    return new RoleBindingV1(this, constructId(namespace, "binding"), {
      provider,
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
      subject: [{ kind: "ServiceAccount", name: account.name, namespace: account.namespace }],
      dependsOn,
    });
  }
}

/** The chart's values: nothing that runs, and nothing that kills if somebody made it run. */
export function chaoskubeValues(): Readonly<Record<string, HelmValue>> {
  const { pinnedTag, registry, repository } = imageParts("chaoskube");
  return {
    replicaCount: 0,
    image: { repository: `${registry}/${repository}`, tag: pinnedTag },
    // The chart drops a value that is false, and dry run is what it does without any.
    chaoskube: { args: { namespaces: "!kube-system", "max-kill": "1" } },
    // Nothing stands under this account, to which the chart gives every namespace.
    serviceAccount: { name: "chaoskube-unused" },
    podSecurityContext: { ...RESTRICTED_CONTAINER, runAsUser: 65_534, seccompProfile: { type: "RuntimeDefault" } },
    resources: { requests: SIZE, limits: { memory: SIZE.memory } },
  };
}
