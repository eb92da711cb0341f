import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { CommandError } from "../../../tools/command-error";
import { buildCli } from "../../../tools/cli";
import type { DrillConnection } from "../../../tools/drill/connection";
import type { Scorecard } from "../../../tools/drill/scorecard";
import { FakeDrills, withDrills } from "./fake-drills";

let fake = new FakeDrills();
let out = "";
beforeEach(() => {
  fake = new FakeDrills();
  out = "";
  jest.spyOn(console, "log").mockImplementation((text: unknown) => void (out += `${String(text)}\n`));
  jest.spyOn(console, "error").mockReturnValue();
});
afterEach(() => {
  jest.restoreAllMocks();
  process.exitCode = undefined;
});

const drill = async (words: string, props = {}): Promise<void> => {
  await buildCli([fake.command(props)]).parseAsync(["drill", ...words.split(" ")], { from: "user" });
};
const refused = (words: string, props = {}): Promise<string> =>
  drill(words, props).then(
    () => "",
    (error: unknown) => (error as Error).message,
  );
const card = (): Scorecard => {
  const [key = ""] = [...fake.store.objects.keys()].filter((name) => name.endsWith("/scorecard.json"));
  return JSON.parse(fake.store.objects.get(key)?.text ?? "{}") as Scorecard;
};
const open = (): unknown => fake.store.objects.get("drills/open.json");
const breaks = (): string[] => fake.calls.filter((call) => call.includes("create -f"));
const undone = (): string[] => fake.calls.filter((call) => call.includes("delete jobs -l app=chaoskube"));

/** What rings, and when it is quiet again, as it should be. */
function wellTold(): void {
  fake.fires("opsdx-dev-web-no-healthy-target", 200, 700);
  fake.fires("opsdx-dev-dns-endpoint-web", 260, 690);
  fake.events.push({ after: 30, happens: () => void fake.answers.set("jsonpath", "0/2") });
  fake.events.push({ after: 480, happens: () => void fake.answers.set("jsonpath", "2/2") });
}

