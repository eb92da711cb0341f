import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import type * as AskModule from "../../../tools/ask";
import path from "node:path";
import { describeJob, type RawJob } from "../../../tools/etl/jobs";
import { KubectlJobs } from "../../../tools/etl/kubectl";
import { devTarget, NOW } from "./support";

// A program that hangs is not waited for as long as a person would.
jest.mock("../../../tools/ask", () => {
  const actual = jest.requireActual<typeof AskModule>("../../../tools/ask");
  const ask: typeof actual.ask = (file, args, options) => actual.ask(file, args, { ...options, limit: 2_000 });
  return { ...actual, ask };
});

const { place } = devTarget("epic2op");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "etl-kubectl-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const calls = (): readonly string[] => readFileSync(path.join(folder, "calls"), "utf8").trimEnd().split("\n");

/** A kubectl that writes down its arguments, prints, and ends. */
function kubectl({ out = "", err = "", exitCode = 0 }: { out?: string; err?: string; exitCode?: number }): KubectlJobs {
  writeFileSync(path.join(folder, "out"), out);
  writeFileSync(path.join(folder, "err"), err);
  const script = `#!/bin/sh\necho "$@" >> '${folder}/calls'\ncat '${folder}/out'\ncat '${folder}/err' >&2\nexit ${exitCode}\n`;
  writeFileSync(path.join(folder, "kubectl"), script);
  chmodSync(path.join(folder, "kubectl"), 0o755);
  return new KubectlJobs({ PATH: `${folder}:/usr/bin:/bin` });
}

function rawJob(slot: string, status: RawJob["status"], more: Partial<RawJob["metadata"]> = {}): RawJob {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: `epic2op-dev-${slot}`,
      uid: `uid-${slot}`,
      labels: { etl: "epic2op", "opsdx.io/slot": slot },
      creationTimestamp: "2026-03-08T14:15:01Z",
      ...more,
    },
    spec: { template: { spec: { containers: [{}] } } },
    status,
  };
}

const condition = (type: string, reason = "", message = "") => ({
  type,
  status: "True",
  reason,
  message,
  lastTransitionTime: "2026-03-08T14:20:13Z",
});

describe("a Job", () => {
  it.each([
    ["waiting", {}, undefined],
    ["waiting", { active: 1, ready: 0, startTime: "2026-03-08T14:15:01Z" }, 329],
    ["running", { active: 1, ready: 1, startTime: "2026-03-08T14:15:01Z" }, 329],
    ["waiting", { startTime: "2026-03-08T14:15:01Z", conditions: [condition("FailureTarget")] }, 329],
    ["succeeded", { startTime: "2026-03-08T14:15:01Z", conditions: [condition("Complete")] }, 312],
    ["failed", { startTime: "2026-03-08T14:15:01Z", conditions: [condition("Failed")] }, 312],
  ] as const)("is %s with status %j", (state, status, seconds) => {
    const job = describeJob(rawJob("20260308-1415", status), NOW);
    expect(job).toMatchObject({ name: "epic2op-dev-20260308-1415", etl: "epic2op", slot: "20260308-1415", state });
    expect(job.seconds).toBe(seconds);
  });

  it("that is being deleted is nothing else", () => {
    const job = rawJob("20260308-1415", { active: 1 }, { deletionTimestamp: "2026-03-08T14:20:00Z" });
    expect(describeJob(job, NOW).state).toBe("deleting");
  });

  it("says why it failed", () => {
    const conditions = [condition("FailureTarget"), condition("Failed", "DeadlineExceeded", "Job was active too long")];
    expect(describeJob(rawJob("20260308-1415", { conditions }), NOW).reason).toBe(
      "DeadlineExceeded: Job was active too long",
    );
  });

  it("knows the range that it loads", () => {
    const env = [
      { name: "ETL_FROM", value: "2026-03-01T00:00:00Z" },
      { name: "ETL_TO", value: "2026-03-02T00:00:00Z" },
    ];
    const job = { ...rawJob("20260308-1415", {}), spec: { template: { spec: { containers: [{ env }] } } } };
    expect(describeJob(job, NOW).range).toEqual({ from: "2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z" });
    expect(describeJob(rawJob("20260308-1415", {}), NOW)).not.toHaveProperty("range");
  });
});

