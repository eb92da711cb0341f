import Table from "cli-table3";
import pc from "picocolors";
import { stackName } from "../../config/names";
import { diffCommand } from "../next-step";
import { isOnItsWay, type EtlJob, type JobState } from "./jobs";
import { bothClocks, duration } from "./moments";
import type { EtlStatus, LastLaunch, Read } from "./status";
import { runText } from "./stop";

/** Width of the last column: a terminal of 120 columns holds the table. */
const WIDTH = 88;
/** How many ended Jobs are shown of each of several ETLs, and of a single one. */
const [FEW, MANY] = [3, 10];

const PAINT: Readonly<Record<JobState, (text: string) => string>> = {
  waiting: pc.yellow,
  running: pc.green,
  succeeded: pc.green,
  failed: pc.red,
  deleting: pc.yellow,
};

/** The table that people read, and below it why parts of it are unknown. */
export function statusText(statuses: readonly EtlStatus[], now: number): string {
  return new StatusText(now, statuses.length === 1 ? MANY : FEW).of(statuses);
}

class StatusText {
  /** Why something is unknown: one fault often hides several parts. */
  private readonly reasons: string[] = [];

  public constructor(
    private readonly now: number,
    private readonly many: number,
  ) {}

  public of(statuses: readonly EtlStatus[]): string {
    const table = new Table({
      head: ["etl", "what", "state"],
      colWidths: [null, null, WIDTH],
      wordWrap: true,
      style: { head: [], border: [] },
      chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
    });
    for (const status of statuses) {
      // Lines between all rows would double the table; an empty row parts the ETLs.
      table.push(["", "", ""]);
      for (const [index, row] of this.rows(status).entries()) {
        table.push([index === 0 ? pc.bold(status.etl) : "", ...row]);
      }
    }
    return [table.toString(), ...this.reasons.map((reason, index) => `[${index + 1}] ${reason}`)].join("\n");
  }

  private rows(status: EtlStatus): string[][] {
    return [
      ["schedule", this.schedule(status)],
      ...(status.next === undefined ? [] : [["next slot", this.next(status.next, status.schedule)]]),
      ["running", this.told(status.jobs, runningText)],
      ["last Jobs", this.told(status.jobs, (jobs) => this.ended(jobs))],
      ["dead letters", this.letters(status.deadLetters)],
      ["last launch", this.told(status.lastLaunch, launchText)],
    ];
  }

  private told<T>(part: Read<T>, text: (value: T) => string): string {
    if ("value" in part) return text(part.value);
    if (!this.reasons.includes(part.error)) this.reasons.push(part.error);
    return pc.yellow(`unknown [${this.reasons.indexOf(part.error) + 1}]`);
  }

  private schedule({ config, schedule, environment }: EtlStatus): string {
    const wanted = config.schedule;
    if (schedule === undefined || wanted === undefined) return "none: it runs when somebody launches it";
    return this.told(schedule, ({ state, expression, timeZone }) => {
      const on = state === "ENABLED";
      const how =
        on === config.enabled
          ? "as config says"
          : pc.yellow(`${on ? "resumed" : "paused"} by hand: config says enabled: ${config.enabled}`);
      const same = expression === wanted.expression && timeZone === wanted.timeZone;
      return [
        `${on ? pc.green("on") : "off"}, ${how}`,
        `${expression} ${timeZone}`,
        ...(same
          ? []
          : [
              pc.yellow(
                `config says ${wanted.expression} ${wanted.timeZone}: changed by hand, or not deployed yet; ${diffCommand(stackName(environment, "stage3"))}`,
              ),
            ]),
      ].join("\n");
    });
  }

  private next({ at, timeZone }: NonNullable<EtlStatus["next"]>, schedule: EtlStatus["schedule"]): string {
    const moment = Date.parse(at);
    const text = `${bothClocks(moment, timeZone)}, in ${duration(moment - this.now)}`;
    if (schedule === undefined || "error" in schedule) return `${text}, if the schedule is on and as config says`;
    return schedule.value.state === "ENABLED" ? text : `none while it is off; otherwise ${text}`;
  }

  private ended(jobs: readonly EtlJob[]): string {
    const ended = jobs.filter(({ state }) => state === "succeeded" || state === "failed");
    if (ended.length === 0) return "none that ended is kept";
    const lines = ended
      .slice(0, this.many)
      .map(({ name, state, seconds, reason, range }) =>
        [
          `${name}  ${PAINT[state](state)}`,
          ...(seconds === undefined ? [] : [`in ${duration(seconds * 1000)}`]),
          ...(range === undefined ? [] : [`${range.from} to ${range.to}`]),
          ...(reason === undefined ? [] : [reason]),
        ].join(", "),
      );
    const more = ended.length - lines.length;
    return [...lines, ...(more > 0 ? [pc.dim(`and ${more} before`)] : [])].join("\n");
  }

  private letters({ undelivered, launchFailed }: EtlStatus["deadLetters"]): string {
    const counted = (name: string, part: Read<number>): string =>
      `${name}: ${this.told(part, (count) => (count === 0 ? "0" : pc.red(`${count}; its alarm has the steps`)))}`;
    return [
      ...(undelivered === undefined ? [] : [counted("not delivered by the scheduler", undelivered)]),
      counted("given up by the launcher", launchFailed),
    ].join("\n");
  }
}

function runningText(jobs: readonly EtlJob[]): string {
  const runs = jobs.filter((job) => isOnItsWay(job) || job.state === "deleting");
  return runs.length === 0 ? "nothing" : runs.map((run) => PAINT[run.state](runText(run))).join("\n");
}

function launchText(last: LastLaunch | null): string {
  if (last === null) return "none in the last two days";
  const { at, outcome, job, reason } = last;
  const paint = outcome === "LaunchFailed" ? pc.red : outcome === "Skipped" ? pc.yellow : String;
  return [
    `${paint(outcome)}${job === undefined ? "" : ` ${job}`}`,
    ...(reason === undefined ? [] : [reason]),
    bothClocks(Date.parse(at), "UTC"),
  ].join(", ");
}