describe("opsdx drill run", () => {
  it("breaks, is told, takes it back, and measures the minutes", async () => {
    wellTold();
    await drill("run dev web-pod-kill");
    expect(card()).toMatchObject({
      verdict: "held",
      faults: [],
      detectSeconds: 210,
      mitigateSeconds: 480,
      simulated: false,
    });
    expect(card().recoverSeconds).toBeGreaterThanOrEqual(700);
    expect(breaks()).toHaveLength(1);
    expect(undone()).toHaveLength(1);
    expect(open()).toBeUndefined();
    expect(fake.store.objects.has("lock/exercise.json")).toBe(false);
    expect(process.exitCode ?? 0).toBe(0);
    const [page = ""] = readdirSync(path.join(fake.root, "docs/drills/dev"));
    expect(readFileSync(path.join(fake.root, "docs/drills/dev", page), "utf8")).toContain(
      "| somebody was told | 3 min 30 s |",
    );
  });

  it("fails when an alarm stays silent, and takes it back all the same", async () => {
    fake.fires("opsdx-dev-web-no-healthy-target", 200, 600);
    await drill("run dev web-pod-kill");
    expect(card()).toMatchObject({
      verdict: "failed",
      faults: ["opsdx-dev-dns-endpoint-web stayed silent for 8 minutes"],
    });
    expect(undone()).toHaveLength(1);
    expect(process.exitCode).toBe(1);
  });

  it("fails when it is not as before in time", async () => {
    wellTold();
    fake.events.push({ after: 490, happens: () => void fake.answers.set("jsonpath", "1/2") });
    await drill("run dev web-pod-kill");
    expect(card()).toMatchObject({ verdict: "failed", faults: ["it was not as before within 15 minutes"] });
  });

  it("ends at once when its stop condition rings", async () => {
    fake.fires("opsdx-dev-db-connections-high", 60);
    await drill("run dev web-pod-kill");
    expect(card().verdict).toBe("ended early");
    expect(card().faults[0]).toBe("Ended early: its stop condition opsdx-dev-db-connections-high rang");
    expect(undone()).toHaveLength(1);
    expect(Date.parse(card().began) + 75_000).toBeGreaterThan(Date.parse("2026-03-09T18:01:00Z"));
  });

  it("breaks nothing when all is not well before, an alarm rings, or one does not exist", async () => {
    fake.answers.set("jsonpath", "1/2");
    fake.alarms.states.set("opsdx-dev-web-no-healthy-target", {
      name: "opsdx-dev-web-no-healthy-target",
      state: "ALARM",
    });
    fake.alarms.states.set("opsdx-dev-dns-endpoint-web", { name: "opsdx-dev-dns-endpoint-web", state: "MISSING" });
    const said = await refused("run dev web-pod-kill");
    expect(said).toContain("Nothing was changed");
    expect(said).toContain('"Every wanted pod of the web service is ready" does not hold: got "1/2"');
    expect(said).toContain("opsdx-dev-web-no-healthy-target rings already");
    expect(said).toContain("opsdx-dev-dns-endpoint-web does not exist");
    expect(breaks()).toEqual([]);
    expect(fake.store.objects.size).toBe(0);
  });

  it("puts back what it found, which is asked before anything is broken", async () => {
    fake.answers.set("get-function-concurrency", "1");
    fake.answers.set("get-queue-attributes", "0");
    fake.fires("opsdx-dev-epic2op-runs-unwatched", 900, 5000);
    fake.fires("opsdx-dev-epic2op-launch-failed", 960, 5000);
    fake.fires("opsdx-dev-epic2op-freshness", 3600, 5000);
    await drill("run dev etl-launcher-stopped");
    expect(card().verdict).toBe("held");
    expect(out).toContain("| it worked again | it was never seen to fail |");
    expect(fake.calls).toContain(
      'TARGET=1 aws lambda put-function-concurrency --function-name opsdx-dev-etl-lambda --reserved-concurrent-executions "$TARGET"',
    );
  });

  it("drains nodes, brings a pod that waits for them, and gives the autoscaler as many replicas as it had", async () => {
    fake.answers.set("get nodes", "ip-10-0-0-1   Ready    node   4d   v1.36.3\n");
    fake.answers.set("jsonpath='{.spec.replicas}'", "2");
    fake.answers.set("jsonpath='{.status", "2/2");
    fake.answers.delete("jsonpath");
    fake.fires("opsdx-dev-k8s-pods-pending", 1200, 2000);
    await drill("run dev node-drain");
    expect(card()).toMatchObject({ verdict: "held", faults: [] });
    const changes = fake.calls.filter((call) => / (scale|drain|create|delete|uncordon) /.test(call));
    expect(changes.map((call) => call.replace(/kubectl --context k8s.dev.opsdx.io( -n \S+)? /, ""))).toEqual([
      "TARGET=2 scale deployment/cluster-autoscaler --replicas=0",
      "TARGET=2 drain -l opsdx_nodegroup=etl --ignore-daemonsets --delete-emptydir-data --timeout=300s",
      "TARGET=2 create job wait-for-node --from=cronjob/wait-for-node",
      "TARGET=2 delete job wait-for-node --ignore-not-found --wait=true",
      "TARGET=2 uncordon -l opsdx_nodegroup=etl",
      'TARGET=2 scale deployment/cluster-autoscaler --replicas="$TARGET"',
    ]);
  });

  it("tells when it was as before, but too late", async () => {
    wellTold();
    fake.answers.set("delete jobs", () => {
      fake.now += 20 * 60_000;
      fake.alarms.states.clear();
      fake.answers.set("jsonpath", "2/2");
      return "";
    });
    await drill("run dev web-pod-kill");
    expect(card()).toMatchObject({ verdict: "failed", faults: ["it was not as before within 15 minutes"] });
    expect(card().recoverSeconds).toBeGreaterThan(1200);
  });

  it("tells what a restore would have lost, and how long it took", async () => {
    fake.answers.set("LatestRestorableTime", "2026-03-09T17:50:00Z");
    fake.answers.set("restore-db-instance-to-point-in-time", () => {
      fake.now += 70 * 60_000;
      return "creating";
    });
    fake.answers.set("DBInstances[?", "");
    fake.answers.set("DBInstanceStatus", "available");
    await drill("run dev restore-db");
    expect(card()).toMatchObject({
      verdict: "failed",
      lostMinutes: 10,
      faults: ["10 minutes of data would be lost: 5 may be", "the restore took longer than 60 minutes"],
    });
    // An hour and ten minutes, and a look or two.
    expect(card().mitigateSeconds).toBeGreaterThanOrEqual(4200);
    expect(card().mitigateSeconds).toBeLessThan(4300);
    expect(fake.calls.filter((call) => call.includes("delete-db-instance"))).toHaveLength(1);
  });
});

