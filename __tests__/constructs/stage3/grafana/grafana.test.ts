import { loadConfig } from "../../../../config/load";
import type { GrafanaConfig } from "../../../../config/schema/grafana";
import { grafanaSecrets } from "../../../../config/service-secrets/grafana";
import type { ServiceSecret } from "../../../../config/service-secrets";
import { Dashboard, dashboardsOf } from "../../../../constructs/shared/observability/dashboard";
import type { GrafanaWidget } from "../../../../constructs/shared/observability/dashboard-model";
import { writesMetrics } from "../../../../constructs/shared/observability/metric-sources";
import { Entrance } from "../../../../constructs/stage3/entrance/entrance";
import { alertmanagerConfig } from "../../../../constructs/stage3/prometheus/alertmanager";
import { CLUSTER_FIGURES } from "../../../../constructs/stage3/grafana/clusters-dashboard";
import { Grafana } from "../../../../constructs/stage3/grafana/grafana";
import type { BaseStack } from "../../../../stacks/base-stack";
import { alarmState } from "../../../planted";
import { synth, type Synthesized } from "../../../support";
import { platformIn, releaseOn } from "../platform";
import { expressionsOf, isWellFormed, knownNames, metricsIn } from "./promql";

const [dev] = loadConfig().environments;
if (dev?.grafana === undefined) throw new Error("dev has no Grafana");
const { grafana } = dev;
const settingsOfDev = dev;

/** What another system declares. */
const PUMP: GrafanaWidget = {
  kind: "graph",
  title: "Heat",
  unit: "count",
  lines: [{ namespace: "OpsDX/Pump", name: "heat", statistic: "Sum" }],
};

interface Options {
  readonly config?: Partial<GrafanaConfig>;
  readonly prometheus?: boolean;
  readonly metrics?: readonly string[];
  readonly seen?: (stack: BaseStack) => void;
}

const prometheusSecret = (reference: string, recipe: ServiceSecret["recipe"]): ServiceSecret => ({
  service: "prometheus",
  reference,
  recipe,
  readers: [{ service: "grafana", cluster: "k8s" }],
  afterRotation: [],
});

function grafanaIn({ config, metrics = ["heat"], prometheus = true, seen }: Options = {}): Synthesized {
  return synth((stack) => {
    const settings = { ...grafana, ...config };
    const { prometheus: scraping, ...others } = settingsOfDev;
    const environment = {
      ...others,
      name: "test",
      grafana: settings,
      ...(prometheus && { prometheus: { ...scraping, scrapeSeconds: 45 } }),
    } as typeof settingsOfDev;
    const base = platformIn(stack);
    const platform = Object.defineProperties(
      {},
      {
        ...Object.getOwnPropertyDescriptors(base),
        serviceSecrets: {
          value: [
            ...grafanaSecrets(environment),
            ...(prometheus
              ? [
                  prometheusSecret("web", { kind: "htpasswd", user: "grafana" }),
                  prometheusSecret("tls", { kind: "certificate", hosts: ["prometheus.k8s.test.opsdx.io"] }),
                ]
              : []),
          ],
        },
        secretOperators: { value: { k8s: [] } },
      },
    ) as typeof base;
    writesMetrics(stack, "OpsDX/Pump", metrics);
    new Dashboard(stack, "Pump", {
      name: "opsdx-test-pump",
      title: "OpsDX Test Pump",
      region: "us-east-1",
      rows: [{ widgets: [PUMP as never] }],
    });
    new Grafana(stack, "Grafana", {
      platform,
      config: settings,
      environment,
      entrance: new Entrance(stack, "Entrance", { platform, hosts: { grafana: "grafana.test.opsdx.io" } }),
      stacks: [stack],
    });
    seen?.(stack);
  });
}

const stack = grafanaIn();
type Values = Readonly<Record<string, Record<string, unknown>>>;
const valuesOf = (synthesized: Synthesized) => releaseOn(synthesized, "k8s", "grafana").values as Values;

