import { HIPAA } from "../citations";
import { block, isTrue, type Block } from "../model";
import { resourceRule, type Rule } from "../rule";

/** Where the types without a rule of their own name the key that encrypts them; undefined: nothing to encrypt. */
const KEY_OF: Readonly<Record<string, (body: Block) => unknown>> = {
  aws_backup_vault: (body) => body["kms_key_arn"],
  aws_ecr_repository: (body) => block(body, "encryption_configuration")["kms_key"],
  aws_elasticache_replication_group: (body) => body["kms_key_id"],
  aws_ssm_parameter: (body) => (body["type"] === "SecureString" ? body["key_id"] : "not secret"),
};

/** Rules on encryption keys, and on who must use one. */
export const kmsRules: readonly Rule[] = [
  resourceRule({
    id: "KMSBackingKeyRotationEnabled",
    citation: "HIPAA 164.312(a)(2)(iv)",
    fix: "set enable_key_rotation, or use EncryptionKey",
    types: ["aws_kms_key"],
    problem: ({ body }) => {
      const symmetric = (body["customer_master_key_spec"] ?? "SYMMETRIC_DEFAULT") === "SYMMETRIC_DEFAULT";
      return symmetric && !isTrue(body["enable_key_rotation"]) ? "is not rotated" : undefined;
    },
  }),
  resourceRule({
    id: "EncryptedWithCustomerKey",
    citation: HIPAA.encryptionAtRest,
    fix: "name a customer-managed key, for example the arn of an EncryptionKey",
    types: Object.keys(KEY_OF),
    problem: ({ type, body }) =>
      KEY_OF[type]?.(body) === undefined ? "is not encrypted with a customer-managed key" : undefined,
  }),
];