it("a signal takes back what was broken, gives the lock back, and ends it", async () => {
  fake.events.push({ after: 60, happens: () => void process.emit("SIGINT") });
  expect(await refused("run dev web-pod-kill")).toBe("interrupted");
  expect(undone()).toHaveLength(1);
  expect(card().faults[0]).toBe("Ended early: a signal ended it");
  expect([...fake.store.objects.keys()].filter((key) => !key.includes("/scorecard"))).toEqual([]);
});

it("what takes an hour to break is watched meanwhile, and ended at its stop condition", async () => {
  fake.fires("opsdx-dev-db-load-high", 600);
  fake.answers.set("DBInstances[?", "");
  fake.answers.set("DBInstanceStatus", "available");
  type Shell = DrillConnection["shell"];
  const shell: Shell = fake.connection.shell.bind(fake.connection);
  Object.assign(fake.connection, {
    shell: (command: Parameters<Shell>[0], options: Parameters<Shell>[1] = {}) =>
      command.command.endsWith("sleep 30; done")
        ? new Promise((_, reject) => {
            options.signal?.addEventListener("abort", () => reject(new CommandError("ended")));
          })
        : shell(command, options),
  });
  await drill("run dev restore-db");
  expect(card().faults[0]).toBe("Ended early: its stop condition opsdx-dev-db-load-high rang");
  expect(fake.calls.filter((call) => call.includes("delete-db-instance"))).toHaveLength(1);
});

