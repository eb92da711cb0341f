import { PodDisruptionBudgetV1 } from "@cdktf/provider-kubernetes/lib/pod-disruption-budget-v1";
import { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import { DATABASE_PASSWORD, databaseReaderPassword, servicesInstance } from "../../../config/names";
import type { RedashConfig } from "../../../config/schema/redash";
import { Construct, type ITerraformDependable } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import { CA_FILE } from "../../shared/database/database-job";
import { DatabaseReader } from "../../shared/database/database-reader";
import { ServiceDatabase } from "../../shared/database/service-database";
import { HelmRelease } from "../../shared/helm/helm-release";
import { ServiceSecrets, type SecretSource } from "../../shared/helm/service-secrets";
import type { Entrance } from "../../shared/http/entrance";
import { podServiceAccount } from "../../shared/kubernetes/pod";
import {
  fromNodes,
  HTTPS,
  PodNetworkPolicy,
  postgresIn,
  type PodWay,
} from "../../shared/kubernetes/pod-network-policy";
import { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import { REDIS_PORT } from "../../shared/network/ports";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import type { Platform } from "../../shared/platform";
import { acknowledgeUnlockedImage } from "../../shared/policy/unlocked-image";
import { PropsError } from "../../shared/props-error";
import { RedashAlarms } from "./alarms";
import { Cache } from "./cache";
import { redashCommands } from "./commands";
import { redashFacts } from "./facts";
import { RedashDashboard } from "./redash-dashboard";
import { SetupJob } from "./setup-job";
import {
  CA_MOUNT,
  COMPONENT_LABEL,
  REDASH,
  REDASH_CHART,
  REDASH_LABELS,
  REDASH_PORT,
  REDASH_SECRETS,
  redashValues,
  URL_KEYS,
  WORKER_KINDS,
  workerComponent,
} from "./values";

/** Properties of {@link Redash}. */
export interface RedashProps {
  /** What it stands on. */
  readonly platform: Pick<
    Platform,
    | "account"
    | "clusterLogs"
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
  readonly config: RedashConfig;
  /** What people reach it through. */
  readonly entrance: Entrance;
}

/** Seconds that a statement of Redash in its own database may take: a change of the schema rewrites whole tables. */
const STATEMENT_SECONDS = 1800;

/** Connections to a data source: each worker's process, and as many who look at what tables there are. */
const READER_CONNECTIONS = 20;

/** Answers within 10 s, or is slow; a query's result is fetched when it is there. */
const THRESHOLDS = { errorPercent: 5, minRequestsPerMinute: 10, latencySeconds: 10 };

/**
 * Redash: people query the databases, and put what they find on dashboards. Its own things are in the database of services, its queues
 * on ElastiCache; a Job of its own brings both to where the image wants them before a new pod starts.
 */
export class Redash extends Construct {
  private readonly namespace: WorkloadNamespace;

  /** @throws PropsError when the environment has no database of services */
  public constructor(
    scope: Construct,
    id: string,
    private readonly props: RedashProps,
  ) {
    super(scope, id);
    const { config, entrance, platform } = props;
    const { account, clusters, databases, environment, monitoring } = platform;
    const { helm, kubernetes: provider, name: cluster } = clusters.k8s;
    const { servicesIdentifier: instance } = databases;
    if (instance === undefined) {
      throw new PropsError(this, [
        "platform.databases must hold the database of services, got none (databases.services)",
      ]);
    }
    const commands = redashCommands(environment, cluster);
    describeSystem(
      this,
      redashFacts({ environment, cluster, commands, config, instance: servicesInstance(environment) }),
    );
    acknowledgeUnlockedImage(this, REDASH);

    this.namespace = new WorkloadNamespace(this, "Namespace", {
      provider,
      name: REDASH,
      level: "restricted",
      // The entrance's port is the only one. Pods: twice those of a rollout, and Jobs.
      quota: { "services.loadbalancers": "0", "services.nodeports": "1", pods: `${4 * podCount(config) + 10}` },
    });
    const host = entrance.host(this, {
      service: REDASH,
      title: "Redash",
      users: "analysts",
      protocol: "HTTP",
      healthPath: "/ping",
      place: { cluster, namespace: REDASH },
      workload: `deployment/${REDASH}`,
      thresholds: THRESHOLDS,
      steps: { noHealthyTarget: [["What does the server say?", commands.run(`logs deployment/${REDASH} --tail=100`)]] },
    });
    const cache = new Cache(this, "Cache", { platform, config: config.cache });
    const database = new ServiceDatabase(this, "Database", {
      platform,
      service: REDASH,
      namespace: this.namespace,
      statementTimeoutSeconds: STATEMENT_SECONDS,
    });
    const readers = Object.entries(config.dataSources).map(
      ([name, { database: source, views }]) =>
        new DatabaseReader(this, constructId("reader", name), {
          platform,
          service: REDASH,
          source,
          name,
          namespace: this.namespace,
          views,
          setting: `redash.dataSources.${name}.views`,
          login: "password",
          connectionLimit: READER_CONNECTIONS,
          statementTimeoutSeconds: Math.max(config.timeLimits.adhocSeconds, config.timeLimits.scheduledSeconds),
        }),
    );
    const secrets = this.secrets(database, cache);
    const setup = new SetupJob(this, "Setup", {
      platform,
      config,
      namespace: this.namespace,
      instance,
      caConfigMap: database.caConfigMap,
      cacheUser: { id: cache.user, arn: cache.userArn },
      dependsOn: [...database.ready, ...readers.flatMap(({ ready }) => ready), ...cache.ready, ...secrets.ready],
    });
    const serviceAccountName = podServiceAccount(this, "ServiceAccount", {
      provider,
      metadata: { name: REDASH, namespace: this.namespace.name, labels: REDASH_LABELS },
      dependsOn: [...this.namespace.ready],
    });
    const release = new HelmRelease(this, "Resource", {
      provider: helm,
      releaseName: REDASH,
      namespace: this.namespace.name,
      chart: REDASH_CHART,
      values: redashValues({ config, url: host.url, caConfigMap: database.caConfigMap, serviceAccountName }),
      dependsOn: [...this.namespace.ready, ...setup.ready, ...this.ways()],
    });
    this.open(host.nodePort, release.resource);
    this.keepSome();

    const own = new RedashAlarms(this, "Alarms", { monitoring, clusterLogs: platform.clusterLogs, config, commands });
    const alarms = [...host.alarms, ...own.alarms, ...cache.alarms];
    new SystemHealth(this, "Health", { monitoring, alarms });
    new RedashDashboard(this, "Dashboard", {
      monitoring,
      region: account.region,
      target: host.target,
      alarms,
      cache: { name: cache.name, replicas: config.cache.replicas, slowLog: cache.slowLog },
    });
  }

  /** What pods and the Job read: the application's keys, two addresses with their passwords, and passwords alone. */
  private secrets({ database, host, port, user }: ServiceDatabase, cache: Cache): ServiceSecrets {
    const { config, platform } = this.props;
    const mail = config.mail !== undefined;
    const sources = Object.keys(config.dataSources);
    return new ServiceSecrets(this, "Secrets", {
      platform,
      cluster: "k8s",
      namespace: this.namespace,
      service: REDASH,
      secrets: [
        {
          name: REDASH_SECRETS.app,
          data: {
            cookie: { reference: "cookie-secret" },
            key: { reference: "secret-key" },
            ...(mail && { mail: { reference: "mail-password" } }),
          },
          // The chart refers to five keys, whether they are used or not.
          template: {
            cookieSecret: "{{ .cookie }}",
            secretKey: "{{ .key }}",
            mailPassword: mail ? "{{ .mail }}" : "",
            googleClientSecret: "",
            ldapBindDnPassword: "",
          },
        },
        {
          name: REDASH_SECRETS.urls,
          data: { database: { reference: DATABASE_PASSWORD }, cache: { reference: "cache-password" } },
          template: {
            [URL_KEYS.database]: `postgresql://${user}:{{ .database }}@${host}:${port}/${database}?sslmode=verify-full&sslrootcert=${CA_MOUNT}/${CA_FILE}`,
            // Without the last part the certificate would be looked at, and not whose it is.
            [URL_KEYS.cache]: `rediss://${cache.user}:{{ .cache }}@${cache.host}:${REDIS_PORT}/0?ssl_check_hostname=True`,
          },
        },
        {
          name: REDASH_SECRETS.setup,
          data: Object.fromEntries<SecretSource>([
            ["ADMIN_PASSWORD", { reference: "admin-password" }],
            ["CACHE_PASSWORD", { reference: "cache-password" }],
            ...sources.map((name): [string, SecretSource] => [
              `${name.toUpperCase().replaceAll("-", "_")}_PASSWORD`,
              { reference: databaseReaderPassword(name) },
            ]),
          ]),
        },
      ],
    });
  }

  /** Every pod reaches databases and queues; people reach the server, and it the identity provider; workers send mail. */
  private ways(): readonly ITerraformDependable[] {
    const { config, platform } = this.props;
    const { vpcCidr } = platform.network;
    const way = (name: string, podLabels: Readonly<Record<string, string>>, open: { in?: PodWay[]; out?: PodWay[] }) =>
      new PodNetworkPolicy(this, constructId("network", name), {
        provider: platform.clusters.k8s.kubernetes,
        namespace: this.namespace,
        name,
        podLabels: { ...REDASH_LABELS, ...podLabels },
        ...open,
      }).resource;
    const server = { [COMPONENT_LABEL]: "server" };
    return [
      way(REDASH, {}, { out: [postgresIn(vpcCidr), { peer: { cidr: vpcCidr }, ports: [REDIS_PORT] }] }),
      way(`${REDASH}-server`, server, {
        in: [fromNodes(REDASH_PORT)],
        ...(config.saml && { out: [HTTPS] }),
      }),
      ...(config.mail === undefined
        ? []
        : [
            way(
              `${REDASH}-mail`,
              { [COMPONENT_LABEL]: workerComponent("generic") },
              { out: [{ peer: "anywhere", ports: [config.mail.port] }] },
            ),
          ]),
    ];
  }

  /** The port of the entrance: the chart's own Service cannot choose one. */
  private open(nodePort: number, release: ITerraformDependable): void {
    new ServiceV1(this, "Service", {
      provider: this.props.platform.clusters.k8s.kubernetes,
      metadata: { name: `${REDASH}-entrance`, namespace: this.namespace.name, labels: REDASH_LABELS },
      spec: {
        type: "NodePort",
        selector: { ...REDASH_LABELS, [COMPONENT_LABEL]: "server" },
        port: [{ name: "http", port: 80, targetPort: `${REDASH_PORT}`, nodePort }],
      },
      dependsOn: [...this.namespace.ready, release],
    });
  }

  /** A node that is emptied takes one pod of a kind at a time. */
  private keepSome(): void {
    const { config, platform } = this.props;
    const kinds = {
      server: config.server.replicas,
      ...Object.fromEntries(WORKER_KINDS.map((kind) => [workerComponent(kind), config.workers[kind].replicas])),
    };
    for (const [component, replicas] of Object.entries(kinds)) {
      if (replicas < 2) continue;
      new PodDisruptionBudgetV1(this, constructId(component, "budget"), {
        provider: platform.clusters.k8s.kubernetes,
        metadata: { name: `${REDASH}-${component}`, namespace: this.namespace.name },
        spec: {
          maxUnavailable: "1",
          selector: { matchLabels: { ...REDASH_LABELS, [COMPONENT_LABEL]: component } },
        },
        dependsOn: [...this.namespace.ready],
      });
    }
  }
}

/** Pods that are always there. */
function podCount({ server, workers }: RedashConfig): number {
  return WORKER_KINDS.reduce((sum, kind) => sum + workers[kind].replicas, server.replicas + 1);
}
