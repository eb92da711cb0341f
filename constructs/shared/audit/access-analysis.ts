import { AccessanalyzerAnalyzer } from "@cdktf/provider-aws/lib/accessanalyzer-analyzer";
import { Construct } from "../cdktf";
import type { Alarm } from "../observability/alarm";
import type { Monitoring } from "../observability/monitoring";
import { FindingNotification } from "./finding-notification";
import { runbookLink } from "../observability/system";

/** Properties of {@link AccessAnalysis}. */
export interface AccessAnalysisProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
}

/** Days without use after which a role, key, password or permission is reported: a quarter, so that quarterly jobs count. */
const UNUSED_DAYS = 90;

/**
 * IAM Access Analyzer, twice: who outside the account can reach a bucket, key, role, queue, secret or function in this
 * region, and which roles, keys and permissions nobody uses. Both open tickets.
 */
export class AccessAnalysis extends Construct {
  /** Fire when a finding could not be delivered. */
  public readonly alarms: readonly Alarm[];

  public constructor(scope: Construct, id: string, props: AccessAnalysisProps) {
    super(scope, id);
    const { monitoring } = props;
    new AccessanalyzerAnalyzer(this, "ExternalAccess", {
      analyzerName: `${monitoring.namePrefix}-external-access`,
      type: "ACCOUNT",
    });
    new AccessanalyzerAnalyzer(this, "UnusedAccess", {
      analyzerName: `${monitoring.namePrefix}-unused-access`,
      type: "ACCOUNT_UNUSED_ACCESS",
      configuration: { unusedAccess: { unusedAccessAge: UNUSED_DAYS } },
    });
    const values = {
      account: "$.account",
      region: "$.region",
      resource: "$.detail.resource",
      kind: "$.detail.resourceType",
      finding: "$.detail.id",
    };
    this.alarms = [
      new FindingNotification(this, "ExternalFindings", {
        monitoring,
        name: "access-analyzer-external",
        description: "Access Analyzer's new findings of access from outside the account.",
        severity: "ticket",
        pattern: {
          source: ["aws.access-analyzer"],
          "detail-type": ["Access Analyzer Finding"],
          detail: { status: ["ACTIVE"], isDeleted: [false] },
        },
        values: { ...values, public: "$.detail.isPublic", principal: "$.detail.principal", action: "$.detail.action" },
        message: [
          `Access Analyzer, ${monitoring.namePrefix}: <resource> (<kind>) can be reached from outside account <account>.`,
          "Public: <public>. Principal: <principal>. Actions: <action>. Finding <finding> in <region>.",
          "Not wanted: change the policy in the construct that makes it. Wanted: archive the finding with a note in the ticket.",
          `Runbook: ${runbookLink(monitoring, "audit")}`,
        ],
      }).alarm,
      new FindingNotification(this, "UnusedFindings", {
        monitoring,
        name: "access-analyzer-unused",
        description: `Access Analyzer's new findings of access that nobody has used for ${UNUSED_DAYS} days.`,
        severity: "ticket",
        pattern: {
          source: ["aws.access-analyzer"],
          "detail-type": ["Unused Access Finding for IAM entities"],
          detail: { status: ["ACTIVE"], isDeleted: [false] },
        },
        // Of this kind the finding's id is called otherwise:
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-eventbridge.html
        values: { ...values, finding: "$.detail.findingId", type: "$.detail.findingType" },
        message: [
          `Access Analyzer, ${monitoring.namePrefix}: <type> of <resource> (<kind>) in account <account>.`,
          `Nobody used it for ${UNUSED_DAYS} days: remove it from the construct that makes it. Finding <finding> in <region>.`,
          `Runbook: ${runbookLink(monitoring, "audit")}`,
        ],
      }).alarm,
    ];
  }
}
