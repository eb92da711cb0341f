import { problemsAfter } from "../support";

const faults = (changes: Record<string, unknown>) => problemsAfter(changes).map(({ path, rule }) => `${path}: ${rule}`);

describe("the settings of fire drills", () => {
  it("may be missing", () => {
    expect(faults({ "dev.drills": undefined })).toEqual([]);
  });

  it("run by day", () => {
    expect(faults({ "prod.drills.hours.end": "08:00" })).toEqual([
      "drills.hours.end: must be after start, 09:00: drills run by day, when people are there",
    ]);
  });

  it("withhold a drill with a reason only", () => {
    expect(faults({ "dev.drills.withheld": { "grafana-down": "because" } })).toEqual([
      "drills.withheld.grafana-down: must be whole sentences",
    ]);
  });

  it("leave no ETL their namespace and their name", () => {
    expect(faults({ "dev.etls.epic2op.namespace": "drills" })).toEqual([
      expect.stringMatching(/^etls\.epic2op\.namespace: must not be/),
    ]);
  });
});
