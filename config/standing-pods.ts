import { ADDONS_ANYWHERE, ADDONS_EVERY_NODE } from "./kops";
import { AGENT_REQUESTS } from "./requests/cluster-agents";
import { EXTERNAL_SECRETS_REQUESTS } from "./requests/external-secrets";
import type { ConcourseConfig } from "./schema/concourse";
import type { GrafanaConfig } from "./schema/grafana";
import { prometheusPods } from "./requests/prometheus";
import type { PrometheusConfig } from "./schema/prometheus";
import type { RedashConfig } from "./schema/redash";
import type { StandingPods } from "./requests/standing-pods";

export type { StandingPods } from "./requests/standing-pods";

/** What of an environment's settings says what is always on. */
export interface StandingEnvironment {
  /** The clusters by short name. */
  readonly clusters: Readonly<Record<string, unknown>>;
  /** Prometheus. @default - none */
  readonly prometheus?: PrometheusConfig;
  /** Concourse. @default - none */
  readonly concourse?: ConcourseConfig;
  /** Grafana. @default - none */
  readonly grafana?: GrafanaConfig;
  /** Redash. @default - none */
  readonly redash?: RedashConfig;
}

/** Cluster of the services that stand on one only. */
const SERVICES = { cluster: "k8s", group: "general" } as const;

/** Everything that is always on, on every cluster of an environment: what a service keeps there is one function here. */
export function standingPods(environment: StandingEnvironment): readonly StandingPods[] {
  return [
    ...Object.keys(environment.clusters).flatMap(onEveryCluster),
    ...prometheusPods(environment),
    ...concoursePods(environment),
    ...grafanaPods(environment),
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

function grafanaPods({ grafana }: StandingEnvironment): readonly StandingPods[] {
  if (grafana === undefined) return [];
  const { pod, replicas } = grafana;
  return [{ system: "grafana", name: "grafana", ...SERVICES, replicas, pod, apart: true }];
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
