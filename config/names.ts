/** Names that code derives from the configuration, each in this one place: whoever needs one asks for it here. */

/** The part of the program that the environments share, as it stands where a name of an environment does. */
export const GLOBAL = "global";

/** An environment's parts, in the order of their deployment. */
export const STAGES = ["stage1", "stage2", "stage3"] as const;
/** One of an environment's parts. */
export type Stage = (typeof STAGES)[number];

/** Name of an environment's stack, for example `dev-stage1`. */
export function stackName(environment: string, stage: Stage): string {
  return `${environment}-${stage}`;
}

/** The environment, or {@link GLOBAL}, that a stack belongs to: what {@link stackName} was given. */
export function stackOwner(stack: string): string {
  return stack.replace(/-stage\d$/, "");
}

/**
 * Stack that an owner's alarm topics stand in.
 * @param owner - name of the environment, or {@link GLOBAL}
 */
export function groundStack(owner: string): string {
  return owner === GLOBAL ? GLOBAL : stackName(owner, "stage1");
}

/** File of the configuration of an environment, or of the global stack. */
export function configFile(owner: string): string {
  return owner === GLOBAL ? "config/global.ts" : `config/environments/${owner}.ts`;
}

/**
 * Start of the names of what belongs to an environment, or to the global stack: `opsdx-dev`, `opsdx-global`.
 * @param owner - name of the environment, or {@link GLOBAL}
 */
export function namePrefix(owner: string): string {
  return `opsdx-${owner}`;
}

/** Name of the file of a stack's Terraform state. */
export function stateFile(stack: string): string {
  return `${stack}.tfstate`;
}

/** Key of a stack's Terraform state in the state bucket: each owner has a prefix. */
export function stateKey(owner: string, stack: string): string {
  return `${owner}/${stateFile(stack)}`;
}

/**
 * Name of a bucket that only this program names: with the account's id, since the name must be free in all of AWS.
 * @param prefix - from {@link namePrefix}
 * @param what - what it holds, for example `cloudtrail`
 */
export function accountBucket(prefix: string, what: string, accountId: string): string {
  return `${prefix}-${what}-${accountId}`;
}

/**
 * Full name of a cluster, as kops, Kubernetes' clients and AWS know it: `k8s.dev.opsdx.io`.
 * @param cluster - its short name, the key in the configuration
 */
export function clusterFullName(environment: { readonly dns: { readonly zone: string } }, cluster: string): string {
  return `${cluster}.${environment.dns.zone}`;
}

/** Clusters that write into another's log group: people know two. */
const SHARED_LOGS: ReadonlyMap<string, string> = new Map([["k8s-ml-tf", "k8s-ml"]]);

/** The cluster whose log group a cluster writes into: most have one of their own. */
export function sharedLogsCluster(cluster: string): string {
  return SHARED_LOGS.get(cluster) ?? cluster;
}

/**
 * Name of the log group that a cluster writes into: people know `opsdx-<env>-k8s-logs`, and `opsdx-ml-<env>-k8s-logs` of `k8s-ml`.
 * @param cluster - its short name
 */
export function clusterLogGroup(environment: string, cluster: string): string {
  const part = sharedLogsCluster(cluster).replace(/^k8s(-|$)/, "");
  return ["opsdx", ...(part === "" ? [] : [part]), environment, "k8s-logs"].join("-");
}

/** Name of the log group of each change of an environment's alarms. EventBridge writes into groups of its prefix only. */
export function alarmLogGroup(environment: string): string {
  return `/aws/events/${namePrefix(environment)}-alarms`;
}

/** What is recorded of the clusters themselves: who asked their API for what, what their nodes' agents say, and Kubernetes' own events. */
export type ClusterRecord = "audit" | "events" | "nodes";

/** Name of the log group of what is recorded of an environment's clusters, whose streams are named after the clusters. */
export function clusterRecordGroup(environment: string, record: ClusterRecord): string {
  return `opsdx-${environment}-kubernetes-${record}`;
}

/**
 * First part of the names of a cluster's streams. One that writes into another's log group has a root of its own, so that the system
 * pods of the two don't write into each other's streams.
 */
