import { webOf } from "./fixture";

const { stack } = webOf({ zoneSpread: "required", secrets: { DB_PASSWORD: "db-password" }, env: { LEVEL: "info" } });
const only = (type: string) => stack.one(type).body;
const spec = (type: string) => only(type)["spec"] as Record<string, unknown>;

interface Pod {
  readonly topology_spread_constraint: readonly { topology_key: string; when_unsatisfiable: string }[];
  readonly container: readonly Record<string, unknown>[];
  readonly [key: string]: unknown;
}
const pod = (spec("kubernetes_deployment_v1")["template"] as { spec: Pod }).spec;
const container = pod.container[0] ?? {};

describe("WebWorkload", () => {
  it("leaves the number of pods to the autoscaler", () => {
    const { lifecycle } = only("kubernetes_deployment_v1");
    expect(spec("kubernetes_deployment_v1")).not.toHaveProperty("replicas");
    expect(lifecycle).toEqual({ ignore_changes: ["spec[0].replicas"] });
    expect(spec("kubernetes_horizontal_pod_autoscaler_v2")).toMatchObject({
      min_replicas: 2,
      max_replicas: 6,
      scale_target_ref: { api_version: "apps/v1", kind: "Deployment" },
      metric: [{ resource: { name: "cpu", target: { type: "Utilization", average_utilization: 60 } } }],
      behavior: {
        scale_up: [
          {
            stabilization_window_seconds: 0,
            select_policy: "Max",
            policy: [
              { type: "Percent", value: 100, period_seconds: 60 },
              { type: "Pods", value: 2, period_seconds: 60 },
            ],
          },
        ],
        scale_down: [{ stabilization_window_seconds: 600, policy: [{ type: "Pods", value: 1, period_seconds: 120 }] }],
      },
    });
  });

  it("replaces pods one by one without losing one", () => {
    expect(spec("kubernetes_deployment_v1")["strategy"]).toEqual({
      type: "RollingUpdate",
      rolling_update: { max_surge: "1", max_unavailable: "0" },
    });
    expect(spec("kubernetes_pod_disruption_budget_v1")).toMatchObject({ max_unavailable: "1" });
  });

  it("goes gracefully: answers until everyone knows, and longer than the load balancer lets requests finish", () => {
    expect(pod["termination_grace_period_seconds"]).toBe(60);
    expect(container["lifecycle"]).toEqual({ pre_stop: [{ exec: { command: ["sleep", "15"] } }] });
  });

  it("spreads over zones as config says, and over nodes where it can", () => {
    const spread = (built: typeof pod) =>
      built.topology_spread_constraint.map(({ topology_key, when_unsatisfiable }) => [
        topology_key,
        when_unsatisfiable,
      ]);
    expect(spread(pod)).toEqual([
      ["topology.kubernetes.io/zone", "DoNotSchedule"],
      ["kubernetes.io/hostname", "ScheduleAnyway"],
    ]);
    const preferred = webOf({ zoneSpread: "preferred" }).stack.one("kubernetes_deployment_v1").body["spec"];
    expect(spread((preferred as { template: { spec: Pod } }).template.spec)[0]?.[1]).toBe("ScheduleAnyway");
  });

  it("starts, serves and hangs by the health path", () => {
    const probe = (name: string) => container[name] as Record<string, unknown>;
    expect(probe("startup_probe")).toMatchObject({ period_seconds: 5, failure_threshold: 30 });
    expect(probe("readiness_probe")).toMatchObject({ period_seconds: 5 });
    expect(probe("liveness_probe")).toMatchObject({
      period_seconds: 10,
      http_get: { path: "/", port: "8000", scheme: "HTTP" },
    });
  });

  it("asks for the wiki's processor and memory, on the web nodes, first in line", () => {
    expect(container["resources"]).toEqual({
      requests: { cpu: "1200m", memory: "2816Mi" },
      limits: { memory: "2816Mi" },
    });
    expect(pod).toMatchObject({ node_selector: { opsdx_nodegroup: "web" }, priority_class_name: "opsdx-web" });
  });

  it("is reached by the load balancer's port, through any node", () => {
    expect(spec("kubernetes_service_v1")).toMatchObject({
      type: "NodePort",
      external_traffic_policy: "Cluster",
      port: [{ node_port: 30_080, target_port: "8000" }],
    });
  });

  it("knows where things are, and the names of its secrets", () => {
    const env = container["env"] as { name: string; value: string }[];
    const values = Object.fromEntries(env.map(({ name, value }) => [name, value]));
    expect(env.map(({ name }) => name)).toEqual(Object.keys(values).sort());
    expect(values).toMatchObject({
      DB_HOST: "db.example",
      DB_PASSWORD_SECRET_ID: "opsdx/dev/trews-rest-api/db-password",
      LEVEL: "info",
      PORT: "8000",
    });
  });

  it("runs by digest, as nobody, in a namespace that only it is labelled in", () => {
    expect(container["image"]).toMatch(
      /^111122223333\.dkr\.ecr\.us-east-1\.amazonaws\.com\/trews-rest-api@sha256:[0-9a-f]{64}$/,
    );
    expect(pod["security_context"]).toMatchObject({ run_as_non_root: true });
    expect(stack.ofType("kubernetes_namespace_v1")).toEqual([]);
    expect(only("kubernetes_labels")["metadata"]).toEqual({ name: "default" });
  });
});
