import { secretPath } from "../../../config/names";

/** Name of the service: its namespace, its release, its page of the runbook, its database and that database's role. */
export const CONCOURSE = "concourse";

/** Namespace of the workers, which are root on their nodes; nothing else is in it. */
export const WORKERS_NAMESPACE = "concourse-workers";

/** What the chart calls the Deployment, the Service and the Secret of the servers, and what this program calls their account. */
export const WEB = `${CONCOURSE}-web`;

/** The same of the workers; their release, too. */
export const WORKER = `${CONCOURSE}-worker`;

/** Labels of the servers' pods, and of the workers'. */
export const POD_LABELS = { web: { app: WEB }, worker: { app: WORKER } } as const;

/** Ports that the servers listen on: people and `fly`, workers, Prometheus. */
export const PORTS = { web: 8080, workers: 2222, metrics: 9391 } as const;

/** The pipeline that this program sets, its team, and the local user that may do everything. */
export const PIPELINE = { name: "main-pipeline", team: "main", user: "admin" } as const;

/** Name of the CronJob that sets the pipeline; it never runs by itself. */
export const SET_PIPELINE = "set-main-pipeline";

/** Name of the CronJob that renews the pipeline's login to the registry. */
export const RENEW_LOGIN = "renew-registry-login";

/** Where pipelines' secrets stand: full names start with it. */
export function pipelineSecrets(environment: string): string {
  return `${secretPath(environment, CONCOURSE)}pipelines/`;
}
