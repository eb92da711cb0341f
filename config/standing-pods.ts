import { ADDONS_ANYWHERE, ADDONS_EVERY_NODE } from "./kops";
import { AGENT_REQUESTS } from "./requests/cluster-agents";
import { EXTERNAL_SECRETS_REQUESTS } from "./requests/external-secrets";
import { NFS_DRIVER_REQUESTS } from "./requests/nfs-driver";
import { prometheusPods, together } from "./requests/prometheus";
import type { ConcourseConfig } from "./schema/concourse";
import type { GrafanaConfig } from "./schema/grafana";
import type { LocustConfig } from "./schema/load";
import type { NfsConfig } from "./schema/nfs";
import type { PrometheusConfig } from "./schema/prometheus";
import type { RedashConfig } from "./schema/redash";
import type { StandingPods } from "./requests/standing-pods";

export type { StandingPods } from "./requests/standing-pods";

/** What of an environment's settings says what is always on. */
export interface StandingEnvironment {
  /** The clusters by short name. */
  readonly clusters: Readonly<Record<string, unknown>>;
  /** The shared file system, which a driver on each node mounts. @default - none */
  readonly nfs?: NfsConfig;
  /** Prometheus. @default - none */
  readonly prometheus?: PrometheusConfig;
  /** Concourse. @default - none */
  readonly concourse?: ConcourseConfig;
  /** Grafana. @default - none */
  readonly grafana?: GrafanaConfig;
  /** Locust's page. @default - none */
  readonly locust?: LocustConfig;
  /** Redash. @default - none */
  readonly redash?: RedashConfig;
}

/** Cluster of the services that stand on one only. */
const SERVICES = { cluster: "k8s", group: "general" } as const;

/** Everything that is always on, on every cluster of an environment: what a service keeps there is one function here. */
export function standingPods(environment: StandingEnvironment): readonly StandingPods[] {
  return [
    ...Object.keys(environment.clusters).flatMap(onEveryCluster),
    ...nfsPods(environment),
    ...prometheusPods(environment),
    ...concoursePods(environment),
    ...grafanaPods(environment),
    ...locustPods(environment),
    ...redashPods(environment),
  ];
}

/** What a system keeps on the clusters, for whoever compares it with what its chart renders. */
export function requestsOf(environment: StandingEnvironment, system: string): readonly StandingPods[] {
  return standingPods(environment).filter((pods) => pods.system === system);
}

function onEveryCluster(cluster: string): readonly StandingPods[] {
  const addons = (group: "general" | "every", list: typeof ADDONS_ANYWHERE): readonly StandingPods[] =>
    list.map(({ apart, cpuMillis, memoryMib, name, pods }) => ({
      system: "kops",
      name,
      cluster,
      group,
      replicas: pods,
      pod: { cpu: `${cpuMillis}m`, memory: `${memoryMib}Mi` },
      ...(apart !== undefined && { apart }),
    }));
  const own = (name: keyof typeof AGENT_REQUESTS, system: string, group: "general" | "every"): StandingPods => ({
    system,
    name,
    cluster,
    group,
    replicas: 1,
    pod: AGENT_REQUESTS[name],
  });
  return [
    ...addons("every", ADDONS_EVERY_NODE),
    ...addons("general", ADDONS_ANYWHERE),
    own("fluent-bit", "fluent-bit", "every"),
    own("event-reader", "fluent-bit", "general"),
    own("headlamp", "headlamp", "general"),
    ...Object.entries(EXTERNAL_SECRETS_REQUESTS).map(([name, { pod, replicas }]) => ({
      system: "external-secrets",
      name,
      cluster,
      group: "general" as const,
      replicas,
      pod,
    })),
  ];
}

function nfsPods({ clusters, nfs }: StandingEnvironment): readonly StandingPods[] {
  if (nfs === undefined) return [];
  const pod = together(...Object.values(NFS_DRIVER_REQUESTS));
  return Object.keys(clusters).map((cluster) => ({
    system: "efs-csi-driver",
    name: "efs-csi-node",
    cluster,
    group: "every",
    replicas: 1,
    pod,
  }));
}

function grafanaPods({ grafana }: StandingEnvironment): readonly StandingPods[] {
  if (grafana === undefined) return [];
  const { pod, replicas } = grafana;
  return [{ system: "grafana", name: "grafana", ...SERVICES, replicas, pod, apart: true }];
}

function locustPods({ locust }: StandingEnvironment): readonly StandingPods[] {
  if (locust === undefined) return [];
  return ["locust-master", "locust-worker"].map((name) => ({
    system: "load",
    name,
    ...SERVICES,
    replicas: 1,
    pod: locust.pod,
  }));
}

function concoursePods({ concourse }: StandingEnvironment): readonly StandingPods[] {
  if (concourse === undefined) return [];
  const { web, workers } = concourse;
  const shared = { system: "concourse", cluster: SERVICES.cluster, apart: true };
  return [
    { ...shared, name: "concourse-web", group: SERVICES.group, replicas: web.replicas, pod: web.pod },
    { ...shared, name: "concourse-worker", group: workers.nodeGroup, replicas: workers.replicas, pod: workers.pod },
  ];
}

function redashPods({ redash }: StandingEnvironment): readonly StandingPods[] {
  if (redash === undefined) return [];
  const { scheduler, server, workers } = redash;
  const kinds = [
    ["redash", server] as const,
    ...Object.entries(workers).map(([kind, pods]) => [`redash-${kind}worker`, pods] as const),
    ["redash-scheduler", { pod: scheduler, replicas: 1 }] as const,
  ];
  return kinds.map(([name, { pod, replicas }]) => ({
    system: "redash",
    name,
    ...SERVICES,
    replicas,
    pod,
  }));
}
