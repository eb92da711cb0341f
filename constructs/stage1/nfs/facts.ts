import { controllerGroup, stackName } from "../../../config/names";
import { NFS_USE_NAMES, NFS_USES } from "../../../config/nfs-uses";
import type { NfsConfig } from "../../../config/schema/nfs";
import { aws, cdktf, output, shell } from "../../shared/observability/command";
import { dashboardTitle } from "../../shared/observability/dashboard-model";
import { placeholder } from "../../shared/observability/placeholders";
import type { Procedure, SystemFacts } from "../../shared/observability/system";
import { backupCommands, mountFolder, nfsCommands } from "./commands";

/** What the shared file system's page of the runbook is written from. */
export interface NfsFactsProps {
  /** Name of the environment. */
  readonly environment: string;
  /** The account and region that it stands in. */
  readonly account: { readonly id: string; readonly region: string };
  /** Its settings. */
  readonly config: NfsConfig;
  /** Name of the vault of its backups. */
  readonly vault: string;
}

/** What the runbook says of the shared file system. */
export function nfsFacts(props: NfsFactsProps): SystemFacts {
  const { config, environment } = props;
  const stack = stackName(environment, "stage1");
  const { accessPoints, connections, mountTargets, policy, state } = nfsCommands(environment);
  const { list } = backupCommands(environment, props.account, props.vault, config.backup.keepDays);
  const uses = NFS_USE_NAMES.map((use) => `${NFS_USES[use].purpose} (${use})`);
  return {
    name: "nfs",
    title: "Shared file system (NFS)",
    owner: config.owner,
    purpose: `Holds ${uses.join(", ")}, for pods and controllers, on EFS. While it is away whoever has it mounted hangs: models cannot be loaded or written, and no clinician waits for that. A zone that is lost takes nothing along; what is deleted by mistake is in the backup of the day before.`,
    launch: [["It comes with stage1:", cdktf("deploy", stack)]],
    stop: [
      "It cannot be stopped, and costs what it holds. Terraform refuses to destroy it where `deletionProtection` holds.",
      "To keep one client out: end the pod, or unmount it on the controller.",
    ],
    status: [state, mountTargets, accessPoints, ["The newest backups:", list]],
    logs: [
      [
        "Who mounted it, through which access point, and who was refused: each is in the trail, as NewClientConnection.",
        connections,
      ],
      "What the mounting side says is on the page of the driver (pods), and in the file /var/log/amazon/efs/mount.log (controllers).",
    ],
    metrics: [
      `Grafana > ${dashboardTitle(environment, "NFS")}.`,
      "CloudWatch > Metrics > EFS: PercentIOLimit, StorageBytes, ClientConnections, MeteredIOBytes. Elastic throughput is paid by the GiB that is read and written, storage by the GiB that lies there; a file that nobody reads for 30 days becomes cheaper.",
    ],
    procedures: [
      mountOnController(environment),
      {
        title: "Who mounts it",
        steps: [
          ["Who may, by role and folder: nothing else gets in, and nobody as root.", policy],
          ["Who did:", connections],
          "A pod or a controller is refused with `access denied by server while mounting`: its role is not in the policy for this folder, it named no access point, or it has no TLS.",
        ],
      },
      restoreFiles(props),
      ...(config.replicaRegion === undefined ? [] : [regionLost(environment, config.replicaRegion)]),
    ],
  };
}

function mountOnController(environment: string): Procedure {
  const { beAdministrator, mount, unmount } = nfsCommands(environment);
  const others = NFS_USE_NAMES.filter((use) => !NFS_USES[use].controllers);
  return {
    title: "Mount it on a controller",
    steps: [
      "A controller itself mounts `shared`, which is there already, at `/mnt/opsdx`. The other folders are of pods: an administrator of the clusters mounts them, signed in on the controller (page Controllers, `Do more than look`).",
      [
        "For an hour, which is what such a session lasts:",
        // https://github.com/aws/efs-utils#using-iam-to-authenticate
        beAdministrator,
        ...others.map(mount),
      ],
      [
        "Is it there? Files belong to the folder's own user, whoever writes them.",
        shell("findmnt -t nfs4 && ls -ln /mnt"),
      ],
      ["And away again; until then everybody on the machine reads and writes it:", ...others.map(unmount)],
    ],
  };
}

/** Name of the shell's variable that holds the id of a restored file system. */
const RESTORED = "$RESTORED";

