import { imageParts } from "../../../config/images";
import type { GrafanaConfig } from "../../../config/schema/grafana";
import type { HelmValue, PinnedChart } from "../../shared/helm/helm-release";
import { PRIORITY_CLASSES } from "../../shared/kubernetes/cluster-foundation";
import { ROLE_ANNOTATION } from "../../shared/kubernetes/pod";
import { RESTRICTED_CONTAINER } from "../../shared/kubernetes/pod-security";
import { SCRAPED, SCRAPED_PORT } from "../../shared/prometheus/scraped";
import { dataSources, FILES, filesOf, type DataSourcesProps } from "./data-sources";

/** The chart of Grafana 13.2.0. */
export const GRAFANA_CHART: PinnedChart = {
  name: "grafana",
  version: "12.11.1",
  repository: "https://grafana-community.github.io/helm-charts",
};

/** Name of the release, its Deployment, its service account and its Secret. */
export const GRAFANA = "grafana";

/** Labels of its pods. */
export const POD_LABELS = { "app.kubernetes.io/name": GRAFANA, "app.kubernetes.io/instance": GRAFANA };

/** Port of its pods. */
export const PORT = 3000;

/** Keys of the Secret `grafana` that are variables of the pod. */
export const SECRET_KEYS = {
  adminPassword: "admin-password",
  databasePassword: "database-password",
  secretKey: "secret-key",
  oidcSecret: "oidc-client-secret",
} as const;

/** What answers 200 when it has its database. */
export const HEALTH_PATH = "/api/health";

/** Where the dashboards lie, a folder each. */
const DASHBOARDS = "/var/lib/grafana/dashboards";

/** What the values are made from. */
export interface GrafanaValuesProps extends DataSourcesProps {
  /** Its settings. */
  readonly config: Pick<GrafanaConfig, "pod" | "replicas" | "signIn">;
  /** Full host name. */
  readonly host: string;
  /** Port on every node. */
  readonly nodePort: number;
  /** ARN of the role that reads CloudWatch. */
  readonly roleArn: string;
  /** IANA name of the hospital's time zone. */
  readonly timeZone: string;
  /** Its database: where, by which role, and the ConfigMap of the authorities that the server is verified by. */
  readonly database: {
    readonly host: string;
    readonly port: string;
    readonly database: string;
    readonly user: string;
    readonly caConfigMap: string;
  };
  /** ConfigMap of each dashboard, by the dashboard's uid. */
  readonly dashboards: Readonly<Record<string, string>>;
  /** Uid of the dashboard that people see first. */
  readonly home: string;
}

