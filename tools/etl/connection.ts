import type { EnvironmentConfig } from "../../config/schema/environment";
import { CallerIdentity, type Identity } from "../aws/caller";
import type { AwsAccount } from "../aws/client";
import type { Jobs } from "./jobs";
import { KubectlJobs } from "./kubectl";
import { LambdaLaunchers, type Launchers } from "./launcher";
import { CloudWatchLogEvents, type LogEvents } from "./log-events";
import { SqsQueues, type Queues } from "./queues";
import { SchedulerSchedules, type Schedules } from "./schedules";

/** What the commands reach of an environment. */
export interface Connection {
  /** The environment's account. */
  readonly account: AwsAccount;
  /** Whose credentials are used. */
  readonly identity: Identity;
  /** Schedules of the ETLs. */
  readonly schedules: Schedules;
  /** Functions that launch them. */
  readonly launchers: Launchers;
  /** Queues of what could not be delivered. */
  readonly queues: Queues;
  /** Lines of their logs. */
  readonly logs: LogEvents;
  /** Their Jobs on the clusters. */
  readonly jobs: Jobs;
}

/** The environment's account and clusters. Nothing is called until it is needed. */
export function connect({ name, account: { id, region } }: EnvironmentConfig, env: NodeJS.ProcessEnv): Connection {
  const account = { environment: name, id, region };
  return {
    account,
    identity: new CallerIdentity(account, env),
    schedules: new SchedulerSchedules(account, env),
    launchers: new LambdaLaunchers(account, env),
    queues: new SqsQueues(account, env),
    logs: new CloudWatchLogEvents(account, env),
    jobs: new KubectlJobs(env),
  };
}
