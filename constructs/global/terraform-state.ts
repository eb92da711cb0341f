import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { S3BucketReplicationConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-replication-configuration";
import { GLOBAL, namePrefix, stackName, stateKey } from "../../config/names";
import type { TerraformProvider } from "../shared/cdktf";
import { Construct } from "../shared/cdktf";
import { objectAccessQuery } from "../shared/audit/audit-queries";
import { EncryptionKey } from "../shared/encryption/encryption-key";
import { policyDocument, type PolicyStatement } from "../shared/iam/policy-document";
import { Alarm } from "../shared/observability/alarm";
import { aws, cdktf, opsdx, pipe, shell, terraform, type Command } from "../shared/observability/command";
import type { Monitoring } from "../shared/observability/monitoring";
import { placeholder } from "../shared/observability/placeholders";
import { describeSystem, type SystemFacts } from "../shared/observability/system";
import { SystemHealth } from "../shared/observability/system-health";
import { acknowledge } from "../shared/policy/acknowledge";
import { SecureBucket } from "../shared/storage/secure-bucket";
import { accountRoot, ENV, keyThroughS3, sidFor, type EnvironmentAccount } from "./environment-account";

/** Properties of {@link TerraformState}. */
export interface TerraformStateProps {
  /** Bucket name. The copy is called `<name>-replica`. */
  readonly bucketName: string;
  /** Alias of the key, without `alias/`: every stack's backend names the key by it. */
  readonly keyAlias: string;
  /** Account that owns the bucket. */
  readonly account: { readonly id: string; readonly region: string };
  /** Environments that keep their state here. */
  readonly environments: readonly EnvironmentAccount[];
  /** Provider of the region that holds the copy. */
  readonly replicaProvider: TerraformProvider;
  /** Name of that region. */
  readonly replicaRegion: string;
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** Who answers for the state. */
  readonly owner: string;
  /** Bucket that receives server access logs. @default - none */
  readonly accessLogBucket?: string;
}

/** Days that a replaced state is kept: long enough to find the last good one of a stack that is deployed once a year. */
const OLD_STATE_DAYS = 365;

/**
 * The bucket of every stack's Terraform state, at `<owner>/<stack>.tfstate`, with its lock object beside it
 * (`….tfstate.tflock`, Terraform's S3-native locking: no DynamoDB). An environment's account reaches its own prefix and
 * reads the global outputs; it never sees another environment's state, and can delete nothing but its locks. Every version
 * is copied to a second region under a key of that region.
 */
export class TerraformState extends Construct {
  /** The bucket. */
  public readonly bucket: SecureBucket;
  /** ARN of the key that encrypts state. */
  public readonly keyArn: string;

  public constructor(scope: Construct, id: string, props: TerraformStateProps) {
    super(scope, id);
    const { account, bucketName, environments, monitoring, replicaProvider } = props;
    const replicaName = TerraformState.replicaName(bucketName);
    describeSystem(this, systemFacts(props, replicaName));

    this.keyArn = new EncryptionKey(this, "Key", {
      alias: props.keyAlias,
      description: "Terraform state",
      accountId: account.id,
      statements: keyThroughS3(environments, account.region),
    }).arn;
    this.bucket = new SecureBucket(this, "Bucket", {
      bucketName,
      keyArn: this.keyArn,
      oldVersionDays: OLD_STATE_DAYS,
      accessLogBucket: props.accessLogBucket,
      statements: (arn) => stateStatements(arn, environments),
    });

    const replicaKeyArn = new EncryptionKey(this, "ReplicaKey", {
      alias: `${props.keyAlias}-replica`,
      description: "Copy of the Terraform state",
      accountId: account.id,
      statements: keyThroughS3(environments, props.replicaRegion),
      provider: replicaProvider,
    }).arn;
    const replica = new SecureBucket(this, "Replica", {
      bucketName: replicaName,
      keyArn: replicaKeyArn,
      oldVersionDays: OLD_STATE_DAYS,
      // The same rights as in the first region, so that the copy can take over at once.
      statements: (arn) => stateStatements(arn, environments),
      provider: replicaProvider,
    });
    acknowledge(
      replica,
      "S3BucketLoggingEnabled",
      "The account's trail records every read and write of its objects; a log bucket would have to stand in its region",
    );

    const role = new IamRole(this, "ReplicationRole", {
      name: `${bucketName}-replication`,
      description: "Copies Terraform state to the second region",
      // S3 names no source account when it assumes this role: only who may pass the role can make S3 use it.
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
      assumeRolePolicy: policyDocument({
        sid: "Replication",
        actions: ["sts:AssumeRole"],
        principals: { Service: "s3.amazonaws.com" },
      }),
    });
    const policy = new IamPolicy(this, "ReplicationPolicy", {
      name: `${bucketName}-replication`,
      policy: policyDocument(
        {
          sid: "ReadSource",
          actions: ["s3:GetReplicationConfiguration", "s3:ListBucket"],
          resources: [this.bucket.arn],
        },
        {
          sid: "ReadVersions",
          actions: ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"],
          resources: [`${this.bucket.arn}/*`],
        },
        {
          sid: "WriteCopy",
          actions: ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"],
          resources: [`${replica.arn}/*`],
        },
        { sid: "DecryptSource", actions: ["kms:Decrypt"], resources: [this.keyArn] },
        { sid: "EncryptCopy", actions: ["kms:Encrypt", "kms:GenerateDataKey*"], resources: [replicaKeyArn] },
      ),
    });
    const permission = new IamRolePolicyAttachment(this, "ReplicationPermission", {
      role: role.name,
      policyArn: policy.arn,
    });
    const ruleId = "state-to-second-region";
    new S3BucketReplicationConfigurationA(this, "Replication", {
      bucket: this.bucket.bucketName,
      role: role.arn,
      rule: [
        {
          id: ruleId,
          status: "Enabled",
          filter: { prefix: "" },
          // A deleted lock must not live on in the copy and stop the first deployment from it.
          deleteMarkerReplication: { status: "Enabled" },
          sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: "Enabled" } },
          destination: {
            bucket: replica.arn,
            storageClass: "STANDARD_IA",
            encryptionConfiguration: { replicaKmsKeyId: replicaKeyArn },
            // The failure metric below exists only with metrics switched on.
            metrics: { status: "Enabled" },
          },
        },
      ],
      dependsOn: [this.bucket.versioning, replica.versioning, permission],
    });

    const failed = new Alarm(this, "ReplicationFailed", {
      monitoring,
      name: "terraform-state-replication-failed",
      intent:
        "Terraform state was written but not copied to the second region: losing the first region now would lose that state. Deployments still work.",
      severity: "ticket",
      steps: [
        [
          "Which objects:",
          pipe(
            aws(`s3api list-objects-v2 --bucket ${bucketName} --query 'Contents[].Key' --output text`),
            "tr '\\t' '\\n'",
            `while read -r key; do echo "$key $(aws s3api head-object --bucket ${bucketName} --key "$key" --query ReplicationStatus --output text)"; done`,
            "grep FAILED",
          ),
        ],
        [
          `May the role do it? This must show the policy ${bucketName}-replication,`,
          aws(`iam list-attached-role-policies --role-name ${bucketName}-replication`),
          "and this must say Enabled:",
          aws(
            `kms describe-key --key-id alias/${props.keyAlias}-replica --region ${props.replicaRegion} --query KeyMetadata.KeyState`,
          ),
        ],
        ["Bring role, keys and rule back to what the program says:", cdktf("deploy", GLOBAL)],
        [
          "S3 does not try again: copy each failed object onto itself, which replicates it. Hold deployments of that stack while you do.",
          aws(
            `s3 cp s3://${bucketName}/${placeholder("key")} s3://${bucketName}/${placeholder("key")} --sse aws:kms --sse-kms-key-id alias/${props.keyAlias} --metadata-directive REPLACE`,
          ),
        ],
      ],
      metric: {
        namespace: "AWS/S3",
        name: "OperationsFailedReplication",
        dimensions: { SourceBucket: bucketName, DestinationBucket: replicaName, RuleId: ruleId },
        statistic: "Maximum",
      },
      comparison: ">",
      threshold: 0,
      periodSeconds: 60,
      periods: 5,
      missingData: "missing",
    });
    new SystemHealth(this, "Health", { monitoring, alarms: [failed] });
  }

  /** Name of the copy's bucket. */
  public static replicaName(bucketName: string): string {
    return `${bucketName}-replica`;
  }
}

