import { loadConfig } from "../../../../config/load";
import { webAlarms } from "../../../../config/names";
import { loadSecrets } from "../../../../config/service-secrets/load";
import type { EnvironmentConfig } from "../../../../config/schema/environment";
import { requestsOf } from "../../../../config/standing-pods";
import { Entrance } from "../../../../constructs/stage3/entrance/entrance";
import { Exercises } from "../../../../constructs/stage3/exercises/exercises";
import { LoadTests } from "../../../../constructs/stage3/load/load";
import { WebService } from "../../../../constructs/stage3/web/web-service";
import { runJob } from "../../../../tools/load/cluster-run";
import { synth, type Synthesized } from "../../../support";
import { platformIn, releaseOn } from "../platform";

const [dev, prod] = loadConfig().environments;
const ALARMS = ["opsdx-test-ping-up", "opsdx-test-web-5xx-rate"];
const GRAFANA = { url: "http://grafana.monitoring.svc", port: 3000, namespace: "monitoring" };

function synthesized({ grafana, load, locust }: Partial<EnvironmentConfig>): Synthesized {
  if (load === undefined) throw new Error("the environment must have load tests");
  return synth((scope) => {
    const platform = platformIn(scope);
    const environment = { name: "test", grafana, load, locust } as unknown as EnvironmentConfig;
    const withSecrets = Object.defineProperties({} as typeof platform, {
      ...Object.getOwnPropertyDescriptors(platform),
      serviceSecrets: { value: loadSecrets(environment) },
      secretOperators: { value: { k8s: [] } },
    });
    const entrance = new Entrance(scope, "Entrance", { platform, hosts: { locust: "locust.test.opsdx.io" } });
    new LoadTests(scope, "Load", {
      platform: withSecrets,
      config: load,
      page: locust && { config: locust, entrance },
      url: "https://trews.test.opsdx.io",
      alarms: ALARMS,
      bucket: new Exercises(scope, "Exercises", { platform }),
      grafana: grafana && GRAFANA,
    });
  });
}

const full = synthesized(dev ?? {});
const guarded = synthesized(prod ?? {});

interface Pod {
  readonly node_selector: Readonly<Record<string, string>>;
  readonly container: readonly {
    readonly name: string;
    readonly env: readonly { readonly name: string; readonly value: string }[];
  }[];
}
interface CronJob {
  readonly suspend: boolean;
  readonly job_template: {
    readonly spec: {
      readonly active_deadline_seconds: number;
      readonly backoff_limit: number;
      readonly template: { readonly spec: Pod };
    };
  };
}
const template = (stack: Synthesized) => stack.one("kubernetes_cron_job_v1").body["spec"] as CronJob;

