import { S3BucketMetric } from "@cdktf/provider-aws/lib/s3-bucket-metric";
import { Construct } from "../shared/cdktf";
import { EncryptionKey } from "../shared/encryption/encryption-key";
import type { PolicyStatement } from "../shared/iam/policy-document";
import { Alarm } from "../shared/observability/alarm";
import type { Monitoring } from "../shared/observability/monitoring";
import { describeSystem } from "../shared/observability/system";
import { SystemHealth } from "../shared/observability/system-health";
import { acknowledge } from "../shared/policy/acknowledge";
import { SecureBucket } from "../shared/storage/secure-bucket";
import { accountRoot, keyThroughS3, sidFor, type EnvironmentAccount } from "./environment-account";

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

  private backupAlarm(cluster: string, { bucketName, monitoring }: KopsStateProps): Alarm {
    const prefix = `${cluster}/backups/etcd/main/`;
    const name = cluster.replaceAll(".", "-");
    const filter = new S3BucketMetric(this, `Backups-${name}`, {
      bucket: this.bucket.bucketName,
      name: `etcd-${name}`,
      filter: { prefix },
    });
    return new Alarm(this, `BackupStale-${name}`, {
      monitoring,
      name: `etcd-backup-stale-${name}`,
      intent: `No etcd backup of ${cluster} was written for 26 hours: should its control planes be lost now, the cluster comes back as it was a day or more ago.`,
      severity: "ticket",
      steps: [
        "A cluster that is in the configuration but was not deployed yet has no backups either: nothing to do until `npx cdktf deploy <env>-stage2`.",
        `The newest backup: \`aws s3 ls s3://${bucketName}/${prefix} | tail -3\` (the folder's name is its time).`,
        `etcd-manager says why: \`kubectl --context ${cluster} -n kube-system logs -l k8s-app=etcd-manager-main --tail=200 | grep -i backup\``,
        `AccessDenied there: the control planes' role needs the bucket and its key: \`aws iam list-attached-role-policies --role-name masters.${cluster}\` and \`aws iam list-role-policies --role-name masters.${cluster}\`; then \`npx cdktf deploy <env>-stage2\`.`,
        `No running etcd-manager: \`kubectl --context ${cluster} -n kube-system get pods -l k8s-app=etcd-manager-main -o wide\`, and go on with the runbook of the cluster.`,
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
      // etcd-manager removes its old backups version by version.
      actions: [
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:GetObjectTagging",
        "s3:PutObject",
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

function systemFacts({ bucketName, environments, owner }: KopsStateProps) {
  const [first = ""] = environments.flatMap(({ clusters }) => clusters);
  // An environment's label is the first of its zone: a rule of the configuration.
  const cluster = `<cluster>.<env>.${first.split(".").slice(2).join(".")}`;
  return {
    name: "kops-state",
    title: "kops state store",
    owner,
    purpose: "What kops knows of each cluster: specification, certificate authorities, boot payload, etcd backups.",
    launch: [
      "`npx cdktf deploy global`",
      `\`export KOPS_STATE_STORE=s3://${bucketName}\`: what every kops command needs`,
    ],
    stop: ["It is never stopped: nodes read it when they boot, and etcd writes its backups to it."],
    status: [
      `\`kops get clusters --state s3://${bucketName}\``,
      `\`aws s3 ls s3://${bucketName}/${cluster}/backups/etcd/main/ | tail -3\`: the newest backups`,
    ],
    logs: [
      `Backups: \`kubectl --context ${cluster} -n kube-system logs -l k8s-app=etcd-manager-main --tail=200 | grep -i backup\``,
      "Who touched an object: CloudTrail data events",
    ],
    metrics: [`CloudWatch > AWS/S3 > PutRequests, BucketName=${bucketName}, FilterId=etcd-<cluster with hyphens>`],
    procedures: [
      {
        title: "Bring back an overwritten or deleted object",
        steps: [
          `\`aws s3api list-object-versions --bucket ${bucketName} --prefix ${cluster}/cluster-completed.spec --query '[Versions,DeleteMarkers][][].[Key,VersionId,IsLatest,LastModified]' --output table\``,
          `A deleted one: remove the marker: \`aws s3api delete-object --bucket ${bucketName} --key <key> --version-id <marker's version>\``,
          `An overwritten one: \`aws s3api copy-object --bucket ${bucketName} --key <key> --copy-source "${bucketName}/<key>?versionId=<version>"\``,
          `\`kops validate cluster --name ${cluster} --state s3://${bucketName}\``,
        ],
      },
      {
        title: "Restore etcd from a backup",
        steps: [
          `Choose one: \`aws s3 ls s3://${bucketName}/${cluster}/backups/etcd/main/\`, and the nearest one below backups/etcd/events/`,
          `\`etcd-manager-ctl --backup-store=s3://${bucketName}/${cluster}/backups/etcd/main restore-backup <backup>\``,
          `\`etcd-manager-ctl --backup-store=s3://${bucketName}/${cluster}/backups/etcd/events restore-backup <backup>\``,
          `Restart etcd-manager on every control plane: \`kubectl --context ${cluster} -n kube-system delete pod -l k8s-app=etcd-manager-main\` and the same for etcd-manager-events; the API is away for some minutes.`,
          `\`kops validate cluster --name ${cluster} --state s3://${bucketName} --wait 15m\``,
        ],
      },
    ],
  };
}
