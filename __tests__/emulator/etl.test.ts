import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateScheduleCommand,
  CreateScheduleGroupCommand,
  GetScheduleCommand,
  SchedulerClient,
} from "@aws-sdk/client-scheduler";
import { CreateQueueCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import execa from "execa";
import { loadConfig } from "../../config/load";
import type { LaunchEvent } from "../../lambdas/etl-launcher/event";
import { jobName, slotOf } from "../../lambdas/etl-launcher/slot";
import { etlCommand } from "../../tools/etl/command";
import { connect } from "../../tools/etl/connection";
import type { RawJob } from "../../tools/etl/jobs";
import { findTarget } from "../../tools/etl/target";
import { stopEmulator } from "../../tools/sandbox/emulator";
import { SandboxPaths } from "../../stacks/sandbox/paths";
import { signIn, useEmulator } from "./support";

/**
 * The commands on an emulator, with the person's kubectl. The emulator runs no functions and there is no cluster, so a server here
 * answers as Lambda's API and as a cluster's do: what it is asked is real, what it answers is made up.
 */
const target = findTarget(loadConfig(), "dev", "epic2op");
const { names, scheduleGroup, place } = target;
const { account } = target.environment;
const region = { region: account.region };
const folder = mkdtempSync(path.join(os.tmpdir(), "etl-emulator-"));
const paths = new SandboxPaths(path.join(folder, "emulator"));
const before = { ...process.env };
const hasKubectl = execa.sync("kubectl", ["version", "--client"], { reject: false }).exitCode === 0;

const schedule = new SchedulerClient(region);
const getSchedule = () => schedule.send(new GetScheduleCommand({ GroupName: scheduleGroup, Name: names.schedule }));

let server: Server;
let jobs: RawJob[] = [];
const asked: string[] = [];

beforeAll(async () => {
  await useEmulator(paths);
  server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const own = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  writeFileSync(path.join(folder, "kubeconfig"), kubeconfig(own));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_LAMBDA: own,
    KUBECONFIG: path.join(folder, "kubeconfig"),
  });
  await signIn(account.id);
  await deploy();
}, 300_000);

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await stopEmulator(paths);
  rmSync(folder, { recursive: true, force: true });
  process.env = before;
});

function kubeconfig(url: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "fake", cluster: { server: url } }],
    users: [{ name: "fake", user: {} }],
    contexts: [{ name: place.context, context: { cluster: "fake", user: "fake" } }],
  });
}

/** What stage3 makes, with every setting that a schedule can have. */
async function deploy(): Promise<void> {
  const arn = (service: string, rest: string): string => `arn:aws:${service}:${account.region}:${account.id}:${rest}`;
  await schedule.send(new CreateScheduleGroupCommand({ Name: scheduleGroup }));
  await schedule.send(
    new CreateScheduleCommand({
      GroupName: scheduleGroup,
      Name: names.schedule,
      Description: "Slots of epic2op",
      ScheduleExpression: "cron(0/15 * * * ? *)",
      ScheduleExpressionTimezone: "America/New_York",
      StartDate: new Date("2099-01-01T00:00:00Z"),
      EndDate: new Date("2099-12-31T00:00:00Z"),
      FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 5 },
      ActionAfterCompletion: "NONE",
      KmsKeyArn: arn("kms", "key/1"),
      State: "ENABLED",
      Target: {
        Arn: arn("lambda", `function:${names.functionName}:live`),
        RoleArn: `arn:aws:iam::${account.id}:role/${names.scheduleRole}`,
        Input: '{"etl":"epic2op","scheduledTime":"<aws.scheduler.scheduled-time>"}',
        RetryPolicy: { MaximumEventAgeInSeconds: 600, MaximumRetryAttempts: 2 },
        DeadLetterConfig: { Arn: arn("sqs", names.undeliveredQueue) },
      },
    }),
  );
  const sqs = new SQSClient(region);
  await sqs.send(new CreateQueueCommand({ QueueName: names.undeliveredQueue }));
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: names.failedQueue }));
  for (const MessageBody of ["1", "2"]) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  const launch = { event: "launch.finished", etl: "epic2op", outcome: "Skipped", job: "epic2op-dev-1" };
  await log(names.logGroup, "2026/03/08/[1]x", [JSON.stringify(launch), '{"type":"platform.report"}']);
  await log("opsdx-dev-k8s-logs", names.stream, ['{"log":"loaded\\n"}', "as it is"]);
}

async function log(logGroupName: string, logStreamName: string, messages: readonly string[]): Promise<void> {
  const client = new CloudWatchLogsClient(region);
  await client.send(new CreateLogGroupCommand({ logGroupName }));
  await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
  const logEvents = messages.map((message, index) => ({ timestamp: Date.now() - 60_000 + index, message }));
  await client.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
}

/** A launcher that works, and a cluster that has nothing but Jobs, which go the second time somebody looks. */
async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { method = "", url = "" } = request;
  const say = (body: object): void => {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  asked.push(`${method} ${url}`);
  if (url.startsWith("/2015-03-31/functions/")) {
    const event = JSON.parse(Buffer.concat(chunks).toString()) as LaunchEvent;
    const slot = slotOf(new Date(event.scheduledTime));
    const job = jobName(event.etl, "dev", slot);
    jobs.push(rawJob(job, slot.id));
    say({ outcome: "Launched", job, slot: slot.id });
  } else if (method === "DELETE") {
    const name = new URL(url, "http://localhost").pathname.split("/").at(-1);
    jobs = jobs.map((job) =>
      job.metadata.name === name
        ? { ...job, metadata: { ...job.metadata, deletionTimestamp: new Date().toISOString() } }
        : job,
    );
    say({ kind: "Status", status: "Success" });
  } else {
    say({ kind: "JobList", items: jobs });
    jobs = jobs.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }
}

