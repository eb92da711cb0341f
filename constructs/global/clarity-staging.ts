import { GLOBAL, namePrefix } from "../../config/names";
import { Construct } from "../shared/cdktf";
import { objectAccessQuery } from "../shared/audit/audit-queries";
import type { Inspector } from "../shared/audit/phi-discovery";
import { EncryptionKey } from "../shared/encryption/encryption-key";
import type { PolicyStatement } from "../shared/iam/policy-document";
import { aws, cdktf, pipe } from "../shared/observability/command";
import { placeholder } from "../shared/observability/placeholders";
import { describeSystem } from "../shared/observability/system";
import { acknowledge } from "../shared/policy/acknowledge";
import { SecureBucket } from "../shared/storage/secure-bucket";
import { accountRoot, ENV, keyThroughS3, sidFor, type EnvironmentAccount } from "./environment-account";
import { copyVersion, listVersions } from "./object-versions";

/** Properties of {@link ClarityStaging}. */
export interface ClarityStagingProps {
  /** Bucket name; also the alias of its key. */
  readonly bucketName: string;
  /** Account that owns the bucket. */
  readonly account: { readonly id: string; readonly region: string };
  /** Environments whose ETLs write here; each below its own name. */
  readonly environments: readonly EnvironmentAccount[];
  /** Who answers for the bucket. */
  readonly owner: string;
  /** Macie, which looks into the bucket. */
  readonly inspector: Inspector;
  /** Bucket that receives server access logs. @default - none */
  readonly accessLogBucket?: string;
}

/**
 * What the Clarity ETLs leave behind, PHI included: task graphs and text logs. An ETL uploads them when it exits, to
 * `<env>/task-graphs/<etl>/<date>/`, under the names that people know (`c2dw-etl-daily.pdf`, `c2dw-etl-*.log`). The
 * environment comes first in the key, so that one pattern fences an environment's account in: dev never reads what prod
 * wrote.
 */
export class ClarityStaging extends Construct {
  /** The bucket. */
  public readonly bucket: SecureBucket;
  /** ARN of the key; an ETL's role needs it to upload. */
  public readonly keyArn: string;

  public constructor(scope: Construct, id: string, props: ClarityStagingProps) {
    super(scope, id);
    const { account, bucketName, environments } = props;
    const prefix = ClarityStaging.taskGraphPrefix(ENV);
    const folder = `s3://${bucketName}/${prefix}`;
    const etl = placeholder("etl");
    const date = placeholder("date");
    describeSystem(this, {
      name: "clarity-staging",
      title: "Clarity staging bucket",
      owner: props.owner,
      purpose: "Task graphs and text logs of the Clarity ETLs. They can hold PHI: never copy one to a laptop.",
      launch: [["The bucket; the ETLs fill it:", cdktf("deploy", GLOBAL)]],
      stop: ["It is never stopped; task graphs expire after 365 days."],
      status: [
        ["One folder per ETL:", aws(`s3 ls ${folder}`)],
        ["Its latest days:", pipe(aws(`s3 ls ${folder}${etl}/`), "tail -3")],
      ],
      logs: [
        `Who read or wrote an object: the saved query \`${objectAccessQuery(namePrefix(GLOBAL))}\``,
        [
          "A link that opens one graph or log in the browser for 10 minutes:",
          aws(`s3 presign --expires-in 600 ${folder}${etl}/${date}/${placeholder("file")}`),
        ],
      ],
      metrics: [`CloudWatch > AWS/S3 > BucketSizeBytes and NumberOfObjects, BucketName=${bucketName}`],
      procedures: [
        {
          title: "Bring back a deleted or overwritten task graph",
          steps: [
            ["Versions stay 90 days:", listVersions(bucketName, `${prefix}${etl}/${date}/`)],
            copyVersion(bucketName),
          ],
        },
      ],
    });
    this.keyArn = new EncryptionKey(this, "Key", {
      alias: bucketName,
      description: "Clarity staging: PHI",
      accountId: account.id,
      statements: [...keyThroughS3(environments, account.region), props.inspector.statement],
      dependsOn: [props.inspector.role],
    }).arn;
    this.bucket = new SecureBucket(this, "Bucket", {
      bucketName,
      keyArn: this.keyArn,
      accessLogBucket: props.accessLogBucket,
      lifecycle: environments.map(({ name }) => ({
        id: `task-graphs-${name}`,
        prefix: ClarityStaging.taskGraphPrefix(name),
        infrequentAccessAfterDays: 30,
        expireAfterDays: 365,
      })),
      statements: (arn) => environments.flatMap((environment) => stagingStatements(arn, environment)),
    });
    acknowledge(
      this.bucket,
      "S3BucketReplicationEnabled",
      "Decided in the design: only state and audit buckets are replicated. Every object is made again by running the ETL of that day",
    );
  }

  /** Key prefix of an environment's task graphs. */
  public static taskGraphPrefix(environment: string): string {
    return `${environment}/task-graphs/`;
  }
}

function stagingStatements(bucketArn: string, { name, accountId }: EnvironmentAccount): PolicyStatement[] {
  const principals = { AWS: accountRoot(accountId) };
  return [
    {
      sid: sidFor(name, "Objects"),
      actions: [
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
      ],
      resources: [`${bucketArn}/${name}/*`],
      principals,
    },
    {
      sid: sidFor(name, "List"),
      actions: ["s3:ListBucket", "s3:ListBucketVersions"],
      resources: [bucketArn],
      principals,
      conditions: { StringLike: { "s3:prefix": `${name}/*` } },
    },
  ];
}