export function logStreamRoot(cluster: string): string {
  return sharedLogsCluster(cluster) === cluster ? "kubernetes" : cluster;
}

/** Path below which the secrets of a system of an environment stand in AWS Secrets Manager. */
export function secretPath(environment: string, system: string): string {
  return `opsdx/${environment}/${system}/`;
}

/** Name of the key, without the prefix `alias/`, that encrypts the secrets of a system of an environment. */
export function secretKeyAlias(environment: string, system: string): string {
  return `${namePrefix(environment)}-${system}-secrets`;
}

/** Role of an ETL's Jobs, in the account of its environment. */
export function etlJobRole(environment: string, etl: string): string {
  return `${namePrefix(environment)}-${etl}-job`;
}

/** Role of a service's pods, in the account of its environment. */
export function serviceRole(environment: string, service: string): string {
  return `${namePrefix(environment)}-${service}`;
}

/**
 * Role with which a service's secrets are read for one cluster, in the account of its environment.
 * @param cluster - the cluster's short name: another cluster vouches for another role
 */
export function serviceSecretsRole(environment: string, service: string, cluster: string): string {
  return `${namePrefix(environment)}-${service}-secrets-${cluster}`;
}

/** Role with which an environment's Concourse pushes images, in its account; the registry names it. */
export function concoursePushRole(environment: string): string {
  return serviceRole(environment, "concourse-push");
}

/** Namespace of a service on its cluster: what watches the clusters shares one. */
export function serviceNamespace(service: string): string {
  return ["grafana", "prometheus"].includes(service) ? "monitoring" : service;
}

/** Last part of the name of the secret that holds the password of a service's role in its database. */
export const DATABASE_PASSWORD = "database-password";

/** Name of what makes a service's database: its template and service account on the cluster, and the start of its Jobs' names. */
export function serviceDatabaseName(service: string): string {
  return `${service}-database`;
}

/** Identifier of the instance that holds the databases of an environment's services. */
export function servicesInstance(environment: string): string {
  return `${namePrefix(environment)}-services`;
}

/** Role of the pods that make a service's database, in the account of its environment. */
export function serviceDatabaseRole(environment: string, service: string): string {
  return serviceRole(environment, serviceDatabaseName(service));
}

/** Address of an environment's Grafana; undefined where it has none. */
export function grafanaUrl(environment: {
  readonly dns: { readonly zone: string };
  readonly grafana?: { readonly host: string };
}): string | undefined {
  return environment.grafana && `https://${environment.grafana.host}.${environment.dns.zone}`;
}

/** Host of a cluster's Prometheus, for who is outside of the cluster: kops' dns-controller keeps the addresses of its nodes under it. */
export function prometheusHost(environment: { readonly dns: { readonly zone: string } }, cluster: string): string {
  return `prometheus.${clusterFullName(environment, cluster)}`;
}

/**
 * Address of a cluster's Prometheus, for who is outside of the cluster. It takes the login of the secret `prometheus/web`, and its certificate
 * is signed by the `ca` of `prometheus/tls`.
 */
export function prometheusUrl(environment: { readonly dns: { readonly zone: string } }, cluster: string): string {
  return `https://${prometheusHost(environment, cluster)}:${PROMETHEUS_NODE_PORT}`;
}

/** NodePort of Prometheus on each cluster. */
export const PROMETHEUS_NODE_PORT = 30909;

/** Topic to which a cluster's Alertmanager says that it is alive. */
export function watchdogTopic(environment: string, cluster: string): string {
  return `${namePrefix(environment)}-${cluster}-watchdog`;
}

/**
 * Role with which a cluster's nodes mount the shared file system for pods, in the account of its environment.
 * @param cluster - the cluster's short name: another cluster vouches for another role
 */
export function nfsDriverRole(environment: string, cluster: string): string {
  return serviceRole(environment, `efs-csi-driver-${cluster}`);
}

/** Role of an environment's controllers, in its account; the shared file system and the clusters name it. */
export function controllerRole(environment: string): string {
  return serviceRole(environment, "controller");
}

/** Path below which a stage publishes its exports to SSM. */
export function publishedFolder(environment: string, stage: string): string {
  return `/opsdx/${environment}/${stage}/`;
}

