import { EbsDefaultKmsKey } from "@cdktf/provider-aws/lib/ebs-default-kms-key";
import { EbsEncryptionByDefault } from "@cdktf/provider-aws/lib/ebs-encryption-by-default";
import { EbsSnapshotBlockPublicAccess } from "@cdktf/provider-aws/lib/ebs-snapshot-block-public-access";
import { Ec2ImageBlockPublicAccess } from "@cdktf/provider-aws/lib/ec2-image-block-public-access";
import { Ec2InstanceMetadataDefaults } from "@cdktf/provider-aws/lib/ec2-instance-metadata-defaults";
import { IamAccountPasswordPolicy } from "@cdktf/provider-aws/lib/iam-account-password-policy";
import { S3AccountPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-account-public-access-block";
import { Construct } from "../cdktf";
import { EncryptionKey } from "../encryption/encryption-key";

/** Properties of {@link AccountDefaults}. */
export interface AccountDefaultsProps {
  /** Start of every name, for example `opsdx-dev`. */
  readonly namePrefix: string;
  /** The account and region that the defaults hold for. */
  readonly account: { readonly id: string; readonly region: string };
  /**
   * Let a bucket policy make a bucket public, where the bucket itself allows it. Only for the account that serves the OIDC
   * discovery documents, which AWS STS reads without credentials; public ACLs stay blocked.
   * @default false
   */
  readonly publicBucketPolicies?: boolean;
}

/**
 * What an account refuses by default, whoever makes the resource and with whatever tool: public buckets, unencrypted
 * volumes, IMDSv1, shared snapshots and images, weak passwords. All but the S3 block and the password policy are per region.
 */
export class AccountDefaults extends Construct {
  /** ARN of the key that encrypts volumes which name no other key. */
  public readonly ebsKeyArn: string;

  public constructor(scope: Construct, id: string, props: AccountDefaultsProps) {
    super(scope, id);
    const { account } = props;
    const noPublicPolicies = props.publicBucketPolicies !== true;
    new S3AccountPublicAccessBlock(this, "S3PublicAccessBlock", {
      accountId: account.id,
      blockPublicAcls: true,
      ignorePublicAcls: true,
      blockPublicPolicy: noPublicPolicies,
      restrictPublicBuckets: noPublicPolicies,
    });

    this.ebsKeyArn = new EncryptionKey(this, "EbsKey", {
      alias: `${props.namePrefix}-ebs`,
      description: `EBS volumes of ${props.namePrefix} that name no other key`,
      accountId: account.id,
      statements: [
        {
          // The same terms as AWS's own key aws/ebs. Naming the auto scaling service's role instead would fail in an
          // account that has not used auto scaling yet, and without either no auto scaling group could start an instance.
          sid: "ThroughEc2",
          actions: [
            "kms:Encrypt",
            "kms:Decrypt",
            "kms:ReEncrypt*",
            "kms:GenerateDataKey*",
            "kms:CreateGrant",
            "kms:DescribeKey",
          ],
          resources: ["*"],
          principals: { AWS: "*" },
          conditions: {
            StringEquals: {
              "kms:CallerAccount": account.id,
              "kms:ViaService": `ec2.${account.region}.amazonaws.com`,
            },
          },
        },
      ],
    }).arn;
    new EbsDefaultKmsKey(this, "EbsDefaultKey", { keyArn: this.ebsKeyArn });
    new EbsEncryptionByDefault(this, "EbsEncryption", { enabled: true });
    new EbsSnapshotBlockPublicAccess(this, "SnapshotBlockPublicAccess", { state: "block-all-sharing" });
    new Ec2ImageBlockPublicAccess(this, "ImageBlockPublicAccess", { state: "block-new-sharing" });

    new Ec2InstanceMetadataDefaults(this, "InstanceMetadata", {
      httpEndpoint: "enabled",
      httpTokens: "required",
      // One hop ends at the instance: a pod cannot reach its node's role.
      httpPutResponseHopLimit: 1,
    });

    // Length and reuse as in CIS AWS Foundations 1.4.0, 1.8 and 1.9; the age as in HIPAA's Config rule iam-password-policy.
    new IamAccountPasswordPolicy(this, "PasswordPolicy", {
      minimumPasswordLength: 14,
      passwordReusePrevention: 24,
      maxPasswordAge: 90,
      requireLowercaseCharacters: true,
      requireUppercaseCharacters: true,
      requireNumbers: true,
      requireSymbols: true,
      allowUsersToChangePassword: true,
    });
  }
}
