import { PROMETHEUS_NODE_PORT } from "../../../config/names";

/** Port of PostgreSQL, in every database. */
export const POSTGRES_PORT = 5432;

/** Port of Redis on ElastiCache. */
export const REDIS_PORT = 6379;

/** Port of the DCGM exporter, on nodes that have GPUs. */
export const DCGM_PORT = 9400;

/** NodePort of trews-rest-api: the load balancer's target group and the Kubernetes Service take it from here. */
export const WEB_NODE_PORT = 30080;

/** NodePorts of the services that are reached from outside of their cluster. One is never given to another service. */
export const SERVICE_NODE_PORTS = {
  grafana: 30300,
  redash: 30500,
  concourse: 30800,
  locust: 30889,
  prometheus: PROMETHEUS_NODE_PORT,
} as const;
