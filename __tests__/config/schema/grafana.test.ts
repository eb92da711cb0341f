import { loadConfig } from "../../../config/load";
import { problemsAfter, setAt, validInput } from "../support";

const faults = (changes: Record<string, unknown>) =>
  problemsAfter(changes).map(({ path, received, nearest }) => ({ path, received, nearest }));

const SIGN_IN = {
  name: "Hospital",
  clientId: "grafana",
  authUrl: "https://id.example.org/authorize",
  tokenUrl: "https://id.example.org/token",
  apiUrl: "https://id.example.org/userinfo",
  groups: { admins: "opsdx-admins", viewers: "opsdx" },
};

describe("the settings of Grafana", () => {
  it("may be missing: an environment without it has none", () => {
    const input = validInput();
    setAt(input.environments.dev, ["grafana"], undefined);
    expect(loadConfig(input).environments.find(({ name }) => name === "dev")?.grafana).toBeUndefined();
  });

  it("take an identity provider, and views of the databases", () => {
    expect(
      faults({ "dev.grafana.signIn": SIGN_IN, "dev.grafana.databases": { dw: { views: ["cdm.patients"] } } }),
    ).toEqual([]);
  });

  it.each([
    ["one pod", { "dev.grafana.replicas": 1 }, "grafana.replicas", "1", "2"],
    [
      "a host below a second level",
      { "dev.grafana.host": "grafana.tools" },
      "grafana.host",
      '"grafana.tools"',
      '"grafana"',
    ],
    [
      "a host outside of the zone",
      { "dev.grafana.host": "grafana.example.org" },
      "grafana.host",
      '"grafana.example.org"',
      '"grafana"',
    ],
    ["a host that another service has", { "dev.grafana.host": "redash" }, "redash.host", '"redash"', undefined],
    ["a password", { "dev.grafana.password": "admin" }, "grafana.password", '"admin"', '"host"'],
    [
      "a provider without TLS",
      { "dev.grafana.signIn": { ...SIGN_IN, tokenUrl: "http://id.example.org/token" } },
      "grafana.signIn.tokenUrl",
      '"http://id.example.org/token"',
      undefined,
    ],
    [
      "a group that would end the expression that it is part of",
      { "dev.grafana.signIn": { ...SIGN_IN, groups: { ...SIGN_IN.groups, viewers: "x') || contains('" } } },
      "grafana.signIn.groups.viewers",
      "\"x') || contains('\"",
      undefined,
    ],
    [
      "a view that is no view's name",
      { "dev.grafana.databases": { db: { views: ["patients"] } } },
      "grafana.databases.db.views.0",
      '"patients"',
      undefined,
    ],
    [
      "a view twice",
      { "dev.grafana.databases": { db: { views: ["cdm.patients", "cdm.patients"] } } },
      "grafana.databases.db.views.1",
      '"cdm.patients"',
      undefined,
    ],
  ])("refuse %s", (_, changes, path, received, nearest) => {
    const found = faults(changes);
    expect(found).toContainEqual({ path, received, nearest });
  });
});
