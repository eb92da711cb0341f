import { GLOBAL, stackName } from "../../config/names";
import { Construct } from "../shared/cdktf";
import type { PolicyStatement } from "../shared/iam/policy-document";
import { aws, cdktf, pipe, shell } from "../shared/observability/command";
import { placeholder } from "../shared/observability/placeholders";
import { describeSystem, type SystemFacts } from "../shared/observability/system";
import { acknowledge } from "../shared/policy/acknowledge";
import { SecureBucket } from "../shared/storage/secure-bucket";
import { accountRoot, ENV, sidFor, type EnvironmentAccount } from "./environment-account";

/** Properties of {@link ElbAccessLogs}. */
export interface ElbAccessLogsProps {
  /** Bucket name. */
  readonly bucketName: string;
  /** Region of the bucket and of the load balancers: they must be the same. */
  readonly region: string;
  /** Environments whose load balancers write here; each uses its name as the log prefix. */
  readonly environments: readonly EnvironmentAccount[];
  /** Who answers for the bucket. */
  readonly owner: string;
  /** Days that a log is kept. @default 365 */
  readonly expireAfterDays?: number;
  /** Bucket that receives server access logs. @default - none */
  readonly accessLogBucket?: string;
}

/**
 * Access logs of every load balancer, at `<env>/AWSLogs/<account>/elasticloadbalancing/`. Application load balancers
 * deliver only to buckets with SSE-S3: with a KMS key as default they stop without a word. Network load balancers log
 * their TLS listeners only.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/network/enable-access-logs.html
 */
export class ElbAccessLogs extends Construct {
  /** The bucket: load balancers depend on its policy. */
  public readonly bucket: SecureBucket;

  public constructor(scope: Construct, id: string, props: ElbAccessLogsProps) {
    super(scope, id);
    const { bucketName, environments, region } = props;
    describeSystem(this, systemFacts(props));
    this.bucket = new SecureBucket(this, "Bucket", {
      bucketName,
      accessLogBucket: props.accessLogBucket,
      oldVersionDays: 30,
      lifecycle: [{ id: "expire-logs", infrequentAccessAfterDays: 30, expireAfterDays: props.expireAfterDays ?? 365 }],
      statements: (arn) => environments.flatMap((environment) => deliveryStatements(arn, environment, region)),
    });
    acknowledge(
      this.bucket,
      "S3DefaultEncryptionKMS",
      "Application load balancers deliver logs only to buckets encrypted with SSE-S3; the bucket is TLS only and closed to the public",
    );
    acknowledge(
      this.bucket,
      "S3BucketReplicationEnabled",
      "Decided in the design: only state and audit buckets are replicated. Access logs are for analysis, not evidence",
    );
  }
}

function deliveryStatements(
  bucketArn: string,
  { name, accountId }: EnvironmentAccount,
  region: string,
): PolicyStatement[] {
  const logs = `${bucketArn}/${name}/AWSLogs/${accountId}/*`;
  const delivery = { Service: "delivery.logs.amazonaws.com" };
  const source = {
    StringEquals: { "aws:SourceAccount": accountId },
    ArnLike: { "aws:SourceArn": `arn:aws:logs:${region}:${accountId}:*` },
  };
  return [
    {
      // This service sends no source account or ARN; the path names the account instead.
      sid: sidFor(name, "ApplicationLoadBalancers"),
      actions: ["s3:PutObject"],
      resources: [logs],
      principals: { Service: "logdelivery.elasticloadbalancing.amazonaws.com" },
    },
    {
      sid: sidFor(name, "NetworkLoadBalancersCheck"),
      actions: ["s3:GetBucketAcl"],
      resources: [bucketArn],
      principals: delivery,
      conditions: source,
    },
    {
      sid: sidFor(name, "NetworkLoadBalancers"),
      actions: ["s3:PutObject"],
      resources: [logs],
      principals: delivery,
      conditions: {
        StringEquals: { ...source.StringEquals, "s3:x-amz-acl": "bucket-owner-full-control" },
        ArnLike: source.ArnLike,
      },
    },
    {
      sid: sidFor(name, "Readers"),
      actions: ["s3:GetObject"],
      resources: [`${bucketArn}/${name}/*`],
      principals: { AWS: accountRoot(accountId) },
    },
    {
      sid: sidFor(name, "List"),
      actions: ["s3:ListBucket"],
      resources: [bucketArn],
      principals: { AWS: accountRoot(accountId) },
      conditions: { StringLike: { "s3:prefix": `${name}/*` } },
    },
  ];
}

function systemFacts({ bucketName, owner, region }: ElbAccessLogsProps): SystemFacts {
  const day = `s3://${bucketName}/${ENV}/AWSLogs/${placeholder("account")}/elasticloadbalancing/${region}/$(date -u +%Y/%m/%d)/`;
  const lines = "zcat elb-logs/*.gz";
  const deploy = cdktf("deploy", GLOBAL);
  return {
    name: "elb-access-logs",
    title: "Load balancer access logs",
    owner,
    purpose: "Every request that reached a load balancer: who, what, how long, which answer.",
    launch: [deploy],
    stop: ["Per load balancer: set its access logs off in stage3 and deploy."],
    status: [["A new file every five minutes under traffic:", pipe(aws(`s3 ls ${day}`), "tail -3")]],
    logs: [
      ["Fetch today's, and set another date for another day:", aws(`s3 cp --recursive ${day} elb-logs`)],
      [
        "Slowest requests of the day (seconds in the target, status, method, address):",
        shell(`${lines} | awk '{print $7, $9, $13, $14}' | sort -rn | head -20`),
      ],
      ["Answers by status:", shell(`${lines} | awk '{print $9}' | sort | uniq -c`)],
    ],
    metrics: ["CloudWatch > AWS/ApplicationELB and AWS/NetworkELB: the same traffic as numbers"],
    procedures: [
      {
        title: "No new log files",
        steps: [
          [
            "The bucket must be encrypted with AES256, not aws:kms:",
            aws(`s3api get-bucket-encryption --bucket ${bucketName}`),
          ],
          [
            "The policy must name the account:",
            pipe(
              aws(`s3api get-bucket-policy --bucket ${bucketName} --query Policy --output text`),
              "jq '.Statement[].Resource'",
            ),
          ],
          [
            `The load balancer must log to the prefix \`${ENV}\`:`,
            aws(
              `elbv2 describe-load-balancer-attributes --load-balancer-arn ${placeholder("arn")} --query "Attributes[?starts_with(Key,'access_logs')]"`,
            ),
          ],
          [
            "Bring both back. A network load balancer logs TLS listeners only.",
            deploy,
            cdktf("deploy", stackName(ENV, "stage3")),
          ],
        ],
      },
    ],
  };
}
