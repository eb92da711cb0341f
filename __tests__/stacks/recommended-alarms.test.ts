import { loadConfig } from "../../config/load";
import { recommendedAlarmCoverage } from "../../constructs/shared/policy/recommended-alarms";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram } from "../../stacks/program";
import { policyReport } from "../../tools/policy/report";
import { render } from "./support";

const config = loadConfig();
const { stacks } = buildProgram(config, deploymentFor(config.global, {}));

test("every alarm that AWS recommends for a resource exists or is acknowledged beside it, and nothing else is acknowledged", () => {
  const reports = policyReport(stacks);
  const open = reports.flatMap(({ findings }) => findings).filter(({ acknowledged }) => acknowledged === undefined);
  expect(open.map(({ path, rule }) => `${path}: ${rule}`)).toEqual([]);
  expect(reports.flatMap(({ stale }) => stale)).toEqual([]);
});

test("the topics of every stack that somebody subscribes to are watched", () => {
  const watched = render(stacks)
    .flatMap(recommendedAlarmCoverage)
    .filter(({ recommended: { metric } }) => metric === "NumberOfNotificationsFailed")
    // Nobody is told by the topic of a dead man's switch: its silence is the alarm.
    .filter(({ resource }) => !String(resource.body["name"]).endsWith("-watchdog"));
  expect(watched.length).toBeGreaterThan(0);
  expect(watched.filter(({ coveredBy }) => coveredBy === undefined)).toEqual([]);
});
