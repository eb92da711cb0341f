import { exercisesBucket, stackName, stateKey } from "../../../config/names";
import {
  aws,
  cdktf,
  opsdx,
  output,
  pipe,
  published,
  shell,
  terraform,
  type Command,
} from "../../shared/observability/command";
import type { Drill, Query } from "./drill";
import { databaseIs, type Scene } from "./scene";

/** Where what a drill restores lies: no name of the program ends so. */
const RESTORED = "drill-restored";
/** At which every restore is given up: it must not slow those who work. */
const STOP = ["db-connections-high", "db-load-high"];

/**
 * The restores that a hospital asks for first. What is restored stands beside what there is, and goes when the drill ends; the loss of a
 * cluster is rehearsed on a cluster that nobody needs.
 */
export function restoreDrills(scene: Scene): readonly Drill[] {
  return [
    dbPointInTime(scene),
    dwFromSnapshot(scene),
    ...(scene.environment.nfs === undefined ? [] : [filesFromBackup(scene)]),
    etcdFromBackup(scene),
    stateFromVersion(scene),
    clusterFromNothing(scene),
  ];
}

/** In which state a restored instance is; nothing where there is none. */
function stateOf(identifier: string): Command {
  return aws(
    `rds describe-db-instances --query "DBInstances[?DBInstanceIdentifier=='${identifier}'].DBInstanceStatus" --output text`,
  );
}

/** Nothing of a drill, or of one before, is left of a database. */
function gone(identifier: string): Query {
  return { says: `No instance ${identifier} is there`, command: stateOf(identifier), matches: /^$/ };
}

/**
 * Waits for a restored instance, as RDS's own waiter gives up after half an hour; fails when it cannot become available any more.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
 */
function available(identifier: string): Command {
  return shell(
    `while :; do state=${output(stateOf(identifier))} || exit 1; case "$state" in available) exit 0;; ""|deleting|failed|incompatible-*|insufficient-capacity|restore-error) echo "${identifier}: $state" >&2; exit 1;; esac; sleep 30; done`,
  );
}

/** Deletes a restored instance as soon as its state lets it, and ends when it is gone. */
function deleted(identifier: string): Command {
  const remove = aws(
    `rds delete-db-instance --db-instance-identifier ${identifier} --skip-final-snapshot --delete-automated-backups --query DBInstance.DBInstanceStatus --output text`,
  );
  return shell(
    `while :; do state=${output(stateOf(identifier))} || exit 1; case "$state" in "") exit 0;; available|failed|incompatible-*|insufficient-capacity|restore-error|stopped|storage-*) ${remove.command} || exit 1;; esac; sleep 15; done`,
  );
}

/** Subnets, groups and parameters of the instance that it is restored beside. */
function beside(prefix: string, database: string): string {
  const look = (query: string): string =>
    output(
      aws(
        `rds describe-db-instances --db-instance-identifier ${prefix}-${database} --query "DBInstances[0].${query}" --output text`,
      ),
    );
  return [
    `--db-subnet-group-name "${look("DBSubnetGroup.DBSubnetGroupName")}"`,
    `--vpc-security-group-ids "${look("VpcSecurityGroups[0].VpcSecurityGroupId")}"`,
    `--db-parameter-group-name "${look("DBParameterGroups[0].DBParameterGroupName")}"`,
    "--no-publicly-accessible --no-multi-az --no-deletion-protection",
  ].join(" ");
}

function dbPointInTime({ owner, prefix }: Scene): Drill {
  const restored = `${prefix}-db-${RESTORED}`;
  const newest = aws(
    `rds describe-db-instances --db-instance-identifier ${prefix}-db --query "DBInstances[0].LatestRestorableTime" --output text`,
  );
  return {
    name: "restore-db",
    title: "The operational database as it was at a point in time",
    owner,
    hypothesis: "Five minutes of data are lost at most, and the database is there again within an hour.",
    steady: [databaseIs(prefix, "db", "available"), gone(restored)],
    injection: {
      kind: "commands",
      inject: [
        aws(
          `rds restore-db-instance-to-point-in-time --source-db-instance-identifier ${prefix}-db --target-db-instance-identifier ${restored} --use-latest-restorable-time ${beside(prefix, "db")} --query DBInstance.DBInstanceStatus --output text`,
        ),
        available(restored),
      ],
      undo: [deleted(restored)],
      undoMinutes: 90,
    },
    blastRadius:
      "An instance of its own beside db. It holds PHI for as long as the drill goes on, behind db's own security group.",
    stop: STOP,
    fires: [],
    recoverWithinMinutes: 120,
    rollback: "The restored instance is deleted, with its backups.",
    evidence: [aws(`rds describe-events --source-type db-instance --source-identifier ${restored} --duration 120`)],
    loss: { rpoMinutes: 5, rtoMinutes: 60, newest, rehearsed: "emulator" },
  };
}

