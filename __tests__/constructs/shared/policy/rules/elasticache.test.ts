import {
  ElasticacheReplicationGroup,
  type ElasticacheReplicationGroupConfig,
} from "@cdktf/provider-aws/lib/elasticache-replication-group";
import { ElasticacheUser, type ElasticacheUserConfig } from "@cdktf/provider-aws/lib/elasticache-user";
import { elasticacheRules } from "../../../../../constructs/shared/policy/rules/elasticache";
import { testRules, type Build } from "./support";

const group =
  (config: Partial<ElasticacheReplicationGroupConfig> = {}): Build =>
  (stack) =>
    new ElasticacheReplicationGroup(stack, "Bad", { replicationGroupId: "queues", description: "Queues", ...config });

const user =
  (config: Partial<ElasticacheUserConfig>): Build =>
  (stack) =>
    new ElasticacheUser(stack, "Bad", {
      userId: "worker",
      userName: "worker",
      engine: "redis",
      accessString: "on ~* +@all",
      ...config,
    });

testRules(elasticacheRules, {
  ElastiCacheEncrypted: {
    accepts: { "a customer-managed key": group({ atRestEncryptionEnabled: "true", kmsKeyId: "arn" }) },
    refuses: {
      "no encryption": ["is not encrypted", group()],
      "the key of AWS": ["is not encrypted with a customer-managed key", group({ atRestEncryptionEnabled: "true" })],
    },
  },
  ElastiCacheTLSOnly: {
    accepts: { TLS: group({ transitEncryptionEnabled: true, transitEncryptionMode: "required" }) },
    refuses: {
      "no TLS": ["speaks no TLS", group()],
      "TLS for who wants it": [
        "speaks without TLS, too",
        group({ transitEncryptionEnabled: true, transitEncryptionMode: "preferred" }),
      ],
    },
  },
  ElastiCacheUsers: {
    accepts: { users: group({ userGroupIds: ["workers"] }) },
    refuses: {
      nobody: ["lets in whoever reaches it", group()],
      "a token": ["keeps its password in Terraform's state", group({ authToken: "token-of-sixteen-characters" })],
    },
  },
  ElastiCacheBackupEnabled: {
    accepts: { "a day": group({ snapshotRetentionLimit: 1 }) },
    refuses: { none: ["has no automatic snapshots", group()] },
  },
  ElastiCacheMultiAZ: {
    accepts: { "two zones": group({ numCacheClusters: 2, automaticFailoverEnabled: true, multiAzEnabled: true }) },
    refuses: {
      "one node": ["is away with its zone", group()],
      "a copy that does not take over": ["is away with its zone", group({ multiAzEnabled: true })],
    },
  },
  ElastiCacheUserPassword: {
    accepts: {
      IAM: user({ authenticationMode: { type: "iam" } }),
      "nobody, switched off": user({
        accessString: "off -@all",
        authenticationMode: { type: "no-password-required" },
      }),
    },
    refuses: {
      "a password": ["keeps its password in Terraform's state", user({ passwords: ["sixteen-characters"] })],
      "a password in the new place": [
        "keeps its password in Terraform's state",
        user({ authenticationMode: { type: "password", passwords: ["sixteen-characters"] } }),
      ],
      anybody: ["lets anybody in, without a password", user({ noPasswordRequired: true })],
    },
  },
});
