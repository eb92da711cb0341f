import { SecretsmanagerSecret } from "@cdktf/provider-aws/lib/secretsmanager-secret";
import { SecretsmanagerSecretPolicy } from "@cdktf/provider-aws/lib/secretsmanager-secret-policy";
import { roleArn, secretKeyAlias } from "../../../config/names";
import type { WorkloadSecret } from "../../../config/workload-secrets";
import { Construct } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import { EncryptionKey } from "../../shared/encryption/encryption-key";
import { policyDocument } from "../../shared/iam/policy-document";
import { acknowledge } from "../../shared/policy/acknowledge";

/** Properties of {@link SystemSecrets}. */
export interface SystemSecretsProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Account that owns them. */
  readonly accountId: string;
  /** The system. */
  readonly system: string;
  /** Its secrets. */
  readonly secrets: readonly WorkloadSecret[];
  /** Days that a secret can be restored after a deletion; 0 deletes at once. */
  readonly recoveryDays: number;
}

/**
 * The key and the secrets of one system. They are empty: a value never passes through Terraform. Nobody reads one but the system's own
 * role, not even an administrator, who would have to change the secret's policy first, which the trail records.
 */
export class SystemSecrets extends Construct {
  /** ARN of the key. */
  public readonly keyArn: string;
  /** Names and ARNs of the secrets that are in use. */
  public readonly inUse: readonly { readonly name: string; readonly arn: string }[];

  public constructor(scope: Construct, id: string, props: SystemSecretsProps) {
    super(scope, id);
    const { accountId, environment, system } = props;
    this.keyArn = new EncryptionKey(this, "Key", {
      alias: secretKeyAlias(environment, system),
      description: `Secrets of ${system} of ${environment}`,
      accountId,
    }).arn;
    const inUse: { readonly name: string; readonly arn: string }[] = [];
    this.inUse = inUse;
    for (const { former, name, reference, role } of props.secrets) {
      const secretId = constructId("secret", reference);
      const secret = new SecretsmanagerSecret(this, secretId, {
        name,
        description: `Read by the role ${role}`,
        kmsKeyId: this.keyArn,
        recoveryWindowInDays: props.recoveryDays,
      });
      if (former === undefined) inUse.push({ name, arn: secret.arn });
      acknowledge(
        secret,
        "SecretsManagerRotationEnabled",
        "The value is given by somebody else (Epic, Clarity, the owner of a database role), so nothing here can make a new one. Its age has an alarm, secrets-old.",
      );
      new SecretsmanagerSecretPolicy(this, `${secretId}Policy`, {
        secretArn: secret.arn,
        blockPublicPolicy: true,
        policy: policyDocument({
          sid: "OnlyItsWorkloadReads",
          effect: "Deny",
          actions: ["secretsmanager:GetSecretValue"],
          // In a secret's policy `*` is the secret.
          resources: ["*"],
          principals: "*",
          conditions: { ArnNotEquals: { "aws:PrincipalArn": roleArn(accountId, role) } },
        }),
      });
    }
  }
}