/** Start of the names of CI's roles, which no other role has. */
export const CI_ROLES = "opsdx-ci-";

/** How the tags start that keep an image from expiring. */
export const KEEP_TAGS = "keep-";

/**
 * Tag that keeps an image as long as an environment may run it. Tags never move, so it is made of the digest.
 * @param digest - `sha256:…`
 */
export function keepTag(environment: string, digest: string): string {
  return `${KEEP_TAGS}${environment}-${digest.replace("sha256:", "").slice(0, 16)}`;
}

/** Role with which CI plans, in every account. */
export const CI_PLAN_ROLE = `${CI_ROLES}plan`;

/** Role with which CI pushes images, in the global account. */
export const CI_PUSH_ROLE = `${CI_ROLES}push`;

/** Role with which CI applies an environment's stacks, in its account. */
export function ciApplyRole(environment: string): string {
  return `${CI_ROLES}apply-${environment}`;
}

/** Policy that bounds every role of the program but CI's own, in every account. */
export const BOUNDARY_POLICY = "opsdx-boundary";

/** Policy that bounds CI's own roles, in every account. */
export const CI_BOUNDARY_POLICY = "opsdx-ci-boundary";

/** ARN of the policy that bounds every role of an account but CI's own. */
export function boundaryArn(accountId: string): string {
  return `arn:aws:iam::${accountId}:policy/${BOUNDARY_POLICY}`;
}

/** Role of the global account through which an environment reads, or writes, the delegation of its zone. */
export function delegationRole(environment: string, access: "read" | "write"): string {
  return `opsdx-dns-delegation-${environment}${access === "read" ? "-read" : ""}`;
}

/** Role of the functions that launch an environment's ETLs, in its account; the clusters map it. */
export function etlLauncherRole(environment: string): string {
  return `opsdx-${environment}-etl-launcher`;
}

/** CodeBuild project whose builds are runners of CI. @param role - what their jobs do */
export function runnerProject(environment: string, role: "plan"): string {
  return `${namePrefix(environment)}-runner-${role}`;
}

/** Role of CI's runners, in the account of their environment; their jobs sign in as CI's own. */
export function runnerRole(environment: string): string {
  return serviceRole(environment, "runner");
}

/** Connection of an environment's account to GitHub: at most 32 characters. */
export function runnerConnection(environment: string): string {
  return namePrefix(environment);
}

/** Auto scaling group of an environment's controllers, and name of its instances. */
export function controllerGroup(environment: string): string {
  return `${namePrefix(environment)}-controllers`;
}

/** Document of Session Manager by which people enter a controller; also the name of the log group that keeps what they saw. */
export function controllerSessions(environment: string): string {
  return `${namePrefix(environment)}-controller-sessions`;
}

/** Roles that people take on in an account: what the clusters know of them, whatever they sign in as. */
export const PEOPLE_ROLES = { administrators: "opsdx-people-administrators", readers: "opsdx-people-readers" } as const;

/** Role that people take on to operate an environment's ETLs, in its account; the clusters map it. */
export function etlOperatorRole(environment: string): string {
  return `opsdx-${environment}-etl-operator`;
}

/** ARN of a role without a path. */
export function roleArn(accountId: string, role: string): string {
  return `arn:aws:iam::${accountId}:role/${role}`;
}

/** User names that machines have in the clusters. */
export const MACHINE_USERS = {
  ciApply: "ci-apply",
  ciPlan: "ci-plan",
  controller: "controller",
  etlLauncher: "etl-launcher",
} as const;

/** User names that people have in the clusters, by kind: who it was says CloudTrail, by the access key that the audit log names. */
export const PEOPLE_USERS = {
  administrators: "administrators",
  etlOperators: "etl-operators",
  readers: "readers",
} as const;

/** Name of the vault of the shared account that holds the copies of an environment's snapshots; also of its key, as an alias. */
export function copiesVault(environment: string): string {
  return `${namePrefix(environment)}-backup-copies`;
}

/** Role with which AWS Backup copies those back, in the shared account. */
export const COPY_BACK_ROLE = "opsdx-global-copy-back";

