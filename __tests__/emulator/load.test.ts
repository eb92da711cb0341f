import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ask } from "../../tools/ask";
import { installed } from "../../tools/installation";
import { LOAD_FOLDER, LOCUST } from "../../tools/load/locust";
import { startProcess } from "../../tools/load/process-run";
import { conduct, type ConductProps } from "../../tools/load/run";
import type { LoadPlan } from "../../constructs/stage3/load/plan";
import { LOCUST_WORDS, REPORT_SCRIPT, RUN_SCRIPT } from "../../constructs/stage3/load/scripts";
import { freePort } from "../../tools/open/proxy";
import { Children } from "../../tools/terraform/children";
import { MemoryAlarms, MemoryStore } from "../tools/exercise/fake-exercises";
import { loadServer, type LoadServer } from "./load-server";

const env = { ...process.env };
let locust = "";
let server: LoadServer | undefined;

beforeAll(async () => {
  locust = await installed(LOCUST, { env, children: new Children(), say: () => undefined });
}, 600_000);

afterEach(() => server?.close());

/** Times that a busy machine keeps, too. */
const LIMITS = { p95Ms: 3000, p99Ms: 5000, errorPercent: 5, requestsPerSecond: 1 };
const PAGE = { name: "page", method: "GET", path: "/", body: "", share: 1 };
const PATIENT = { name: "patient", method: "POST", path: "/api/{patient}", body: '{"q":"{patient}"}', share: 3 };

function planFor(url: string, more: Partial<LoadPlan> = {}): LoadPlan {
  return {
    profile: "smoke",
    host: url,
    keyHeader: "X-Key",
    thinkSeconds: [0.05, 0.1],
    timeoutSeconds: 1,
    requests: [PAGE, PATIENT],
    stages: [{ users: 4, seconds: 3, spawnPerSecond: 50 }],
    maxUsers: 10,
    maxSeconds: 30,
    maxRequests: 5000,
    ...more,
  };
}

/** Does a run with real Locust. */
async function run(
  plan: LoadPlan,
  props: Partial<ConductProps> = {},
  runEnv: NodeJS.ProcessEnv = env,
  patients = "P1, P2",
) {
  const children = new Children();
  return await conduct({
    environment: "dev",
    run: "20261129-160304-smoke",
    where: "sandbox",
    who: "ada",
    plan,
    profile: { purpose: "test", stages: [], limits: LIMITS },
    aroundSeconds: 60,
    start: () =>
      Promise.resolve(
        startProcess({
          locust,
          children,
          plan,
          run: "20261129-160304-smoke",
          secrets: { "trews-pats": patients, "trews-admin-key": "the-key\n", "grafana-token": "the-token" },
          env: runEnv,
        }),
      ),
    store: new MemoryStore(),
    stopAlarms: ["web"],
    alarms: new MemoryAlarms(),
    autoscaler: { look: () => Promise.resolve(undefined) },
    signal: new AbortController().signal,
    keepLock: () => undefined,
    watch: { now: () => Date.now(), sleep: (milliseconds) => delay(milliseconds), say: () => undefined },
    lookMs: 200,
    ...props,
  });
}

