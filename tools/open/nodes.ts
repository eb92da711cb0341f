import { DescribeInstanceInformationCommand, SSMClient } from "@aws-sdk/client-ssm";
import { awsClient, awsFault, clientSettings, type AwsAccount } from "../aws/client";
import { CommandError } from "../command-error";

/** Finds nodes that Session Manager reaches. */
export interface Nodes {
  /** Id of an instance of the first of these auto scaling groups that has one. */
  online(groups: readonly string[]): Promise<string>;
}

/** Asks Systems Manager, whose agent runs on every node. */
export class SessionNodes implements Nodes {
  private readonly ssm: SSMClient;

  public constructor(
    private readonly account: AwsAccount,
    env: NodeJS.ProcessEnv,
  ) {
    this.ssm = awsClient(SSMClient, clientSettings(account, env));
  }

  /**
   * See {@link Nodes.online}.
   * @throws CommandError when there is none, or nobody answers
   */
  public async online(groups: readonly string[]): Promise<string> {
    for (const group of groups) {
      const id = await this.onlineIn(group);
      if (id !== undefined) return id;
    }
    throw new CommandError(
      `${groups.join(" or ")} must have a node that Session Manager reaches, and has none online. See its nodes: ` +
        `aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names ${groups.join(" ")} --query "AutoScalingGroups[].Instances[].[InstanceId,LifecycleState]" --output table`,
    );
  }

  private async onlineIn(group: string): Promise<string | undefined> {
    const { InstanceInformationList: found = [] } = await this.ssm
      .send(
        new DescribeInstanceInformationCommand({
          // Instances have the name of their group.
          Filters: [
            { Key: "tag:Name", Values: [group] },
            { Key: "PingStatus", Values: ["Online"] },
          ],
        }),
      )
      .catch((error: unknown) => {
        throw awsFault(`The nodes of ${group}`, "found", error, this.account);
      });
    return found.flatMap(({ InstanceId }) => InstanceId ?? []).sort()[0];
  }
}
