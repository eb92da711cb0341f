import { FakeEnvironment, run } from "./support";

const RERUN = "rerun dev epic2op 20260308-1415";
const DELETE = "delete epic2op-dev-20260308-1415";
const INVOKE = "invoke opsdx-dev-etl-lambda";

describe("opsdx etl rerun", () => {
  it("removes the slot's Job, waits until it is gone, and launches", async () => {
    const environment = new FakeEnvironment();
    environment.addJob("epic2op", "20260308-1415", "failed");
    environment.lingers = 8;
    const { out, exitCode, failure } = await run(RERUN, environment);
    expect(failure).toBeUndefined();
    expect(environment.changes).toEqual([DELETE, INVOKE]);
    expect(environment.events).toEqual([{ etl: "epic2op", scheduledTime: "2026-03-08T14:15:00Z" }]);
    expect(environment.said).toEqual([
      "deleting epic2op-dev-20260308-1415",
      "waiting for the pods of epic2op-dev-20260308-1415 to end, 10 s",
      "epic2op-dev-20260308-1415 is gone",
      "launching epic2op-dev-20260308-1415",
    ]);
    expect(out).toContain("Launched: epic2op-dev-20260308-1415");
    expect(exitCode).toBe(0);
  });

  it("launches a slot whose Job is not there any more", async () => {
    const environment = new FakeEnvironment();
    environment.addJob("epic2op", "20260308-1400", "succeeded");
    environment.addJob("op2dw", "20260308-0700", "running");
    await run(RERUN, environment);
    expect(environment.changes).toEqual([INVOKE]);
    expect(environment.said[0]).toBe("epic2op-dev-20260308-1415 is not there (any more): nothing to delete");
  });

  it("goes on with a deletion that was begun", async () => {
    const environment = new FakeEnvironment();
    environment.addJob("epic2op", "20260308-1415", "deleting");
    environment.lingers = 3;
    await run(RERUN, environment);
    expect(environment.changes).toEqual([INVOKE]);
    expect(environment.said[0]).toBe("epic2op-dev-20260308-1415 is being deleted already");
  });

  it.each(["running", "waiting"] as const)("refuses while the slot's run is %s", async (state) => {
    const environment = new FakeEnvironment();
    environment.addJob("epic2op", "20260308-1415", state);
    const { failure } = await run(RERUN, environment);
    expect(failure).toBe(
      `epic2op-dev-20260308-1415 is on its way (${state}). Nothing was changed. Wait for it, or add --kill to end it and launch the slot again`,
    );
    expect(environment.changes).toEqual([]);
  });

  it("kills the slot's run where that is asked for", async () => {
    const environment = new FakeEnvironment();
    environment.addJob("epic2op", "20260308-1415", "running");
    await run(`${RERUN} --kill`, environment);
    expect(environment.changes).toEqual([DELETE, INVOKE]);
  });

  it("never kills another slot's run", async () => {
    const environment = new FakeEnvironment();
    environment.addJob("epic2op", "20260308-1415", "failed");
    environment.addJob("epic2op", "20260308-1420", "running");
    const { failure } = await run(`${RERUN} --kill`, environment);
    expect(failure).toBe(
      "epic2op-dev-20260308-1420 is on its way, and epic2op runs once at a time. Nothing was changed. " +
        "Wait for it, or kill it: npx opsdx etl stop dev epic2op",
    );
    expect(environment.changes).toEqual([]);
  });

  it("loads the range again that the slot's Job loaded", async () => {
    const environment = new FakeEnvironment();
    const range = { from: "2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z" };
    environment.addJob("c2dw", "20260308-0612", "failed", { range });
    await run("rerun dev c2dw 20260308-0612 --off-schedule --env LOG_LEVEL=debug", environment);
    expect(environment.events).toEqual([
      { etl: "c2dw", scheduledTime: "2026-03-08T06:12:00Z", ...range, env: { LOG_LEVEL: "debug" } },
    ]);
    expect(environment.said).toContain(
      "it loaded 2026-03-01T00:00:00Z to 2026-03-02T00:00:00Z, and does so again; cut off before that: " +
        "npx opsdx etl backfill dev c2dw --from 2026-03-01T00:00:00Z --to 2026-03-02T00:00:00Z",
    );
  });

  it("gives up when the Job does not go, and launches nothing", async () => {
    const environment = new FakeEnvironment();
    environment.addJob("epic2op", "20260308-1415", "failed");
    environment.lingers = Infinity;
    const { failure } = await run(RERUN, environment);
    expect(failure).toBe(
      "epic2op-dev-20260308-1415 is still there after 5 min 0 s. What holds it: " +
        "kubectl --context k8s.dev.opsdx.io -n etl describe pods -l job-name=epic2op-dev-20260308-1415. " +
        "Its deletion goes on; repeat the command to wait for it",
    );
    expect(environment.changes).toEqual([DELETE]);
  });

  it("changes nothing when the cluster cannot be reached", async () => {
    const environment = new FakeEnvironment();
    environment.broken = ["jobs"];
    expect((await run(RERUN, environment)).failure).toBe("the jobs cannot be reached");
    expect(environment.changes).toEqual([]);
  });

  it("takes slots of the schedule only, unless told otherwise", async () => {
    const environment = new FakeEnvironment();
    const { failure = "" } = await run("rerun dev epic2op 20260308-1412 --env low=1", environment);
    expect(failure.split("\n")).toEqual([
      "<slot> must be a moment that cron(0/15 * * * ? *) UTC has, got 2026-03-08T14:12:00Z; the nearest is 20260308-1415 (2026-03-08 14:15 UTC). --off-schedule takes any minute",
      "--env low: must be an upper-case variable name",
    ]);
    expect(environment.changes).toEqual([]);
    await run("rerun dev epic2op 20260308-1412 --off-schedule", environment);
    expect(environment.events[0]?.scheduledTime).toBe("2026-03-08T14:12:00Z");
  });

  it("cannot check the slot of an ETL without a schedule", async () => {
    expect((await run("rerun dev c2dw 20260308-1412", new FakeEnvironment())).failure).toBe(
      "<slot> cannot be checked, because c2dw has no schedule: --off-schedule takes any minute",
    );
  });

  it("names every fault at once", async () => {
    const { failure = "" } = await run("rerun dve epic 20260308-1421 --env X", new FakeEnvironment());
    expect(failure.split("\n").map((line) => line.split(" ")[0])).toEqual(["<env>", "<etl>", "<slot>", "--env"]);
  });
});

