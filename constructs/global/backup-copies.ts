import { BackupVault } from "@cdktf/provider-aws/lib/backup-vault";
import { BackupVaultLockConfiguration } from "@cdktf/provider-aws/lib/backup-vault-lock-configuration";
import { BackupVaultPolicy } from "@cdktf/provider-aws/lib/backup-vault-policy";
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { COPY_BACK_ROLE, copiesVault, GLOBAL, groundStack, namePrefix, roleArn } from "../../config/names";
import { MAX_COPY_DAYS } from "../../config/schema/database";
import type { GlobalConfig } from "../../config/schema/global";
import { Construct } from "../shared/cdktf";
import { backupServiceAccess } from "../shared/encryption/backup-service-access";
import { EncryptionKey } from "../shared/encryption/encryption-key";
import { lendKeys } from "../shared/encryption/lend-key";
import { policyDocument, serviceTrust, type PolicyStatement } from "../shared/iam/policy-document";
import { aws, cdktf } from "../shared/observability/command";
import { placeholder } from "../shared/observability/placeholders";
import { describeSystem } from "../shared/observability/system";
import { accountRoot, ENV, sidFor, type EnvironmentAccount } from "./environment-account";

/** Properties of {@link BackupCopies}. */
export interface BackupCopiesProps {
  /** The account that the copies stand in. */
  readonly account: { readonly id: string; readonly region: string };
  /** Environments whose databases are copied. */
  readonly environments: readonly Pick<EnvironmentAccount, "accountId" | "name">[];
  /** Who answers for the copies. */
  readonly owner: string;
  /** How the vaults are locked. */
  readonly lockMode: GlobalConfig["backupCopies"]["lockMode"];
  /** Name of the role that alone may delete a copy. */
  readonly breakGlassRole: string;
  /** Lock the vaults, and keep them when they still hold copies. @default true */
  readonly deletionProtection?: boolean;
}

/** Days that the vaults keep every copy against deletion. */
const MIN_RETENTION_DAYS = 7;

/** Days in which a lock in compliance mode can still be taken off: it must stand for three at least. */
const GRACE_DAYS = 7;

/**
 * Copies of the snapshots of the environments' databases, in a vault per environment and under a key per vault: whoever rules an
 * environment's account cannot delete them. That account puts copies in and does nothing else with the vault. They hold PHI.
 *
 * An environment's databases are copied back by AWS Backup too, with a role that can only hand snapshots to these accounts.
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html
 */