function stateStatements(bucketArn: string, environments: readonly EnvironmentAccount[]): PolicyStatement[] {
  if (environments.length === 0) return [];
  return [
    {
      sid: "EnvironmentsReadGlobalOutputs",
      actions: ["s3:GetObject"],
      resources: [`${bucketArn}/global/global.tfstate`],
      principals: { AWS: environments.map(({ accountId }) => accountRoot(accountId)) },
    },
    ...environments.flatMap(({ name, accountId }): PolicyStatement[] => {
      const principals = { AWS: accountRoot(accountId) };
      return [
        {
          sid: sidFor(name, "State"),
          actions: ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
          resources: [`${bucketArn}/${name}/*.tfstate`],
          principals,
        },
        {
          sid: sidFor(name, "Locks"),
          actions: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
          resources: [`${bucketArn}/${name}/*.tflock`],
          principals,
        },
        {
          // Without the right to list, S3 answers 403 instead of 404 for a state that does not exist yet.
          sid: sidFor(name, "List"),
          actions: ["s3:ListBucket", "s3:ListBucketVersions"],
          resources: [bucketArn],
          principals,
          // `env:/` is where Terraform looks for workspaces on init.
          conditions: { StringLike: { "s3:prefix": [`${name}/*`, "global/global.tfstate", "env:/"] } },
        },
      ];
    }),
  ];
}

