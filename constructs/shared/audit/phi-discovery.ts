import { Macie2Account } from "@cdktf/provider-aws/lib/macie2-account";
import { Macie2ClassificationJob } from "@cdktf/provider-aws/lib/macie2-classification-job";
import { groundStack } from "../../../config/names";
import { Construct } from "../cdktf";
import { aws, cdktf } from "../observability/command";
import type { Monitoring } from "../observability/monitoring";
import { placeholder } from "../observability/placeholders";
import { describeSystem, runbookLink } from "../observability/system";
import { SystemHealth } from "../observability/system-health";
import { FindingNotification } from "./finding-notification";

/** Properties of {@link PhiDiscovery}. */
export interface PhiDiscoveryProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** Account that owns the buckets: Macie looks only into its own account's. */
  readonly accountId: string;
  /** Names of the buckets to look into. */
  readonly bucketNames: readonly string[];
  /** Who answers for it. */
  readonly owner: string;
  /** Share of the objects that is read, in per cent: Macie is paid by the byte. @default 10 */
  readonly samplingPercentage?: number;
}

/**
 * Macie over the buckets that hold PHI: every Sunday it reads a sample of what is new, and reports PHI and credentials where
 * they lie open or unencrypted. It belongs to the account that owns the buckets, so the global stack makes it and not the
 * environments.
 */
export class PhiDiscovery extends Construct {
  public constructor(scope: Construct, id: string, props: PhiDiscoveryProps) {
    super(scope, id);
    const { accountId, bucketNames, monitoring } = props;
    const jobName = `${monitoring.namePrefix}-phi`;
    describeSystem(this, {
      name: "phi-discovery",
      title: "PHI discovery (Macie)",
      owner: props.owner,
      purpose:
        "Finds PHI and credentials in S3 where nobody expects them, and buckets that hold them without protection.",
      launch: [cdktf("deploy", groundStack(monitoring.environment))],
      stop: [
        [
          "Pause the weekly job; resume it within 30 days with `RUNNING`:",
          aws(`macie2 update-classification-job --job-id ${placeholder("id")} --job-status USER_PAUSED`),
        ],
      ],
      status: [
        aws(
          `macie2 list-classification-jobs --filter-criteria '{"includes":[{"comparator":"EQ","key":"name","values":["${jobName}"]}]}' --query 'items[].[jobId,jobStatus,createdAt]'`,
        ),
      ],
      logs: ["CloudWatch Logs group `/aws/macie/classificationjobs`: what a job could not read, and why."],
      metrics: [["Bytes read, and their price:", aws("macie2 get-usage-statistics")]],
      procedures: [
        {
          title: "Read a finding",
          steps: [
            aws("macie2 list-findings --sort-criteria attributeName=updatedAt,orderBy=DESC --max-results 10"),
            ["Bucket, object and the kind of data:", aws(`macie2 get-findings --finding-ids ${placeholder("id")}`)],
            "PHI in a place for PHI: archive the finding. PHI elsewhere: move the object, delete every version of the old one, and tell the privacy officer.",
          ],
        },
      ],
    });
    const account = new Macie2Account(this, "Resource", {
      status: "ENABLED",
      findingPublishingFrequency: "FIFTEEN_MINUTES",
    });
    new Macie2ClassificationJob(this, "Job", {
      name: jobName,
      description: "New objects of the buckets that hold PHI",
      jobType: "SCHEDULED",
      scheduleFrequency: { weeklySchedule: "SUNDAY" },
      samplingPercentage: props.samplingPercentage ?? 10,
      s3JobDefinition: { bucketDefinitions: [{ accountId, buckets: [...bucketNames] }] },
      dependsOn: [account],
    });
    const { alarm } = new FindingNotification(this, "Findings", {
      monitoring,
      name: "macie-findings",
      description: "Macie's findings of medium and high severity.",
      severity: "ticket",
      pattern: {
        source: ["aws.macie"],
        "detail-type": ["Macie Finding"],
        detail: { severity: { description: ["Medium", "High"] }, archived: [false] },
      },
      values: {
        severity: "$.detail.severity.description",
        title: "$.detail.title",
        bucket: "$.detail.resourcesAffected.s3Bucket.name",
        object: "$.detail.resourcesAffected.s3Object.key",
        finding: "$.detail.id",
      },
      message: [
        "Macie, <severity>: <title>",
        "Bucket <bucket>, object <object>.",
        "Everything about it: aws macie2 get-findings --finding-ids <finding>",
        `Runbook: ${runbookLink(monitoring, "phi-discovery")}`,
      ],
    });
    new SystemHealth(this, "Health", { monitoring, alarms: [alarm] });
  }
}
