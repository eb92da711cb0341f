import type { PolicyStatement } from "./policy-document";

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
