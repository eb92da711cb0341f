import { configFile } from "../../config/files";
import type { EnvironmentConfig } from "../../config/schema/environment";
import fc from "fast-check";
import { ConfigError, loadConfig } from "../../config/load";
import { problemsOf, setAt, validInput, type Loose } from "./support";

/** Every path of an object, its leaves and its branches. */
function pathsOf(value: unknown, path: readonly string[] = []): string[][] {
  const children = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return [
    ...(path.length < 2 ? [] : [[...path]]),
    ...children.flatMap(([key, inner]) => pathsOf(inner, [...path, key])),
  ];
}

const files = (): Loose => {
  const { global, environments } = validInput();
  return { global, ...environments };
};
const PATHS = pathsOf(files());

const junk = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withSparseArray: true }),
  fc.constantFrom(
    "",
    " ",
    "10.0.0.0/33",
    "10.0.0.1/16",
    "999.0.0.0",
    "25:00",
    "sun:00:00-sun:00:00",
    "us-east-1",
    -1,
    1.5,
    99,
  ),
  fc.constant(undefined),
);
const mutation = fc.record({
  path: fc.constantFrom(...PATHS),
  extra: fc.option(fc.string(), { freq: 4 }),
  value: junk,
});

/** Applies mutations in order; one that went with an earlier one is skipped. */
function mutated(mutations: readonly { path: readonly string[]; extra: string | null; value: unknown }[]) {
  const root = files();
  for (const { path, extra, value } of mutations) {
    const parents = path.slice(0, extra === null ? -1 : undefined);
    const parent = parents.reduce<unknown>((object, key) => (isObject(object) ? object[key] : undefined), root);
    if (isObject(parent)) setAt(parent, [extra ?? path.at(-1) ?? ""], value);
  }
  const { global, ...environments } = root;
  return { global, environments };
}

const isObject = (value: unknown): value is Loose => typeof value === "object" && value !== null;

/** Faults that do not touch each other: the path, a wrong value, and the path that must be named. */
const FAULTS: readonly (readonly [file: string, path: string, value: unknown])[] = [
  ["global", "owner", " "],
  ["global", "replicaRegion", "us-west-9"],
  ["global", "buckets.kopsState", "Bad_Name"],
  ["global", "logRetentionDays", 364],
  ["global", "alarms.page.0", "nobody"],
  ["dev", "network.nat", "singel"],
  ["dev", "network.cidr", "10.0.0.1/16"],
  ["dev", "network.zones.us-east-1d.slot", 1.5],
  ["dev", "network.colour", "blue"],
  ["dev", "audit.monthlyBudgetUsd", "much"],
  ["dev", "databases.db.multiAz", 1],
  ["dev", "databases.dw.backupWindow", "13:30-14:30"],
  ["dev", "databases.db.maintenanceWindow", "sun:06:30-sun:07:30"],
  ["dev", "retention.auditDays", 30],
  ["dev", "retention.logDays", 31],
  ["dev", "owners.dns", undefined],
  ["prod", "name", "live"],
  ["prod", "account.id", "444455556666"],
  ["prod", "dns.zone", "live.opsdx.io"],
  ["prod", "databases.db.backupWindow", "16:00-17:00"],
  ["prod", "audit.replicaRegion", "us-east-1"],
  ["prod", "alarms.ticket.0", "@"],
  ["prod", "loadWindow.extra", 1],
];

/** A loaded environment as its file has it: hosts by their labels below the zone. */
function asTyped(environment: EnvironmentConfig): object {
  const { dns, web } = environment;
  const label = (host: string): string => host.split(".")[0] ?? "";
  const healthChecks = Object.entries(dns.healthChecks).map(([name, check]) => [
    name,
    { ...check, host: label(check.host) },
  ]);
  return {
    ...environment,
    dns: { ...dns, healthChecks: Object.fromEntries(healthChecks) as object },
    web: { ...web, host: label(web.host) },
  };
}

describe("loadConfig on any input", () => {
  it("returns a configuration, or lists problems that each name file, path, rule and value", () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), (mutations) => {
        const input = mutated(mutations);
        try {
          expect(loadConfig(input).environments).toHaveLength(2);
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          expect(error.problems.length).toBeGreaterThan(0);
          for (const { file, path, rule, received } of error.problems) {
            expect(file).toMatch(/^config\/(global|environments\/(dev|prod))\.ts$/);
            expect(path).not.toBe("");
            expect(rule).not.toBe("");
            expect(received).not.toBe("");
            expect(received.length).toBeLessThanOrEqual(120);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it("loads anything only if it would load again", () => {
    fc.assert(
      fc.property(fc.array(mutation, { maxLength: 2 }), (mutations) => {
        const input = mutated(mutations);
        if (problemsOf(input).length > 0) return;
        const { global, environments } = loadConfig(input);
        const again = {
          global,
          environments: Object.fromEntries(environments.map((each) => [each.name, asTyped(each)])),
        };
        expect(loadConfig(again)).toEqual({ global, environments });
      }),
      { numRuns: 120 },
    );
  });

  it("lists every one of any faults planted", () => {
    fc.assert(
      fc.property(fc.subarray([...FAULTS], { minLength: 1 }), (faults) => {
        const root = files();
        for (const [file, path, value] of faults) setAt(root, [file, ...path.split(".")], value);
        const { global, ...environments } = root;
        const listed = problemsOf({ global, environments }).map(({ file, path }) => `${file} ${path}`);
        for (const [file, path] of faults) expect(listed).toContain(`${configFile(file)} ${path}`);
      }),
      { numRuns: 120 },
    );
  });
});
