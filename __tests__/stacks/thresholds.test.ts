import fc from "fast-check";
import { ConfigError, type Config } from "../../config/load";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram } from "../../stacks/program";
import { alarmsOf, checkThresholds } from "../../stacks/thresholds";
import { policyPage, policyReport } from "../../tools/policy/report";
import { oneEnvironment } from "../config/support";
import { render } from "./support";

type Thresholds = Config["global"]["alarms"]["thresholds"];
const WHY = "The nightly load is meant to use it up";

const { global, environments } = oneEnvironment();

function withThresholds(thresholds: Thresholds, shared: Thresholds = {}): Config {
  return {
    global: { ...global, alarms: { ...global.alarms, thresholds: shared } },
    environments: environments.map((environment) => ({
      ...environment,
      alarms: { ...environment.alarms, thresholds },
    })),
  };
}

const build = (config: Config) => buildProgram(config, deploymentFor(config.global, {})).stacks;
const before = build({ global, environments });
const chosen: Thresholds = {
  "db-cpu-high": { value: 85 },
  "db-swap-high": { value: 512_000_000, reason: WHY },
  "dw-cpu-high": { value: 95, reason: WHY },
  "epic2op-rows-unusual": { value: 3 },
};
const after = build(withThresholds(chosen));

/** Every alarm's arguments, by name. */
function alarmBodies(stacks: typeof after): Record<string, Record<string, unknown>> {
  const all = render(stacks).flatMap((model) => model.ofType("aws_cloudwatch_metric_alarm"));
  return Object.fromEntries(all.map(({ body }) => [String(body["alarm_name"]), body]));
}

/** What a configuration is refused for. */
function problemsOf(config: Config, stacks = before) {
  try {
    checkThresholds(config, stacks);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe("alarms.thresholds", () => {
  const [built, set] = [alarmBodies(before), alarmBodies(after)];

  test("sets the threshold of the alarms that it names, which say so, and of no other", () => {
    expect(Object.keys(set)).toEqual(Object.keys(built));
    const changed = Object.keys(set).filter((name) => JSON.stringify(set[name]) !== JSON.stringify(built[name]));
    expect(changed.sort()).toEqual(Object.keys(chosen).map((name) => `opsdx-dev-${name}`));
    expect(set["opsdx-dev-db-cpu-high"]).toEqual({
      ...built["opsdx-dev-db-cpu-high"],
      threshold: 85,
      alarm_description: String(built["opsdx-dev-db-cpu-high"]?.["alarm_description"]).replace(
        ". Owner:",
        ". Here the threshold is 85 instead of 90. Owner:",
      ),
    });
  });

  test("sets the width of a band that CloudWatch learns", () => {
    const text = JSON.stringify(set["opsdx-dev-epic2op-rows-unusual"]);
    expect(text).toContain('"ANOMALY_DETECTION_BAND(rows, 3)"');
    expect(text).not.toContain("ANOMALY_DETECTION_BAND(rows, 2)");
  });

  test("every threshold that is set stands in docs/policy.md, with its reason; without any the page has no such chapter", () => {
    const page = policyPage(policyReport(after), ["dev"]);
    expect(page).toContain(`| \`opsdx-dev-dw-cpu-high\` | 95 | 90 | yes, than 90 | ${WHY} |`);
    expect(page).toContain("| `opsdx-dev-db-cpu-high` | 85 | 90 | no |  |");
    expect(policyPage(policyReport(before), ["dev"])).not.toContain("Thresholds");
  });

  test("names that no alarm has are refused at once, with the nearest that one has", () => {
    const config = withThresholds(
      { "db-cpu-hihg": { value: 85 }, "opsdx-dev-dw-cpu-high": { value: 85 }, constructor: { value: 1 } },
      { "page-topic-fails": { value: 1 } },
    );
    const problems = problemsOf(config);
    expect(problems.map(({ file, path }) => `${file} ${path}`)).toEqual([
      "config/global.ts alarms.thresholds.page-topic-fails",
      "config/environments/dev.ts alarms.thresholds.db-cpu-hihg",
      "config/environments/dev.ts alarms.thresholds.opsdx-dev-dw-cpu-high",
      "config/environments/dev.ts alarms.thresholds.constructor",
    ]);
    expect(problems.slice(1, 3)).toMatchObject([
      {
        rule: "must be named after an alarm, without the prefix opsdx-dev-: the runbook lists them",
        received: "85",
        nearest: '"db-cpu-high"',
      },
      { nearest: '"dw-cpu-high"' },
    ]);
    expect(() => build(config)).toThrow(ConfigError);
  });

  test("what another setting decides is refused, and the setting is named", () => {
    const settings = alarmsOf(before).flatMap(({ name, threshold }) =>
      threshold.setting === undefined ? [] : [[name, threshold.setting] as const],
    );
    expect(settings.map(([, setting]) => setting)).toEqual(
      expect.arrayContaining([
        "etls.epic2op.freshnessSeconds",
        "etls.c2dw-daily.freshnessSeconds",
        "etls.op2dw.freshnessSeconds",
        "network.natPacketsDropThreshold",
        "network.endpointPacketsDropThreshold",
        "web.thresholds.errorPercent",
        "web.thresholds.elbErrorsPer5Minutes",
        "web.thresholds.latencySeconds",
        "web.pings.alarmAtPer5Minutes",
      ]),
    );
    const named = withThresholds(Object.fromEntries(settings.map(([name]) => [name, { value: 7, reason: WHY }])));
    expect(problemsOf(named).map(({ rule }) => rule)).toEqual(
      settings.map(([, setting]) => `must be left out: ${setting} decides it`),
    );
  });

  test("a threshold that fires later than what AWS recommends needs a reason; one that fires sooner, or no later, needs none", () => {
    const alarms = alarmsOf(before).filter(({ threshold }) => threshold.setting === undefined);
    fc.assert(
      fc.property(fc.constantFrom(...alarms), fc.integer({ min: -1000, max: 1000 }), (facts, step) => {
        const { limit, largerIsWeaker } = facts.threshold;
        const value = (limit ?? facts.threshold.builtIn) + step;
        const weaker = limit !== undefined && (largerIsWeaker ? step > 0 : step < 0);
        const verdict = (threshold: Thresholds[string]) =>
          problemsOf(
            facts.alarmName.startsWith("opsdx-dev-")
              ? withThresholds({ [facts.name]: threshold })
              : withThresholds({}, { [facts.name]: threshold }),
          ).map(({ nearest }) => nearest);
        expect(verdict({ value })).toEqual(weaker ? [String(limit)] : []);
        expect(verdict({ value, reason: WHY })).toEqual([]);
        if (limit !== undefined) expect(verdict({ value: limit })).toEqual([]);
      }),
    );
  });

  test("every setting that decides a threshold is one that the configuration has", () => {
    const [dev] = environments;
    for (const { threshold } of alarmsOf(before)) {
      if (threshold.setting === undefined) continue;
      const value = threshold.setting
        .split(".")
        .reduce<unknown>((object, key) => (object as Record<string, unknown>)[key], dev);
      expect([threshold.setting, value]).toEqual([threshold.setting, threshold.builtIn]);
    }
  });
});
