import { EtlNamespace, jobQuota } from "../../../../constructs/stage3/etl/etl-namespace";
import { providersOf, synth } from "../../../support";
import { etlsWith, synthEtls } from "./support";

const { stack } = synthEtls();
const DIGEST = `sha256:${"1a".repeat(32)}`;

interface Container {
  readonly image: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly resources: object;
  readonly security_context: object;
}
interface PodSpec {
  readonly container: readonly Container[];
  readonly [key: string]: unknown;
}
interface CronJobSpec {
  readonly suspend: boolean;
  readonly job_template: {
    readonly spec: {
      readonly pod_failure_policy: { readonly rule: readonly Record<string, unknown>[] };
      readonly template: { readonly metadata: { readonly annotations: object }; readonly spec: PodSpec };
      readonly [key: string]: unknown;
    };
  };
}

function template(name: string, from = stack) {
  const found = from
    .ofType("kubernetes_cron_job_v1")
    .find(({ body }) => (body["metadata"] as { name: string }).name === name);
  if (found === undefined) throw new Error(`no CronJob ${name}`);
  const spec = found.body["spec"] as CronJobSpec;
  const job = spec.job_template.spec;
  const [container] = job.template.spec.container;
  if (container === undefined) throw new Error("no container");
  return {
    provider: found.body["provider"],
    metadata: found.body["metadata"],
    spec,
    job,
    pod: job.template,
    container,
  };
}
const valueOf = (container: Container, name: string) => container.env.find((variable) => variable.name === name)?.value;