describe("Grafana", () => {
  it("keeps everything in its database, over verified TLS, and nothing on a volume", () => {
    const values = valuesOf(stack);
    expect(values["persistence"]).toMatchObject({ enabled: false });
    expect(values["grafana.ini"]?.["database"]).toMatchObject({ type: "postgres", ssl_mode: "verify-full" });
  });

  it("has no password but those of its Secret", () => {
    const values = valuesOf(stack);
    expect(values["admin"]).toEqual({ existingSecret: "grafana", passwordKey: "admin-password" });
    expect(Object.values(values["envValueFrom"] ?? {})).toEqual(
      ["database-password", "secret-key"].map((key) => ({ secretKeyRef: { name: "grafana", key } })),
    );
  });

  it("signs people in by who the settings name, and refuses who is in none of the groups", () => {
    const signIn = {
      name: "Hospital",
      clientId: "grafana",
      authUrl: "https://id.example.org/authorize",
      tokenUrl: "https://id.example.org/token",
      apiUrl: "https://id.example.org/userinfo",
      scopes: ["openid", "groups"],
      groups: { admins: "opsdx-admins", viewers: "opsdx" },
    };
    const values = valuesOf(grafanaIn({ config: { signIn } }));
    expect(values["grafana.ini"]?.["auth.generic_oauth"]).toMatchObject({
      role_attribute_path: "contains(groups[*], 'opsdx-admins') && 'Admin' || contains(groups[*], 'opsdx') && 'Viewer'",
      role_attribute_strict: true,
    });
    expect(values["envValueFrom"]).toHaveProperty("GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET");
  });

  it("compresses nothing, as 13.2.0 leaks with each request for a compressed head", () => {
    expect(valuesOf(stack)["grafana.ini"]?.["server"]).toMatchObject({ enable_gzip: false });
  });

  it("counts what Alertmanager tells somebody, of this program's rules and of the default ones", () => {
    const { route } = alertmanagerConfig({
      region: "us-east-1",
      topics: { page: "a", ticket: "b", watchdog: "c" },
      causes: { nodeNotReady: "node-not-ready" },
    }) as {
      readonly route: { readonly routes: readonly { readonly receiver: string; readonly matchers: string[] }[] };
    };
    const [text = ""] = JSON.stringify(CLUSTER_FIGURES).match(/severity=~[^}]*/) ?? [];
    const counted = (/severity=~\\"([^"\\]*)/.exec(text)?.[1] ?? "").split("|");
    expect(counted).toEqual(["page", "critical", "ticket", "warning"]);
    const untold = route.routes.find(({ receiver }) => receiver === "null")?.matchers.join();
    for (const severity of counted) expect(untold).not.toContain(severity);
  });

  it("loads every kind of data source that it asks", () => {
    const { datasources } = valuesOf(stack)["datasources"]?.["datasources.yaml"] as {
      readonly datasources: readonly { readonly type: string }[];
    };
    const off = (valuesOf(stack)["grafana.ini"]?.["plugins"] as { readonly disable_plugins: string }).disable_plugins;
    for (const { type } of datasources) expect(off.split(",")).not.toContain(type);
  });

  it("tells nobody about itself, fetches nothing, and warns nobody", () => {
    expect(valuesOf(stack)["grafana.ini"]).toMatchObject({
      analytics: { reporting_enabled: false, check_for_updates: false, check_for_plugin_updates: false },
      plugins: {
        preinstall_disabled: true,
        plugin_admin_enabled: false,
        disable_plugins:
          "elasticsearch,grafana-pyroscope-datasource,influxdb,jaeger,loki,mssql,mysql,opentsdb,stackdriver,tempo,zipkin",
      },
      unified_alerting: { enabled: false },
      "auth.anonymous": { enabled: false },
    });
  });

  it("asks each cluster's Prometheus by its certificate and a login, where there is one", () => {
    const sources = (synthesized: Synthesized) =>
      (
        valuesOf(synthesized)["datasources"]?.["datasources.yaml"] as {
          readonly datasources: readonly { readonly uid: string; readonly secureJsonData?: object }[];
        }
      ).datasources;
    expect(sources(stack).map(({ uid }) => uid)).toEqual([
      "cloudwatch",
      "prometheus-k8s",
      "prometheus-k8s-ml",
      "prometheus-k8s-ml-tf",
    ]);
    expect(sources(stack)[1]).toMatchObject({
      url: "https://prometheus.k8s.dev.opsdx.io:30909",
      // As often as the setting says that it scrapes.
      jsonData: { timeInterval: "45s" },
      secureJsonData: { tlsCACert: "$__file{/etc/secrets/grafana/prometheus-ca.pem}" },
    });
    expect(sources(grafanaIn({ prometheus: false })).map(({ uid }) => uid)).toEqual(["cloudwatch"]);
  });

  it("may query the logs that dashboards name, and no others", () => {
    const { body } = stack.one("aws_iam_policy", { name: "opsdx-test-grafana" });
    const { Statement } = JSON.parse(String(body["policy"])) as {
      readonly Statement: readonly { readonly Sid: string; readonly Resource: unknown }[];
    };
    expect(Statement.find(({ Sid }) => Sid === "Logs")?.Resource).toEqual([
      "arn:aws:logs:us-east-1:123456789012:log-group:/aws/events/opsdx-test-alarms:*",
    ]);
  });

  it("mounts every dashboard, and one of them is what people see first", () => {
    const maps = stack
      .ofType("kubernetes_config_map_v1")
      .flatMap(({ body }) => Object.keys(body["data"] ?? {}))
      .filter((name) => name.endsWith(".json"));
    const uids = ["clusters", "grafana", "overview", "pump"].map((name) => `opsdx-test-${name}`);
    expect(maps.sort()).toEqual(uids.map((uid) => `${uid}.json`));
    expect(valuesOf(stack)["dashboardsConfigMaps"]).toEqual(
      Object.fromEntries(uids.map((uid) => [uid, `dashboard-${uid}`])),
    );
    expect(valuesOf(stack)["grafana.ini"]?.["dashboards"]).toMatchObject({
      default_home_dashboard_path: "/var/lib/grafana/dashboards/opsdx-test-overview/opsdx-test-overview.json",
    });
  });

  it("leaves Grafana's own variables to Grafana", () => {
    const map = stack
      .ofType("kubernetes_config_map_v1")
      .map(({ body }) => String((body["data"] as Record<string, string> | undefined)?.["opsdx-test-overview.json"]))
      .find((text) => text !== "undefined");
    expect(map).toContain("alarm/$${__data.fields.alarm}");
    expect(map?.replaceAll("$${__", "")).not.toContain("${__");
  });

  it("refuses a dashboard that names a metric which nothing writes, with its place", () => {
    expect(() => grafanaIn({ metrics: ["water"] })).toThrow(
      'test/Grafana: test/Pump: panel "Heat" must name a metric of OpsDX/Pump that AWS or a system of the environment writes, got "heat"; nearest: "water"',
    );
  });

  it("writes down each change of an alarm of the environment", () => {
    const { body } = stack.one("aws_cloudwatch_event_rule");
    expect(JSON.parse(String(body["event_pattern"]))).toEqual({
      source: ["aws.cloudwatch"],
      "detail-type": ["CloudWatch Alarm State Change"],
      detail: { alarmName: [{ prefix: "opsdx-test-" }] },
    });
  });

  it("tells that a change could not be written down, and is quiet otherwise", () => {
    const alarm = stack.one("aws_cloudwatch_metric_alarm", { alarm_name: "opsdx-test-grafana-alarm-changes-lost" });
    const failed = (rule: unknown, ...values: readonly number[]) => [
      {
        namespace: "AWS/Events",
        metric: "FailedInvocations",
        dimensions: { RuleName: String(rule) },
        values,
      },
    ];
    const rule = stack.one("aws_cloudwatch_event_rule").body["name"];
    expect(alarmState(alarm.body, failed(rule, 0, 1))).toBe("ALARM");
    expect(alarmState(alarm.body, failed(rule, 1, 0))).toBe("OK");
    expect(alarmState(alarm.body, failed("opsdx-test-another", 0, 1))).toBe("OK");
    expect(alarmState(alarm.body, [])).toBe("OK");
  });

  it("is asked for its own numbers by Prometheus, which may call its pods; not where there is none", () => {
    expect(valuesOf(stack)["service"]).toMatchObject({
      labels: { "opsdx.io/metrics": "prometheus" },
      portName: "prometheus",
    });
    expect(valuesOf(stack)["grafana.ini"]?.["metrics"]).toMatchObject({ enabled: true });
    const scraped = ({ address }: { address: string }) => address.includes("Scraped");
    const [policy] = stack.ofType("kubernetes_network_policy_v1").filter(scraped);
    expect(policy?.body["spec"]).toMatchObject({
      pod_selector: { match_labels: { "app.kubernetes.io/name": "prometheus" } },
      egress: [
        {
          to: [{ pod_selector: { match_labels: { "app.kubernetes.io/name": "grafana" } } }],
          ports: [{ port: "3000" }],
        },
      ],
    });
    expect(grafanaIn({ prometheus: false }).ofType("kubernetes_network_policy_v1").filter(scraped)).toEqual([]);
  });

  it("reads the views that the settings name, by a role that a Job makes first, over verified TLS", () => {
    const made = grafanaIn({
      config: { databases: { db: { views: ["cdm.rows", "cdm.alerts"] }, dw: { views: ["cdm.days"] } } },
    });
    const { datasources } = valuesOf(made)["datasources"]?.["datasources.yaml"] as {
      readonly datasources: readonly { readonly uid: string }[];
    };
    expect(datasources.find(({ uid }) => uid === "postgres-db")).toMatchObject({
      type: "grafana-postgresql-datasource",
      url: "db.example:5432",
      user: "grafana_reader",
      editable: false,
      jsonData: { database: "opsdx", sslmode: "verify-full", sslRootCertFile: "/etc/secrets/rds/ca.pem" },
      secureJsonData: { password: "$__file{/etc/secrets/grafana/db-password}" },
    });
    expect(datasources.map(({ uid }) => uid)).toContain("postgres-dw");
    const jobs = made.ofType("kubernetes_job_v1").filter(({ path }) => path.includes("Reader"));
    expect(jobs.map(({ path }) => path)).toEqual(["test/Grafana/ReaderDb/Resource", "test/Grafana/ReaderDw/Resource"]);
    expect(JSON.stringify(jobs[0]?.body)).toContain('{"name":"READER_VIEWS","value":"cdm.alerts,cdm.rows"}');
    const waited = releaseOn(made, "k8s", "grafana").body["depends_on"];
    for (const { address } of jobs) expect(waited).toContain(address);
    expect(releaseOn(made, "k8s", "grafana-secrets").values).toMatchObject({
      secrets: { grafana: { data: { "db-password": { from: "opsdx/test/grafana/db-password" } } } },
    });
    expect(made.findings().filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
  });
});

describe("what its dashboards ask Prometheus", () => {
  const expressions: { readonly place: string; readonly expression: string }[] = [];
  grafanaIn({ seen: (made) => void expressions.push(...expressionsOf(dashboardsOf(made))) });

  it.each(expressions)("is well formed, and names what some program gives: $place $expression", ({ expression }) => {
    expect(isWellFormed(expression)).toBe(true);
    const known = knownNames();
    expect(metricsIn(expression).filter((name) => !known.has(name))).toEqual([]);
    expect(metricsIn(expression)).not.toEqual([]);
  });

  it("would tell a broken expression, and a name that nobody gives", () => {
    expect(isWellFormed("rate(up[5m)")).toBe(false);
    expect(metricsIn("sum(rate(made_up_total[$__rate_interval]))").filter((name) => knownNames().has(name))).toEqual(
      [],
    );
  });
});
