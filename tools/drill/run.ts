import { RefusedError } from "../../config/explained-error";
import { namePrefix } from "../../config/names";
import type { EnvironmentConfig } from "../../config/schema/environment";
import type { Drill, Query } from "../../constructs/stage3/drills/drill";
import { CommandError } from "../command-error";
import type { AlarmStanding } from "../exercise/alarms";
import type { Watch } from "../wall-clock";
import type { DrillConnection, WatchedAlarm } from "./connection";
import { undo, type Injector } from "./injection";
import { ABORT_KEY, BEAT_MS, close, writeJournal, type Journal } from "./journal";
import type { Evidence, FiredAlarm, Scorecard } from "./scorecard";

/** What a drill is run with. */
export interface PerformProps {
  /** What it reaches. */
  readonly connection: DrillConnection;
  /** Time, and whom to tell. */
  readonly watch: Watch;
  /** The environment. */
  readonly environment: EnvironmentConfig;
  /** The drill. */
  readonly drill: Drill;
  /** What breaks it. */
  readonly injector: Injector;
  /** Name of the run. */
  readonly run: string;
  /** Who runs it: an ARN. */
  readonly who: string;
  /** Aborted when a signal asks to stop. */
  readonly signal: AbortSignal;
  /** Tells when people are done, of a drill that people do. @default - nobody is asked */
  readonly done?: () => Promise<unknown>;
  /** Whether alarms are set that nobody evaluates. */
  readonly ring: boolean;
  /** Milliseconds between two looks. @default 15000 */
  readonly pollMs?: number;
}

/** Why a drill ended before its time. */
interface EndedEarly {
  readonly why: string;
}

const SIGNALLED: EndedEarly = { why: "a signal ended it" };

/** Milliseconds without an answer after which a drill is given up that nobody can watch. */
const BLIND_MS = 300_000;

/**
 * Runs a drill: looks that all is well, breaks something, watches whether people are told, takes it back, and watches until all is as before.
 * Whatever happens in between, it is taken back; where even that fails, what it did stays written down for the next run.
 * @throws RefusedError when all is not well before, or an alarm does not exist: nothing was changed
 * @throws CommandError when it cannot be taken back
 */
export async function performDrill(props: PerformProps): Promise<Scorecard> {
  return await new Performance(props).perform();
}

class Performance {
  private readonly fires: readonly (WatchedAlarm & { readonly withinMinutes: number })[];
  private readonly stops: readonly WatchedAlarm[];
  private readonly firedAt = new Map<string, number>();
  private readonly faults: string[] = [];
  private lastBeat = 0;
  private beating: Promise<void> = Promise.resolve();
  private began = 0;
  /** Since when all is well again; undefined while something is not, and where nothing was seen to fail. */
  private mendedAt: number | undefined;
  private hasFailed = false;
  /** When everything that was asked was last answered, and why the last look was not. */
  private seenAt = 0;
  private unseen: string | undefined;
  private journal: Journal | undefined;

  public constructor(private readonly props: PerformProps) {
    const prefix = namePrefix(props.environment.name);
    const { fires, stop } = props.drill;
    this.fires = fires.map(({ alarm, cluster, withinMinutes }) => ({
      name: `${prefix}-${alarm}`,
      withinMinutes,
      ...(cluster !== undefined && { cluster }),
    }));
    this.stops = stop.map((alarm) => ({ name: `${prefix}-${alarm}` }));
  }

  public async perform(): Promise<Scorecard> {
    const { connection, drill, injector, run, signal, watch, who } = this.props;
    await this.assertWell();
    const target = injector.target === undefined ? "" : await connection.shell(injector.target, { signal });
    if (injector.target !== undefined && ["", "None"].includes(target)) {
      throw new RefusedError(
        `Nothing was changed: there is nothing that the drill could be done to. Asked: ${injector.target.command}`,
      );
    }
    const newest = drill.loss?.newest === undefined ? undefined : await connection.shell(drill.loss.newest, { signal });
    this.began = watch.now();
    this.journal = {
      run,
      drill: drill.name,
      who,
      began: this.at(this.began),
      beat: this.at(this.began),
      target,
      step: "armed",
    };
    await this.step("armed");
    // By the clock of the machine: a restore is one command of an hour, in which nothing else would say that the drill lives.
    const heart = setInterval(() => void this.beat().catch(() => undefined), BEAT_MS);
    try {
      return await this.breakAndMend(target, newest);
    } finally {
      clearInterval(heart);
    }
  }