/** The chart's values. */
export function grafanaValues(props: GrafanaValuesProps): Readonly<Record<string, HelmValue>> {
  const { config, database, home } = props;
  const { cpu, memory } = config.pod;
  const { digest, registry, repository, tag } = imageParts("grafana");
  const secretFiles = filesOf(props);
  const fromSecret = (key: string): HelmValue => ({ secretKeyRef: { name: GRAFANA, key } });
  return {
    fullnameOverride: GRAFANA,
    replicas: config.replicas,
    image: { registry, repository, tag, ...(digest !== undefined && { sha: digest.replace("sha256:", "") }) },
    // It asks the cluster's API for nothing.
    rbac: { create: false },
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    serviceAccount: { create: true, name: GRAFANA, annotations: { [ROLE_ANNOTATION]: props.roleArn } },
    hostUsers: false,
    priorityClassName: PRIORITY_CLASSES.service.name,
    // One that is new is ready before an old one goes, on a node of its own.
    deploymentStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    podDisruptionBudget: { maxUnavailable: 1 },
    topologySpreadConstraints: [
      { topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "DoNotSchedule" },
      { topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "ScheduleAnyway" },
    ].map((spread) => ({
      maxSkew: 1,
      ...spread,
      labelSelector: { matchLabels: POD_LABELS },
      matchLabelKeys: ["pod-template-hash"],
    })),
    // User and group of the image's own files.
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 472,
      runAsGroup: 472,
      fsGroup: 472,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containerSecurityContext: RESTRICTED_CONTAINER,
    resources: { requests: { cpu, memory }, limits: { memory } },
    // A first start makes some hundred tables.
    startupProbe: { httpGet: { path: HEALTH_PATH, port: "grafana" }, periodSeconds: 5, failureThreshold: 60 },
    readinessProbe: { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    livenessProbe: { initialDelaySeconds: 0, periodSeconds: 20, timeoutSeconds: 10, failureThreshold: 6 },
    service: {
      type: "NodePort",
      port: 80,
      nodePort: props.nodePort,
      labels: SCRAPED,
      // A second port would take a node port of its own.
      portName: SCRAPED_PORT,
    },
    admin: { existingSecret: GRAFANA, passwordKey: SECRET_KEYS.adminPassword },
    env: { GF_SECURITY_ADMIN_USER: "admin" },
    envValueFrom: {
      GF_DATABASE_PASSWORD: fromSecret(SECRET_KEYS.databasePassword),
      GF_SECURITY_SECRET_KEY: fromSecret(SECRET_KEYS.secretKey),
      ...(config.signIn !== undefined && {
        GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET: fromSecret(SECRET_KEYS.oidcSecret),
      }),
    },
    extraSecretMounts:
      secretFiles.length === 0
        ? []
        : [
            {
              name: "secrets",
              secretName: GRAFANA,
              mountPath: FILES.secrets,
              readOnly: true,
              defaultMode: 0o440,
              items: secretFiles.map((key) => ({ key, path: key })),
            },
          ],
    extraConfigmapMounts: [
      { name: "authorities", configMap: database.caConfigMap, mountPath: FILES.authorities, readOnly: true },
    ],
    extraEmptyDirMounts: [{ name: "tmp", mountPath: "/tmp" }],
    // The chart makes a volume of none of this.
    persistence: { enabled: false },
    datasources: { "datasources.yaml": dataSources(props) },
    dashboardProviders: {
      "dashboards.yaml": {
        apiVersion: 1,
        providers: [
          {
            name: "opsdx",
            orgId: 1,
            folder: "OpsDX",
            type: "file",
            disableDeletion: false,
            allowUiUpdates: false,
            // A ConfigMap that changes is in the pod within a minute.
            updateIntervalSeconds: 60,
            options: { path: DASHBOARDS },
          },
        ],
      },
    },
    dashboardsConfigMaps: props.dashboards,
    "grafana.ini": {
      server: {
        domain: props.host,
        root_url: `https://${props.host}/`,
        // A HEAD request for a compressed answer leaves 2 MiB behind, which 13.2.1 mends: https://github.com/grafana/grafana/issues/131911
        enable_gzip: false,
      },
      database: {
        type: "postgres",
        host: `${database.host}:${database.port}`,
        name: database.database,
        user: database.user,
        ssl_mode: "verify-full",
        ca_cert_path: `${FILES.authorities}/ca.pem`,
        max_open_conn: 10,
        max_idle_conn: 2,
        conn_max_lifetime: 3600,
      },
      ...SETTINGS,
      date_formats: { default_timezone: props.timeZone },
      dashboards: { default_home_dashboard_path: `${DASHBOARDS}/${home}/${home}.json`, min_refresh_interval: "30s" },
      ...signIn(config.signIn),
    },
  };
}

/**
 * Data sources that the image brings beside those that are asked, each a program of its own in the pod, which takes memory from the others.
 * @see https://github.com/grafana/grafana/blob/main/scripts/catalog-plugins-defaults
 * @see https://github.com/grafana/grafana/blob/main/pkg/setting/setting_plugins.go
 */
const UNUSED_PLUGINS = [
  ...["elasticsearch", "grafana-pyroscope-datasource", "influxdb", "jaeger", "loki", "mssql", "mysql", "opentsdb"],
  ...["stackdriver", "tempo", "zipkin"],
];

/**
 * What is the same everywhere.
 * @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/
 */
const SETTINGS: Readonly<Record<string, HelmValue>> = {
  security: {
    cookie_secure: true,
    cookie_samesite: "lax",
    strict_transport_security: true,
    content_security_policy: true,
    allow_embedding: false,
    disable_gravatar: true,
  },
  users: { allow_sign_up: false, allow_org_create: false },
  // What a script signs in with is a token of a service account.
  "auth.basic": { enabled: false },
  "auth.anonymous": { enabled: false },
  auth: { login_maximum_inactive_lifetime_duration: "12h", login_maximum_lifetime_duration: "7d" },
  // Alarms live in one place, and it is not this one.
  unified_alerting: { enabled: false },
  analytics: {
    reporting_enabled: false,
    check_for_updates: false,
    check_for_plugin_updates: false,
    feedback_links_enabled: false,
  },
  news: { news_feed_enabled: false },
  // The image brings the data sources that are asked: it fetches nothing from anywhere.
  plugins: {
    preinstall_disabled: true,
    plugin_admin_enabled: false,
    public_key_retrieval_disabled: true,
    disable_plugins: UNUSED_PLUGINS.join(","),
  },
  snapshots: { enabled: false, external_enabled: false },
  public_dashboards: { enabled: false },
  aws: { allowed_auth_providers: "default", assume_role_enabled: false },
  metrics: { enabled: true },
  "log.console": { format: "json" },
};

/** An identity provider's part of the settings. */
function signIn(provider: GrafanaConfig["signIn"]): Readonly<Record<string, HelmValue>> {
  if (provider === undefined) return {};
  const { admins, editors, viewers } = provider.groups;
  const role = (group: string, name: string): string => `contains(groups[*], '${group}') && '${name}'`;
  return {
    "auth.generic_oauth": {
      enabled: true,
      name: provider.name,
      client_id: provider.clientId,
      scopes: provider.scopes.join(" "),
      auth_url: provider.authUrl,
      token_url: provider.tokenUrl,
      api_url: provider.apiUrl,
      use_pkce: true,
      use_refresh_token: true,
      // Who is in none of the groups is refused.
      role_attribute_path: [
        role(admins, "Admin"),
        ...(editors === undefined ? [] : [role(editors, "Editor")]),
        role(viewers, "Viewer"),
      ].join(" || "),
      role_attribute_strict: true,
      allow_assign_grafana_admin: false,
      allow_sign_up: true,
      // `/login?disableAutoLogin=true` is the way back in, for the local administrator.
      auto_login: true,
    },
  };
}
