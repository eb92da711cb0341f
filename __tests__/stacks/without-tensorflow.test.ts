import { loadConfig } from "../../config/load";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram } from "../../stacks/program";
import { setAt, validInput } from "../config/support";

const CLUSTER = "k8s-ml-tf";

it("an environment without the cluster of TensorFlow has nothing of it, and all the rest", () => {
  const input = validInput();
  for (const path of [["clusters", CLUSTER], ["prometheus", "clusters", CLUSTER], ["tensorflow"]]) {
    setAt(input.environments.dev, path, undefined);
  }
  const config = loadConfig(input);
  const environments = config.environments.filter(({ name }) => name === "dev");
  const { stacks } = buildProgram({ ...config, environments }, deploymentFor(config.global, {}));
  const text = (id: string): string => {
    const stack = stacks.find(({ node }) => node.id === id);
    stack?.prepareStack();
    return JSON.stringify(stack?.toTerraform());
  };
  for (const stage of ["dev-stage2", "dev-stage3"]) {
    expect(text(stage)).toContain('k8s-ml.dev.opsdx.io"');
    expect(text(stage)).not.toContain(`${CLUSTER}.dev.opsdx.io`);
  }
}, 120_000);
