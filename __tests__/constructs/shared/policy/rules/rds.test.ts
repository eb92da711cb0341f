import { BackupSelection } from "@cdktf/provider-aws/lib/backup-selection";
import { DbInstance, type DbInstanceConfig } from "@cdktf/provider-aws/lib/db-instance";
import { DbParameterGroup } from "@cdktf/provider-aws/lib/db-parameter-group";
import { rdsRules } from "../../../../../constructs/shared/policy/rules/rds";
import type { BaseStack } from "../../../../../stacks/base-stack";
import { testRules, type Build, type RuleCases } from "./support";

const GOOD: DbInstanceConfig = {
  instanceClass: "db.m7g.large",
  engine: "postgres",
  autoMinorVersionUpgrade: true,
  monitoringInterval: 60,
  backupRetentionPeriod: 7,
  deletionProtection: true,
  publiclyAccessible: false,
  enabledCloudwatchLogsExports: ["postgresql", "upgrade"],
  multiAz: true,
  storageEncrypted: true,
  kmsKeyId: "arn",
  manageMasterUserPassword: true,
  masterUserSecretKmsKeyId: "arn",
};

const instance =
  (changes: Partial<DbInstanceConfig> = {}, more?: (bad: DbInstance, stack: BaseStack) => void): Build =>
  (stack) => {
    const bad = new DbInstance(stack, "Bad", { ...GOOD, ...changes });
    more?.(bad, stack);
  };

/** The good instance is accepted; each changed one is refused with the words. */
const cases = (
  refuses: Record<string, [string, Partial<DbInstanceConfig>]>,
  also: RuleCases["accepts"] = {},
): RuleCases => ({
  accepts: { "a careful instance": instance(), ...also },
  refuses: Object.fromEntries(
    Object.entries(refuses).map(([name, [problem, changes]]) => [name, [problem, instance(changes)]]),
  ),
});

const selected =
  (
    selection: (bad: DbInstance) => {
      resources?: string[];
      selectionTag?: { type: string; key: string; value: string }[];
    },
  ) =>
  (bad: DbInstance, stack: BaseStack) => {
    new BackupSelection(stack, "Selection", { name: "s", planId: "p", iamRoleArn: "arn", ...selection(bad) });
  };

testRules(rdsRules, {
  RDSAutomaticMinorVersionUpgradeEnabled: cases(
    { "pinned minor versions": ["does not take minor versions automatically", { autoMinorVersionUpgrade: false }] },
    { "the default": instance({ autoMinorVersionUpgrade: undefined }) },
  ),
  RDSEnhancedMonitoringEnabled: cases({
    "no interval": ["has no enhanced monitoring", { monitoringInterval: undefined }],
    "interval 0": ["has no enhanced monitoring", { monitoringInterval: 0 }],
  }),
  RDSInBackupPlan: {
    accepts: {
      "a named instance": instance(
        {},
        selected((bad) => ({ resources: [bad.arn] })),
      ),
      "everything selected": instance(
        {},
        selected(() => ({ resources: ["*"] })),
      ),
      "a selected tag": instance(
        { tags: { backup: "weekly" } },
        selected(() => ({ selectionTag: [{ type: "STRINGEQUALS", key: "backup", value: "weekly" }] })),
      ),
    },
    refuses: {
      "no plan": ["is in no backup plan", instance()],
      "another tag": [
        "is in no backup plan",
        instance(
          { tags: { backup: "never" } },
          selected(() => ({ selectionTag: [{ type: "STRINGEQUALS", key: "backup", value: "weekly" }] })),
        ),
      ],
    },
  },
  RDSInstanceBackupEnabled: cases(
    {
      "the default": ["has no automated backups", { backupRetentionPeriod: undefined }],
      "0 days": ["has no automated backups", { backupRetentionPeriod: 0 }],
    },
    { "a replica": instance({ backupRetentionPeriod: undefined, replicateSourceDb: "source" }) },
  ),
  RDSInstanceDeletionProtectionEnabled: cases({
    "no protection": ["can be deleted", { deletionProtection: undefined }],
    "protection switched off": ["can be deleted", { deletionProtection: false }],
  }),
  RDSInstancePublicAccess: cases(
    { "a public instance": ["is reachable from the internet", { publiclyAccessible: true }] },
    { "the default": instance({ publiclyAccessible: undefined }) },
  ),
  RDSLoggingEnabled: cases({
    "no log": ["does not export its log postgresql, upgrade", { enabledCloudwatchLogsExports: undefined }],
    "one of two": ["does not export its log upgrade", { enabledCloudwatchLogsExports: ["postgresql"] }],
    "the wrong engine's": ["does not export its log audit, error, general, slowquery", { engine: "mariadb" }],
  }),
  RDSMultiAZSupport: cases({ "one zone": ["has no standby in another zone", { multiAz: false }] }),
  RDSStorageEncrypted: cases({
    "no encryption": ["is not encrypted", { storageEncrypted: undefined }],
    "the key of AWS": ["is not encrypted with a customer-managed key", { kmsKeyId: undefined }],
  }),
  RDSParametersSettle: {
    accepts: {
      "defaults that wait for a restart, and others at once": (stack) =>
        new DbParameterGroup(stack, "Group", {
          family: "postgres17",
          parameter: [
            { name: "rds.force_ssl", value: "1", applyMethod: "pending-reboot" },
            { name: "rds.logical_replication", value: "1", applyMethod: "immediate" },
          ],
        }),
      "another engine's": (stack) =>
        new DbParameterGroup(stack, "Group", {
          family: "mysql8.0",
          parameter: [{ name: "rds.force_ssl", value: "1" }],
        }),
    },
    refuses: {
      "defaults at once, named or not": [
        "applies rds.force_ssl, checkpoint_completion_target at once, which has its default value",
        (stack) =>
          new DbParameterGroup(stack, "Bad", {
            family: "postgres17",
            parameter: [
              { name: "rds.force_ssl", value: "1", applyMethod: "immediate" },
              { name: "checkpoint_completion_target", value: "0.9" },
            ],
          }),
      ],
    },
  },
  RDSMasterPasswordManaged: cases(
    {
      "a password": [
        "keeps its master password in Terraform's state",
        { manageMasterUserPassword: undefined, password: "${random_password.x.result}" },
      ],
      "the key of AWS": [
        "keeps its master password in a secret without a customer-managed key",
        { masterUserSecretKmsKeyId: undefined },
      ],
    },
    { "a replica, which has its source's": instance({ manageMasterUserPassword: undefined, replicateSourceDb: "s" }) },
  ),
});
