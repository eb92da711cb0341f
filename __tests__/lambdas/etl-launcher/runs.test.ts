import { look } from "../../../lambdas/etl-launcher/handler";
import type { Job, Pod } from "../../../lambdas/etl-launcher/kubernetes";
import { failedRuns, LOOK_MS } from "../../../lambdas/etl-launcher/runs";
import { FakeCluster, statusBody } from "./fake-cluster";

const LOOK = "2026-03-08T14:22:00Z";
const NAME = "c2dw-dev-20260308-0900";
/** Within the five minutes up to a minute before the look. */
const WHEN = "2026-03-08T14:20:10Z";

const job = (status: Job["status"], name = NAME): Job => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name, labels: { etl: "c2dw" } },
  spec: { template: { spec: { containers: [] } } },
  status,
});
const failed = (reason: string, lastTransitionTime = WHEN, message = `${reason}.`): Job["status"] => ({
  conditions: [{ type: "Failed", status: "True", reason, message, lastTransitionTime }],
});
const pod = (status: Pod["status"], creationTimestamp = "2026-03-08T09:00:01Z"): Pod => ({
  metadata: {
    name: `${NAME}-x`,
    creationTimestamp,
    labels: { etl: "c2dw", "batch.kubernetes.io/job-name": NAME },
  },
  status,
});
const state = (of: NonNullable<NonNullable<Pod["status"]>["containerStatuses"]>[number]["state"]) =>
  ({ containerStatuses: [{ state: of }] }) as const;
const told = (jobs: readonly Job[], pods: readonly Pod[] = [], at = LOOK) => failedRuns(jobs, pods, Date.parse(at));

