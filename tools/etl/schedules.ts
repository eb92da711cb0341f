import {
  GetScheduleCommand,
  SchedulerClient,
  UpdateScheduleCommand,
  type GetScheduleCommandOutput,
  type UpdateScheduleCommandInput,
} from "@aws-sdk/client-scheduler";
import { awsClient, awsFault, clientSettings, type AwsAccount } from "../aws/client";
import type { CommandError } from "../command-error";
import type { EtlTarget } from "./target";

/** A schedule's switch. */
export type SwitchState = "ENABLED" | "DISABLED";

/** A schedule as EventBridge Scheduler has it. */
export interface ScheduleNow {
  /** Its switch. */
  readonly state: SwitchState;
  /** When it fires, as `cron(…)` or `rate(…)`. */
  readonly expression: string;
  /** The clock that it follows, an IANA name. */
  readonly timeZone: string;
}

/** The ETLs' schedules. */
export interface Schedules {
  /** @throws CommandError when it cannot be read, or is not there */
  get(target: EtlTarget): Promise<ScheduleNow>;
  /** Turns its switch and changes nothing else. */
  turn(target: EtlTarget, state: SwitchState): Promise<void>;
}

/** The schedules of EventBridge Scheduler. */
export class SchedulerSchedules implements Schedules {
  private readonly scheduler: SchedulerClient;

  public constructor(
    private readonly account: AwsAccount,
    env: NodeJS.ProcessEnv,
  ) {
    this.scheduler = awsClient(SchedulerClient, clientSettings(account, env));
  }

  /** See {@link Schedules.get}. */
  public async get(target: EtlTarget): Promise<ScheduleNow> {
    const { State, ScheduleExpression = "", ScheduleExpressionTimezone = "UTC" } = await this.read(target);
    return {
      state: State === "DISABLED" ? "DISABLED" : "ENABLED",
      expression: ScheduleExpression,
      timeZone: ScheduleExpressionTimezone,
    };
  }

  /** See {@link Schedules.turn}. */
  public async turn(target: EtlTarget, state: SwitchState): Promise<void> {
    const schedule = await this.read(target);
    // An update sets what it leaves out to its default: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html
    const input: UpdateScheduleCommandInput = {
      Name: schedule.Name,
      GroupName: schedule.GroupName,
      Description: schedule.Description,
      ScheduleExpression: schedule.ScheduleExpression,
      ScheduleExpressionTimezone: schedule.ScheduleExpressionTimezone,
      StartDate: schedule.StartDate,
      EndDate: schedule.EndDate,
      FlexibleTimeWindow: schedule.FlexibleTimeWindow,
      Target: schedule.Target,
      KmsKeyArn: schedule.KmsKeyArn,
      ActionAfterCompletion: schedule.ActionAfterCompletion,
      State: state,
    };
    await this.scheduler.send(new UpdateScheduleCommand(input)).catch((error: unknown) => {
      throw this.fault(target, "changed", error);
    });
  }

  private read(target: EtlTarget): Promise<GetScheduleCommandOutput> {
    const command = new GetScheduleCommand({ GroupName: target.scheduleGroup, Name: target.names.schedule });
    return this.scheduler.send(command).catch((error: unknown) => {
      throw this.fault(target, "read", error);
    });
  }

  private fault({ names, scheduleGroup }: EtlTarget, verb: string, error: unknown): CommandError {
    return awsFault(`The schedule ${scheduleGroup}/${names.schedule}`, verb, error, this.account);
  }
}
