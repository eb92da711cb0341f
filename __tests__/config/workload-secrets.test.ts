import { loadConfig } from "../../config/load";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { workloadSecrets } from "../../config/workload-secrets";

const dev = loadConfig().environments.find(({ name }) => name === "dev");
if (dev === undefined) throw new Error("no environment dev");
const { epic2op } = dev.etls;
if (epic2op === undefined) throw new Error("no ETL epic2op");
const withEtls = (etls: EnvironmentConfig["etls"]): EnvironmentConfig => ({ ...dev, etls });

describe("workloadSecrets", () => {
  it("are those of every ETL and service that names some, each with the role that reads it", () => {
    const all = workloadSecrets(dev);
    const wanted = [
      ["trews-rest-api", dev.web.secrets] as const,
      ...Object.entries(dev.etls).map(([etl, { secrets }]) => [etl, secrets] as const),
    ];
    expect(all.map(({ name }) => name)).toEqual(
      wanted
        .flatMap(([system, secrets]) =>
          [...new Set(Object.values(secrets))].map((reference) => `opsdx/dev/${system}/${reference}`),
        )
        .sort(),
    );
    expect(all.find(({ system }) => system === "trews-rest-api")?.roles).toEqual(["opsdx-dev-trews-rest-api"]);
    expect(all.find(({ system }) => system === "epic2op")?.roles).toEqual(["opsdx-dev-epic2op-job"]);
  });

  it("stand once, however many variables name one", () => {
    const secrets = { B_PASSWORD: "db", A_PASSWORD: "db" };
    const own = workloadSecrets(withEtls({ epic2op: { ...epic2op, secrets } })).filter(
      ({ system }) => system === "epic2op",
    );
    expect(own).toEqual([
      {
        system: "epic2op",
        reference: "db",
        name: "opsdx/dev/epic2op/db",
        variables: ["A_PASSWORD", "B_PASSWORD"],
        roles: ["opsdx-dev-epic2op-job"],
      },
    ]);
  });

  it("stay under the name that an ETL had, for the role that it had, until renamedFrom goes", () => {
    const etl = { ...epic2op, secrets: { DB_PASSWORD: "db" } };
    const renamed = workloadSecrets(withEtls({ fresh: { ...etl, renamedFrom: "epic2op" } }));
    expect(
      renamed
        .filter(({ reference }) => reference === "db")
        .map(({ former, name, roles: [role] }) => [name, role, former]),
    ).toEqual([
      ["opsdx/dev/epic2op/db", "opsdx-dev-epic2op-job", true],
      ["opsdx/dev/fresh/db", "opsdx-dev-fresh-job", undefined],
    ]);
    expect(workloadSecrets(withEtls({ fresh: etl })).some(({ system }) => system === "epic2op")).toBe(false);
  });
});
