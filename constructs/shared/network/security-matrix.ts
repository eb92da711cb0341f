import { POSTGRES_PORT, REDIS_PORT, SERVICE_NODE_PORTS, WEB_NODE_PORT } from "./ports";

/**
 * The security groups of an environment, by role, with what carries each. kops makes groups of its own for nodes, control
 * planes and the API load balancer, which here open ways between these only; `node`, `services`, `builds`, `master` and `api` stand beside
 * those, so that stage1 can name members of a cluster before the cluster exists: stage2 attaches them with `additionalSecurityGroups`.
 */
export const SECURITY_ROLES = {
  webLoadBalancer: "Application load balancer of the web service",
  entrance: "Internal load balancer of Grafana, Redash, Concourse and Locust",
  node: "Nodes of every kops cluster, and so their pods",
  services: "Nodes of k8s that run the operations services, each a node, too",
  builds: "Nodes of k8s that builds are root on, in place of node",
  master: "Control planes of every kops cluster",
  api: "API load balancer of every kops cluster",
  launcher: "Lambda functions that launch ETL jobs",
  monitor: "Lambda functions of the behavior monitors",
  controller: "Controller instances, reached through Session Manager",
  runner: "Runners of CI, which plan in front of the clusters",
  db: "PostgreSQL: the operational database and the warehouse",
  cache: "Redis of Redash",
  nfs: "Mount targets of the shared file system",
  endpoints: "Interface endpoints of AWS services",
} as const;

/** A role that has a security group of its own. */
export type SecurityRole = keyof typeof SECURITY_ROLES;

/** An end of a rule: a role, every address of the VPC, or every address there is. */
export type Peer = SecurityRole | "vpc" | "internet";

/**
 * Who may open a connection to whom. What is not here is closed, but between the machines of one cluster (constructs/stage2/kops/security-groups.ts)
 * and to its API, which `apiAccess` of the configuration opens.
 */
export interface SecurityRule {
  /** Who opens the connection. */
  readonly from: Peer;
  /** Who accepts it. */
  readonly to: Peer;
  /** Protocol. */
  readonly protocol: "tcp" | "udp";
  /** Port, or the first and last port of a range. */
  readonly ports: number | readonly [number, number];
  /** What for: the rule's description in AWS. */
  readonly why: string;
}

const client = (from: SecurityRole): SecurityRule => ({
  from,
  to: "endpoints",
  protocol: "tcp",
  ports: 443,
  why: "AWS APIs through interface endpoints",
});

const behindEntrance = (service: keyof typeof SERVICE_NODE_PORTS, name: string): SecurityRule => ({
  from: "entrance",
  to: "services",
  protocol: "tcp",
  ports: SERVICE_NODE_PORTS[service],
  why: `Requests and health checks of ${name}`,
});

/** Every connection that stage1's groups allow: the only place where one is opened. */
export const SECURITY_MATRIX: readonly SecurityRule[] = [
  {
    from: "internet",
    to: "webLoadBalancer",
    protocol: "tcp",
    ports: 443,
    why: "Browsers and Epic call the web service",
  },
  { from: "internet", to: "webLoadBalancer", protocol: "tcp", ports: 80, why: "Redirect to HTTPS" },
  {
    from: "webLoadBalancer",
    to: "node",
    protocol: "tcp",
    ports: WEB_NODE_PORT,
    why: "Requests and health checks of trews-rest-api",
  },

  { from: "services", to: "entrance", protocol: "tcp", ports: 443, why: "People by Session Manager, and Prometheus" },
  { from: "controller", to: "entrance", protocol: "tcp", ports: 443, why: "People on a controller" },
  behindEntrance("grafana", "Grafana"),
  behindEntrance("redash", "Redash"),
  behindEntrance("concourse", "Concourse"),
  behindEntrance("locust", "Locust"),
  {
    from: "services",
    to: "node",
    protocol: "tcp",
    ports: SERVICE_NODE_PORTS.prometheus,
    why: "Grafana asks the Prometheus of each cluster",
  },

  {
    from: "node",
    to: "db",
    protocol: "tcp",
    ports: POSTGRES_PORT,
    why: "ETL jobs, trews-rest-api, Grafana, Redash, Concourse",
  },
  { from: "monitor", to: "db", protocol: "tcp", ports: POSTGRES_PORT, why: "Behavior monitors read" },
  { from: "controller", to: "db", protocol: "tcp", ports: POSTGRES_PORT, why: "psql for maintenance" },
  { from: "node", to: "cache", protocol: "tcp", ports: REDIS_PORT, why: "Queue and query cache of Redash" },
  { from: "node", to: "nfs", protocol: "tcp", ports: 2049, why: "Volumes of pods" },
  { from: "controller", to: "nfs", protocol: "tcp", ports: 2049, why: "Mount on a controller" },

  { from: "launcher", to: "api", protocol: "tcp", ports: 443, why: "Create ETL jobs" },
  { from: "controller", to: "api", protocol: "tcp", ports: 443, why: "kubectl, helm and kops" },
  { from: "runner", to: "api", protocol: "tcp", ports: 443, why: "Plans of what runs on the clusters" },
  { from: "node", to: "api", protocol: "tcp", ports: 443, why: "Kubelets and pods that drive the cluster" },
  { from: "builds", to: "api", protocol: "tcp", ports: 443, why: "Kubelets" },

  { from: "vpc", to: "endpoints", protocol: "tcp", ports: 443, why: "AWS APIs, for whatever runs in the VPC" },
  client("node"),
  client("builds"),
  client("master"),
  client("launcher"),
  client("monitor"),
  client("controller"),
  client("runner"),

  { from: "node", to: "internet", protocol: "tcp", ports: 443, why: "Epic, container registries, S3 by its endpoint" },
  { from: "services", to: "internet", protocol: "tcp", ports: 465, why: "Mail of Redash, TLS from the start" },
  { from: "services", to: "internet", protocol: "tcp", ports: 587, why: "Mail of Redash, TLS after a word in clear" },
  { from: "builds", to: "internet", protocol: "tcp", ports: 443, why: "GitHub, package and container registries" },
  { from: "master", to: "internet", protocol: "tcp", ports: 443, why: "Container registries, S3 by its endpoint" },
  {
    from: "node",
    to: "internet",
    protocol: "tcp",
    ports: 80,
    why: "Packages of Ubuntu, which apt checks by signature",
  },
  {
    from: "builds",
    to: "internet",
    protocol: "tcp",
    ports: 80,
    why: "Packages of Ubuntu, which apt checks by signature",
  },
  {
    from: "master",
    to: "internet",
    protocol: "tcp",
    ports: 80,
    why: "Packages of Ubuntu, which apt checks by signature",
  },
  { from: "controller", to: "internet", protocol: "tcp", ports: 443, why: "Package and chart repositories" },
  { from: "runner", to: "internet", protocol: "tcp", ports: 443, why: "GitHub, package and chart repositories" },
];

/** First and last port of a rule. */
export function portRange({ ports }: Pick<SecurityRule, "ports">): readonly [number, number] {
  return typeof ports === "number" ? [ports, ports] : ports;
}

/** Ports as people write them: `tcp 443`, `tcp 8000-8010`. */
export function portLabel(rule: Pick<SecurityRule, "protocol" | "ports">): string {
  const [first, last] = portRange(rule);
  return `${rule.protocol} ${first === last ? first : `${first}-${last}`}`;
}
