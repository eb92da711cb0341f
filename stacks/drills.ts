import { closest } from "fastest-levenshtein";
import type { Config } from "../config/load";
import { configFile } from "../config/files";
import { namePrefix } from "../config/names";
import { RefusedError } from "../config/explained-error";
import type { AlarmFacts } from "../constructs/shared/observability/alarm";
import { drillsOf } from "../constructs/stage3/drills/catalogue";
import { drillFaults, type Drill } from "../constructs/stage3/drills/drill";
import { WAIVED, WAIVED_WITHOUT_SYSTEM } from "../constructs/stage3/drills/waivers";
import type { BaseStack } from "./base-stack";
import { alarmsOf } from "./thresholds";

/** How a page-level alarm is rehearsed. */
export interface Coverage {
  /** What the alarms have in common. */
  readonly kind: string;
  /** The drills that make one of them fire. */
  readonly drills: readonly string[];
  /** Why none does. @default - one does */
  readonly waived?: string;
}

/** Which drills an environment has. */
export type DrillsOf = (environment: Config["environments"][number]) => readonly Drill[];

const catalogueOf =
  (config: Config): DrillsOf =>
  (environment) =>
    drillsOf(environment, config.global.buckets.terraformState);

/** How the page-level alarms of a program are rehearsed, by kind: what one environment rehearses, it rehearses for all. */
export function coverageOf(
  config: Config,
  alarms: readonly AlarmFacts[],
  drills: DrillsOf = catalogueOf(config),
): readonly Coverage[] {
  const kinds = [...new Set(alarms.filter(({ severity }) => severity === "page").map(({ kind }) => kind))];
  const fired = firedKinds(config, alarms, drills);
  return kinds.map((kind) => ({ kind, drills: fired.get(kind) ?? [], ...waiverOf(kind) })).map(withoutNeedlessWaiver);
}

/** A waiver beside a drill is told as a fault, not as coverage. */
function withoutNeedlessWaiver({ drills, kind, waived }: Coverage): Coverage {
  return drills.length > 0 || waived === undefined ? { kind, drills } : { kind, drills, waived };
}

function waiverOf(kind: string): { readonly waived?: string } {
  const [, waived] =
    Object.entries({ ...WAIVED, ...WAIVED_WITHOUT_SYSTEM }).find(([pattern]) =>
      new RegExp(`^(${pattern})$`).test(kind),
    ) ?? [];
  return waived === undefined ? {} : { waived };
}

function firedKinds(
  config: Config,
  alarms: readonly AlarmFacts[],
  drills: DrillsOf,
): ReadonlyMap<string, readonly string[]> {
  const byName = new Map(alarms.map((alarm) => [alarm.alarmName, alarm]));
  const kinds = new Map<string, Set<string>>();
  for (const environment of config.environments) {
    for (const { fires, name } of drills(environment)) {
      for (const { alarm } of fires) {
        const kind = byName.get(`${namePrefix(environment.name)}-${alarm}`)?.kind;
        if (kind !== undefined) kinds.set(kind, (kinds.get(kind) ?? new Set()).add(name));
      }
    }
  }
  return new Map([...kinds].map(([kind, names]) => [kind, [...names]]));
}

/**
 * Checks drills against the alarms that the program makes: each names alarms that exist, where they are evaluated, and a stop condition; and
 * every alarm that wakes somebody is rehearsed by a drill, or waived with a reason.
 * @param drills - the drills of an environment @default - those of the catalogue
 * @throws RefusedError naming all that is wrong
 */
export function checkDrills(
  config: Config,
  stacks: readonly BaseStack[],
  drills: DrillsOf = catalogueOf(config),
): void {
  const withDrills = config.environments.filter((environment) => environment.drills !== undefined);
  // A program that has no drills at all has nobody to do them.
  if (withDrills.length === 0) return;
  const alarms = alarmsOf(stacks);
  const faults = withDrills.flatMap((environment) => {
    const known = drills(environment);
    return [
      ...drillFaults(known),
      ...known.flatMap((drill) => alarmFaults(namePrefix(environment.name), drill, alarms)),
      ...withheldFaults(environment, known),
    ];
  });
  const coverage = coverageOf(config, alarms, drills);
  for (const { drills: covering, kind, waived } of coverage) {
    if (covering.length > 0 || waived !== undefined) continue;
    faults.push(
      `alarms "${kind}" wake somebody, and no drill makes one fire: add one to constructs/stage3/drills, or say why not in waivers.ts`,
    );
  }
  for (const pattern of Object.keys(WAIVED)) {
    if (withDrills.length < config.environments.length) break;
    const meant = coverage.filter(({ kind }) => new RegExp(`^(${pattern})$`).test(kind));
    const rehearsed = meant.filter(({ drills: covering }) => covering.length > 0);
    if (meant.length > 0 && rehearsed.length === meant.length) {
      faults.push(
        `waivers.ts: "${pattern}" is rehearsed by ${rehearsed[0]?.drills.join(", ") ?? ""}: take the waiver away`,
      );
    }
  }
  if (faults.length > 0) throw new RefusedError([...new Set(faults)].join("\n"));
}

function alarmFaults(prefix: string, { fires, name, stop }: Drill, alarms: readonly AlarmFacts[]): string[] {
  const own = new Map(
    alarms
      .filter(({ alarmName }) => alarmName.startsWith(`${prefix}-`))
      .map((alarm) => [alarm.name, alarm.condition.startsWith("Prometheus:")]),
  );
  const wanted = [
    ...fires.map(({ alarm, cluster }) => ({ list: "fires", alarm, inPrometheus: cluster !== undefined })),
    // FIS stops at alarms of CloudWatch only.
    ...stop.map((alarm) => ({ list: "stop", alarm, inPrometheus: false })),
  ];
  return wanted.flatMap(({ alarm, inPrometheus, list }) => {
    const evaluated = own.get(alarm);
    if (evaluated === undefined) {
      const nearest = own.size === 0 ? "" : `; the nearest is "${closest(alarm, [...own.keys()])}"`;
      return [`drill ${name}: ${list} must name alarms of ${prefix}, got "${alarm}"${nearest}`];
    }
    if (evaluated === inPrometheus) return [];
    const where = evaluated ? "Prometheus evaluates" : "CloudWatch evaluates";
    return [`drill ${name}: ${list} must say who evaluates an alarm: ${where} ${prefix}-${alarm}`];
  });
}

function withheldFaults({ drills, name }: Config["environments"][number], known: readonly Drill[]): string[] {
  const names = known.map((drill) => drill.name);
  return Object.keys(drills?.withheld ?? {}).flatMap((withheld) =>
    names.includes(withheld)
      ? []
      : [
          `${configFile(name)}: drills.withheld must name drills (${names.join(", ")}), got "${withheld}"; the nearest is "${closest(withheld, names)}"`,
        ],
  );
}
