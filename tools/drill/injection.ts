import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { clusterFullName } from "../../config/names";
import type { EnvironmentConfig } from "../../config/schema/environment";
import type { Drill, PodKill } from "../../constructs/stage3/drills/drill";
import { CHAOSKUBE, DRILLS, experimentName } from "../../constructs/stage3/drills/names";
import { aws, kubectl, output, shell, type Command } from "../../constructs/shared/observability/command";
import { jobOf, type JobTemplate } from "../cluster-jobs";
import { shellWord } from "../shell-word";
import type { DrillConnection, ShellOptions } from "./connection";

/** What breaks something, and what takes it back: the same for every kind of injection. */
export interface Injector {
  /** What tells what it is done to, before anything is; the others find its answer as `$TARGET`. @default - nothing is asked */
  readonly target?: Command;
  /** What a person sees of it beforehand: the commands, or what is done in their place. */
  readonly inject: readonly (Command | string)[];
  /** What takes it back: can run twice, and does no harm where nothing was broken. */
  readonly undo: readonly Command[];
  /** Minutes that each of them may take. @default 10 */
  readonly undoMinutes?: number;
  /** What else the scorecard keeps, of what broke it. @default - nothing */
  readonly evidence?: readonly Command[];
  /** Breaks it. */
  run(connection: DrillConnection, run: string, options: ShellOptions): Promise<void>;
}

/** Milliseconds that a single command may take: a database is restored in an hour. */
const COMMAND_MS = 4 * 3_600_000;
/** Milliseconds until an experiment runs, or has failed. */
const START_MS = 600_000;
/** Minutes that a command may take that takes something back, where its drill does not say. */
const UNDO_MINUTES = 10;

/** How a drill of an environment breaks what it breaks. */
export function injectorOf(environment: EnvironmentConfig, { injection, name, title }: Drill): Injector {
  switch (injection.kind) {
    case "chaoskube":
      return chaoskube(environment, injection);
    case "fis":
      return experiment(environment, name);
    case "people":
      return { inject: [`People do it by the runbook: ${title}`], undo: [], run: () => Promise.resolve() };
    case "commands":
      return {
        ...injection,
        async run(connection, _run, options) {
          for (const command of injection.inject) await connection.shell(command, { ...options, limit: COMMAND_MS });
        },
      };
  }
}

/** Takes a drill back. Every command is tried, also when one before it fails. @throws the first failure */
export async function undo(injector: Injector, connection: DrillConnection, target: string): Promise<void> {
  const failures: Error[] = [];
  const limit = (injector.undoMinutes ?? UNDO_MINUTES) * 60_000;
  for (const command of injector.undo) {
    await connection
      .shell(command, { variables: { TARGET: target }, limit })
      .catch((error: unknown) => failures.push(error as Error));
  }
  const [first] = failures;
  if (first !== undefined) throw first;
}

/** kubectl where chaoskube's Jobs are. */
export function onDrills(environment: EnvironmentConfig, args: string): Command {
  return kubectl({ cluster: clusterFullName(environment, "k8s"), namespace: DRILLS }, args);
}

/** What a Job of chaoskube is told: a variable for each of its flags. */
export function killVariables(kill: PodKill, { drills }: EnvironmentConfig): Readonly<Record<string, string>> {
  return {
    CHAOSKUBE_DRY_RUN: "false",
    CHAOSKUBE_NAMESPACES: kill.namespace,
    CHAOSKUBE_CLIENT_NAMESPACE_SCOPE: kill.namespace,
    CHAOSKUBE_LABELS: kill.labels,
    CHAOSKUBE_KINDS: kill.kinds,
    CHAOSKUBE_MINIMUM_AGE: `${kill.minimumAgeSeconds}s`,
    CHAOSKUBE_INTERVAL: `${kill.intervalSeconds}s`,
    CHAOSKUBE_MAX_KILL: `${kill.maxKill}`,
    CHAOSKUBE_MAX_RUNTIME: `${kill.maxRuntimeMinutes}m`,
    ...(drills?.hours !== undefined && {
      CHAOSKUBE_EXCLUDED_WEEKDAYS: "Sat,Sun",
      CHAOSKUBE_EXCLUDED_TIMES_OF_DAY: `${drills.hours.end}-${drills.hours.start}`,
      CHAOSKUBE_TIMEZONE: drills.hours.timeZone,
    }),
  };
}

function chaoskube(environment: EnvironmentConfig, kill: PodKill): Injector {
  const variables = killVariables(kill, environment);
  const words = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return {
    inject: [`A Job of the template ${CHAOSKUBE} in ${DRILLS}, with ${words.join(" ")}`],
    // There are no other Jobs of it than a drill's, and one drill at a time.
    undo: [onDrills(environment, `delete jobs -l app=${CHAOSKUBE} --ignore-not-found --wait=true --timeout=120s`)],
    async run(connection, run, options) {
      const template = await connection.shell(onDrills(environment, `get cronjob ${CHAOSKUBE} -o json`), options);
      const job = jobOf(JSON.parse(template) as JobTemplate, `${CHAOSKUBE}-${run}`, variables);
      const folder = mkdtempSync(path.join(tmpdir(), "opsdx-drill-"));
      try {
        const file = path.join(folder, "job.json");
        writeFileSync(file, JSON.stringify(job));
        await connection.shell(onDrills(environment, `create -f ${shellWord(file)}`), options);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  };
}

/**
 * An experiment is asked for its state, as AWS starts one that then finds nothing to do it to.
 * @see https://docs.aws.amazon.com/fis/latest/APIReference/API_ExperimentState.html
 */
function experiment({ name: environment }: EnvironmentConfig, drill: string): Injector {
  const ids = (states: readonly string[]): string =>
    output(
      aws(
        `fis list-experiments --query "experiments[?experimentTemplateId=='$TARGET' && contains([${states.map((state) => `'${state}'`).join(",")}],state.status)].id" --output text`,
      ),
    );
  const look = (query: string): Command => aws(`fis get-experiment --id "$id" --query ${query} --output text`);
  const stoppable = ["pending", "initiating", "running"];
  const start = shell(
    `id=${output(aws("fis start-experiment --experiment-template-id $TARGET --query experiment.id --output text"))} || exit 1; while :; do state=${output(look("experiment.state.status"))} || exit 1; case "$state" in running|completed) exit 0;; failed|stopping|stopped|cancelled) ${look("experiment.state.reason").command} >&2; exit 1;; esac; sleep 5; done`,
  );
  return {
    target: aws(
      `fis list-experiment-templates --query "experimentTemplates[?tags.Name=='${experimentName(environment, drill)}'].id|[0]" --output text`,
    ),
    inject: [start],
    undo: [
      shell(
        `while :; do left=${ids([...stoppable, "stopping"])} || exit 1; [ -n "$left" ] || exit 0; for id in ${ids(stoppable)}; do ${aws("fis stop-experiment --id $id --query experiment.state.status --output text").command} || exit 1; done; sleep 5; done`,
      ),
    ],
    evidence: [
      shell(
        `id=${output(aws(`fis list-experiments --query "sort_by(experiments[?experimentTemplateId=='$TARGET'],&creationTime)[-1].id" --output text`))}; ${aws('fis get-experiment --id "$id" --query "experiment.[state,startTime,endTime,actions]"').command}`,
      ),
    ],
    async run(connection, _run, options) {
      await connection.shell(start, { ...options, limit: START_MS });
    },
  };
}
