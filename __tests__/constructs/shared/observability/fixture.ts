import type { Construct } from "../../../../constructs/shared/cdktf";
import { Monitoring } from "../../../../constructs/shared/observability/monitoring";
import { describeSystem, type SystemFacts } from "../../../../constructs/shared/observability/system";
import { TEST_ACCOUNT } from "../../../support";

/** Facts of a system that tests declare. */
export const FACTS: SystemFacts = {
  name: "pump",
  title: "Pump",
  owner: "Yanif",
  purpose: "Pumps.",
  launch: ["launch"],
  stop: ["stop"],
  status: ["status"],
  logs: ["logs"],
  metrics: ["metrics"],
};

/** What alarms and log groups of a test share; the scope becomes a system. */
export function monitoringIn(scope: Construct): Monitoring {
  describeSystem(scope, FACTS);
  return new Monitoring(scope, "Monitoring", {
    environment: "test",
    namePrefix: "opsdx-test",
    account: TEST_ACCOUNT,
    subscribers: { page: ["oncall@opsdx.io"], ticket: ["platform@opsdx.io"] },
    retention: { auditDays: 365, logDays: 30 },
    runbookUrl: "https://example.org/runbook",
    thresholds: {},
  });
}
