import { SecretsmanagerSecret } from "@cdktf/provider-aws/lib/secretsmanager-secret";
import { SecretsmanagerSecretPolicy } from "@cdktf/provider-aws/lib/secretsmanager-secret-policy";
import { roleArn, secretKeyAlias } from "../../../config/names";
import type { DeclaredSecret } from "../../../config/workload-secrets";
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
  readonly secrets: readonly DeclaredSecret[];
  /** Days that a secret can be restored after a deletion; 0 deletes at once. */
  readonly recoveryDays: number;
}

/**
 * The key and the secrets of one system. They are empty: a value never passes through Terraform. Nobody reads one but the roles
 * that it is declared for, not even an administrator, who would have to change the secret's policy first, which the trail records.
 */
export class SystemSecrets extends Construct {
  /** ARN of the key. */
  public readonly keyArn: string;
  /** Names and ARNs of the secrets that are in use. */
  public readonly inUse: readonly (Pick<DeclaredSecret, "awaited" | "name" | "reference"> & { readonly arn: string })[];

  public constructor(scope: Construct, id: string, props: SystemSecretsProps) {
    super(scope, id);
    const { accountId, environment, system } = props;
    this.keyArn = new EncryptionKey(this, "Key", {
      alias: secretKeyAlias(environment, system),
      description: `Secrets of ${system} of ${environment}`,
      accountId,
    }).arn;
    const inUse: SystemSecrets["inUse"][number][] = [];
    this.inUse = inUse;
    for (const { awaited, former, generated, name, reference, roles } of props.secrets) {
      const secretId = constructId("secret", reference);
      const secret = new SecretsmanagerSecret(this, secretId, {
        name,
        description: `Read by ${roles.length === 1 ? "the role" : "the roles"} ${roles.join(", ")}`,
        kmsKeyId: this.keyArn,
        recoveryWindowInDays: props.recoveryDays,
      });
      if (former === undefined) inUse.push({ name, reference, awaited, arn: secret.arn });
      acknowledge(
        secret,
        "SecretsManagerRotationEnabled",
        generated === true
          ? "What reads it must be told of a new value, in an order that a person holds: opsdx secrets rotate makes the value and says what follows. Its age has an alarm, secrets-old."
          : "The value is given by somebody else (Epic, Clarity, the owner of a database role), so nothing here can make a new one. Its age has an alarm, secrets-old.",
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
          conditions: { ArnNotEquals: { "aws:PrincipalArn": roles.map((role) => roleArn(accountId, role)) } },
        }),
      });
    }
  }
}
