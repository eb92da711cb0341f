import { loadConfig } from "../../config/load";
import { deploymentFor } from "../../stacks/deployment";
import { modelsOf } from "../../stacks/models";
import { buildProgram } from "../../stacks/program";
import { programFacts } from "../../stacks/program-facts";

const config = loadConfig();
const { stacks } = buildProgram(config, deploymentFor(config.global, {}));
const facts = programFacts(stacks);

/** The system of a path: that of its nearest ancestor that is one, or part of one. */
function systemOf(stack: string, at: string): string | undefined {
  const { parts = [], systems = [] } = facts.stacks[stack] ?? {};
  const near = [...systems, ...parts].filter(({ path }) => at === path || at.startsWith(`${path}/`));
  return near.sort((a, b) => b.path.length - a.path.length)[0]?.name;
}

it("name the system of every resource of the program, and with it who answers for it", () => {
  const nobodys = modelsOf(stacks).flatMap(([, { name, resources }]) =>
    resources.filter(({ path }) => systemOf(name, path) === undefined).map(({ path }) => path),
  );
  expect(nobodys).toEqual([]);
});

it("say whose something is that stands outside of its system", () => {
  expect(systemOf("dev-stage3", "dev-stage3/ClusterK8sMl/Monitoring/Resource")).toBe("k8s-ml");
  expect(systemOf("prod-stage3", "prod-stage3/ClusterLogs/K8s/Resource")).toBe("fluent-bit");
  expect(systemOf("dev-stage1", "dev-stage1/PublishCoreVpcId")).toBe("core");
  expect(systemOf("dev-stage3", "dev-stage3/PublishWebTargetGroupArn")).toBe("trews-rest-api");
});
