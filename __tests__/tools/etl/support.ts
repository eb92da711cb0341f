import { stripVTControlCharacters } from "node:util";
import { loadConfig, type Config } from "../../../config/load";
import type { EtlConfig } from "../../../config/schema/etl";
import type { LaunchEvent } from "../../../lambdas/etl-launcher/event";
import { jobName, slotOf } from "../../../lambdas/etl-launcher/slot";
import { etlCommand } from "../../../tools/etl/command";
import type { Connection } from "../../../tools/etl/connection";
import type { Watch } from "../../../tools/wall-clock";
import { isOnItsWay, type EtlJob, type JobState } from "../../../tools/etl/jobs";
import type { Answer } from "../../../tools/etl/launcher";
import type { LogEvent, LogQuery } from "../../../tools/etl/log-events";
import { CommandError } from "../../../tools/command-error";
import type { ScheduleNow, SwitchState } from "../../../tools/etl/schedules";
import { findTarget, type EtlTarget } from "../../../tools/etl/target";

/** Sunday in New York, some hours after its clocks went forward. */
export const NOW = Date.parse("2026-03-08T14:20:30Z");

const config = loadConfig();

/** The project's configuration, with other settings of dev's ETLs. */
export function configWith(changes: Readonly<Record<string, Partial<EtlConfig>>> = {}): Config {
  return {
    ...config,
    environments: config.environments.map((environment) => {
      if (environment.name !== "dev") return environment;
      const etls = Object.entries(environment.etls).map(([name, etl]) => [name, { ...etl, ...changes[name] }] as const);
      return { ...environment, etls: Object.fromEntries(etls) };
    }),
  };
}

/** An ETL of dev. */
export function devTarget(etl: string, from = config): EtlTarget {
  return findTarget(from, "dev", etl);
}

/** An environment in memory: what is there, and which calls would change something. */
export class FakeEnvironment {
  /** Account of the credentials. */
  public accountId = "444455556666";
  public readonly schedules = new Map<string, ScheduleNow>();
  public readonly queues = new Map<string, number>();
  public jobs: EtlJob[] = [];
  public readonly logs: (LogEvent & { readonly group: string; readonly stream: string })[] = [];
  /** Every call that would change something. */
  public readonly changes: string[] = [];
  /** Events that launchers got. */
  public readonly events: LaunchEvent[] = [];
  /** What cannot be reached. */
  public broken: readonly ("identity" | "schedules" | "queues" | "jobs" | "logs")[] = [];
  /** What every launcher answers. @default - as the real one */
  public answer: Answer | undefined;
  /** Polls for which a deleted Job is still there. */
  public lingers = 0;
  /** The clock; sleeping moves it. */
  public now = NOW;
  /** What is called in place of the fifth sleep and later ones. */
  public whileAsleep: (sleeps: number) => void = () => undefined;
  public readonly said: string[] = [];
  private sleeps = 0;

  public readonly watch: Watch = {
    now: () => this.now,
    sleep: (milliseconds) => {
      this.now += milliseconds;
      this.sleeps += 1;
      this.whileAsleep(this.sleeps);
      return Promise.resolve();
    },
    say: (line) => void this.said.push(line),
  };

  public readonly connection: Connection = {
    account: { environment: "dev", id: "444455556666", region: "us-east-1" },
    identity: {
      who: () => this.reach("identity", () => ({ accountId: this.accountId, arn: "arn:aws:iam::…:user/ada" })),
    },
    schedules: {
      get: ({ names }) =>
        this.reach("schedules", () => {
          const schedule = this.schedules.get(names.schedule);
          if (schedule === undefined) throw new CommandError(`The schedule ${names.schedule} is not there`);
          return schedule;
        }),
      turn: ({ names }, state) =>
        this.change(`turn ${names.schedule} ${state}`, () => {
          const schedule = this.schedules.get(names.schedule);
          if (schedule !== undefined) this.schedules.set(names.schedule, { ...schedule, state });
        }),
    },
    launchers: { invoke: (name, event) => this.change(`invoke ${name}`, () => this.launch(event)) },
    queues: { depth: (queue) => this.reach("queues", () => this.queues.get(queue) ?? 0) },
    logs: { read: (query) => this.read(query) },
    jobs: {
      list: () =>
        this.reach("jobs", () => {
          this.jobs = this.jobs.filter(({ state }) => state !== "deleting" || this.lingers > 0);
          if (this.jobs.some(({ state }) => state === "deleting")) this.lingers -= 1;
          return [...this.jobs];
        }),
      remove: (_place, { uid, name }) =>
        this.change(`delete ${name}`, () => {
          this.jobs = this.jobs.map((job) => (job.uid === uid ? { ...job, state: "deleting" } : job));
        }),
    },
  };

