import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import type { LaunchEvent } from "../../../lambdas/etl-launcher/event";
import type { FailureReason, LaunchFailure } from "../../../lambdas/etl-launcher/failure";
import { handle } from "../../../lambdas/etl-launcher/handler";
import type { Job } from "../../../lambdas/etl-launcher/kubernetes";
import type { LaunchResult } from "../../../lambdas/etl-launcher/launch";
import { newAuthority } from "./certificate";
import type { Fault } from "./fake-cluster";
import { CREDENTIALS, FakeCluster, statusBody } from "./fake-cluster";

const EVENT: LaunchEvent = { etl: "epic2op", scheduledTime: "2026-03-08T14:15:00Z", executionId: "d32c", attempt: 1 };
const JOB = "epic2op-dev-20260308-1415";
const COMPLETE: Job["status"] = { conditions: [{ type: "Complete", status: "True" }] };

const at = (time: string): LaunchEvent => ({ ...EVENT, scheduledTime: `2026-03-08T${time}:00Z` });
const answers = (status: number, reason: string, message = reason): Fault => ({
  status,
  body: statusBody(status, reason, message),
});

let cluster: FakeCluster;
let lines: string[];
let callTimeoutMs: number;

jest.setTimeout(120_000);

beforeAll(async () => {
  cluster = await FakeCluster.start();
});

afterAll(() => cluster.stop());

beforeEach(() => {
  lines = [];
  // A hundred TLS connections at once take a while on a busy machine.
  callTimeoutMs = 60_000;
  cluster.jobs.clear();
  cluster.templates.clear();
  cluster.calls.length = 0;
  cluster.fault = () => undefined;
  for (const etl of ["epic2op", "c2dw-daily"]) {
    cluster.addTemplate(`${etl}-dev`, {
      metadata: { labels: { etl } },
      spec: { template: { spec: { containers: [{ env: [{ name: "A", value: "1" }] }] } } },
    });
  }
});

function run(event: unknown, environment: Record<string, string> = {}): Promise<LaunchResult> {
  return handle(event, {
    environment: { ...cluster.environment, ...environment },
    write: (line) => lines.push(line),
    callTimeoutMs,
  });
}

/** Every launch has ended before one that failed is thrown: none reaches into the next test. */
async function runAtOnce(events: readonly unknown[]): Promise<LaunchResult[]> {
  const settled = await Promise.allSettled(events.map((event) => run(event)));
  return settled.map((launch) => {
    if (launch.status === "rejected") throw launch.reason;
    return launch.value;
  });
}

async function failure(event: unknown, environment: Record<string, string> = {}): Promise<LaunchFailure> {
  return await run(event, environment).then(
    (result) => {
      throw new Error(`did not fail: ${JSON.stringify(result)}`);
    },
    (error: unknown) => error as LaunchFailure,
  );
}

const logged = (): Record<string, unknown>[] => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
const last = (): Record<string, unknown> => logged().at(-1) ?? {};

