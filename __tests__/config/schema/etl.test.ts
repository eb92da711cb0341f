import * as fc from "fast-check";
import { dev } from "../../../config/environments/dev";
import { loadConfig } from "../../../config/load";
import { MACHINE_TYPES } from "../../../config/machine-types";
import { cpuMillis, memoryMib, packing, roomOf } from "../../../config/node-capacity";
import { packingOn } from "../../../config/schema/workload";
import { problemsAfter } from "../support";

const DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const IMAGE = `trews-etl@sha256:${DIGEST}`;
const faults = (changes: Record<string, unknown>) =>
  problemsAfter(changes).map(({ path, rule, nearest }) => ({ path, rule, nearest }));
const of = (etl: string, settings: Record<string, unknown>) =>
  faults(Object.fromEntries(Object.entries(settings).map(([key, value]) => [`dev.etls.${etl}.${key}`, value])));

describe("an ETL's image", () => {
  it.each([
    ["a tag", "trews-etl:latest"],
    ["no digest", "trews-etl"],
    ["a short digest", "trews-etl@sha256:abc"],
    ["a registry with a port", `registry:5000/trews-etl@sha256:${DIGEST}`],
  ])("is refused with %s", (_, image) => {
    expect(of("epic2op", { image })).toEqual([
      expect.objectContaining({
        path: "etls.epic2op.image",
        rule: expect.stringContaining("must be an ECR repository and a digest") as string,
      }),
    ]);
  });

  it.each(["0".repeat(64), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"])(
    "is refused with a digest that stands for nothing, %s",
    (digest) => {
      expect(of("epic2op", { image: `trews-etl@sha256:${digest}` })).toEqual([
        {
          path: "etls.epic2op.image",
          rule: "must be the digest of an image that was pushed",
          nearest: undefined,
        },
      ]);
    },
  );

  it("is needed before the schedule may launch anything", () => {
    expect(of("epic2op", { enabled: true, image: undefined })).toEqual([
      {
        path: "etls.epic2op.enabled",
        rule: "must be false until image names one that was pushed: every slot would fail",
        nearest: "false",
      },
    ]);
    expect(of("epic2op", { enabled: true, image: IMAGE })).toEqual([]);
  });
});

describe("an ETL's schedule", () => {
  it("needs a time zone", () => {
    expect(of("epic2op", { schedule: { expression: "cron(0/15 * * * ? *)" } })).toEqual([
      { path: "etls.epic2op.schedule.timeZone", rule: "is required: a string", nearest: undefined },
    ]);
    expect(of("c2dw-daily", { "schedule.timeZone": "America/NewYork" })).toEqual([
      { path: "etls.c2dw-daily.schedule.timeZone", rule: "must be an IANA time zone", nearest: '"America/New_York"' },
    ]);
  });

  it("must be a cron expression", () => {
    expect(of("epic2op", { "schedule.expression": "rate(15 minutes)" }).map(({ path }) => path)).toEqual([
      "etls.epic2op.schedule.expression",
    ]);
  });

  it("is required of op2dw too, which stays switched off until it is decided", () => {
    expect(of("op2dw", { schedule: undefined, freshnessSeconds: undefined })).toEqual([
      {
        path: "etls.op2dw.schedule",
        rule: "is required: one that is not decided yet is proposed here, with enabled: false; what only people launch says onDemand: true",
        nearest: undefined,
      },
    ]);
    for (const { etls } of loadConfig().environments) expect(etls["op2dw"]?.enabled).toBe(false);
  });

  it("is left out where only people launch it, which is said", () => {
    expect(of("c2dw", { onDemand: undefined }).map(({ path }) => path)).toEqual(["etls.c2dw.schedule"]);
    expect(of("epic2op", { onDemand: true })).toEqual([
      { path: "etls.epic2op.onDemand", rule: "must be left out where there is a schedule", nearest: undefined },
    ]);
  });

  it("is what switches an ETL on: c2dw has none", () => {
    expect(of("c2dw", { enabled: true, image: IMAGE })).toEqual([
      {
        path: "etls.c2dw.enabled",
        rule: "must be false where there is no schedule: it runs on demand only",
        nearest: "false",
      },
    ]);
  });

  it("may not lose an hour in autumn, nor a night in spring, unnoticed", () => {
    const [autumn] = of("epic2op", { "schedule.timeZone": "America/New_York" });
    expect(autumn?.path).toBe("etls.epic2op.freshnessSeconds");
    expect(autumn?.rule).toContain("must be above 4500");
    expect(autumn?.rule).toContain("after 2026-11-01T05:45:00.000Z");
    const [spring] = of("op2dw", { "schedule.expression": "cron(0 2 * * ? *)" });
    expect(spring?.rule).toContain("must be above 169200");
  });
});

describe("times", () => {
  it("keep a run of epic2op below its cadence", () => {
    expect(of("epic2op", { "job.deadlineSeconds": 900 })).toEqual([
      {
        path: "etls.epic2op.job.deadlineSeconds",
        rule: "must be below 900, the shortest time between two slots of cron(0/15 * * * ? *)",
        nearest: "840",
      },
    ]);
    // Of a daily schedule the shortest day has 23 hours.
    expect(of("c2dw-daily", { "job.deadlineSeconds": 82_800 })[0]?.rule).toContain("must be below 82800");
  });

  it("give a slot up before the next one is due", () => {
    expect(of("epic2op", { "retry.maxAgeSeconds": 900 }).map(({ path, nearest }) => [path, nearest])).toEqual([
      ["etls.epic2op.retry.maxAgeSeconds", "840"],
    ]);
  });

  it("promise freshness exactly where there is a schedule", () => {
    expect(of("c2dw", { freshnessSeconds: 86_400 })[0]?.rule).toBe("must be left out where there is no schedule");
    expect(of("epic2op", { freshnessSeconds: undefined })).toEqual([
      { path: "etls.epic2op.freshnessSeconds", rule: "is required where there is a schedule", nearest: "1800" },
    ]);
    expect(of("c2dw-daily", { freshnessSeconds: 93_000 })).toEqual([]);
    expect(of("c2dw-daily", { freshnessSeconds: 90_000 })).toEqual([
      {
        path: "etls.c2dw-daily.freshnessSeconds",
        rule: expect.stringContaining("must be above 90000, the longest time between two slots") as string,
        nearest: "90900",
      },
    ]);
  });

  it.each([
    ["weekly", "cron(0 3 ? * SUN *)", 8 * 86_400],
    ["monthly", "cron(0 3 1 * ? *)", 32 * 86_400],
    ["yearly", "cron(0 3 1 1 ? *)", 367 * 86_400],
    ["of one year", "cron(0 3 * * ? 2027)", 93_600],
    ["of one slot", "cron(0 3 1 1 ? 2027)", 86_400],
  ])("may be %s: %s", (_, expression, freshnessSeconds) => {
    const schedule = { expression, timeZone: "America/New_York" };
    expect(of("op2dw", { schedule, freshnessSeconds })).toEqual([]);
    const [tooShort] = of("op2dw", { schedule, freshnessSeconds: 900 });
    expect(tooShort?.path).toBe("etls.op2dw.freshnessSeconds");
    expect(of("op2dw", { schedule, freshnessSeconds: Number(tooShort?.nearest) })).toEqual([]);
  });

  it("come up while CloudWatch still knows the last success", () => {
    const schedule = { expression: "cron(0 3 29 2 ? *)", timeZone: "UTC" };
    expect(of("op2dw", { schedule })).toEqual([
      {
        path: "etls.op2dw.schedule.expression",
        rule: "must come up at least every 400 days: CloudWatch forgets a success after 455",
        nearest: undefined,
      },
    ]);
  });

  it("promise freshness only where the look at it reaches CloudWatch", () => {
    const { interfaceEndpoints } = dev.network;
    const without = interfaceEndpoints.filter((name) => name !== "monitoring");
    expect(faults({ "dev.network.interfaceEndpoints": without })).toEqual([
      {
        path: "network.interfaceEndpoints",
        rule: 'must hold "monitoring": the function that looks at the freshness of etls.epic2op, etls.c2dw-daily, etls.op2dw reaches CloudWatch through it alone',
        nearest: JSON.stringify([...without, "monitoring"]),
      },
    ]);
  });

  it("count failed slots that are days apart one by one", () => {
    const schedule = { expression: "cron(0 3 ? * SUN *)", timeZone: "UTC" };
    const alarms = { severity: "ticket", failedSlots: 2, ofSlots: 3 };
    const found = of("op2dw", { schedule, freshnessSeconds: 8 * 86_400, alarms });
    expect(found.map(({ path, nearest }) => [path, nearest])).toEqual([
      ["etls.op2dw.alarms.failedSlots", "1"],
      // By itself it would be fewer than the failed ones.
      ["etls.op2dw.alarms.ofSlots", undefined],
    ]);
  });

  it("count failed slots among the slots", () => {
    expect(of("epic2op", { "alarms.failedSlots": 2 })).toEqual([
      { path: "etls.epic2op.alarms.failedSlots", rule: "must be at most ofSlots (1)", nearest: "1" },
    ]);
  });
});

describe("variables", () => {
  it.each([
    [{ EPIC_PASSWORD: "x" }, "EPIC_PASSWORD"],
    [{ EPIC_CLIENT_SECRET: "x" }, "EPIC_CLIENT_SECRET"],
    [{ DB_URL: ["postgresql:/", "etl:hunter2@db/opsdx"].join("/") }, "DB_URL"],
  ])("refuse a secret, and do not repeat it", (env, name) => {
    const problems = problemsAfter({ "dev.etls.epic2op.env": env });
    expect(problems.map(({ path, received }) => [path, received])).toEqual([
      [`etls.epic2op.env.${name}`, '"(not shown)"'],
    ]);
  });

  it("take what is none, and references", () => {
    expect(
      of("epic2op", { env: { EPIC_SERVER: "https://epic.example.org" }, secrets: { EPIC_PASSWORD: "epic" } }),
    ).toEqual([]);
    expect(of("epic2op", { secrets: { EPIC_PASSWORD: "Hunter 2!" } })[0]?.rule).toContain("not its value");
  });

  it("stand in one of the two lists, and leave ETL_ to the launcher", () => {
    expect(of("epic2op", { env: { HOST: "a" }, secrets: { HOST: "b" } })[0]?.rule).toBe(
      "must not stand in secrets too",
    );
    expect(of("epic2op", { env: { ETL_SLOT: "a" } }).length).toBe(1);
  });
});

describe("renamedFrom", () => {
  const renamed = (settings: Record<string, unknown>) => of("op2dw", { renamedFrom: "op2warehouse", ...settings });
  const KEPT = { functionName: "opsdx-dev-op2warehouse-etl-lambda", logStream: "kubernetes/default/op2warehouse/dev" };

  it("is the name of an ETL that is no longer there, with what keeps the log's names", () => {
    expect(renamed(KEPT)).toEqual([]);
    // Whoever writes other names has decided.
    expect(renamed({ functionName: "opsdx-dev-copy", logStream: "kubernetes/copy" })).toEqual([]);
  });

  it("wants both names written, and offers those of the old name", () => {
    expect(renamed({})).toEqual([
      {
        path: "etls.op2dw.functionName",
        rule: "is required where renamedFrom is: the launcher's log group has its name, and goes with its lines when it changes",
        nearest: `"${KEPT.functionName}"`,
      },
      {
        path: "etls.op2dw.logStream",
        rule: "is required where renamedFrom is: its log would go on in another stream than the one that people know",
        nearest: `"${KEPT.logStream}"`,
      },
    ]);
    // One that is wrong is wrong, and not missing.
    expect(renamed({ ...KEPT, functionName: "copy" }).map(({ rule }) => rule)).toEqual([
      "must be a function's name: opsdx-, letters, digits, hyphens, at most 64",
    ]);
  });

  it.each([
    ["op2dw", "must be another name than its own"],
    ["epic2op", "must be the name of an ETL that is no longer there: etls.epic2op is"],
    ["all", "must be another name: this one belongs to something else"],
    ["Op2warehouse", "must be lower-case words of letters and digits, each starting with a letter, joined by hyphens"],
  ])("is not %s", (renamedFrom, rule) => {
    expect(renamed({ ...KEPT, renamedFrom })).toEqual([{ path: "etls.op2dw.renamedFrom", rule, nearest: undefined }]);
  });

  it("is given once", () => {
    const both = { "dev.etls.c2dw.renamedFrom": "op2warehouse", "dev.etls.op2dw.renamedFrom": "op2warehouse" };
    expect(
      faults({ ...both, "dev.etls.op2dw.functionName": "opsdx-dev-op", "dev.etls.op2dw.logStream": "kubernetes/op" }),
    ).toEqual([
      {
        path: "etls.c2dw.renamedFrom",
        rule: "must differ from that of op2dw: one ETL gets one new name",
        nearest: undefined,
      },
    ]);
  });
});

describe("room on nodes", () => {
  it("names the group that exists", () => {
    expect(of("epic2op", { nodeGroup: "elt" })).toEqual([
      { path: "etls.epic2op.nodeGroup", rule: "must be a group of clusters.k8s.nodeGroups", nearest: '"etl"' },
    ]);
  });

  it("refuses a pod that no node of the group holds", () => {
    expect(of("c2dw-daily", { "job.cpu": "4", "job.memory": "16Gi" })).toEqual([
      {
        path: "etls.c2dw-daily.job.cpu",
        rule: "must fit a node of etl: m6i.xlarge has 3650m for pods, after the system and the DaemonSets",
        nearest: '"3650m"',
      },
      {
        path: "etls.c2dw-daily.job.memory",
        rule: "must fit a node of etl: m6i.xlarge has 14415Mi for pods, after the system and the DaemonSets",
        nearest: '"14415Mi"',
      },
    ]);
  });

  it.each([
    ["epic2op", 3, 18, 15],
    ["c2dw-daily", 1, 45, 43],
    ["op2dw", 1, 45, 43],
    ["c2dw", 2, 8, 3],
  ] as const)("%s: %d a node, %d %% of processors and %d %% of memory left over", (etl, pods, cpu, memory) => {
    for (const { clusters, etls } of loadConfig().environments) {
      const settings = etls[etl];
      if (settings === undefined) throw new Error(`no ETL ${etl}`);
      const { cluster, job, nodeGroup } = settings;
      const machineType = clusters[cluster].nodeGroups[nodeGroup]?.machineType ?? "";
      expect(packingOn(job, machineType)).toEqual({
        podsPerNode: pods,
        cpuWastePercent: cpu,
        memoryWastePercent: memory,
      });
    }
  });

  it("never holds more pods than there is room for, and one more never fits", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(MACHINE_TYPES)),
        fc.integer({ min: 50, max: 8000 }),
        fc.integer({ min: 64, max: 32_768 }),
        (type, cpu, memory) => {
          const room = roomOf(type);
          const { podsPerNode: n } = packing({ cpuMillis: cpu, memoryMib: memory }, room);
          expect(n * cpu <= room.cpuMillis && n * memory <= room.memoryMib).toBe(true);
          expect((n + 1) * cpu > room.cpuMillis || (n + 1) * memory > room.memoryMib).toBe(true);
        },
      ),
    );
  });

  it("reads quantities as Kubernetes does", () => {
    expect([cpuMillis("2"), cpuMillis("1500m"), memoryMib("2816Mi"), memoryMib("4Gi")]).toEqual([
      2000, 1500, 2816, 4096,
    ]);
    expect(() => packingOn({ cpu: "1", memory: "1Gi" }, "x9.huge")).toThrow(
      'machine type must be one of config/machine-types.ts, got "x9.huge"',
    );
  });
});

test("a secret that was typed in place of its name is not shown, whatever the setting is called", () => {
  const problems = problemsAfter({
    "dev.etls.epic2op.secrets": { DB_PASSWORD: "Hunter2!" },
    "dev.etls.op2dw.secret": { DB_PASSWORD: "Hunter2!" },
    "dev.web.secrets": "Hunter2!",
  });
  expect(problems.map(({ path, received }) => [path, received])).toEqual(
    expect.arrayContaining([
      ["etls.epic2op.secrets.DB_PASSWORD", '"(not shown)"'],
      ["etls.op2dw.secret", '"(not shown)"'],
      ["web.secrets", '"(not shown)"'],
    ]),
  );
  expect(JSON.stringify(problems)).not.toContain("Hunter2");
});
