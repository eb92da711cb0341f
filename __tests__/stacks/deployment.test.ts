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

  it("knows the sandbox's clusters, what reaches them, and where charts lie", () => {
    const env = { OPSDX_SANDBOX: "/srv/box", OPSDX_SANDBOX_PROVIDERS: "kubernetes,helm" };
    const clusters = { directory: "/srv/box/clusters", providers: ["kubernetes", "helm"] };
    expect(deploymentFor(global, env)).toMatchObject({ clusters });
    expect(deploymentFor(global, { ...env, OPSDX_SANDBOX_CHARTS: "/srv/charts" })).toMatchObject({
      clusters: { ...clusters, charts: "/srv/charts" },
    });
    expect(deploymentFor(global, { OPSDX_SANDBOX: "/srv/box", OPSDX_SANDBOX_PROVIDERS: "aws" })).not.toHaveProperty(
      "clusters",
    );
  });

  it("takes no notice of a sandbox's clusters in the cloud", () => {
    expect(deploymentFor(global, { OPSDX_SANDBOX_PROVIDERS: "kubernetes" })).not.toHaveProperty("clusters");
  });
});