describe("a launch", () => {
  it("creates the slot's Job from the template", async () => {
    expect(await run(EVENT)).toEqual({ outcome: "Launched", job: JOB, slot: "20260308-1415" });
    expect(cluster.jobs.get(JOB)).toMatchObject({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { labels: { etl: "epic2op", "opsdx.io/slot": "20260308-1415" } },
    });
  });

  it("makes three calls, with one token", async () => {
    await run(EVENT);
    expect(cluster.calls.map(({ path }) => path)).toEqual([
      "GET /apis/batch/v1/namespaces/etl/cronjobs/epic2op-dev",
      "GET /apis/batch/v1/namespaces/etl/jobs?labelSelector=etl%3Depic2op",
      "POST /apis/batch/v1/namespaces/etl/jobs?fieldManager=opsdx-etl-launcher",
    ]);
    expect(new Set(cluster.calls.map(({ token }) => token)).size).toBe(1);
  });

  it("changes nothing when its event comes again, while the Job runs and after", async () => {
    await run(EVENT);
    const first = cluster.jobs.get(JOB);
    expect(await run({ ...EVENT, attempt: 2 })).toMatchObject({ outcome: "Duplicate", job: JOB });
    cluster.setStatus(JOB, COMPLETE);
    expect(await run({ ...EVENT, attempt: 3 })).toMatchObject({ outcome: "Duplicate" });
    expect(cluster.jobs.get(JOB)?.metadata).toEqual(first?.metadata);
    expect(cluster.calls.filter(({ verb }) => verb === "create")).toHaveLength(1);
  });

  it("is a duplicate, not a skip, when its slot was done and another one runs", async () => {
    await run(at("14:15"));
    cluster.setStatus(JOB, COMPLETE);
    await run(at("14:30"));
    expect(await run(at("14:15"))).toMatchObject({ outcome: "Duplicate" });
  });

  it.each<[string, Job["status"]]>([
    ["runs", { active: 1 }],
    ["was created a moment ago", undefined],
  ])("skips its slot while another slot's Job %s, and names it", async (_, status) => {
    await run(at("14:00"));
    cluster.setStatus("epic2op-dev-20260308-1400", status);
    expect(await run(at("14:15"))).toEqual({
      outcome: "Skipped",
      job: JOB,
      slot: "20260308-1415",
      running: "epic2op-dev-20260308-1400",
    });
    expect(cluster.jobs.size).toBe(1);
  });

  it("follows a Job that completed or failed, and does not wait for other ETLs", async () => {
    await run(at("13:45"));
    cluster.setStatus("epic2op-dev-20260308-1345", { conditions: [{ type: "Failed", status: "True" }] });
    await run({ ...EVENT, etl: "c2dw-daily" });
    expect(await run(EVENT)).toMatchObject({ outcome: "Launched" });
    expect(cluster.jobs.size).toBe(3);
  });

  it("makes one Job of 100 events of a slot that come at once", async () => {
    const results = await runAtOnce(Array.from({ length: 100 }, () => EVENT));
    const outcomes = results.map(({ outcome }) => outcome);
    expect([...cluster.jobs.keys()]).toEqual([JOB]);
    expect(outcomes.filter((outcome) => outcome === "Launched")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "Duplicate")).toHaveLength(99);
  });

  it("makes at most one Job per slot of 100 events of five slots that come at once", async () => {
    const slots = ["14:00", "14:15", "14:30", "14:45", "15:00"];
    const results = await runAtOnce(Array.from({ length: 100 }, (_, n) => at(slots[n % slots.length] ?? "")));
    const launched = results.filter(({ outcome }) => outcome === "Launched").map(({ job }) => job);
    expect(launched.sort()).toEqual([...cluster.jobs.keys()].sort());
    expect(new Set(launched).size).toBe(launched.length);
    expect(launched.length).toBeGreaterThan(0);
  });

  it("gives a backfill its range", async () => {
    await run({ ...EVENT, from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z", env: { A: "2" } });
    expect(cluster.jobs.get(JOB)?.spec.template.spec.containers[0]?.env).toEqual([
      { name: "A", value: "2" },
      { name: "ETL_SLOT", value: "2026-03-08T14:15:00Z" },
      { name: "ETL_FROM", value: "2026-01-01T00:00:00Z" },
      { name: "ETL_TO", value: "2026-02-01T00:00:00Z" },
    ]);
  });
});

describe("a failed launch", () => {
  const ANSWERS: [string, Fault, FailureReason, boolean][] = [
    ["too many requests", answers(429, "TooManyRequests"), "Throttled", true],
    ["an internal error", answers(500, "InternalError"), "ServerError", true],
    ["a load balancer's page", { status: 503, body: "<html>503</html>" }, "ServerError", true],
    ["nothing", "hang", "Timeout", true],
    ["a closed connection", "drop", "Unreachable", true],
    ["half an answer", "cut", "Unreachable", true],
    ["a redirect", { status: 302, body: "" }, "UnexpectedResponse", false],
    ["a page instead of JSON", { status: 200, body: "<html>hello</html>" }, "UnexpectedResponse", false],
    ["forbidden", answers(403, "Forbidden", 'User "etl-launcher" cannot create resource "jobs"'), "Forbidden", false],
    ["an invalid Job", answers(422, "Invalid"), "Rejected", false],
    [
      "a used-up quota",
      answers(403, "Forbidden", "jobs.batch is forbidden: exceeded quota: etl"),
      "QuotaExceeded",
      true,
    ],
    [
      "a quota changed meanwhile",
      answers(409, "Conflict", 'Operation cannot be fulfilled on resourcequotas "etl"'),
      "QuotaConflict",
      true,
    ],
  ];

  describe.each(["get", "list", "create"] as const)("at %s", (verb) => {
    it.each(ANSWERS)("when the API answers %s", async (_, fault, reason, retryable) => {
      if (fault === "hang") callTimeoutMs = 500;
      cluster.fault = (call) => (call.verb === verb ? fault : undefined);
      expect(await failure(EVENT)).toMatchObject({ name: reason, reason, retryable });
      expect(cluster.jobs.size).toBe(0);
      expect(last()).toMatchObject({
        outcome: "LaunchFailed",
        Reason: reason,
        retryable,
        LaunchFailed: 1,
        Launched: 0,
      });
    });
  });

  it("says what was forbidden, and to whom", async () => {
    cluster.fault = ({ verb }) =>
      verb === "create" ? answers(403, "Forbidden", 'User "etl-launcher" cannot create resource "jobs"') : undefined;
    expect((await failure(EVENT)).message).toBe(
      `create job ${JOB}: 403 User "etl-launcher" cannot create resource "jobs"`,
    );
  });

  it("is made good by a retry when only the answer was lost", async () => {
    cluster.fault = ({ verb }) => {
      if (verb !== "create") return undefined;
      cluster.jobs.set(JOB, {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { name: JOB, labels: { etl: "epic2op" } },
        spec: { template: { spec: { containers: [] } } },
      });
      return "drop";
    };
    expect(await failure(EVENT)).toMatchObject({ reason: "Unreachable", retryable: true });
    cluster.fault = () => undefined;
    expect(await run(EVENT)).toMatchObject({ outcome: "Duplicate" });
  });

  it("has no template", async () => {
    cluster.templates.clear();
    const error = await failure(EVENT);
    expect(error).toMatchObject({ name: "TemplateMissing", retryable: false });
    expect(error.message).toContain("epic2op-dev");
  });

  it("waits for the slot's earlier Job to be gone", async () => {
    await run(EVENT);
    const job = cluster.jobs.get(JOB);
    if (job === undefined) throw new Error("no Job");
    cluster.jobs.set(JOB, { ...job, metadata: { ...job.metadata, deletionTimestamp: "2026-03-08T14:20:00Z" } });
    expect(await failure(EVENT)).toMatchObject({ reason: "Terminating", retryable: true });
  });

  it("finds nobody at the address", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const error = await failure(EVENT, { CLUSTER_ENDPOINT: `https://127.0.0.1:${port}` });
    expect(error).toMatchObject({ reason: "Unreachable", retryable: true });
    expect(error.message).toContain("ECONNREFUSED");
  });

  it("finds no name", async () => {
    callTimeoutMs = 1_000;
    expect(await failure(EVENT, { CLUSTER_ENDPOINT: "https://api.cluster.invalid" })).toMatchObject({
      retryable: true,
    });
  });

  it("does not speak to a cluster of another authority", async () => {
    const other = Buffer.from(newAuthority("another").certificate).toString("base64");
    expect(await failure(EVENT, { CLUSTER_CA: other })).toMatchObject({ reason: "Untrusted", retryable: false });
    expect(cluster.calls).toHaveLength(0);
  });

  it("does not speak to a host of another name", async () => {
    const impostor = await FakeCluster.start("api.k8s.prod.opsdx.io");
    try {
      expect(await failure(EVENT, impostor.environment)).toMatchObject({ reason: "Untrusted" });
      expect(impostor.calls).toHaveLength(0);
    } finally {
      await impostor.stop();
    }
  });

  it("has an event with problems, which costs no call", async () => {
    expect(await failure({ etl: 7 })).toMatchObject({ name: "InvalidEvent", retryable: false });
    expect(cluster.calls).toHaveLength(0);
    expect(last()).toMatchObject({ Etl: "unknown", Reason: "InvalidEvent", LaunchFailed: 1 });
  });

  it("has a name too long for a Job", async () => {
    const etl = "a".repeat(46);
    expect((await failure({ ...EVENT, etl })).message).toContain("may have 63 characters, got 64");
    expect(cluster.calls).toHaveLength(0);
  });

  it("names every wrong setting at once, and no value", async () => {
    const error = await failure(EVENT, { CLUSTER_ENDPOINT: "http://10.0.0.1", CLUSTER_CA: "c2VjcmV0", NAMESPACE: "" });
    expect(error).toMatchObject({ reason: "Misconfigured", retryable: false });
    expect(error.message).toBe(
      "CLUSTER_ENDPOINT: must be an https URL; CLUSTER_CA: must be a PEM certificate in base64; NAMESPACE: must not be empty",
    );
  });
});

