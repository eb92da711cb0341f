import { ConfigError, loadConfig } from "../../config/load";
import { problemsAfter, problemsOf, validInput } from "./support";
import { environmentNames } from "../../config/files";

describe("loadConfig", () => {
  it("returns the project's own configuration with environments in deployment order", () => {
    const config = loadConfig();
    expect(config.environments.map(({ name }) => name)).toEqual(environmentNames());
    expect(config.global.domain).toBe("opsdx.io");
  });

  it("resolves defaults", () => {
    const input = validInput();
    const given = (input.environments.dev["databases"] as { db: object }).db;
    expect(given).not.toHaveProperty("applyImmediately");
    expect(loadConfig(input).environments[0]?.databases.db.applyImmediately).toBe(false);
  });

  it("does not change its input", () => {
    const input = validInput();
    loadConfig(input);
    expect(input).toEqual(validInput());
  });

  it("reports file, path, rule, received value and the nearest valid one", () => {
    expect(problemsAfter({ "dev.network.nat": "singel" })).toEqual([
      {
        file: "config/environments/dev.ts",
        path: "network.nat",
        rule: 'must be one of "single", "per-az"',
        received: '"singel"',
        nearest: '"single"',
      },
    ]);
  });

  it("lists the problems of every file and between the files at once", () => {
    const found = problemsAfter({
      "global.owner": "",
      "dev.network.nat": "none",
      "dev.loadWindow.timeZone": "America/NewYork",
      "prod.retention.auditDays": 30,
      "prod.name": "production",
      "prod.account.id": "444455556666",
    });
    expect(found.map(({ file, path }) => `${file} ${path}`)).toEqual([
      "config/global.ts owner",
      "config/environments/dev.ts network.nat",
      "config/environments/dev.ts loadWindow.timeZone",
      "config/environments/prod.ts name",
      "config/environments/prod.ts retention.auditDays",
      "config/environments/prod.ts name",
      "config/environments/prod.ts account.id",
    ]);
  });

  it("checks rules between settings although other settings of the same object are wrong", () => {
    const paths = problemsAfter({
      "dev.network.nat": 1,
      "dev.network.extra": true,
      "dev.network.zones.us-east-1d.slot": 0,
      "dev.databases.db.multiAz": "yes",
      "dev.databases.db.backupWindow": "13:30-14:30",
    }).map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        "network.nat",
        "network.extra",
        "network.zones.us-east-1d.slot",
        "databases.db.multiAz",
        "databases.db.backupWindow",
      ]),
    );
  });

  it.each([
    ["a missing setting", { "dev.owners.db": undefined }, "owners.db", "is required: a string", "nothing", undefined],
    [
      "a missing choice",
      { "dev.network.nat": undefined },
      "network.nat",
      'is required: one of "single", "per-az"',
      "nothing",
      undefined,
    ],
    ["a missing object", { "dev.audit": undefined }, "audit", "is required: an object", "nothing", undefined],
    ["a missing list", { "dev.alarms.page": undefined }, "alarms.page", "is required: a list", "nothing", undefined],
    ["a wrong type", { "dev.owners.db": 7 }, "owners.db", "must be a string", "7", undefined],
    ["an object for a string", { "dev.owners.db": { a: 1 } }, "owners.db", "must be a string", '{"a":1}', undefined],
    [
      "a fraction",
      { "dev.audit.monthlyBudgetUsd": 2999.6 },
      "audit.monthlyBudgetUsd",
      "must be a whole number",
      "2999.6",
      "3000",
    ],
    ["a number as text", { "dev.audit.findingSeverity": "4" }, "audit.findingSeverity", "must be a number", '"4"', "4"],
    [
      "a number that is none",
      { "dev.audit.findingSeverity": NaN },
      "audit.findingSeverity",
      "must be a number",
      "NaN",
      undefined,
    ],
    ["too small", { "dev.audit.trailLockYears": 0 }, "audit.trailLockYears", "must be at least 1", "0", "1"],
    [
      "too large",
      { "dev.network.subnets.db.prefix": 29 },
      "network.subnets.db.prefix",
      "must be at most 28",
      "29",
      "28",
    ],
    [
      "a threshold in words",
      { "dev.alarms.thresholds": { "db-cpu-high": "85" } },
      "alarms.thresholds.db-cpu-high",
      'must be a number, or { value: <number>, reason: "<why>" }',
      '"85"',
      undefined,
    ],
    ["an empty list", { "dev.alarms.page": [] }, "alarms.page", "must hold at least 1 entries", "[]", undefined],
    [
      "a text without its prefix",
      { "dev.dns.healthChecks.web.path": "health" },
      "dns.healthChecks.web.path",
      'must start with "/"',
      '"health"',
      '"/health"',
    ],
    [
      "an e-mail address",
      { "dev.alarms.page.0": "oncall" },
      "alarms.page.0",
      "must be an e-mail address",
      '"oncall"',
      undefined,
    ],
  ])("says what %s breaks", (_, changes, path, rule, received, nearest) => {
    expect(problemsAfter(changes)).toContainEqual({
      file: "config/environments/dev.ts",
      path,
      rule,
      received,
      ...(nearest === undefined ? {} : { nearest }),
    });
  });

  it("names the nearest unused setting for an unknown key", () => {
    const found = problemsAfter({ "dev.retention.logDay": 30, "dev.retention.logDays": undefined });
    expect(found).toContainEqual({
      file: "config/environments/dev.ts",
      path: "retention.logDay",
      rule: "is not a setting: rename or remove it",
      received: "30",
      nearest: '"logDays"',
    });
    expect(found).toContainEqual(expect.objectContaining({ path: "retention.logDays", received: "nothing" }));
  });

  it("names each unknown key by itself, at the top and below a record", () => {
    const found = problemsAfter({
      "prod.colour": "blue",
      "prod.network.zones.us-east-1a.slots": 3,
      "prod.dns.healthChecks.web.hosts": [],
    });
    expect(found.map(({ path, nearest }) => [path, nearest])).toEqual([
      // Another name would be one that is taken, or not do for the value.
      ["network.zones.us-east-1a.slots", undefined],
      ["dns.healthChecks.web.hosts", undefined],
      ["colour", undefined],
    ]);
  });

  it("names a wrong key of a record", () => {
    expect(problemsAfter({ "dev.network.zones.zone-a": { slot: 5 } })).toContainEqual({
      file: "config/environments/dev.ts",
      path: "network.zones.zone-a",
      rule: "must be the name of an availability zone such as us-east-1a (the name itself)",
      received: '"zone-a"',
    });
  });

  it.each([undefined, null, 3, "text", []])("refuses %j as a whole file", (value) => {
    const input = { ...validInput(), global: value };
    expect(problemsOf(input)).toContainEqual(
      expect.objectContaining({ file: "config/global.ts", path: "(whole file)" }),
    );
  });

  it("shortens a long value", () => {
    const [problem] = problemsAfter({ "dev.owners.db": [Array(100).fill("long")].flat() });
    expect(problem?.received).toHaveLength(120);
    expect(problem?.received.endsWith("…")).toBe(true);
  });

  it.each([
    ["a function", () => 1],
    ["a bigint", 10n],
    ["a symbol", Symbol("s")],
    ["infinity", Infinity],
  ])("shows %s, which JSON cannot", (_, value) => {
    const [problem] = problemsAfter({ "dev.owners.db": value });
    expect(problem?.received).toMatch(/^(\[Function|10n|Symbol\(s\)|Infinity)/);
  });

  it("shows a value that contains itself", () => {
    const value: Record<string, unknown> = {};
    value["self"] = value;
    expect(problemsAfter({ "dev.owners.db": value })[0]?.received).toContain("[Circular");
  });
});

describe("ConfigError", () => {
  it("is one message with a line per problem and the command to run", () => {
    const error = new ConfigError([
      { file: "config/environments/dev.ts", path: "a.b", rule: "must be 1", received: "2", nearest: "1" },
      { file: "config/environments/prod.ts", path: "c", rule: "must be text", received: "3" },
    ]);
    expect(error.message).toBe(
      [
        "The configuration has 2 problems. Correct each, then run: npx opsdx config check",
        "  config/environments/dev.ts: a.b: must be 1 (received 2; nearest valid: 1)",
        "  config/environments/prod.ts: c: must be text (received 3)",
      ].join("\n"),
    );
  });

  it("counts a single problem as one", () => {
    const error = new ConfigError([{ file: "f", path: "p", rule: "r", received: "x" }]);
    expect(error.message).toContain("has 1 problem.");
  });
});