describe("a load test with real Locust", () => {
  it("passes where the service answers well, leaves reports, and is compared with: the same again is chance, a hundred times as slow is worse", async () => {
    let milliseconds = 5;
    server = await loadServer((response) => setTimeout(() => response.end("{}"), milliseconds));
    const store = new MemoryStore();
    const first = await run(planFor(server.url), { store });
    expect(first).toMatchObject({ outcome: "passed", reason: "done", mostUsers: 4, errors: [] });
    expect([...store.objects.keys()].sort()).toEqual(
      [
        "last-good/smoke.json",
        ...["load_exceptions.csv", "load_failures.csv", "load_stats.csv", "load_stats_history.csv", "locust.log"].map(
          (file) => `20261129-160304-smoke/${file}`,
        ),
        ...["report.html", "summary.json", "verdict.json", "verdict.txt"].map(
          (file) => `20261129-160304-smoke/${file}`,
        ),
      ]
        .map((key) => `load/${key}`)
        .sort(),
    );
    // What is counted is what the server saw, of both kinds, with key and patients; reports name no patient.
    expect(first.measures["all"]?.requests).toBe(server.seen.length);
    expect(new Set(server.seen.map(({ key }) => key))).toEqual(new Set(["the-key"]));
    expect(new Set(server.seen.map((one) => one.path))).toEqual(new Set(["/", "/api/P1", "/api/P2"]));
    expect(new Set(server.seen.map(({ body }) => body))).toEqual(new Set(["", '{"q":"P1"}', '{"q":"P2"}']));
    expect([...store.objects.values()].filter(({ text }) => /\bP[12]\b|the-key/.test(text))).toEqual([]);
    const again = await run(planFor(server.url), { store });
    expect(again.comparedWith).toBe(first.run);
    const p95 = again.checks.find(({ name, of }) => name === "all" && of === "p95Ms")?.before;
    expect(p95?.change).toBe("chance");
    expect(p95?.value).toBeGreaterThanOrEqual(5);
    milliseconds = 500;
    const slower = await run(planFor(server.url), { store });
    expect(slower.outcome).toBe("passed");
    expect(slower.checks.find(({ name, of }) => name === "all" && of === "p95Ms")?.before?.change).toBe("worse");
  }, 120_000);

  it("fails where the service is slow, and says which limit", async () => {
    server = await loadServer((response) => setTimeout(() => response.end(), 300));
    const profile = { purpose: "test", stages: [], limits: { ...LIMITS, p95Ms: 150, p99Ms: 200 } };
    const { checks, outcome } = await run(planFor(server.url), { profile });
    expect(outcome).toBe("failed");
    const broken = checks.filter(({ kept }) => !kept).map(({ name, of }) => `${name} ${of}`);
    expect(broken).toEqual(expect.arrayContaining(["all p95Ms", "page p95Ms", "patient p95Ms"]));
    expect(broken.filter((check) => check.endsWith("errorPercent"))).toEqual([]);
  }, 60_000);

  it("fails where some requests do, and tells how; the address, which names a patient, stands nowhere", async () => {
    server = await loadServer((response, number) => response.writeHead(number % 3 === 0 ? 500 : 200).end());
    const store = new MemoryStore();
    const { errors, outcome } = await run(planFor(server.url), { store });
    expect(outcome).toBe("failed");
    expect(errors.map(({ error }) => error)).toContain("LocustBadStatusCode 500");
    expect([...store.objects.values()].filter(({ text }) => /\bP[12]\b/.test(text))).toEqual([]);
    expect(store.objects.has("load/last-good/smoke.json")).toBe(false);
  }, 60_000);

  it("fails in its time where the service breaks off, with no more requests than thinking allows", async () => {
    server = await loadServer((response, number, own) => {
      if (number > 20) own.close();
      else response.end();
    });
    const store = new MemoryStore();
    const verdict = await run(planFor(server.url), { store });
    expect(verdict.outcome).toBe("failed");
    expectNoPatient(store, verdict.errors);
    expect(verdict.seconds).toBeLessThan(10);
    // Four users who think a twentieth of a second or more send no more in the time that it took.
    expect(verdict.measures["all"]?.requests ?? 0).toBeLessThan(4 * 20 * (verdict.seconds + 1));
  }, 60_000);

  it("fails in its time where the service takes requests and says nothing", async () => {
    server = await loadServer(() => undefined);
    const store = new MemoryStore();
    const verdict = await run(planFor(server.url), { store });
    expect(verdict.outcome).toBe("failed");
    expect(verdict.measures["all"]?.errorPercent.value).toBe(100);
    expect(verdict.seconds).toBeLessThan(30);
    expectNoPatient(store, verdict.errors);
  }, 60_000);

  it("follows nobody elsewhere, who would get the key", async () => {
    const elsewhere = await loadServer((response) => response.end());
    server = await loadServer((response) => response.writeHead(302, { location: `${elsewhere.url}/` }).end());
    const { errors, measures } = await run(planFor(server.url));
    elsewhere.close();
    expect(elsewhere.seen).toEqual([]);
    expect(measures["all"]?.errorPercent.value).toBe(100);
    expect(new Set(errors.map(({ error }) => error))).toEqual(new Set(["Redirected 302"]));
  }, 60_000);

  it("counts an error whose body is no text", async () => {
    server = await loadServer((response) => response.writeHead(502).end(Buffer.from([0xff, 0xfe])));
    const { errors, measures } = await run(planFor(server.url));
    expect(measures["all"]?.errorPercent.value).toBe(100);
    expect(measures["all"]?.requests).toBe(server.seen.length);
    expect(new Set(errors.map(({ error }) => error))).toEqual(new Set(["UnicodeDecodeError"]));
  }, 60_000);

  it("gives up an answer that comes in drops, in its time", async () => {
    server = await loadServer((response) => {
      const drops = setInterval(() => response.write("."), 200);
      response.on("close", () => clearInterval(drops));
    });
    const verdict = await run(planFor(server.url));
    const { errorPercent, p95Ms } = verdict.measures["all"] ?? {};
    expect(errorPercent?.value).toBe(100);
    expect(p95Ms?.value).toBeGreaterThanOrEqual(950);
    expect(p95Ms?.value).toBeLessThan(2500);
  }, 60_000);

  it("counts times by the millisecond: 504 does not keep 500", async () => {
    server = await loadServer((response) => setTimeout(() => response.end(), 504));
    const store = new MemoryStore();
    const profile = { purpose: "test", stages: [], limits: { ...LIMITS, p95Ms: 500, p99Ms: 5000 } };
    const { checks, outcome } = await run(planFor(server.url), { profile, store });
    expect(outcome).toBe("failed");
    expect(checks.find(({ name, of }) => name === "all" && of === "p95Ms")).toMatchObject({ kept: false });
    const { requests } = JSON.parse(store.objects.get("load/20261129-160304-smoke/summary.json")?.text ?? "{}") as {
      readonly requests: readonly { readonly responseTimes: Readonly<Record<string, number>> }[];
    };
    const times = requests.flatMap(({ responseTimes }) => Object.keys(responseTimes).map(Number));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(503);
    expect(times.some((time) => time % 10 !== 0)).toBe(true);
  }, 60_000);

  it("asks for patients whatever their names hold, as they are written, and for no empty one", async () => {
    server = await loadServer((response) => response.end());
    await run(planFor(server.url, { requests: [PATIENT] }), {}, env, '\n,a/b"c?\\,\n');
    expect(new Set(server.seen.map((one) => decodeURIComponent(one.path)))).toEqual(new Set(['/api/a/b"c?\\']));
    expect(server.seen[0]?.path).toBe("/api/a%2Fb%22c%3F%5C");
    expect(new Set(server.seen.map(({ body }) => (JSON.parse(body) as { q: string }).q))).toEqual(
      new Set(['a/b"c?\\']),
    );
  }, 60_000);

  it("is done where its stages take all of the time that may be, and asks for each kind in a short one", async () => {
    server = await loadServer((response) => response.end());
    const rare = { ...PAGE, name: "rare", path: "/rare", share: 0.001 };
    const verdict = await run(planFor(server.url, { requests: [PAGE, PATIENT, rare], maxSeconds: 3 }));
    expect(verdict).toMatchObject({ outcome: "passed", reason: "done" });
    expect(verdict.measures["rare"]?.requests).toBe(1);
  }, 60_000);

  it("is broken where nothing came to an end, or Locust itself fails", async () => {
    server = await loadServer(() => undefined);
    const nothing = await run(
      planFor(server.url, { timeoutSeconds: 30, stages: [{ users: 2, seconds: 2, spawnPerSecond: 5 }] }),
    );
    expect(nothing).toMatchObject({ outcome: "broken", reason: "no request came to an end (done)" });
    const said: string[] = [];
    const watch = {
      now: () => Date.now(),
      sleep: (ms: number) => delay(ms),
      say: (line: string) => void said.push(line),
    };
    const failed = await run({ ...planFor(server.url), host: undefined as never }, { watch });
    expect(failed).toMatchObject({ outcome: "broken", reason: "Locust left no summary: it failed, or was killed" });
    expect(said.join("\n")).toContain("KeyError: 'host'");
  }, 120_000);

  it.each([
    [
      "an alarm fires",
      "stopped: the alarm web",
      async (_: AbortController, alarms: MemoryAlarms) => {
        await delay(2500);
        alarms.states.set("web", { name: "web", state: "ALARM" });
      },
      {},
    ],
    [
      "a signal comes",
      "stopped: somebody asked for it",
      async (signal: AbortController) => {
        await delay(2500);
        signal.abort();
      },
      {},
    ],
    ["its requests are used up", "stopped: the limit of 30 requests", () => Promise.resolve(), { maxRequests: 30 }],
    ["its time is", "stopped: the limit of 2 seconds", () => Promise.resolve(), { maxSeconds: 2 }],
  ])(
    "ends in order, with its reports, when %s; users are never more than may be",
    async (_, reason, happens, limits) => {
      server = await loadServer((response) => response.end());
      const store = new MemoryStore();
      const stopping = new AbortController();
      const alarms = new MemoryAlarms();
      const plan = planFor(server.url, {
        maxUsers: 3,
        stages: [{ users: 9, seconds: 60, spawnPerSecond: 50 }],
        ...limits,
      });
      const [verdict] = await Promise.all([
        run(plan, { store, alarms, signal: stopping.signal }),
        happens(stopping, alarms),
      ]);
      expect(verdict).toMatchObject({ outcome: "stopped", reason });
      expect(verdict.seconds).toBeLessThan(45);
      expect(verdict.mostUsers).toBeLessThanOrEqual(3);
      expect(store.objects.get("load/20261129-160304-smoke/report.html")?.text).toContain("<html");
      // Nobody goes on asking.
      const { length } = server.seen;
      await delay(500);
      expect(server.seen.length).toBe(length);
      expect(readdirSync(tmpdir()).filter((name) => name.startsWith("opsdx-load-"))).toEqual([]);
    },
    120_000,
  );

  it("is noted in Grafana from its start on, with a token, and goes on where that is not to be had", async () => {
    const notes: { readonly at: number; readonly asked: string; readonly body: string }[] = [];
    let answer = '{"id":7,"message":"Annotation added"}';
    server = await loadServer((response, number, { seen }) => {
      const { body, method, path: asked } = seen[number - 1] ?? { body: "", method: "", path: "" };
      if (!asked.startsWith("/api/annotations")) return void response.end("{}");
      notes.push({ at: Date.now(), asked: `${method} ${asked}`, body });
      response.end(answer);
    });
    const short = planFor(server.url, { requests: [PAGE], stages: [{ users: 1, seconds: 3, spawnPerSecond: 5 }] });
    const noted = await run(short, {}, { ...env, LOAD_GRAFANA: server.url });
    expect(noted.annotation).toBe("made");
    expect(notes.map(({ asked }) => asked)).toEqual(["POST /api/annotations", "PATCH /api/annotations/7"]);
    const [begun, ended] = notes.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    expect(begun).toEqual({
      time: expect.any(Number) as number,
      tags: ["load", "smoke"],
      text: "Load test 20261129-160304-smoke: begun",
    });
    expect(ended).toEqual({
      timeEnd: expect.any(Number) as number,
      text: "Load test 20261129-160304-smoke: at most 1 users, done",
    });
    // While it runs, and not when all is over.
    expect((notes[1]?.at ?? 0) - (notes[0]?.at ?? 0)).toBeGreaterThan(2000);
    answer = "<html>";
    const odd = await run(short, {}, { ...env, LOAD_GRAFANA: server.url });
    expect([odd.annotation.slice(0, 10), odd.outcome]).toEqual(["not made: ", "passed"]);
    const alone = await run(short, {}, { ...env, LOAD_GRAFANA: `http://127.0.0.1:${await freePort()}` });
    expect(alone.annotation).toMatch(/^not made: .*refused/);
    expect(alone.outcome).toBe("passed");
  }, 90_000);

  it("leaves its summary where it is killed while Grafana does not answer", async () => {
    server = await loadServer((response, number, { seen }) => {
      if (seen[number - 1]?.path.startsWith("/api/annotations") !== true) response.end("{}");
    });
    const { out, process } = alone(server.url, { LOAD_GRAFANA: server.url });
    while (!existsSync(path.join(out, "summary.json"))) await delay(20);
    process.kill("SIGKILL");
    await once(process, "exit");
    expect(summaryIn(out)).toMatchObject({ reason: "done", annotation: "not made: Locust was killed meanwhile" });
  }, 60_000);

  it.each([
    [100_000, false],
    [-1, true],
  ])(
    "says whether it used up its processor: above %d %% is %s",
    async (threshold, busy) => {
      server = await loadServer((response) => response.end("{}"));
      const limits = `import locust.runners as r\nr.CPU_MONITOR_INTERVAL, r.CPU_WARNING_THRESHOLD = 0.2, ${threshold}\n`;
      const { out, process } = alone(server.url, {}, limits);
      await once(process, "exit");
      expect(summaryIn(out)).toMatchObject({ reason: "done", generatorBusy: busy });
    },
    60_000,
  );
});

