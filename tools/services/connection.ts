import { randomBytes } from "node:crypto";
import { CreateDBSnapshotCommand, DescribeDBSnapshotsCommand, RDSClient } from "@aws-sdk/client-rds";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { CallerIdentity, type Identity } from "../aws/caller";
import { awsClient, awsFault, clientSettings, type AwsAccount } from "../aws/client";
import { createJob, jobOf, lookAtJob, type JobEnd } from "../cluster-jobs";
import { kubectl, type KubectlPlace } from "../kubectl";

/** Snapshots of databases. */
export interface Snapshots {
  /** Begins one. */
  begin(instance: string, snapshot: string): Promise<void>;
  /** Its status in RDS, and how much of it is there. */
  look(snapshot: string): Promise<{ readonly status: string; readonly percent: number }>;
}

/** Jobs made of a template, which is a suspended CronJob. */
export interface TemplateJobs {
  /** Begins one. @param variables - what its program is told beside @returns its name */
  begin(place: KubectlPlace, template: string, variables: Readonly<Record<string, string>>): Promise<string>;
  /** How it ended; undefined while it has not. */
  look(place: KubectlPlace, job: string): Promise<JobEnd | undefined>;
  /** The last lines of its log. */
  log(place: KubectlPlace, job: string): Promise<string>;
}

/** What the commands reach of an environment. */
export interface ServicesConnection {
  /** The environment's account. */
  readonly account: AwsAccount;
  /** Whose credentials are used. */
  readonly identity: Identity;
  /** Snapshots of its databases. */
  readonly snapshots: Snapshots;
  /** Jobs on its clusters. */
  readonly jobs: TemplateJobs;
}

/** The environment's account and clusters. Nothing is called until it is needed. */
export function connect(
  { name, account: { id, region } }: EnvironmentConfig,
  env: NodeJS.ProcessEnv,
): ServicesConnection {
  const account = { environment: name, id, region };
  return {
    account,
    identity: new CallerIdentity(account, env),
    snapshots: new RdsSnapshots(account, env),
    jobs: new KubectlTemplateJobs(env),
  };
}

class RdsSnapshots implements Snapshots {
  private readonly rds: RDSClient;

  public constructor(
    private readonly account: AwsAccount,
    env: NodeJS.ProcessEnv,
  ) {
    this.rds = awsClient(RDSClient, clientSettings(account, env));
  }

  public async begin(DBInstanceIdentifier: string, DBSnapshotIdentifier: string): Promise<void> {
    await this.rds
      .send(new CreateDBSnapshotCommand({ DBInstanceIdentifier, DBSnapshotIdentifier }))
      .catch(this.fault(`A snapshot of ${DBInstanceIdentifier}`, "taken"));
  }

  public async look(DBSnapshotIdentifier: string): Promise<{ status: string; percent: number }> {
    const { DBSnapshots: [found] = [] } = await this.rds
      .send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier }))
      .catch(this.fault(`The snapshot ${DBSnapshotIdentifier}`, "looked at"));
    return { status: found?.Status ?? "missing", percent: found?.PercentProgress ?? 0 };
  }

  private fault(what: string, verb: string) {
    return (error: unknown): never => {
      throw awsFault(what, verb, error, this.account);
    };
  }
}

class KubectlTemplateJobs implements TemplateJobs {
  public constructor(private readonly env: NodeJS.ProcessEnv) {}

  public begin(place: KubectlPlace, template: string, variables: Readonly<Record<string, string>>): Promise<string> {
    const name = `${template}-${randomBytes(4).toString("hex")}`;
    return createJob(place, template, (found) => jobOf(found, name, variables), this.env);
  }

  public look(place: KubectlPlace, job: string): Promise<JobEnd | undefined> {
    return lookAtJob(place, job, this.env);
  }

  public log(place: KubectlPlace, job: string): Promise<string> {
    return kubectl(place, ["-n", place.namespace, "logs", `job/${job}`, "--tail=20"], this.env);
  }
}
