import { problemsAfter, setAt, validInput } from "../support";
import { loadConfig } from "../../../config/load";

const faults = (changes: Record<string, unknown>) =>
  problemsAfter(changes).map(({ path, received, nearest }) => ({ path, received, nearest }));

const source = (more: object = {}) => ({
  "dev.redash.dataSources": {
    warehouse: { database: "dw", views: ["cdm.patients"], groups: ["analysts"], ...more },
  },
});

describe("the settings of Redash", () => {
  it("may be missing: an environment without it has none", () => {
    const input = validInput();
    setAt(input.environments.dev, ["redash"], undefined);
    expect(loadConfig(input).environments.find(({ name }) => name === "dev")?.redash).toBeUndefined();
  });

  it("close what shows data to people who did not sign in, unless somebody opens it", () => {
    const redash = loadConfig(validInput()).environments.map((environment) => environment.redash);
    expect(redash).not.toHaveLength(0);
    for (const settings of redash) expect(settings).toMatchObject({ publicLinks: false, apiKeys: false });
  });

  it.each([
    ["server", 3, "512Mi", "960Mi"],
    ["workers.adhoc", 4, "1Gi", "1216Mi"],
    ["workers.generic", 1, "256Mi", "448Mi"],
  ])("want memory for the processes of %s", (kind, processes, memory, nearest) => {
    expect(faults({ [`dev.redash.${kind}.processes`]: processes, [`dev.redash.${kind}.pod.memory`]: memory })).toEqual([
      { path: `redash.${kind}.pod.memory`, received: `"${memory}"`, nearest: `"${nearest}"` },
    ]);
  });

  it("take memory that is just enough", () => {
    expect(faults({ "dev.redash.server.processes": 3, "dev.redash.server.pod.memory": "960Mi" })).toEqual([]);
  });

  it.each([
    ["the load", "maintenanceWindow", "sun:14:00-sun:15:00", '"sun:12:00-sun:13:00"'],
    ["the snapshot", "maintenanceWindow", "sun:04:30-sun:05:30", '"sun:05:00-sun:06:00"'],
    ["the load", "snapshotWindow", "14:00-15:00", '"12:00-13:00"'],
  ])("keep ElastiCache's windows clear of %s: %s %s", (_, window, value, nearest) => {
    expect(faults({ [`dev.redash.cache.${window}`]: value })).toEqual([
      { path: `redash.cache.${window}`, received: `"${value}"`, nearest },
    ]);
  });

  it.each([
    ["snapshotWindow", "04:00-04:30"],
    ["maintenanceWindow", "sun:07:30-sun:08:00"],
  ])("refuse a %s below an hour", (window, value) => {
    expect(faults({ [`dev.redash.cache.${window}`]: value })).toEqual([
      { path: `redash.cache.${window}`, received: `"${value}"`, nearest: undefined },
    ]);
  });

  it.each([
    ["a host below a second level", { "dev.redash.host": "redash.tools" }, "redash.host", '"redash"'],
    [
      "a node type without facts",
      { "dev.redash.cache.nodeType": "cache.t4g.smal" },
      "redash.cache.nodeType",
      '"cache.t4g.small"',
    ],
    ["results for ever", { "dev.redash.resultDays": 0 }, "redash.resultDays", "1"],
    [
      "metadata in clear",
      { "dev.redash.saml": { metadataUrl: "http://idp.test/m", entityId: "redash" } },
      "redash.saml.metadataUrl",
      undefined,
    ],
    [
      "mail in clear",
      { "dev.redash.mail": { server: "smtp.test", port: 25, sender: "a@opsdx.io", user: "u" } },
      "redash.mail.port",
      undefined,
    ],
    ["a view without its schema", source({ views: ["patients"] }), "redash.dataSources.warehouse.views.0", undefined],
    ["a source that reads nothing", source({ views: [] }), "redash.dataSources.warehouse.views", undefined],
    ["a source that nobody sees", source({ groups: [] }), "redash.dataSources.warehouse.groups", undefined],
    [
      "a source of another database",
      source({ database: "services" }),
      "redash.dataSources.warehouse.database",
      undefined,
    ],
    [
      "a view that is named twice",
      source({ views: ["cdm.a", "cdm.a"] }),
      "redash.dataSources.warehouse.views.1",
      undefined,
    ],
  ])("refuse %s", (_, changes, path, nearest) => {
    const found = problemsAfter(changes);
    expect(found.map((problem) => problem.path)).toEqual([path]);
    if (nearest !== undefined) expect(found[0]?.nearest).toBe(nearest);
  });

  it("take a data source of views, for groups", () => {
    expect(faults(source())).toEqual([]);
  });
});
