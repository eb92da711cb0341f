import { imageParts } from "../../../config/images";
import type { RedashConfig } from "../../../config/schema/redash";
import type { HelmValue, PinnedChart } from "../../shared/helm/helm-release";
import { PRIORITY_CLASSES } from "../../shared/kubernetes/cluster-foundation";
import { RESTRICTED_CONTAINER, SCRATCH } from "../../shared/kubernetes/pod-security";

/** The chart of Redash 25.8.0. */
export const REDASH_CHART: PinnedChart = {
  name: "redash",
  version: "4.0.1",
  repository: "https://getredash.github.io/contrib-helm-chart/",
};

/** Name of the namespace, the release, its Service and its service account. */
export const REDASH = "redash";

/** Port that Redash's server listens on. */
export const REDASH_PORT = 5000;

/** The Kubernetes Secrets that Redash reads. */
export const REDASH_SECRETS = { app: "redash-app", setup: "redash-setup", urls: "redash-urls" } as const;

/** Keys of {@link REDASH_SECRETS.urls}, which a pod finds its database and its queues by. */
export const URL_KEYS = { database: "database", cache: "cache" } as const;

/** Where a pod finds the authorities that the database's certificate is verified by. */
export const CA_MOUNT = "/ca";

/** Labels of every pod of the release, which the chart gives them. */
export const REDASH_LABELS = { "app.kubernetes.io/name": REDASH, "app.kubernetes.io/instance": REDASH } as const;

/** Label that tells kinds of pods apart: the chart gives it to the server and the scheduler, the values to the workers. */
export const COMPONENT_LABEL = "app.kubernetes.io/component";

/** Queues of each kind of worker, as the chart has them. */
const QUEUES = {
  adhoc: "queries",
  scheduled: "scheduled_queries,schemas",
  generic: "periodic,emails,default",
} as const;

/** Kind of a worker. */
export type WorkerKind = keyof typeof QUEUES;

/** Kinds of workers. */
export const WORKER_KINDS = Object.keys(QUEUES) as readonly WorkerKind[];

/** Value of {@link COMPONENT_LABEL} of a kind of workers; also what their Deployment and their container are called after. */
export function workerComponent(kind: WorkerKind): string {
  return `${kind}worker`;
}

/** User of the image, to whom its files belong. @see https://github.com/getredash/redash/blob/v25.8.0/Dockerfile */
const USER = 1000;

/** Security context of every pod of Redash's image. */
export const REDASH_POD_SECURITY = {
  runAsNonRoot: true,
  runAsUser: USER,
  runAsGroup: USER,
  fsGroup: USER,
  seccompProfile: { type: "RuntimeDefault" },
} as const;

const CONTAINER_SECURITY = { ...RESTRICTED_CONTAINER, runAsUser: USER, runAsGroup: USER };

/**
 * Whether the pod has as many processes as it should: each has the word `worker` among its arguments, which `grep` itself has not. The
 * chart's own probe counts the workers of all pods, and a pod without any passes it.
 */
export const WORKER_PROBE =
  '[ "$(grep -lzx "w[o]rker" /proc/[0-9]*/cmdline 2>/dev/null | wc -l)" -ge "$WORKERS_COUNT" ]';

/**
 * Whether a scheduler gives a sign of life, as each does with every round: the sign vanishes seconds after the last. The chart's own
 * probe compares with a number that a scheduler doesn't have, and always passes.
 * @see https://github.com/rq/rq-scheduler/blob/v0.13.1/rq_scheduler/scheduler.py
 */
export const SCHEDULER_PROBE =
  "import os, redis, sys; sys.exit(not any(redis.from_url(os.environ['REDASH_REDIS_URL'], socket_timeout=10).scan_iter('rq:scheduler_instance:*')))";

/** What the values are made from. */
export interface RedashValuesProps {
  /** Its settings. */
  readonly config: RedashConfig;
  /** Address that people reach it at. */
  readonly url: string;
  /** ConfigMap of the authorities that the database's certificate is verified by. */
  readonly caConfigMap: string;
  /** Its service account, which the chart doesn't make: it would give every pod a token of the cluster's API. */
  readonly serviceAccountName: string;
}

/** Pods of a kind, rather on different nodes and in different zones. */
function apart(component: string): HelmValue {
  const term = (weight: number, topologyKey: string): HelmValue => ({
    weight,
    podAffinityTerm: {
      topologyKey,
      labelSelector: { matchLabels: { ...REDASH_LABELS, [COMPONENT_LABEL]: component } },
    },
  });
  return {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        term(100, "topology.kubernetes.io/zone"),
        term(50, "kubernetes.io/hostname"),
      ],
    },
  };
}

