import { Macie2Account } from "@cdktf/provider-aws/lib/macie2-account";
import { Macie2ClassificationExportConfiguration } from "@cdktf/provider-aws/lib/macie2-classification-export-configuration";
import { Macie2ClassificationJob } from "@cdktf/provider-aws/lib/macie2-classification-job";
import { accountBucket, groundStack } from "../../../config/names";
import { Construct, type ITerraformDependable } from "../cdktf";
import { EncryptionKey } from "../encryption/encryption-key";
import type { PolicyStatement } from "../iam/policy-document";
import { aws, cdktf } from "../observability/command";
import type { Monitoring } from "../observability/monitoring";
import { placeholder } from "../observability/placeholders";
import { describeSystem, runbookLink } from "../observability/system";
import { SystemHealth } from "../observability/system-health";
import { acknowledge } from "../policy/acknowledge";
import { SecureBucket } from "../storage/secure-bucket";
import { FindingNotification } from "./finding-notification";

/** Properties of {@link PhiDiscovery}. */
export interface PhiDiscoveryProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** Account that owns the buckets, which are all that Macie looks into, and its region. */
  readonly account: { readonly id: string; readonly region: string };
  /** Name of the bucket that receives the server access logs of the results' bucket. */
  readonly accessLogBucket: string;
  /** Who answers for it. */
  readonly owner: string;
  /** Share of the objects that is read, in per cent: Macie is paid by the byte. @default 10 */
  readonly samplingPercentage?: number;
}

/** How the key of a bucket lets Macie look into it. */
export interface Inspector {
  /** What the key's policy says. */
  readonly statement: PolicyStatement;
  /** What must stand before the key: KMS refuses a policy that names a role which does not exist. */
  readonly role: ITerraformDependable;
}

/**
 * Macie over the buckets that hold PHI: every Sunday it reads a sample of what is new, and reports PHI and credentials where
 * they lie open or unencrypted. What it found in each object it keeps for 90 days, and this construct's bucket for as long as audit
 * logs. It belongs to the account that owns the buckets, so the global stack makes it and not the environments.
 */
export class PhiDiscovery extends Construct {
  /** For the keys of the buckets that are looked into. */
  public readonly inspector: Inspector;
  private readonly jobName: string;

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: PhiDiscoveryProps,
  ) {
    super(scope, id);
    const { monitoring } = props;
    this.jobName = `${monitoring.namePrefix}-phi`;
    const results = accountBucket(monitoring.namePrefix, "macie-results", props.account.id);
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
          `macie2 list-classification-jobs --filter-criteria '{"includes":[{"comparator":"EQ","key":"name","values":["${this.jobName}"]}]}' --query 'items[].[jobId,jobStatus,createdAt]'`,
        ),
      ],
      logs: [
        "CloudWatch Logs group `/aws/macie/classificationjobs`: what a job could not read, and why.",
        [
          "One record for each object that was looked into, whatever was found:",
          aws(`s3 ls --recursive s3://${results}/`),
        ],
      ],
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
    this.inspector = {
      role: account,
      statement: {
        sid: "MacieReads",
        actions: ["kms:Decrypt"],
        resources: ["*"],
        principals: {
          AWS: `arn:aws:iam::${props.account.id}:role/aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie`,
        },
      },
    };
    this.keepResults(account, results);
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

  /**
   * Looks into buckets.
   * @param bucketNames - of this account and region, under keys that have {@link inspector}'s statement
   */
  public lookInto(bucketNames: readonly string[]): void {
    new Macie2ClassificationJob(this, "Job", {
      name: this.jobName,
      description: "New objects of the buckets that hold PHI",
      jobType: "SCHEDULED",
      scheduleFrequency: { weeklySchedule: "SUNDAY" },
      samplingPercentage: this.props.samplingPercentage ?? 10,
      s3JobDefinition: { bucketDefinitions: [{ accountId: this.props.account.id, buckets: [...bucketNames] }] },
      dependsOn: [this.inspector.role],
    });
  }

  /** @see https://docs.aws.amazon.com/macie/latest/user/discovery-results-repository-s3.html */
  private keepResults(account: ITerraformDependable, bucketName: string): void {
    const { account: owner, accessLogBucket, monitoring } = this.props;
    const macie = { Service: "macie.amazonaws.com" };
    const own = `arn:aws:macie2:${owner.region}:${owner.id}`;
    const conditions = {
      StringEquals: { "aws:SourceAccount": owner.id },
      ArnLike: { "aws:SourceArn": [`${own}:export-configuration:*`, `${own}:classification-job/*`] },
    };
    const key = new EncryptionKey(this, "ResultsKey", {
      alias: `${monitoring.namePrefix}-macie-results`,
      description: "What Macie found in each object",
      accountId: owner.id,
      statements: [
        {
          sid: "MacieWrites",
          actions: ["kms:GenerateDataKey", "kms:Encrypt"],
          resources: ["*"],
          principals: macie,
          conditions,
        },
      ],
    });
    const bucket = new SecureBucket(this, "Results", {
      bucketName,
      keyArn: key.arn,
      accessLogBucket,
      lifecycle: [{ id: "expire-results", expireAfterDays: monitoring.retention.auditDays }],
      statements: (arn) => [
        {
          sid: "MacieFindsBucket",
          actions: ["s3:GetBucketLocation"],
          resources: [arn],
          principals: macie,
          conditions,
        },
        { sid: "MacieWrites", actions: ["s3:PutObject"], resources: [`${arn}/*`], principals: macie, conditions },
      ],
    });
    acknowledge(
      bucket,
      "S3BucketReplicationEnabled",
      "It says where PHI lies and holds none. Its loss costs the record of past searches; the next one finds what there is.",
    );
    new Macie2ClassificationExportConfiguration(this, "Export", {
      s3Destination: { bucketName: bucket.bucketName, kmsKeyArn: key.arn },
      // Macie tries to write when it is told where.
      dependsOn: [account, bucket.policy],
    });
  }
}
