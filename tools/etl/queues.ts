import { GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from "@aws-sdk/client-sqs";
import { awsClient, awsFault, clientSettings, type AwsAccount } from "../aws/client";

/** The dead-letter queues. */
export interface Queues {
  /**
   * Messages in a queue, those included that somebody looks at right now.
   * @throws CommandError when it cannot be read, or is not there
   */
  depth(queue: string): Promise<number>;
}

/** The queues of SQS. */
export class SqsQueues implements Queues {
  private readonly sqs: SQSClient;

  public constructor(
    private readonly account: AwsAccount,
    env: NodeJS.ProcessEnv,
  ) {
    this.sqs = awsClient(SQSClient, clientSettings(account, env));
  }

  /** See {@link Queues.depth}. */
  public async depth(queue: string): Promise<number> {
    try {
      const { QueueUrl } = await this.sqs.send(new GetQueueUrlCommand({ QueueName: queue }));
      const { Attributes = {} } = await this.sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl,
          AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        }),
      );
      return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
    } catch (error) {
      throw awsFault(`The queue ${queue}`, "read", error, this.account);
    }
  }
}
