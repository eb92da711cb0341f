import { Construct } from "../../shared/cdktf";
import { Alarm, type AlarmProps } from "../../shared/observability/alarm";
import { aws } from "../../shared/observability/command";
import type { MonitoringContext } from "../../shared/observability/monitoring";

/** Properties of {@link FunctionAlarms}. */
export interface FunctionAlarmsProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** Name of the function. */
  readonly functionName: string;
  /** Seconds after which Lambda ends it. */
  readonly seconds: number;
}

/** How the function fares that runs all monitors: its own errors are none of a monitor's. */
export class FunctionAlarms extends Construct {
  /** The alarms. */
  public readonly alarms: readonly Alarm[];

  public constructor(scope: Construct, id: string, { functionName, monitoring, seconds }: FunctionAlarmsProps) {
    super(scope, id);
    const look = ["What it said:", aws(`logs tail /aws/lambda/${functionName} --since 3h`)];
    const alarm = (
      name: string,
      metric: readonly [name: string, statistic: string],
      props: Pick<AlarmProps, "intent" | "steps" | "threshold">,
    ): Alarm =>
      new Alarm(this, metric[0], {
        monitoring,
        name: `behavior-monitors-${name}`,
        severity: "ticket",
        metric: {
          namespace: "AWS/Lambda",
          name: metric[0],
          dimensions: { FunctionName: functionName },
          statistic: metric[1],
        },
        comparison: ">",
        periodSeconds: 300,
        periods: 3,
        missingData: "notBreaching",
        ...props,
      });
    this.alarms = [
      alarm("errors", ["Errors", "Sum"], {
        intent: "The function of the behavior monitors fails for a quarter of an hour, before it could ask a database.",
        steps: [look, "Misconfigured: the settings and the code were deployed apart; deploy stage3 as a whole."],
        threshold: 0,
      }),
      alarm("throttles", ["Throttles", "Sum"], {
        intent: "More behavior monitors come up at a time than may run, for a quarter of an hour: some run late.",
        steps: [look, "Move the schedules of some by a minute. Some are slow: their own alarms say which."],
        threshold: 0,
      }),
      alarm("slow", ["Duration", "p90"], {
        intent: `The function of the behavior monitors takes more than 80 % of its ${seconds} s for a quarter of an hour.`,
        steps: [look, "The monitors' own alarms say which of them is slow."],
        threshold: 0.8 * seconds * 1000,
      }),
    ];
  }
}
