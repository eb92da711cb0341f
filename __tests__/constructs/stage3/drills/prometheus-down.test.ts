import { loadConfig } from "../../../../config/load";
import { PROMETHEUS_SERVER } from "../../../../constructs/shared/kubernetes/prometheus-names";
import { drillsOf } from "../../../../constructs/stage3/drills/catalogue";

const [dev] = loadConfig().environments;
if (dev === undefined) throw new Error("config has no environment");

it("the drill that switches Prometheus off names it as the operator does", () => {
  const drill = drillsOf(dev, "states").find(({ name }) => name === "prometheus-down");
  if (drill?.injection.kind !== "commands") throw new Error("no drill");
  const { inject, target, undo } = drill.injection;
  const asked = [...inject, ...undo, target].map((each) => each?.command ?? "");
  expect(asked.filter((text) => !text.includes(` ${PROMETHEUS_SERVER.resource} `))).toEqual([]);
  expect(drill.steady.map(({ command }) => command.command).join()).toContain(
    ` get statefulset/${PROMETHEUS_SERVER.statefulSet} `,
  );
});
