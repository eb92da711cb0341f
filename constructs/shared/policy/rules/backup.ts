import { addressesIn, blocks, strings, text, type ResourceModel, type StackModel } from "../model";
import { resourceRule, type Rule } from "../rule";

/** Whether an AWS Backup selection of the stack takes the resource in: by reference, by wildcard, or by tag. */
export function inBackupPlan(stack: StackModel, resource: ResourceModel): boolean {
  const tags = (resource.body["tags"] ?? {}) as Readonly<Record<string, unknown>>;
  return (
    stack.referring("aws_backup_selection", "resources", resource).length > 0 ||
    stack
      .ofType("aws_backup_selection")
      .some(
        ({ body }) =>
          strings(body["resources"]).includes("*") ||
          blocks(body, "selection_tag").some(({ key, value }) => tags[String(key)] === value),
      )
  );
}

/** Rules on backups. */
export const backupRules: readonly Rule[] = [
  resourceRule({
    id: "BackupCopiesLeaveTheAccount",
    citation: "https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html",
    fix: "copy to a vault of another account, and let its AWS Backup use the key of what is copied: backupServiceAccess",
    types: ["aws_backup_plan"],
    problem: (plan, stack) => {
      const copies = blocks(plan.body, "rule").flatMap((rule) => blocks(rule, "copy_action"));
      if (copies.length === 0) return undefined;
      const targets = new Set(copies.flatMap(({ destination_vault_arn: vault }) => addressesIn(vault)));
      const home = stack.ofType("aws_backup_vault").find(({ address }) => targets.has(address));
      if (home !== undefined) return `copies to ${home.path}, in the account itself`;
      const closed = keysOf(plan, stack).find((key) => !admitsCopies(key, stack));
      return closed && `copies what ${closed.path} encrypts, which AWS Backup of no other account may use`;
    },
  }),
];

/** Keys of the databases that a plan takes in. */
function keysOf(plan: ResourceModel, stack: StackModel): readonly ResourceModel[] {
  const selections = stack.referring("aws_backup_selection", "plan_id", plan).map(({ body }) => body["resources"]);
  const selected = new Set(addressesIn(selections));
  const instances = stack.ofType("aws_db_instance").filter(({ address }) => selected.has(address));
  const keys = new Set(addressesIn(instances.map(({ body }) => body["kms_key_id"])));
  return stack.ofType("aws_kms_key").filter(({ address }) => keys.has(address));
}

function admitsCopies({ body }: ResourceModel, stack: StackModel): boolean {
  return (stack.statements(text(body["policy"])) ?? []).some(
    ({ actions, conditions, effect }) =>
      effect === "Allow" &&
      actions.includes("kms:CreateGrant") &&
      JSON.stringify(conditions).includes("/AWSServiceRoleForBackup"),
  );
}
