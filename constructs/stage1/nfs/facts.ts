import { stackName } from "../../../config/names";
import { NFS_USES, type NfsUseName } from "../../../config/nfs-uses";
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
  const uses = (Object.keys(NFS_USES) as NfsUseName[]).map((use) => `${NFS_USES[use].purpose} (${use})`);
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
          ["Who may, by role: nothing else gets in, and nobody as root.", policy],
          ["Who did:", connections],
          "A pod or a controller is refused with `access denied by server while mounting`: its role is not in the policy, it named no access point, or it has no TLS.",
        ],
      },
      restoreFiles(props),
      ...(config.replicaRegion === undefined ? [] : [regionLost(environment, config.replicaRegion)]),
    ],
  };
}

function mountOnController(environment: string): Procedure {
  const { mount, unmount } = nfsCommands(environment);
  const others = (Object.keys(NFS_USES) as NfsUseName[]).filter((use) => use !== "shared");
  return {
    title: "Mount it on a controller",
    steps: [
      [
        "Its role may, through an access point. The folder `shared` is there already, at `/mnt/opsdx`; the others:",
        ...others.map(mount),
      ],
      [
        "Is it there? Files belong to the folder's own user, whoever writes them.",
        shell("findmnt -t nfs4 && ls -ln /mnt"),
      ],
      ["And away again:", ...others.map(unmount)],
    ],
  };
}

function restoreFiles({ account, config, environment, vault }: NfsFactsProps): Procedure {
  const { fileSystem } = nfsCommands(environment);
  const { points, restore } = backupCommands(environment, account, vault, config.backup.keepDays);
  const target = (field: string): string =>
    output(
      aws(`efs describe-mount-targets --file-system-id ${fileSystem} --query "MountTargets[0].${field}" --output text`),
    );
  const groups = output(
    aws(
      `efs describe-mount-target-security-groups --mount-target-id ${target("MountTargetId")} --query SecurityGroups --output text`,
    ),
  );
  return {
    title: "Restore files (into a file system beside it; the old one stays)",
    steps: [
      [
        `Backups are taken daily at ${config.backup.startUtc} UTC and kept for ${config.backup.keepDays} days. Choose one, and restore it:`,
        points,
        restore,
      ],
      [
        "The job, and the id of what it made:",
        aws(
          'backup list-restore-jobs --by-resource-type EFS --query "RestoreJobs[:3].[CreationDate,Status,StatusMessage,CreatedResourceArn]" --output table',
        ),
      ],
      [
        "Give it an address in one zone, behind the same security group:",
        aws(
          `efs create-mount-target --file-system-id ${placeholder("id")} --subnet-id ${target("SubnetId")} --security-groups ${groups}`,
        ),
      ],
      [
        "On a controller, with the folders mounted (above), copy what is missing. What is there already stays as it is:",
        shell(`sudo mkdir -p /mnt/restored && sudo mount -t efs -o tls ${placeholder("id")}:/ /mnt/restored`),
        shell(`sudo cp -Rn /mnt/restored/aws-backup-restore_*/models/. ${mountFolder("models")}/`),
      ],
      [
        "It has no policy of its own, so remove it at once:",
        shell("sudo umount /mnt/restored"),
        aws(`efs delete-mount-target --mount-target-id ${placeholder("name")}`),
        aws(`efs delete-file-system --file-system-id ${placeholder("id")}`),
      ],
    ],
  };
}

function regionLost(environment: string, region: string): Procedure {
  const { fileSystem } = nfsCommands(environment);
  return {
    title: "Its region is lost",
    steps: [
      [
        `A copy, minutes old, is in ${region}; it can be read only while it follows. Its id:`,
        aws(
          `efs describe-replication-configurations --region ${region} --query "Replications[].Destinations[].[FileSystemId,Status,LastReplicatedTimestamp]" --output table`,
        ),
      ],
      [
        "Let it be written: it stops following, and keeps what it has.",
        aws(`efs delete-replication-configuration --region ${region} --source-file-system-id ${placeholder("id")}`),
      ],
      `It needs an address in a network of ${region}, which this program has none of: make one by hand, as under \`Restore files\`.`,
      [
        "When the region is back: is the source as old as you think?",
        aws(`efs describe-file-systems --file-system-id ${fileSystem}`),
        "Copy back what was written since, then deploy: Terraform makes the replication anew, into a new copy. Delete the old one.",
      ],
    ],
  };
}