/**
 * What the audit system of an account has written and raised, as patterns of names: whoever may change nothing of it is refused by
 * these. A bucket's stands for its objects, too.
 * @param owner - name of the environment, or {@link GLOBAL}
 */
export function auditNames(owner: string): {
  readonly alarms: readonly string[];
  readonly buckets: readonly string[];
  readonly eventRules: readonly string[];
  readonly logGroups: readonly string[];
} {
  const named = (...parts: readonly string[]): readonly string[] =>
    parts.map((part) => `${namePrefix(owner)}-${part}*`);
  return {
    alarms: named(
      ...["access-analyzer-", "audit-", "cis-", "config-", "guardduty-", "macie-", "security-hub-"],
      // Of the API's audit log.
      ...["api-", "pods-entered", "secrets-read-"],
    ),
    buckets: named("access-logs", "cloudtrail", "config", "flow-logs", "s3-access-logs"),
    eventRules: named("access-analyzer-", "config-", "guardduty-", "macie-", "security-hub"),
    logGroups: named("cloudtrail", "flow-logs", "kubernetes-audit", "resolver-queries"),
  };
}

/** Name of Redash's cache in AWS, of its user, and of what belongs to it. */
export function redashCache(environment: string): string {
  return `${namePrefix(environment)}-redash`;
}

/** Log groups of Redash's cache: the slow commands, and what the engine says. */
export function redashCacheLogs(environment: string): { readonly slow: string; readonly engine: string } {
  const folder = `${redashCache(environment)}-cache`;
  return { slow: `${folder}/slow`, engine: `${folder}/engine` };
}

/**
 * Names in CloudWatch of the alarms of an environment's web service: what an exercise on it stops at. All of them are in its composite alarm.
 * @param environment - its name, and its zones
 */
export function webAlarms({
  name,
  network,
}: {
  readonly name: string;
  readonly network: { readonly zones: Readonly<Record<string, unknown>> };
}): readonly string[] {
  return [
    "ping-up",
    ...["5xx-rate", "connections-rejected", "elb-5xx", "latency-p99", "no-healthy-target", "nodes-at-maximum"].map(
      (what) => `web-${what}`,
    ),
    ...["nodes-inservice", "rate-limited", "target-unhealthy"].map((what) => `web-${what}`),
    ...Object.keys(network.zones).map((zone) => `elb-connections-failed-${zone}`),
  ]
    .map((alarm) => `${namePrefix(name)}-${alarm}`)
    .sort();
}

/** Bucket of what an environment's exercises show: load tests and drills. */
export function exercisesBucket(environment: string, accountId: string): string {
  return accountBucket(namePrefix(environment), "exercises", accountId);
}

/** Kinds of exercises, which are also what their settings are called. */
export const EXERCISES = ["load", "drills"] as const;

/** The exercise, among those that an environment has, on whose page of the runbook their bucket stands; undefined where it has none. */
export function exercisesOf(environment: object): (typeof EXERCISES)[number] | undefined {
  const settings = environment as Readonly<Record<string, unknown>>;
  return EXERCISES.find((kind) => settings[kind] !== undefined);
}

/** Name of the function of an environment's behavior monitors, and start of the names of what belongs to it. */
export function monitorsFunction(environment: string): string {
  return `${namePrefix(environment)}-behavior-monitors`;
}

/** Who reads views of a database. */
export interface DatabaseReaderId {
  /** The service. */
  readonly service: "grafana" | "monitors" | "redash";
  /** What tells it from other readers of the service. @default - it has one in a database */
  readonly name?: string | undefined;
}

/** Role, in a database, of a reader: `grafana_reader`. */
export function databaseReaderUser({ name, service }: DatabaseReaderId): string {
  return [service, ...(name === undefined ? [] : [name.replaceAll("-", "_")]), "reader"].join("_");
}

/** Name of what makes a reader's role: its template and service account on the cluster, and the start of its Jobs' names. */
export function databaseReaderName({ name, service }: DatabaseReaderId & { readonly name: string }): string {
  return `${service}-reader-${name}`;
}

/** Last part of the name of the secret that holds the password of a reader, by its database or by what tells it from others. */
export function databaseReaderPassword(name: string): string {
  return `${name}-password`;
}
