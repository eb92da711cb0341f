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

  /** @throws Error when a lifecycle rule is one that S3 refuses */
  public constructor(scope: Construct, id: string, props: SecureBucketProps) {
    super(scope, id);
    const { provider } = props;
    checkLifecycle(this.node.path, props.lifecycle ?? []);
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

/** Checks what S3 would refuse only at apply. */
function checkLifecycle(path: string, rules: readonly LifecycleRule[]): void {
  for (const [index, { id, infrequentAccessAfterDays: move, expireAfterDays: expire }] of rules.entries()) {
    const fail = (rule: string, received: string | number): never => {
      throw new Error(`${path}: lifecycle rule "${id}" ${rule}, got ${received}`);
    };
    if (id === OWN_RULE || rules.findIndex((other) => other.id === id) !== index)
      fail("must have an id of its own", id);
    if (move === undefined && expire === undefined) fail("must move or expire something", "neither");
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
    if (move !== undefined && move < 30) fail("infrequentAccessAfterDays must be at least 30", move);
    if (move !== undefined && expire !== undefined && expire <= move) {
      fail(`expireAfterDays must be above infrequentAccessAfterDays (${move})`, expire);
    }
  }
}

function toRule(rule: LifecycleRule): S3BucketLifecycleConfigurationRule {
  return {
    id: rule.id,
    status: "Enabled",
    filter: [{ prefix: rule.prefix ?? "" }],
    ...(rule.infrequentAccessAfterDays === undefined
      ? {}
      : { transition: [{ days: rule.infrequentAccessAfterDays, storageClass: "STANDARD_IA" }] }),
    ...(rule.expireAfterDays === undefined ? {} : { expiration: [{ days: rule.expireAfterDays }] }),
  };
}
