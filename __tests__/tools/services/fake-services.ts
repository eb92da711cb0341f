import { loadConfig, type Config } from "../../../config/load";
import { CommandError } from "../../../tools/command-error";
import { servicesCommand, type ServicesCommandProps } from "../../../tools/services/command";
import type { ServicesConnection } from "../../../tools/services/connection";

/** An environment in memory: what was asked of it, in order, and how it answers. */
export class FakeServices {
  public accountId = "444455556666";
  /** What the snapshot is, look by look. */
  public statuses: readonly string[] = ["creating", "creating", "available"];
  public ends: "Complete" | "Failed" | undefined = "Complete";
  public readonly calls: string[] = [];
  public readonly said: string[] = [];
  /** Tuesday, before the load. */
  public now = Date.parse("2026-03-10T06:00:00Z");
  public unreached = false;

  private readonly connection: ServicesConnection = {
    account: { environment: "dev", id: "444455556666", region: "us-east-1" },
    identity: { who: () => Promise.resolve({ accountId: this.accountId, arn: "arn:aws:iam::…:user/ada" }) },
    snapshots: {
      begin: (instance, snapshot) => {
        if (this.unreached) return Promise.reject(new CommandError("nobody answers"));
        this.calls.push(`snapshot ${instance} ${snapshot}`);
        return Promise.resolve();
      },
      look: () => {
        const [status = "available", ...rest] = this.statuses;
        this.statuses = rest;
        return Promise.resolve({ status, percent: 50 });
      },
    },
    jobs: {
      begin: ({ context, namespace }, template, variables) => {
        this.calls.push(`job ${context} ${namespace} ${template} ${JSON.stringify(variables)}`);
        return Promise.resolve(`${template}-1`);
      },
      look: () => Promise.resolve(this.ends),
      log: () => Promise.resolve('{"event":"service-database"}\n'),
    },
  };

  /** The command on this environment, of a configuration in which dev has all three services. */
  public command(props: ServicesCommandProps = {}) {
    return servicesCommand({
      load: withServices,
      connect: () => Promise.resolve(this.connection),
      watch: {
        now: () => this.now,
        sleep: (milliseconds) => Promise.resolve(void (this.now += milliseconds)),
        say: (line) => void this.said.push(line),
      },
      ask: () => Promise.resolve(""),
      ...props,
    });
  }
}

function withServices(): Config {
  const config = loadConfig();
  const services = { concourse: {}, grafana: {}, redash: {} };
  return {
    ...config,
    environments: config.environments.map(
      (environment) => ({ ...services, ...environment }) as unknown as Config["environments"][number],
    ),
  };
}
