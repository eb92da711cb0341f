import { BackupVault } from "@cdktf/provider-aws/lib/backup-vault";
import { EcrRepository } from "@cdktf/provider-aws/lib/ecr-repository";
import { ElasticacheReplicationGroup } from "@cdktf/provider-aws/lib/elasticache-replication-group";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key";
import { SsmParameter } from "@cdktf/provider-aws/lib/ssm-parameter";
import { kmsRules } from "../../../../../constructs/shared/policy/rules/kms";
import { testRules } from "./support";

const unencrypted = "is not encrypted with a customer-managed key";
const redis = { replicationGroupId: "redis", description: "queue" };

testRules(kmsRules, {
  KMSBackingKeyRotationEnabled: {
    accepts: {
      "a rotated key": (stack) => new KmsKey(stack, "Key", { enableKeyRotation: true }),
      "a signing key, which cannot be rotated": (stack) =>
        new KmsKey(stack, "Key", { customerMasterKeySpec: "ECC_NIST_P256", keyUsage: "SIGN_VERIFY" }),
    },
    refuses: {
      "a key without rotation": ["is not rotated", (stack) => new KmsKey(stack, "Bad", {})],
      "rotation switched off": ["is not rotated", (stack) => new KmsKey(stack, "Bad", { enableKeyRotation: false })],
    },
  },
  EncryptedWithCustomerKey: {
    accepts: {
      "named keys": (stack) => {
        new BackupVault(stack, "Vault", { name: "v", kmsKeyArn: "arn" });
        new EcrRepository(stack, "Images", {
          name: "i",
          encryptionConfiguration: [{ encryptionType: "KMS", kmsKey: "a" }],
        });
        new ElasticacheReplicationGroup(stack, "Redis", { ...redis, kmsKeyId: "arn" });
        new SsmParameter(stack, "Secret", { name: "s", type: "SecureString", keyId: "arn" });
      },
      "a parameter that is no secret": (stack) =>
        new SsmParameter(stack, "Plain", { name: "p", type: "String", value: "x" }),
    },
    refuses: {
      "a vault": [unencrypted, (stack) => new BackupVault(stack, "Bad", { name: "v" })],
      "a repository": [unencrypted, (stack) => new EcrRepository(stack, "Bad", { name: "i" })],
      "a cache": [unencrypted, (stack) => new ElasticacheReplicationGroup(stack, "Bad", redis)],
      "a secret parameter": [
        unencrypted,
        (stack) => new SsmParameter(stack, "Bad", { name: "s", type: "SecureString" }),
      ],
    },
  },
});
