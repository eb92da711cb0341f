import { loadConfig } from "../../../../config/load";
import { serviceSecrets } from "../../../../config/service-secrets";
import { prometheusFacts, silenceSteps } from "../../../../constructs/stage3/prometheus/facts";
import { Prometheus } from "../../../../constructs/stage3/prometheus/prometheus";
import { stepText, synth } from "../../../support";
import { platformIn, releaseOn } from "../platform";

const CLUSTERS = ["k8s", "k8s-ml", "k8s-ml-tf"] as const;

function made(environment: "dev" | "prod") {
  const config = loadConfig().environments.find(({ name }) => name === environment);
  if (config?.prometheus === undefined) throw new Error(`${environment} has no Prometheus`);
  const { clusters, prometheus } = config;
  return synth((scope) => {
    const platform = platformIn(scope, environment);
    new Prometheus(scope, "Prometheus", {
      platform: {
        ...platform,
        monitoring: platform.monitoring,
        serviceSecrets: serviceSecrets(config),
        secretOperators: { k8s: [], "k8s-ml": [], "k8s-ml-tf": [] },
      },
      config: prometheus,
      clusters,
      hosts: [{ name: "web", url: "https://trews.example" }],
      dashboards: true,
    });
  });
}

const stack = made("prod");
const dev = made("dev");

interface StackValues {
  readonly extraManifests: readonly { readonly kind: string; readonly spec?: object }[];
  readonly alertmanager: {
    readonly config: {
      readonly route: { readonly routes: readonly { readonly receiver: string; readonly repeat_interval?: string }[] };
      readonly receivers: readonly {
        readonly name: string;
        readonly sns_configs?: readonly { readonly topic_arn: string }[];
      }[];
    };
  };
}

describe("its page of the runbook", () => {
  const base = loadConfig().environments.find(({ name }) => name === "prod")?.prometheus;
  if (base === undefined) throw new Error("prod has no Prometheus");
  const goOn = (config: typeof base): string[] =>
    prometheusFacts({ environment: "prod", config, on: "<cluster>.prod.opsdx.io" })
      .stop.flatMap((step) => stepText(step).split("kubectl "))
      .flatMap((text) => /--context (\S+) .*patch (\S+) .*"replicas":([1-9])/.exec(text)?.slice(1).join(" ") ?? []);

  it("goes on with the configuration's numbers, which no deployment brings back", () => {
    expect(goOn({ ...base, alertmanagers: 3 })).toEqual([
      "<cluster>.prod.opsdx.io prometheus/prometheus 2",
      "<cluster>.prod.opsdx.io alertmanager/prometheus 3",
    ]);
    const clusters = { ...base.clusters, "k8s-ml": { ...base.clusters["k8s-ml"], replicas: 1 } };
    expect(goOn({ ...base, clusters })).toEqual([
      "k8s.prod.opsdx.io prometheus/prometheus 2",
      "k8s.prod.opsdx.io alertmanager/prometheus 2",
      "k8s-ml.prod.opsdx.io prometheus/prometheus 1",
      "k8s-ml.prod.opsdx.io alertmanager/prometheus 2",
      "k8s-ml-tf.prod.opsdx.io prometheus/prometheus 2",
      "k8s-ml-tf.prod.opsdx.io alertmanager/prometheus 2",
    ]);
  });

  it("leads there at night, too", () => {
    const steps = silenceSteps("prod", "k8s-ml", "k8s-ml.prod.opsdx.io").map(stepText).join("\n");
    expect(steps).toContain("nobody went on: Go on, under Stop on this page. No deployment does it.");
  });
});