function dwFromSnapshot({ owner, prefix }: Scene): Drill {
  const restored = `${prefix}-dw-${RESTORED}`;
  // AWS Backup takes them, and they are listed only by their type.
  const snapshots = (query: string): Command =>
    aws(
      `rds describe-db-snapshots --db-instance-identifier ${prefix}-dw --snapshot-type awsbackup --query "sort_by(DBSnapshots[?Status=='available'],&SnapshotCreateTime)[-1].${query}" --output text`,
    );
  return {
    name: "restore-dw",
    title: "The warehouse from its newest snapshot",
    owner,
    hypothesis: "What was loaded in the last four days is loaded again; the warehouse is there within two hours.",
    steady: [databaseIs(prefix, "dw", "available"), gone(restored)],
    injection: {
      kind: "commands",
      target: snapshots("DBSnapshotIdentifier"),
      inject: [
        aws(
          `rds restore-db-instance-from-db-snapshot --db-snapshot-identifier "$TARGET" --db-instance-identifier ${restored} ${beside(prefix, "dw")} --query DBInstance.DBInstanceStatus --output text`,
        ),
        available(restored),
      ],
      undo: [deleted(restored)],
      undoMinutes: 150,
    },
    blastRadius:
      "An instance of its own beside dw. It holds PHI for as long as the drill goes on, behind dw's own security group.",
    stop: STOP,
    fires: [],
    recoverWithinMinutes: 240,
    rollback: "The restored instance is deleted.",
    evidence: [],
    loss: {
      rpoMinutes: 4 * 24 * 60,
      rtoMinutes: 120,
      newest: snapshots("SnapshotCreateTime"),
      rehearsed: "emulator",
    },
  };
}

function filesFromBackup({ environment, owner, prefix }: Scene): Drill {
  // The databases' vault holds it, too.
  const vault = `${prefix}-db`;
  const points = (query: string): Command =>
    aws(
      `backup list-recovery-points-by-backup-vault --backup-vault-name ${vault} --by-resource-type EFS --query "sort_by(RecoveryPoints[?Status=='COMPLETED'],&CreationDate)[-1].${query}" --output text`,
    );
  const token = `${prefix}-nfs-${RESTORED}`;
  const ofNfs = (name: string): string => output(published(environment.name, "stage1", `nfs/${name}`));
  const role = output(aws(`iam get-role --role-name ${prefix}-nfs-backup --query Role.Arn --output text`));
  const start = aws(
    `backup start-restore-job --recovery-point-arn "$TARGET" --iam-role-arn ${role} --metadata file-system-id=${ofNfs("file-system-id")},newFileSystem=true,CreationToken=${token},Encrypted=true,KmsKeyId=${ofNfs("key-arn")},PerformanceMode=generalPurpose --query RestoreJobId --output text`,
  );
  const job = (query: string): Command =>
    aws(`backup describe-restore-job --restore-job-id "$job" --query ${query} --output text`);
  const underWay = aws(
    `backup list-restore-jobs --by-resource-type EFS --query "RestoreJobs[?RecoveryPointArn=='$TARGET' && (Status=='PENDING' || Status=='RUNNING')].RestoreJobId" --output text`,
  );
  const restored = (query: string): Command =>
    aws(`efs describe-file-systems --creation-token ${token} --query "FileSystems[0].${query}" --output text`);
  return {
    name: "restore-nfs",
    title: "The shared file system from its newest backup",
    owner,
    hypothesis: "A day of files is lost at most, and they are there within four hours.",
    steady: [
      { says: "There is a backup", command: points("RecoveryPointArn"), matches: /^arn:/ },
      { says: `No file system ${token} is there`, command: restored("LifeCycleState"), matches: /^(None)?$/ },
    ],
    injection: {
      kind: "commands",
      target: points("RecoveryPointArn"),
      inject: [
        shell(
          `job=${output(start)} || exit 1; while :; do state=${output(job("Status"))} || exit 1; case "$state" in COMPLETED) exit 0;; FAILED|ABORTED) ${job("StatusMessage").command} >&2; exit 1;; esac; sleep 60; done`,
        ),
      ],
      undo: [
        // A restore cannot be ended: what it makes is deleted after it. Nothing made a mount target, so there is none to go first.
        shell(
          `while :; do jobs=${output(underWay)} || exit 1; [ -n "$jobs" ] || break; sleep 60; done; while :; do state=${output(restored("LifeCycleState"))} || exit 1; case "$state" in ""|None|deleting|deleted) exit 0;; available|error) ${aws(`efs delete-file-system --file-system-id ${output(restored("FileSystemId"))}`).command} || exit 1;; esac; sleep 15; done`,
        ),
      ],
      undoMinutes: 240,
    },
    blastRadius: "A file system of its own, which nobody can mount.",
    stop: STOP,
    fires: [],
    recoverWithinMinutes: 480,
    rollback: "The restored file system is deleted.",
    evidence: [],
    loss: { rpoMinutes: 24 * 60, rtoMinutes: 240, newest: points("CreationDate"), rehearsed: "paper" },
  };
}

