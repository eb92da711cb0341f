import { CloudWatchClient, SetAlarmStateCommand } from "@aws-sdk/client-cloudwatch";
import execa from "execa";
import { clusterFullName } from "../../config/names";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { MONITORING_NAMESPACE } from "../../constructs/shared/kubernetes/cluster-foundation";
import { kubectl, type Command } from "../../constructs/shared/observability/command";
import { PROMETHEUS_SERVER } from "../../constructs/shared/kubernetes/prometheus-names";
import { runningSandbox } from "../../stacks/sandbox/running-sandbox";
import { CallerIdentity, type Identity } from "../aws/caller";
import { awsClient, clientSettings, type AwsAccount } from "../aws/client";
import { CommandError } from "../command-error";
import { CloudWatchAlarms, type AlarmStanding } from "../exercise/alarms";
import { S3ExerciseStore, type ExerciseStore } from "../exercise/store";
import { signalGroup } from "../signal-group";

/** An alarm, and who evaluates it. */
export interface WatchedAlarm {
  /** Its full name. */
  readonly name: string;
  /** Short name of the cluster whose Prometheus evaluates it. @default - CloudWatch does */
  readonly cluster?: string;
}

/** What a command is run with. */
export interface ShellOptions {
  /** Variables beside those of the environment. @default - none */
  readonly variables?: Readonly<Record<string, string>>;
  /** Ends it at once. @default - nothing does, before its time is over */
  readonly signal?: AbortSignal;
  /** Milliseconds that it may take. @default 60000 */
  readonly limit?: number;
}

/** What drills reach of an environment. */
export interface DrillConnection {
  /** Its account. */
  readonly account: AwsAccount;
  /** Whose credentials are used. */
  readonly identity: Identity;
  /** Where drills are written down. */
  readonly store: ExerciseStore;
  /** Runs a command of the drills as a person would. @returns what it printed, without a final line break */
  shell(command: Command, options?: ShellOptions): Promise<string>;
  /** How alarms stand, in their order. */
  standings(alarms: readonly WatchedAlarm[]): Promise<readonly AlarmStanding[]>;
  /** Sets an alarm, as nobody evaluates it. @default - it is no sandbox */
  readonly ring?: (alarm: WatchedAlarm, state: "ALARM" | "OK") => Promise<void>;
}

/**
 * Asks Prometheus in its pod, as its namespace is closed to the API server. The image has promtool, and no shell. Whoever watches who enters
 * pods sees it.
 * @see https://prometheus.io/docs/prometheus/latest/command-line/promtool/#promtool-query
 */
const FIRING = `exec statefulset/${PROMETHEUS_SERVER.statefulSet} -c prometheus -- promtool query -o json instant http://127.0.0.1:9090 'ALERTS{alertstate="firing"}'`;

/** The environment's account and clusters. Nothing is called until it is needed. */
export function connect(environment: EnvironmentConfig, env: NodeJS.ProcessEnv): DrillConnection {
  const { id, region } = environment.account;
  const account = { environment: environment.name, id, region };
  const alarms = new CloudWatchAlarms(account, env);
  const sandbox = runningSandbox(env) !== undefined;
  // In the sandbox each account has a profile; elsewhere the person's own credentials are asked whose they are.
  const own = { AWS_REGION: region, AWS_DEFAULT_REGION: region, ...(sandbox && { AWS_PROFILE: account.environment }) };
  const shell = (command: Command, options: ShellOptions = {}): Promise<string> =>
    runShell(command, { ...env, ...own, ...options.variables }, options);
  const firing = async (cluster: string): Promise<ReadonlyMap<string, AlarmStanding>> => {
    const place = { cluster: clusterFullName(environment, cluster), namespace: MONITORING_NAMESPACE };
    const text = await shell(kubectl(place, FIRING));
    return firingIn(text);
  };
  const rung = new Map<string, AlarmStanding>();
  const standings = async (watched: readonly WatchedAlarm[]): Promise<readonly AlarmStanding[]> => {
    const names = watched.flatMap(({ cluster, name }) => (cluster === undefined ? [name] : []));
    const found = new Map((await alarms.standings(names)).map((standing) => [standing.name, standing]));
    for (const cluster of new Set(watched.flatMap((alarm) => alarm.cluster ?? []))) {
      for (const [name, standing] of sandbox ? rung : await firing(cluster)) found.set(name, standing);
    }
    return watched.map(({ name }) => found.get(name) ?? { name, state: "OK" });
  };
  const cloudWatch = (): CloudWatchClient => awsClient(CloudWatchClient, clientSettings(account, env));
  const ring = async ({ cluster, name }: WatchedAlarm, state: "ALARM" | "OK"): Promise<void> => {
    if (cluster !== undefined) {
      rung.set(name, { name, state, since: Date.now(), reason: "set by a drill" });
      return;
    }
    await cloudWatch().send(
      new SetAlarmStateCommand({ AlarmName: name, StateValue: state, StateReason: "Set by a drill on the emulator" }),
    );
  };
  return {
    account,
    identity: new CallerIdentity(account, env),
    store: new S3ExerciseStore(account, env),
    shell,
    standings,
    ...(sandbox && { ring }),
  };
}

/** The alerts that fire, as promtool tells them: not since when, as what it knows is when an alert became pending. */
export function firingIn(text: string): ReadonlyMap<string, AlarmStanding> {
  const alerts = JSON.parse(text) as readonly { readonly metric: { readonly alertname: string } }[];
  return new Map(alerts.map(({ metric: { alertname: name } }) => [name, { name, state: "ALARM" }]));
}

/**
 * The AWS CLI 1 asks AWS itself for SQS and RDS, whatever `AWS_ENDPOINT_URL` says, unless it is told in words.
 * @see https://github.com/aws/aws-cli/blob/1.45.11/awscli/customizations/overridesslcommonname.py
 */
const TO_THE_EMULATOR = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }\n';

/**
 * Runs a command in a shell, in a process group of its own, all of which ends with its time or the signal.
 * @throws CommandError when it fails
 */
export async function runShell(
  { command }: Command,
  env: NodeJS.ProcessEnv,
  { limit = 60_000, signal }: ShellOptions,
): Promise<string> {
  const child = execa("sh", ["-c", (env["AWS_ENDPOINT_URL"] ?? "") === "" ? command : `${TO_THE_EMULATOR}${command}`], {
    env,
    extendEnv: false,
    stdin: "ignore",
    reject: false,
    detached: true,
    cleanup: false,
  });
  const end = (): void => signalGroup(child.pid, "SIGKILL");
  const timer = setTimeout(end, limit);
  signal?.addEventListener("abort", end);
  if (signal?.aborted === true) end();
  try {
    const { exitCode, stderr, stdout } = await child;
    if (exitCode === 0) return stdout.trim();
    const why = stderr.trim().split("\n").slice(-4).join("; ");
    // A signal ended it, and then it has no code, whatever the types say.
    const code = exitCode as number | undefined;
    throw new CommandError(
      `\`${command}\` ${code === undefined ? "was ended: it took too long, or the drill ends" : `ended with ${code}`}: ${why}`,
    );
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
  }
}