function restoreFiles({ account, config, environment, vault }: NfsFactsProps): Procedure {
  const { fileSystem } = nfsCommands(environment);
  const { points, restore } = backupCommands(environment, account, vault, config.backup.keepDays);
  const groups = output(
    aws(
      `efs describe-mount-target-security-groups --mount-target-id ${mountTarget(fileSystem, "MountTargetId")} --query SecurityGroups --output text`,
    ),
  );
  const subnet = output(
    aws(
      `ec2 describe-instances --filters Name=tag:Name,Values=${controllerGroup(environment)} Name=instance-state-name,Values=running --query "Reservations[0].Instances[0].SubnetId" --output text`,
    ),
  );
  return {
    title: "Restore files (into a file system beside it; the old one stays)",
    steps: [
      "On a controller, all of it in one session, with the folders mounted (above) and signed in as an administrator of the account.",
      [
        `Backups are taken daily at ${config.backup.startUtc} UTC and kept for ${config.backup.keepDays} days. Choose one, and restore it:`,
        points,
        restore,
      ],
      [
        "The job, and what it made, `fs-…` at the end of the ARN. When it is `COMPLETED`:",
        aws(
          'backup list-restore-jobs --by-resource-type EFS --query "RestoreJobs[:3].[CreationDate,Status,StatusMessage,CreatedResourceArn]" --output table',
        ),
        shell(`RESTORED=${placeholder("id")}`),
      ],
      [
        // https://docs.aws.amazon.com/efs/latest/ug/mounting-fs-mount-cmd-dns-name.html
        "Give it an address in the controller's own subnet, as its name is known in the zones of its addresses only, behind the same security group. Its name takes a minute more:",
        aws(`efs create-mount-target --file-system-id ${RESTORED} --subnet-id ${subnet} --security-groups ${groups}`),
        shell(`until [ "${mountTarget(RESTORED, "LifeCycleState")}" = available ]; do sleep 5; done; sleep 90`),
      ],
      [
        "Copy what is missing. What is there already stays as it is:",
        shell(`sudo mkdir -p /mnt/restored && sudo mount -t efs -o tls ${RESTORED}:/ /mnt/restored`),
        shell(`sudo sh -c 'cp -Rn /mnt/restored/aws-backup-restore_*/models/. ${mountFolder("models")}/'`),
      ],
      [
        "It has no policy of its own, so remove it at once. It goes when its address is gone:",
        shell("sudo umount /mnt/restored"),
        aws(`efs delete-mount-target --mount-target-id ${mountTarget(RESTORED, "MountTargetId")}`),
        shell(`until [ "${mountTarget(RESTORED, "MountTargetId")}" = None ]; do sleep 5; done`),
        aws(`efs delete-file-system --file-system-id ${RESTORED}`),
      ],
    ],
  };
}

/** What the first mount target of a file system says; `None` where it has none. */
function mountTarget(fileSystem: string, field: "LifeCycleState" | "MountTargetId"): string {
  return output(
    aws(`efs describe-mount-targets --file-system-id ${fileSystem} --query "MountTargets[0].${field}" --output text`),
  );
}

function regionLost(environment: string, region: string): Procedure {
  const { fileSystem } = nfsCommands(environment);
  return {
    title: "Its region is lost",
    steps: [
      [
        `A copy, minutes old, is in ${region}; it can be read only while it follows. The first id is that of the lost one, the second the copy's:`,
        aws(
          `efs describe-replication-configurations --region ${region} --query "Replications[].[SourceFileSystemId,Destinations[0].FileSystemId,Destinations[0].Status,Destinations[0].LastReplicatedTimestamp]" --output table`,
        ),
      ],
      [
        "Let it be written: it stops following, and keeps what it has. The region that is lost is not asked. The id is the lost one's:",
        // https://docs.aws.amazon.com/efs/latest/ug/delete-replications.html
        aws(
          `efs delete-replication-configuration --region ${region} --source-file-system-id ${placeholder("id")} --deletion-mode LOCAL_CONFIGURATION_ONLY`,
        ),
      ],
      `The copy needs an address in a network of ${region}, which this program has none of: make one by hand, as under \`Restore files\`, with the copy's id.`,
      [
        "When the region is back: is the source as old as you think?",
        aws(`efs describe-file-systems --file-system-id ${fileSystem}`),
        "Copy back what was written since, then deploy: Terraform makes the replication anew, into a new copy. Delete the old one.",
      ],
    ],
  };
}
