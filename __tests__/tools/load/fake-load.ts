import { loadConfig, type Config } from "../../../config/load";
import type { EnvironmentConfig } from "../../../config/schema/environment";
import { loadCommand, type LoadCommandProps } from "../../../tools/load/command";
import type { LoadConnection } from "../../../tools/load/connection";
import type { Summary } from "../../../tools/load/summary";
import { MemoryAlarms, MemoryStore } from "../exercise/fake-exercises";

/** The configuration, with one kind of request: tables stay short. */
function configOfOneKind(): Config {
  const config = loadConfig();
  return {
    ...config,
    environments: config.environments.map((one) => {
      const patient = one.load?.requests["patient"];
      return one.load && patient ? { ...one, load: { ...one.load, requests: { patient } } } : one;
    }),
  };
}

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
  public look: () => void | Promise<void> = () => undefined;
  /** Looks until it has ended by itself. */
  public looks = 3;
  public pods: readonly number[] = [];
  /** What it waits for before its load begins. */
  public waits: string | undefined;
  /** What is wrong with taking it away. */
  public cleaning: Error | undefined;
  /** What is wrong with stopping it, each time once. */
  public stopping: Error[] = [];

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
            look: async () => {
              this.looks -= 1;
              await this.look();
              return { ended: this.looks < 0, ...(this.waits !== undefined && { waits: this.waits }) };
            },
            stop: (reason) => {
              this.calls.push(`stop ${reason}`);
              const wrong = this.stopping.shift();
              if (wrong !== undefined) return Promise.reject(wrong);
              this.looks = 0;
              // As the pod has it: nobody tells it why.
              if (this.summary !== undefined)
                this.summary = { ...this.summary, reason: "stopped: its pod was stopped" };
              return Promise.resolve();
            },
            report: () => {
              const text = JSON.stringify(this.summary);
              const files: Record<string, Buffer> = {};
              if (this.summary !== undefined) files["summary.json"] = Buffer.from(text);
              return Promise.resolve({ files, said: "" });
            },
            clean: (finished) => {
              this.calls.push(`clean ${finished ? "ended" : "under way"}`);
              return this.cleaning === undefined ? Promise.resolve() : Promise.reject(this.cleaning);
            },
          });
        },
        close: () => Promise.resolve(void this.calls.push("close")),
      }),
  };

  /** The command, on it. */
  public command(props: LoadCommandProps = {}) {
    return loadCommand({
      load: configOfOneKind,
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
    generatorBusy: false,
    requests: [{ name: "patient", requests, failures, responseTimes: { [milliseconds]: requests } }],
    errors: [],
  };
}
