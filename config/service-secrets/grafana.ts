import type { EnvironmentConfig } from "../schema/environment";
import type { ServiceSecret } from "./declaration";
import {
  clusterFullName,
  DATABASE_PASSWORD,
  databaseReaderName,
  databaseReaderPassword,
  serviceDatabaseRole,
  serviceRole,
} from "../names";

/** Last parts of the names of Grafana's secrets. */
export const GRAFANA_SECRETS = {
  admin: "admin-password",
  key: "secret-key",
  database: DATABASE_PASSWORD,
  oidc: "oidc-client-secret",
} as const;

/** What starts Grafana's pods anew, one after the other: what it has read of a Secret, it keeps until then. */
export function grafanaRestart(environment: Pick<EnvironmentConfig, "dns">): string {
  return `kubectl --context ${clusterFullName(environment, "k8s")} -n monitoring rollout restart deployment/grafana`;
}

/** What gives a reader's role its new password, however often: the name of a Job of before is taken. */
function readerAgain(environment: Pick<EnvironmentConfig, "dns">, template: string): readonly string[] {
  const on = `kubectl --context ${clusterFullName(environment, "k8s")} -n monitoring`;
  return [
    `${on} delete job ${template}-again --ignore-not-found`,
    `${on} create job ${template}-again --from=cronjob/${template}`,
  ];
}

/** What Grafana keeps from others: its administrator, its database, the key of what it encrypts there, and its word to who signs people in. */
export function grafanaSecrets(settings: EnvironmentConfig): readonly ServiceSecret[] {
  const { grafana, name: environment } = settings;
  if (grafana === undefined) return [];
  const restart = grafanaRestart(settings);
  const service = "grafana";
  const reader = { service, cluster: "k8s" } as const;
  return [
    {
      service,
      reference: GRAFANA_SECRETS.admin,
      recipe: { kind: "password" },
      readers: [reader],
      // Grafana reads it once, when it makes its database.
      afterRotation: [
        "Grafana keeps the old one: give it the new one as the page of the runbook says, under Change the administrator's password.",
      ],
    },
    {
      service,
      reference: GRAFANA_SECRETS.key,
      recipe: { kind: "password" },
      readers: [reader],
      afterRotation: [restart, "People sign in again; data sources are provisioned anew at the start."],
    },
    {
      service,
      reference: GRAFANA_SECRETS.database,
      recipe: { kind: "password" },
      readers: [reader, { role: serviceDatabaseRole(environment, service) }],
      afterRotation: [`npx opsdx services database ${environment} grafana create`, restart],
    },
    ...Object.keys(grafana.databases).map((source): ServiceSecret => ({
      service,
      reference: databaseReaderPassword(source),
      recipe: { kind: "password" },
      readers: [reader, { role: serviceRole(environment, databaseReaderName({ service, name: source })) }],
      afterRotation: [...readerAgain(settings, databaseReaderName({ service, name: source })), restart],
    })),
    ...(grafana.signIn === undefined
      ? []
      : [
          {
            service,
            reference: GRAFANA_SECRETS.oidc,
            recipe: {
              kind: "person",
              what: `the client secret of ${grafana.signIn.clientId} at ${grafana.signIn.name}`,
            },
            readers: [reader],
            afterRotation: [restart],
          } satisfies ServiceSecret,
        ]),
  ];
}
