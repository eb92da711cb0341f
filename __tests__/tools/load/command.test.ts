import { loadConfig } from "../../../config/load";
import { webAlarms } from "../../../config/names";
import { LOCK_KEY } from "../../../tools/exercise/lock";
import { FakeLoad, summaryOf } from "./fake-load";

const printed: string[] = [];
beforeEach(() => {
  printed.length = 0;
  jest.spyOn(console, "log").mockImplementation((text: string) => void printed.push(text));
  process.exitCode = undefined;
});
afterEach(() => {
  jest.restoreAllMocks();
  process.exitCode = undefined;
});
const run = async (words: string, fake = new FakeLoad()) => {
  await fake.command().parseAsync(words.split(" "), { from: "user" });
  return printed.join("\n");
};

describe("opsdx load run", () => {
  it("starts a run, judges it, keeps the verdict, and gives the lock back", async () => {
    const fake = new FakeLoad();
    fake.pods = [2, 2, 4];
    expect(await run("run dev --profile smoke", fake)).toBe(
      [
        "PASSED: smoke on dev, done",
        "1000 requests in 100 s, at most 2 users; there is no good run to compare with",
        "✓  patient  p95     50 ms  at most 500",
        "✓  patient  p99     50 ms  at most 1000",
        "✓  patient  errors  0 %    at most 1",
        "✓  all      p95     50 ms  at most 500",
        "✓  all      p99     50 ms  at most 1000",
        "✓  all      errors  0 %    at most 1",
        "✓  all      rate    10 /s  at least 0.3",
        "Autoscaler of the web service: 2 pods at the start, 4 at most, 4 at the end; it wanted more after 10 s",
        "Grafana: made (200)",
      ].join("\n"),
    );
    expect(process.exitCode).toBeUndefined();
    expect(fake.calls).toEqual([
      "start smoke https://trews.dev.opsdx.io 20260310-060000-smoke",
      "clean ended",
      "close",
    ]);
    expect([...fake.store.objects.keys()].sort()).toEqual([
      "load/20260310-060000-smoke/summary.json",
      "load/20260310-060000-smoke/verdict.json",
      "load/20260310-060000-smoke/verdict.txt",
      "load/last-good/smoke.json",
    ]);
  });

  it("compares with the last good run only: a bad one takes nobody's place", async () => {
    const fake = new FakeLoad();
    await run("run dev --profile smoke", fake);
    fake.now += 60_000;
    fake.looks = 1;
    fake.summary = summaryOf(1000, 30, 700);
    printed.length = 0;
    const bad = JSON.parse(await run("run dev --profile smoke --json", fake)) as { outcome: string };
    expect(bad).toMatchObject({ outcome: "failed", comparedWith: "20260310-060000-smoke" });
    expect(process.exitCode).toBe(1);
    fake.now += 60_000;
    fake.looks = 1;
    fake.summary = summaryOf(1010, 0, 50);
    printed.length = 0;
    const text = await run("run dev --profile smoke", fake);
    expect(text).toContain("compared with 20260310-060000-smoke");
    expect(text).toContain("rate    10.1 /s  at least 0.3  10 before: no more than chance");
  });

  it.each([
    ["an unknown environment", "run dve --profile smoke", '<env> must be one of dev, prod, got "dve"'],
    [
      "an unknown profile",
      "run dev --profile smokey",
      '--profile must be one of smoke, steady, peak, spike, soak, got "smokey"; the nearest is "smoke"',
    ],
    ["what every object has", "run dev --profile constructor", "--profile must be one of"],
    [
      "prod without a word",
      "run prod --profile smoke",
      "--prod and --reason <words> must be given for prod, whose clinicians are asked for beside it, got no --prod",
    ],
    ["prod without a reason", "run prod --profile smoke --prod", "got no reason"],
    [
      "all at once",
      "run prod --profile peak",
      /--profile must be one of smoke, steady, got "peak".*\n--prod and --reason/,
    ],
    [
      "a reason of several lines",
      "run dev --profile smoke --reason a\nb",
      "--reason must be at most 300 characters of one line",
    ],
  ])("refuses %s before anybody is asked", async (_, words, message) => {
    const fake = new FakeLoad();
    await expect(run(words, fake)).rejects.toThrow(message);
    expect([fake.calls, fake.store.objects.size]).toEqual([[], 0]);
  });

  it("runs on prod with both words, and the reason stands in the verdict", async () => {
    const fake = new FakeLoad();
    fake.accountId = loadConfig().environments.find(({ name }) => name === "prod")?.account.id ?? "";
    await run("run prod --profile smoke --prod --reason opening", fake);
    expect(fake.store.objects.get("load/20260310-060000-smoke/verdict.json")?.text).toContain('"why": "opening"');
  });

  it("refuses the load window and what would reach into it, another account, another exercise, an ill service, and alarms that are missing", async () => {
    const alarm = "opsdx-dev-web-5xx-rate";
    const cases: readonly [(fake: FakeLoad) => void | Promise<void>, string, string?][] = [
      [(fake) => void (fake.now = Date.parse("2026-03-10T14:00:00Z")), "this is the load window"],
      [(fake) => void (fake.now = Date.parse("2026-03-10T10:00:00Z")), "it takes 260 minutes", "soak"],
      [(fake) => void (fake.accountId = "999999999999"), "999999999999"],
      [
        (fake) =>
          fake.store.write(
            LOCK_KEY,
            JSON.stringify({
              kind: "drill",
              name: "nat-loss",
              who: "bob",
              since: "2026-03-10T05:00:00Z",
              until: "2026-03-10T07:00:00Z",
            }),
          ),
        "drill nat-loss of bob",
      ],
      [(fake) => void fake.alarms.states.set(alarm, { name: alarm, state: "ALARM" }), `Alarms that fire: ${alarm}`],
      [(fake) => void fake.alarms.states.set(alarm, { name: alarm, state: "MISSING" }), `these do not: ${alarm}`],
    ];
    for (const [prepare, message, profile = "smoke"] of cases) {
      const fake = new FakeLoad();
      await prepare(fake);
      await expect(run(`run dev --profile ${profile}`, fake)).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringContaining(message) as string,
      });
      expect(fake.calls).toEqual([]);
    }
  });

  it("refuses an environment without load tests", async () => {
    const fake = new FakeLoad();
    const config = loadConfig();
    const without = { ...config, environments: config.environments.map((one) => ({ ...one, load: undefined })) };
    const command = fake.command({ load: () => without });
    await expect(command.parseAsync(["run", "dev", "--profile", "smoke"], { from: "user" })).rejects.toThrow(
      "<env> must have load tests, in config/environments/dev.ts",
    );
  });

  it("is stopped by an alarm, by nobody who tells of them, and by a clock that has run out", async () => {
    const alarm = "opsdx-dev-web-latency-p99";
    const cases: readonly [(fake: FakeLoad) => void, string][] = [
      [(fake) => void fake.alarms.states.set(alarm, { name: alarm, state: "ALARM" }), `stop the alarm ${alarm}`],
      [
        (fake) => void jest.spyOn(fake.alarms, "standings").mockRejectedValue(new Error("silence")),
        "stop nobody tells how the alarms stand",
      ],
      [(fake) => void (fake.now += 1_000_000), "stop its 960 seconds are over"],
    ];
    for (const [happens, stop] of cases) {
      const fake = new FakeLoad();
      fake.looks = 100;
      let looks = 0;
      fake.look = () => {
        looks += 1;
        if (looks === 2) happens(fake);
      };
      expect(await run("run dev --profile smoke", fake)).toContain(`STOPPED: smoke on dev, stopped: ${stop.slice(5)}`);
      expect(fake.calls).toEqual([expect.stringMatching(/^start/), stop, "clean ended", "close"]);
      expect([process.exitCode, fake.store.objects.has(LOCK_KEY)]).toEqual([1, false]);
      expect(fake.store.objects.has("load/last-good/smoke.json")).toBe(false);
      printed.length = 0;
    }
  });

  it("ends in order with a signal, with its verdict and the signal's exit code", async () => {
    const fake = new FakeLoad();
    fake.looks = 100;
    fake.look = () => {
      if (fake.looks === 98) process.emit("SIGINT", "SIGINT");
    };
    await expect(run("run dev --profile smoke", fake)).rejects.toMatchObject({ exitCode: 130 });
    expect(fake.calls).toContain("stop somebody asked for it");
    expect(printed.join("\n")).toContain("STOPPED: smoke on dev, stopped: somebody asked for it");
    expect(fake.store.objects.has(LOCK_KEY)).toBe(false);
  });

  it("goes on when nobody tells once how it stands, and starts to end when it can be stopped", async () => {
    const fake = new FakeLoad();
    let looks = 0;
    fake.look = () => {
      looks += 1;
      if (looks === 2) return Promise.reject(new Error("no route"));
      return Promise.resolve();
    };
    expect(await run("run dev --profile smoke", fake)).toContain("PASSED: smoke on dev");
    expect([fake.calls.at(-2), fake.store.objects.has(LOCK_KEY)]).toEqual(["clean ended", false]);

    const stubborn = new FakeLoad();
    stubborn.looks = 100;
    stubborn.stopping = [new Error("no route")];
    const alarm = "opsdx-dev-web-latency-p99";
    stubborn.look = () => {
      if (stubborn.looks === 98) stubborn.alarms.states.set(alarm, { name: alarm, state: "ALARM" });
    };
    printed.length = 0;
    expect(await run("run dev --profile smoke", stubborn)).toContain(
      `STOPPED: smoke on dev, stopped: the alarm ${alarm}`,
    );
    expect(stubborn.calls.filter((call) => call === `stop the alarm ${alarm}`)).toHaveLength(2);
    expect(stubborn.said).toContain("It could not be stopped, and is asked again: no route");
  });

  it("leaves a run of which nobody tells for ten minutes to itself, and keeps the lock", async () => {
    const fake = new FakeLoad();
    fake.look = () => Promise.reject(new Error("no route"));
    const began = fake.now;
    await expect(run("run dev --profile smoke", fake)).rejects.toThrow(
      "Nobody tells how the run 20260310-060000-smoke stands: no route. It ends by itself, and its reports come to s3://opsdx-dev-exercises/load/20260310-060000-smoke/",
    );
    expect(fake.now - began).toBe(600_000);
    expect(fake.calls).toEqual([expect.stringMatching(/^start/), "close"]);
    expect([...fake.store.objects.keys()]).toEqual([LOCK_KEY]);
    expect(fake.said.at(-1)).toBe(
      "The lock is kept until 2026-03-10T06:21:00.000Z, because nobody tells whether the run goes on: no route.",
    );
  });

  it("waits a minute only, with nobody who tells, for who has asked for the end", async () => {
    const fake = new FakeLoad();
    const began = fake.now;
    fake.stopping = Array.from({ length: 50 }, () => new Error("no route"));
    fake.look = () => {
      if (fake.now === began) process.emit("SIGINT", "SIGINT");
      return Promise.reject(new Error("no route"));
    };
    await expect(run("run dev --profile smoke", fake)).rejects.toMatchObject({ exitCode: 130 });
    expect([fake.now - began, [...fake.store.objects.keys()]]).toEqual([60_000, [LOCK_KEY]]);
  });

  it("keeps the lock where nobody confirms that what does not end is gone", async () => {
    const fake = new FakeLoad();
    fake.looks = 1000;
    const alarm = "opsdx-dev-web-latency-p99";
    fake.look = () => {
      if (fake.looks === 998) fake.alarms.states.set(alarm, { name: alarm, state: "ALARM" });
      // It is stopped, and does not end.
      if (fake.looks < 0) fake.looks = 0;
    };
    fake.cleaning = new Error("the pod is still there");
    expect(await run("run dev --profile smoke", fake)).toContain("STOPPED");
    expect(fake.calls.slice(-2)).toEqual(["clean under way", "close"]);
    expect(fake.said).toContain(
      "The lock is kept until 2026-03-10T06:21:00.000Z, because nobody confirms that the run is gone: the pod is still there.",
    );
    expect(fake.store.objects.has(LOCK_KEY)).toBe(true);
  });

  it("is stopped where its pod does not begin in its time, with what it waits for", async () => {
    const fake = new FakeLoad();
    fake.looks = 1000;
    fake.summary = undefined;
    fake.waits = 'report: ImagePullBackOff: Back-off pulling image "aws-cli"';
    expect(await run("run dev --profile smoke", fake)).toContain(
      'STOPPED: smoke on dev, stopped: its load has not begun within 900 seconds: report: ImagePullBackOff: Back-off pulling image "aws-cli"',
    );
  });

  it("is stopped after a minute in which nobody tells of the alarms, however long each look takes", async () => {
    const fake = new FakeLoad();
    fake.looks = 100;
    const began = fake.now;
    jest.spyOn(fake.alarms, "standings").mockImplementation((names) => {
      if (fake.now === began) return Promise.resolve(names.map((name) => ({ name, state: "OK" as const })));
      fake.now += 20_000;
      return Promise.reject(new Error("silence"));
    });
    expect(await run("run dev --profile smoke", fake)).toContain("stopped: nobody tells how the alarms stand");
    expect(fake.now - began).toBeLessThan(90_000);
  });

  it("compares with nothing, and says so, where the last good run can't be read", async () => {
    for (const text of ["{", "{}"]) {
      const fake = new FakeLoad();
      await fake.store.write("load/last-good/smoke.json", text);
      expect(await run("run dev --profile smoke", fake)).toContain("there is no good run to compare with");
      expect(fake.said).toContain(
        "There is nothing to compare with: s3://opsdx-dev-exercises/load/last-good/smoke.json is no verdict as this program writes it.",
      );
      printed.length = 0;
    }
  });

  it("is never the last good one where Locust itself had too much to do", async () => {
    const fake = new FakeLoad();
    fake.summary = { ...summaryOf(1000, 0, 50), generatorBusy: true };
    expect(await run("run dev --profile smoke", fake)).toContain("Locust used up its own processor");
    expect(fake.store.objects.has("load/last-good/smoke.json")).toBe(false);
  });

  it("takes what it began away when its bucket fails", async () => {
    const fake = new FakeLoad();
    jest.spyOn(fake.store, "write").mockRejectedValue(new Error("no bucket"));
    await expect(run("run dev --profile smoke", fake)).rejects.toThrow("no bucket");
    expect(fake.calls.slice(-2)).toEqual(["clean ended", "close"]);
    expect(fake.store.objects.size).toBe(0);
  });

  it("is broken where nothing was left", async () => {
    const fake = new FakeLoad();
    fake.summary = undefined;
    expect(await run("run dev --profile smoke", fake)).toContain("BROKEN: smoke on dev, Locust left no summary");
    expect(process.exitCode).toBe(1);
  });

  it("looks at alarms that there are", () => {
    const [dev] = loadConfig().environments;
    expect(dev && webAlarms(dev).length).toBeGreaterThan(10);
  });
});
