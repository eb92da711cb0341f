/** What is known of an ElastiCache node type: enough to size its alarms and to know which metrics it publishes. */
export interface CacheNodeType {
  /** Virtual CPUs. The engine uses one of them for commands. */
  readonly vcpus: number;
  /** Memory in GiB. */
  readonly memoryGib: number;
  /** Runs on CPU credits, so it publishes `CPUCreditBalance`. */
  readonly burstable: boolean;
}

const type = (vcpus: number, memoryGib: number, burstable: boolean): CacheNodeType => ({ vcpus, memoryGib, burstable });

/**
 * The node types offered, by name: smaller ones have no room for a second of anything.
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html
 * @see https://aws.amazon.com/elasticache/pricing/
 */
export const CACHE_NODE_TYPES: Readonly<Record<string, CacheNodeType>> = {
  "cache.t4g.small": type(2, 1.37, true),
  "cache.t4g.medium": type(2, 3.09, true),
  "cache.m7g.large": type(2, 6.38, false),
  "cache.m7g.xlarge": type(4, 12.93, false),
  "cache.r7g.large": type(2, 13.07, false),
};
