import { z } from "zod";
import { homeRegion } from "./aws-names";
import { copyRegion, region } from "./primitives";
import { rule, type Rule } from "./rule";

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
  /** Open a ticket for failed controls of Security Hub of these severities; the weekly review sees the others. */
  securityHubSeverities: z
    .array(z.enum(["CRITICAL", "HIGH", "MEDIUM", "LOW"]))
    .min(1)
    .refine((severities) => new Set(severities).size === severities.length, "must name each severity once"),
  /** Copy the trail's bucket to this region. @default no copy */
  replicaRegion: copyRegion.optional(),
});

const account = z.object({ region: homeRegion });

/** A second copy stands in a second region. */
const copyElsewhere = rule(
  z.object({ account, audit: z.object({ replicaRegion: region }) }),
  function* ({ account: { region }, audit: { replicaRegion } }) {
    if (replicaRegion !== region) return;
    yield {
      path: ["audit", "replicaRegion"],
      rule: `must differ from ${region}, the account's region, or the copy is lost with the original`,
      received: replicaRegion,
    };
  },
);

/** An anomaly as large as the month's budget would be noticed by the budget already. */
const anomalyBelowBudget = rule(
  z.object({ audit: z.object({ costAnomalyUsd: z.int(), monthlyBudgetUsd: z.int() }) }),
  function* ({ audit: { costAnomalyUsd, monthlyBudgetUsd } }) {
    if (costAnomalyUsd < monthlyBudgetUsd) return;
    yield {
      path: ["audit", "costAnomalyUsd"],
      rule: `must be below monthlyBudgetUsd (${monthlyBudgetUsd}), or the budget notices first`,
      received: costAnomalyUsd,
      nearest: monthlyBudgetUsd - 1,
    };
  },
);

/** Rules between the audit's settings and others of the same file. */
export const auditRules: readonly Rule[] = [copyElsewhere, anomalyBelowBudget];

/** Validated audit settings. */
export type AuditConfig = z.output<typeof auditSchema>;