describe("Prometheus", () => {
  it.each(CLUSTERS)("stands on %s: the operator's kinds first, then the stack", (cluster) => {
    const { body: kinds } = releaseOn(stack, cluster, "prometheus-operator-crds");
    const { body } = releaseOn(stack, cluster, "prometheus");
    expect(kinds).toMatchObject({ chart: "prometheus-operator-crds", version: "31.0.1", namespace: "monitoring" });
    expect(body).toMatchObject({ chart: "kube-prometheus-stack", version: "88.5.3", namespace: "monitoring" });
    const waits = JSON.stringify(body["depends_on"]);
    expect(waits).toContain("Kinds");
    expect(waits).toContain("Secrets");
  });

  it("keeps 15 days, and no more than fits the volume; two that stand apart in prod, one in dev", () => {
    expect(releaseOn(stack, "k8s", "prometheus").values).toMatchObject({
      prometheus: {
        podDisruptionBudget: { enabled: true, minAvailable: 1 },
        prometheusSpec: { retention: "15d", retentionSize: "80GiB", replicas: 2, podAntiAffinity: "hard" },
      },
      alertmanager: { alertmanagerSpec: { replicas: 2, podAntiAffinity: "hard" } },
    });
    expect(releaseOn(dev, "k8s", "prometheus").values).toMatchObject({
      // A budget of one of one would keep its node from being drained.
      prometheus: { podDisruptionBudget: { enabled: false }, prometheusSpec: { replicas: 1 } },
    });
  });

  it("says in what rings which cluster it is", () => {
    for (const cluster of CLUSTERS) {
      expect(releaseOn(stack, cluster, "prometheus").values).toMatchObject({
        prometheus: { prometheusSpec: { externalLabels: { environment: "prod", cluster } } },
      });
    }
  });

  it("asks hosts, and shows dashboards, where the services are", () => {
    const probes = stack.ofType("helm_release").filter(({ body }) => body["name"] === "blackbox-exporter");
    expect(probes.map(({ body }) => body["provider"])).toEqual(["helm.k8s"]);
    expect(releaseOn(stack, "k8s", "prometheus").values).toMatchObject({ grafana: { forceDeployDashboards: true } });
    expect(releaseOn(stack, "k8s-ml", "prometheus").values).toMatchObject({
      grafana: { forceDeployDashboards: false },
    });
  });

  it("is reached from outside through the gate only", () => {
    const { values } = releaseOn(stack, "k8s-ml", "prometheus");
    const [gate] = (values as StackValues).extraManifests.filter(
      ({ kind, spec }) => kind === "Service" && "type" in (spec ?? {}),
    );
    expect(gate).toMatchObject({
      metadata: { annotations: { "dns.alpha.kubernetes.io/internal": "prometheus.k8s-ml.prod.opsdx.io" } },
      spec: { type: "NodePort", ports: [{ nodePort: 30909 }] },
    });
    // Whatever else is a service of the stack is the chart's default, ClusterIP.
    expect(JSON.stringify(values).match(/"type":"(NodePort|LoadBalancer)"/g)).toHaveLength(1);
  });

  it.each(CLUSTERS)(
    "hands what rings on %s to the topics of its severity, by a role that may do nothing else",
    (name) => {
      const { receivers } = (releaseOn(stack, name, "prometheus").values as StackValues).alertmanager.config;
      expect(receivers.map(({ name: receiver, sns_configs = [] }) => [receiver, sns_configs.length])).toEqual([
        ["null", 0],
        ["page", 1],
        ["ticket", 1],
        ["watchdog", 1],
      ]);
      const role = `opsdx-prod-alertmanager-${name}`;
      const [policy] = stack.ofType("aws_iam_policy").filter(({ body }) => body["name"] === role);
      const { Statement } = JSON.parse(String(policy?.body["policy"])) as {
        Statement: readonly { Action: readonly string[] | string; Resource: readonly string[] | string }[];
      };
      expect(Statement.flatMap(({ Action }) => Action).sort()).toEqual([
        "kms:Decrypt",
        "kms:GenerateDataKey*",
        "sns:Publish",
      ]);
      const published = Statement.find(({ Action }) => [Action].flat().includes("sns:Publish"))?.Resource ?? [];
      const topics = receivers.flatMap(({ sns_configs = [] }) => sns_configs.map(({ topic_arn }) => topic_arn));
      expect([published].flat().sort()).toEqual([...topics].sort());
    },
  );

  it.each(CLUSTERS)("is missed when %s is silent for ten minutes", (name) => {
    const { body } = stack.one("aws_cloudwatch_metric_alarm", { alarm_name: `opsdx-prod-${name}-monitoring-silent` });
    expect(body).toMatchObject({
      namespace: "AWS/SNS",
      metric_name: "NumberOfMessagesPublished",
      dimensions: { TopicName: `opsdx-prod-${name}-watchdog` },
      comparison_operator: "LessThanThreshold",
      threshold: 1,
      treat_missing_data: "breaching",
    });
    expect(Number(body["period"]) * Number(body["evaluation_periods"])).toBe(600);
    stack.one("aws_sns_topic", { name: `opsdx-prod-${name}-watchdog` });
  });

  it("asks the operator of secrets, to which a way leads", () => {
    const { prometheus } = releaseOn(stack, "k8s", "prometheus").values as {
      readonly prometheus: { readonly additionalServiceMonitors: readonly { readonly name: string }[] };
    };
    expect(prometheus.additionalServiceMonitors).toContainEqual({
      name: "external-secrets",
      jobLabel: "app.kubernetes.io/name",
      // Labels of its Service `external-secrets-metrics`, whose port is called `metrics`.
      selector: { matchLabels: { "app.kubernetes.io/name": "external-secrets" } },
      namespaceSelector: { matchNames: ["external-secrets"] },
      endpoints: [{ port: "metrics" }],
    });
    const [ways] = stack
      .ofType("kubernetes_network_policy_v1")
      .filter(({ body }) => (body["metadata"] as { name: string }).name === "prometheus");
    expect((ways?.body["spec"] as { egress: readonly object[] }).egress).toContainEqual({
      to: [{ namespace_selector: { match_labels: { "kubernetes.io/metadata.name": "external-secrets" } } }],
      ports: [{ port: "8080", protocol: "TCP" }],
    });
  });

  it("leaves no namespace open: every pod has its policy, and gossip both protocols", () => {
    const policies = stack
      .ofType("kubernetes_network_policy_v1")
      .filter(({ body }) => body["provider"] === "kubernetes.k8s")
      .map(({ body }) => (body["metadata"] as { name: string }).name);
    expect(policies).toEqual(
      expect.arrayContaining([
        "prometheus",
        "alertmanager",
        "prometheus-operator",
        "kube-state-metrics",
        "blackbox-exporter",
      ]),
    );
    const [gossip] = stack
      .ofType("kubernetes_network_policy_v1")
      .filter(
        ({ body }) =>
          body["provider"] === "kubernetes.k8s" && (body["metadata"] as { name: string }).name === "alertmanager",
      );
    const text = JSON.stringify(gossip?.body["spec"]);
    expect(text).toContain('{"port":"9094","protocol":"UDP"}');
    expect(text).toContain('{"port":"9094","protocol":"TCP"}');
  });
});
