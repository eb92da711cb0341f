import { z } from "zod";

/** Account-wide auditing: trail, recorder, threat detection, spending. */
export const auditSchema = z.strictObject({
  /** Monthly spending limit in US dollars; a forecast above it, or 80 % of it spent, notifies the ticket topic. */
  monthlyBudgetUsd: z.int().min(1),
  /** Notify when a cost anomaly's impact reaches this many US dollars. */
  costAnomalyUsd: z.int().min(1),
  /** Years that object lock keeps a trail file from being changed or deleted. */
  trailLockYears: z.int().min(1).max(10),
  /** Send GuardDuty findings of at least this severity to the page topic (low 1–3.9, medium 4–6.9, high 7–8.9). */
  findingSeverity: z.number().min(1).max(10),
  /** Copy the trail's bucket to this region. @default no copy */
  replicaRegion: z.string().optional(),
});

/** Validated audit settings. */
export type AuditConfig = z.output<typeof auditSchema>;
