import { BackupCopies, type BackupCopiesProps } from "../../../constructs/global/backup-copies";
import type { Synthesized } from "../../support";
import { ENVIRONMENTS, synthShared } from "./support";

const made = (props: Partial<BackupCopiesProps> = {}): Synthesized =>
  synthShared((stack, shared) => {
    new BackupCopies(stack, "Copies", {
      ...shared,
      lockMode: "governance",
      breakGlassRole: "BreakGlass",
      ...props,
    });
  });
const stack = made();
const vault = stack.one("aws_backup_vault", { name: "opsdx-dev-backup-copies" });
const policyOf = (from: Synthesized, of = from.one("aws_backup_vault", { name: "opsdx-dev-backup-copies" })) =>
  from.statements(String(from.referring("aws_backup_vault_policy", "backup_vault_name", of)[0]?.body["policy"])) ?? [];
const lockOf = (from: Synthesized) =>
  from.ofType("aws_backup_vault_lock_configuration").map(({ body }) => ({ ...body, backup_vault_name: undefined }))[0];

describe("BackupCopies", () => {
  it("has a vault and a key for each environment", () => {
    expect(stack.ofType("aws_backup_vault").map(({ body }) => body["name"])).toEqual([
      "opsdx-dev-backup-copies",
      "opsdx-prod-backup-copies",
    ]);
    const key = stack.one("aws_kms_key", { description: "Copies of the database snapshots of dev: PHI" });
    expect(vault.body).toMatchObject({ kms_key_arn: `\${${key.address}.arn}`, force_destroy: false });
  });

  it("lets exactly the environment's account put copies in, and nobody but break-glass take one out", () => {
    expect(policyOf(stack)).toMatchObject([
      {
        effect: "Allow",
        actions: ["backup:CopyIntoBackupVault"],
        principals: { AWS: ["arn:aws:iam::444455556666:root"] },
      },
      {
        effect: "Deny",
        actions: ["backup:DeleteBackupVault", "backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"],
        conditions: { ArnNotEquals: { "aws:PrincipalArn": "arn:aws:iam::123456789012:role/BreakGlass" } },
      },
    ]);
    expect(policyOf(stack)[1]?.principals).toEqual({ "*": ["*"] });
  });

  it("lends a vault's key to AWS Backup of its environment only, to copy back", () => {
    const key = stack.one("aws_kms_key", { description: "Copies of the database snapshots of dev: PHI" });
    const lent = (stack.statements(String(key.body["policy"])) ?? []).filter(({ sid }) => sid !== "OwningAccount");
    expect(lent.map(({ sid }) => sid)).toEqual(["CopyBackUse", "CopyBackLend"]);
    for (const { conditions, principals } of lent) {
      expect(principals).toEqual({ AWS: ["arn:aws:iam::444455556666:root"] });
      expect(JSON.stringify(conditions)).toContain(
        "arn:aws:iam::444455556666:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup",
      );
    }
  });

  it("locks the vaults for a week at least and a year at most, in compliance mode after a week", () => {
    expect(lockOf(stack)).toMatchObject({ min_retention_days: 7, max_retention_days: 365 });
    expect(lockOf(stack)).not.toHaveProperty("changeable_for_days");
    expect(lockOf(made({ lockMode: "compliance" }))).toMatchObject({ changeable_for_days: 7 });
  });

  it("leaves the vaults open where nothing is protected", () => {
    const open = made({ deletionProtection: false });
    expect(open.ofType("aws_backup_vault_lock_configuration")).toEqual([]);
    expect(open.ofType("aws_backup_vault").map(({ body }) => body["force_destroy"])).toEqual([true, true]);
    expect(policyOf(open).map(({ effect }) => effect)).toEqual(["Allow"]);
  });

  it("copies back to these environments' vaults only, and reads nothing", () => {
    const statements = stack.statements(String(stack.one("aws_iam_policy").body["policy"])) ?? [];
    const vaults = [
      "arn:aws:backup:us-east-1:444455556666:backup-vault:opsdx-dev-*",
      "arn:aws:backup:us-east-1:777788889999:backup-vault:opsdx-prod-*",
    ];
    expect(statements.find(({ sid }) => sid === "CopyTo")?.resources).toEqual(vaults);
    expect(statements.find(({ sid }) => sid === "CopyFrom")?.conditions).toEqual({
      "ForAllValues:ArnLike": { "backup:CopyTargets": vaults },
    });
    const actions = statements.flatMap((each) => each.actions);
    expect(actions.filter((action) => /Restore|Delete|Decrypt/.test(action))).toEqual([]);
  });

  it("makes nothing where no environment is copied", () => {
    const none = made({ environments: [] });
    for (const type of ["aws_backup_vault", "aws_iam_role", "aws_kms_key"]) {
      expect(none.ofType(type).filter(({ path }) => path.includes("/Copies/"))).toEqual([]);
    }
    expect(ENVIRONMENTS).toHaveLength(2);
  });
});
