import { BackupSelection } from "@cdktf/provider-aws/lib/backup-selection";
import { EfsBackupPolicy } from "@cdktf/provider-aws/lib/efs-backup-policy";
import { EfsFileSystem, type EfsFileSystemConfig } from "@cdktf/provider-aws/lib/efs-file-system";
import { efsRules } from "../../../../../constructs/shared/policy/rules/efs";
import { testRules, type Build } from "./support";

const fileSystem =
  (config: EfsFileSystemConfig = {}): Build =>
  (stack) =>
    new EfsFileSystem(stack, "Bad", config);

const backedUp =
  (status: string): Build =>
  (stack) => {
    const { id } = new EfsFileSystem(stack, "Bad", {});
    new EfsBackupPolicy(stack, "Policy", { fileSystemId: id, backupPolicy: { status } });
  };

testRules(efsRules, {
  EFSEncrypted: {
    accepts: { "a customer-managed key": fileSystem({ encrypted: true, kmsKeyId: "arn" }) },
    refuses: {
      "no encryption": ["is not encrypted", fileSystem()],
      "the key of AWS": ["is not encrypted with a customer-managed key", fileSystem({ encrypted: true })],
    },
  },
  EFSInBackupPlan: {
    accepts: {
      "the automatic backup": backedUp("ENABLED"),
      "a named file system": (stack) => {
        const { arn } = new EfsFileSystem(stack, "Files", {});
        new BackupSelection(stack, "Selection", { name: "s", planId: "p", iamRoleArn: "arn", resources: [arn] });
      },
    },
    refuses: {
      "no backup": ["is in no backup plan", fileSystem()],
      "backup switched off": ["is in no backup plan", backedUp("DISABLED")],
    },
  },
});