const resources = ({ cpu, memory }: { readonly cpu: string; readonly memory: string }): HelmValue => ({
  requests: { cpu, memory },
  limits: { memory },
});

/** What every pod has in common. */
const hardened = {
  podSecurityContext: REDASH_POD_SECURITY,
  securityContext: CONTAINER_SECURITY,
  priorityClassName: PRIORITY_CLASSES.service.name,
};

/** The chart's values. Every secret comes by the name of a Kubernetes Secret. */
export function redashValues(props: RedashValuesProps): Readonly<Record<string, HelmValue>> {
  const { config } = props;
  const { registry, repository, tag } = imageParts("redash");
  return {
    fullnameOverride: REDASH,
    // The chart makes a label of the tag, too, and a digest is no label: at most 63 characters, and no @.
    image: { registry, repo: repository, tag },
    serviceAccount: { create: false, name: props.serviceAccountName },
    postgresql: { enabled: false },
    redis: { enabled: false },
    externalPostgreSQLSecret: { name: REDASH_SECRETS.urls, key: URL_KEYS.database },
    externalRedisSecret: { name: REDASH_SECRETS.urls, key: URL_KEYS.cache },
    env: {
      HOME: "/tmp",
      REDASH_ENFORCE_CSRF: "true",
    },
    volumes: [...SCRATCH.volume, { name: "ca", configMap: { name: props.caConfigMap } }],
    volumeMounts: [...SCRATCH.volumeMount, { name: "ca", mountPath: CA_MOUNT, readOnly: true }],
    redash: { existingSecret: REDASH_SECRETS.app, ...application(props) },
    server: {
      replicaCount: config.server.replicas,
      httpPort: REDASH_PORT,
      resources: resources(config.server.pod),
      affinity: apart("server"),
      livenessProbe: { initialDelaySeconds: 60, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
      readinessProbe: { initialDelaySeconds: 10, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
      ...hardened,
    },
    workers: Object.fromEntries(
      WORKER_KINDS.map((kind) => {
        const { pod, processes, replicas } = config.workers[kind];
        return [
          kind,
          {
            replicaCount: replicas,
            podLabels: { [COMPONENT_LABEL]: workerComponent(kind) },
            resources: resources(pod),
            affinity: apart(workerComponent(kind)),
            env: { QUEUES: QUEUES[kind], WORKERS_COUNT: `${processes}` },
          },
        ];
      }),
    ),
    worker: {
      livenessProbe: {
        exec: { command: ["/bin/sh", "-c", WORKER_PROBE] },
        initialDelaySeconds: 60,
        periodSeconds: 30,
        timeoutSeconds: 10,
      },
      ...hardened,
    },
    scheduler: {
      resources: resources(config.scheduler),
      livenessProbe: {
        exec: { command: ["python", "-c", SCHEDULER_PROBE] },
        initialDelaySeconds: 90,
        periodSeconds: 60,
        timeoutSeconds: 20,
      },
      ...hardened,
    },
    // The chart's hook makes tables in an empty database, which it never is: see setup.py.
    migrations: { resources: resources(config.scheduler), ...hardened },
  };
}

/** Settings of the application. Texts, because the chart leaves out what is false. */
function application({ config, url }: RedashValuesProps): Readonly<Record<string, HelmValue | undefined>> {
  const { mail, saml, timeLimits } = config;
  return {
    host: url,
    // Redirects, secure cookies and HSTS for a year: https://github.com/getredash/redash/blob/v25.8.0/redash/settings/__init__.py
    enforceHttps: "true",
    proxiesCount: "1",
    throttleLoginPattern: "20/hour",
    disablePublicUrls: config.publicLinks ? "false" : "true",
    // With signatures in place of keys no link to results works for who has not signed in, but for an hour.
    authType: config.apiKeys ? "api_key" : "hmac",
    queryResultsCleanupMaxAge: `${config.resultDays}`,
    adhocQueryTimeLimit: `${timeLimits.adhocSeconds}`,
    scheduledQueryTimeLimit: `${timeLimits.scheduledSeconds}`,
    // The databases of this program, and nobody's web site or spreadsheet.
    enabledQueryRunners: "redash.query_runner.pg",
    enabledDestinations: "redash.destinations.email",
    versionCheck: "false",
    webWorkers: `${config.server.processes}`,
    passwordLoginEnabled: saml === undefined ? "true" : "false",
    ...(saml && { samlMetadataUrl: saml.metadataUrl, samlEntityId: saml.entityId }),
    ...(mail && {
      mailServer: mail.server,
      mailPort: `${mail.port}`,
      ...(mail.port === 465 ? { mailUseSsl: "true" } : { mailUseTls: "true" }),
      mailUsername: mail.user,
      mailDefaultSender: mail.sender,
    }),
  };
}
