import type { LoadPlan } from "../../constructs/stage3/load/plan";
import { PREFIX } from "../../constructs/stage3/load/names";
import { profileSeconds, type LoadProfile } from "../../config/schema/load";
import { STOP_SECONDS } from "../../constructs/stage3/load/scripts";
import type { Alarms } from "../exercise/alarms";
import type { ExerciseStore } from "../exercise/store";
import type { Watch } from "../wall-clock";
import type { Autoscaler, AutoscalerSample } from "./autoscaler";
import { parseSummary } from "./summary";
import { judge, verdictText, type Verdict } from "./verdict";

/** What a run left. */
export interface Report {
  /** Its files. */
  readonly files: Readonly<Record<string, Buffer>>;
  /** The last of what Locust said. */
  readonly said: string;
  /** Whether the files are in the bucket already. @default false */
  readonly kept?: boolean;
}

/** A run that has begun, on the cluster or as a process. */
export interface Run {
  /** Whether it has ended. */
  ended(): Promise<boolean>;
  /** Ends it in order. */
  stop(reason: string): Promise<void>;
  /** What it left; waits until it has ended. */
  report(): Promise<Report>;
  /** Takes away what it is made of. @param finished - whether it ended, and somebody may look at it */
  clean(finished: boolean): Promise<void>;
}

/** What {@link conduct} is given. */
export interface ConductProps extends Pick<Verdict, "environment" | "run" | "where" | "who" | "why"> {
  /** What is done. */
  readonly plan: LoadPlan;
  /** The profile, with its limits. */
  readonly profile: LoadProfile;
  /** Seconds until load begins at the latest, and that it may need beside its stages: a node, an image. */
  readonly aroundSeconds: number;
  /** Starts it. */
  readonly start: () => Promise<Run>;
  /** Where everything is kept. */
  readonly store: ExerciseStore;
  /** The alarms that stop it, by name. */
  readonly stopAlarms: readonly string[];
  /** Tells how they stand. */
  readonly alarms: Alarms;
  /** The web service's autoscaler. */
  readonly autoscaler: Autoscaler;
  /** Aborted when a signal asks to stop. */
  readonly signal: AbortSignal;
  /** Time, and whom to tell. */
  readonly watch: Watch;
  /** Milliseconds between two looks. @default 5000 */
  readonly lookMs?: number;
}

const LAST_GOOD = (profile: string): string => `${PREFIX}last-good/${profile}.json`;

/** Does a run from its start to its verdict, which it keeps; however it ends, nothing of it goes on. */
export async function conduct(props: ConductProps): Promise<Verdict> {
  const { plan, profile, run, store, watch } = props;
  const begun = await props.start();
  let finished = false;
  try {
    const samples = await follow(begun, props);
    const { files, kept = false, said } = await begun.report();
    finished = true;
    const lastGood = await store.read(LAST_GOOD(plan.profile));
    const verdict = judge({
      environment: props.environment,
      run,
      where: props.where,
      who: props.who,
      ...(props.why !== undefined && { why: props.why }),
      profile: plan.profile,
      summary: parseSummary(files["summary.json"]?.toString() ?? ""),
      limits: profile.limits,
      autoscaler: samples,
      before: lastGood && (JSON.parse(lastGood.text) as Verdict),
    });
    if (verdict.outcome === "broken" && said !== "")
      watch.say(`Locust said:\n${said.split("\n").slice(-20).join("\n")}`);
    const text = JSON.stringify(verdict, undefined, 2);
    const folder = `${PREFIX}${run}/`;
    for (const [name, body] of kept ? [] : Object.entries(files))
      await store.write(`${folder}${name}`, body, typeOf(name));
    await store.write(`${folder}verdict.json`, text, "application/json");
    await store.write(`${folder}verdict.txt`, `${verdictText(verdict)}\n`, "text/plain");
    if (verdict.outcome === "passed") await store.write(LAST_GOOD(plan.profile), text, "application/json");
    return verdict;
  } finally {
    await begun.clean(finished);
  }
}

/** Looks at a run until it has ended, and ends it when it must. */
async function follow(begun: Run, props: ConductProps): Promise<readonly AutoscalerSample[]> {
  const { alarms, aroundSeconds, autoscaler, lookMs = 5_000, plan, signal, stopAlarms, watch } = props;
  const began = watch.now();
  const longest = profileSeconds(plan) + aroundSeconds;
  const samples: AutoscalerSample[] = [];
  const asked = aborted(signal);
  const state = { stopped: false };
  let silent = 0;
  const stop = async (reason: string): Promise<void> => {
    if (state.stopped) return;
    state.stopped = true;
    watch.say(`Stopping it: ${reason}.`);
    await begun.stop(reason);
  };
  while (!(await begun.ended())) {
    const second = Math.round((watch.now() - began) / 1000);
    if (signal.aborted) await stop("somebody asked for it");
    else if (second > longest) await stop(`its ${longest} seconds are over`);
    else {
      const fired = await alarms.standings(stopAlarms).catch(() => undefined);
      const names = (fired ?? []).flatMap(({ name, state }) => (state === "ALARM" ? [name] : []));
      silent = fired === undefined ? silent + 1 : 0;
      if (names.length > 0) await stop(`the alarm ${names.join(", ")}`);
      else if (silent * lookMs >= 60_000) await stop("nobody tells how the alarms stand");
    }
    const seen = await autoscaler.look();
    if (seen !== undefined) samples.push({ second, ...seen });
    // Reports of one that does not end in its time are not waited for.
    if (state.stopped && second > longest + 4 * STOP_SECONDS) break;
    await Promise.race([watch.sleep(lookMs), ...(state.stopped ? [] : [asked])]);
  }
  return samples;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function typeOf(file: string): string {
  const types: Readonly<Record<string, string>> = { csv: "text/csv", html: "text/html", json: "application/json" };
  return types[file.split(".").at(-1) ?? ""] ?? "text/plain";
}
