/**
 * Groups that a cluster's users may be in: a closed list, since a group that nothing is granted to lets its members sign in and do
 * nothing.
 */
export const CLUSTER_GROUPS = {
  /** May do everything, on every cluster: Kubernetes' own group, which no rule can narrow. For those who apply stage3. */
  masters: "system:masters",
  /** See everything but Secrets. For those who plan stage3, and look. */
  readers: "opsdx:readers",
  /** Make and see Jobs in the namespaces of ETLs, and see their templates. For the functions that launch ETLs. */
  etlLaunchers: "opsdx:etl-launchers",
  /** Make, see and delete Jobs in the namespaces of ETLs, see their pods, events and logs: what `opsdx etl` needs. For people. */
  etlOperators: "opsdx:etl-operators",
} as const;

/** A group that a cluster's users may be in. */
export type ClusterGroup = (typeof CLUSTER_GROUPS)[keyof typeof CLUSTER_GROUPS];