/** Locust alone, for a second. @param more - lines of a second file of it */
function alone(url: string, settings: Readonly<Record<string, string>>, more = "") {
  const out = mkdtempSync(path.join(tmpdir(), "alone-"));
  const short = planFor(url, { requests: [PAGE], stages: [{ users: 1, seconds: 2, spawnPerSecond: 5 }] });
  for (const [name, text] of Object.entries({
    ...{ "trews-pats": "P1", "trews-admin-key": "k", "grafana-token": "t" },
    ...{ "plan.json": JSON.stringify(short), "more.py": more },
  })) {
    writeFileSync(path.join(out, name), text);
  }
  const files = [path.join(LOAD_FOLDER, "locustfile.py"), path.join(out, "more.py")].join(",");
  const variables = { LOAD_PLAN: path.join(out, "plan.json"), LOAD_OUT: out, LOAD_PRIVATE: out };
  const process = spawn(locust, ["--locustfile", files, ...LOCUST_WORDS], {
    env: { ...env, ...variables, ...settings, PYTHONDONTWRITEBYTECODE: "1" },
    stdio: "ignore",
  });
  return { out, process };
}

/** Reports name no patient, and few kinds of errors. */
function expectNoPatient(store: MemoryStore, errors: readonly { readonly name: string; readonly error: string }[]) {
  expect([...store.objects.values()].filter(({ text }) => /\bP[12]\b/.test(text))).toEqual([]);
  expect(errors.length).toBeLessThanOrEqual(6);
  for (const { error } of errors) expect(error).toMatch(/^\w+( \d{3})?$/);
}

