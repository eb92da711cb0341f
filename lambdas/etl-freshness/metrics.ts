import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from "@aws-sdk/client-cloudwatch";

/** Reads the newest value of a metric of several ETLs. */
export interface Metrics {
  /**
   * By ETL, when the newest value was written (the end of its period, at most now) and what it is; ETLs without a value are left out.
   * @param days - how far back to look: up to 14 to the minute, up to 454 to the hour
   */
  newest(metric: string, etls: readonly string[], days: number, now: number): Promise<ReadonlyMap<string, Newest>>;
}

/** The newest value of a metric. */
export interface Newest {
  /** When it was written, in milliseconds since 1970. */
  readonly at: number;
  /** What it is, in the metric's unit. */
  readonly value: number;
}

const DAY = 24 * 3600 * 1000;
/**
 * How far back values are kept to the minute, less a day for rounding, and a request's most metrics.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
const MINUTE_DAYS = 14;
const METRICS_PER_REQUEST = 500;

/** How long one look may take: what goes wrong is told before Lambda ends the function. */
export const LOOK_LIMIT_MS = 25_000;
/** How long a connection may take, and an answer stay away. */
const CONNECT_MS = 2_000;
const SILENCE_MS = 6_000;

/** The metrics of a namespace in CloudWatch, for one look at them. */
export class CloudWatchMetrics implements Metrics {
  readonly #client: CloudWatchClient;
  readonly #limit: AbortSignal;

  constructor(
    private readonly namespace: string,
    region: string,
    private readonly limitMs = LOOK_LIMIT_MS,
  ) {
    this.#client = new CloudWatchClient({
      region,
      maxAttempts: 3,
      requestHandler: {
        connectionTimeout: CONNECT_MS,
        requestTimeout: SILENCE_MS,
        throwOnRequestTimeout: true,
        socketTimeout: SILENCE_MS,
      },
    });
    this.#limit = AbortSignal.timeout(limitMs);
  }

  /** See {@link Metrics.newest}. */
  async newest(
    metric: string,
    etls: readonly string[],
    days: number,
    now: number,
  ): Promise<ReadonlyMap<string, Newest>> {
    const found = new Map<string, Newest>();
    const period = days <= MINUTE_DAYS ? 60 : 3600;
    for (let start = 0; start < etls.length; start += METRICS_PER_REQUEST) {
      const some = etls.slice(start, start + METRICS_PER_REQUEST);
      let token: string | undefined;
      do {
        const command = new GetMetricDataCommand({
          MetricDataQueries: some.map((etl, index) => this.query(`m${index}`, metric, etl, period)),
          StartTime: new Date(now - days * DAY),
          EndTime: new Date(now),
          ScanBy: "TimestampDescending",
          NextToken: token,
        });
        const page = await this.#client.send(command, { abortSignal: this.#limit }).catch((error: unknown) => {
          if (!this.#limit.aborted) throw error;
          throw new Error(`CloudWatch gave no whole answer within ${this.limitMs / 1000} s`, { cause: error });
        });
        for (const { Id = "", Timestamps = [], Values = [] } of page.MetricDataResults ?? []) {
          const etl = some[Number(Id.slice(1))];
          const [at, value] = [Timestamps[0], Values[0]];
          // The newest come first: later pages hold older ones.
          if (etl === undefined || at === undefined || value === undefined || found.has(etl)) continue;
          found.set(etl, { at: Math.min(now, at.getTime() + period * 1000), value });
        }
        token = some.every((etl) => found.has(etl)) ? undefined : page.NextToken;
      } while (token !== undefined);
    }
    return found;
  }

  private query(id: string, metric: string, etl: string, period: number): MetricDataQuery {
    return {
      Id: id,
      MetricStat: {
        Metric: {
          Namespace: this.namespace,
          MetricName: metric,
          Dimensions: [{ Name: "Etl", Value: etl }],
        },
        Period: period,
        Stat: "Maximum",
      },
    };
  }
}
