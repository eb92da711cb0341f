import { workloadsOf } from "../../../config/schema/workloads";
import { problemsAfter, validInput } from "../support";

/** A service that the schema does not know: rules on workloads find it all the same. */
const LAB = { nodeGroup: "etl", image: `lab@sha256:${"ab".repeat(32)}`, pod: { cpu: "50m", memory: "64Mi" } };

describe("workloads of an environment", () => {
  it("are the web service and each ETL", () => {
    const { etls, web } = validInput().environments.dev;
    const workloads = workloadsOf({ etls, web });
    expect(workloads.map(({ cluster, name, nodeGroup, path }) => [path.join("."), name, cluster, nodeGroup])).toEqual([
      ["web", "trews-rest-api", "k8s", "web"],
      ["etls.epic2op", "epic2op", "k8s", "etl"],
      ["etls.c2dw-daily", "c2dw-daily", "k8s", "etl"],
      ["etls.op2dw", "op2dw", "k8s", "etl"],
      ["etls.c2dw", "c2dw", "k8s-ml", "etl"],
    ]);
    expect(workloads.map(({ pod }) => pod?.cpu)).toEqual(["1200m", "1000m", "2000m", "2000m", "3500m"]);
    expect(workloads.map(({ evenZones }) => evenZones)).toEqual([false, false, false, false, false]);
  });

  it("are every other setting with an image, too", () => {
    expect(workloadsOf({ lab: LAB, audit: { monthlyBudgetUsd: 1 } })).toEqual([
      { path: ["lab"], name: "lab", cluster: "k8s", evenZones: false, secrets: {}, ...LAB },
    ]);
  });

  it("are read in part where they are wrong in part", () => {
    expect(
      workloadsOf({ web: { nodeGroup: 7, zoneSpread: "required" }, etls: { a: 1, b: { image: "latest" } } }),
    ).toEqual([
      { path: ["web"], name: "trews-rest-api", cluster: "k8s", evenZones: true, secrets: {} },
      { path: ["etls", "a"], name: "a", evenZones: false, secrets: {} },
      { path: ["etls", "b"], name: "b", evenZones: false, secrets: {} },
    ]);
    expect(workloadsOf(undefined)).toEqual([]);
    expect(workloadsOf({ etls: 3 })).toEqual([]);
  });

  it("have names that no ETL of any environment takes, whichever they are", () => {
    const { etls } = validInput().environments.prod;
    const own = Object.values(etls as Record<string, object>)[0];
    const problems = problemsAfter({
      "dev.lab": LAB,
      "prod.etls.lab": own,
      "prod.etls.op2dw.renamedFrom": "lab",
      "prod.etls.op2dw.namespace": "lab",
    });
    const taken = "must be another name: this one belongs to something else";
    expect(problems.map(({ file, path, rule }) => [file, path, rule])).toEqual(
      expect.arrayContaining([
        ["config/environments/prod.ts", "etls.lab", taken],
        ["config/environments/prod.ts", "etls.op2dw.renamedFrom", taken],
        [
          "config/environments/prod.ts",
          "etls.op2dw.namespace",
          "must not be lab, which is a service's: a namespace of ETLs holds nothing else",
        ],
      ]),
    );
  });

  it("are held by the rules on images and on places, whichever they are", () => {
    const paths = (changes: Record<string, unknown>): string[] =>
      problemsAfter(changes).map(({ path, rule }) => `${path}: ${rule.split(" (")[0] ?? ""}`);
    expect(paths({ "dev.lab": LAB })).toContain("lab.image: must come from one of global's containerRepositories");
    expect(paths({ "dev.lab": { ...LAB, nodeGroup: "web" } })).toContain(
      "lab.nodeGroup: must be a group with another opsdx_nodegroup than web: the web service's autoscaler reckons with all the room of its nodes",
    );
  });
});
