import { runningSandbox } from "../../stacks/sandbox/running-sandbox";
import { AROUND_SECONDS } from "../../constructs/stage3/load/job";
import type { LoadPlan } from "../../constructs/stage3/load/plan";
import { STOP_SECONDS } from "../../constructs/stage3/load/scripts";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { profileSeconds } from "../../config/schema/load";
import { CallerIdentity, type Identity } from "../aws/caller";
import type { AwsAccount } from "../aws/client";
import { installed } from "../installation";
import { CloudWatchAlarms, type Alarms } from "../exercise/alarms";
import { S3ExerciseStore, type ExerciseStore } from "../exercise/store";
import type { Children } from "../terraform/children";
import { WALL_CLOCK } from "../wall-clock";
import { WebAutoscaler, type Autoscaler } from "./autoscaler";
import { startJob } from "./cluster-run";
import { LOCUST } from "./locust";
import { startProcess } from "./process-run";
import type { Run } from "./run";
import { startStandIn } from "./stand-in";

/** Where runs are made. */
export interface Ground {
  /** The cluster, or this machine. */
  readonly where: "cluster" | "sandbox";
  /** Address that is asked. @default - the environment's own */
  readonly url?: string;
  /** Seconds that a run takes beside its stages, at most. */
  readonly aroundSeconds: number;
  /** Starts a run. */
  start(of: { readonly plan: LoadPlan; readonly run: string; readonly environment: EnvironmentConfig }): Promise<Run>;
  /** Takes away what it is made of. */
  close(): Promise<void>;
}

/** What the command reaches of an environment. */
export interface LoadConnection {
  /** The environment's account. */
  readonly account: AwsAccount;
  /** Whose credentials are used. */
  readonly identity: Identity;
  /** Bucket of exercises. */
  readonly store: ExerciseStore;
  /** Alarms of its account. */
  readonly alarms: Alarms;
  /** The web service's autoscaler. */
  autoscaler(say: (line: string) => void): Autoscaler;
  /** Makes ready where a run is made. */
  prepare(of: { readonly children: Children; readonly say: (line: string) => void }): Promise<Ground>;
}

/** The environment's account and cluster; in the sandbox its emulator, and processes of this machine. Nothing is called until it is needed. */
export function connect(environment: EnvironmentConfig, env: NodeJS.ProcessEnv): LoadConnection {
  const { account: ids, name } = environment;
  const account = { environment: name, ...ids };
  const store = new S3ExerciseStore(account, env);
  return {
    account,
    identity: new CallerIdentity(account, env),
    store,
    alarms: new CloudWatchAlarms(account, env),
    autoscaler: (say) => new WebAutoscaler(environment, env, say),
    prepare: (of) =>
      runningSandbox(env) === undefined ? Promise.resolve(onCluster(store, env)) : onThisMachine(of, env),
  };
}

function onCluster(store: ExerciseStore, env: NodeJS.ProcessEnv): Ground {
  return {
    where: "cluster",
    aroundSeconds: AROUND_SECONDS,
    start: ({ environment, plan, run }) => {
      const { profile } = plan;
      return startJob({ environment, profile, seconds: profileSeconds(plan), run, store, watch: WALL_CLOCK, env });
    },
    close: () => Promise.resolve(),
  };
}

async function onThisMachine(
  { children, say }: { readonly children: Children; readonly say: (line: string) => void },
  env: NodeJS.ProcessEnv,
): Promise<Ground> {
  const locust = await installed(LOCUST, { env, children, say });
  const service = await startStandIn();
  return {
    where: "sandbox",
    url: service.url,
    // Locust starts in seconds; on a busy machine in more of them.
    aroundSeconds: 4 * STOP_SECONDS,
    start: ({ plan, run }) => Promise.resolve(startProcess({ locust, children, plan, run, env })),
    close: () => service.close(),
  };
}