  private async breakAndMend(target: string, newest: string | undefined): Promise<Scorecard> {
    const { connection, drill, injector, run, signal, watch } = this.props;
    const early = await this.breakAndWatch(injector, target).catch((error: unknown) => {
      // Whatever it is, what was broken is taken back first.
      this.faults.push((error as Error).message);
      return { why: "it could not be watched any more" };
    });
    if (early === undefined) this.judgeAlarms();
    const restored = drill.loss !== undefined && early === undefined ? watch.now() : undefined;
    await this.takeBack(injector, target);
    // From here on nothing is broken, and whatever fails is told on the scorecard.
    const { early: cut, recovered } = signal.aborted ? {} : await this.recovery();
    const evidence = await this.evidence(injector, target);
    this.journal = undefined;
    await this.beating.catch(() => undefined);
    await close(connection.store, run).catch((error: unknown) => {
      this.faults.push(`its journal stays, and is taken back once more: ${(error as Error).message}`);
    });
    return this.scorecard({ early: early ?? cut, newest, restored, recovered, evidence });
  }

  /** All is well, and every alarm is there and quiet. */
  private async assertWell(): Promise<void> {
    const { drill, signal } = this.props;
    const standings = await this.props.connection.standings([...this.fires, ...this.stops]);
    const faults = standings.flatMap(({ name, state }) => {
      if (state === "MISSING") return [`the alarm ${name} does not exist: deploy what makes it`];
      return state === "ALARM" ? [`the alarm ${name} rings already`] : [];
    });
    for (const query of drill.steady) {
      signal.throwIfAborted();
      const answer = await this.ask(query);
      if (answer !== undefined) faults.push(`"${query.says}" does not hold: ${answer}`);
    }
    if (faults.length > 0) {
      throw new RefusedError(
        ["Nothing was changed: all must be well before something is broken.", ...faults].join("\n"),
      );
    }
    this.props.watch.say("All is well before.");
  }

  /** Breaks it, and watches until everybody is told who must be, or it is too late, or must end. */
  private async breakAndWatch(injector: Injector, target: string): Promise<EndedEarly | undefined> {
    const { connection, done, drill, ring, run, signal, watch } = this.props;
    await this.step("injecting");
    if (this.isStopped()) return SIGNALLED;
    this.seenAt = watch.now();
    watch.say(`${drill.title}.`);
    const stop = new AbortController();
    let failure: unknown;
    const broken = injector
      .run(connection, run, { variables: { TARGET: target }, signal: AbortSignal.any([signal, stop.signal]) })
      .catch((error: unknown) => void (failure = error))
      .then(() => true);
    while (!(await Promise.race([broken, this.pause().then(() => false)]))) {
      const early = await this.look();
      if (early === undefined) continue;
      stop.abort();
      await broken;
      return early;
    }
    if (failure !== undefined) {
      if (this.isStopped()) return SIGNALLED;
      this.faults.push(`what breaks it failed: ${(failure as Error).message}`);
      return { why: "what breaks it failed" };
    }
    await this.seen(() => this.step("injected"));
    if (ring) for (const alarm of this.fires) await connection.ring?.(alarm, "ALARM");
    let isDone = done === undefined;
    void done?.().then(
      () => (isDone = true),
      () => (isDone = true),
    );
    const last = Math.max(0, ...this.fires.map(({ withinMinutes }) => withinMinutes));
    const until = this.began + (done === undefined ? last : drill.recoverWithinMinutes) * 60_000;
    for (;;) {
      const early = await this.look();
      if (early !== undefined) return early;
      const told = this.fires.every(({ name }) => this.firedAt.has(name));
      if (told && isDone) return undefined;
      if (watch.now() >= until) return undefined;
      await this.pause();
    }
  }

  /** Takes it back, three times if need be: what stays broken is what a drill must never leave. */
  private async takeBack(injector: Injector, target: string): Promise<void> {
    const { connection, environment, ring, watch } = this.props;
    // Not even a store that is away keeps it broken: the step before says no less than this one.
    await this.step("undoing").catch((error: unknown) => watch.say((error as Error).message));
    if (injector.undo.length > 0) watch.say("Taking it back.");
    for (let left = 2; ; left -= 1) {
      try {
        await undo(injector, connection, target);
        break;
      } catch (error) {
        if (left === 0) {
          throw new CommandError(
            `It could not be taken back: ${(error as Error).message}\nMend that, then: npx opsdx drill abort ${environment.name}`,
          );
        }
        watch.say(`That failed, and is tried again: ${(error as Error).message}`);
        await this.pause();
      }
    }
    if (ring)
      for (const alarm of this.fires) await this.seen(() => connection.ring?.(alarm, "OK") ?? Promise.resolve());
  }

