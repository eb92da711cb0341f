import { KmsAlias } from "@cdktf/provider-aws/lib/kms-alias";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key";
import { Route53KeySigningKey } from "@cdktf/provider-aws/lib/route53-key-signing-key";
import { Construct } from "../cdktf";
import { policyDocument } from "../iam/policy-document";

/** Properties of {@link SigningKey}. */
export interface SigningKeyProps {
  /** Name of the key, unique in its zone: letters, digits and underscores. */
  readonly keyName: string;
  /** Alias of the KMS key without the prefix `alias/`. */
  readonly alias: string;
  /** Id of the zone that is signed. */
  readonly zoneId: string;
  /** Name of the zone that is signed. */
  readonly zoneName: string;
  /** Account that owns the zone and the key. */
  readonly accountId: string;
}

/** The service that signs on behalf of Route 53. */
const SIGNER = "dnssec-route53.amazonaws.com";

/**
 * A key-signing key and the KMS key behind it. KMS cannot rotate it: a zone changes keys by adding a second one
 * (see the runbook's rotation). Not for encryption: that is `EncryptionKey`.
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-configuring-dnssec-cmk-requirements.html
 */
export class SigningKey extends Construct {
  /** The key-signing key: what DNSSEC depends on. */
  public readonly resource: Route53KeySigningKey;
  /** The DS record by which the parent zone trusts the key. */
  public readonly dsRecord: string;

  public constructor(scope: Construct, id: string, props: SigningKeyProps) {
    super(scope, id);
    const { accountId, zoneId } = props;
    // The signer acts for this very zone only: without the conditions any account's zone could be signed with the key.
    const thisZone = {
      StringEquals: { "aws:SourceAccount": accountId },
      ArnEquals: { "aws:SourceArn": `arn:aws:route53:::hostedzone/${zoneId}` },
    };
    const key = new KmsKey(this, "Key", {
      description: `DNSSEC key ${props.keyName} of ${props.zoneName}`,
      customerMasterKeySpec: "ECC_NIST_P256",
      keyUsage: "SIGN_VERIFY",
      deletionWindowInDays: 30,
      policy: policyDocument(
        {
          sid: "OwningAccount",
          actions: ["kms:*"],
          resources: ["*"],
          principals: { AWS: `arn:aws:iam::${accountId}:root` },
        },
        {
          sid: "Route53Signs",
          actions: ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"],
          resources: ["*"],
          principals: { Service: SIGNER },
          conditions: thisZone,
        },
        {
          sid: "Route53Grants",
          actions: ["kms:CreateGrant"],
          resources: ["*"],
          principals: { Service: SIGNER },
          conditions: { ...thisZone, Bool: { "kms:GrantIsForAWSResource": "true" } },
        },
      ),
    });
    new KmsAlias(this, "Alias", { name: `alias/${props.alias}`, targetKeyId: key.keyId });
    this.resource = new Route53KeySigningKey(this, "Resource", {
      hostedZoneId: zoneId,
      keyManagementServiceArn: key.arn,
      name: props.keyName,
    });
    this.dsRecord = this.resource.dsRecord;
  }
}
