import {
  DATABASE_PASSWORD,
  databaseReaderName,
  databaseReaderPassword,
  serviceDatabaseRole,
  serviceRole,
} from "../names";
import type { EnvironmentConfig } from "../schema/environment";
import type { SecretRecipe, ServiceSecret } from "./declaration";

const SERVICE = "redash";
const READER = { service: SERVICE, cluster: "k8s" } as const;

/** Secrets of Redash; none where an environment doesn't have it. */
export function redashSecrets({ name: env, redash }: EnvironmentConfig): readonly ServiceSecret[] {
  if (redash === undefined) return [];
  const page = (what: string): string => `docs/runbook/redash.md, ${what}`;
  const secret = (reference: string, recipe: SecretRecipe, ...afterRotation: readonly string[]): ServiceSecret => ({
    service: SERVICE,
    reference,
    recipe,
    readers: [READER],
    afterRotation,
  });
  const password: SecretRecipe = { kind: "password" };
  return [
    secret(
      "admin-password",
      password,
      "It is given to the first account once, when that is made: change the account's password in Redash, under its settings.",
    ),
    secret(
      "cache-password",
      password,
      "Within the hour the Kubernetes Secrets follow.",
      `Then at once (${page("A new password for the cache")}): run the Job again, restart every Deployment. Until then nothing is queued.`,
    ),
    secret(
      "cookie-secret",
      { kind: "hex", bytes: 32 },
      "Within the hour the Kubernetes Secrets follow.",
      `Restart the server (${page("Restart")}): everybody signs in anew, and invitations that are out are void.`,
    ),
    {
      ...secret(
        DATABASE_PASSWORD,
        password,
        `npx opsdx services database ${env} redash create`,
        "Within the hour the Kubernetes Secrets follow.",
        `Restart every Deployment at once (${page("Restart")}): until then they cannot open a connection.`,
      ),
      readers: [READER, { role: serviceDatabaseRole(env, SERVICE) }],
    },
    {
      ...secret("secret-key", { kind: "hex", bytes: 32 }),
      keep: `Redash encrypts with it what it knows of data sources and of where alerts go, and could read none of it with another one. If it has leaked: ${page("A new key for what is encrypted")}.`,
    },
    ...Object.keys(redash.dataSources).map((source) => ({
      ...secret(
        databaseReaderPassword(source),
        password,
        `The role takes the new one when its Job runs, and Redash when its own does, after that (${page("A data source")}): until then the source's queries fail.`,
      ),
      readers: [READER, { role: serviceRole(env, databaseReaderName({ service: SERVICE, name: source })) }],
    })),
    ...(redash.mail === undefined
      ? []
      : [
          secret(
            "mail-password",
            { kind: "person", what: `the password of ${redash.mail.user} at ${redash.mail.server}` },
            "Within the hour the Kubernetes Secrets follow.",
            `Restart the workers (${page("Restart")}).`,
          ),
        ]),
  ];
}