describe("a run that failed", () => {
  it.each<[string, string, Pod["status"], number | undefined]>([
    [
      "was killed for memory",
      "OOMKilled",
      { phase: "Failed", ...state({ terminated: { reason: "OOMKilled", exitCode: 137 } }) },
      137,
    ],
    [
      "was evicted",
      "Evicted",
      { phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory." },
      undefined,
    ],
    [
      "lost its node",
      "DeletionByTaintManager",
      { conditions: [{ type: "DisruptionTarget", status: "True", reason: "DeletionByTaintManager" }] },
      undefined,
    ],
    [
      "could not pull its image",
      "ImagePullBackOff",
      { phase: "Pending", ...state({ waiting: { reason: "ImagePullBackOff" } }) },
      undefined,
    ],
    [
      "ended by itself",
      "BackoffLimitExceeded",
      { phase: "Failed", ...state({ terminated: { reason: "Error", exitCode: 1 } }) },
      1,
    ],
  ])("%s: %s", (_, reason, status, exitCode) => {
    expect(told([job(failed("BackoffLimitExceeded"))], [pod(status)])).toEqual([
      expect.objectContaining({ job: NAME, reason, exitCode, at: Date.parse(WHEN) }),
    ]);
  });

  it("says what its Job says when its pods are gone, as they are at the deadline", () => {
    const message = "Job was active longer than specified deadline";
    expect(told([job(failed("DeadlineExceeded", WHEN, message))])).toEqual([
      { job: NAME, reason: "DeadlineExceeded", message, exitCode: undefined, at: Date.parse(WHEN) },
    ]);
  });

  it("says what its last try says", () => {
    const tries = [
      pod({ reason: "Evicted" }, "2026-03-08T10:00:00Z"),
      pod(state({ terminated: { reason: "OOMKilled", exitCode: 137 } }), "2026-03-08T11:00:00Z"),
      pod({ reason: "Shutdown" }, "2026-03-08T09:00:00Z"),
    ];
    expect(told([job(failed("BackoffLimitExceeded"))], tries).map(({ reason }) => reason)).toEqual(["OOMKilled"]);
  });

  it("is told by one of the looks that follow each other, whenever it failed", () => {
    const looks = Array.from({ length: 6 }, (_, index) => Date.parse("2026-03-08T14:02:00Z") + index * LOOK_MS);
    for (let second = 0; second < 600; second += 1) {
      const at = new Date(Date.parse("2026-03-08T14:05:00Z") + second * 1000).toISOString();
      const tellers = looks.filter(
        (moment) => failedRuns([job(failed("DeadlineExceeded", at))], [], moment).length > 0,
      );
      expect(tellers).toHaveLength(1);
    }
  });

  it("is no other: one that runs, one that succeeded, one that failed before", () => {
    expect(
      told([
        job({ active: 1 }),
        job(undefined),
        job({ conditions: [{ type: "Complete", status: "True", lastTransitionTime: WHEN }] }),
        job(failed("DeadlineExceeded", "2026-03-08T14:00:00Z")),
      ]),
    ).toEqual([]);
  });
});

describe("a run that does not start", () => {
  const waits = (reason: string) =>
    pod({ phase: "Pending", ...state({ waiting: { reason, message: "why" } }) }, "2026-03-08T14:10:30Z");

  it.each(["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError"])(
    "for %s is told once, ten minutes after its pod was made",
    (reason) => {
      const looks = ["14:17", "14:22", "14:27"].map((time) =>
        told([job({ active: 1 })], [waits(reason)], `2026-03-08T${time}:00Z`),
      );
      expect(looks.map((runs) => runs.map((run) => [run.reason, run.message]))).toEqual([[], [[reason, "why"]], []]);
    },
  );

  it("because there is no node yet, or because it is being made, is nobody's failure", () => {
    const unscheduled = pod(
      { phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable" }] },
      "2026-03-08T14:10:30Z",
    );
    expect(told([job({ active: 1 })], [unscheduled])).toEqual([]);
    expect(told([job({ active: 1 })], [waits("ContainerCreating")])).toEqual([]);
  });
});

describe("a look", () => {
  let cluster: FakeCluster;
  let lines: string[];
  const EVENT = { etl: "c2dw", look: LOOK };
  const run = () =>
    look(EVENT, { environment: cluster.environment, write: (line) => lines.push(line), callTimeoutMs: 60_000 });
  const logged = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

  beforeAll(async () => {
    cluster = await FakeCluster.start();
  });
  afterAll(() => cluster.stop());
  beforeEach(() => {
    lines = [];
    cluster.calls.length = 0;
    cluster.fault = () => undefined;
    cluster.jobs.set(NAME, job(failed("BackoffLimitExceeded")));
    cluster.pods.splice(0, Infinity, pod(state({ terminated: { reason: "OOMKilled", exitCode: 137 } })));
  });

  it("asks for the ETL's Jobs and pods, and changes nothing", async () => {
    await run();
    expect(cluster.calls.map(({ path }) => path)).toEqual([
      "GET /apis/batch/v1/namespaces/etl/jobs?labelSelector=etl%3Dc2dw",
      "GET /api/v1/namespaces/etl/pods?labelSelector=etl%3Dc2dw",
    ]);
  });

  it("writes each failed run, as metrics of the moment that it failed, and that it has looked", async () => {
    await expect(run()).resolves.toMatchObject({ failed: [{ job: NAME, reason: "OOMKilled" }] });
    const [failure, end, ...others] = logged();
    expect(others).toEqual([]);
    expect(failure).toEqual({
      level: "ERROR",
      event: "run.failed",
      etl: "c2dw",
      environment: "dev",
      job: NAME,
      message: "BackoffLimitExceeded.",
      exitCode: 137,
      Reason: "OOMKilled",
      _aws: {
        Timestamp: Date.parse(WHEN),
        CloudWatchMetrics: [
          {
            Namespace: "OpsDX/ETL",
            Dimensions: [["Etl"]],
            Metrics: ["RunFailed", "OutOfMemory"].map((Name) => ({ Name, Unit: "Count" })),
          },
        ],
      },
      Etl: "c2dw",
      RunFailed: 1,
      OutOfMemory: 1,
    });
    expect(end).toMatchObject({ event: "look.finished", look: LOOK, failed: 1, Etl: "c2dw", RunsLooked: 1 });
  });

  it("that fails says why, counts nothing, and leaves the event to Lambda", async () => {
    cluster.fault = ({ resource }) =>
      resource === "pods" ? { status: 403, body: statusBody(403, "Forbidden", "may not list pods") } : undefined;
    await expect(run()).rejects.toMatchObject({ name: "Forbidden", retryable: false });
    expect(logged()).toEqual([
      expect.objectContaining({ level: "ERROR", event: "look.finished", Reason: "Forbidden", retryable: false }),
    ]);
    expect(lines.join()).not.toContain("_aws");
  });

  it("takes an ETL and a moment, and nothing else", async () => {
    const bad = look(
      { etl: "c2dw", look: "now", env: {} },
      { environment: cluster.environment, write: (line) => lines.push(line) },
    );
    await expect(bad).rejects.toMatchObject({
      name: "InvalidEvent",
      message: expect.stringMatching(/^(?=.*look: must be a moment in UTC)(?=.*env: not part of an event)/) as string,
    });
    expect(cluster.calls).toEqual([]);
  });
});