describe("an ETL's template", () => {
  it("never fires by itself, and stands on the ETL's cluster, in its namespace", () => {
    expect(
      ["epic2op-test", "c2dw-daily-test", "op2dw-test", "c2dw-test"].map((name) => {
        const { provider, metadata, spec } = template(name);
        return [(metadata as { namespace: string }).namespace, provider, spec.suspend];
      }),
    ).toEqual([
      ["etl", "kubernetes.k8s", true],
      ["etl", "kubernetes.k8s", true],
      ["etl", "kubernetes.k8s", true],
      ["c2dw-etl", "kubernetes.k8s-ml", true],
    ]);
  });

  it("ends a run in time, forgives a lost node, and does not repeat what configuration broke", () => {
    const { job } = template("epic2op-test");
    expect(job).toMatchObject({ active_deadline_seconds: 840, backoff_limit: 1, ttl_seconds_after_finished: "86400" });
    const [ignore, fail] = job.pod_failure_policy.rule;
    expect(ignore).toEqual({
      action: "Ignore",
      on_pod_condition: [{ type: "DisruptionTarget", status: "True" }],
    });
    expect(fail).toMatchObject({ action: "FailJob", on_exit_codes: { operator: "In", container_name: "etl" } });
    const codes = (fail?.["on_exit_codes"] as { values: number[] }).values;
    expect([codes.at(0), codes.at(-1), codes.length]).toEqual([64, 78, 15]);
  });

  it("runs an image by digest on the nodes of the group, and asks for what config says, without a processor limit", () => {
    const changed = synthEtls({ epic2op: { image: `trews-etl@${DIGEST}` } });
    const { pod, container } = template("epic2op-test", changed.stack);
    expect(container.image).toBe(`111122223333.dkr.ecr.us-east-1.amazonaws.com/trews-etl@${DIGEST}`);
    expect(container.resources).toEqual({ requests: { cpu: "1000m", memory: "4Gi" }, limits: { memory: "4Gi" } });
    expect(pod.spec).toMatchObject({
      restart_policy: "Never",
      node_selector: { opsdx_nodegroup: "etl" },
      toleration: [{ key: "opsdx_nodegroup", operator: "Equal", value: "etl", effect: "NoSchedule" }],
      priority_class_name: "opsdx-etl",
    });
  });

  it("satisfies the strictest pod security, and carries no token of the cluster", () => {
    const { pod, container } = template("c2dw-test");
    expect(pod.spec).toMatchObject({
      automount_service_account_token: false,
      security_context: { run_as_non_root: true, seccomp_profile: { type: "RuntimeDefault" } },
    });
    expect(container.security_context).toMatchObject({
      allow_privilege_escalation: false,
      read_only_root_filesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  });

  it("writes its log under the wiki's name, and is not moved for the autoscaler's sake", () => {
    expect(template("epic2op-test").pod.metadata.annotations).toEqual({
      "opsdx.io/log-stream": "kubernetes/default/epic2op/test",
      "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
    });
    expect(template("c2dw-test").pod.metadata.annotations).toMatchObject({
      "opsdx.io/log-stream": "kubernetes/c2dw/etl/c2dw/etl/",
    });
  });

  it("tells a run where things are, and the names of its secrets, in alphabetical order", () => {
    const changed = synthEtls({ epic2op: { env: { LEVEL: "debug" }, secrets: { DB_PASSWORD: "db" } } });
    const { container } = template("epic2op-test", changed.stack);
    expect(container.env.map(({ name }) => name)).toEqual([
      "AWS_REGION",
      "DB_HOST",
      "DB_PASSWORD_SECRET_ID",
      "ETL_ENVIRONMENT",
      "ETL_NAME",
      "ETL_REPORTS",
      "LEVEL",
    ]);
    expect(valueOf(container, "DB_PASSWORD_SECRET_ID")).toBe("opsdx/test/epic2op/db");
    expect(valueOf(container, "ETL_REPORTS")).toBe("s3://opsdx-clarity-etl-stagec2dw/test/task-graphs/epic2op/");
  });

  it("is not made without an image", () => {
    const { stack: without } = synthEtls({ epic2op: { image: undefined, enabled: false } });
    expect(without.ofType("kubernetes_cron_job_v1")).toHaveLength(3);
  });

  it("gives the service account the Jobs' role", () => {
    const role = stack.one("aws_iam_role", { name: "opsdx-test-c2dw-job" });
    const accounts = stack.ofType("kubernetes_service_account_v1").map(({ body }) => body["metadata"]);
    expect(accounts).toContainEqual({
      name: "c2dw-test",
      namespace: "c2dw-etl",
      annotations: { "eks.amazonaws.com/role-arn": `\${${role.address}.arn}` },
    });
  });
});

describe("a namespace of ETLs", () => {
  it("is shared by those that name it", () => {
    expect(
      stack.ofType("kubernetes_namespace_v1").map(({ body }) => (body["metadata"] as { name: string }).name),
    ).toEqual(["etl", "c2dw-etl"]);
  });

  it("lets launchers make and see Jobs, see templates and pods, and nothing else", () => {
    const role = stack.one("kubernetes_role_v1", { metadata: { name: "etl-launcher", namespace: "etl" } });
    expect(role.body["rule"]).toEqual([
      { api_groups: ["batch"], resources: ["jobs"], verbs: ["create", "get", "list"] },
      { api_groups: ["batch"], resources: ["cronjobs"], verbs: ["get"] },
      { api_groups: [""], resources: ["pods"], verbs: ["list"] },
    ]);
    const binding = stack.one("kubernetes_role_binding_v1", { metadata: { name: "etl-launcher", namespace: "etl" } });
    expect(binding.body["subject"]).toEqual([
      { api_group: "rbac.authorization.k8s.io", kind: "Group", name: "opsdx:etl-launchers" },
    ]);
  });

  it("holds the Jobs that a day or a week of slots leaves, and some more", () => {
    const { epic2op, c2dw } = etlsWith();
    if (epic2op === undefined || c2dw === undefined) throw new Error("both must be there");
    expect(jobQuota([c2dw])).toBe(20);
    expect(jobQuota([epic2op])).toBe(96 + 1 + 20);
    const small = synth((scope) => {
      new EtlNamespace(scope, "Etl", {
        provider: providersOf(scope, "k8s").kubernetes,
        name: "etl",
        etls: [epic2op],
        vpcCidr: "10.0.0.0/16",
      });
    });
    expect(small.one("kubernetes_resource_quota_v1").body["spec"]).toEqual({ hard: { "count/jobs.batch": "117" } });
  });
});
