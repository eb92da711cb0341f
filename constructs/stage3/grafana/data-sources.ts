import { DATA_SOURCES, dataSourceName } from "../../shared/observability/grafana-model";
import type { HelmValue } from "../../shared/helm/helm-release";

/** The Prometheus of a cluster. */
export interface PrometheusSource {
  /** Short name of the cluster. */
  readonly cluster: string;
  /** Its address. */
  readonly url: string;
  /** Seconds between two looks at a target. */
  readonly scrapeSeconds: number;
}

/** A database, through a role that reads named views. */
export interface PostgresSource {
  /** Short name: `db` or `dw`. */
  readonly source: string;
  /** Host name. */
  readonly host: string;
  /** Port. */
  readonly port: string;
  /** Name of the database in the instance. */
  readonly database: string;
  /** The role. */
  readonly user: string;
}

/** Most connections of a pod to a database. */
export const MAX_CONNECTIONS = 5;

/** What is asked. */
export interface DataSourcesProps {
  /** Region of CloudWatch. */
  readonly region: string;
  /** The clusters' Prometheus, the one that is asked unless somebody chooses another first. */
  readonly prometheus: readonly PrometheusSource[];
  /** The databases. */
  readonly postgres: readonly PostgresSource[];
}

/** Folders of the files that Grafana reads: of its secrets, a file each, and of authorities. */
export const FILES = { secrets: "/etc/secrets/grafana", authorities: "/etc/secrets/rds" } as const;

/** Names of the files of secrets: keys of the Secret `grafana`. */
export const SECRET_FILES = {
  prometheusAuthority: "prometheus-ca.pem",
  prometheusPassword: "prometheus-password",
  postgresPassword: (name: string): string => `${name}-password`,
} as const;

/** The files that these data sources read. */
export function filesOf({
  postgres,
  prometheus,
}: Pick<DataSourcesProps, "postgres" | "prometheus">): readonly string[] {
  return [
    ...(prometheus.length === 0 ? [] : [SECRET_FILES.prometheusAuthority, SECRET_FILES.prometheusPassword]),
    ...postgres.map(({ source }) => SECRET_FILES.postgresPassword(source)),
  ];
}

/** What Grafana reads a file by, when it starts. @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/#variable-expansion */
const file = (name: string): string => `$__file{${FILES.secrets}/${name}}`;

/**
 * The data sources as Grafana provisions them: none can be changed in the browser, and what stands here no longer is removed. Their uids
 * are those that dashboards name.
 * @see https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources
 */
export function dataSources({ postgres, prometheus, region }: DataSourcesProps): Readonly<Record<string, HelmValue>> {
  const common = { access: "proxy", editable: false, orgId: 1 } as const;
  return {
    apiVersion: 1,
    prune: true,
    datasources: [
      {
        ...common,
        name: "CloudWatch",
        type: "cloudwatch",
        uid: DATA_SOURCES.cloudwatch,
        isDefault: true,
        // The role of the service account.
        jsonData: { authType: "default", defaultRegion: region },
      },
      ...prometheus.map(({ cluster, scrapeSeconds, url }) => ({
        ...common,
        name: dataSourceName(cluster),
        type: "prometheus",
        uid: DATA_SOURCES.prometheus(cluster),
        url,
        basicAuth: true,
        basicAuthUser: "grafana",
        jsonData: {
          httpMethod: "POST",
          // As often as it scrapes: what `$__rate_interval` is made of.
          timeInterval: `${scrapeSeconds}s`,
          tlsAuthWithCACert: true,
          // Rules and alerts stand in code.
          manageAlerts: false,
        },
        secureJsonData: {
          basicAuthPassword: file(SECRET_FILES.prometheusPassword),
          tlsCACert: file(SECRET_FILES.prometheusAuthority),
        },
      })),
      ...postgres.map(({ database, host, port, source, user }) => ({
        ...common,
        name: `PostgreSQL ${source}`,
        type: "grafana-postgresql-datasource",
        uid: DATA_SOURCES.postgres(source),
        url: `${host}:${port}`,
        user,
        jsonData: {
          database,
          sslmode: "verify-full",
          tlsConfigurationMethod: "file-path",
          sslRootCertFile: `${FILES.authorities}/ca.pem`,
          maxOpenConns: MAX_CONNECTIONS,
          maxIdleConns: 1,
          connMaxLifetime: 3600,
        },
        secureJsonData: { password: file(SECRET_FILES.postgresPassword(source)) },
      })),
    ],
  };
}
