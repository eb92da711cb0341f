import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import {
  DATABASE_PASSWORD,
  databaseReaderPassword,
  grafanaUrl,
  prometheusUrl,
  serviceRole,
} from "../../../config/names";
import type { EnvironmentConfig } from "../../../config/schema/environment";
import type { GrafanaConfig } from "../../../config/schema/grafana";
import { GRAFANA_SECRETS } from "../../../config/service-secrets/grafana";
import { Construct, type IConstruct, type ITerraformDependable } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import { HelmRelease } from "../../shared/helm/helm-release";
import { ServiceSecrets } from "../../shared/helm/service-secrets";
import type { Entrance } from "../../shared/http/entrance";
import { serviceRows } from "../../shared/http/service-rows";
import { ServiceAccountRole } from "../../shared/iam/service-account-role";
import { fromNodes, HTTPS, PodNetworkPolicy, postgresIn } from "../../shared/kubernetes/pod-network-policy";
import { DatabaseReader } from "../../shared/database/database-reader";
import { ServiceDatabase } from "../../shared/database/service-database";
import { dashboardsOf, GrafanaDashboard } from "../../shared/observability/dashboard";
import { dashboardTitle, type DeclaredDashboard } from "../../shared/observability/dashboard-model";
import { grafanaModel, type GrafanaContext } from "../../shared/observability/grafana-model";
import { unknownMetrics } from "../../shared/observability/metric-sources";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import type { Platform } from "../../shared/platform";
import { refuse } from "../../shared/props-error";
import { AlarmRecord } from "./alarm-record";
import { ClustersDashboard } from "./clusters-dashboard";
import { MAX_CONNECTIONS, SECRET_FILES } from "./data-sources";
import { grafanaFacts, hostSteps } from "./facts";
import { OverviewDashboard } from "./overview-dashboard";
import { GRAFANA, GRAFANA_CHART, grafanaValues, HEALTH_PATH, POD_LABELS, PORT, SECRET_KEYS } from "./values";

/** Properties of {@link Grafana}. */
export interface GrafanaProps {
  /** What it stands on. */
  readonly platform: Pick<
    Platform,
    | "account"
    | "clusters"
    | "databases"
    | "environment"
    | "monitoring"
    | "network"
    | "programs"
    | "secretArns"
    | "secretKeyArns"
    | "secretOperators"
    | "serviceSecrets"
  >;
  /** Its settings. */
  readonly config: GrafanaConfig;
  /** The environment's: its clusters, their Prometheus, and what time it is there. */
  readonly environment: Pick<EnvironmentConfig, "clusters" | "dns" | "loadWindow" | "prometheus">;
  /** What people come in by. */
  readonly entrance: Entrance;
  /** The stacks whose dashboards it shows, its own among them. */
  readonly stacks: readonly IConstruct[];
}

/** A ConfigMap may hold a mebibyte. @see https://kubernetes.io/docs/concepts/configuration/configmap/#motivation */
const MAX_BYTES = 1024 * 1024;

/** The databases of the application. */
const DATABASES = ["db", "dw"] as const;

/** The cluster that it runs on. */
const CLUSTER = "k8s";

/**
 * Grafana: two pods on the database of services, without a volume. It shows the dashboards that the environment's systems declare, and none
 * else can be saved; each is a ConfigMap, mounted as it is (docs/decisions/0040-dashboards-are-declared-once.md). Alarms live in CloudWatch and Prometheus, not here.
 */
