import { HIPAA } from "../citations";
import { block, isTrue } from "../model";
import { resourceRule, type Rule } from "../rule";
import { inBackupPlan } from "./backup";

const types = ["aws_efs_file_system"];

/** Rules on EFS file systems. */
export const efsRules: readonly Rule[] = [
  resourceRule({
    id: "EFSEncrypted",
    citation: HIPAA.encryptionAtRest,
    fix: "set encrypted and kms_key_id",
    types,
    problem: ({ body }) => {
      if (!isTrue(body["encrypted"])) return "is not encrypted";
      return body["kms_key_id"] === undefined ? "is not encrypted with a customer-managed key" : undefined;
    },
  }),
  resourceRule({
    id: "EFSInBackupPlan",
    citation: HIPAA.backup,
    fix: "give it an aws_efs_backup_policy with status ENABLED, or name it in an aws_backup_selection",
    types,
    problem: (fileSystem, stack) =>
      inBackupPlan(stack, fileSystem) ||
      stack
        .referring("aws_efs_backup_policy", "file_system_id", fileSystem)
        .some(({ body }) => block(body, "backup_policy")["status"] === "ENABLED")
        ? undefined
        : "is in no backup plan",
  }),
];
