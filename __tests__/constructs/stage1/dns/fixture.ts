import type { DnsConfig } from "../../../../config/schema/dns";
import type { Construct } from "../../../../constructs/shared/cdktf";
import { Monitoring } from "../../../../constructs/shared/observability/monitoring";
import { describeSystem } from "../../../../constructs/shared/observability/system";
import { TEST_ACCOUNT } from "../../../support";

/** The DNS settings that tests start from. */
export const DNS: DnsConfig = {
  zone: "dev.opsdx.io",
  signingKeys: ["ksk1"],
  trustedKeys: ["ksk1"],
  healthChecks: { web: { host: "trews.dev.opsdx.io", path: "/", live: true } },
  delegationTtlSeconds: 3600,
};

/** What alarms and log groups of a test share. */
export function monitoringIn(scope: Construct, namePrefix = "opsdx-dev"): Monitoring {
  return new Monitoring(scope, "Monitoring", {
    environment: namePrefix.slice("opsdx-".length),
    namePrefix,
    account: TEST_ACCOUNT,
    subscribers: { page: [], ticket: [] },
    retention: { auditDays: 365, logDays: 30 },
    runbookUrl: "https://example.com/runbook",
    thresholds: {},
  });
}

/** Makes the scope the system `dns`, for a part that is tested by itself. */
export function asDns(scope: Construct): Monitoring {
  const lists = { launch: [], stop: [], status: [], logs: [], metrics: [] };
  describeSystem(scope, { name: "dns", title: "DNS", owner: "Yanif", purpose: "Test.", ...lists });
  return monitoringIn(scope);
}

/** The statements of a policy argument, by sid; references in it stand as `${…}`. */
export function statementsOf(policy: unknown): Record<string, Record<string, unknown>> {
  const { Statement } = JSON.parse(String(policy)) as { Statement: (Record<string, unknown> & { Sid: string })[] };
  return Object.fromEntries(Statement.map(({ Sid, ...statement }) => [Sid, statement]));
}