export class Grafana extends Construct {
  /** @throws PropsError naming every metric of a dashboard that nothing writes, and every dashboard that is too large */
  public constructor(scope: Construct, id: string, props: GrafanaProps) {
    super(scope, id);
    const { config, entrance, environment, platform } = props;
    const { account, monitoring, network } = platform;
    const cluster = platform.clusters[CLUSTER];
    const namespace = cluster.foundation.monitoring;
    const place = { cluster: cluster.name, namespace: namespace.name };
    const scraping = environment.prometheus;
    const prometheus =
      scraping === undefined
        ? []
        : Object.keys(environment.clusters).map((name) => ({
            cluster: name,
            url: prometheusUrl(environment, name),
            scrapeSeconds: scraping.scrapeSeconds,
          }));
    describeSystem(
      this,
      grafanaFacts({
        environment: platform.environment,
        place,
        owner: config.owner,
        url: grafanaUrl({ ...environment, grafana: config }) ?? "",
        signsIn: config.signIn?.name,
        replicas: config.replicas,
      }),
    );
    const record = new AlarmRecord(this, "AlarmRecord", { platform });
    const entry = entrance.host(this, {
      service: GRAFANA,
      title: "Grafana",
      users: "engineers",
      protocol: "HTTP",
      healthPath: HEALTH_PATH,
      place,
      workload: `deployment/${GRAFANA}`,
      steps: hostSteps(platform.environment, place),
    });
    const alarms = [record.alarm, ...entry.alarms];
    new SystemHealth(this, "Health", { monitoring, alarms });
    new GrafanaDashboard(this, "Dashboard", {
      name: `${monitoring.namePrefix}-${GRAFANA}`,
      title: dashboardTitle(platform.environment, "Grafana"),
      region: account.region,
      rows: serviceRows({
        cluster: CLUSTER,
        namespace: namespace.name,
        pods: `${GRAFANA}-.*`,
        alarms,
        target: entry.target,
      }),
    });
    const home = this.overview(
      props,
      prometheus.map(({ cluster: name }) => name),
    );
    const boards = this.dashboards(props, {
      accountId: account.id,
      alarmLogGroup: record.logGroup.plainName,
      clusters: prometheus.map(({ cluster: name }) => name),
      timeZone: environment.loadWindow.timeZone,
    });
    const database = new ServiceDatabase(this, "Database", { platform, service: GRAFANA, cluster: CLUSTER, namespace });
    const readers = DATABASES.flatMap((source) => this.reader(props, source) ?? []);
    const secrets = this.secrets(props, prometheus.length > 0);
    const ways = new PodNetworkPolicy(this, "Network", {
      provider: cluster.kubernetes,
      namespace,
      name: GRAFANA,
      podLabels: POD_LABELS,
      in: [fromNodes(PORT)],
      out: [
        // AWS, and who signs people in.
        HTTPS,
        postgresIn(network.vpcCidr),
        // Nodes, which Cilium does not count among address blocks.
        ...(prometheus.length === 0
          ? []
          : [{ peer: "anywhere" as const, ports: prometheus.map(({ url }) => Number(new URL(url).port)) }]),
      ],
    });
    if (prometheus.length > 0) {
      new PodNetworkPolicy(this, "Scraped", {
        provider: cluster.kubernetes,
        namespace,
        name: `prometheus-to-${GRAFANA}`,
        podLabels: { "app.kubernetes.io/name": "prometheus" },
        out: [{ peer: { namespace: namespace.name, podLabels: POD_LABELS }, ports: [PORT] }],
      });
    }
    new HelmRelease(this, "Resource", {
      provider: cluster.helm,
      releaseName: GRAFANA,
      namespace: namespace.name,
      chart: GRAFANA_CHART,
      values: grafanaValues({
        config,
        host: entry.host,
        nodePort: entry.nodePort,
        roleArn: this.role(props, record).arn,
        region: account.region,
        timeZone: environment.loadWindow.timeZone,
        database,
        prometheus,
        postgres: readers,
        dashboards: boards.names,
        home,
      }),
      dependsOn: [
        ...namespace.ready,
        ways.resource,
        ...database.ready,
        ...readers.flatMap(({ ready }) => ready),
        ...secrets.ready,
        ...boards.ready,
      ],
    });
  }

  /** The role with which it reads the views of a database that its settings name; none where they name none. */
  private reader({ config, platform }: GrafanaProps, source: (typeof DATABASES)[number]): DatabaseReader | undefined {
    const views = config.databases[source]?.views;
    return (
      views &&
      new DatabaseReader(this, constructId("reader", source), {
        platform,
        service: GRAFANA,
        source,
        cluster: CLUSTER,
        namespace: platform.clusters[CLUSTER].foundation.monitoring,
        views,
        setting: `grafana.databases.${source}.views`,
        login: "password",
        // Two pods, each as many as a data source may open.
        connectionLimit: config.replicas * MAX_CONNECTIONS,
      })
    );
  }