/**
 * Both containers of a run's pod, as processes, with a program in place of the AWS CLI.
 * @param aws - what that does; `$LOAD_OUT/..` is a folder of its own
 */
function pod(url: string, aws: string, more: Partial<LoadPlan> = {}, settings: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), "pod-"));
  const [bin, test, out, secrets, bucket] = ["bin", "test", "out", "private", "bucket"].map((name) => {
    mkdirSync(path.join(folder, name));
    return path.join(folder, name);
  }) as [string, string, string, string, string];
  writeFileSync(
    path.join(bin, "aws"),
    `#!/bin/sh\n${aws}\nif [ "$1" = s3 ]; then echo "$@" > ${bucket}/words; cp -r ${out}/. ${bucket}; fi\n`,
  );
  chmodSync(path.join(bin, "aws"), 0o755);
  for (const [name, text] of Object.entries({ "trews-pats": "P1", "trews-admin-key": "k" })) {
    writeFileSync(path.join(secrets, name), text);
  }
  writeFileSync(path.join(test, "locustfile.py"), readFileSync(path.join(LOAD_FOLDER, "locustfile.py")));
  writeFileSync(path.join(test, "plan-smoke.json"), JSON.stringify(planFor(url, more)));
  const variables = {
    ...env,
    PATH: `${bin}:${path.dirname(locust)}:${env["PATH"] ?? ""}`,
    LOAD_OUT: out,
    LOAD_TEST: test,
    LOAD_PRIVATE: secrets,
    LOAD_PROFILE: "smoke",
    LOAD_RUN: "r1",
    LOAD_ALARMS: "web other",
    LOAD_BUCKET: "box",
    LOAD_LOOK_SECONDS: "0.3",
    LOAD_SILENCE_SECONDS: "3",
    LOAD_STALE_SECONDS: "60",
    LOAD_STOP_SECONDS: "30",
    ...settings,
  };
  // In a group of its own: a container is killed with all of its processes.
  const start = (script: string) => spawn("sh", ["-c", script], { env: variables, stdio: "ignore", detached: true });
  return { folder, bucket, out, runs: start(RUN_SCRIPT), reports: start(REPORT_SCRIPT) };
}

