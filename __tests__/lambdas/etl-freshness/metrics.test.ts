import { CloudWatchMetrics } from "../../../lambdas/etl-freshness/metrics";
import { BadServer } from "../../tools/aws/servers";
import { FakeAws } from "../../tools/etl/fake-aws";

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 10, 28, 12);

interface Query {
  readonly Id: string;
  readonly MetricStat: { readonly Metric: { readonly Dimensions: readonly { readonly Value: string }[] } };
}
interface Asked {
  readonly MetricDataQueries: readonly Query[];
  readonly StartTime: number;
  readonly EndTime: number;
  readonly ScanBy: string;
  readonly NextToken?: string;
}

let aws: FakeAws;
beforeEach(async () => {
  aws = await FakeAws.start();
});
afterEach(async () => {
  await aws.stop();
});

/** A page: by place of the query, the newest first, minutes before now and values. */
const page = (
  results: Readonly<Record<number, readonly (readonly [minutes: number, value: number])[]>>,
  NextToken?: string,
) => ({
  body: JSON.stringify({
    MetricDataResults: Object.entries(results).map(([index, values]) => ({
      Id: `m${index}`,
      Timestamps: values.map(([minutes]) => (NOW - minutes * MINUTE) / 1000),
      Values: values.map(([, value]) => value),
      StatusCode: NextToken === undefined ? "Complete" : "PartialData",
    })),
    ...(NextToken !== undefined && { NextToken }),
  }),
});

const asked = (): readonly Asked[] => aws.asked.map(({ body }) => JSON.parse(body) as Asked);
const newest = (etls: readonly string[], days = 14) =>
  new CloudWatchMetrics("OpsDX/ETL", "us-east-1").newest("RunSucceeded", etls, days, NOW);

describe("the newest value of a metric", () => {
  it("is the first of each ETL, at the end of its minute; who has none is left out", async () => {
    aws.answers = [
      page({
        0: [
          [10, 1],
          [25, 2],
        ],
        2: [[3, 7]],
        1: [],
      }),
    ];
    expect([...(await newest(["epic2op", "op2dw", "weekly"]))]).toEqual([
      ["epic2op", { at: NOW - 9 * MINUTE, value: 1 }],
      ["weekly", { at: NOW - 2 * MINUTE, value: 7 }],
    ]);
    expect(aws.asked.map(({ headers }) => headers["x-amz-target"])).toEqual([
      "GraniteServiceVersion20100801.GetMetricData",
    ]);
    expect(asked()).toEqual([
      {
        MetricDataQueries: ["epic2op", "op2dw", "weekly"].map((Value, index) => ({
          Id: `m${index}`,
          MetricStat: {
            Metric: { Namespace: "OpsDX/ETL", MetricName: "RunSucceeded", Dimensions: [{ Name: "Etl", Value }] },
            Period: 60,
            Stat: "Maximum",
          },
        })),
        StartTime: (NOW - 14 * 24 * 60 * MINUTE) / 1000,
        EndTime: NOW / 1000,
        ScanBy: "TimestampDescending",
      },
    ]);
  });

  it("is never later than now, though its period is not over", async () => {
    aws.answers = [page({ 0: [[0.5, 1]] }), page({ 0: [[20, 1]] })];
    expect([...(await newest(["epic2op"]))]).toEqual([["epic2op", { at: NOW, value: 1 }]]);
    // What is older than two weeks is known to the hour.
    expect([...(await newest(["epic2op"], 454))]).toEqual([["epic2op", { at: NOW, value: 1 }]]);
    expect(aws.asked[1]?.body).toContain('"Period":3600');
  });

  it("is looked for on further pages, whose values are older, until each ETL has one", async () => {
    aws.answers = [
      page({ 0: [[5, 1]] }, "two"),
      page({ 0: [[90, 9]] }, "three"),
      page({ 0: [[95, 9]], 1: [[600, 3]] }, "four"),
      page({ 1: [[900, 9]] }),
    ];
    expect([...(await newest(["epic2op", "op2dw"]))]).toEqual([
      ["epic2op", { at: NOW - 4 * MINUTE, value: 1 }],
      ["op2dw", { at: NOW - 599 * MINUTE, value: 3 }],
    ]);
    expect(asked().map(({ NextToken }) => NextToken)).toEqual([undefined, "two", "three"]);
  });

  it("ends with the last page when somebody has none", async () => {
    aws.answers = [page({ 0: [] }, "two"), page({})];
    expect([...(await newest(["op2dw"]))]).toEqual([]);
    expect(aws.asked).toHaveLength(2);
  });

  it("is asked for 500 at a time, and not at all for nobody", async () => {
    aws.answers = [page({ 499: [[5, 1]] }), page({ 0: [[6, 2]] })];
    expect([...(await newest(Array.from({ length: 501 }, (_, index) => `e${index}`)))]).toEqual([
      ["e499", { at: NOW - 4 * MINUTE, value: 1 }],
      ["e500", { at: NOW - 5 * MINUTE, value: 2 }],
    ]);
    expect(asked().map(({ MetricDataQueries: queries }) => queries.length)).toEqual([500, 1]);
    await newest([]);
    expect(aws.asked).toHaveLength(2);
  });

  it.each(["silent", "half", "slow"] as const)("fails in time when CloudWatch is %s", async (manner) => {
    const server = await BadServer.start(manner);
    process.env["AWS_ENDPOINT_URL"] = server.url;
    try {
      const metrics = new CloudWatchMetrics("OpsDX/ETL", "us-east-1", 500);
      await expect(metrics.newest("RunSucceeded", ["epic2op"], 14, NOW)).rejects.toThrow(
        "CloudWatch gave no whole answer within 0.5 s",
      );
    } finally {
      await server.stop();
    }
  });

  it("fails when CloudWatch refuses, with its words", async () => {
    aws.answers = [
      {
        status: 400,
        headers: { "x-amzn-query-error": "InvalidParameterValue;Sender" },
        body: JSON.stringify({ __type: "InvalidParameterValueException", message: "StartTime" }),
      },
    ];
    await expect(newest(["epic2op"])).rejects.toThrow("StartTime");
  });
});
