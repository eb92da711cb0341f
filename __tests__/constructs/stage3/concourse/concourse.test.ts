import { releaseOn } from "../platform";
import { stepText } from "../../../support";
import { builtConcourse, devConcourse } from "./support";

const { dashboards, facts, rules, stack } = builtConcourse();
const web = releaseOn(stack, "k8s", "concourse");
const workers = releaseOn(stack, "k8s", "concourse-worker");
const named = (type: string, name: string) => {
  const found = stack.ofType(type).find(({ body }) => (body["metadata"] as { name: string }).name === name);
  if (found === undefined) throw new Error(`no ${type} ${name}`);
  return found;
};
const policy = (name: string, namespace: string) =>
  stack.one("kubernetes_network_policy_v1", { metadata: { name, namespace } }).body["spec"];

describe("Concourse's servers", () => {
  it("take no secret of the chart, nor its database, nor its rights in the cluster", () => {
    expect(web.body).toMatchObject({ chart: "concourse", version: "20.1.3", namespace: "concourse" });
    expect(web.values).toMatchObject({
      secrets: { create: false },
      rbac: { create: false },
      postgresql: { enabled: false, service: { enabled: false } },
      worker: { enabled: false },
      concourse: {
        web: {
          kubernetes: { enabled: false },
          postgres: { host: "services.example", database: "concourse", sslmode: "verify-full" },
          encryption: { enabled: true },
          externalUrl: "https://concourse.test.opsdx.io",
          auth: { cookieSecure: true, mainTeam: { localUser: "admin", oidc: { group: "platform" } } },
        },
      },
    });
  });

  it("read pipelines' secrets by role, from below one path only", () => {
    expect(web.values).toMatchObject({
      concourse: {
        web: {
          awsSecretsManager: {
            enabled: true,
            keyAuth: { enabled: false },
            pipelineSecretTemplate: "opsdx/test/concourse/pipelines/{{.Team}}/{{.Pipeline}}/{{.Secret}}",
            teamSecretTemplate: "opsdx/test/concourse/pipelines/{{.Team}}/{{.Secret}}",
            sharedSecretTemplate: "opsdx/test/concourse/pipelines/shared/{{.Secret}}",
          },
        },
      },
    });
    const { body } = stack.one("aws_iam_policy", { name: "opsdx-test-concourse" });
    const { Statement } = JSON.parse(String(body["policy"])) as {
      Statement: { Action: string[]; Resource: string[] }[];
    };
    expect(Statement.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      [
        ["secretsmanager:GetSecretValue"],
        ["arn:aws:secretsmanager:us-east-1:123456789012:secret:opsdx/test/concourse/pipelines/*-??????"],
      ],
      [["kms:Decrypt"], ["arn:aws:kms:us-east-1:123456789012:key/concourse"]],
    ]);
  });

  it("get every key that the chart mounts, and no value passes through", () => {
    const { values } = releaseOn(stack, "k8s", "concourse-secrets");
    const { secrets } = values as { secrets: Record<string, { template: Record<string, string> }> };
    // What the chart's Deployment names of its Secret, as it is set here: charts.md, and seen by Helm.
    expect(Object.keys(secrets["concourse-web"]?.template ?? {}).sort()).toEqual([
      "encryption-key",
      "host-key",
      "local-users",
      "oidc-client-id",
      "oidc-client-secret",
      "postgresql-ca-cert",
      "postgresql-client-cert",
      "postgresql-client-key",
      "postgresql-password",
      "postgresql-user",
      "session-signing-key",
      "worker-key-pub",
    ]);
    expect(secrets["concourse-web"]?.template["local-users"]).toBe("admin:{{ .admin }}");
  });

  it("are called by people's load balancer, workers and Prometheus, and by each other", () => {
    expect(policy("concourse-web", "concourse")).toMatchObject({
      ingress: [
        { ports: [{ port: "8080" }] },
        {
          from: [{ namespace_selector: { match_labels: { "kubernetes.io/metadata.name": "concourse-workers" } } }],
          ports: [{ port: "2222" }],
        },
        {
          from: [{ namespace_selector: { match_labels: { "kubernetes.io/metadata.name": "monitoring" } } }],
          ports: [{ port: "9391" }],
        },
        {
          from: [{ pod_selector: { match_labels: { app: "concourse-web" } } }],
          ports: [{ port: "1024", end_port: 65_535 }],
        },
      ],
    });
    expect(stack.one("aws_lb_target_group", { port: 30_800 }).body).toMatchObject({
      health_check: { path: "/api/v1/info" },
    });
    expect(web.values).toMatchObject({ web: { service: { api: { type: "NodePort", NodePort: 30_800 } } } });
  });

  it("are asked for their numbers by Prometheus, which finds them by a label and is let out to them", () => {
    expect(web.values).toMatchObject({
      web: { service: { prometheus: { labels: { "opsdx.io/metrics": "prometheus" } } } },
      concourse: { web: { prometheus: { enabled: true, bindPort: 9391 } } },
    });
    expect(policy("prometheus-to-concourse", "monitoring")).toMatchObject({
      pod_selector: { match_labels: { "app.kubernetes.io/name": "prometheus" } },
      egress: [{ to: [{ pod_selector: { match_labels: { app: "concourse-web" } } }], ports: [{ port: "9391" }] }],
    });
  });

  it("are without sign-in by a provider where none is configured", () => {
    const alone = builtConcourse({ signIn: undefined }).stack;
    expect(JSON.stringify(releaseOn(alone, "k8s", "concourse").values)).not.toContain("oidc");
    expect(JSON.stringify(releaseOn(alone, "k8s", "concourse-secrets").values)).not.toContain("oidc");
  });
});

