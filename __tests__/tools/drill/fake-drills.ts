import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadConfig, type Config } from "../../../config/load";
import { CommandError } from "../../../tools/command-error";
import { drillCommand, type DrillCommandProps } from "../../../tools/drill/command";
import type { DrillConnection } from "../../../tools/drill/connection";
import { MemoryAlarms, MemoryStore } from "../exercise/fake-exercises";

/** Monday, in the middle of the day in New York. */
const NOON = Date.parse("2026-03-09T18:00:00Z");

/** An environment in memory, with a clock that runs when somebody waits: what was asked of it, and how it answers. */
export class FakeDrills {
  public accountId = "444455556666";
  public now = NOON;
  public readonly store = new MemoryStore();
  public readonly alarms = new MemoryAlarms();
  public readonly calls: string[] = [];
  public readonly said: string[] = [];
  public readonly root = mkdtempSync(path.join(tmpdir(), "drills-"));
  /** What commands answer, by a part of theirs; the first that fits. An Error fails. */
  public readonly answers = new Map<string, string | Error | (() => string)>([
    ["get cronjob chaoskube", '{"spec":{"jobTemplate":{"spec":{"template":{"spec":{"containers":[{}]}}}}}}'],
    ["get-function-concurrency", "1"],
    ["jsonpath", "2/2"],
  ]);
  /** What happens after so many seconds of the clock, counted from its start. */
  public readonly events: { readonly after: number; readonly happens: () => void }[] = [];

  public readonly connection: DrillConnection = {
    account: { environment: "dev", id: "444455556666", region: "us-east-1" },
    identity: { who: () => Promise.resolve({ accountId: this.accountId, arn: "arn:aws:iam::…:user/ada" }) },
    store: this.store,
    shell: ({ command }, { signal, variables = {} } = {}) => {
      if (signal?.aborted === true) return Promise.reject(new CommandError("ended"));
      const told = variables["TARGET"] ?? "";
      this.calls.push(told === "" ? command : `TARGET=${told} ${command}`);
      const [, answer = ""] = [...this.answers].find(([part]) => command.includes(part)) ?? [];
      if (answer instanceof Error) return Promise.reject(answer);
      return Promise.resolve(typeof answer === "string" ? answer : answer());
    },
    standings: (alarms) => this.alarms.standings(alarms.map(({ name }) => name)),
  };

  /** An alarm fires, so many seconds after the start. */
  public fires(name: string, after: number, until = Infinity): void {
    this.events.push({
      after,
      happens: () => void this.alarms.states.set(name, { name, state: "ALARM", since: this.now }),
    });
    this.events.push({ after: until, happens: () => void this.alarms.states.delete(name) });
  }

  public command(props: DrillCommandProps = {}) {
    return drillCommand({
      connect: () => Promise.resolve(this.connection),
      watch: {
        now: () => this.now,
        sleep: (milliseconds) => {
          const before = this.now;
          this.now += milliseconds;
          for (const { after, happens } of this.events) {
            const at = NOON + after * 1000;
            if (before < at && at <= this.now) happens();
          }
          return Promise.resolve();
        },
        say: (line) => void this.said.push(line),
      },
      ask: () => Promise.resolve(""),
      root: this.root,
      env: {},
      ...props,
    });
  }
}

/** The configuration, with other settings of drills in dev. */
export function withDrills(settings: object): Config {
  const config = loadConfig();
  return {
    ...config,
    environments: config.environments.map((environment) =>
      environment.name === "dev" && environment.drills !== undefined
        ? { ...environment, drills: { ...environment.drills, ...settings } }
        : environment,
    ),
  };
}

/** In each test of the file, nothing of what commands print is shown, and no exit code is kept. */
export function silently(): void {
  beforeEach(() => {
    jest.spyOn(console, "log").mockReturnValue();
    jest.spyOn(console, "error").mockReturnValue();
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.exitCode = undefined;
  });
}
