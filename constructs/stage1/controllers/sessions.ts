import { SsmDocument } from "@cdktf/provider-aws/lib/ssm-document";
import { accountBucket, controllerSessions } from "../../../config/names";
import { Construct } from "../../shared/cdktf";
import { EncryptionKey } from "../../shared/encryption/encryption-key";
import type { PolicyStatement } from "../../shared/iam/policy-document";
import { LogGroup } from "../../shared/observability/log-group";
import type { Monitoring } from "../../shared/observability/monitoring";
import { acknowledge } from "../../shared/policy/acknowledge";
import { SecureBucket } from "../../shared/storage/secure-bucket";

/** Properties of {@link ControllerSessions}. */
export interface ControllerSessionsProps {
  /** Names, log encryption and retention. */
  readonly monitoring: Monitoring;
  /** Account of the controllers. */
  readonly account: { readonly id: string };
  /** Name of the bucket that receives S3 access logs. */
  readonly accessLogBucket: string;
}

/** Minutes without a key pressed after which a session ends, and minutes that one may take. */
const IDLE_MINUTES = 20;
const LONGEST_MINUTES = 720;

/** What waits for the end of a session's shell, whose number it is given, and removes its home; root's files in it, too. */
const WATCHER = `while kill -0 $0; do sleep 2; done; rm -rf "$1" || sudo -n rm -rf "$1"`;

/**
 * Each session has a home of its own, which goes with it: whoever signed in to AWS there leaves nothing behind. The agent kills the shell
 * when a session is idle or terminated, so no trap of the shell would run, and a process of its own waits. At most 512 characters.
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/session-preferences-shell-config.html
 * @see https://github.com/aws/amazon-ssm-agent/blob/mainline/agent/session/shell/execcmd/execcmd.go
 */
const PROFILE = `HOME=$(mktemp -d) && export HOME && setsid -f sh -c '${WATCHER}' $$ "$HOME" </dev/null >/dev/null 2>&1 && cd && bash -l; exit`;

/**
 * How people enter a controller: a document of Session Manager whose sessions are encrypted and recorded, line by line in CloudWatch and
 * as a whole in S3. What a person sees there may be PHI, so both are kept as long as audit logs, and read by nobody but administrators.
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-schema.html
 */
export class ControllerSessions extends Construct {
  /** What a controller's role needs, so that its agent records. */
  public readonly statements: readonly PolicyStatement[];
  /** ARN of the key, with which the agent decrypts. */
  public readonly keyArn: string;

  public constructor(scope: Construct, id: string, { accessLogBucket, account, monitoring }: ControllerSessionsProps) {
    super(scope, id);
    const name = controllerSessions(monitoring.environment);
    this.keyArn = new EncryptionKey(this, "Key", {
      alias: name,
      description: `Sessions of people on the controllers of ${monitoring.namePrefix}, and their records`,
      accountId: account.id,
    }).arn;
    const bucket = new SecureBucket(this, "Bucket", {
      bucketName: accountBucket(monitoring.namePrefix, "controller-sessions", account.id),
      keyArn: this.keyArn,
      accessLogBucket,
      lifecycle: [
        {
          id: "records",
          infrequentAccessAfterDays: 30,
          expireAfterDays: monitoring.retention.auditDays,
        },
      ],
    });
    acknowledge(
      bucket,
      "S3BucketReplicationEnabled",
      "Each session is recorded twice: line by line in CloudWatch, and as a whole here.",
    );
    const logGroup = new LogGroup(this, "LogGroup", { monitoring, name, audit: true });
    new SsmDocument(this, "Resource", {
      name,
      documentType: "Session",
      documentFormat: "JSON",
      content: JSON.stringify({
        schemaVersion: "1.0",
        description: `Sessions on the controllers of ${monitoring.namePrefix}: encrypted and recorded`,
        sessionType: "Standard_Stream",
        inputs: {
          s3BucketName: bucket.bucketName,
          s3KeyPrefix: "sessions",
          s3EncryptionEnabled: true,
          cloudWatchLogGroupName: logGroup.logGroupName,
          cloudWatchEncryptionEnabled: true,
          cloudWatchStreamingEnabled: true,
          kmsKeyId: this.keyArn,
          runAsEnabled: false,
          idleSessionTimeout: String(IDLE_MINUTES),
          maxSessionDuration: String(LONGEST_MINUTES),
          shellProfile: { linux: PROFILE },
        },
      }),
    });
    // https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
    this.statements = [
      { sid: "RecordInS3", actions: ["s3:PutObject"], resources: [`${bucket.arn}/sessions/*`] },
      { sid: "SeeThatS3Encrypts", actions: ["s3:GetEncryptionConfiguration"], resources: [bucket.arn] },
      { sid: "SessionKey", actions: ["kms:Decrypt", "kms:GenerateDataKey"], resources: [this.keyArn] },
      {
        sid: "RecordInCloudWatch",
        actions: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        resources: [`${logGroup.arn}:*`],
      },
      // The action knows no resources: the agent looks whether the group is encrypted.
      { sid: "SeeThatLogsEncrypt", actions: ["logs:DescribeLogGroups"], resources: ["*"] },
    ];
  }
}
