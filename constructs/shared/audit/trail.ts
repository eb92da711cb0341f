import { accountBucket } from "../../../config/names";
import { Cloudtrail } from "@cdktf/provider-aws/lib/cloudtrail";
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { Construct, type TerraformProvider } from "../cdktf";
import { EncryptionKey } from "../encryption/encryption-key";
import { policyDocument, serviceTrust } from "../iam/policy-document";
import { LogGroup } from "../observability/log-group";
import type { Monitoring } from "../observability/monitoring";
import { acknowledge } from "../policy/acknowledge";
import { SecureBucket } from "../storage/secure-bucket";
import { lockTrailFiles, trailExpiryDays, type TrailLock } from "./trail-lock";
import { TrailReplica } from "./trail-replica";

/** Buckets, in this account or another, of which the trail records who reads and writes an object. */
export interface WatchedObjects {
  /** What they hold: the selector is called after it. */
  readonly what: string;
  /** ARNs of the buckets. */
  readonly bucketArns: readonly string[];
  /** Record writes only: for what the public reads. @default false */
  readonly writesOnly?: boolean;
}

/** Properties of {@link Trail}. */
export interface TrailProps {
  /** What the stack's alarms and log groups share. */
  readonly monitoring: Monitoring;
  /** Account and home region of the trail. */
  readonly account: { readonly id: string; readonly region: string };
  /** Object lock of the trail's files. */
  readonly lock: TrailLock;
  /** Buckets whose objects are watched. */
  readonly objects: readonly WatchedObjects[];
  /** Name of the bucket that receives the trail bucket's server access logs. */
  readonly accessLogBucket: string;
  /** Second copy of the trail's files. @default - none */
  readonly replica?: { readonly region: string; readonly provider: TerraformProvider };
}

/**
 * The account's record of who did what: every management event of every region, every access to the objects
 * that are watched, and CloudTrail's own insights into unusual call and error rates. Files are encrypted, signed and locked; the events also go
 * to CloudWatch Logs, where the CIS alarms and the saved queries read them.
 */
export class Trail extends Construct {
  /** The trail's name, as a plain string. */
  public readonly trailName: string;
  /** The trail's ARN, from known names: the key and the bucket need it before the trail exists. */
  public readonly arn: string;
  /** The bucket that holds the trail's files. */
  public readonly bucket: SecureBucket;
  /** Its name, as a plain string. */
  public readonly bucketName: string;
  /** The log group that receives the events. */
  public readonly logGroup: LogGroup;
  /** The log group's name, as a plain string. */
  public readonly logGroupName: string;
  /** The second copy. @default - none */
  public readonly replica?: TrailReplica;

