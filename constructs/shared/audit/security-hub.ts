import { SecurityhubAccount } from "@cdktf/provider-aws/lib/securityhub-account";
import { SecurityhubStandardsSubscription } from "@cdktf/provider-aws/lib/securityhub-standards-subscription";
import { Construct, type ITerraformDependable } from "../cdktf";

/** Properties of {@link SecurityHub}. */
export interface SecurityHubProps {
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
 * and Access Analyzer. It notifies nobody: it sends every open finding anew with each check, twice a day, and what is urgent
 * comes from its sources directly. The weekly review in the runbook reads it.
 */
export class SecurityHub extends Construct {
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
  }
}
