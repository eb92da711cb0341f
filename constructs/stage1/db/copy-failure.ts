import { FindingNotification } from "../../shared/audit/finding-notification";
import { Construct } from "../../shared/cdktf";
import type { Alarm } from "../../shared/observability/alarm";
import type { Monitoring } from "../../shared/observability/monitoring";

/** Properties of {@link CopyFailure}. */
export interface CopyFailureProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
}

/**
 * Opens a ticket when a snapshot was not copied to the shared account. The job runs in this account, and so do its events.
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html
 */
export class CopyFailure extends Construct {
  /** The alarm on a failure that reached nobody. */
  public readonly alarms: readonly Alarm[];

  public constructor(scope: Construct, id: string, { monitoring }: CopyFailureProps) {
    super(scope, id);
    const failure = new FindingNotification(this, "Resource", {
      monitoring,
      name: "backup-copy-failed",
      description: "AWS Backup could not copy a snapshot to the shared account",
      pattern: {
        source: ["aws.backup"],
        "detail-type": ["Copy Job State Change"],
        detail: { state: ["FAILED", "PARTIAL"] },
      },
      severity: "ticket",
      values: { job: "$.detail.copyJobId", of: "$.detail.resourceArn", why: "$.detail.statusMessage" },
      message: [
        `A snapshot of <of> was not copied to the shared account: <why>. What is lost with the account of ${monitoring.namePrefix} grows until one is.`,
        "Job <job>. What to do: the runbook's page RDS, Copies in the shared account.",
      ],
    });
    this.alarms = [failure.alarm];
  }
}