export class BackupCopies extends Construct {
  /** ARN of the vault of each environment, by environment. */
  public readonly vaultArns: Readonly<Record<string, string>>;
  private readonly keyArns: string[] = [];

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: BackupCopiesProps,
  ) {
    super(scope, id);
    const { environments } = props;
    this.vaultArns = Object.fromEntries(environments.map((environment) => [environment.name, this.vault(environment)]));
    if (environments.length === 0) return;
    this.copyBackRole();
    this.describe();
  }

  private vault({ accountId, name }: BackupCopiesProps["environments"][number]): string {
    const { account, lockMode } = this.props;
    const protect = this.props.deletionProtection ?? true;
    const scope = new Construct(this, name);
    const key = new EncryptionKey(scope, "Key", {
      alias: copiesVault(name),
      description: `Copies of the database snapshots of ${name}: PHI`,
      accountId: account.id,
      statements: backupServiceAccess("CopyBack", accountId),
    });
    this.keyArns.push(key.arn);
    const vault = new BackupVault(scope, "Resource", {
      name: copiesVault(name),
      kmsKeyArn: key.arn,
      forceDestroy: !protect,
    });
    if (protect) {
      new BackupVaultLockConfiguration(scope, "Lock", {
        backupVaultName: vault.name,
        minRetentionDays: MIN_RETENTION_DAYS,
        maxRetentionDays: MAX_COPY_DAYS,
        changeableForDays: lockMode === "compliance" ? GRACE_DAYS : undefined,
      });
    }
    new BackupVaultPolicy(scope, "Policy", {
      backupVaultName: vault.name,
      policy: policyDocument(
        {
          sid: sidFor(name, "CopiesIn"),
          actions: ["backup:CopyIntoBackupVault"],
          resources: ["*"],
          principals: { AWS: accountRoot(accountId) },
        },
        ...(protect ? [this.copiesStay()] : []),
      ),
    });
    return vault.arn;
  }

  /** AWS Backup takes no wildcard among the actions of a vault's policy, and ends expired copies whatever it says. */
  private copiesStay(): PolicyStatement {
    const { account, breakGlassRole } = this.props;
    return {
      sid: "CopiesStay",
      effect: "Deny",
      actions: ["backup:DeleteBackupVault", "backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"],
      resources: ["*"],
      principals: "*",
      conditions: { ArnNotEquals: { "aws:PrincipalArn": roleArn(account.id, breakGlassRole) } },
    };
  }

  private copyBackRole(): void {
    const { account, environments } = this.props;
    const snapshots = `arn:aws:rds:${account.region}:${account.id}:snapshot:awsbackup:*`;
    const vaults = environments.map(
      ({ accountId, name }) => `arn:aws:backup:${account.region}:${accountId}:backup-vault:${namePrefix(name)}-*`,
    );
    const role = new IamRole(this, "CopyBackRole", {
      name: COPY_BACK_ROLE,
      description: "AWS Backup copies snapshots back to the environments they came from",
      assumeRolePolicy: serviceTrust("backup.amazonaws.com", account.id),
    });
    const policy = new IamPolicy(this, "CopyBackPolicy", {
      name: COPY_BACK_ROLE,
      description: "Copies of database snapshots go back",
      policy: policyDocument(
        {
          sid: "HandOver",
          actions: [
            "rds:AddTagsToResource",
            "rds:CopyDBSnapshot",
            "rds:ListTagsForResource",
            "rds:ModifyDBSnapshotAttribute",
          ],
          resources: [snapshots],
        },
        {
          sid: "Look",
          actions: ["rds:DescribeDBSnapshots"],
          // It lists, so it has no resource to narrow to but the account's.
          resources: [`arn:aws:rds:${account.region}:${account.id}:snapshot:*`],
        },
        {
          sid: "CopyFrom",
          actions: ["backup:CopyFromBackupVault"],
          resources: [snapshots],
          conditions: { "ForAllValues:ArnLike": { "backup:CopyTargets": vaults } },
        },
        { sid: "CopyTo", actions: ["backup:CopyIntoBackupVault"], resources: vaults },
        { sid: "ReadKeys", actions: ["kms:DescribeKey"], resources: this.keyArns },
        lendKeys("LendKeys", this.keyArns),
      ),
    });
    new IamRolePolicyAttachment(this, "CopyBackRolePolicy", { role: role.name, policyArn: policy.arn });
  }

  private describe(): void {
    const { account, breakGlassRole, lockMode, owner } = this.props;
    const vault = copiesVault(ENV);
    describeSystem(this, {
      name: "backup-copies",
      title: "Copies of the databases' backups",
      owner,
      purpose:
        "Snapshots of every environment's databases, copied to this account: what is left when an environment's account is lost. They hold PHI.",
      launch: [
        [
          "Once, in the account that manages the organization, which all these accounts must belong to:",
          aws("backup update-global-settings --global-settings isCrossAccountBackupEnabled=true"),
        ],
        ["The vaults and their keys, then each environment's plan:", cdktf("deploy", GLOBAL)],
        cdktf("deploy", groundStack(ENV)),
      ],
      stop: [
        "Take `snapshots.copies` out of a database's settings and deploy its stage1: no further copy. Those that exist expire; the vault goes only when it is empty.",
      ],
      status: [
        [
          "The copies, newest last. The same in each environment's account lists the jobs, with `backup list-copy-jobs`:",
          aws(
            `backup list-recovery-points-by-backup-vault --backup-vault-name ${vault} --query "sort_by(RecoveryPoints,&CreationDate)[].[CreationDate,Status,ResourceArn,RecoveryPointArn]" --output table`,
          ),
        ],
        [
          "The lock, and how long it holds:",
          aws(
            `backup describe-backup-vault --backup-vault-name ${vault} --query "[Locked,LockDate,MinRetentionDays,MaxRetentionDays,NumberOfRecoveryPoints]"`,
          ),
        ],
        [
          "Whether the organization lets accounts copy to each other:",
          aws("backup describe-global-settings --query GlobalSettings.isCrossAccountBackupEnabled"),
        ],
      ],
      logs: [
        `Who asked to delete a copy or to change who may: the alarm \`audit-backups-removed\` and the saved query of its name.`,
      ],
      metrics: [`CloudWatch > AWS/Backup > by vault > \`${vault}\``],
      procedures: [
        {
          title: "Bring an environment's databases back from the copies",
          steps: [
            [
              "The account is lost for good: give the environment a new one (its account's id in the configuration) and deploy `global` and its stage1; vault and key then let that account in, and no longer the old one. Otherwise go on here. Choose a copy, as above, and copy it back; in this account:",
              aws(
                `backup start-copy-job --source-backup-vault-name ${vault} --recovery-point-arn ${placeholder("arn")} --destination-backup-vault-arn arn:aws:backup:${account.region}:${placeholder("account")}:backup-vault:${namePrefix(ENV)}-${placeholder("database")} --iam-role-arn ${roleArn(account.id, COPY_BACK_ROLE)} --lifecycle DeleteAfterDays=14`,
              ),
            ],
            [
              "Wait until it shows `COMPLETED`:",
              aws(
                'backup list-copy-jobs --query "CopyJobs[:5].[CreationDate,State,StatusMessage,DestinationRecoveryPointArn]" --output table',
              ),
            ],
            "It is a snapshot of that account now, under the key of its databases' vault: restore it there, as the page RDS says under `Restore from a snapshot`, with its ARN.",
          ],
        },
        {
          title: "Delete a copy (irreversible)",
          steps: [
            lockMode === "compliance"
              ? `The lock is in compliance mode: nobody deletes a copy before it expires, AWS included. After the lock's first ${GRACE_DAYS} days it cannot be taken off.`
              : `The vault refuses all but \`${breakGlassRole}\`, and the lock refuses that, too, until it is taken off; whoever takes it off pages the owner. Two people do this together.`,
            ...(lockMode === "compliance"
              ? []
              : [
                  aws(`backup delete-backup-vault-lock-configuration --backup-vault-name ${vault}`),
                  aws(
                    `backup delete-recovery-point --backup-vault-name ${vault} --recovery-point-arn ${placeholder("arn")}`,
                  ),
                  ["The lock stands again after:", cdktf("deploy", GLOBAL)] as const,
                ]),
          ],
        },
      ],
    });
  }
}