function rawJob(name: string, slot: string): RawJob {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name,
      uid: "uid-1",
      labels: { etl: "epic2op", "opsdx.io/slot": slot },
      creationTimestamp: "2026-03-08T14:15:01Z",
    },
    spec: { template: { spec: { containers: [{}] } } },
    status: { conditions: [{ type: "Complete", status: "True" }] },
  };
}

/** What `opsdx etl …` prints; fails as it does. */
async function run(line: string): Promise<string> {
  let out = "";
  const spy = jest.spyOn(console, "log").mockImplementation((text: string) => {
    out += `${text}\n`;
  });
  try {
    await etlCommand({
      connect: (environment) => connect(environment, process.env),
      watch: { now: () => Date.now(), sleep: () => Promise.resolve(), say: () => undefined },
    }).parseAsync(line.split(" "), { from: "user" });
    return out;
  } finally {
    spy.mockRestore();
  }
}

test("pause and resume turn the switch, and every other setting stays", async () => {
  const settings = async (): Promise<object> => {
    const changing = ["$metadata", "LastModificationDate"];
    return Object.fromEntries(Object.entries(await getSchedule()).filter(([name]) => !changing.includes(name)));
  };
  const original = await settings();
  expect(await run("pause dev epic2op")).toContain("epic2op: its schedule is paused now");
  expect(await settings()).toEqual({ ...original, State: "DISABLED" });
  expect(await run("pause dev epic2op")).toContain("epic2op: its schedule is paused already");
  expect(await run("resume dev epic2op --force")).toContain("epic2op: its schedule is running now");
  expect(await settings()).toEqual(original);
});

test("another account's credentials change nothing", async () => {
  await signIn("999999999999");
  await expect(run("pause dev epic2op")).rejects.toThrow(
    `The credentials belong to account 999999999999 (arn:aws:sts::999999999999:assumed-role/test/test), but config/environments/dev.ts says account.id ${account.id}`,
  );
  await signIn(account.id);
  expect((await getSchedule()).State).toBe("ENABLED");
});

test("status reads what is there, and says what is not deployed", async () => {
  const [status] = JSON.parse(await run("status dev epic2op --json")) as [object];
  expect(status).toMatchObject({
    schedule: { value: { state: "ENABLED", expression: "cron(0/15 * * * ? *)", timeZone: "America/New_York" } },
    deadLetters: { undelivered: { value: 0 }, launchFailed: { value: 2 } },
    lastLaunch: { value: { outcome: "Skipped", job: "epic2op-dev-1" } },
  });
  const [missing] = JSON.parse(await run("status dev op2dw --json")) as [object];
  const error = (what: string) => ({
    error: `The ${what} is not there. Deploy it: npx cdktf deploy dev-stage3 --ignore-missing-stack-dependencies`,
  });
  expect(missing).toMatchObject({
    schedule: error("schedule opsdx-dev-etl/opsdx-dev-op2dw"),
    deadLetters: {
      undelivered: error("queue opsdx-dev-op2dw-undelivered"),
      launchFailed: error("queue opsdx-dev-op2dw-launch-failed"),
    },
    lastLaunch: error("log group /aws/lambda/opsdx-dev-op2dw-etl-lambda"),
  });
});

test("logs prints the runs' lines and the launcher's", async () => {
  expect(await run("logs dev epic2op")).toBe("loaded\nas it is\n");
  expect(await run("logs dev epic2op --launcher")).toContain('"outcome":"Skipped"');
  await expect(run("logs dev c2dw")).rejects.toThrow("The log group opsdx-ml-dev-k8s-logs is not there");
});

if (hasKubectl) {
  test("rerun deletes the slot's Job with kubectl, waits, and invokes the launcher", async () => {
    jobs = [rawJob("epic2op-dev-20260308-1415", "20260308-1415")];
    asked.length = 0;
    expect(await run("rerun dev epic2op 20260308-1415")).toContain("Launched: epic2op-dev-20260308-1415");
    const api = "/apis/batch/v1/namespaces/etl/jobs";
    expect(asked.map((request) => request.replaceAll(/[?&]timeout=10s/g, ""))).toEqual([
      `GET ${api}?labelSelector=etl`,
      `DELETE ${api}/epic2op-dev-20260308-1415?propagationPolicy=Foreground&uid=uid-1`,
      `GET ${api}?labelSelector=etl`,
      `GET ${api}?labelSelector=etl`,
      `POST /2015-03-31/functions/${names.functionName}/invocations?Qualifier=live`,
    ]);
    expect(jobs.map(({ metadata }) => metadata.name)).toEqual(["epic2op-dev-20260308-1415"]);
  });
} else {
  test("NOT RUN: rerun with kubectl. Put kubectl on the PATH to run it", () => {
    expect(hasKubectl).toBe(false);
  });
}
