import { entranceHosts, entranceLabels, ENTRANCE_SERVICES } from "../../../config/entrance";
import { entranceRules } from "../../../config/schema/entrance-rules";

const faults = (environment: object) =>
  entranceRules
    .flatMap((rule) => rule(environment))
    .map(({ path, received, nearest }) => [path.join("."), received, nearest]);
const web = { host: "trews" };

describe("hosts of the entrance", () => {
  it("are the services' names, or what their settings say, below the zone; none of a service that is not there", () => {
    expect(entranceLabels({ web, grafana: {}, redash: { host: "data" } })).toEqual({
      grafana: "grafana",
      redash: "data",
    });
    expect(entranceHosts({ dns: { zone: "dev.opsdx.io" }, ...{ grafana: { host: "graphs" } } })).toEqual({
      grafana: "graphs.dev.opsdx.io",
    });
    expect(entranceLabels({ grafana: { host: 3 }, redash: "no settings" })).toEqual({ grafana: "grafana" });
  });

  it("are each one service's", () => {
    expect(faults({ web, grafana: {}, redash: { host: "grafana" } })).toEqual([["redash.host", "grafana", "redash"]]);
    expect(faults({ web, concourse: { host: "trews" } })).toEqual([["concourse.host", "trews", "concourse"]]);
    expect(faults({ web, ...Object.fromEntries(ENTRANCE_SERVICES.map((service) => [service, {}])) })).toEqual([]);
  });

  it("are not checked from outside", () => {
    const checked = (healthChecks: object) => faults({ web, grafana: { host: "graphs" }, dns: { healthChecks } });
    expect(checked({ web: {}, other: { host: "else" }, grafana: {} })).toEqual([]);
    expect(checked({ graphs: {} })).toEqual([["dns.healthChecks.graphs", "graphs", undefined]]);
    expect(checked({ g: { host: "graphs" } })).toEqual([["dns.healthChecks.g.host", "graphs", undefined]]);
  });
});