describe("Concourse's workers", () => {
  it("stand on nodes of their own, one on each, and let builds end", () => {
    expect(workers.body).toMatchObject({ namespace: "concourse-workers", timeout: 2 * 3900 + 900 });
    expect(workers.values).toMatchObject({
      web: { enabled: false },
      worker: {
        kind: "Deployment",
        replicas: 2,
        minAvailable: 1,
        hardAntiAffinity: true,
        terminationGracePeriodSeconds: 3900,
        nodeSelector: { opsdx_nodegroup: "ci" },
        tolerations: [{ key: "opsdx_nodegroup", operator: "Equal", value: "ci", effect: "NoSchedule" }],
      },
      concourse: {
        worker: {
          tsa: { hosts: ["concourse-web-worker-gateway.concourse:2222"] },
          connectionDrainTimeout: "60m",
          runtime: "containerd",
          baggageclaim: { driver: "overlay" },
        },
      },
    });
  });

  it("call the servers and the internet, and neither databases, caches, volumes, the API nor instance metadata; nobody calls them", () => {
    const closed = ["10.0.128.0/24", "10.0.136.0/24", "169.254.0.0/16"];
    const spec = policy("concourse-worker", "concourse-workers");
    expect(spec).toMatchObject({
      policy_types: ["Egress"],
      egress: [
        {
          to: [{ pod_selector: { match_labels: { app: "concourse-web" } } }],
          ports: [{ port: "2222", protocol: "TCP" }],
        },
        {
          to: [{ ip_block: { cidr: "0.0.0.0/0", except: closed } }],
          ports: [
            { port: "443", protocol: "TCP" },
            { port: "80", protocol: "TCP" },
          ],
        },
      ],
    });
    // The same for the containers inside of a worker, whose addresses it translates.
    expect(workers.values).toMatchObject({
      concourse: { worker: { containerd: { restrictedNetworks: [closed.join(",")] } } },
    });
  });

  it("have no role in AWS, no token of the cluster's API, and two of the keys", () => {
    expect(named("kubernetes_service_account_v1", "concourse-worker").body).toEqual(
      expect.objectContaining({ automount_service_account_token: false }),
    );
    expect(JSON.stringify(named("kubernetes_service_account_v1", "concourse-worker").body)).not.toContain("role-arn");
    const { values } = releaseOn(stack, "k8s", "concourse-worker-secrets");
    expect(values).toMatchObject({
      secrets: {
        "concourse-worker": {
          data: {
            "host-key-pub": { from: "opsdx/test/concourse/host-key", property: "public" },
            "worker-key": { from: "opsdx/test/concourse/worker-key", property: "private" },
          },
        },
      },
    });
  });

  it("are refused where their nodes are not", () => {
    expect(() => builtConcourse({ workers: { ...devConcourse().workers, nodeGroup: "gpu" } })).toThrow(
      /config.nodeGroup must be a labelled node group of k8s.test.opsdx.io \(web, etl, ci, load\), got "gpu"/,
    );
  });
});

describe("Concourse's login to the registry", () => {
  it("is of a role that pushes to the two repositories, and keeps it in one secret, which the servers alone read", () => {
    const { body } = stack.one("aws_iam_policy", { name: "opsdx-test-concourse-push" });
    const { Statement } = JSON.parse(String(body["policy"])) as {
      Statement: { Sid: string; Action: string[]; Resource: string[] }[];
    };
    const of = (sid: string) => Statement.find(({ Sid }) => Sid === sid);
    expect(of("Push")?.Resource).toEqual([
      "arn:aws:ecr:us-east-1:111122223333:repository/trews-etl",
      "arn:aws:ecr:us-east-1:111122223333:repository/trews-rest-api",
    ]);
    expect(of("KeepLogin")?.Action).toEqual(["secretsmanager:PutSecretValue"]);
    const secret = stack.one("aws_secretsmanager_secret", {
      name: "opsdx/test/concourse/pipelines/main/registry-login",
    });
    expect(of("KeepLogin")?.Resource).toEqual([`\${${secret.address}.arn}`]);
    expect(JSON.stringify(stack.one("aws_secretsmanager_secret_policy").body)).toContain(
      "arn:aws:iam::123456789012:role/opsdx-test-concourse",
    );
  });

  it("is renewed three times before it ends", () => {
    expect(named("kubernetes_cron_job_v1", "renew-registry-login").body["spec"]).toMatchObject({
      schedule: "17 */4 * * *",
      concurrency_policy: "Forbid",
    });
  });
});

