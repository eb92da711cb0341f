import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadConfig } from "../../../config/load";
import { standingOf, startJob } from "../../../tools/load/cluster-run";
import { MemoryStore } from "../exercise/fake-exercises";

const environment = loadConfig().environments.find(({ name }) => name === "dev");
if (environment === undefined) throw new Error("config has no dev");

const TEMPLATE = JSON.stringify({
  spec: { jobTemplate: { spec: { template: { spec: { containers: [{ name: "locust" }, { name: "report" }] } } } } },
});

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "kubectl-"));
  writeFileSync(path.join(folder, "template"), TEMPLATE);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A run by a kubectl that answers as the lines of a shell say; `$what` is what is asked of it. */
function start(lines: string) {
  const program = path.join(folder, "kubectl");
  writeFileSync(
    program,
    `#!/bin/sh
cd "${folder}"
echo "$*" >> words
case "$*" in
  *"create --raw"*) what=create;;
  *"get --raw"*) cat template; exit;;
  *"get job "*) what=job;;
  *"get pods "*) what=pods;;
  *"delete job "*) what=delete;;
esac
${lines}
`,
  );
  chmodSync(program, 0o755);
  const said: string[] = [];
  let now = 0;
  const run = startJob({
    environment: environment as NonNullable<typeof environment>,
    profile: "smoke",
    seconds: 60,
    run: "r1",
    store: new MemoryStore(),
    watch: {
      now: () => now,
      sleep: (milliseconds) => Promise.resolve(void (now += milliseconds)),
      say: (line) => void said.push(line),
    },
    env: { PATH: `${folder}:${process.env["PATH"] ?? ""}` },
  });
  const asked = () => readFileSync(path.join(folder, "words"), "utf8");
  return { asked, run, said };
}

const LOST = 'if [ $what = create ]; then echo "error: context deadline exceeded" >&2; exit 1; fi';
const THERE = `case $what in job) echo '{"status":{}}';; pods) echo '{"items":[{}]}';; esac`;
const GONE = `case $what in job) ;; pods) echo '{"items":[]}';; esac`;

describe("a run on the cluster", () => {
  it("goes on where the answer to its Job was lost, and the Job is there or nobody tells", async () => {
    const { run, said } = start(`${LOST}\n${THERE}`);
    expect(await (await run).look()).toEqual({ ended: false, waits: "its pod has not begun" });
    expect(said).toEqual([
      expect.stringMatching(/^The cluster did not say that it took the run, and may have: .*deadline exceeded/),
    ]);
    const silent = start(`${LOST}\nexit 1`);
    await expect((await silent.run).look()).rejects.toThrow("k8s.dev.opsdx.io");
  });

  it("does not begin where there is no such Job, or it was never asked for", async () => {
    await expect(start(`${LOST}\n${GONE}`).run).rejects.toThrow("deadline exceeded");
    for (const file of ["template", "words"]) rmSync(path.join(folder, file));
    const early = start("exit 1");
    await expect(early.run).rejects.toThrow();
    expect(early.asked()).not.toContain("get job");
  });

  it("has ended with its pod, once its Job is gone; taking it away waits for that, and says when it does not come", async () => {
    const gone = await start(GONE).run;
    expect(await gone.look()).toEqual({ ended: true });
    await gone.clean(false);
    const stays = start(`case $what in job) ;; pods) echo '{"items":[{}]}';; esac`);
    const left = await stays.run;
    expect(await left.look()).toEqual({ ended: false });
    await expect(left.clean(false)).rejects.toThrow(
      "the pod of load-r1 is still there 90 seconds after it was deleted",
    );
    expect(stays.asked()).toContain("delete job load-r1 --ignore-not-found --wait=false");
  });

  it("is not stopped where the cluster does not say so", async () => {
    const run = await start(`[ $what != delete ] || exit 1\n${THERE}`).run;
    await expect(run.stop("somebody asked for it")).rejects.toThrow();
    expect(await run.look()).toMatchObject({ ended: false });
    await expect(run.clean(false)).rejects.toThrow();
    await run.clean(true);
  });

  it("waits for what its pod waits for, in the cluster's words, until each container has begun", () => {
    const of = (status: object) => standingOf("{}", JSON.stringify({ items: [{ status }] }));
    const running = { name: "locust", state: { running: {} } };
    const message = 'Back-off pulling\nimage "aws-cli"';
    expect(standingOf("{}", '{"items":[]}')).toEqual({ ended: false, waits: "it has no pod" });
    expect(
      of({ conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes" }] }),
    ).toEqual({ ended: false, waits: "Unschedulable: 0/3 nodes" });
    expect(
      of({
        containerStatuses: [running, { name: "report", state: { waiting: { reason: "ImagePullBackOff", message } } }],
      }),
    ).toEqual({ ended: false, waits: 'report: ImagePullBackOff: Back-off pulling image "aws-cli"' });
    expect(of({ containerStatuses: [running, { name: "report", state: { terminated: {} } }] })).toEqual({
      ended: false,
    });
    const failed = JSON.stringify({ status: { conditions: [{ type: "Failed", status: "True" }] } });
    expect(standingOf(failed, '{"items":[]}')).toEqual({ ended: true });
  });
});