function etcdFromBackup({ on, owner }: Scene): Drill {
  const mark = on("k8s-ml", "default", "create configmap drill-after-the-backup");
  return {
    name: "restore-etcd",
    title: "etcd of k8s-ml from its newest backup",
    owner,
    hypothesis: "An hour of changes is lost at most; what runs goes on meanwhile, and the API is back within an hour.",
    steady: [{ says: "The API answers", command: on("k8s-ml", undefined, "get --raw /readyz"), matches: /^ok$/ }],
    injection: {
      kind: "people",
      steps: [
        ["What is written after the backup must be gone afterwards, or it was no restore:", mark],
        "The runbook's page of the clusters, Restore etcd from a backup.",
        ["It must say that there is none:", on("k8s-ml", "default", "get configmap drill-after-the-backup")],
      ],
    },
    blastRadius:
      "The API of k8s-ml is away while people restore etcd on its control planes, by the runbook's page of the clusters.",
    stop: ["k8s-api-unhealthy", "web-no-healthy-target"],
    fires: [{ alarm: "k8s-ml-api-unhealthy", withinMinutes: 60 }],
    recoverWithinMinutes: 120,
    rollback: "Nothing is to be taken back: what was changed since the backup comes from a deploy of stage3.",
    evidence: [on("k8s-ml", "kube-system", "get pods -l k8s-app=etcd-manager-main")],
    loss: { rpoMinutes: 60, rtoMinutes: 60, rehearsed: "paper" },
  };
}

function stateFromVersion({ environment, owner, stateBucket: bucket }: Scene): Drill {
  const stack = stackName(environment.name, "stage3");
  const key = stateKey(environment.name, stack);
  const version = aws(`s3api head-object --bucket ${bucket} --key ${key} --query VersionId --output text`);
  // An environment may delete nothing of the bucket of states: the copy lies among its own exercises.
  const restored = {
    bucket: exercisesBucket(environment.name, environment.account.id),
    key: `drills/${RESTORED}.tfstate`,
  };
  /** What tells a state from others, and from those of before. */
  const known = (object: string): string =>
    output(
      pipe(
        aws(`s3 cp s3://${object} -`),
        `node -p 'const s = JSON.parse(fs.readFileSync(0)); s.lineage.concat(" ", s.serial)'`,
      ),
    );
  return {
    name: "restore-state",
    title: "The Terraform state of stage3 from a version of its object",
    owner,
    hypothesis: "No version is lost, and a state that was spoiled is back within minutes.",
    steady: [{ says: "The state has a version", command: version, matches: /^(?!None$|null$)\S+$/ }],
    injection: {
      kind: "commands",
      target: version,
      inject: [
        aws(
          `s3api copy-object --bucket ${restored.bucket} --key ${restored.key} --copy-source "${bucket}/${key}?versionId=$TARGET" --query CopyObjectResult.LastModified --output text`,
        ),
        // What came back is a state of this stack, and no older than the one in use.
        shell(
          `copy=${known(`${restored.bucket}/${restored.key}`)} && state=${known(`${bucket}/${key}`)} && [ "$copy" = "$state" ]`,
        ),
      ],
      undo: [aws(`s3 rm s3://${restored.bucket}/${restored.key}`)],
    },
    blastRadius: "One more object in the environment's bucket of exercises, which nobody reads.",
    stop: ["cis-bucket-policy-changes"],
    fires: [],
    recoverWithinMinutes: 30,
    rollback: "The copy is deleted. A state in use is put back as the runbook's page Terraform state says.",
    evidence: [terraform(stack, "state list")],
    // Every write is a version, so nothing can be lost in between: only the restore is measured.
    loss: { rpoMinutes: 0, rtoMinutes: 15, rehearsed: "emulator" },
  };
}

function clusterFromNothing({ environment, on, owner }: Scene): Drill {
  const { name } = environment;
  const [stage2, stage3] = [stackName(name, "stage2"), stackName(name, "stage3")];
  return {
    name: "cluster-from-nothing",
    title: "The cluster k8s-ml from its configuration alone",
    owner,
    hypothesis: "Nothing of ours is held by a cluster only: two deploys make it again within two hours.",
    steady: [{ says: "The API answers", command: on("k8s-ml", undefined, "get --raw /readyz"), matches: /^ok$/ }],
    injection: {
      kind: "people",
      steps: [
        "The cluster is taken out of the configuration and deployed away, as its page says; then it comes back:",
        [cdktf("deploy", stage2), opsdx(`kops render ${name} k8s-ml`), cdktf("deploy", stage3)],
      ],
    },
    blastRadius: "k8s-ml: nightly loads and machine learning stand still. k8s and the web service go on.",
    stop: ["k8s-api-unhealthy", "web-no-healthy-target"],
    fires: [],
    recoverWithinMinutes: 240,
    rollback: "Nothing is to be taken back: the deploys make what is wanted.",
    evidence: [on("k8s-ml", undefined, "get nodes")],
    loss: { rpoMinutes: 0, rtoMinutes: 120, rehearsed: "control plane" },
  };
}
