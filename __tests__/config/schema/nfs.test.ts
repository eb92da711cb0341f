import { loadConfig } from "../../../config/load";
import { problemsAfter, setAt, validInput } from "../support";

const faults = (changes: Record<string, unknown>) =>
  problemsAfter(changes).map(({ path, received, nearest }) => ({ path, received, nearest }));

describe("the settings of the shared file system", () => {
  it("may be missing: an environment without it has none", () => {
    const input = validInput();
    // Models are kept on it.
    for (const system of ["nfs", "tensorflow"]) setAt(input.environments.dev, [system], undefined);
    expect(loadConfig(input).environments.find(({ name }) => name === "dev")?.nfs).toBeUndefined();
  });

  it("have one region for copies, the audit's", () => {
    expect(faults({ "prod.nfs.replicaRegion": "us-east-2" })).toEqual([
      { path: "nfs.replicaRegion", received: '"us-east-2"', nearest: '"us-west-2"' },
    ]);
    expect(faults({ "dev.nfs.replicaRegion": "us-west-2" })).toEqual([
      { path: "nfs.replicaRegion", received: '"us-west-2"', nearest: undefined },
    ]);
  });

  it.each([
    ["in summer, when it begins an hour earlier", "13:30", "12:00"],
    ["in winter", "16:00", "16:30"],
    ["when the hour runs into it", "12:05", "12:00"],
  ])("keep backups clear of the load: %s", (_, startUtc, nearest) => {
    expect(faults({ "dev.nfs.backup.startUtc": startUtc })).toEqual([
      { path: "nfs.backup.startUtc", received: `"${startUtc}"`, nearest: `"${nearest}"` },
    ]);
  });

  it.each([
    ["a backup that the vault refuses", { "dev.nfs.backup.keepDays": 6 }, "nfs.backup.keepDays", "6"],
    ["growth of nothing", { "dev.nfs.growth.percentPerDay": 0 }, "nfs.growth.percentPerDay", "0"],
    ["a region that is none", { "prod.nfs.replicaRegion": "us-wset-2" }, "nfs.replicaRegion", '"us-wset-2"'],
    ["a setting that it has not", { "dev.nfs.throughput": "bursting" }, "nfs.throughput", '"bursting"'],
  ])("refuse %s", (_, changes, path, received) => {
    expect(faults(changes)).toEqual(expect.arrayContaining([expect.objectContaining({ path, received })]));
  });
});
