import { JobV1 } from "@cdktf/provider-kubernetes/lib/job-v1";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { podServiceAccount, podSpec, type PodProps } from "../../../../constructs/shared/kubernetes/pod";
import { synth } from "../../../support";

const LABELS = { app: "pump" };

/** A Job whose pod it is: the third kind of workload, beside the web's Deployment and the ETLs' CronJobs. */
function job(change: Partial<PodProps> = {}) {
  return synth((scope) => {
    const provider = new KubernetesProvider(scope, "kubernetes");
    const metadata = { name: "pump", namespace: "pumps" };
    const roleArn = "arn:aws:iam::123456789012:role/pump";
    const serviceAccountName = podServiceAccount(scope, "ServiceAccount", { provider, metadata, roleArn });
    const spec = podSpec({
      name: "pump",
      image: `registry.example/pump@sha256:${"a".repeat(64)}`,
      serviceAccountName,
      nodeLabel: "pumps",
      priority: "tools",
      size: { cpu: "500m", memory: "1Gi" },
      variables: {
        region: "us-east-1",
        shared: { SHARED: "shared", B: "shared" },
        env: { B: "$(PORT) ${x}", A: "config" },
        secrets: { path: "opsdx/test/pump/", references: { PASSWORD: "valve" } },
        own: { A: "own" },
      },
      graceSeconds: 30,
      ...change,
    });
    new JobV1(scope, "Job", { provider, metadata, spec: { template: { metadata: { labels: LABELS }, spec } } });
  });
}

function podOf(change?: Partial<PodProps>): Record<string, unknown> & { container: Record<string, unknown>[] } {
  const body = job(change).one("kubernetes_job_v1").body as {
    spec: { template: { spec: Record<string, unknown> & { container: Record<string, unknown>[] } } };
  };
  return body.spec.template.spec;
}

describe("the pod of a workload", () => {
  it("breaks no policy rule and needs no acknowledgement", () => {
    expect(
      job({ restartPolicy: "Never" })
        .findings()
        .map(({ rule }) => rule),
    ).toEqual([]);
  });

  it("is placed on its nodes, and past their taint", () => {
    expect(podOf()).toMatchObject({
      node_selector: { opsdx_nodegroup: "pumps" },
      toleration: [{ key: "opsdx_nodegroup", operator: "Equal", value: "pumps", effect: "NoSchedule" }],
      priority_class_name: "opsdx-tools",
      termination_grace_period_seconds: 30,
    });
  });

  it("is told its variables by name, those of its system last, as they are written", () => {
    expect(podOf().container[0]?.["env"]).toEqual([
      { name: "A", value: "own" },
      { name: "AWS_REGION", value: "us-east-1" },
      { name: "B", value: "$$(PORT) $$${x}" },
      { name: "PASSWORD_SECRET_ID", value: "opsdx/test/pump/valve" },
      { name: "SHARED", value: "shared" },
    ]);
  });

  it("may write to one folder only, and asks for processors without a limit", () => {
    expect(podOf()).toMatchObject({ volume: [{ name: "tmp", empty_dir: {} }] });
    expect(podOf().container[0]).toMatchObject({
      security_context: { read_only_root_filesystem: true },
      volume_mount: [{ name: "tmp", mount_path: "/tmp" }],
      resources: { requests: { cpu: "500m", memory: "1Gi" }, limits: { memory: "1Gi" } },
    });
  });

  it("has neither spread, probes nor port unless it serves", () => {
    const pod = podOf();
    for (const key of ["topology_spread_constraint", "restart_policy"]) expect(pod).not.toHaveProperty(key);
    for (const key of ["port", "startup_probe", "readiness_probe", "liveness_probe", "lifecycle"]) {
      expect(pod.container[0]).not.toHaveProperty(key);
    }
  });

  it.each([
    ["required", "DoNotSchedule"],
    ["preferred", "ScheduleAnyway"],
  ] as const)("is spread over zones, %s, and over nodes where that can be", (zones, unsatisfiable) => {
    const spread = (key: string, when: string) => ({
      max_skew: 1,
      topology_key: key,
      when_unsatisfiable: when,
      label_selector: [{ match_labels: LABELS }],
    });
    expect(podOf({ spread: { labels: LABELS, zones } })["topology_spread_constraint"]).toEqual([
      spread("topology.kubernetes.io/zone", unsatisfiable),
      spread("kubernetes.io/hostname", "ScheduleAnyway"),
    ]);
  });

  it("that serves is asked whether it can work, and answers while it goes", () => {
    const serves = { port: 8443, healthPath: "/health", protocol: "HTTPS", preStopSeconds: 15 } as const;
    const [container] = podOf({ serves }).container;
    const check = { http_get: { path: "/health", port: "8443", scheme: "HTTPS" }, timeout_seconds: 5 };
    expect(container).toMatchObject({
      port: [{ name: "http", container_port: 8443 }],
      startup_probe: { ...check, failure_threshold: 30 },
      readiness_probe: { ...check, failure_threshold: 2 },
      liveness_probe: { ...check, failure_threshold: 6 },
      lifecycle: { pre_stop: [{ exec: { command: ["sleep", "15"] } }] },
    });
  });
});
