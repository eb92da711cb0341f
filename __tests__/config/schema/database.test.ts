import * as fc from "fast-check";
import { loadConfig } from "../../../config/load";
import { INSTANCE_CLASSES } from "../../../config/instance-classes";
import { databaseRules } from "../../../config/schema/database";
import { problemsAfter } from "../support";

const faults = (changes: Record<string, unknown>) =>
  problemsAfter(changes).map(({ path, rule, nearest }) => ({ path, rule, nearest }));
const paths = (changes: Record<string, unknown>) => problemsAfter(changes).map(({ path }) => path);

describe("databases", () => {
  it.each([
    ["17.6", "17"],
    ["71", "18"],
    ["9.6", "14"],
  ])("wants a major version instead of %s", (version, nearest) => {
    expect(faults({ "dev.databases.db.engineVersion": version })).toEqual([
      {
        path: "databases.db.engineVersion",
        rule: "must be a PostgreSQL major version, 14, 15, 16, 17, 18: RDS picks the minor one, and upgrades it in the maintenance window",
        nearest: `"${nearest}"`,
      },
    ]);
  });

  it.each([
    ["db.m7g.lage", '"db.m7g.large"'],
    ["m7g.large", '"db.m7g.large"'],
    ["db.r7g.2xlarg", '"db.r7g.2xlarge"'],
  ])("names the class nearest to %s", (name, nearest) => {
    expect(faults({ "dev.databases.dw.instanceClass": name })).toEqual([
      {
        path: "databases.dw.instanceClass",
        rule: "must be an instance class of config/instance-classes.ts, from which its alarms are sized",
        nearest,
      },
    ]);
  });

  it("takes every class of the table", () => {
    fc.assert(
      fc.property(fc.constantFrom(...INSTANCE_CLASSES.keys()), (name) => {
        expect(paths({ "dev.databases.db.instanceClass": name })).toEqual([]);
      }),
      { numRuns: 10 },
    );
  });

  it.each([19, 65537, 20.5])("refuses a volume of %d GiB", (gib) => {
    expect(
      paths({ "dev.databases.db.allocatedStorageGib": gib, "dev.databases.db.maxAllocatedStorageGib": 65536 }),
    ).toEqual(["databases.db.allocatedStorageGib"]);
  });

  it("wants a tenth of room for the storage to grow", () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 59000 }), (allocated) => {
        const [fault] = faults({
          "dev.databases.db.allocatedStorageGib": allocated,
          "dev.databases.db.maxAllocatedStorageGib": allocated,
        });
        const nearest = Number(fault?.nearest);
        expect(nearest * 10).toBeGreaterThanOrEqual(allocated * 11);
        expect((nearest - 1) * 10).toBeLessThan(allocated * 11);
        expect(
          paths({
            "dev.databases.db.allocatedStorageGib": allocated,
            "dev.databases.db.maxAllocatedStorageGib": nearest,
          }),
        ).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });

  it("has a standby of the operational database: only the warehouse can be loaded again", () => {
    expect(faults({ "prod.databases.db.multiAz": false })).toEqual([
      expect.objectContaining({ path: "databases.db.multiAz", nearest: "true" }),
    ]);
    expect(faults({ "prod.databases.dw.multiAz": false })).toEqual([]);
  });

  it("wants automated backups where there is a standby or a copy, and other snapshots where there are none", () => {
    expect(faults({ "prod.databases.db.backupRetentionDays": 0 })).toEqual([
      expect.objectContaining({ path: "databases.db.backupRetentionDays", nearest: "1" }),
      expect.objectContaining({ path: "databases.db.replicaRegion" }),
      expect.objectContaining({ path: "databases.db.snapshots.every", nearest: '"half-week"' }),
    ]);
  });

  it("has one region for copies", () => {
    expect(faults({ "prod.databases.db.replicaRegion": "us-east-2" })).toEqual([
      {
        path: "databases.db.replicaRegion",
        rule: "must be audit.replicaRegion, the one region that receives copies",
        nearest: '"us-west-2"',
      },
    ]);
    expect(paths({ "dev.databases.db.replicaRegion": "us-west-2" })).toEqual(["databases.db.replicaRegion"]);
  });

  it.each([
    ["04:30", "backupWindow 06:00-07:00"],
    ["06:59", "backupWindow 06:00-07:00"],
    ["08:00", "maintenanceWindow sun:07:30-sun:08:30"],
    ["13:30", "the load window"],
  ])("refuses a monthly snapshot at %s", (startUtc, window) => {
    const found = faults({ "dev.databases.db.snapshots.startUtc": startUtc });
    expect(found.map(({ path }) => path)).toContain("databases.db.snapshots.startUtc");
    expect(found.map(({ rule }) => rule).join("\n")).toContain(window);
    for (const { nearest } of found) {
      expect(paths({ "dev.databases.db.snapshots.startUtc": nearest?.replaceAll('"', "") })).toEqual([]);
    }
  });

  it("keeps the snapshots that are taken for copies clear of windows, too, and copies a week to a year", () => {
    const copies = (every: string, keepDays: number) => ({ "dev.databases.dw.snapshots.copies": { every, keepDays } });
    expect(paths({ "dev.databases.dw.snapshots.startUtc": "07:00", ...copies("half-week", 14) })).toEqual([]);
    expect(paths({ "dev.databases.dw.snapshots.startUtc": "07:00", ...copies("month", 14) })).toEqual([
      "databases.dw.snapshots.startUtc",
    ]);
    expect(paths(copies("half-week", 6))).toEqual(["databases.dw.snapshots.copies.keepDays"]);
    expect(paths(copies("half-week", 366))).toEqual(["databases.dw.snapshots.copies.keepDays"]);
  });

  it("lets the twice-weekly snapshots run beside a window of another day, or of backups that are off", () => {
    expect(paths({ "dev.databases.dw.snapshots.startUtc": "06:30" })).toEqual([]);
    expect(paths({ "dev.databases.dw.snapshots.startUtc": "08:00" })).toEqual([]);
    expect(
      paths({
        "dev.databases.dw.snapshots.startUtc": "08:00",
        "dev.databases.dw.maintenanceWindow": "sat:08:30-sat:09:30",
      }),
    ).toEqual(["databases.dw.snapshots.startUtc"]);
  });

  it("refuses to keep a snapshot for less than the vault does", () => {
    expect(paths({ "dev.databases.dw.snapshots.keepDays": 6 })).toEqual(["databases.dw.snapshots.keepDays"]);
  });

  it("applies changes in the maintenance window unless told otherwise", () => {
    for (const { databases } of loadConfig().environments) {
      expect([databases.db.applyImmediately, databases.dw.applyImmediately]).toEqual([false, false]);
    }
  });

  it("wants one for services where a service needs it, and only there", () => {
    const alone = { databases: { services: undefined } };
    const found = (settings: object) => databaseRules.flatMap((each) => each({ ...alone, ...settings }));
    expect(found({ web: {} })).toEqual([]);
    expect(found({ grafana: {}, redash: {} })).toEqual([
      {
        path: ["databases", "services"],
        rule: "must be given, as grafana and redash keep data there",
        received: undefined,
      },
    ]);
    expect(found({ databases: { services: {} }, concourse: {} })).toEqual([]);
  });

  it("has no database of services whose schemas are open to every role", () => {
    expect(faults({ "prod.databases.services.engineVersion": "14" })).toEqual([
      {
        path: "databases.services.engineVersion",
        rule: "must be 15 or newer: before, every role may write into the schema `public` of every database",
        nearest: '"15"',
      },
    ]);
  });
});