function systemFacts(
  { account, bucketName, keyAlias, owner, replicaRegion }: TerraformStateProps,
  replicaName: string,
): SystemFacts {
  const stack = stackName(ENV, "stage1");
  const key = stateKey(ENV, stack);
  const object = `s3://${bucketName}/${key}`;
  const deploy = cdktf("deploy", GLOBAL);
  const init = (options = ""): readonly Command[] => [shell("npx cdktf synth"), terraform(stack, `init${options}`)];
  return {
    name: "terraform-state",
    title: "Terraform state",
    owner,
    purpose:
      "What Terraform believes exists, per stack, with its lock. Without it a deployment would try to make everything again. The commands name stage1; the other stacks have theirs beside it.",
    launch: [
      ["Makes the bucket and moves the global stack's state into it; safe to repeat:", opsdx("bootstrap")],
      ["Every later change:", deploy],
    ],
    stop: [
      "It is never stopped. Terraform refuses to destroy the bucket while it holds objects; empty it by hand only to close the company.",
    ],
    status: [
      [
        "One object per stack, and a .tflock beside each that is being deployed:",
        aws(`s3 ls --recursive s3://${bucketName}/`),
      ],
      aws(`s3api get-bucket-replication --bucket ${bucketName}`),
    ],
    logs: [
      [
        `Who read or wrote a state or a lock: the saved query \`${objectAccessQuery(namePrefix(GLOBAL))}\`. The server access logs of the bucket:`,
        aws(
          `s3 ls "s3://$(aws s3api get-bucket-logging --bucket ${bucketName} --query LoggingEnabled.TargetBucket --output text)/${bucketName}/"`,
        ),
      ],
    ],
    metrics: [
      `CloudWatch > AWS/S3 > OperationsFailedReplication, SourceBucket=${bucketName}, DestinationBucket=${replicaName}`,
    ],
    procedures: [
      {
        title: "Break a stale lock",
        steps: [
          [
            "Who holds it? Ask that person; a running CI job is cancelled in its own page, which releases the lock.",
            pipe(aws(`s3 cp ${object}.tflock -`), "jq '{ID, Who, Operation, Created}'"),
          ],
          [...init(), terraform(stack, `force-unlock ${placeholder("id")}`)],
          ["If Terraform cannot read the lock any more:", aws(`s3 rm ${object}.tflock`)],
          ["What the interrupted deployment left undone:", cdktf("diff", stack)],
        ],
      },
      {
        title: "Restore an older state",
        steps: [
          [
            "Find the last good version:",
            aws(
              `s3api list-object-versions --bucket ${bucketName} --prefix ${key} --query 'Versions[].[VersionId,LastModified,Size]' --output table`,
            ),
          ],
          aws(
            `s3api get-object --bucket ${bucketName} --key ${key} --version-id ${placeholder("version")} restored.tfstate`,
          ),
          [
            "Terraform takes only a higher serial:",
            aws(`s3 cp ${object} current.tfstate`),
            shell(
              `jq --argjson serial "$(jq .serial current.tfstate)" '.serial = $serial + 1' restored.tfstate > push.tfstate`,
            ),
          ],
          [...init(), terraform(stack, 'state push "$PWD/push.tfstate"')],
          [
            "Resources made since that version show up as to be created: import them before you deploy. Delete the three files: state can name what is private.",
            cdktf("diff", stack),
          ],
        ],
      },
      {
        title: "Work from the copy when the first region is lost",
        steps: [
          [
            "The copy is complete, and open to the same accounts:",
            aws(`s3 ls --recursive --region ${replicaRegion} s3://${replicaName}/`),
          ],
          "Nobody deploys until this is done: tell the administrators. No workflow deploys.",
          `In config/global.ts set buckets.terraformState to ${replicaName}; in stacks/deployment.ts set STATE_KEY_ALIAS to ${keyAlias}-replica and the region of stateAccount to ${replicaRegion} (it is ${account.region}). Do not deploy the global stack like this: it would make the bucket anew.`,
          [...init(" -reconfigure"), terraform(stack, "plan")],
          [
            "Back in the first region, undo the three values and push what was changed meanwhile:",
            aws(`s3 cp --region ${replicaRegion} s3://${replicaName}/${key} moved.tfstate`),
            ...init(" -reconfigure"),
            terraform(stack, 'state push "$PWD/moved.tfstate"'),
          ],
        ],
      },
    ],
  };
}