/** Sends a signal to all processes of a container. */
function signalAll({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) process.kill(-pid, signal);
}

const summaryIn = (folder: string) =>
  JSON.parse(readFileSync(path.join(folder, "summary.json"), "utf8")) as {
    readonly reason: string;
    readonly requests: readonly unknown[];
  };

describe("the pod of a run", () => {
  const long = { stages: [{ users: 2, seconds: 60, spawnPerSecond: 5 }] };

  it("runs to its end, and then puts everything into the bucket", async () => {
    server = await loadServer((response) => response.end());
    const { bucket, reports } = pod(server.url, "");
    expect(await once(reports, "exit")).toEqual([0, null]);
    expect(summaryIn(bucket).reason).toBe("done");
    expect(readFileSync(path.join(bucket, "ended"), "utf8")).toBe("0\n");
    expect(existsSync(path.join(bucket, "report.html"))).toBe(true);
    expect(readFileSync(path.join(bucket, "words"), "utf8")).toMatch(
      /^s3 cp --recursive --only-show-errors .*\/out s3:\/\/box\/load\/r1\/\n$/,
    );
  }, 60_000);

  it("ends by itself when an alarm fires, and when nobody tells how they stand", async () => {
    server = await loadServer((response) => response.end());
    const fired = pod(
      server.url,
      'if [ "$1" = cloudwatch ]; then case "$*" in *"--alarm-names web other --state-value ALARM"*) echo web;; esac; fi',
      long,
    );
    // It has told once.
    const afterOne = 'if [ "$1" = cloudwatch ] && ! mkdir "$LOAD_OUT/../told" 2>/dev/null; then';
    const silent = pod(server.url, `${afterOne} exit 255; fi`, long);
    const hangs = pod(server.url, `${afterOne} exec sleep 100; fi`, long);
    const never = pod(server.url, '[ "$1" = s3 ] || exit 255', long);
    const began = Date.now();
    await Promise.all([fired, silent, hangs, never].map(({ reports }) => once(reports, "exit")));
    // A look that hangs has its time, and no three minutes.
    expect(Date.now() - began).toBeLessThan(60_000);
    expect(summaryIn(fired.bucket).reason).toBe("stopped: the alarm web");
    for (const { bucket } of [silent, hangs, never]) {
      expect(summaryIn(bucket).reason).toBe("stopped: nobody tells how the alarms stand");
    }
    // Nobody has looked, so nobody was asked.
    expect(summaryIn(never.bucket).requests).toEqual([]);
    expect(summaryIn(silent.bucket).requests).not.toEqual([]);
  }, 90_000);

  it("begins when somebody looks at the alarms, and ends when nobody does any more: that container was killed", async () => {
    server = await loadServer((response) => response.end());
    const { out, reports, runs } = pod(server.url, "sleep 2", long, { LOAD_STALE_SECONDS: "4" });
    await delay(1000);
    expect(server.seen).toEqual([]);
    while (server.seen.length < 5) await delay(100);
    signalAll(reports, "SIGKILL");
    await once(runs, "exit");
    expect(summaryIn(out).reason).toBe("stopped: nobody looks at the alarms any more");
  }, 60_000);

  it("leaves what there is in the bucket when Locust is killed with its shell, as for its memory", async () => {
    server = await loadServer((response) => response.end());
    const { bucket, reports, runs } = pod(server.url, "", long, { LOAD_STALE_SECONDS: "4" });
    while (server.seen.length < 5) await delay(100);
    signalAll(runs, "SIGKILL");
    expect(await once(reports, "exit")).toEqual([0, null]);
    expect(existsSync(path.join(bucket, "load_stats.csv"))).toBe(true);
    expect([existsSync(path.join(bucket, "ended")), existsSync(path.join(bucket, "summary.json"))]).toEqual([
      false,
      false,
    ]);
  }, 60_000);

  it("leaves what there is in the bucket when the pod is deleted and Locust does not end", async () => {
    server = await loadServer((response) => response.end());
    const { bucket, reports, runs } = pod(server.url, "", long, { LOAD_STOP_SECONDS: "3" });
    while (server.seen.length < 5) await delay(100);
    signalAll(runs, "SIGSTOP");
    const began = Date.now();
    reports.kill("SIGTERM");
    expect(await once(reports, "exit")).toEqual([0, null]);
    expect(Date.now() - began).toBeLessThan(15_000);
    expect(existsSync(path.join(bucket, "load_stats.csv"))).toBe(true);
    signalAll(runs, "SIGKILL");
  }, 60_000);

  it("ends in order when it is deleted, and its reports come all the same", async () => {
    server = await loadServer((response) => response.end());
    const { bucket, folder, reports, runs } = pod(server.url, "", long);
    while (server.seen.length < 5) await delay(100);
    for (const process of [runs, reports]) process.kill("SIGTERM");
    await once(reports, "exit");
    expect(summaryIn(bucket).reason).toBe("stopped: its pod was stopped");
    expect(folder).not.toBe("");
  }, 60_000);
});

