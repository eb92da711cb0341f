import type { Answer } from "../../../lambdas/behavior-monitor/handler";
import { CommandError } from "../../../tools/command-error";
import { monitorsCommand, type MonitorsCommandProps } from "../../../tools/monitors/command";

/** An account whose function answers. */
export class FakeMonitors {
  public accountId = "444455556666";
  public answer: Answer | undefined = { monitor: "epic2op-rows", values: { all: 0 }, unlisted: 0 };
  public readonly ran: string[] = [];

  /** The command, on it. */
  public command(props: MonitorsCommandProps = {}) {
    return monitorsCommand({
      env: {},
      connect: () =>
        Promise.resolve({
          account: { environment: "dev", id: "444455556666", region: "us-east-1" },
          identity: { who: () => Promise.resolve({ accountId: this.accountId, arn: "arn:aws:iam::…:user/ada" }) },
          run: (monitor) => {
            this.ran.push(monitor);
            return this.answer === undefined
              ? Promise.reject(new CommandError("nobody answers"))
              : Promise.resolve(this.answer);
          },
        }),
      ...props,
    });
  }
}
