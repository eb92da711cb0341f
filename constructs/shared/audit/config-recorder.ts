import { ConfigConfigurationRecorder } from "@cdktf/provider-aws/lib/config-configuration-recorder";
import { ConfigConfigurationRecorderStatus } from "@cdktf/provider-aws/lib/config-configuration-recorder-status";
import { ConfigDeliveryChannel } from "@cdktf/provider-aws/lib/config-delivery-channel";
import { IamServiceLinkedRole } from "@cdktf/provider-aws/lib/iam-service-linked-role";
import { accountBucket } from "../../../config/names";
import { Construct, type ITerraformDependable } from "../cdktf";
import { EncryptionKey } from "../encryption/encryption-key";
import { acknowledge } from "../policy/acknowledge";
import { SecureBucket } from "../storage/secure-bucket";

/** Properties of {@link ConfigRecorder}. */
export interface ConfigRecorderProps {
  /** Start of every name, for example `opsdx-dev`. */
  readonly namePrefix: string;
  /** Account that is recorded. */
  readonly accountId: string;
  /** Days that the bucket keeps the history. */
  readonly retentionDays: number;
  /** Name of the bucket that receives the history bucket's server access logs. */
  readonly accessLogBucket: string;
}

/**
 * AWS Config's recorder: what each resource looked like at any time. It works with AWS's service-linked role, whose rights
 * follow the resource types that AWS adds, and which Security Hub's control Config.1 asks for.
 */
export class ConfigRecorder extends Construct {
  /** Name of the bucket that receives history and snapshots, as a plain string. */
  public readonly bucketName: string;
  /** The recorder: rules depend on it. */
  public readonly recorder: ITerraformDependable;
  /** The recorder's switch: services that need a running recorder depend on it. */
  public readonly running: ITerraformDependable;

  public constructor(scope: Construct, id: string, props: ConfigRecorderProps) {
    super(scope, id);
    this.bucketName = accountBucket(props.namePrefix, "config", props.accountId);
    const config = { Service: "config.amazonaws.com" };
    const ofThisAccount = { "aws:SourceAccount": props.accountId };

    const key = new EncryptionKey(this, "Key", {
      alias: `${props.namePrefix}-config`,
      description: `AWS Config history of ${props.namePrefix}`,
      accountId: props.accountId,
      statements: [
        {
          sid: "DeliverHistory",
          actions: ["kms:Decrypt", "kms:GenerateDataKey"],
          resources: ["*"],
          principals: config,
          conditions: { StringEquals: ofThisAccount },
        },
      ],
    });
    const bucket = new SecureBucket(this, "Bucket", {
      bucketName: this.bucketName,
      keyArn: key.arn,
      accessLogBucket: props.accessLogBucket,
      lifecycle: [{ id: "expire-history", infrequentAccessAfterDays: 90, expireAfterDays: props.retentionDays }],
      statements: (arn) => [
        {
          sid: "ConfigChecksBucket",
          actions: ["s3:GetBucketAcl", "s3:ListBucket"],
          resources: [arn],
          principals: config,
          conditions: { StringEquals: ofThisAccount },
        },
        {
          sid: "ConfigWritesHistory",
          actions: ["s3:PutObject"],
          resources: [`${arn}/AWSLogs/${props.accountId}/Config/*`],
          principals: config,
          conditions: { StringEquals: { ...ofThisAccount, "s3:x-amz-acl": "bucket-owner-full-control" } },
        },
      ],
    });
    acknowledge(
      bucket,
      "S3BucketReplicationEnabled",
      "The history can be read from AWS Config itself for years; the trail, which is the evidence, has its copy.",
    );

    const role = new IamServiceLinkedRole(this, "Role", { awsServiceName: "config.amazonaws.com" });
    const recorder = new ConfigConfigurationRecorder(this, "Resource", {
      name: props.namePrefix,
      roleArn: role.arn,
      recordingGroup: { allSupported: true, includeGlobalResourceTypes: true },
    });
    const channel = new ConfigDeliveryChannel(this, "DeliveryChannel", {
      name: props.namePrefix,
      s3BucketName: bucket.bucketName,
      s3KmsKeyArn: key.arn,
      snapshotDeliveryProperties: { deliveryFrequency: "TwentyFour_Hours" },
      // Config writes a test object when the channel is made.
      dependsOn: [recorder, bucket.policy],
    });
    this.recorder = recorder;
    this.running = new ConfigConfigurationRecorderStatus(this, "Status", {
      name: recorder.name,
      isEnabled: true,
      dependsOn: [channel],
    });
  }
}
