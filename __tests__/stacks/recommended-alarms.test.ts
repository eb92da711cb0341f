import { recommendedAlarmCoverage } from "../../constructs/shared/observability/recommended-alarms";
import { ALARM_WAIVERS } from "../../constructs/shared/observability/recommended-alarm-waivers";
import { renderProgram } from "./support";

const models = renderProgram();

describe("every alarm that AWS recommends for a resource exists or is waived with a reason", () => {
  test.each(models.map((model) => [model.name, model] as const))("%s", (_, model) => {
    const missing = recommendedAlarmCoverage(model).filter(({ state }) => state === "missing");
    expect(
      missing.map(({ path, namespace, metric, because }) => `${path}: ${namespace} ${metric}: ${because}`),
    ).toEqual([]);
  });
});

test("the topics of every stack that has some are watched", () => {
  const watched = models
    .flatMap(recommendedAlarmCoverage)
    .filter(({ metric }) => metric === "NumberOfNotificationsFailed");
  expect(watched.length).toBeGreaterThan(0);
  expect(watched.filter(({ state }) => state !== "covered")).toEqual([]);
});

test("every waiver is in use: another would hide the next alarm that is missing", () => {
  const waived = models.flatMap(recommendedAlarmCoverage).filter(({ state }) => state === "waived");
  const used = new Set(waived.map(({ because }) => because));
  expect(ALARM_WAIVERS.filter(({ reason }) => !used.has(reason))).toEqual([]);
});

test("a waiver says enough to be judged", () => {
  expect(ALARM_WAIVERS.filter(({ reason }) => reason.length < 40)).toEqual([]);
});
