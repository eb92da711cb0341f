import { EfsAccessPoint, type EfsAccessPointConfig } from "@cdktf/provider-aws/lib/efs-access-point";
import { EfsFileSystemPolicy } from "@cdktf/provider-aws/lib/efs-file-system-policy";
import { policyDocument, type PolicyStatement } from "../../../../../constructs/shared/iam/policy-document";
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

const accessPoint =
  (config: Omit<EfsAccessPointConfig, "fileSystemId">): Build =>
  (stack) =>
    new EfsAccessPoint(stack, "Bad", { fileSystemId: "fs-1", ...config });

const deny = (conditions: PolicyStatement["conditions"], actions = ["elasticfilesystem:Client*"]): PolicyStatement => ({
  sid: `Deny${Object.keys(conditions ?? {}).join("")}`,
  effect: "Deny",
  actions,
  principals: { AWS: "*" },
  conditions,
});
const CLEAR = { Bool: { "aws:SecureTransport": "false" } };
const PLAIN = { Null: { "elasticfilesystem:AccessPointArn": "true" } };

const under =
  (...statements: readonly PolicyStatement[]): Build =>
  (stack) => {
    const { id: fileSystemId } = new EfsFileSystem(stack, "Bad", {});
    new EfsFileSystemPolicy(stack, "Policy", { fileSystemId, policy: policyDocument(...statements) });
  };

testRules(efsRules, {
  EFSAccessPointBounded: {
    accepts: {
      "a folder and a user": accessPoint({ posixUser: { uid: 1, gid: 1 }, rootDirectory: { path: "/models" } }),
    },
    refuses: {
      "the root": ["shows the whole file system", accessPoint({ posixUser: { uid: 1, gid: 1 } })],
      "any user": ["lets clients choose whose files they see", accessPoint({ rootDirectory: { path: "/models" } })],
    },
  },
  EFSPolicyRefuses: {
    accepts: { "one that denies both": under(deny(CLEAR), deny(PLAIN)) },
    refuses: {
      "no policy": ["does not refuse clients without TLS and clients without an access point", fileSystem()],
      "one of them": ["does not refuse clients without an access point", under(deny(CLEAR))],
      "only one action": [
        "does not refuse clients without TLS",
        under(deny(CLEAR, ["elasticfilesystem:ClientWrite"]), deny(PLAIN)),
      ],
      "both at once only": [
        "does not refuse clients without TLS and clients without an access point",
        under(deny({ ...CLEAR, ...PLAIN })),
      ],
    },
  },
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