  /** What it reads in AWS, and nothing else: metrics and alarms, and the log groups that dashboards name. */
  private role({ platform, stacks }: GrafanaProps, record: AlarmRecord): ServiceAccountRole {
    const { account, clusters, environment } = platform;
    const groups = new Set([
      record.logGroup.plainName,
      ...stacks
        .flatMap(dashboardsOf)
        .flatMap(({ rows }) => rows.flatMap(({ widgets }) => widgets))
        .flatMap((widget) => (widget.kind === "logs" ? widget.logGroups.map(({ plainName }) => plainName) : [])),
    ]);
    return new ServiceAccountRole(this, "Role", {
      name: serviceRole(environment, GRAFANA),
      description: "Pods of Grafana",
      policyDescription: "Metrics, alarms, and the log groups that dashboards name",
      cluster: clusters[CLUSTER],
      serviceAccount: { namespace: clusters[CLUSTER].foundation.monitoring.name, name: GRAFANA },
      statements: [
        {
          // None of these can be narrowed to a resource: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
          sid: "Metrics",
          actions: ["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"],
          resources: ["*"],
        },
        {
          sid: "Logs",
          actions: ["logs:GetLogGroupFields", "logs:StartQuery"],
          resources: [...groups]
            .sort()
            .map((name) => `arn:aws:logs:${account.region}:${account.id}:log-group:${name}:*`),
        },
        // A query is known by its id alone.
        { sid: "Answers", actions: ["logs:GetQueryResults", "logs:StopQuery"], resources: ["*"] },
      ],
    });
  }

  /** @returns uid of the dashboard that people see first */
  private overview({ platform, stacks }: GrafanaProps, clusters: readonly string[]): string {
    const { account, monitoring } = platform;
    const shared = { monitoring, region: account.region };
    if (clusters.length > 0) new ClustersDashboard(this, "ClustersDashboard", shared);
    return new OverviewDashboard(this, "OverviewDashboard", {
      ...shared,
      clusters,
      dashboards: stacks.flatMap(dashboardsOf),
    }).uid;
  }

  /** A ConfigMap for each dashboard. */
  private dashboards({ platform, stacks }: GrafanaProps, context: GrafanaContext) {
    const { foundation, kubernetes: provider } = platform.clusters[CLUSTER];
    const declared = stacks.flatMap(dashboardsOf);
    const texts = declared.map((dashboard) => [dashboard, textOf(dashboard, context)] as const);
    refuse(this, [
      ...unknownMetrics(declared, stacks),
      ...texts.map(
        ([{ path }, text]) =>
          Buffer.byteLength(text) > MAX_BYTES &&
          `${path}: must make at most ${MAX_BYTES} bytes, which a ConfigMap holds, got ${Buffer.byteLength(text)}`,
      ),
    ]);
    const maps = texts.map(
      ([{ name }, text]) =>
        new ConfigMapV1(this, constructId("board", name.replace(`${platform.monitoring.namePrefix}-`, "")), {
          provider,
          metadata: { name: `dashboard-${name}`, namespace: foundation.monitoring.name, labels: { ...POD_LABELS } },
          data: { [`${name}.json`]: text },
          dependsOn: [...foundation.monitoring.ready],
        }),
    );
    return {
      names: Object.fromEntries(declared.map(({ name }) => [name, `dashboard-${name}`])),
      ready: maps as readonly ITerraformDependable[],
    };
  }

  private secrets({ config, platform }: GrafanaProps, asksPrometheus: boolean): ServiceSecrets {
    const of = (key: string, reference: string) => [key, { reference }] as const;
    return new ServiceSecrets(this, "Secrets", {
      platform,
      cluster: CLUSTER,
      namespace: platform.clusters[CLUSTER].foundation.monitoring,
      service: GRAFANA,
      secrets: [
        {
          name: GRAFANA,
          data: {
            ...Object.fromEntries([
              of(SECRET_KEYS.adminPassword, GRAFANA_SECRETS.admin),
              of(SECRET_KEYS.databasePassword, DATABASE_PASSWORD),
              of(SECRET_KEYS.secretKey, GRAFANA_SECRETS.key),
              ...(config.signIn === undefined ? [] : [of(SECRET_KEYS.oidcSecret, GRAFANA_SECRETS.oidc)]),
            ]),
            ...Object.fromEntries(
              Object.keys(config.databases).map((source) =>
                of(SECRET_FILES.postgresPassword(source), databaseReaderPassword(source)),
              ),
            ),
            ...(asksPrometheus && {
              [SECRET_FILES.prometheusPassword]: { service: "prometheus", reference: "web", property: "password" },
              [SECRET_FILES.prometheusAuthority]: { service: "prometheus", reference: "tls", property: "ca" },
            }),
          },
        },
      ],
    });
  }
}

/** Terraform reads every `${` of a text: what is Grafana's own is written so that it leaves it alone. */
function textOf(dashboard: DeclaredDashboard, context: GrafanaContext): string {
  return JSON.stringify(grafanaModel(dashboard, context)).replaceAll("${__", () => "$${__");
}
