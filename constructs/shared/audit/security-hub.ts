import { SecurityhubAccount } from "@cdktf/provider-aws/lib/securityhub-account";
import { SecurityhubStandardsSubscription } from "@cdktf/provider-aws/lib/securityhub-standards-subscription";
import type { AuditConfig } from "../../../config/schema/audit";
import { Construct, type ITerraformDependable } from "../cdktf";
import type { Alarm } from "../observability/alarm";
import type { Monitoring } from "../observability/monitoring";
import { runbookLink } from "../observability/system";
import { FindingNotification } from "./finding-notification";

/** Properties of {@link SecurityHub}. */
export interface SecurityHubProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** Failed controls of these severities open a ticket. */
  readonly severities: AuditConfig["securityHubSeverities"];
  /** Region of the hub. */
  readonly region: string;
  /** AWS Config's running recorder, which most controls read from. */
  readonly recorder: ITerraformDependable;
}

/**
 * CIS 1.4.0 stands beside 3.0.0 because it is the newest version whose checks include the metric filters and their alarms;
 * a control that several standards share is checked, and paid for, once.
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/standards-reference.html
 */
const STANDARDS = [
  { id: "FoundationalBestPractices", path: "aws-foundational-security-best-practices/v/1.0.0" },
  { id: "Cis14", path: "cis-aws-foundations-benchmark/v/1.4.0" },
  { id: "Cis30", path: "cis-aws-foundations-benchmark/v/3.0.0" },
] as const;

/**
 * Security Hub: the account's score against AWS's own practices and CIS, and one place for the findings of GuardDuty, Macie
 * and Access Analyzer. Those come from their sources directly; of its own it tells of failed controls. It sends an open finding anew with
 * each check, twice a day, until somebody says that they were told: the message has the command. The weekly review in the runbook reads
 * what is left.
 */
export class SecurityHub extends Construct {
  /** Fires when a finding could not be delivered. */
  public readonly alarm: Alarm;

  public constructor(scope: Construct, id: string, props: SecurityHubProps) {
    super(scope, id);
    const account = new SecurityhubAccount(this, "Resource", {
      enableDefaultStandards: false,
      autoEnableControls: true,
      // One finding for a control, however many standards share it.
      controlFindingGenerator: "SECURITY_CONTROL",
      dependsOn: [props.recorder],
    });
    for (const standard of STANDARDS) {
      new SecurityhubStandardsSubscription(this, standard.id, {
        standardsArn: `arn:aws:securityhub:${props.region}::standards/${standard.path}`,
        dependsOn: [account],
      });
    }
    const { monitoring, region, severities } = props;
    this.alarm = new FindingNotification(this, "Findings", {
      monitoring,
      name: "security-hub",
      description: `Failed controls of Security Hub, ${severities.join(" and ").toLowerCase()}, of which nobody was told.`,
      severity: "ticket",
      pattern: {
        source: ["aws.securityhub"],
        "detail-type": ["Security Hub Findings - Imported"],
        detail: {
          findings: {
            // Its own: what GuardDuty, Macie and Access Analyzer send to it, they send to people, too.
            ProductArn: [`arn:aws:securityhub:${region}::product/aws/securityhub`],
            Compliance: { Status: ["FAILED"] },
            RecordState: ["ACTIVE"],
            Severity: { Label: severities },
            Workflow: { Status: ["NEW"] },
          },
        },
      },
      values: {
        account: "$.account",
        severity: "$.detail.findings[0].Severity.Label",
        title: "$.detail.findings[0].Title",
        resource: "$.detail.findings[0].Resources[0].Id",
        finding: "$.detail.findings[0].Id",
        product: "$.detail.findings[0].ProductArn",
        remedy: "$.detail.findings[0].Remediation.Recommendation.Url",
      },
      message: [
        `Security Hub, <severity>, ${monitoring.namePrefix}: <title>`,
        "Resource <resource> in account <account>. What to do: <remedy>",
        "You took it on; without this it comes again with the next check: aws securityhub batch-update-findings --finding-identifiers Id=<finding>,ProductArn=<product> --workflow Status=NOTIFIED",
        `Runbook: ${runbookLink(monitoring, "audit")}`,
      ],
    }).alarm;
  }
}
