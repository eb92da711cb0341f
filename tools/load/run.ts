import type { LoadPlan } from "../../constructs/stage3/load/plan";
import { PREFIX } from "../../constructs/stage3/load/names";
import { profileSeconds, type LoadProfile } from "../../config/schema/load";
import { ALARM_SILENCE_SECONDS, STOP_SECONDS } from "../../constructs/stage3/load/scripts";
import { CommandError } from "../command-error";
import type { Alarms } from "../exercise/alarms";
import type { ExerciseStore } from "../exercise/store";
import type { Watch } from "../wall-clock";
import type { Autoscaler, AutoscalerSample } from "./autoscaler";
import { parseSummary } from "./summary";
import { judge, parseLastGood, verdictText, type LastGood, type Verdict } from "./verdict";

/** What a run left. */
export interface Report {
  /** Its files. */
  readonly files: Readonly<Record<string, Buffer>>;
  /** The last of what Locust said. */
  readonly said: string;
  /** Whether the files are in the bucket already. @default false */
  readonly kept?: boolean;
}

/** How a run stands. */
export interface Standing {
  /** Whether it has ended, and nothing of it goes on. */
  readonly ended: boolean;
  /** What it waits for before its load begins, in the cluster's words. @default - it waits for nothing */
  readonly waits?: string;
}

/** A run that has begun, on the cluster or as a process. */
export interface Run {
  /** How it stands; rejects where nobody tells. */
  look(): Promise<Standing>;
  /** Ends it in order; rejects where nobody says that it will end. */
  stop(reason: string): Promise<void>;
  /** What it left; waits until it is there. */
  report(): Promise<Report>;
  /** Takes away what it is made of; rejects where something of it may go on. @param finished - whether it ended, and somebody may look at it */
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
  /** Called when something of it may go on after the end: the lock of exercises must stay. @param because - why, in words */
  readonly keepLock: (because: string) => void;
  /** Time, and whom to tell. */
  readonly watch: Watch;
  /** Milliseconds between two looks. @default 5000 */
  readonly lookMs?: number;
}

/** Seconds in which somebody must tell how the run stands: its pod looks at the alarms meanwhile, and ends by itself. */
const RUN_SILENCE_SECONDS = 600;
/** The same for a person who has asked for the end. */
const STOPPED_SILENCE_SECONDS = 60;

const LAST_GOOD = (profile: string): string => `${PREFIX}last-good/${profile}.json`;

/**
 * Does a run from its start to its verdict, which it keeps. Nothing of it goes on, however it ends: where nobody can say so, the lock is kept.
 * @throws CommandError when for ten minutes, or a minute after a signal, nobody tells how it stands
 */
export async function conduct(props: ConductProps): Promise<Verdict> {
  const { keepLock, plan, profile, run, store, watch } = props;
  const begun = await props.start();
  let finished = false;
  let lost = false;
  try {
    const { ended, samples, silence, stopped } = await follow(begun, props);
    if (silence !== undefined) {
      lost = true;
      keepLock(`nobody tells whether the run goes on: ${silence}`);
      throw new CommandError(
        `Nobody tells how the run ${run} stands: ${silence}. It ends by itself, and its reports come to ${store.location}/${PREFIX}${run}/`,
      );
    }
    finished = ended;
    const { files, kept = false, said } = await begun.report();
    const before = await lastGood(store, plan.profile, watch);
    const verdict = judge({
      environment: props.environment,
      run,
      where: props.where,
      who: props.who,
      ...(props.why !== undefined && { why: props.why }),
      plan,
      summary: parseSummary(files["summary.json"]?.toString() ?? ""),
      ...(stopped !== undefined && { stopped }),
      limits: profile.limits,
      autoscaler: samples,
      ...(before !== undefined && { before }),
    });
    if (verdict.outcome === "broken" && said !== "")
      watch.say(`Locust said:\n${said.split("\n").slice(-20).join("\n")}`);
    const text = JSON.stringify(verdict, undefined, 2);
    const folder = `${PREFIX}${run}/`;
    for (const [name, body] of kept ? [] : Object.entries(files))
      await store.write(`${folder}${name}`, body, typeOf(name));
    await store.write(`${folder}verdict.json`, text, "application/json");
    await store.write(`${folder}verdict.txt`, `${verdictText(verdict)}\n`, "text/plain");
    // What was measured of a busy generator is nothing to compare with.
    if (verdict.outcome === "passed" && !verdict.generatorBusy)
      await store.write(LAST_GOOD(plan.profile), text, "application/json");
    return verdict;
  } finally {
    if (!lost) await clean(begun, finished, keepLock);
  }
}

