import { HIPAA } from "../citations";
import { block, isTrue, text, type ResourceModel, type StackModel } from "../model";
import { resourceRule, type Rule } from "../rule";
import { inBackupPlan } from "./backup";

const types = ["aws_efs_file_system"];

/** What a file system must refuse to everybody, by the condition under which its policy denies it. */
const REFUSED = [
  { what: "clients without TLS", operator: "Bool", key: "aws:SecureTransport", value: "false" },
  { what: "clients without an access point", operator: "Null", key: "elasticfilesystem:AccessPointArn", value: "true" },
] as const;

/** Whether clients are denied everything under a condition. */
function denies(
  fileSystem: ResourceModel,
  stack: StackModel,
  { key, operator, value }: (typeof REFUSED)[number],
): boolean {
  return stack
    .referring("aws_efs_file_system_policy", "file_system_id", fileSystem)
    .some(({ body }) =>
      (stack.statements(text(body["policy"])) ?? []).some(
        ({ actions, conditions, effect, principals }) =>
          effect === "Deny" &&
          actions.some((action) => ["elasticfilesystem:Client*", "elasticfilesystem:*", "*"].includes(action)) &&
          (principals["*"] ?? principals["AWS"] ?? []).includes("*") &&
          Object.keys(conditions).length === 1 &&
          String(conditions[operator]?.[key]) === value,
      ),
    );
}

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
    id: "EFSAccessPointBounded",
    citation: HIPAA.leastPrivilege,
    fix: "set posix_user, and a folder of its own in root_directory",
    types: ["aws_efs_access_point"],
    problem: ({ body }) => {
      const { path } = block(body, "root_directory");
      if (path === undefined || path === "/") return "shows the whole file system";
      return body["posix_user"] === undefined ? "lets clients choose whose files they see" : undefined;
    },
  }),
  resourceRule({
    id: "EFSPolicyRefuses",
    citation: HIPAA.encryptionInTransit,
    fix: "give it an aws_efs_file_system_policy that denies both: without one, everybody who reaches it is let in",
    types,
    problem: (fileSystem, stack) => {
      const open = REFUSED.filter((refused) => !denies(fileSystem, stack, refused)).map(({ what }) => what);
      return open.length === 0 ? undefined : `does not refuse ${open.join(" and ")}`;
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
