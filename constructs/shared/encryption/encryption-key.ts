import { KmsAlias } from "@cdktf/provider-aws/lib/kms-alias";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key";
import type { ITerraformDependable, TerraformProvider } from "../cdktf";
import { Construct } from "../cdktf";
import { policyDocument, type PolicyStatement } from "../iam/policy-document";

/** Properties of {@link EncryptionKey}. */
export interface EncryptionKeyProps {
  /** Alias without the prefix `alias/`. */
  readonly alias: string;
  /** What the key encrypts. */
  readonly description: string;
  /** Account that owns the key; its IAM policies govern the key's use. */
  readonly accountId: string;
  /** Further statements, for services and other accounts. @default - only the owning account */
  readonly statements?: readonly PolicyStatement[];
  /** Provider, for a key in another account or region. @default - the stack's */
  readonly provider?: TerraformProvider;
  /** Roles that the statements name: KMS refuses a policy that names one which does not exist. @default - none */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/**
 * A customer-managed symmetric KMS key, rotated every year, with an alias. It can be restored for 30 days after a deletion.
 * Not for DNSSEC, which signs with an asymmetric key.
 */
export class EncryptionKey extends Construct {
  /** The key's ARN. */
  public readonly arn: string;
  /** The key. */
  public readonly resource: KmsKey;

  public constructor(scope: Construct, id: string, props: EncryptionKeyProps) {
    super(scope, id);
    this.resource = new KmsKey(this, "Resource", {
      provider: props.provider,
      description: props.description,
      enableKeyRotation: true,
      deletionWindowInDays: 30,
      policy: policyDocument(
        {
          sid: "OwningAccount",
          actions: ["kms:*"],
          resources: ["*"],
          principals: { AWS: `arn:aws:iam::${props.accountId}:root` },
        },
        ...(props.statements ?? []),
      ),
      dependsOn: props.dependsOn === undefined ? undefined : [...props.dependsOn],
    });
    new KmsAlias(this, "Alias", {
      provider: props.provider,
      name: `alias/${props.alias}`,
      targetKeyId: this.resource.keyId,
    });
    this.arn = this.resource.arn;
  }
}
