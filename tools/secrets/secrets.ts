import { DescribeSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { secretPath } from "../../config/names";
import { WEB_APP } from "../../constructs/stage3/web/web-role";
import { awsClient, awsFault, clientSettings, type AwsAccount } from "../aws/client";

/** A secret that the configuration refers to. */
export interface ConfiguredSecret {
  /** Full name in AWS Secrets Manager. */
  readonly name: string;
  /** Who reads it, and as which variable, for example `epic2op DB_PASSWORD`. */
  readonly readers: readonly string[];
}

/** What the account knows of a secret; never its value. */
export interface SecretState extends ConfiguredSecret {
  /** Whether it is there, and has a value. */
  readonly state: "present" | "empty" | "to be deleted" | "missing";
  /** When its value was changed last. @default - unknown, or never */
  readonly changed?: string;
}

/** Every secret that an environment's workloads read, by name. */
export function configuredSecrets({ etls, name: environment, web }: EnvironmentConfig): readonly ConfiguredSecret[] {
  const systems = [[WEB_APP, web] as const, ...Object.entries(etls)];
  const readers = new Map<string, string[]>();
  for (const [system, { secrets }] of systems) {
    for (const [variable, reference] of Object.entries(secrets)) {
      const name = `${secretPath(environment, system)}${reference}`;
      readers.set(name, [...(readers.get(name) ?? []), `${system} ${variable}`]);
    }
  }
  return [...readers].map(([name, who]) => ({ name, readers: who })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Tells what an account has of a secret. */
export interface SecretStore {
  /** What is known of it; undefined when there is none. */
  describe(
    name: string,
  ): Promise<{ readonly deleted: boolean; readonly hasValue: boolean; readonly changed?: Date } | undefined>;
}

/** AWS Secrets Manager. Only descriptions are read. */
export class SecretsManagerStore implements SecretStore {
  private readonly client: SecretsManagerClient;

  public constructor(
    private readonly account: AwsAccount,
    env: NodeJS.ProcessEnv,
  ) {
    this.client = awsClient(SecretsManagerClient, clientSettings(account, env));
  }

  /** See {@link SecretStore.describe}. */
  public async describe(name: string) {
    try {
      const secret = await this.client.send(new DescribeSecretCommand({ SecretId: name }));
      return {
        deleted: secret.DeletedDate !== undefined,
        hasValue: Object.values(secret.VersionIdsToStages ?? {})
          .flat()
          .includes("AWSCURRENT"),
        changed: secret.LastChangedDate,
      };
    } catch (error) {
      if (error instanceof Error && error.name === "ResourceNotFoundException") return undefined;
      throw awsFault(`The secret ${name}`, "described", error, this.account);
    }
  }
}

/** What the account has of each secret. */
export async function secretStates(
  store: SecretStore,
  secrets: readonly ConfiguredSecret[],
): Promise<readonly SecretState[]> {
  return Promise.all(
    secrets.map(async (secret): Promise<SecretState> => {
      const found = await store.describe(secret.name);
      if (found === undefined) return { ...secret, state: "missing" };
      if (found.deleted) return { ...secret, state: "to be deleted" };
      return { ...secret, state: found.hasValue ? "present" : "empty", changed: found.changed?.toISOString() };
    }),
  );
}
