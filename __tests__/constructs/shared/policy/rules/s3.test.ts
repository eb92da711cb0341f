import { Lb } from "@cdktf/provider-aws/lib/lb";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3BucketLoggingA } from "@cdktf/provider-aws/lib/s3-bucket-logging";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block";
import {
  S3BucketReplicationConfigurationA,
  type S3BucketReplicationConfigurationRuleDestination,
} from "@cdktf/provider-aws/lib/s3-bucket-replication-configuration";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning";
import { policyDocument, type PolicyStatement } from "../../../../../constructs/shared/iam/policy-document";
import { s3Rules } from "../../../../../constructs/shared/policy/rules/s3";
import { SecureBucket } from "../../../../../constructs/shared/storage/secure-bucket";
import type { BaseStack } from "../../../../../stacks/base-stack";
import { testRules, type Build } from "./support";

const secure: Build = (stack) =>
  new SecureBucket(stack, "Good", { bucketName: "good", keyArn: "${aws_kms_key.k.arn}" });
const bare: Build = (stack) => new S3Bucket(stack, "Bad", { bucket: "bad" });

const withVersioning =
  (status: string): Build =>
  (stack) => {
    const { id } = new S3Bucket(stack, "Bad", {});
    new S3BucketVersioningA(stack, "Versioning", { bucket: id, versioningConfiguration: { status } });
  };

const encrypted =
  (algorithm: string, key?: string, more?: (bucket: S3Bucket, stack: BaseStack) => void): Build =>
  (stack) => {
    const bucket = new S3Bucket(stack, "Bad", { bucket: "logs" });
    new S3BucketServerSideEncryptionConfigurationA(stack, "Encryption", {
      bucket: bucket.id,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: algorithm, kmsMasterKeyId: key } }],
    });
    more?.(bucket, stack);
  };

const withStatement =
  (statement: PolicyStatement): Build =>
  (stack) => {
    const { id } = new S3Bucket(stack, "Bad", {});
    new S3BucketPolicy(stack, "Policy", { bucket: id, policy: policyDocument(statement) });
  };

const tlsOnly: PolicyStatement = {
  sid: "TlsOnly",
  effect: "Deny",
  actions: ["s3:*"],
  resources: ["*"],
  principals: { AWS: "*" },
  conditions: { Bool: { "aws:SecureTransport": "false" } },
};

const albLogs = (bucket: S3Bucket, stack: BaseStack): void => {
  new Lb(stack, "Alb", { accessLogs: { bucket: bucket.id, enabled: true } });
};

const replicated =
  (status: string): Build =>
  (stack) => {
    const copy = new S3Bucket(stack, "Copy", {});
    const { id } = new S3Bucket(stack, "Bad", {});
    new S3BucketReplicationConfigurationA(stack, "Replication", {
      bucket: id,
      role: "role",
      rule: [{ status, destination: { bucket: copy.arn } }],
    });
  };

const replicating =
  (destination: Partial<S3BucketReplicationConfigurationRuleDestination>): Build =>
  (stack) =>
    new S3BucketReplicationConfigurationA(stack, "Bad", {
      bucket: "bucket",
      role: "arn:aws:iam::111122223333:role/replication",
      rule: [{ status: "Enabled", destination: { bucket: "arn:aws:s3:::copy", ...destination } }],
    });