  /** Puts a schedule there as the stack makes it. */
  public deploy(etl: string, state: SwitchState, deployed = config): void {
    const { config: settings, names } = devTarget(etl, deployed);
    if (settings.schedule !== undefined) this.schedules.set(names.schedule, { ...settings.schedule, state });
  }

  /** Puts a Job there. */
  public addJob(etl: string, slot: string, state: JobState, more: Partial<EtlJob> = {}): EtlJob {
    const job: EtlJob = {
      name: `${etl}-dev-${slot}`,
      etl,
      slot,
      uid: `uid-${etl}-${slot}-${this.jobs.length}`,
      state,
      createdAt: "2026-03-08T14:00:01Z",
      ...more,
    };
    this.jobs.push(job);
    return job;
  }

  /** What the launcher would do, in its words. */
  private launch(event: LaunchEvent): Answer {
    this.events.push(event);
    if (this.answer !== undefined) return this.answer;
    const slot = slotOf(new Date(event.scheduledTime));
    const job = jobName(event.etl, "dev", slot);
    const result = { job, slot: slot.id };
    const jobs = this.jobs.filter(({ etl }) => etl === event.etl);
    if (jobs.some(({ name }) => name === job)) return { result: { outcome: "Duplicate", ...result } };
    const running = jobs.find(isOnItsWay);
    if (running !== undefined) return { result: { outcome: "Skipped", ...result, running: running.name } };
    this.addJob(event.etl, slot.id, "running");
    return { result: { outcome: "Launched", ...result } };
  }

  private async *read({ group, streams = "", since, phrase = "" }: LogQuery): AsyncGenerator<LogEvent> {
    await this.reach("logs", () => undefined);
    for (const event of this.logs.toSorted((a, b) => a.timestamp - b.timestamp)) {
      const wanted = event.group === group && event.stream.startsWith(streams) && event.message.includes(phrase);
      if (wanted && event.timestamp >= since) yield event;
    }
  }

  private change<T>(what: string, work: () => T): Promise<T> {
    this.changes.push(what);
    return Promise.resolve(work());
  }

  private reach<T>(part: (typeof this.broken)[number], work: () => T): Promise<T> {
    return new Promise((resolve) => {
      if (this.broken.includes(part)) throw new CommandError(`the ${part} cannot be reached`);
      resolve(work());
    });
  }
}

const exitCode = () => process.exitCode;

/** What a run of `opsdx etl …` prints, its exit code, and the message that it fails with. */
export async function run(line: string, environment: FakeEnvironment, loaded = config) {
  let out = "";
  const log = jest.spyOn(console, "log").mockImplementation((text: string) => {
    out += `${text}\n`;
  });
  const before = process.exitCode;
  try {
    process.exitCode = 0;
    const command = etlCommand({
      load: () => loaded,
      connect: () => environment.connection,
      watch: environment.watch,
    });
    const failure = await command.parseAsync(line.split(" "), { from: "user" }).then(
      () => undefined,
      (fault: unknown) => (fault instanceof Error ? fault.message : String(fault)),
    );
    return { out: stripVTControlCharacters(out).trimEnd(), failure, exitCode: exitCode() };
  } finally {
    process.exitCode = before;
    log.mockRestore();
  }
}