describe("opsdx etl stop", () => {
  it("says so when nothing is on its way", async () => {
    const environment = new FakeEnvironment();
    environment.addJob("epic2op", "20260308-1415", "succeeded");
    environment.addJob("op2dw", "20260308-0700", "running");
    const { out, exitCode, failure } = await run("stop dev epic2op --yes", environment);
    expect([out, exitCode, failure]).toEqual(["Nothing of epic2op is on its way.", 0, undefined]);
    expect(environment.changes).toEqual([]);
  });

  it("shows what it would kill", async () => {
    const environment = new FakeEnvironment();
    environment.addJob("epic2op", "20260308-1415", "running", { seconds: 312 });
    const { out, failure } = await run("stop dev epic2op", environment);
    expect(out).toBe("epic2op-dev-20260308-1415: running for 5 min 12 s");
    expect(failure).toBe("Nothing was stopped. Add --yes to kill it; what it has loaded so far stays");
    expect(environment.changes).toEqual([]);
  });

  it("kills it, and tells that its slot is free", async () => {
    const environment = new FakeEnvironment();
    environment.addJob("epic2op", "20260308-1415", "waiting");
    environment.lingers = 2;
    const { failure } = await run("stop dev epic2op --yes", environment);
    expect(failure).toBeUndefined();
    expect(environment.changes).toEqual([DELETE]);
    expect(environment.jobs).toEqual([]);
    expect(environment.said.at(-1)).toBe(
      "The slot 20260308-1415 is free. Launch it again: npx opsdx etl rerun dev epic2op 20260308-1415",
    );
  });
});