/** The last good run of a profile; undefined, and told, when there is none that can be read. */
async function lastGood(
  store: ExerciseStore,
  profile: string,
  { say }: Pick<Watch, "say">,
): Promise<LastGood | undefined> {
  const stored = await store.read(LAST_GOOD(profile));
  if (stored === undefined) return undefined;
  const read = parseLastGood(stored.text);
  if (read === undefined) {
    say(
      `There is nothing to compare with: ${store.location}/${LAST_GOOD(profile)} is no verdict as this program writes it.`,
    );
  }
  return read;
}

/** Takes a run away; one that nobody confirms to be gone keeps the lock. */
async function clean(begun: Run, finished: boolean, keepLock: ConductProps["keepLock"]): Promise<void> {
  try {
    await begun.clean(finished);
  } catch (error) {
    if (finished) throw error;
    keepLock(`nobody confirms that the run is gone: ${wordsOf(error)}`);
  }
}

/** What was seen of a run. */
interface Followed {
  /** Whether it has ended. */
  readonly ended: boolean;
  /** What its autoscaler did. */
  readonly samples: readonly AutoscalerSample[];
  /** Why it was stopped from here. @default - it was not */
  readonly stopped?: string;
  /** Why nobody tells how it stands, for too long. @default - somebody does */
  readonly silence?: string;
}

/** Looks at a run until it has ended, and ends it when it must. */
async function follow(begun: Run, props: ConductProps): Promise<Followed> {
  const { alarms, aroundSeconds, autoscaler, lookMs = 5_000, plan, signal, stopAlarms, watch } = props;
  const began = watch.now();
  const longest = profileSeconds(plan) + aroundSeconds;
  const samples: AutoscalerSample[] = [];
  const asked = aborted(signal);
  const since = (time: number): number => (watch.now() - time) / 1000;
  const told = { alarms: began, run: began };
  let stopped: { readonly reason: string; readonly at: number } | undefined;
  const seen = () => ({ samples, ...(stopped !== undefined && { stopped: stopped.reason }) });
  const stop = async (reason: string): Promise<void> => {
    watch.say(`Stopping it: ${reason}.`);
    try {
      await begun.stop(reason);
      stopped = { reason, at: watch.now() };
    } catch (error) {
      watch.say(`It could not be stopped, and is asked again: ${wordsOf(error)}`);
    }
  };
  for (;;) {
    const standing = await begun.look().catch((error: unknown) => wordsOf(error));
    if (typeof standing !== "string") {
      told.run = watch.now();
      if (standing.ended) return { ended: true, ...seen() };
    } else if (since(told.run) >= (signal.aborted ? STOPPED_SILENCE_SECONDS : RUN_SILENCE_SECONDS)) {
      return { ended: false, silence: standing, ...seen() };
    }
    const second = Math.round(since(began));
    const waits = typeof standing === "string" ? undefined : standing.waits;
    if (stopped !== undefined) {
      // Reports of one that does not end in its time are not waited for.
      if (typeof standing !== "string" && since(stopped.at) > 4 * STOP_SECONDS) return { ended: false, ...seen() };
    } else if (signal.aborted) await stop("somebody asked for it");
    else if (second > longest) await stop(`its ${longest} seconds are over`);
    else if (waits !== undefined && second > aroundSeconds) {
      await stop(`its load has not begun within ${aroundSeconds} seconds: ${waits}`);
    } else {
      const fired = await alarms.standings(stopAlarms).catch(() => undefined);
      const names = (fired ?? []).flatMap(({ name, state }) => (state === "ALARM" ? [name] : []));
      if (fired !== undefined) told.alarms = watch.now();
      if (names.length > 0) await stop(`the alarm ${names.join(", ")}`);
      else if (since(told.alarms) >= ALARM_SILENCE_SECONDS) await stop("nobody tells how the alarms stand");
    }
    const pods = await autoscaler.look();
    if (pods !== undefined) samples.push({ second, ...pods });
    // A signal is heard at once, and only once.
    await Promise.race([watch.sleep(lookMs), ...(signal.aborted ? [] : [asked])]);
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

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
