import { createServer } from "node:net";
import { standsOn, unreachedClusters } from "../../../tools/plan/clusters";

const provider = (alias: string, host: string) => ({ alias, host });
const stage3 = {
  provider: {
    aws: [{ region: "us-east-1" }],
    kubernetes: [
      provider("k8s", "${data.terraform_remote_state.Stage2.outputs.k8s.apiEndpoint}"),
      provider("k8s-ml", "${data.terraform_remote_state.Stage2.outputs.k8s_ml.apiEndpoint}"),
    ],
    helm: [{ alias: "k8s", kubernetes: { host: "${data.terraform_remote_state.Stage2.outputs.k8s.apiEndpoint}" } }],
  },
};
const outputs = new Map([["Stage2", { k8s: { apiEndpoint: "https://api.k8s.dev.opsdx.io" } }]]);

describe("unreachedClusters", () => {
  it("names the cluster without a route, and the one that does not exist yet; each is asked once", async () => {
    const asked: string[] = [];
    const probe = (host: string, port: number) => {
      asked.push(`${host}:${port}`);
      return Promise.resolve(false);
    };
    await expect(unreachedClusters(stage3, outputs, probe)).resolves.toEqual([
      { cluster: "k8s", reason: "no route to api.k8s.dev.opsdx.io" },
      { cluster: "k8s-ml", reason: "the cluster k8s-ml does not exist yet" },
    ]);
    expect(asked).toEqual(["api.k8s.dev.opsdx.io:443"]);
  });

  it("leaves a cluster alone whose API answers, and one that is reached by a file", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const here = new Map([["Stage2", { k8s: { apiEndpoint: `https://127.0.0.1:${port}` } }]]);
    const json = { provider: { kubernetes: [stage3.provider.kubernetes[0], { alias: "local", config_path: "/x" }] } };
    await expect(unreachedClusters(json, here)).resolves.toEqual([]);
    await new Promise((resolve) => server.close(resolve));
    await expect(unreachedClusters(json, here)).resolves.toEqual([{ cluster: "k8s", reason: "no route to 127.0.0.1" }]);
  });
});

describe("standsOn", () => {
  it.each([
    ["kubernetes.k8s", true],
    ["helm.k8s", true],
    ["kubernetes.k8s-ml", false],
    ['provider["registry.terraform.io/hashicorp/kubernetes"].k8s', true],
    ['provider["registry.terraform.io/hashicorp/helm"].k8s-ml', false],
    ['provider["registry.terraform.io/hashicorp/aws"].k8s', false],
    ["aws.k8s", false],
    [undefined, false],
  ])("%s: %s", (name, stands) => expect(standsOn(name, ["k8s"])).toBe(stands));
});
