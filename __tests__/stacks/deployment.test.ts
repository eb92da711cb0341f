import path from "node:path";
import { loadConfig } from "../../config/load";
import { deploymentFor } from "../../stacks/deployment";

const { global } = loadConfig();

describe("deploymentFor", () => {
  it.each([{}, { OPSDX_SANDBOX: "" }])("keeps state in the global account's bucket with %j", (env) => {
    expect(deploymentFor(global, env)).toEqual({
      kind: "cloud",
      stateBucket: global.buckets.terraformState,
      stateAccount: global.account,
    });
  });

  it("keeps state in the sandbox's folder, by its absolute path", () => {
    expect(deploymentFor(global, { OPSDX_SANDBOX: ".sandbox" })).toEqual({
      kind: "sandbox",
      stateDirectory: path.join(process.cwd(), ".sandbox", "state"),
    });
    expect(deploymentFor(global, { OPSDX_SANDBOX: "/srv/box" })).toEqual({
      kind: "sandbox",
      stateDirectory: "/srv/box/state",
    });
  });
});
