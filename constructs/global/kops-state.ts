import { S3BucketMetric } from "@cdktf/provider-aws/lib/s3-bucket-metric";
import { GLOBAL, namePrefix, stackName } from "../../config/names";
import { Construct } from "../shared/cdktf";
import { objectAccessQuery } from "../shared/audit/audit-queries";
import { EncryptionKey } from "../shared/encryption/encryption-key";
import type { PolicyStatement } from "../shared/iam/policy-document";
import { Alarm } from "../shared/observability/alarm";
import { aws, cdktf, kops, kubectl, pipe, shell } from "../shared/observability/command";
import { etcdRestoreSteps } from "../shared/observability/etcd-restore";
import type { Monitoring } from "../shared/observability/monitoring";
import { placeholder } from "../shared/observability/placeholders";
import { describeSystem, type SystemFacts } from "../shared/observability/system";
import { SystemHealth } from "../shared/observability/system-health";
import { acknowledge } from "../shared/policy/acknowledge";
import { SecureBucket } from "../shared/storage/secure-bucket";
import { accountRoot, anyCluster, ENV, keyThroughS3, sidFor, type EnvironmentAccount } from "./environment-account";
import { copyVersion, listVersions } from "./object-versions";

/** Properties of {@link KopsState}. */
export interface KopsStateProps {
  /** Bucket name; also the alias of its key. */
  readonly bucketName: string;
  /** Account that owns the bucket. */
  readonly account: { readonly id: string; readonly region: string };
  /** Environments whose clusters keep their state here. */
  readonly environments: readonly EnvironmentAccount[];
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** Who answers for the bucket. */
  readonly owner: string;
  /** Bucket that receives server access logs. @default - none */
  readonly accessLogBucket?: string;
}

/** Days that replaced and deleted objects are kept: as long as etcd-manager keeps its backups. */
const BACKUP_DAYS = 90;

/** Label of the pods that keep etcd, without the member. */
const ETCD_MANAGER = "k8s-app=etcd-manager";

/**
 * The kops state store: per cluster, below the cluster's name, its specification, keys, boot payload and etcd backups
 * (`<cluster>/backups/etcd/`). An environment's account, and so its nodes' roles, reach the prefixes of its own clusters, and
 * no other.
 *
 * No lifecycle rule expires the backups: etcd-manager removes its own after 90 days, and its control files, which tell it
 * that the cluster exists, lie below the same prefix and are never rewritten.
 */
export class KopsState extends Construct {
  /** The bucket. */
  public readonly bucket: SecureBucket;
  /** ARN of the key that encrypts the store; nodes need it in their roles. */
  public readonly keyArn: string;

  public constructor(scope: Construct, id: string, props: KopsStateProps) {
    super(scope, id);
    const { account, bucketName, environments, monitoring } = props;
    describeSystem(this, systemFacts(props));
    this.keyArn = new EncryptionKey(this, "Key", {
      alias: bucketName,
      description: "kops state store: cluster keys, boot payload, etcd backups",
      accountId: account.id,
      statements: keyThroughS3(environments, account.region),
    }).arn;
    this.bucket = new SecureBucket(this, "Bucket", {
      bucketName,
      keyArn: this.keyArn,
      oldVersionDays: BACKUP_DAYS,
      accessLogBucket: props.accessLogBucket,
      statements: (arn) => environments.flatMap((environment) => clusterStatements(arn, environment)),
    });
    acknowledge(
      this.bucket,
      "S3BucketReplicationEnabled",
      "Decided in the design: only state and audit buckets are replicated. A cluster is rebuilt from config; old versions stay 90 days",
    );

    const alarms = environments.flatMap(({ clusters }) => clusters).map((cluster) => this.backupAlarm(cluster, props));
    if (alarms.length === 0) return;
    for (const metric of ["4xxErrors", "5xxErrors"]) {
      acknowledge(
        this.bucket,
        `RecommendedAlarm[AWS/S3 ${metric}]`,
        "Its request metrics cover the etcd backups only. An error there means that no backup is written, which has an alarm.",
      );
    }
    new SystemHealth(this, "Health", { monitoring, alarms });
  }

