import { isActive, jobFrom } from "../../../lambdas/etl-launcher/job";
import type { CronJob, EnvVar, Job } from "../../../lambdas/etl-launcher/kubernetes";
import { slotOf } from "../../../lambdas/etl-launcher/slot";

const SLOT = slotOf(new Date("2026-03-08T14:15:00Z"));
const EVENT = { etl: "epic2op", scheduledTime: "2026-03-08T14:15:00Z" };
const SECRET = { name: "DB_PASSWORD", valueFrom: { secretKeyRef: { name: "epic2op", key: "password" } } };

function template(...env: readonly EnvVar[]): CronJob {
  const container = { name: "epic2op", image: "example@sha256:0", env };
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "epic2op-dev", uid: "4e9c" },
    spec: {
      jobTemplate: {
        metadata: { labels: { "app.kubernetes.io/part-of": "opsdx" }, annotations: { owner: "data" } },
        spec: {
          backoffLimit: 1,
          template: { spec: { restartPolicy: "Never", containers: [container] } },
        } as Job["spec"],
      },
    },
  };
}

const made = (cronJob: CronJob, event = EVENT): Job => jobFrom(cronJob, "epic2op-dev-20260308-1415", SLOT, event);
const environment = (job: Job): readonly EnvVar[] => job.spec.template.spec.containers[0]?.env ?? [];

describe("jobFrom", () => {
  it("keeps the template and adds labels and annotations", () => {
    const job = made(template(), { ...EVENT, ...{ executionId: "d32c", attempt: 2 } });
    expect(job.metadata.labels).toEqual({
      "app.kubernetes.io/part-of": "opsdx",
      etl: "epic2op",
      "opsdx.io/slot": "20260308-1415",
    });
    expect(job.metadata.annotations).toEqual({
      owner: "data",
      "cronjob.kubernetes.io/instantiate": "manual",
      "opsdx.io/scheduled-time": "2026-03-08T14:15:00Z",
      "opsdx.io/execution-id": "d32c",
      "opsdx.io/attempt": "2",
    });
    expect(job.spec).toMatchObject({ backoffLimit: 1, template: { spec: { restartPolicy: "Never" } } });
    expect(job.spec.template.spec.containers).toMatchObject([{ name: "epic2op", image: "example@sha256:0" }]);
  });

  it("belongs to the CronJob, whose history limits do not see it", () => {
    expect(made(template()).metadata.ownerReferences).toEqual([
      { apiVersion: "batch/v1", kind: "CronJob", name: "epic2op-dev", uid: "4e9c" },
    ]);
  });

  it("tells the ETL its slot, and leaves its own variables in order", () => {
    expect(environment(made(template({ name: "A", value: "1" }, SECRET)))).toEqual([
      { name: "A", value: "1" },
      SECRET,
      { name: "ETL_SLOT", value: "2026-03-08T14:15:00Z" },
    ]);
  });

  it("lets an event replace values and add a range", () => {
    const event = { ...EVENT, ...{ from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z", env: { A: "2" } } };
    const variables = environment(made(template({ name: "A", value: "1" }), event));
    expect(Object.fromEntries(variables.map(({ name, value }) => [name, value]))).toEqual({
      A: "2",
      ETL_SLOT: "2026-03-08T14:15:00Z",
      ETL_FROM: "2026-01-01T00:00:00Z",
      ETL_TO: "2026-02-01T00:00:00Z",
    });
    expect(variables).toHaveLength(4);
  });

  it("refuses to replace a reference by a value, and does not repeat the value", () => {
    const event = { ...EVENT, ...{ env: { DB_PASSWORD: "hunter2" } } };
    const attempt = (): Job => made(template(SECRET), event);
    expect(attempt).toThrow(/^env: DB_PASSWORD is a reference in the template/);
    expect(attempt).not.toThrow(/hunter2/);
  });

  it("leaves the template as it was", () => {
    const cronJob = template({ name: "A", value: "1" });
    const before = JSON.stringify(cronJob);
    made(cronJob, { ...EVENT, ...{ env: { A: "2" } } });
    expect(JSON.stringify(cronJob)).toBe(before);
  });
});

describe("isActive", () => {
  const condition = (type: string, status: string): Job["status"] => ({ conditions: [{ type, status }] });

  it.each<[string, Job["status"], boolean]>([
    ["running", { active: 1 }, true],
    ["not yet seen by the controller", undefined, true],
    ["between two tries", { active: 0 }, true],
    ["suspended", condition("Suspended", "True"), true],
    ["on its way to failure", condition("FailureTarget", "True"), true],
    ["complete", condition("Complete", "True"), false],
    ["failed", condition("Failed", "True"), false],
    ["failed, with a pod still there", { active: 1, ...condition("Failed", "True") }, true],
    ["not failed", condition("Failed", "False"), true],
  ])("knows a Job that is %s", (_, status, active) => {
    expect(isActive({ ...made(template()), status })).toBe(active);
  });
});
