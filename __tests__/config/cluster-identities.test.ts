import { clusterIdentities } from "../../config/cluster-identities";
import { loadConfig } from "../../config/load";
import { etlLauncherRole } from "../../config/names";

const environments = loadConfig().environments.map((environment) => [environment.name, environment] as const);

describe.each(environments)("the clusters of %s", (name, environment) => {
  it.each(Object.keys(environment.clusters))(
    "%s lets in people, CI, and operators and the launcher where ETLs run",
    (cluster) => {
      const launches = Object.values(environment.etls).some((etl) => etl.cluster === cluster);
      expect(clusterIdentities(environment, cluster)).toEqual([
        { roleName: "opsdx-people-administrators", username: "administrators", groups: ["system:masters"] },
        { roleName: "opsdx-people-readers", username: "readers", groups: ["opsdx:readers"] },
        { roleName: `opsdx-ci-apply-${name}`, username: "ci-apply", groups: ["system:masters"] },
        { roleName: "opsdx-ci-plan", username: "ci-plan", groups: ["opsdx:readers"] },
        { roleName: `opsdx-${name}-controller`, username: "controller", groups: ["opsdx:readers"] },
        ...(launches
          ? [
              { roleName: `opsdx-${name}-etl-operator`, username: "etl-operators", groups: ["opsdx:etl-operators"] },
              { roleName: `opsdx-${name}-etl-launcher`, username: "etl-launcher", groups: ["opsdx:etl-launchers"] },
            ]
          : []),
      ]);
    },
  );

  it("let the launcher in wherever an ETL is placed, and nowhere else", () => {
    const clusters = Object.keys(environment.clusters);
    for (const to of clusters) {
      const etls = { moved: { cluster: to } };
      const knowing = clusters.filter((cluster) =>
        clusterIdentities({ ...environment, etls }, cluster).some(({ roleName }) => roleName === etlLauncherRole(name)),
      );
      expect(knowing).toEqual([to]);
    }
  });
});