  /** Waits until all is as before: when that was, or why it was not waited for. */
  private async recovery(): Promise<{ readonly recovered?: number; readonly early?: EndedEarly }> {
    const { connection, drill, watch } = this.props;
    const until = this.began + drill.recoverWithinMinutes * 60_000;
    this.seenAt = watch.now();
    for (;;) {
      const standings = await this.seen(() => connection.standings(this.fires));
      const ringing = (standings ?? []).filter(({ state }) => state === "ALARM");
      if ((await this.isSteady()) && standings !== undefined && ringing.length === 0) return { recovered: watch.now() };
      if (watch.now() >= until) {
        for (const { name } of ringing) this.faults.push(`the alarm ${name} still rings`);
        return {};
      }
      const early = await this.mustEnd();
      if (early !== undefined) return { early };
      await this.pause();
    }
  }

  /** One look at alarms, at the system, and at whoever wants it ended. */
  private async look(): Promise<EndedEarly | undefined> {
    const { connection, watch } = this.props;
    if (this.isStopped()) return SIGNALLED;
    const standings = (await this.seen(() => connection.standings([...this.fires, ...this.stops]))) ?? [];
    const ringing = new Map(standings.filter(({ state }) => state === "ALARM").map((one) => [one.name, one]));
    for (const { name } of this.fires) this.noteFired(ringing.get(name));
    const stop = this.stops.find(({ name }) => ringing.has(name));
    if (stop !== undefined) {
      watch.say(`The stop condition ${stop.name} rings: the drill ends.`);
      return { why: `its stop condition ${stop.name} rang` };
    }
    await this.isSteady();
    return await this.mustEnd();
  }

  /** Why it ends now, if it does: a signal, `drill abort`, or nothing that was asked is answered for minutes. */
  private async mustEnd(): Promise<EndedEarly | undefined> {
    const { connection, run, watch } = this.props;
    if (this.isStopped()) return SIGNALLED;
    const wish = await this.seen(() => connection.store.read(ABORT_KEY));
    if (wish?.text === run) return { why: "somebody ended it with drill abort" };
    await this.seen(() => this.beat());
    if (this.unseen === undefined) this.seenAt = watch.now();
    const why = this.unseen;
    this.unseen = undefined;
    if (why === undefined || watch.now() - this.seenAt < BLIND_MS) return undefined;
    return { why: `it could not be watched for ${BLIND_MS / 60_000} minutes: ${why}` };
  }

