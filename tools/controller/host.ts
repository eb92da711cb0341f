import type { EnvironmentConfig } from "../../config/schema/environment";
import { controllerGroup, stackName } from "../../config/names";
import { CommandError } from "../command-error";
import { deployCommand } from "../next-step";
import { UnansweredError, type Account } from "../preflight/account";

/** A controller, as its group and Systems Manager see it. */
export interface ControllerState {
  /** Id of the instance. */
  readonly id: string;
  /** What its group does with it, for example `InService`. */
  readonly lifecycle: string;
  /** Whether EC2's checks pass, as its group sees it. */
  readonly health: string;
  /** Whether the agent that lets people in answers: `Online`, `ConnectionLost`; `none` before it did for the first time. */
  readonly agent: string;
}

/** An environment's controllers. */
export interface ControllerStates {
  /** How many there shall be: 1, or 0 when they were stopped. */
  readonly wanted: number;
  /** Those that there are. */
  readonly controllers: readonly ControllerState[];
}

interface GroupAnswer {
  readonly AutoScalingGroups?: readonly {
    readonly DesiredCapacity: number;
    readonly Instances: readonly {
      readonly InstanceId: string;
      readonly LifecycleState: string;
      readonly HealthStatus: string;
    }[];
  }[];
}

interface AgentAnswer {
  readonly InstanceInformationList?: readonly { readonly InstanceId: string; readonly PingStatus: string }[];
}

/** The controllers of an environment, by the AWS CLI. */
export class ControllerHost {
  private readonly group: string;

  public constructor(
    private readonly environment: Pick<EnvironmentConfig, "name">,
    private readonly account: Pick<Account, "ask">,
  ) {
    this.group = controllerGroup(environment.name);
  }

  /**
   * What there is.
   * @throws CommandError when the group was not made, or AWS does not answer
   */
  public async states(): Promise<ControllerStates> {
    const { AutoScalingGroups: [group] = [] } = (await this.call([
      ...["autoscaling", "describe-auto-scaling-groups", "--auto-scaling-group-names", this.group],
    ])) as GroupAnswer;
    if (group === undefined) {
      const deploy = deployCommand(stackName(this.environment.name, "stage1"));
      throw new CommandError(`${this.group} must be made first, and is not there: ${deploy}`);
    }
    const { InstanceInformationList: agents = [] } = (await this.call([
      ...["ssm", "describe-instance-information", "--filters", `Key=tag:Name,Values=${this.group}`],
    ])) as AgentAnswer;
    const controllers = group.Instances.map((instance) => ({
      id: instance.InstanceId,
      lifecycle: instance.LifecycleState,
      health: instance.HealthStatus,
      agent: agents.find(({ InstanceId }) => InstanceId === instance.InstanceId)?.PingStatus ?? "none",
    }));
    return { wanted: group.DesiredCapacity, controllers };
  }

  /**
   * Says how many there shall be.
   * @throws CommandError when AWS refuses it
   */
  public async want(count: 0 | 1): Promise<void> {
    await this.call([
      ...["autoscaling", "set-desired-capacity", "--auto-scaling-group-name", this.group],
      ...["--desired-capacity", String(count)],
    ]);
  }

  private async call(words: readonly string[]): Promise<unknown> {
    try {
      return (await this.account.ask(words)) ?? {};
    } catch (error) {
      if (error instanceof UnansweredError) throw new CommandError(error.message);
      throw error;
    }
  }
}
