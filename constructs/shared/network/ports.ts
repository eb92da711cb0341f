/** Port of PostgreSQL, in every database. */
export const POSTGRES_PORT = 5432;

/** NodePort of trews-rest-api: the load balancer's target group and the Kubernetes Service take it from here. */
export const WEB_NODE_PORT = 30080;
