import { HIPAA } from "../citations";
import { isPostgresDefault } from "../../postgres-defaults";
import { blocks, isTrue, strings, text } from "../model";
import { resourceRule, type Rule } from "../rule";
import { inBackupPlan } from "./backup";

const types = ["aws_db_instance"];

/** Log types of each engine. @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.html */
const LOGS_OF: readonly (readonly [engine: string, logs: readonly string[]])[] = [
  ["postgres", ["postgresql", "upgrade"]],
  ["mysql", ["audit", "error", "general", "slowquery"]],
  ["mariadb", ["audit", "error", "general", "slowquery"]],
];

/** Rules on RDS instances and their parameter groups. */
export const rdsRules: readonly Rule[] = [
  resourceRule({
    id: "RDSAutomaticMinorVersionUpgradeEnabled",
    citation: HIPAA.updates,
    fix: "do not set auto_minor_version_upgrade to false",
    types,
    problem: ({ body }) =>
      isTrue(body["auto_minor_version_upgrade"] ?? true) ? undefined : "does not take minor versions automatically",
  }),
  resourceRule({
    id: "RDSEnhancedMonitoringEnabled",
    citation: HIPAA.audit,
    fix: "set monitoring_interval and monitoring_role_arn",
    types,
    problem: ({ body }) => (Number(body["monitoring_interval"] ?? 0) > 0 ? undefined : "has no enhanced monitoring"),
  }),
  resourceRule({
    id: "RDSInBackupPlan",
    citation: HIPAA.backup,
    fix: "name the instance in an aws_backup_selection",
    types,
    problem: (instance, stack) => (inBackupPlan(stack, instance) ? undefined : "is in no backup plan"),
  }),
  resourceRule({
    id: "RDSInstanceBackupEnabled",
    citation: HIPAA.backup,
    fix: "set backup_retention_period to a day or more",
    types,
    problem: ({ body }) =>
      Number(body["backup_retention_period"] ?? 0) > 0 || body["replicate_source_db"] !== undefined
        ? undefined
        : "has no automated backups",
  }),
  resourceRule({
    id: "RDSInstanceDeletionProtectionEnabled",
    citation: HIPAA.availability,
    fix: "set deletion_protection",
    types,
    problem: ({ body }) => (isTrue(body["deletion_protection"]) ? undefined : "can be deleted"),
  }),
  resourceRule({
    id: "RDSInstancePublicAccess",
    citation: HIPAA.noPublicAccess,
    fix: "set publicly_accessible to false",
    types,
    problem: ({ body }) => (isTrue(body["publicly_accessible"]) ? "is reachable from the internet" : undefined),
  }),
  resourceRule({
    id: "RDSLoggingEnabled",
    citation: "HIPAA 164.308(a)(3)(ii)(A), 164.308(a)(5)(ii)(C)",
    fix: "name every log type of the engine in enabled_cloudwatch_logs_exports",
    types,
    problem: ({ body }) => {
      const needed = LOGS_OF.find(([engine]) => String(body["engine"]).includes(engine))?.[1] ?? [];
      const exported = strings(body["enabled_cloudwatch_logs_exports"]);
      const missing = needed.filter((log) => !exported.includes(log));
      return missing.length === 0 ? undefined : `does not export its log ${missing.join(", ")}`;
    },
  }),
  resourceRule({
    id: "RDSMultiAZSupport",
    citation: HIPAA.availability,
    fix: "set multi_az",
    types,
    problem: ({ body }) => (isTrue(body["multi_az"]) ? undefined : "has no standby in another zone"),
  }),
  resourceRule({
    id: "RDSStorageEncrypted",
    citation: HIPAA.encryptionAtRest,
    fix: "set storage_encrypted and kms_key_id",
    types,
    problem: ({ body }) => {
      if (!isTrue(body["storage_encrypted"])) return "is not encrypted";
      return body["kms_key_id"] === undefined ? "is not encrypted with a customer-managed key" : undefined;
    },
  }),
  resourceRule({
    id: "RDSParametersSettle",
    citation: "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBParameterGroup.html",
    fix: "set apply_method to pending-reboot: RDS keeps that for a parameter with its default value, and every plan would set the other again",
    types: ["aws_db_parameter_group"],
    problem: ({ body }) => {
      const unsettled = blocks(body, "parameter").filter(
        ({ apply_method: method, name, value }) =>
          method !== "pending-reboot" && isPostgresDefault(text(name), String(value)),
      );
      return text(body["family"]).startsWith("postgres") && unsettled.length > 0
        ? `applies ${unsettled.map(({ name }) => text(name)).join(", ")} at once, which has its default value`
        : undefined;
    },
  }),
  resourceRule({
    id: "RDSMasterPasswordManaged",
    citation: HIPAA.accessControl,
    fix: "set manage_master_user_password and master_user_secret_kms_key_id, and no password",
    types,
    problem: ({ body }) => {
      if (body["replicate_source_db"] !== undefined) return undefined;
      if (!isTrue(body["manage_master_user_password"])) return "keeps its master password in Terraform's state";
      return body["master_user_secret_kms_key_id"] === undefined
        ? "keeps its master password in a secret without a customer-managed key"
        : undefined;
    },
  }),
];