  private backupAlarm(cluster: string, { bucketName, environments, monitoring }: KopsStateProps): Alarm {
    const prefix = `${cluster}/backups/etcd/main/`;
    // One text for all of them.
    const any = anyCluster(environments);
    const place = { cluster: any, namespace: "kube-system" };
    const deploy = cdktf("deploy", stackName(ENV, "stage2"));
    const name = cluster.replaceAll(".", "-");
    const filter = new S3BucketMetric(this, `Backups-${name}`, {
      bucket: this.bucket.bucketName,
      name: `etcd-${name}`,
      filter: { prefix },
    });
    return new Alarm(this, `BackupStale-${name}`, {
      monitoring,
      name: `etcd-backup-stale-${name}`,
      kind: "etcd-backup-stale",
      of: { cluster },
      intent: `No etcd backup of ${cluster} was written for 26 hours: should its control planes be lost now, the cluster comes back as it was a day or more ago.`,
      severity: "ticket",
      steps: [
        [
          "A cluster that is in the configuration but was not deployed yet has no backups either: nothing to do until it is.",
          deploy,
        ],
        [
          "The newest backup (the folder's name is its time):",
          pipe(aws(`s3 ls s3://${bucketName}/${any}/backups/etcd/main/`), "tail -3"),
        ],
        [
          "etcd-manager says why:",
          pipe(kubectl(place, `logs -l ${ETCD_MANAGER}-main --tail=200`), "grep -i backup"),
          "AccessDenied there: the control planes' role needs the bucket and its key. See what it has, and bring it back:",
          aws(`iam list-attached-role-policies --role-name masters.${any}`),
          aws(`iam list-role-policies --role-name masters.${any}`),
          deploy,
        ],
        [
          "No running etcd-manager: go on with the page of the clusters.",
          kubectl(place, `get pods -l ${ETCD_MANAGER}-main -o wide`),
        ],
      ],
      metric: {
        namespace: "AWS/S3",
        name: "PutRequests",
        dimensions: { BucketName: bucketName, FilterId: filter.name },
        statistic: "Sum",
      },
      comparison: "<",
      threshold: 1,
      periodSeconds: 3600,
      periods: 26,
      missingData: "breaching",
    });
  }
}

function clusterStatements(bucketArn: string, { name, accountId, clusters }: EnvironmentAccount): PolicyStatement[] {
  const principals = { AWS: accountRoot(accountId) };
  return [
    {
      sid: sidFor(name, "Clusters"),
      // etcd-manager removes its old backups version by version. Objects that stage2 declares come with the provider's default tags:
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
      actions: [
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:GetObjectTagging",
        "s3:PutObject",
        "s3:PutObjectTagging",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
      ],
      resources: clusters.map((cluster) => `${bucketArn}/${cluster}/*`),
      principals,
    },
    {
      sid: sidFor(name, "List"),
      actions: ["s3:ListBucket", "s3:ListBucketVersions"],
      resources: [bucketArn],
      principals,
      // The empty prefix lists cluster names: `kops get clusters`.
      conditions: { StringLike: { "s3:prefix": ["", ...clusters.flatMap((cluster) => [cluster, `${cluster}/*`])] } },
    },
    {
      sid: sidFor(name, "Describe"),
      actions: ["s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:GetEncryptionConfiguration"],
      resources: [bucketArn],
      principals,
    },
  ];
}

function systemFacts({ bucketName, environments, owner }: KopsStateProps): SystemFacts {
  const cluster = anyCluster(environments);
  const place = { cluster, namespace: "kube-system" };
  const backups = `s3://${bucketName}/${cluster}/backups/etcd`;
  const key = placeholder("key");
  return {
    name: "kops-state",
    title: "kops state store",
    owner,
    purpose: "What kops knows of each cluster: specification, certificate authorities, boot payload, etcd backups.",
    launch: [
      cdktf("deploy", GLOBAL),
      ["What kops commands without `--state` need:", shell(`export KOPS_STATE_STORE=s3://${bucketName}`)],
    ],
    stop: ["It is never stopped: nodes read it when they boot, and etcd writes its backups to it."],
    status: [
      shell(`kops get clusters --state s3://${bucketName}`),
      ["The newest backups:", pipe(aws(`s3 ls ${backups}/main/`), "tail -3")],
    ],
    logs: [
      ["Backups:", pipe(kubectl(place, `logs -l ${ETCD_MANAGER}-main --tail=200`), "grep -i backup")],
      `Who touched an object: the saved query \`${objectAccessQuery(namePrefix(GLOBAL))}\``,
    ],
    metrics: [
      `CloudWatch > AWS/S3 > PutRequests, BucketName=${bucketName}, FilterId=etcd- and the cluster with hyphens`,
    ],
    procedures: [
      {
        title: "Bring back an overwritten or deleted object",
        steps: [
          listVersions(bucketName, `${cluster}/cluster-completed.spec`),
          [
            "A deleted one: remove the marker:",
            aws(`s3api delete-object --bucket ${bucketName} --key ${key} --version-id ${placeholder("version")}`),
          ],
          ["An overwritten one:", copyVersion(bucketName)],
          kops("validate cluster", cluster, bucketName),
        ],
      },
      {
        title: "Restore etcd from a backup",
        steps: etcdRestoreSteps({ cluster, stateBucket: bucketName }),
      },
    ],
  };
}
