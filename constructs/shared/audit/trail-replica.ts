import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { S3BucketReplicationConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-replication-configuration";
import { groundStack } from "../../../config/names";
import { Construct, type TerraformProvider } from "../cdktf";
import { EncryptionKey } from "../encryption/encryption-key";
import { policyDocument } from "../iam/policy-document";
import { Alarm } from "../observability/alarm";
import { aws, cdktf } from "../observability/command";
import type { Monitoring } from "../observability/monitoring";
import { placeholder } from "../observability/placeholders";
import { acknowledge } from "../policy/acknowledge";
import { SecureBucket } from "../storage/secure-bucket";
import { lockTrailFiles, trailExpiryDays, type TrailLock } from "./trail-lock";

/** Properties of {@link TrailReplica}. */
export interface TrailReplicaProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** Account that owns both buckets. */
  readonly accountId: string;
  /** The trail's bucket, its plain name, its key and its region. */
  readonly source: {
    readonly bucket: SecureBucket;
    readonly bucketName: string;
    readonly keyArn: string;
    readonly region: string;
  };
  /** Region of the copy, and the provider that works there. */
  readonly destination: { readonly region: string; readonly provider: TerraformProvider };
  /** Object lock of the copy: the same as the trail's. */
  readonly lock: TrailLock;
}

const RULE_ID = "trail-files";

/**
 * A second copy of the trail's files in another region, under a key of that region and the same object lock. Deletions are
 * not copied.
 */
export class TrailReplica extends Construct {
  /** The copy's bucket name, as a plain string. */
  public readonly bucketName: string;
  /** Fires when a file could not be copied. */
  public readonly alarm: Alarm;

  public constructor(scope: Construct, id: string, props: TrailReplicaProps) {
    super(scope, id);
    const { accountId, destination, lock, monitoring, source } = props;
    const { provider } = destination;
    this.bucketName = `${source.bucketName}-replica`;

    const key = new EncryptionKey(this, "Key", {
      alias: this.bucketName,
      description: `Second copy of the CloudTrail files of ${monitoring.namePrefix}`,
      accountId,
      provider,
    });
    const bucket = new SecureBucket(this, "Bucket", {
      bucketName: this.bucketName,
      keyArn: key.arn,
      objectLock: true,
      lifecycle: [{ id: "expire-after-lock", expireAfterDays: trailExpiryDays(lock) }],
      provider,
    });
    lockTrailFiles(this, "ObjectLock", bucket, lock, provider);
    acknowledge(
      bucket,
      "S3BucketLoggingEnabled",
      "S3 delivers access logs only within a region, and a log bucket in this one would be there for a copy alone, which nobody reads in normal times.",
    );

    const role = new IamRole(this, "Role", {
      name: `${monitoring.namePrefix}-cloudtrail-replication`,
      description: "S3 copies the CloudTrail files to another region",
      // S3 says nothing of the account it replicates for, so a condition on it would stop every copy.
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
      assumeRolePolicy: policyDocument({
        sid: "Replication",
        actions: ["sts:AssumeRole"],
        principals: { Service: "s3.amazonaws.com" },
      }),
    });
    const policy = new IamPolicy(this, "Policy", {
      name: `${monitoring.namePrefix}-cloudtrail-replication`,
      description: "Read the trail's bucket, write its copy",
      policy: policyDocument(
        {
          sid: "ReadSource",
          actions: ["s3:GetReplicationConfiguration", "s3:ListBucket"],
          resources: [source.bucket.arn],
        },
        {
          sid: "ReadSourceVersions",
          actions: [
            "s3:GetObjectVersionForReplication",
            "s3:GetObjectVersionAcl",
            "s3:GetObjectVersionTagging",
            "s3:GetObjectRetention",
            "s3:GetObjectLegalHold",
          ],
          resources: [`${source.bucket.arn}/*`],
        },
        { sid: "WriteCopy", actions: ["s3:ReplicateObject", "s3:ReplicateTags"], resources: [`${bucket.arn}/*`] },
        {
          sid: "DecryptSource",
          actions: ["kms:Decrypt"],
          resources: [source.keyArn],
          conditions: { StringEquals: { "kms:ViaService": `s3.${source.region}.amazonaws.com` } },
        },
        {
          sid: "EncryptCopy",
          actions: ["kms:Encrypt", "kms:GenerateDataKey"],
          resources: [key.arn],
          conditions: { StringEquals: { "kms:ViaService": `s3.${destination.region}.amazonaws.com` } },
        },
      ),
    });
    const attachment = new IamRolePolicyAttachment(this, "PolicyAttachment", {
      role: role.name,
      policyArn: policy.arn,
    });
    new S3BucketReplicationConfigurationA(this, "Resource", {
      bucket: source.bucket.bucketName,
      role: role.arn,
      rule: [
        {
          id: RULE_ID,
          status: "Enabled",
          priority: 1,
          filter: { prefix: "" },
          deleteMarkerReplication: { status: "Disabled" },
          sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: "Enabled" } },
          destination: {
            bucket: bucket.arn,
            storageClass: "STANDARD_IA",
            encryptionConfiguration: { replicaKmsKeyId: key.arn },
            // The failure metric exists only with metrics switched on.
            metrics: { status: "Enabled" },
          },
        },
      ],
      dependsOn: [source.bucket.versioning, bucket.versioning, attachment],
    });

    this.alarm = new Alarm(this, "ReplicationFailed", {
      monitoring,
      name: "audit-trail-replication-failed",
      intent: "Trail files are not copied to the second region: they exist only once until this is mended.",
      severity: "ticket",
      steps: [
        [
          "See which files failed, then ask for each key:",
          aws(
            `s3api list-objects-v2 --bucket ${source.bucketName} --prefix AWSLogs/${accountId}/CloudTrail/ --query 'reverse(sort_by(Contents,&LastModified))[:5].Key'`,
          ),
          aws(`s3api head-object --bucket ${source.bucketName} --key ${placeholder("key")} --query ReplicationStatus`),
        ],
        [
          "Check that the role still reads and writes: the first must show one policy, and the second say Enabled.",
          aws(`iam list-attached-role-policies --role-name ${monitoring.namePrefix}-cloudtrail-replication`),
          aws(
            `kms describe-key --region ${destination.region} --key-id alias/${this.bucketName} --query KeyMetadata.KeyState`,
          ),
        ],
        ["Undo what changed:", cdktf("deploy", groundStack(monitoring.environment))],
        `Copy what was missed: in the S3 console, Batch Operations, Create job, Replicate, source bucket \`${source.bucketName}\`, replication status Failed; the console makes the role it needs.`,
      ],
      metric: {
        namespace: "AWS/S3",
        name: "OperationsFailedReplication",
        dimensions: { SourceBucket: source.bucketName, DestinationBucket: this.bucketName, RuleId: RULE_ID },
        statistic: "Maximum",
      },
      comparison: ">",
      threshold: 0,
      periodSeconds: 60,
      periods: 5,
      // S3 writes 0 for a success, and nothing in a minute without a copy.
      missingData: "ignore",
    });
  }
}
