import { loadConfig } from "../../../config/load";
import type { EnvironmentConfig } from "../../../config/schema/environment";
import { loadCommand, type LoadCommandProps } from "../../../tools/load/command";
import type { LoadConnection } from "../../../tools/load/connection";
import type { Summary } from "../../../tools/load/summary";
import { MemoryAlarms, MemoryStore } from "../exercise/fake-exercises";

/** An environment in memory: what was begun, and how it ended. */
export class FakeLoad {
  public accountId = "444455556666";
  public readonly store = new MemoryStore();
  public readonly alarms = new MemoryAlarms();
  public readonly calls: string[] = [];
  public readonly said: string[] = [];
  /** Tuesday, before the load. */
  public now = Date.parse("2026-03-10T06:00:00Z");
  public summary: Summary | undefined = summaryOf(1000, 0, 50);
  /** What happens at each look. */
  public look: () => void = () => undefined;
  /** Looks until it has ended by itself. */
  public looks = 3;
  public pods: readonly number[] = [];

  private readonly connection: LoadConnection = {
    account: { environment: "dev", id: "444455556666", region: "us-east-1" },
    identity: { who: () => Promise.resolve({ accountId: this.accountId, arn: "arn:aws:iam::…:user/ada" }) },
    store: this.store,
    alarms: this.alarms,
    autoscaler: () => ({
      look: () => {
        const [current, ...rest] = this.pods;
        this.pods = rest;
        return Promise.resolve(current === undefined ? undefined : { current, desired: current });
      },
    }),
    prepare: () =>
      Promise.resolve({
        where: "cluster",
        aroundSeconds: 900,
        start: ({ plan, run }) => {
          this.calls.push(`start ${plan.profile} ${plan.host} ${run}`);
          return Promise.resolve({
            ended: () => {
              this.look();
              this.looks -= 1;
              return Promise.resolve(this.looks < 0);
            },
            stop: (reason) => {
              this.calls.push(`stop ${reason}`);
              this.looks = 0;
              if (this.summary !== undefined) this.summary = { ...this.summary, reason: `stopped: ${reason}` };
              return Promise.resolve();
            },
            report: () => {
              const text = JSON.stringify(this.summary);
              const files: Record<string, Buffer> = {};
              if (this.summary !== undefined) files["summary.json"] = Buffer.from(text);
              return Promise.resolve({ files, said: "" });
            },
            clean: (finished) => Promise.resolve(void this.calls.push(`clean ${finished ? "ended" : "under way"}`)),
          });
        },
        close: () => Promise.resolve(void this.calls.push("close")),
      }),
  };

  /** The command, on it. */
  public command(props: LoadCommandProps = {}) {
    return loadCommand({
      load: loadConfig,
      connect: (environment: EnvironmentConfig) =>
        Promise.resolve({ ...this.connection, account: { environment: environment.name, ...environment.account } }),
      watch: {
        now: () => this.now,
        sleep: (milliseconds) => Promise.resolve(void (this.now += milliseconds)),
        say: (line) => void this.said.push(line),
      },
      ...props,
    });
  }
}

/** What a run saw in which so many requests took so many milliseconds, in 100 seconds. */
export function summaryOf(requests: number, failures: number, milliseconds: number): Summary {
  return {
    profile: "smoke",
    reason: "done",
    started: 1_773_122_400,
    seconds: 100,
    mostUsers: 2,
    annotation: "made (200)",
    requests: [{ name: "patient", requests, failures, responseTimes: { [milliseconds]: requests } }],
    errors: [],
  };
}