describe("what a drill is refused for, before anything is changed", () => {
  it.each<[string, string, RegExp]>([
    [
      "an unknown drill",
      "run dev web-pod-kil",
      /<drill> must be one of .*got "web-pod-kil"; the nearest is "web-pod-kill"/,
    ],
    ["an unknown environment", "run dve web-pod-kill", /<env> must be one of .*the nearest is "dev"/],
    ["one that is withheld", "run prod web-pod-kill", /web-pod-kill never runs in prod/],
    ["an environment that nobody armed", "run prod grafana-down", /a person arms prod first, for an hour/],
    ["arming without a reason", "arm prod", /--reason must say why in ten characters or more, got ""/],
  ])("%s", async (_, words, message) => {
    if (words.includes("prod")) {
      fake.accountId = "777788889999";
      Object.assign(fake.connection.account, { environment: "prod", id: fake.accountId });
    }
    expect(await refused(words)).toMatch(message);
    expect(fake.calls).toEqual([]);
    expect(fake.store.objects.size).toBe(0);
  });

  it("the load window, and a drill that would reach into it", async () => {
    fake.now = Date.parse("2026-03-10T14:30:00Z");
    const within = await refused("run dev web-pod-kill");
    expect(within).toMatch(/load window/);
  });

  it("night and Sunday, where the configuration has hours", async () => {
    fake.now = Date.parse("2026-03-08T18:00:00Z");
    const load = () => withDrills({ hours: { start: "09:00", end: "16:00", timeZone: "America/New_York" } });
    expect(await refused("run dev web-pod-kill", { load })).toMatch(
      /drills run from 09:00 to 16:00 America\/New_York on working days, got Sun 14:00/,
    );
  });

  it("another exercise that is under way", async () => {
    const lock = {
      kind: "load",
      name: "peak",
      who: "bob",
      since: "2026-03-09T17:59:00Z",
      until: "2026-03-09T19:00:00Z",
    };
    await fake.store.write("lock/exercise.json", JSON.stringify(lock));
    expect(await refused("run dev web-pod-kill")).toMatch(
      /one exercise at a time in dev, and this is under way: load peak of bob/,
    );
    expect(breaks()).toEqual([]);
  });

  it("credentials of another account", async () => {
    fake.accountId = "999999999999";
    expect(await refused("run dev web-pod-kill")).toMatch(/credentials belong to account 999999999999/);
  });

  it("an hour that is over", async () => {
    const load = () => withDrills({ arming: "person" });
    await drill("arm dev --confirm dev --reason Quarterly", { load }).catch(() => undefined);
    await buildCli([fake.command({ load })]).parseAsync(
      ["drill", "arm", "dev", "--confirm", "dev", "--reason", "The drill of this quarter"],
      { from: "user" },
    );
    fake.now += 61 * 60_000;
    expect(await refused("run dev web-pod-kill", { load })).toMatch(/a person arms dev first/);
  });
});

/** Where a run is killed: what it wrote last is there, and nothing after it. */
const KILLED = ["armed", "injecting", "injected", "undoing"] as const;

describe("a drill that was killed", () => {
  const run = "20260309-170000-web-pod-kill";
  const left = async (step: (typeof KILLED)[number], beat: string, holder = run): Promise<void> => {
    const journal = { run, drill: "web-pod-kill", who: "bob", began: beat, beat, target: "", step };
    await fake.store.write("drills/open.json", JSON.stringify(journal));
    const lock = { kind: "drill", name: "web-pod-kill", who: "bob", since: beat, until: "2026-03-09T19:00:00Z" };
    await fake.store.write("lock/exercise.json", JSON.stringify({ ...lock, run: holder }));
  };

  it.each(KILLED)("while %s is taken back by the next run, which then runs itself", async (step) => {
    await left(step, "2026-03-09T17:00:00Z");
    wellTold();
    await drill("run dev web-pod-kill");
    expect(undone()).toHaveLength(step === "armed" ? 1 : 2);
    const [first = ""] = fake.calls;
    expect(first.includes("delete jobs")).toBe(step !== "armed");
    expect(card().verdict).toBe("held");
    expect(open()).toBeUndefined();
  });

  it.each(KILLED)("while %s is taken back by abort", async (step) => {
    await left(step, "2026-03-09T17:00:00Z");
    await drill("abort dev");
    expect(undone()).toHaveLength(step === "armed" ? 0 : 1);
    expect([...fake.store.objects.keys()]).toEqual([]);
    expect(out).toContain("was killed: what it left is taken back");
  });

  it("a minute ago is not taken for dead, and a run beside it is refused", async () => {
    await left("injected", "2026-03-09T17:59:00Z");
    expect(await refused("run dev web-pod-kill")).toMatch(/is under way, or was killed within the last minutes/);
    expect(fake.calls).toEqual([]);
  });

  it.each(["run dev web-pod-kill", "abort dev"])(
    "is taken back by `%s` under the lock, and said to live",
    async (words) => {
      await left("injected", "2026-03-09T17:00:00Z");
      wellTold();
      const seen: unknown[] = [];
      fake.answers.set("delete jobs", () => {
        const text = (key: string): unknown => JSON.parse(fake.store.objects.get(key)?.text ?? "{}");
        seen.push([text("lock/exercise.json"), text("drills/open.json")]);
        return "";
      });
      await drill(words);
      expect(seen[0]).toMatchObject([
        { kind: "drill", who: expect.stringContaining("ada") as string },
        { run, step: "undoing", beat: "2026-03-09T18:00:00.000Z" },
      ]);
    },
  );

  it("is not taken back beside another drill that has the lock since", async () => {
    await left("injected", "2026-03-09T17:00:00Z", "20260309-173000-web-pod-kill");
    for (const words of ["run dev web-pod-kill", "abort dev"]) {
      expect(await refused(words)).toMatch(/one exercise at a time in dev, and this is under way: drill web-pod-kill/);
    }
    expect(fake.calls).toEqual([]);
    expect(open()).toBeDefined();
  });

  it("and lives all the same is waited for, not taken back", async () => {
    await left("injected", "2026-03-09T17:59:00Z");
    for (let after = 15; after < 600; after += 15) {
      const beat = new Date(fake.now + after * 1000).toISOString();
      fake.events.push({ after, happens: () => void left("injected", beat) });
    }
    fake.events.push({ after: 600, happens: () => void fake.store.objects.delete("drills/open.json") });
    await drill("abort dev");
    expect(out).toBe(`${run} has ended, and taken back what it did.\n`);
    expect(fake.now).toBe(Date.parse("2026-03-09T18:10:00Z"));
    expect(fake.calls).toEqual([]);
    expect(fake.store.objects.has("lock/exercise.json")).toBe(true);
  });

  it("and cannot be taken back stays written down", async () => {
    await left("injected", "2026-03-09T17:00:00Z");
    fake.answers.set("delete jobs", new CommandError("forbidden"));
    expect(await refused("abort dev")).toContain("forbidden");
    expect(open()).toBeDefined();
  });
});

