import { z } from "zod";
import { region } from "./primitives";

/** Account-wide auditing: trail, recorder, threat detection, spending. */
export const auditSchema = z.strictObject({
  /** Monthly spending limit in US dollars; a forecast above it, or 80 % of it spent, notifies the ticket topic. */
  monthlyBudgetUsd: z.int().min(1),
  /** Notify when a cost anomaly's impact reaches this many US dollars. */
  costAnomalyUsd: z.int().min(1),
  /**
   * Who may lift the lock on a trail file before its time: with `governance` a principal that holds
   * `s3:BypassGovernanceRetention`; with `compliance` nobody, the root user included, so the bucket cannot go either.
   */
  trailLockMode: z.enum(["governance", "compliance"]),
  /** Years that object lock keeps a trail file from being changed or deleted. */
  trailLockYears: z.int().min(1).max(10),
  /**
   * Open a ticket for GuardDuty findings of at least this severity (low 1–3.9, medium 4–6.9). High ones, from 7 on, page
   * someone whatever this says.
   */
  findingSeverity: z.number().min(1).lt(7, "must be below 7: findings from there on page someone anyway"),
  /** Copy the trail's bucket to this region. @default no copy */
  replicaRegion: region.optional(),
});

/** Validated audit settings. */
export type AuditConfig = z.output<typeof auditSchema>;
