import { CloudWatchLogsClient, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import { awsClient, awsFault, clientSettings, type AwsAccount } from "../aws/client";

/** A line of a log. */
export interface LogEvent {
  /** What no other line has. */
  readonly id: string;
  /** When it was written, in milliseconds since 1970. */
  readonly timestamp: number;
  /** The line. */
  readonly message: string;
}

/** Which lines. */
export interface LogQuery {
  /** Name of the log group. */
  readonly group: string;
  /** Start of the streams' names. @default - every stream */
  readonly streams?: string;
  /** The first moment, in milliseconds since 1970. */
  readonly since: number;
  /** A phrase that the line has. @default - every line */
  readonly phrase?: string;
}

/** The log groups. */
export interface LogEvents {
  /**
   * The lines, oldest first.
   * @throws CommandError when they cannot be read, or the group is not there
   */
  read(query: LogQuery): AsyncIterable<LogEvent>;
}

/** The log groups of CloudWatch. */
export class CloudWatchLogEvents implements LogEvents {
  private readonly client: CloudWatchLogsClient;

  public constructor(
    private readonly account: AwsAccount,
    env: NodeJS.ProcessEnv,
  ) {
    this.client = awsClient(CloudWatchLogsClient, clientSettings(account, env));
  }

  /** See {@link LogEvents.read}. */
  public async *read({ group, streams, since, phrase }: LogQuery): AsyncGenerator<LogEvent> {
    try {
      const pages = paginateFilterLogEvents(
        { client: this.client },
        {
          logGroupName: group,
          logStreamNamePrefix: streams,
          startTime: since,
          filterPattern: phrase === undefined ? undefined : `"${phrase}"`,
        },
      );
      for await (const { events = [] } of pages) {
        for (const { eventId: id = "", timestamp = 0, message = "" } of events) yield { id, timestamp, message };
      }
    } catch (error) {
      throw awsFault(`The log group ${group}`, "read", error, this.account);
    }
  }
}
