import { Construct } from "../cdktf";
import { acknowledge } from "../policy/acknowledge";
import { SecureBucket } from "../storage/secure-bucket";

/** Properties of {@link AccessLogBucket}. */
export interface AccessLogBucketProps {
  /** Bucket name. */
  readonly bucketName: string;
  /** Account whose buckets may write their access logs here. */
  readonly accountId: string;
  /** Days that access logs are kept. */
  readonly retentionDays: number;
}

/**
 * The target of S3 server access logs for every bucket of one account and region: who read or wrote which object, the last
 * resort when CloudTrail has no data events for a bucket. S3 delivers only within the same account and region, so each stack
 * that owns buckets in another region needs its own.
 */
export class AccessLogBucket extends Construct {
  /** The bucket's name, as a reference that orders its users after the bucket and its policy. */
  public readonly bucketName: string;
  /** The bucket's ARN. */
  public readonly arn: string;

  public constructor(scope: Construct, id: string, props: AccessLogBucketProps) {
    super(scope, id);
    const bucket = new SecureBucket(this, "Bucket", {
      bucketName: props.bucketName,
      statements: (arn) => [
        {
          sid: "AccessLogDelivery",
          actions: ["s3:PutObject"],
          resources: [`${arn}/*`],
          principals: { Service: "logging.s3.amazonaws.com" },
          conditions: { StringEquals: { "aws:SourceAccount": props.accountId } },
        },
      ],
      lifecycle: [{ id: "expire-access-logs", expireAfterDays: props.retentionDays }],
      // Nothing overwrites a log object: an old version exists only where someone deleted one.
      oldVersionDays: 30,
    });
    // S3 refuses a target before its policy admits the delivery service, so the name comes from the policy.
    this.bucketName = bucket.policy.bucket;
    this.arn = bucket.arn;

    acknowledge(
      this,
      "S3BucketLoggingEnabled",
      "It is the target of the access logs: logging it into itself would grow without end, and CloudTrail records its management events.",
    );
    acknowledge(
      this,
      "S3DefaultEncryptionKMS",
      "The log delivery service cannot write to a target whose default encryption is SSE-KMS, so the bucket has SSE-S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshooting-server-access-logging.html",
    );
    acknowledge(
      this,
      "S3BucketReplicationEnabled",
      "Access logs support an investigation but are no record of their own; the trail, which is, has its copy.",
    );
  }
}