  public constructor(scope: Construct, id: string, props: TrailProps) {
    super(scope, id);
    const { account, lock, monitoring } = props;
    this.trailName = `${monitoring.namePrefix}-trail`;
    this.arn = `arn:aws:cloudtrail:${account.region}:${account.id}:trail/${this.trailName}`;
    this.bucketName = accountBucket(monitoring.namePrefix, "cloudtrail", account.id);
    this.logGroupName = `${monitoring.namePrefix}-cloudtrail`;
    const { bucketName } = this;
    const thisTrail = { "aws:SourceArn": this.arn };
    const cloudTrail = { Service: "cloudtrail.amazonaws.com" };

    const key = new EncryptionKey(this, "Key", {
      alias: `${monitoring.namePrefix}-cloudtrail`,
      description: `CloudTrail files of ${monitoring.namePrefix}`,
      accountId: account.id,
      statements: [
        {
          sid: "EncryptTrailFiles",
          actions: ["kms:GenerateDataKey*"],
          resources: ["*"],
          principals: cloudTrail,
          conditions: {
            StringEquals: thisTrail,
            StringLike: { "kms:EncryptionContext:aws:cloudtrail:arn": `arn:aws:cloudtrail:*:${account.id}:trail/*` },
          },
        },
        {
          // The bucket has a bucket key, for which CloudTrail must also be able to decrypt:
          // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
          sid: "UseBucketKey",
          actions: ["kms:Decrypt", "kms:GenerateDataKey*"],
          resources: ["*"],
          principals: cloudTrail,
          conditions: {
            StringEquals: { ...thisTrail, "kms:EncryptionContext:aws:s3:arn": `arn:aws:s3:::${bucketName}` },
          },
        },
        {
          sid: "DescribeKey",
          actions: ["kms:DescribeKey"],
          resources: ["*"],
          principals: cloudTrail,
          conditions: { StringEquals: thisTrail },
        },
      ],
    });

    this.bucket = new SecureBucket(this, "Bucket", {
      bucketName,
      keyArn: key.arn,
      objectLock: true,
      accessLogBucket: props.accessLogBucket,
      lifecycle: [{ id: "expire-after-lock", expireAfterDays: trailExpiryDays(lock) }],
      statements: (arn) => [
        {
          sid: "TrailChecksBucket",
          actions: ["s3:GetBucketAcl"],
          resources: [arn],
          principals: cloudTrail,
          conditions: { StringEquals: thisTrail },
        },
        {
          sid: "TrailWritesFiles",
          actions: ["s3:PutObject"],
          resources: [`${arn}/AWSLogs/${account.id}/*`],
          principals: cloudTrail,
          conditions: { StringEquals: { ...thisTrail, "s3:x-amz-acl": "bucket-owner-full-control" } },
        },
      ],
    });
    lockTrailFiles(this, "ObjectLock", this.bucket, lock);
    if (props.replica === undefined) {
      acknowledge(
        this.bucket,
        "S3BucketReplicationEnabled",
        "The configuration names no region for a second copy: locked files cannot be deleted, and this environment's trail is no evidence.",
      );
    } else {
      this.replica = new TrailReplica(this, "Replica", {
        monitoring,
        accountId: account.id,
        source: { bucket: this.bucket, bucketName, keyArn: key.arn, region: account.region },
        destination: props.replica,
        lock,
      });
    }

    this.logGroup = new LogGroup(this, "LogGroup", { monitoring, name: this.logGroupName, audit: true });
    const role = new IamRole(this, "LogRole", {
      name: `${monitoring.namePrefix}-cloudtrail-logs`,
      description: "CloudTrail writes its events to CloudWatch Logs",
      // With the account named, CreateTrail is refused: this one role's trust supports no source condition.
      // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-required-policy-for-cloudwatch-logs.html
      assumeRolePolicy: serviceTrust("cloudtrail.amazonaws.com", undefined),
    });
    const policy = new IamPolicy(this, "LogPolicy", {
      name: `${monitoring.namePrefix}-cloudtrail-logs`,
      description: "Write the trail's log streams",
      policy: policyDocument({
        sid: "WriteTrailStreams",
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: [`${this.logGroup.arn}:log-stream:${account.id}_CloudTrail_${account.region}*`],
      }),
    });
    const attachment = new IamRolePolicyAttachment(this, "LogPolicyAttachment", {
      role: role.name,
      policyArn: policy.arn,
    });

    new Cloudtrail(this, "Resource", {
      name: this.trailName,
      s3BucketName: this.bucket.bucketName,
      kmsKeyId: key.arn,
      isMultiRegionTrail: true,
      includeGlobalServiceEvents: true,
      enableLogging: true,
      enableLogFileValidation: true,
      cloudWatchLogsGroupArn: `${this.logGroup.arn}:*`,
      cloudWatchLogsRoleArn: role.arn,
      advancedEventSelector: [
        { name: "Management events", fieldSelector: [{ field: "eventCategory", equalTo: ["Management"] }] },
        ...props.objects.map(({ bucketArns, what, writesOnly }) => ({
          name: `Objects that hold ${what}`,
          fieldSelector: [
            { field: "eventCategory", equalTo: ["Data"] },
            { field: "resources.type", equalTo: ["AWS::S3::Object"] },
            { field: "resources.ARN", startsWith: bucketArns.map((arn) => `${arn}/`) },
            ...(writesOnly === true ? [{ field: "readOnly", equalTo: ["false"] }] : []),
          ],
        })),
      ],
      insightSelector: [{ insightType: "ApiCallRateInsight" }, { insightType: "ApiErrorRateInsight" }],
      // CloudTrail tries both when the trail is made.
      dependsOn: [this.bucket.policy, attachment],
    });
  }
}