describe("opsdx drill abort", () => {
  /** At a second of the clock somebody asks for the end of the drill that is under way. */
  const wish = (after: number): void => {
    const happens = (): void => {
      const { text = "{}" } = fake.store.objects.get("drills/open.json") ?? {};
      void fake.store.write("drills/abort.json", (JSON.parse(text) as { run: string }).run);
    };
    fake.events.push({ after, happens });
  };

  it("ends a drill that is under way, which takes it back itself", async () => {
    wish(60);
    await drill("run dev web-pod-kill");
    expect(card().faults[0]).toBe("Ended early: somebody ended it with drill abort");
    expect(undone()).toHaveLength(1);
    expect([...fake.store.objects.keys()].filter((key) => !key.includes("/scorecard"))).toEqual([]);
  });

  it("ends one that has taken it back already, and waits until all is as before", async () => {
    wellTold();
    wish(400);
    await drill("run dev web-pod-kill");
    expect(card()).toMatchObject({
      verdict: "ended early",
      faults: ["Ended early: somebody ended it with drill abort"],
    });
    expect(Date.parse(card().ended) - Date.parse(card().began)).toBeLessThan(420_000);
    expect(undone()).toHaveLength(1);
  });

  it("has nothing to do when nothing is under way", async () => {
    await drill("abort dev");
    expect(out).toBe("No drill is under way in dev, and none has left anything.\n");
  });
});