testRules(s3Rules, {
  S3BucketVersioningEnabled: {
    accepts: { "a versioned bucket": secure, "versioning in a block": withVersioning("Enabled") },
    refuses: {
      "a bucket without versioning": ["is not versioned", bare],
      "suspended versioning": ["is not versioned", withVersioning("Suspended")],
    },
  },
  S3BucketLevelPublicAccessProhibited: {
    accepts: { "all four settings": secure },
    refuses: {
      "no settings": [
        "does not set block_public_acls, block_public_policy, ignore_public_acls, restrict_public_buckets",
        bare,
      ],
      "one missing": [
        "does not set restrict_public_buckets",
        (stack) => {
          const { id } = new S3Bucket(stack, "Bad", {});
          new S3BucketPublicAccessBlock(stack, "Block", {
            bucket: id,
            blockPublicAcls: true,
            blockPublicPolicy: true,
            ignorePublicAcls: true,
          });
        },
      ],
    },
  },
  S3BucketSSLRequestsOnly: {
    accepts: { "a TLS-only policy": secure, "the AWS form of everyone": withStatement(tlsOnly) },
    refuses: {
      "no policy": ["does not deny plain HTTP", bare],
      "reading only": ["does not deny plain HTTP", withStatement({ ...tlsOnly, actions: ["s3:GetObject"] })],
      "one principal only": ["does not deny plain HTTP", withStatement({ ...tlsOnly, principals: { AWS: "arn:x" } })],
      "an allow": ["does not deny plain HTTP", withStatement({ ...tlsOnly, effect: "Allow" })],
    },
  },
  S3DefaultEncryptionKMS: {
    accepts: { "a customer-managed key": secure, "double encryption": encrypted("aws:kms:dsse", "arn") },
    refuses: {
      "no encryption": ["is not encrypted with KMS by default", bare],
      "SSE-S3": ["is not encrypted with KMS by default", encrypted("AES256")],
      "the key of AWS": ["is not encrypted with a customer-managed key", encrypted("aws:kms")],
    },
  },
  AlbLogBucketNoCmk: {
    accepts: {
      "a key on a bucket without ALB logs": secure,
      "SSE-S3 on an ALB log bucket": encrypted("AES256", undefined, albLogs),
      "a key on an NLB log bucket": encrypted("aws:kms", "arn", (bucket, stack) => {
        new Lb(stack, "Nlb", { loadBalancerType: "network", accessLogs: { bucket: bucket.id } });
      }),
    },
    refuses: {
      "a key on an ALB log bucket": [
        "takes ALB logs but is encrypted with a KMS key",
        encrypted("aws:kms", "arn", albLogs),
      ],
      "a key on a bucket that lets the delivery service in": [
        "takes ALB logs but is encrypted with a KMS key",
        encrypted("aws:kms", "arn", (bucket, stack) => {
          new S3BucketPolicy(stack, "Policy", {
            bucket: bucket.id,
            policy: policyDocument({
              sid: "Alb",
              actions: ["s3:PutObject"],
              principals: { Service: "logdelivery.elasticloadbalancing.amazonaws.com" },
            }),
          });
        }),
      ],
    },
  },
  S3BucketLoggingEnabled: {
    accepts: {
      "a logged bucket, and its log bucket": (stack) => {
        const source = new S3Bucket(stack, "Source", {});
        const target = new S3Bucket(stack, "Target", {});
        new S3BucketLoggingA(stack, "Logging", { bucket: source.id, targetBucket: target.id, targetPrefix: "x/" });
      },
    },
    refuses: { "a bucket without a log": ["keeps no server access log", bare] },
  },
  S3BucketReplicationEnabled: {
    accepts: { "a replicated bucket, and its copy": replicated("Enabled") },
    refuses: {
      "a single bucket": ["is not replicated", bare],
      "disabled replication": ["is not replicated", replicated("Disabled")],
    },
  },
  S3ReplicationThresholdNeedsTimeControl: {
    accepts: {
      "metrics without a threshold": replicating({ metrics: { status: "Enabled" } }),
      "a threshold with time control": replicating({
        metrics: { status: "Enabled", eventThreshold: { minutes: 15 } },
        replicationTime: { status: "Enabled", time: { minutes: 15 } },
      }),
    },
    refuses: {
      "a threshold alone": [
        "sets a threshold for metrics without replication time control",
        replicating({ metrics: { status: "Enabled", eventThreshold: { minutes: 15 } } }),
      ],
    },
  },
});
