import { drillsOf } from "../../../../constructs/stage3/drills/catalogue";
import { Drills } from "../../../../constructs/stage3/drills/drills";
import { oneEnvironment } from "../../../config/support";
import { synth } from "../../../support";
import { platformIn } from "../platform";

const { environments, global } = oneEnvironment();
const [environment] = environments;
if (environment?.drills === undefined) throw new Error("no drills");
const { drills: config } = environment;
const stack = synth((scope) => {
  const { account, clusters, network } = platformIn(scope);
  const nodeSubnetIds = { ...network.nodeSubnetIds, "us-east-1d": "subnet-d" };
  new Drills(scope, "Drills", {
    platform: { account, clusters, network: { ...network, nodeSubnetIds } },
    config,
    environment,
    stateBucket: global.buckets.terraformState,
    namespaceReady: () => [],
  });
});
const text = (type: string): string => JSON.stringify(stack.ofType(type).map(({ body }) => body));

describe("Drills", () => {
  it("arm nothing: no replica of chaoskube, its Jobs suspended and in dry run", () => {
    const { values } = stack.one("helm_release").body;
    const [given = "{}"] = values as readonly string[];
    expect(JSON.parse(given)).toMatchObject({ replicaCount: 0 });
    expect(given).not.toContain("dry-run");
    const templates = stack.ofType("kubernetes_cron_job_v1");
    expect(templates.map(({ body }) => (body["spec"] as { suspend: boolean }).suspend)).toEqual([true, true, true]);
    expect(text("kubernetes_cron_job_v1")).toContain('{"name":"CHAOSKUBE_DRY_RUN","value":"true"}');
  });

  it("have a template whose pod nothing but a node of the ETLs takes, for longer than the alarm on waiting pods needs", () => {
    const [template] = stack
      .ofType("kubernetes_cron_job_v1")
      .filter(({ body }) => (body["metadata"] as { name: string }).name === "wait-for-node");
    const { job_template: job } = template?.body["spec"] as {
      job_template: { spec: { active_deadline_seconds: number; template: { spec: object } } };
    };
    expect(job.spec.active_deadline_seconds).toBeGreaterThan(3600);
    expect(job.spec.template.spec).toMatchObject({
      node_selector: { opsdx_nodegroup: "etl" },
      toleration: [{ key: "opsdx_nodegroup", operator: "Equal", value: "etl", effect: "NoSchedule" }],
    });
  });

  it("let chaoskube see and delete pods where drills kill some, and nowhere else", () => {
    const roles = stack.ofType("kubernetes_role_v1");
    expect(roles.map(({ body }) => (body["metadata"] as { namespace: string }).namespace).sort()).toEqual([
      "default",
      "etl",
    ]);
    for (const { body } of roles) {
      expect(body["rule"]).toEqual([
        { api_groups: [""], resources: ["pods"], verbs: ["list", "delete"] },
        { api_groups: [""], resources: ["events"], verbs: ["create"] },
      ]);
    }
    expect(stack.ofType("kubernetes_cluster_role_v1")).toEqual([]);
    expect(text("kubernetes_role_binding_v1")).toContain('"chaoskube-job"');
    // To this one the chart gives every namespace: nothing stands under it.
    expect(text("kubernetes_cron_job_v1") + text("kubernetes_role_binding_v1")).not.toContain("chaoskube-unused");
  });

  it("make an experiment of each drill that AWS does, which stops at its alarms and finds something", () => {
    const wanted = drillsOf(environment, "states").filter(({ injection }) => injection.kind === "fis");
    const templates = stack.ofType("aws_fis_experiment_template").map(({ body }) => body);
    expect(templates.map(({ tags }) => (tags as Record<string, string>)["Name"]).sort()).toEqual(
      wanted.map(({ name }) => `opsdx-dev-drill-${name}`).sort(),
    );
    for (const { experiment_options: options, stop_condition: stop } of templates) {
      expect(options).toEqual({ account_targeting: "single-account", empty_target_resolution_mode: "fail" });
      for (const { source, value } of stop as { source: string; value: string }[]) {
        expect(source).toBe("aws:cloudwatch:alarm");
        expect(value).toMatch(/^arn:aws:cloudwatch:us-east-1:444455556666:alarm:opsdx-dev-[a-z0-9-]+$/);
      }
    }
  });

  it("name the groups of instances by kops' tags, both of them", () => {
    expect(text("aws_fis_experiment_template")).toContain(
      '[{"key":"KubernetesCluster","value":"k8s.dev.opsdx.io"},{"key":"kops.k8s.io/instancegroup","value":"web"}]',
    );
  });

  it("give AWS's role no right that no experiment needs", () => {
    const policy = String(stack.one("aws_iam_policy").body["policy"]);
    const { Statement } = JSON.parse(policy) as {
      Statement: { Sid: string; Resource: unknown; Condition?: unknown }[];
    };
    const open = Statement.filter(({ Condition, Resource }) => JSON.stringify(Resource) === '["*"]' && !Condition);
    expect(open.map(({ Sid }) => Sid)).toEqual(["Looks"]);
    expect(policy).toContain("arn:aws:rds:us-east-1:444455556666:db:opsdx-dev-db");
  });

  it("leave no finding open", () => {
    expect(stack.findings().filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
  });
});
