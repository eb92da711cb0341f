import { entranceHosts, SERVICES_CLUSTER } from "../../config/entrance";
import { generalGroup } from "../../config/general-group";
import { clusterFullName, controllerGroup } from "../../config/names";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { ALERTMANAGER, PROMETHEUS_SERVER } from "../../constructs/shared/kubernetes/prometheus-names";
import { unknownArgument, UsageError } from "../command-error";

/** A service on the environment's entrance. */
export interface EntranceTarget {
  /** How it is reached. */
  readonly kind: "entrance";
  /** Its address, `https://…`. */
  readonly url: string;
  /** Its host. */
  readonly host: string;
  /** Every host of the entrance: one way leads to all of them. */
  readonly hosts: readonly string[];
  /** Auto scaling groups of the machines that reach the entrance, the one to take first: a controller, then nodes. */
  readonly groups: readonly string[];
}

/** A service that has no login, and so no way but kubectl's. */
export interface ClusterTarget {
  /** How it is reached. */
  readonly kind: "cluster";
  /** kubectl's context. */
  readonly context: string;
  /** Its namespace. */
  readonly namespace: string;
  /** Its Kubernetes Service. */
  readonly service: string;
  /** Port of the Service, which speaks plain HTTP. */
  readonly port: number;
}

/** Services of each cluster that kubectl leads to. */
const IN_CLUSTER = { prometheus: PROMETHEUS_SERVER, alertmanager: ALERTMANAGER } as const;

/** The services of an environment that can be opened. */
export function openable(environment: EnvironmentConfig): readonly string[] {
  const inCluster = environment.prometheus === undefined ? [] : Object.keys(IN_CLUSTER);
  return [...Object.keys(entranceHosts(environment)), ...inCluster].sort();
}

/**
 * The service that a person named.
 * @param cluster - short name of the cluster, for what stands on each
 * @throws UsageError naming what the environment has, or the nearest cluster
 */
export function findTarget(
  environment: EnvironmentConfig,
  service: string,
  cluster: string | undefined,
): EntranceTarget | ClusterTarget {
  const known = openable(environment);
  if (known.length === 0) throw new UsageError(`${environment.name} must have a service to open, and has none`);
  if (!known.includes(service)) throw unknownArgument("service", service, known);
  const hosts: Readonly<Record<string, string | undefined>> = entranceHosts(environment);
  const host = hosts[service];
  const clusters = Object.keys(environment.clusters);
  if (cluster !== undefined && !clusters.includes(cluster)) throw unknownArgument("cluster", cluster, clusters);
  if (host === undefined) {
    const { namespace, port, service: name } = IN_CLUSTER[service as keyof typeof IN_CLUSTER];
    const context = clusterFullName(environment, cluster ?? SERVICES_CLUSTER);
    return { kind: "cluster", context, namespace, service: name, port };
  }
  if (cluster !== undefined && cluster !== SERVICES_CLUSTER) {
    throw new UsageError(`--cluster must be left out, as ${service} is one for all clusters, got "${cluster}"`);
  }
  const group = generalGroup(environment.clusters[SERVICES_CLUSTER].nodeGroups) ?? "";
  return {
    kind: "entrance",
    url: `https://${host}`,
    host,
    hosts: Object.values(hosts).flatMap((each) => each ?? []),
    groups: [
      ...(environment.controllers === undefined ? [] : [controllerGroup(environment.name)]),
      `${group}.${clusterFullName(environment, SERVICES_CLUSTER)}`,
    ],
  };
}
