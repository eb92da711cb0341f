import { CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { awsClient, awsFault, clientSettings, type AwsAccount } from "../aws/client";

/** How an alarm stands. */
export interface AlarmStanding {
  /** Its name. */
  readonly name: string;
  /** Its state; `MISSING` where there is no such alarm. */
  readonly state: "ALARM" | "INSUFFICIENT_DATA" | "MISSING" | "OK";
  /** When it came to that state, in milliseconds since 1970. @default - it is missing */
  readonly since?: number;
  /** Why, in CloudWatch's words. @default - it is missing */
  readonly reason?: string;
}

/** Tells how alarms stand. */
export interface Alarms {
  /** How each of these stands, in their order. */
  standings(names: readonly string[]): Promise<readonly AlarmStanding[]>;
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
const AT_ONCE = 100;

/** The alarms of an environment's account. */
export class CloudWatchAlarms implements Alarms {
  private readonly cloudWatch: CloudWatchClient;

  public constructor(
    private readonly account: AwsAccount,
    env: NodeJS.ProcessEnv,
  ) {
    this.cloudWatch = awsClient(CloudWatchClient, clientSettings(account, env));
  }

  /**
   * See {@link Alarms.standings}.
   * @throws CommandError with what helps, when CloudWatch doesn't tell
   */
  public async standings(names: readonly string[]): Promise<readonly AlarmStanding[]> {
    const found = new Map<string, AlarmStanding>();
    for (let from = 0; from < names.length; from += AT_ONCE) {
      const AlarmNames = names.slice(from, from + AT_ONCE);
      const { CompositeAlarms = [], MetricAlarms = [] } = await this.cloudWatch
        .send(
          new DescribeAlarmsCommand({ AlarmNames, AlarmTypes: ["CompositeAlarm", "MetricAlarm"], MaxRecords: AT_ONCE }),
        )
        .catch((error: unknown) => {
          throw awsFault(`The state of ${AlarmNames.length} alarms`, "asked for", error, this.account);
        });
      for (const {
        AlarmName: name = "",
        StateReason,
        StateTransitionedTimestamp,
        StateUpdatedTimestamp,
        StateValue,
      } of [...CompositeAlarms, ...MetricAlarms]) {
        const since = (StateTransitionedTimestamp ?? StateUpdatedTimestamp)?.getTime();
        found.set(name, { name, state: StateValue ?? "INSUFFICIENT_DATA", since, reason: StateReason });
      }
    }
    return names.map((name) => found.get(name) ?? { name, state: "MISSING" });
  }
}