describe("LoadTests", () => {
  it("keep the policy", () => {
    for (const stack of [full, guarded]) {
      expect(stack.findings().filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
    }
  });

  it("are a template that starts by nobody, on nodes of its own, once, and with an end", () => {
    const {
      job_template: { spec },
      suspend,
    } = template(full);
    expect(suspend).toBe(true);
    expect(spec.backoff_limit).toBe(0);
    expect(spec.active_deadline_seconds).toBe(300 * 60 + 900);
    expect(spec.template.spec.node_selector).toEqual({ opsdx_nodegroup: "load" });
    expect(JSON.stringify(spec.template.spec)).toContain('"key":"opsdx_nodegroup","operator":"Equal","value":"load"');
    expect(spec.template.spec.container.map(({ name }) => name)).toEqual(["locust", "report"]);
  });

  it("may read the web's alarms, write reports, and nothing else; tokens come by a Secret, of which Terraform knows the name", () => {
    const statements = full
      .ofType("aws_iam_policy")
      .flatMap(({ body }) => full.statements(String(body["policy"])) ?? [])
      .filter(({ effect }) => effect === "Allow");
    const actions = statements.flatMap((statement) => statement.actions);
    expect(new Set(actions)).toEqual(
      new Set([
        ...["cloudwatch:DescribeAlarms", "s3:PutObject", "kms:Decrypt", "kms:GenerateDataKey"],
        "secretsmanager:GetSecretValue",
      ]),
    );
    const pod = JSON.stringify(template(full).job_template.spec.template.spec);
    expect(pod).toContain('"secret":{"secret_name":"load-secrets"}');
    const { values } = releaseOn(full, "k8s", "load-secrets");
    expect(
      Object.keys((values as { secrets: { "load-secrets": { data: object } } }).secrets["load-secrets"].data),
    ).toEqual([...["trews-pats", "trews-admin-key", "grafana-token", "ui-password"]]);
  });

  it("bring a plan for each profile, which holds no secret", () => {
    const { data } = full.one("kubernetes_config_map_v1").body as unknown as { data: Record<string, string> };
    expect(Object.keys(data)).toEqual([
      ...["locustfile.py", "ui.py"],
      ...["smoke", "steady", "peak", "spike", "soak"].map((profile) => `plan-${profile}.json`),
    ]);
    expect(JSON.parse(data["plan-smoke.json"] ?? "")).toMatchObject({
      host: "https://trews.test.opsdx.io",
      stages: [{ users: 2, seconds: 60, spawnPerSecond: 10 }],
      maxUsers: 500,
      maxSeconds: 18_000,
    });
    const without = guarded.one("kubernetes_config_map_v1").body as unknown as { data: Record<string, string> };
    expect(Object.keys(without.data)).toEqual(["locustfile.py", "plan-smoke.json", "plan-steady.json"]);
  });

  it("have a page where the settings say so, with a login, one port of the nodes, and as much as is reckoned with", () => {
    const { values } = releaseOn(full, "k8s", "locust") as {
      values: {
        master: { args: string[]; resources: { requests: object } };
        worker: { resources: { requests: object } };
      };
    };
    expect(values.master.args).toEqual(["--web-login"]);
    const reckoned = requestsOf(dev as EnvironmentConfig, "load").map(({ name, pod }) => [name, pod]);
    expect(reckoned).toEqual([
      ["locust-master", values.master.resources.requests],
      ["locust-worker", values.worker.resources.requests],
    ]);
    expect(full.ofType("kubernetes_service_v1")).toHaveLength(1);
    expect(guarded.ofType("helm_release").map(({ body }) => body["name"])).toEqual(["load-secrets"]);
    expect(guarded.ofType("kubernetes_service_v1")).toEqual([]);
  });

  it("refuse a group that the cluster does not have", () => {
    const load = dev?.load && { ...dev.load, nodeGroup: "none" };
    expect(() => synthesized({ ...dev, load })).toThrow(
      'config.nodeGroup must be a labelled node group of k8s (web, etl, ci, load), got "none"',
    );
  });
});

it("a run's Job tells both containers which run it is, and has the time of its profile", () => {
  const container = { name: "locust", env: [{ name: "A", value: "1" }] };
  const made = {
    spec: {
      jobTemplate: {
        metadata: { labels: { app: "load-run" } },
        spec: {
          activeDeadlineSeconds: 9999,
          backoffLimit: 0,
          template: { spec: { containers: [container, { name: "report" }] } },
        },
      },
    },
  };
  const told = [
    { name: "LOAD_PROFILE", value: "smoke" },
    { name: "LOAD_RUN", value: "r1" },
  ];
  expect(runJob(made, { profile: "smoke", run: "r1", seconds: 60 })).toEqual({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "load-r1", labels: { app: "load-run" } },
    spec: {
      activeDeadlineSeconds: 960,
      backoffLimit: 0,
      template: {
        spec: {
          containers: [
            { ...container, env: [...container.env, ...told] },
            { name: "report", env: told },
          ],
        },
      },
    },
  });
});

it("the alarms that stop a run are all of the web service's, as its composite alarm has them", () => {
  const web = dev?.web;
  if (web === undefined) throw new Error("dev must have the web service");
  const stack = synth((scope) => {
    new WebService(scope, "Web", {
      platform: platformIn(scope),
      config: web,
      loadTested: { keyHeader: "X-Trews-Admin-Key" },
    });
  });
  const composite = stack
    .ofType("aws_cloudwatch_composite_alarm")
    .find(({ body }) => String(body["alarm_name"]).includes("trews"));
  const addresses = [...String(composite?.body["alarm_rule"]).matchAll(/aws_cloudwatch_metric_alarm\.([\w-]+)\.arn/g)];
  const alarms = stack.ofType("aws_cloudwatch_metric_alarm");
  const names = addresses.map(([, id]) => alarms.find(({ address }) => address.endsWith(`.${id}`))?.body["alarm_name"]);
  expect(webAlarms({ name: "test", network: { zones: { "us-east-1a": {}, "us-east-1c": {} } } })).toEqual(names.sort());
  // Their key stands in no log of what the firewall blocks.
  expect(stack.one("aws_wafv2_web_acl_logging_configuration").body["redacted_fields"]).toContainEqual({
    single_header: { name: "x-trews-admin-key" },
  });
  // They come from few addresses, which the rate limit would block.
  expect(JSON.stringify(stack.one("aws_wafv2_ip_set").body["addresses"])).toBe('["192.0.2.1/32"]');
});
