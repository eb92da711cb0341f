import { systemFacts } from "../../../../constructs/shared/observability/system";
import { Headlamp } from "../../../../constructs/stage3/headlamp/headlamp";
import { stepText, synth } from "../../../support";
import { platformIn, releaseOn } from "../platform";

let made: Headlamp | undefined;
const stack = synth((scope) => {
  made = new Headlamp(scope, "Headlamp", { platform: platformIn(scope) });
});
const facts = made === undefined ? undefined : systemFacts(made);

describe("Headlamp", () => {
  it.each(["k8s", "k8s-ml", "k8s-ml-tf"] as const)("stands on %s, under the cluster's name", (cluster) => {
    const { body, values } = releaseOn(stack, cluster);
    expect(body).toMatchObject({
      name: "headlamp",
      namespace: "monitoring",
      chart: "headlamp",
      version: "0.45.0",
      repository: "https://kubernetes-sigs.github.io/headlamp/",
    });
    expect(values).toMatchObject({ config: { inCluster: true, inClusterContextName: `${cluster}.test.opsdx.io` } });
  });

  it("lets its account look, and people bring their own rights", () => {
    expect(releaseOn(stack, "k8s").values).toMatchObject({
      clusterRoleBinding: { create: true, clusterRoleName: "view" },
      config: { unsafeUseServiceAccountToken: false, sessionTTL: 3600, oidc: { secret: { create: false } } },
    });
  });

  it("has no address of its own, and fetches nothing", () => {
    expect(releaseOn(stack, "k8s").values).toMatchObject({
      service: { type: "ClusterIP" },
      ingress: { enabled: false },
      httpRoute: { enabled: false },
      pluginsManager: { enabled: false },
      config: { enableHelm: false, staticPlugins: { enabled: false } },
    });
  });

  it("satisfies the pod security level restricted, and is bounded", () => {
    expect(releaseOn(stack, "k8s").values).toMatchObject({
      podSecurityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      securityContext: {
        privileged: false,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
        capabilities: { drop: ["ALL"] },
      },
      resources: { requests: { cpu: "20m", memory: "96Mi" }, limits: { memory: "256Mi" } },
    });
  });

  it.each(["k8s", "k8s-ml", "k8s-ml-tf"] as const)("asks the API server of %s, and nobody asks it", (name) => {
    const [policy, ...others] = stack
      .ofType("kubernetes_network_policy_v1")
      .filter(
        ({ body }) =>
          body["provider"] === `kubernetes.${name}` && (body["metadata"] as { name: string }).name === "headlamp",
      );
    expect(others).toEqual([]);
    expect(policy?.body["spec"]).toEqual({
      pod_selector: { match_labels: { "app.kubernetes.io/name": "headlamp" } },
      policy_types: ["Egress"],
      egress: [{ ports: [{ port: "443", protocol: "TCP" }] }],
    });
    expect(releaseOn(stack, name).body["depends_on"]).toContain(policy?.address);
  });

  it("tells how to open it with a token that ends with the session", () => {
    expect(facts).toMatchObject({ name: "headlamp", owner: "Yanif" });
    const [open] = facts?.procedures ?? [];
    expect(open?.steps.map(stepText).join("\n")).toMatch(
      /-n monitoring create token headlamp --duration=60m[^]*-n monitoring port-forward service\/headlamp/,
    );
  });

  it("leaves no policy finding open", () => {
    expect(stack.findings().filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
  });
});
