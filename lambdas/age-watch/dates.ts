import { BackupClient, GetRestoreTestingPlanCommand, ListRestoreJobsCommand } from "@aws-sdk/client-backup";
import {
  ListSecretVersionIdsCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";

/** When things last happened, in milliseconds since 1970. */
export interface Dates {
  /** When a secret's current value was put in; undefined when it has none, or there is no such secret. */
  secretSince(name: string): Promise<number | undefined>;
  /** When a plan of restore tests was made, and its restores since a moment that succeeded. */
  restoreTests(plan: string, since: number): Promise<RestoreTests>;
}

/** What is known of restore tests, in milliseconds since 1970. */
export interface RestoreTests {
  /** When their plan was made. */
  readonly plannedSince: number;
  /** When a restore succeeded, and the ARN of what it was a backup of. */
  readonly succeeded: readonly { readonly of: string; readonly at: number }[];
}

/** How long one look may take: what goes wrong is told before Lambda ends the function. */
export const LOOK_LIMIT_MS = 50_000;

/** What AWS Secrets Manager and AWS Backup know, for one look. No value of a secret is read. */
export class AwsDates implements Dates {
  readonly #secrets: SecretsManagerClient;
  readonly #backup: BackupClient;
  readonly #limit = { abortSignal: AbortSignal.timeout(LOOK_LIMIT_MS) };

  constructor(region: string) {
    const settings = {
      region,
      maxAttempts: 3,
      requestHandler: { connectionTimeout: 2_000, requestTimeout: 6_000, throwOnRequestTimeout: true },
    };
    this.#secrets = new SecretsManagerClient(settings);
    this.#backup = new BackupClient(settings);
  }

  /** See {@link Dates.secretSince}. */
  async secretSince(name: string): Promise<number | undefined> {
    try {
      let token: string | undefined;
      do {
        const command = new ListSecretVersionIdsCommand({ SecretId: name, NextToken: token });
        const { NextToken, Versions = [] } = await this.#secrets.send(command, this.#limit);
        const current = Versions.find(({ VersionStages = [] }) => VersionStages.includes("AWSCURRENT"));
        if (current !== undefined) return current.CreatedDate?.getTime();
        token = NextToken;
        // The emulator ends with an empty one.
      } while (token !== undefined && token !== "");
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
    }
    return undefined;
  }

  /** See {@link Dates.restoreTests}. */
  async restoreTests(plan: string, since: number): Promise<RestoreTests> {
    const { RestoreTestingPlan: found } = await this.#backup.send(
      new GetRestoreTestingPlanCommand({ RestoreTestingPlanName: plan }),
      this.#limit,
    );
    if (found?.CreationTime === undefined) throw new Error(`AWS Backup does not say when it made the plan ${plan}`);
    const succeeded: { readonly of: string; readonly at: number }[] = [];
    let token: string | undefined;
    do {
      const page = await this.#backup.send(
        new ListRestoreJobsCommand({
          ByRestoreTestingPlanArn: found.RestoreTestingPlanArn,
          ByStatus: "COMPLETED",
          ByCreatedAfter: new Date(since),
          NextToken: token,
        }),
        this.#limit,
      );
      for (const { CompletionDate, SourceResourceArn } of page.RestoreJobs ?? []) {
        if (CompletionDate === undefined || SourceResourceArn === undefined) continue;
        succeeded.push({ of: SourceResourceArn, at: CompletionDate.getTime() });
      }
      token = page.NextToken;
    } while (token !== undefined && token !== "");
    return { plannedSince: found.CreationTime.getTime(), succeeded };
  }
}