describe("kubectl", () => {
  it("lists every ETL's Jobs of a namespace, newest first", async () => {
    const items = [
      rawJob("20260308-1400", {}, { creationTimestamp: "2026-03-08T14:00:01Z" }),
      rawJob("20260308-1415", {}),
    ];
    const jobs = await kubectl({ out: JSON.stringify({ items }) }).list(place);
    expect(jobs.map(({ slot }) => slot)).toEqual(["20260308-1415", "20260308-1400"]);
    expect(calls()).toEqual([
      "--context k8s.dev.opsdx.io --request-timeout=10s get --raw /apis/batch/v1/namespaces/etl/jobs?labelSelector=etl",
    ]);
  });

  it("deletes one Job and no other in its place, its pods first", async () => {
    await kubectl({ out: "{}" }).remove(place, describeJob(rawJob("20260308-1415", {}), NOW));
    expect(calls()).toEqual([
      "--context k8s.dev.opsdx.io --request-timeout=10s delete --raw /apis/batch/v1/namespaces/etl/jobs/epic2op-dev-20260308-1415?propagationPolicy=Foreground&uid=uid-20260308-1415",
    ]);
  });

  // The words are those of kubectl 1.32 with a real API server.
  it.each([
    [
      'error: context "k8s.dev.opsdx.io" does not exist',
      "kubectl must have the context k8s.dev.opsdx.io, got none of that name. " +
        "Make it: npx opsdx kops kubeconfig dev k8s > ~/.kube/k8s.dev.opsdx.io; export KUBECONFIG=~/.kube/k8s.dev.opsdx.io:${KUBECONFIG:-~/.kube/config}",
    ],
    [
      "error: You must be logged in to the server (Unauthorized)",
      "k8s.dev.opsdx.io: error: You must be logged in to the server (Unauthorized). Sign in to AWS, as a role that the clusters know (npx opsdx people show): export AWS_PROFILE=opsdx-dev-etl",
    ],
    [
      "The SSO session has expired\nThe SSO session has expired\nUnable to connect to the server: getting credentials: exec: executable aws failed with exit code 255",
      "k8s.dev.opsdx.io: The SSO session has expired; Unable to connect to the server: getting credentials: exec: executable aws failed with exit code 255. " +
        "Sign in to AWS, as a role that the clusters know (npx opsdx people show): export AWS_PROFILE=opsdx-dev-etl",
    ],
    [
      'Error from server (Forbidden): jobs.batch is forbidden: User "bob" cannot list resource "jobs" in API group "batch" in the namespace "etl"',
      'k8s.dev.opsdx.io: Error from server (Forbidden): jobs.batch is forbidden: User "bob" cannot list resource "jobs" in API group "batch" in the namespace "etl". ' +
        "Your role may not: npx opsdx people show says what each may",
    ],
    [
      "E1125 22:40:09.124490   22258 memcache.go:265] noise\nThe connection to the server 10.0.0.1:443 was refused - did you specify the right host or port?",
      "k8s.dev.opsdx.io: The connection to the server 10.0.0.1:443 was refused - did you specify the right host or port. The API is internal. Nothing answers. Is the network on, and the VPN? Then repeat the command",
    ],
  ])("explains %s", async (err, message) => {
    await expect(kubectl({ err, exitCode: 1 }).list(place)).rejects.toThrow(message);
  });

  it("that hangs is ended, with what it waits for", async () => {
    writeFileSync(path.join(folder, "kubectl"), "#!/bin/sh\nsleep 300 &\nwait\n", { mode: 0o755 });
    await expect(new KubectlJobs({ PATH: `${folder}:/usr/bin:/bin` }).list(place)).rejects.toThrow(
      "k8s.dev.opsdx.io: no answer within 2 s. The API is internal. Nothing answers. Is the network on, and the VPN? Then repeat the command",
    );
  });

  it("must be there", async () => {
    await expect(new KubectlJobs({ PATH: folder }).list(place)).rejects.toThrow(
      "kubectl must be on the PATH, got nothing. Install it: https://kubernetes.io/docs/tasks/tools/",
    );
  });
});
