import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import type { S3BucketLifecycleConfigurationRule } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import { S3BucketLoggingA } from "@cdktf/provider-aws/lib/s3-bucket-logging";
import { S3BucketOwnershipControls } from "@cdktf/provider-aws/lib/s3-bucket-ownership-controls";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning";
import type { TerraformProvider } from "../cdktf";
import { Construct } from "../cdktf";
import { policyDocument, type PolicyStatement } from "../iam/policy-document";
import { refuse } from "../props-error";

/** Id of the lifecycle rule that every bucket has. */
const OWN_RULE = "old-versions-and-broken-uploads";

/** A lifecycle rule of a {@link SecureBucket}. */
export interface LifecycleRule {
  /** Rule id, unique in its bucket. */
  readonly id: string;
  /** Key prefix. @default - every object */
  readonly prefix?: string;
  /** Days after which current versions move to infrequent access (at least 30). @default - never */
  readonly infrequentAccessAfterDays?: number;
  /** Days after which current versions expire. @default - never */
  readonly expireAfterDays?: number;
}

/** Properties of {@link SecureBucket}. */
export interface SecureBucketProps {
  /** Bucket name. */
  readonly bucketName: string;
  /** ARN of the customer-managed key for default encryption. @default - SSE-S3, for log targets that take nothing else */
  readonly keyArn?: string;
  /** Statements beside the TLS-only rule. `${arn}` of the bucket is passed in. @default - none */
  readonly statements?: (bucketArn: string) => readonly PolicyStatement[];
  /** Name of the bucket that receives this bucket's server access logs. @default - no access logs */
  readonly accessLogBucket?: string;
  /** Lifecycle rules beside the two that every bucket has (old versions, broken uploads). @default - none */
  readonly lifecycle?: readonly LifecycleRule[];
  /** Days that a replaced or deleted version is kept. @default 90 */
  readonly oldVersionDays?: number;
  /** Switch object lock on; possible only when the bucket is made. @default false */
  readonly objectLock?: boolean;
  /**
   * Key patterns that anyone may read, for documents that are public by design. ACLs and everything else stay closed.
   * @default - nothing is public
   */
  readonly publicRead?: readonly string[];
  /** Provider, for a bucket in another account or region. @default - the stack's */
  readonly provider?: TerraformProvider;
}

/**
 * An S3 bucket as PHI demands it: versioned, encrypted, TLS only, owner-enforced, closed to the public, never destroyed by
 * Terraform while it holds objects.
 */
export class SecureBucket extends Construct {
  /** The bucket's ARN. */
  public readonly arn: string;
  /** The bucket's name, as a reference that orders its users after the bucket. */
  public readonly bucketName: string;
  /** The bucket. */
  public readonly resource: S3Bucket;
  /** The bucket's policy: services that check it at creation time depend on this. */
  public readonly policy: S3BucketPolicy;
  /** The bucket's versioning: replication and object lock depend on it. */
  public readonly versioning: S3BucketVersioningA;

  /** @throws PropsError when a lifecycle rule is one that S3 refuses */
  public constructor(scope: Construct, id: string, props: SecureBucketProps) {
    super(scope, id);
    const { provider } = props;
    refuse(this, lifecycleFaults(props.lifecycle ?? []));
    this.resource = new S3Bucket(this, "Resource", {
      provider,
      bucket: props.bucketName,
      objectLockEnabled: props.objectLock === true ? true : undefined,
    });
    this.arn = this.resource.arn;
    this.bucketName = this.resource.id;
    const bucket = this.resource.id;

    this.versioning = new S3BucketVersioningA(this, "Versioning", {
      provider,
      bucket,
      versioningConfiguration: { status: "Enabled" },
    });
    new S3BucketServerSideEncryptionConfigurationA(this, "Encryption", {
      provider,
      bucket,
      rule: [
        {
          applyServerSideEncryptionByDefault:
            props.keyArn === undefined
              ? { sseAlgorithm: "AES256" }
              : { sseAlgorithm: "aws:kms", kmsMasterKeyId: props.keyArn },
          bucketKeyEnabled: props.keyArn !== undefined,
        },
      ],
    });
    const publicKeys = props.publicRead ?? [];
    const closed = publicKeys.length === 0;
    const publicAccess = new S3BucketPublicAccessBlock(this, "PublicAccessBlock", {
      provider,
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: closed,
      ignorePublicAcls: true,
      restrictPublicBuckets: closed,
    });
    new S3BucketOwnershipControls(this, "OwnershipControls", {
      provider,
      bucket,
      rule: { objectOwnership: "BucketOwnerEnforced" },
    });
    this.policy = new S3BucketPolicy(this, "Policy", {
      provider,
      bucket,
      policy: policyDocument(
        {
          sid: "TlsOnly",
          effect: "Deny",
          actions: ["s3:*"],
          resources: [this.arn, `${this.arn}/*`],
          principals: "*",
          conditions: { Bool: { "aws:SecureTransport": "false" } },
        },
        ...(closed
          ? []
          : [
              {
                sid: "PublicRead",
                actions: ["s3:GetObject"],
                resources: publicKeys.map((key) => `${this.arn}/${key}`),
                principals: "*" as const,
              },
            ]),
        ...(props.statements?.(this.arn) ?? []),
      ),
      // S3 refuses two changes of a bucket's access settings at once.
      dependsOn: [publicAccess],
    });
    new S3BucketLifecycleConfiguration(this, "Lifecycle", {
      provider,
      bucket,
      rule: [
        {
          id: OWN_RULE,
          status: "Enabled",
          filter: [{ prefix: "" }],
          noncurrentVersionExpiration: [{ noncurrentDays: props.oldVersionDays ?? 90 }],
          abortIncompleteMultipartUpload: [{ daysAfterInitiation: 7 }],
        },
        ...(props.lifecycle ?? []).map(toRule),
      ],
      dependsOn: [this.versioning],
    });
    if (props.accessLogBucket !== undefined) {
      new S3BucketLoggingA(this, "AccessLogs", {
        provider,
        bucket,
        targetBucket: props.accessLogBucket,
        targetPrefix: `${props.bucketName}/`,
      });
    }
  }
}

/** What S3 would refuse only at apply. */
function lifecycleFaults(rules: readonly LifecycleRule[]): string[] {
  return rules.flatMap(({ id, infrequentAccessAfterDays: move, expireAfterDays: expire }, index) => {
    const faults = [
      (id === OWN_RULE || rules.findIndex((other) => other.id === id) !== index) &&
        `must have an id of its own, got ${id}`,
      move === undefined && expire === undefined && "must move or expire something, got neither",
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
      move !== undefined && move < 30 && `infrequentAccessAfterDays must be at least 30, got ${move}`,
      move !== undefined &&
        expire !== undefined &&
        expire <= move &&
        `expireAfterDays must be above infrequentAccessAfterDays (${move}), got ${expire}`,
    ];
    return faults.filter((fault) => fault !== false).map((fault) => `lifecycle rule "${id}" ${fault}`);
  });
}

function toRule(rule: LifecycleRule): S3BucketLifecycleConfigurationRule {
  return {
    id: rule.id,
    status: "Enabled",
    filter: [{ prefix: rule.prefix ?? "" }],
    transition:
      rule.infrequentAccessAfterDays === undefined
        ? undefined
        : [{ days: rule.infrequentAccessAfterDays, storageClass: "STANDARD_IA" }],
    expiration: rule.expireAfterDays === undefined ? undefined : [{ days: rule.expireAfterDays }],
  };
}