describe("Locust's page", () => {
  it("shows nothing to who has not signed in, and lets in who has the password", async () => {
    server = await loadServer((response) => response.end());
    const other = await loadServer((response) => response.end());
    const folder = mkdtempSync(path.join(tmpdir(), "page-"));
    for (const [name, text] of Object.entries({
      "trews-pats": "P1",
      "trews-admin-key": "k",
      "ui-password": "a-password",
    })) {
      writeFileSync(path.join(folder, name), text);
    }
    writeFileSync(path.join(folder, "plan.json"), JSON.stringify(planFor(server.url)));
    const port = await freePort();
    const files = ["locustfile.py", "ui.py"].map((file) => path.join(LOAD_FOLDER, file)).join(",");
    const page = spawn(locust, ["--web-login", "--web-host", "127.0.0.1", "--web-port", `${port}`], {
      env: {
        ...env,
        LOCUST_LOCUSTFILE: files,
        LOAD_PLAN: path.join(folder, "plan.json"),
        LOAD_OUT: folder,
        LOAD_PRIVATE: folder,
        LOAD_UI_PLAIN: "1",
        PYTHONDONTWRITEBYTECODE: "1",
      },
      stdio: "ignore",
    });
    try {
      const url = `http://127.0.0.1:${port}`;
      const get = (where: string, headers: Record<string, string> = {}) =>
        fetch(url + where, { headers, redirect: "manual" });
      for (;;) {
        const answer = await get("/login").catch(() => undefined);
        if (answer?.status === 200) break;
        await delay(200);
      }
      for (const where of ["/", "/stats/requests", "/stats/report"]) {
        expect([where, (await get(where)).status]).toEqual([where, 302]);
      }
      const start = await fetch(`${url}/swarm`, {
        method: "POST",
        redirect: "manual",
        body: new URLSearchParams({ host: server.url }),
      });
      expect(start.status).toBe(302);
      const login = (password: string) =>
        fetch(`${url}/login_submit`, {
          method: "POST",
          redirect: "manual",
          body: new URLSearchParams({ username: "load", password }),
        });
      const cookieOf = (answer: Response) =>
        answer.headers
          .getSetCookie()
          .map((cookie) => cookie.split(";")[0])
          .join("; ");
      const wrong = await login("another");
      expect((await get("/stats/requests", { cookie: cookieOf(wrong) })).status).toBe(302);
      const right = await login("a-password");
      expect((await get("/stats/requests", { cookie: cookieOf(right) })).status).toBe(200);
      expect(server.seen).toEqual([]);
      // Whoever may start it can't send the key anywhere else.
      const begun = await fetch(`${url}/swarm`, {
        method: "POST",
        headers: { cookie: cookieOf(right) },
        body: new URLSearchParams({ host: other.url }),
      });
      expect(begun.status).toBe(200);
      while (server.seen.length < 5) await delay(100);
      expect(other.seen).toEqual([]);
    } finally {
      page.kill("SIGKILL");
      other.close();
    }
  }, 60_000);
});

describe("the test's Python", () => {
  it("is typed and linted", async () => {
    const bin = path.dirname(locust);
    const options = {
      env: { ...env, MYPY_CACHE_DIR: "/dev/null", RUFF_NO_CACHE: "true" },
      cwd: LOAD_FOLDER,
      limit: 300_000,
    };
    const files = ["locustfile.py", "ui.py"];
    const answers = [
      await ask(path.join(bin, "ruff"), ["check", "."], options),
      await ask(path.join(bin, "ruff"), ["format", "--check", "."], options),
      await ask(path.join(bin, "mypy"), files, options),
    ];
    expect(answers.map(({ exitCode, stdout }) => (exitCode === 0 ? "" : stdout))).toEqual(["", "", ""]);
  }, 300_000);
});
