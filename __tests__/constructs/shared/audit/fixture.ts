import type { AuditConfig } from "../../../../config/schema/audit";
import { Audit, type AuditProps } from "../../../../constructs/shared/audit/audit";
import type { BaseStack } from "../../../../stacks/base-stack";
import { synth, TEST_ACCOUNT, type Synthesized } from "../../../support";
import { monitoringIn } from "../observability/fixture";

/** The bucket that tests take to hold PHI. */
export const PHI_BUCKET = "arn:aws:s3:::opsdx-clarity-etl-stagec2dw";

/** Audit settings without a second copy of the trail. */
export const CONFIG: AuditConfig = {
  monthlyBudgetUsd: 3000,
  costAnomalyUsd: 100,
  trailLockMode: "governance",
  trailLockYears: 1,
  findingSeverity: 4,
  securityHubSeverities: ["CRITICAL", "HIGH"],
};

/** A provider that works in the region of the trail's second copy. */
export function replicaProvider(stack: BaseStack) {
  return stack.aliasedAws("AwsReplica", {
    alias: "replica",
    owner: "test",
    account: { id: TEST_ACCOUNT.id, region: "us-west-2" },
  });
}

/** Builds the whole system. */
export function auditIn(stack: BaseStack, overrides: Partial<AuditProps> = {}): Audit {
  return new Audit(stack, "Audit", {
    monitoring: monitoringIn(stack),
    account: TEST_ACCOUNT,
    config: CONFIG,
    owner: "Yanif",
    objects: [{ what: "PHI", bucketArns: [PHI_BUCKET] }],
    ...overrides,
  });
}

/** The whole system with a second copy of the trail, synthesized. */
export function replicated(): Synthesized {
  return synth((stack) =>
    auditIn(stack, {
      config: { ...CONFIG, trailLockMode: "compliance", trailLockYears: 7, replicaRegion: "us-west-2" },
      replicaProvider: replicaProvider(stack),
    }),
  );
}
