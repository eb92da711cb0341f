import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
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
  it("has the sandbox's address and the environment's own keys there, whatever the environment says, and the person's elsewhere", async () => {
    const box = mkdtempSync(path.join(tmpdir(), "sandbox-"));
    mkdirSync(path.join(box, "aws"));
    writeFileSync(path.join(box, "aws/credentials"), "[dev]\naws_access_key_id = AKIADEV\naws_secret_access_key = s\n");
    writeFileSync(path.join(box, "emulator.json"), JSON.stringify({ pid: process.pid, port: 5000 }));
    const settings = clientSettings(DEV, { OPSDX_SANDBOX: box, AWS_ENDPOINT_URL: "https://real", AWS_PROFILE: "ada" });
    expect(settings).toMatchObject({ region: "us-east-1", endpoint: "http://127.0.0.1:5000", useFipsEndpoint: false });
    const { credentials } = settings as { credentials: () => Promise<{ accessKeyId: string }> };
    expect(await credentials()).toMatchObject({ accessKeyId: "AKIADEV" });
    expect(clientSettings(DEV, { AWS_PROFILE: "ada" })).not.toHaveProperty("endpoint");
  });

  it("is none where the sandbox is named and does not run: an account is never asked instead", () => {
    expect(() => clientSettings(DEV, { OPSDX_SANDBOX: "/absent/box" })).toThrow(
      "OPSDX_SANDBOX names /absent/box, and no sandbox runs there: it holds no emulator.json",
    );
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