describe("a drill whose looks are not answered", () => {
  /** From one second of the clock to another, nobody tells how alarms stand. */
  const deaf = (from: number, until: number): void => {
    const standings = fake.alarms.standings.bind(fake.alarms);
    fake.events.push({
      after: from,
      happens: () => (fake.alarms.standings = () => Promise.reject(new Error("throttled"))),
    });
    fake.events.push({ after: until, happens: () => (fake.alarms.standings = standings) });
  };

  it("goes on for some minutes, and says so", async () => {
    wellTold();
    deaf(45, 105);
    await drill("run dev web-pod-kill");
    expect(card()).toMatchObject({ verdict: "held", faults: [], detectSeconds: 210 });
    expect(fake.said).toContain("That was not answered, and is asked again: throttled");
  });

  it("is given up after five, and taken back", async () => {
    deaf(45, 900);
    await drill("run dev web-pod-kill");
    expect(card()).toMatchObject({
      verdict: "ended early",
      faults: ["Ended early: it could not be watched for 5 minutes: throttled"],
    });
    expect(undone()).toHaveLength(1);
    expect(Date.parse(card().ended) - Date.parse(card().began)).toBeGreaterThanOrEqual(330_000);
    expect([...fake.store.objects.keys()].filter((key) => !key.includes("/scorecard"))).toEqual([]);
  });

  it("has a scorecard all the same when it is taken back already", async () => {
    wellTold();
    deaf(300, 1200);
    await drill("run dev web-pod-kill");
    expect(card()).toMatchObject({
      verdict: "ended early",
      faults: ["Ended early: it could not be watched for 5 minutes: throttled"],
    });
    expect(undone()).toHaveLength(1);
    expect(open()).toBeUndefined();
  });
});

it("what worked again before it was taken back, worked again then", async () => {
  fake.fires("opsdx-dev-web-no-healthy-target", 200, 600);
  fake.fires("opsdx-dev-dns-endpoint-web", 260, 600);
  fake.events.push({ after: 30, happens: () => void fake.answers.set("jsonpath", "0/2") });
  fake.events.push({ after: 150, happens: () => void fake.answers.set("jsonpath", "2/2") });
  await drill("run dev web-pod-kill");
  expect(card()).toMatchObject({ verdict: "held", mitigateSeconds: 150 });
});

it("what breaks half way is taken back, and said", async () => {
  fake.answers.set("create -f", new CommandError("the quota is used up"));
  await drill("run dev web-pod-kill");
  expect(card()).toMatchObject({
    verdict: "ended early",
    faults: ["Ended early: what breaks it failed", "what breaks it failed: the quota is used up"],
  });
  expect(undone()).toHaveLength(1);
});

it("what was broken is taken back where it can no longer be written down, too", async () => {
  fake.events.push({
    after: 60,
    happens: () => (fake.store.write = () => Promise.reject(new CommandError("the bucket is away"))),
  });
  expect(await refused("run dev web-pod-kill")).toBe("the bucket is away");
  expect(undone()).toHaveLength(1);
  expect(readdirSync(path.join(fake.root, "docs/drills/dev"))).toHaveLength(1);
});

it("what cannot be taken back stays written down, with what helps", async () => {
  fake.answers.set("delete jobs", new CommandError("forbidden"));
  fake.fires("opsdx-dev-web-no-healthy-target", 60);
  fake.fires("opsdx-dev-dns-endpoint-web", 60);
  expect(await refused("run dev web-pod-kill")).toBe(
    "It could not be taken back: forbidden\nMend that, then: npx opsdx drill abort dev",
  );
  expect(undone()).toHaveLength(3);
  expect(open()).toBeDefined();
  expect(fake.store.objects.has("lock/exercise.json")).toBe(false);
});

it("list tells when each was done last, plan what it would do; both change nothing", async () => {
  await drill("list dev");
  expect(out).toMatch(/^web-pod-kill {12}never {19}Every pod of the web service/m);
  wellTold();
  await drill("run dev web-pod-kill");
  out = "";
  await drill("list dev --json");
  expect(JSON.parse(out)).toContainEqual(expect.objectContaining({ name: "web-pod-kill", last: "2026-03-09" }));
  await drill("plan dev nat-lost");
  expect(out).toContain("$ aws ec2 delete-route --route-table-id");
  expect(out).toContain("Ends at once when one of these rings\n  k8s-api-unhealthy");
  await drill("report dev");
  expect(out).toContain("# web-pod-kill in dev: held");
  expect(existsSync(path.join(fake.root, "docs/drills/dev"))).toBe(true);
});
