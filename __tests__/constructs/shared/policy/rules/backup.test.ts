import { BackupPlan } from "@cdktf/provider-aws/lib/backup-plan";
import { BackupSelection } from "@cdktf/provider-aws/lib/backup-selection";
import { BackupVault } from "@cdktf/provider-aws/lib/backup-vault";
import { DbInstance } from "@cdktf/provider-aws/lib/db-instance";
import { backupServiceAccess } from "../../../../../constructs/shared/encryption/backup-service-access";
import { EncryptionKey } from "../../../../../constructs/shared/encryption/encryption-key";
import { backupRules } from "../../../../../constructs/shared/policy/rules/backup";
import { TEST_ACCOUNT } from "../../../../support";
import { testRules, type Build } from "./support";

const ELSEWHERE = "arn:aws:backup:us-east-1:111122223333:backup-vault:copies";

/** A plan that takes in one database. */
const plan =
  (shared: boolean, destination?: string): Build =>
  (stack) => {
    const key = new EncryptionKey(stack, "Key", {
      alias: "db",
      description: "d",
      accountId: TEST_ACCOUNT.id,
      statements: shared ? backupServiceAccess("Copies", "111122223333") : [],
    });
    const database = new DbInstance(stack, "Db", { instanceClass: "db.m7g.large", kmsKeyId: key.arn });
    const made = new BackupPlan(stack, "Bad", {
      name: "p",
      rule: [
        {
          ruleName: "r",
          targetVaultName: "v",
          copyAction: destination === undefined ? undefined : [{ destinationVaultArn: destination }],
        },
      ],
    });
    new BackupSelection(stack, "Selection", {
      name: "s",
      planId: made.id,
      iamRoleArn: "arn",
      resources: [database.arn],
    });
  };

testRules(backupRules, {
  BackupCopiesLeaveTheAccount: {
    accepts: {
      "a plan without copies": plan(false),
      "copies to another account, with the key lent": plan(true, ELSEWHERE),
    },
    refuses: {
      "copies to a vault beside": [
        "copies to test/Vault, in the account itself",
        (stack) => {
          const vault = new BackupVault(stack, "Vault", { name: "v" });
          plan(true, vault.arn)(stack);
        },
      ],
      "a key that nobody else may use": [
        "copies what test/Key/Resource encrypts, which AWS Backup of no other account may use",
        plan(false, ELSEWHERE),
      ],
    },
  },
});