describe("the Job that sets the pipeline", () => {
  const cronJob = named("kubernetes_cron_job_v1", "set-main-pipeline");

  it("never runs by itself, and takes the local user from the servers' Secret", () => {
    expect(cronJob.body["spec"]).toMatchObject({ suspend: true });
    expect(JSON.stringify(cronJob.body)).toContain('"secret_key_ref":{"key":"local-users","name":"concourse-web"}');
  });
});

describe("Concourse's alarms", () => {
  it.each(["workers-low", "builds-failing", "builds-waiting", "web-down", "login-old"])("tell of %s", (name) => {
    expect(rules.map(({ alert }) => alert)).toContain(`opsdx-test-concourse-${name}`);
  });

  it("say more than the entrance's, which say that people cannot look", () => {
    expect(stack.ofType("aws_cloudwatch_metric_alarm").map(({ body }) => body["alarm_name"])).toContain(
      "opsdx-test-concourse-no-healthy-target",
    );
  });
});

/**
 * As the servers name them; of the containers' memory, as the kubelet does.
 * @see https://github.com/concourse/concourse/blob/v8.1.1/atc/metric/emitter/prometheus.go
 */
const METRICS = [
  ...["succeeded", "failed", "errored", "aborted"].map((how) => `concourse_builds_${how}_total`),
  ...[
    "builds_duration_seconds_bucket",
    "builds_running",
    "db_connections",
    "http_responses_duration_seconds_bucket",
  ].map((name) => `concourse_${name}`),
  ...["concourse_steps_waiting", "concourse_workers_registered", "container_memory_working_set_bytes"],
  ...["kube_cronjob_created", "kube_cronjob_status_last_successful_time", "kube_deployment_status_replicas_available"],
];

describe("Concourse's dashboard and alarms", () => {
  it("name metrics that there are", () => {
    const drawn = dashboards
      .flatMap(({ rows }) => rows.flatMap(({ widgets }) => widgets))
      .flatMap((widget) => (widget.kind === "prom" ? widget.queries.map(({ expression }) => expression) : []));
    const named = [...drawn, ...rules.map(({ expr }) => expr)].flatMap((text) => text.match(/[a-z_]{8,}(?=\{)/g) ?? []);
    expect(drawn).toHaveLength(12);
    expect([...new Set(named)].filter((name) => !METRICS.includes(name))).toEqual([]);
  });
});

describe("Concourse's page", () => {
  const procedure = (title: string): string =>
    facts?.procedures
      ?.find((one) => one.title === title)
      ?.steps.map(stepText)
      .join("\n") ?? "";

  it("takes a snapshot and waits for it before the schema changes, and promises no way back without", () => {
    const steps = procedure("Upgrade");
    const order = [
      "SNAPSHOT=opsdx-test-services-before-concourse-$(date -u +%Y%m%d%H%M)",
      'aws rds create-db-snapshot --db-instance-identifier opsdx-test-services --db-snapshot-identifier "$SNAPSHOT"',
      'aws rds wait db-snapshot-available --db-snapshot-identifier "$SNAPSHOT"',
      "npx cdktf deploy test-stage3",
    ].map((command) => steps.indexOf(command));
    expect(order).not.toContain(-1);
    expect([...order].sort((a, b) => a - b)).toEqual(order);
  });

  it("renews the login however often", () => {
    const steps = procedure("Go on with new secrets");
    expect(steps.indexOf("delete job renew-registry-login-again --ignore-not-found")).toBeGreaterThan(0);
    expect(steps).toContain("create job renew-registry-login-again --from=cronjob/renew-registry-login");
  });

  it("holds what a page of the wiki left blank", () => {
    const titles = facts?.procedures?.map(({ title }) => title);
    expect(titles).toEqual([
      "Sign in with fly",
      "Set the pipeline",
      "Drain or replace a worker's node",
      "Remove workers that are gone",
      "Upgrade",
      "Restore, and what its loss means",
      "Go on with new secrets",
    ]);
    expect(facts?.logs.map(stepText).join("\n")).toContain(
      "awslogs get opsdx-test-k8s-logs kubernetes/concourse/concourse/web -q log",
    );
  });
});
