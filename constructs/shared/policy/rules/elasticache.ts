import { HIPAA } from "../citations";
import { block, isTrue, strings } from "../model";
import { resourceRule, type Rule } from "../rule";

const types = ["aws_elasticache_replication_group"];

/** Rules on ElastiCache. */
export const elasticacheRules: readonly Rule[] = [
  resourceRule({
    id: "ElastiCacheEncrypted",
    citation: HIPAA.encryptionAtRest,
    fix: "set at_rest_encryption_enabled and kms_key_id",
    types,
    problem: ({ body }) => {
      if (!isTrue(body["at_rest_encryption_enabled"])) return "is not encrypted";
      return body["kms_key_id"] === undefined ? "is not encrypted with a customer-managed key" : undefined;
    },
  }),
  resourceRule({
    id: "ElastiCacheTLSOnly",
    citation: HIPAA.encryptionInTransit,
    fix: 'set transit_encryption_enabled, and transit_encryption_mode to "required"',
    types,
    problem: ({ body }) => {
      if (!isTrue(body["transit_encryption_enabled"])) return "speaks no TLS";
      return body["transit_encryption_mode"] === "preferred" ? "speaks without TLS, too" : undefined;
    },
  }),
  resourceRule({
    id: "ElastiCacheUsers",
    citation: HIPAA.accessControl,
    fix: "set user_group_ids; auth_token would keep a password in Terraform's state",
    types,
    problem: ({ body }) => {
      if (body["auth_token"] !== undefined) return "keeps its password in Terraform's state";
      return strings(body["user_group_ids"]).length === 0 ? "lets in whoever reaches it" : undefined;
    },
  }),
  resourceRule({
    id: "ElastiCacheBackupEnabled",
    citation: HIPAA.backup,
    fix: "set snapshot_retention_limit to a day or more",
    types,
    problem: ({ body }) =>
      Number(body["snapshot_retention_limit"] ?? 0) > 0 ? undefined : "has no automatic snapshots",
  }),
  resourceRule({
    id: "ElastiCacheMultiAZ",
    citation: HIPAA.availability,
    fix: "set num_cache_clusters to 2 or more, automatic_failover_enabled and multi_az_enabled",
    types,
    problem: ({ body }) =>
      isTrue(body["multi_az_enabled"]) && isTrue(body["automatic_failover_enabled"])
        ? undefined
        : "is away with its zone",
  }),
  resourceRule({
    id: "ElastiCacheUserPassword",
    citation: HIPAA.accessControl,
    fix: "make the user for IAM authentication, and give it its password outside of Terraform",
    types: ["aws_elasticache_user"],
    problem: ({ body }) => {
      const mode = block(body, "authentication_mode");
      if (strings(body["passwords"]).length > 0 || strings(mode["passwords"]).length > 0) {
        return "keeps its password in Terraform's state";
      }
      const open = isTrue(body["no_password_required"]) || mode["type"] === "no-password-required";
      return open && !String(body["access_string"]).startsWith("off ")
        ? "lets anybody in, without a password"
        : undefined;
    },
  }),
];
