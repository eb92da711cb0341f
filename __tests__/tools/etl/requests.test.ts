import { clientSettings } from "../../../tools/aws/client";
import { CloudWatchLogEvents } from "../../../tools/etl/log-events";
import { SchedulerSchedules } from "../../../tools/etl/schedules";
import { DEV, FakeAws } from "./fake-aws";
import { devTarget } from "./support";

// What the emulator does not look at: whether it is asked for is seen here.
let aws: FakeAws;
beforeEach(async () => {
  aws = await FakeAws.start();
});
afterEach(() => aws.stop());

const answering = (...bodies: readonly object[]): void => {
  aws.answers = bodies.map((body) => ({ body: JSON.stringify(body) }));
};
const bodies = () => aws.asked.map(({ body }) => (body === "" ? {} : (JSON.parse(body) as Record<string, unknown>)));

describe("a client", () => {
  it("has the environment's own profile in the sandbox, and the person's elsewhere", () => {
    expect(clientSettings(DEV, { OPSDX_SANDBOX: ".sandbox" })).toMatchObject({ region: "us-east-1", profile: "dev" });
    expect(clientSettings(DEV, { AWS_PROFILE: "ada" })).not.toHaveProperty("profile");
  });
});

describe("an update of a schedule", () => {
  it("repeats every setting that the schedule has", async () => {
    const settings = {
      GroupName: "opsdx-dev-etl",
      Description: "Slots of epic2op",
      ScheduleExpression: "cron(0/15 * * * ? *)",
      ScheduleExpressionTimezone: "UTC",
      StartDate: 4_000_000_000,
      EndDate: 4_100_000_000,
      FlexibleTimeWindow: { Mode: "OFF" },
      ActionAfterCompletion: "NONE",
      KmsKeyArn: "arn:aws:kms:us-east-1:444455556666:key/1",
      Target: {
        Arn: "arn:aws:lambda:us-east-1:444455556666:function:opsdx-dev-etl-lambda:live",
        RoleArn: "arn:aws:iam::444455556666:role/opsdx-dev-epic2op-schedule",
        Input: "{}",
        RetryPolicy: { MaximumEventAgeInSeconds: 600, MaximumRetryAttempts: 2 },
        DeadLetterConfig: { Arn: "arn:aws:sqs:us-east-1:444455556666:opsdx-dev-epic2op-undelivered" },
      },
    };
    answering({ Name: "opsdx-dev-epic2op", State: "ENABLED", CreationDate: 1_700_000_000, Arn: "arn", ...settings });
    await new SchedulerSchedules(DEV, {}).turn(devTarget("epic2op"), "DISABLED");
    const { ClientToken, ...body } = bodies()[1] ?? {};
    expect(aws.asked.map(({ line }) => line)).toEqual([
      "GET /schedules/opsdx-dev-epic2op?groupName=opsdx-dev-etl",
      "PUT /schedules/opsdx-dev-epic2op",
    ]);
    expect(body).toEqual({ ...settings, State: "DISABLED" });
    expect(ClientToken).toEqual(expect.any(String));
  });
});

describe("lines of a log", () => {
  it("are asked for by stream and phrase, page by page", async () => {
    const event = (eventId: string) => ({ eventId, timestamp: 1, message: `line ${eventId}` });
    answering({ events: [event("a")], nextToken: "more" }, { events: [], nextToken: "rest" }, { events: [event("b")] });
    const lines: string[] = [];
    const query = {
      group: "opsdx-dev-k8s-logs",
      streams: "kubernetes/default/epic2op/dev",
      since: 5,
      phrase: "launch.finished",
    };
    for await (const { id } of new CloudWatchLogEvents(DEV, {}).read(query)) lines.push(id);
    expect(lines).toEqual(["a", "b"]);
    expect(bodies().map((body) => body["nextToken"])).toEqual([undefined, "more", "rest"]);
    expect(bodies()[0]).toEqual({
      logGroupName: "opsdx-dev-k8s-logs",
      logStreamNamePrefix: "kubernetes/default/epic2op/dev",
      startTime: 5,
      filterPattern: '"launch.finished"',
    });
  });
});