  /** What is asked for while something is broken: one answer that fails to come ends nothing. */
  private async seen<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      this.unseen = (error as Error).message;
      this.props.watch.say(`That was not answered, and is asked again: ${this.unseen}`);
      return undefined;
    }
  }

  private noteFired(standing: AlarmStanding | undefined): void {
    if (standing === undefined || this.firedAt.has(standing.name)) return;
    const now = this.props.watch.now();
    const since = standing.since ?? now;
    this.firedAt.set(standing.name, since < this.began || since > now ? now : since);
    this.props.watch.say(`${standing.name} fired after ${Math.round((now - this.began) / 1000)} s.`);
  }

  /** Whether all is well; since when, after something was not, stands in `mendedAt`. */
  private async isSteady(): Promise<boolean> {
    const answers: (string | undefined)[] = [];
    for (const query of this.props.drill.steady) answers.push(await this.ask(query));
    const steady = answers.every((answer) => answer === undefined);
    this.hasFailed ||= !steady;
    this.mendedAt = steady && this.hasFailed ? (this.mendedAt ?? this.props.watch.now()) : undefined;
    return steady;
  }

  /** Asks a query; undefined when it holds, otherwise what was said. */
  private async ask({ command, matches }: Query): Promise<string | undefined> {
    try {
      const said = await this.props.connection.shell(command);
      return matches.test(said) ? undefined : `got "${said.slice(0, 200)}"`;
    } catch (error) {
      return (error as Error).message;
    }
  }

  private async evidence(injector: Injector, target: string): Promise<readonly Evidence[]> {
    const { connection, drill } = this.props;
    const all: Evidence[] = [];
    for (const command of [...drill.evidence, ...(injector.evidence ?? [])]) {
      const said = await connection
        .shell(command, { variables: { TARGET: target } })
        .catch((error: unknown) => (error as Error).message);
      all.push({ command: command.command, said: said.slice(0, 4000) });
    }
    return all;
  }

  private alarms(): readonly FiredAlarm[] {
    return this.fires.map(({ name, withinMinutes }) => {
      const firedAfterSeconds = this.secondsTo(this.firedAt.get(name));
      return { alarm: name, withinMinutes, ...(firedAfterSeconds !== undefined && { firedAfterSeconds }) };
    });
  }

  /** What alarms did not do that they had to, of a drill that was watched to its end. */
  private judgeAlarms(): void {
    for (const { alarm, firedAfterSeconds, withinMinutes } of this.alarms()) {
      if (firedAfterSeconds === undefined) this.faults.push(`${alarm} stayed silent for ${withinMinutes} minutes`);
      else if (firedAfterSeconds > withinMinutes * 60) this.faults.push(`${alarm} fired too late`);
    }
  }

  private secondsTo(time: number | undefined): number | undefined {
    return time === undefined ? undefined : Math.round((time - this.began) / 1000);
  }

  private scorecard({
    early,
    evidence,
    newest,
    recovered,
    restored,
  }: {
    readonly early: EndedEarly | undefined;
    readonly newest: string | undefined;
    readonly restored: number | undefined;
    readonly recovered: number | undefined;
    readonly evidence: readonly Evidence[];
  }): Scorecard {
    const { connection, drill, environment, run, watch, who } = this.props;
    const alarms = this.alarms();
    const mitigated = restored ?? this.mendedAt;
    const late = recovered === undefined || recovered > this.began + drill.recoverWithinMinutes * 60_000;
    if (late && early === undefined) {
      this.faults.push(`it was not as before within ${drill.recoverWithinMinutes} minutes`);
    }
    const newestAt = newest === undefined ? NaN : Date.parse(newest);
    const lostMinutes = Number.isNaN(newestAt) ? undefined : Math.max(0, Math.round((this.began - newestAt) / 60_000));
    const { loss } = drill;
    if (loss !== undefined && lostMinutes !== undefined && lostMinutes > loss.rpoMinutes) {
      this.faults.push(`${lostMinutes} minutes of data would be lost: ${loss.rpoMinutes} may be`);
    }
    if (loss !== undefined && restored !== undefined && restored - this.began > loss.rtoMinutes * 60_000) {
      this.faults.push(`the restore took longer than ${loss.rtoMinutes} minutes`);
    }
    const first = [...this.firedAt.values()].sort((a, b) => a - b)[0];
    return {
      run,
      drill: drill.name,
      environment: environment.name,
      who,
      began: this.at(this.began),
      ended: this.at(watch.now()),
      simulated: connection.ring !== undefined,
      verdict: early !== undefined ? "ended early" : this.faults.length === 0 ? "held" : "failed",
      faults: early === undefined ? this.faults : [`Ended early: ${early.why}`, ...this.faults],
      alarms,
      ...defined({
        detectSeconds: this.secondsTo(first),
        mitigateSeconds: this.secondsTo(mitigated),
        recoverSeconds: this.secondsTo(recovered),
        lostMinutes,
      }),
      evidence,
    };
  }

  private async step(step: Journal["step"]): Promise<void> {
    if (this.journal === undefined) return;
    this.journal = { ...this.journal, step };
    this.lastBeat = 0;
    await this.beat();
  }

  /** Says that the drill lives: one after the other, so that nothing is written after the end. */
  private beat(): Promise<void> {
    const now = this.props.watch.now();
    if (this.journal === undefined || now - this.lastBeat < BEAT_MS) return this.beating;
    this.lastBeat = now;
    const journal = { ...this.journal, beat: this.at(now) };
    this.beating = this.beating.catch(() => undefined).then(() => writeJournal(this.props.connection.store, journal));
    return this.beating;
  }

  private isStopped(): boolean {
    return this.props.signal.aborted;
  }

  private pause(): Promise<void> {
    return this.props.watch.sleep(this.props.pollMs ?? 15_000);
  }

  private at(time: number): string {
    return new Date(time).toISOString();
  }
}

function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
