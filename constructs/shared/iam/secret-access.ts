import type { PolicyStatement } from "./policy-document";

/**
 * What tells a program the names of its secrets: `DB_PASSWORD` gives `DB_PASSWORD_SECRET_ID`, whose value is the secret's name.
 * @see docs/decisions/0009-workloads-read-their-own-secrets.md
 */
export function secretVariables(
  secrets: Readonly<Record<string, string>>,
  path: string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(secrets).map(([variable, reference]) => [`${variable}_SECRET_ID`, `${path}${reference}`]),
  );
}

/** The rights to read the secrets below a path, whatever key of the account encrypts them. */
export function secretStatements(
  account: { readonly id: string; readonly region: string },
  path: string,
): readonly PolicyStatement[] {
  const secrets = `arn:aws:secretsmanager:${account.region}:${account.id}:secret:${path}*`;
  return [
    { sid: "Secrets", actions: ["secretsmanager:GetSecretValue"], resources: [secrets] },
    {
      sid: "SecretKey",
      actions: ["kms:Decrypt"],
      resources: [`arn:aws:kms:${account.region}:${account.id}:key/*`],
      conditions: {
        StringEquals: { "kms:ViaService": `secretsmanager.${account.region}.amazonaws.com` },
        ArnLike: { "kms:EncryptionContext:SecretARN": secrets },
      },
    },
  ];
}
