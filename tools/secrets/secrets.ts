import { createHash } from "node:crypto";
import {
  DescribeSecretCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
  type SecretVersionsListEntry,
} from "@aws-sdk/client-secrets-manager";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { secretName, serviceSecrets, type SecretReader, type ServiceSecret } from "../../config/service-secrets";
import { workloadSecrets } from "../../config/workload-secrets";
import { awsClient, awsFault, clientSettings, type AwsAccount } from "../aws/client";
import { CommandError } from "../command-error";

/** A secret that the configuration refers to. */
export interface ConfiguredSecret {
  /** Full name in AWS Secrets Manager. */
  readonly name: string;
  /** Who reads it, and as which variable or on which cluster: `epic2op DB_PASSWORD`, `grafana on k8s`. */
  readonly readers: readonly string[];
  /** What makes its value, `person` where nothing can. @default "person" */
  readonly recipe?: ServiceSecret["recipe"]["kind"];
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

/** Every secret that an environment's workloads and services read, by name. */
export function configuredSecrets(
  environment: EnvironmentConfig,
  services = serviceSecrets(environment),
): readonly ConfiguredSecret[] {
  return [
    ...workloadSecrets(environment)
      .filter(({ former }) => former === undefined)
      .map(({ name, system, variables }) => ({ name, readers: variables.map((variable) => `${system} ${variable}`) })),
    ...services.map((secret) => ({
      name: secretName(environment.name, secret),
      readers: secret.readers.map(readerWords),
      recipe: secret.recipe.kind,
    })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const readerWords = (reader: SecretReader): string =>
  "role" in reader ? reader.role : `${reader.service} on ${reader.cluster}`;

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

/** Takes values. What it throws names the secret, and holds nothing of a value. */
export interface SecretWriter extends SecretStore {
  /** Gives a secret its first value, unless it has one by now. Returns whether it did. */
  putFirst(name: string, value: string): Promise<boolean>;
  /** Gives a secret a new value; the one before can still be read by its stage `AWSPREVIOUS`. */
  put(name: string, value: string): Promise<void>;
}

/** The stage of a value that `secrets init` made. */
const INIT_STAGE = "OPSDX_INIT";

/** AWS Secrets Manager. Values are written; only descriptions are read. */
export class SecretsManagerStore implements SecretWriter {
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

  /**
   * See {@link SecretWriter.putFirst}. Two that do it at once make the same version, of which AWS takes one value; and `AWSCURRENT` is never
   * taken from another version, since no version is named to take it from.
   * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
   * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
   */
  public async putFirst(name: string, value: string): Promise<boolean> {
    const version = firstVersion(name);
    const put = await this.write(name, {
      SecretString: value,
      ClientRequestToken: version,
      VersionStages: [INIT_STAGE],
    });
    const current = await this.writing(name, () => this.current(name));
    if (current === undefined) {
      await this.writing(name, () => this.stage(name, { VersionStage: "AWSCURRENT", MoveToVersionId: version }));
      return put;
    }
    if (current.VersionId === version) return put;
    // Somebody else was first. Without a stage a version is deleted in time.
    await this.writing(name, () => this.stage(name, { VersionStage: INIT_STAGE, RemoveFromVersionId: version }));
    return false;
  }

  /** See {@link SecretWriter.put}. */
  public async put(name: string, value: string): Promise<void> {
    await this.write(name, { SecretString: value });
  }

  /** The date in the secret's own description moves with every tag; a version's does not. */
  private async currentSince(name: string): Promise<Date | undefined> {
    return (await this.current(name))?.CreatedDate;
  }

  private async current(name: string): Promise<SecretVersionsListEntry | undefined> {
    let token: string | undefined;
    do {
      const page = await this.client.send(new ListSecretVersionIdsCommand({ SecretId: name, NextToken: token }));
      const current = page.Versions?.find(({ VersionStages = [] }) => VersionStages.includes("AWSCURRENT"));
      if (current !== undefined) return current;
      token = page.NextToken;
      // The emulator ends with an empty one.
    } while (token !== undefined && token !== "");
    return undefined;
  }

  private stage(
    name: string,
    change: Omit<ConstructorParameters<typeof UpdateSecretVersionStageCommand>[0], "SecretId">,
  ): Promise<unknown> {
    return this.client.send(new UpdateSecretVersionStageCommand({ SecretId: name, ...change }));
  }

  /** Puts a version. Returns whether it was not there with another value. */
  private write(
    name: string,
    version: Omit<ConstructorParameters<typeof PutSecretValueCommand>[0], "SecretId">,
  ): Promise<boolean> {
    return this.writing(name, async () => {
      try {
        await this.client.send(new PutSecretValueCommand({ SecretId: name, ...version }));
        return true;
      } catch (error) {
        if (error instanceof Error && error.name === "ResourceExistsException") return false;
        throw error;
      }
    });
  }

  /** Words of AWS may repeat what was sent, so only their name is passed on, and no cause. */
  private async writing<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const mute = Object.assign(new Error(), { name: error instanceof Error ? error.name : "Error" });
      const { message } = awsFault(`The secret ${name}`, "given a value", mute, this.account);
      throw new CommandError(message);
    }
  }
}

/** The id of a secret's first version: the same for whoever makes it, in the shape of a UUID, which AWS asks for. */
function firstVersion(name: string): string {
  const digits = createHash("sha256").update(`opsdx secrets init ${name}`).digest("hex");
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20, 32),
  ].join("-");
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
