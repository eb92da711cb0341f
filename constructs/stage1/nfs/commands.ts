import type { NfsUseName } from "../../../config/nfs-uses";
import { aws, output, pipe, published, shell, type Command } from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";

/** Where a controller has a folder of the shared file system that a person mounts: its installer mounts `shared` at `/mnt/opsdx`. */
export const mountFolder = (use: NfsUseName): string => `/mnt/opsdx-${use}`;

/** Commands about the shared file system of an environment. Its ids are known to AWS alone, so they are looked up. */
export function nfsCommands(environment: string) {
  const ofNfs = (name: string): Command => published(environment, "stage1", `nfs/${name}`);
  const fileSystem = output(ofNfs("file-system-id"));
  const accessPoint = (use: NfsUseName): string => output(pipe(ofNfs("access-points"), `jq -r '.["${use}"].id'`));
  return {
    fileSystem,
    keyArn: output(ofNfs("key-arn")),
    state: aws(
      `efs describe-file-systems --file-system-id ${fileSystem} --query "FileSystems[].[LifeCycleState,SizeInBytes.Value,ThroughputMode,NumberOfMountTargets]" --output table`,
    ),
    mountTargets: aws(
      `efs describe-mount-targets --file-system-id ${fileSystem} --query "MountTargets[].[AvailabilityZoneName,IpAddress,LifeCycleState,MountTargetId]" --output table`,
    ),
    accessPoints: aws(
      `efs describe-access-points --file-system-id ${fileSystem} --query "AccessPoints[].[Name,AccessPointId,RootDirectory.Path,LifeCycleState]" --output table`,
    ),
    policy: pipe(
      aws(`efs describe-file-system-policy --file-system-id ${fileSystem} --query Policy --output text`),
      "jq .",
    ),
    connections: aws(
      'cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=NewClientConnection --max-results 20 --query "Events[].CloudTrailEvent" --output text',
    ),
    /** Lets mount(8) be somebody: it reads keys from this file of the home, and neither a session of Identity Center nor a role to take on. */
    beAdministrator: shell(
      `(umask 077 && mkdir -p ~/.aws && { echo '[files]'; aws configure export-credentials --profile opsdx-${environment}-clusters --format env-no-export; } > ~/.aws/credentials)`,
    ),
    /** Mounts a folder in the name of whose keys are there. */
    mount: (use: NfsUseName): Command =>
      shell(
        `sudo mkdir -p ${mountFolder(use)} && sudo env HOME="$HOME" mount -t efs -o tls,iam,awsprofile=files,accesspoint=${accessPoint(use)} ${fileSystem}:/ ${mountFolder(use)}`,
      ),
    unmount: (use: NfsUseName): Command => shell(`sudo umount ${mountFolder(use)}`),
  };
}

/**
 * Commands about its backups.
 * @param vault - name of the vault
 * @param keepDays - days that one taken by hand is kept
 */
export function backupCommands(
  environment: string,
  account: { readonly id: string; readonly region: string },
  vault: string,
  keepDays: number,
) {
  const { fileSystem, keyArn } = nfsCommands(environment);
  const arn = `arn:aws:elasticfilesystem:${account.region}:${account.id}:file-system/${fileSystem}`;
  const role = `arn:aws:iam::${account.id}:role/opsdx-${environment}-nfs-backup`;
  return {
    list: aws(
      `backup list-backup-jobs --by-backup-vault-name ${vault} --by-resource-type EFS --query "BackupJobs[:5].[CreationDate,State,StatusMessage]" --output table`,
    ),
    take: aws(
      `backup start-backup-job --backup-vault-name ${vault} --resource-arn ${arn} --iam-role-arn ${role} --lifecycle DeleteAfterDays=${keepDays}`,
    ),
    points: aws(
      `backup list-recovery-points-by-backup-vault --backup-vault-name ${vault} --by-resource-type EFS --query "RecoveryPoints[].[CreationDate,Status,RecoveryPointArn]" --output table`,
    ),
    restore: aws(
      `backup start-restore-job --recovery-point-arn ${placeholder("arn")} --iam-role-arn ${role} --metadata file-system-id=${fileSystem},newFileSystem=true,CreationToken=opsdx-${environment}-nfs-restored,Encrypted=true,KmsKeyId=${keyArn},PerformanceMode=generalPurpose`,
    ),
  };
}
