import { secretPath } from "../../../config/names";
import type { PolicyStatement } from "./policy-document";

/** Full names of the secrets of a system's settings, `secrets`: each once, sorted. */
export function secretNames(
  environment: string,
  system: string,
  secrets: Readonly<Record<string, string>>,
): readonly string[] {
  return [...new Set(Object.values(secrets))]
    .sort()
    .map((reference) => `${secretPath(environment, system)}${reference}`);
}

/** The secrets of one system, and the key that encrypts them. */
export interface SystemSecrets {
  /** Account and region that they stand in. */
  readonly account: { readonly id: string; readonly region: string };
  /** Full names. */
  readonly names: readonly string[];
  /** ARN of the key. @default - wrong where there are names */
  readonly keyArn?: string;
}

/**
 * The ARN of one secret: AWS puts six characters of its own behind the name.
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_iam-permissions.html#iam-resources
 */
export function secretArnPattern({ id, region }: SystemSecrets["account"], name: string): string {
  return `arn:aws:secretsmanager:${region}:${id}:secret:${name}-??????`;
}

/**
 * The rights to read a system's secrets, and to decrypt these with its key; none where it has no secrets.
 * @throws Error when there are secrets without a key
 */
export function secretStatements({ account, keyArn, names }: SystemSecrets): readonly PolicyStatement[] {
  if (names.length === 0) return [];
  if (keyArn === undefined) throw new Error(`the secrets ${names.join(", ")} must have a key, got none`);
  const secrets = names.map((name) => secretArnPattern(account, name));
  return [
    { sid: "Secrets", actions: ["secretsmanager:GetSecretValue"], resources: secrets },
    {
      sid: "SecretKey",
      actions: ["kms:Decrypt"],
      resources: [keyArn],
      conditions: {
        StringEquals: { "kms:ViaService": `secretsmanager.${account.region}.amazonaws.com` },
        ArnLike: { "kms:EncryptionContext:SecretARN": secrets },
      },
    },
  ];
}
