import {
  DescribeSecretCommand,
  ListSecretVersionIdsCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { workloadSecrets } from "../../config/workload-secrets";
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
  readonly state: "present" | "missing its value" | "to be deleted" | "missing";
  /** ARN or id of the key that encrypts it. @default - AWS's own key, or there is no secret */
  readonly key?: string;
  /** When the value that is read was put in. @default - it has none */
  readonly since?: string;
  /** Full days since then. @default - it has none */
  readonly ageDays?: number;
  /** When a rotation last changed it. @default - nothing rotates it */
  readonly rotated?: string;
}

/** Every secret that an environment's workloads read, by name. */
export function configuredSecrets(environment: EnvironmentConfig): readonly ConfiguredSecret[] {
  return workloadSecrets(environment)
    .filter(({ former }) => former === undefined)
    .map(({ name, system, variables }) => ({ name, readers: variables.map((variable) => `${system} ${variable}`) }));
}

/** What is known of a secret. */
export interface DescribedSecret {
  /** Whether it waits for its deletion. */
  readonly deleted: boolean;
  /** When its current value was put in. @default - it has none */
  readonly since?: Date;
  /** Key that encrypts it. @default - AWS's own */
  readonly key?: string;
  /** When it was last rotated. @default - never */
  readonly rotated?: Date;
}

/** Tells what an account has of a secret. */
export interface SecretStore {
  /** What is known of it; undefined when there is none. */
  describe(name: string): Promise<DescribedSecret | undefined>;
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
  public async describe(name: string): Promise<DescribedSecret | undefined> {
    try {
      const secret = await this.client.send(new DescribeSecretCommand({ SecretId: name }));
      const deleted = secret.DeletedDate !== undefined;
      return {
        deleted,
        since: deleted ? undefined : await this.currentSince(name),
        key: secret.KmsKeyId,
        rotated: secret.LastRotatedDate,
      };
    } catch (error) {
      if (error instanceof Error && error.name === "ResourceNotFoundException") return undefined;
      throw awsFault(`The secret ${name}`, "described", error, this.account);
    }
  }

  /** The date in the secret's own description moves with every tag; a version's does not. */
  private async currentSince(name: string): Promise<Date | undefined> {
    let token: string | undefined;
    do {
      const page = await this.client.send(new ListSecretVersionIdsCommand({ SecretId: name, NextToken: token }));
      const current = page.Versions?.find(({ VersionStages = [] }) => VersionStages.includes("AWSCURRENT"));
      if (current !== undefined) return current.CreatedDate;
      token = page.NextToken;
      // The emulator ends with an empty one.
    } while (token !== undefined && token !== "");
    return undefined;
  }
}

const DAY_MS = 24 * 3600 * 1000;

/**
 * What the account has of each secret.
 * @param now - milliseconds since 1970
 */
export async function secretStates(
  store: SecretStore,
  secrets: readonly ConfiguredSecret[],
  now: number,
): Promise<readonly SecretState[]> {
  return Promise.all(
    secrets.map(async (secret): Promise<SecretState> => {
      const found = await store.describe(secret.name);
      if (found === undefined) return { ...secret, state: "missing" };
      const { deleted, key, rotated, since } = found;
      return {
        ...secret,
        state: deleted ? "to be deleted" : since === undefined ? "missing its value" : "present",
        key,
        since: since?.toISOString(),
        ageDays: since === undefined ? undefined : Math.max(0, Math.floor((now - since.getTime()) / DAY_MS)),
        rotated: rotated?.toISOString(),
      };
    }),
  );
}

/** Whether AWS's own key encrypts a secret that is there: the configuration's keys are the systems' own. */
export function underAwsKey({ key, state }: SecretState): boolean {
  return state !== "missing" && (key === undefined || key.endsWith("alias/aws/secretsmanager"));
}