describe("a token that the cluster refuses", () => {
  const unauthorized = answers(401, "Unauthorized");

  it.each([1, 2, 3])("is replaced once, at call %i", async (refused) => {
    cluster.fault = (_, count) => (count === refused ? unauthorized : undefined);
    expect(await run(EVENT)).toMatchObject({ outcome: "Launched" });
    expect(cluster.calls).toHaveLength(4);
    expect(logged().map(({ event }) => event)).toEqual(["launch.token-refreshed", "launch.finished"]);
  });

  it("fails the launch when its successor is refused too", async () => {
    cluster.fault = () => unauthorized;
    expect(await failure(EVENT)).toMatchObject({ name: "Unauthorized", retryable: true });
    expect(cluster.calls).toHaveLength(2);
  });

  it("is not replaced a second time in one launch", async () => {
    cluster.fault = (_, count) => ([1, 3].includes(count) ? unauthorized : undefined);
    expect(await failure(EVENT)).toMatchObject({ name: "Unauthorized" });
    expect(cluster.calls).toHaveLength(3);
  });

  it("comes from the wrong credentials", async () => {
    expect(await failure(EVENT, { AWS_SECRET_ACCESS_KEY: "wrong" })).toMatchObject({ name: "Unauthorized" });
  });
});

describe("the log", () => {
  it("is one line, which is also the metric", async () => {
    await run(EVENT);
    expect(lines).toHaveLength(1);
    expect(last()).toEqual({
      level: "INFO",
      event: "launch.finished",
      etl: "epic2op",
      environment: "dev",
      scheduledTime: "2026-03-08T14:15:00Z",
      executionId: "d32c",
      attempt: 1,
      outcome: "Launched",
      job: JOB,
      slot: "20260308-1415",
      durationMs: expect.any(Number) as number,
      _aws: {
        Timestamp: expect.any(Number) as number,
        CloudWatchMetrics: [
          {
            Namespace: "OpsDX/ETL",
            Dimensions: [["Etl"]],
            Metrics: ["Launched", "Skipped", "Duplicate", "LaunchFailed"].map((Name) => ({ Name, Unit: "Count" })),
          },
        ],
      },
      Etl: "epic2op",
      Launched: 1,
      Skipped: 0,
      Duplicate: 0,
      LaunchFailed: 0,
    });
  });

  it("counts each outcome once", async () => {
    await run(at("14:00"));
    await run(at("14:00"));
    await run(at("14:15"));
    await failure({ ...EVENT, etl: "op2dw" });
    expect(
      logged().map(({ Launched, Duplicate, Skipped, LaunchFailed }) => [Launched, Duplicate, Skipped, LaunchFailed]),
    ).toEqual([
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 1],
    ]);
  });

  it("holds no token, secret or variable, even when the API sends them back", async () => {
    const tokens = (): string => cluster.calls.map(({ token }) => token).join(" ");
    cluster.fault = (call) =>
      call.verb === "create" ? answers(500, "InternalError", `dump of ${call.token} ${call.path}`) : undefined;
    const { message } = await failure({ ...EVENT, env: { NOTE: "patient-4711" } });
    const text = `${lines.join("\n")}\n${message}`;
    expect(text).toContain("dump of k8s-aws-v1.<removed>");
    for (const token of tokens().split(" ")) expect(text).not.toContain(token);
    for (const secret of [CREDENTIALS.AWS_SECRET_ACCESS_KEY, CREDENTIALS.AWS_SESSION_TOKEN, "patient-4711"]) {
      expect(text).not.toContain(secret);
    }
  });
});
