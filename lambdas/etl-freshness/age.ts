/** What is known of an ETL's runs, in milliseconds since 1970. */
export interface Known {
  /** When a run last succeeded; the end of the minute or hour that CloudWatch counts it in. @default - never in 15 months */
  readonly lastSuccess?: number;
  /** Since when it is looked at. */
  readonly watchedSince: number;
  /** First slot of a schedule that begins some day. @default - it has always run */
  readonly firstSlot?: number;
  /** Last slot of a schedule that ends. @default - it goes on */
  readonly lastSlot?: number;
}

/**
 * Seconds that an ETL has gone without a success. What never succeeded counts from the moment that it was first looked at, or its
 * schedule's first slot, so that nobody is told before a slot was due; after a schedule's last slot has succeeded, nothing is due.
 */
export function secondsSinceSuccess({ firstSlot, lastSlot, lastSuccess, watchedSince }: Known, now: number): number {
  if (lastSlot !== undefined && lastSuccess !== undefined && lastSuccess >= lastSlot) return 0;
  const since = Math.max(lastSuccess ?? watchedSince, firstSlot ?? 0);
  return Math.max(0, Math.round((now - since) / 1000));
}
