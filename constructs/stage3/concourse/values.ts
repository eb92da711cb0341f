import { BUILDS_NETWORK, type ConcourseConfig } from "../../../config/schema/concourse";
import { imageParts } from "../../../config/images";
import { NOT_SECRET_ANNOTATION } from "../../../config/secrets";
import type { HelmValue, PinnedChart } from "../../shared/helm/helm-release";
import { PRIORITY_CLASSES } from "../../shared/kubernetes/cluster-foundation";
import { ROOT_CONTAINER } from "../../shared/kubernetes/pod-security";
import { SCRAPED } from "../../shared/prometheus/scraped";
import { CONCOURSE, PIPELINE, pipelineSecrets, PORTS, WEB } from "./names";

/** The chart of Concourse 8.1.1. */
export const CONCOURSE_CHART: PinnedChart = {
  name: "concourse",
  version: "20.1.3",
  repository: "https://concourse-charts.storage.googleapis.com/",
};

type Values = Readonly<Record<string, HelmValue>>;

/** What both releases have in common. */
function shared(
  account: { readonly webServiceAccountName: string } | { readonly workerServiceAccountName: string },
): Values {
  const { digest, registry, repository, tag } = imageParts("concourse");
  return {
    // Names of all it makes, whatever the release is called.
    fullnameOverride: CONCOURSE,
    image: `${registry}/${repository}`,
    imageTag: tag,
    ...(digest !== undefined && { imageDigest: digest }),
    // The chart's are published: a private key for each purpose, and the user test with the password test.
    secrets: { create: false },
    // Accounts are this program's own: without a token of the cluster's API.
    rbac: { create: false, ...account },
    // Without the second it still makes a Service of it.
    postgresql: { enabled: false, service: { enabled: false } },
  };
}

/** What the servers' values are made from. */
export interface WebValuesProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Region of the environment. */
  readonly region: string;
  /** Settings. */
  readonly config: ConcourseConfig;
  /** Address that people know, `https://…`. */
  readonly url: string;
  /** Port on every node that the load balancer sends requests to. */
  readonly nodePort: number;
  /** The database. */
  readonly database: { readonly host: string; readonly port: string; readonly database: string };
  /** Name of their service account. */
  readonly serviceAccountName: string;
}

/** Values of the servers. */
export function webValues(props: WebValuesProps): Values {
  const { config, database, environment, region, url } = props;
  const secrets = pipelineSecrets(environment);
  return {
    ...shared({ webServiceAccountName: props.serviceAccountName }),
    // The server looks for the authority's file only where a text stands here; the file itself comes with the Secret.
    secrets: { create: false, postgresCaCert: "in the Secret" },
    worker: { enabled: false },
    web: {
      deploymentAnnotations: notSecret([
        "CONCOURSE_TSA_HOST_KEY",
        ...["PIPELINE_SECRET_TEMPLATE", "REGION", "SHARED_SECRET_TEMPLATE", "TEAM_SECRET_TEMPLATE"].map(
          (setting) => `CONCOURSE_AWS_SECRETSMANAGER_${setting}`,
        ),
        ...["ENABLE_REDACT_SECRETS", "SECRET_RETRY_ATTEMPTS", "SECRET_RETRY_INTERVAL"].map(named),
        ...["SECRET_CACHE_DURATION", "SECRET_CACHE_ENABLED"].map(named),
        "checksum/secrets",
      ]),
      replicas: config.web.replicas,
      strategy: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
      priorityClassName: PRIORITY_CLASSES.service.name,
      // The chart mounts keys that only root reads, and knows no group that they could belong to.
      securityContext: ROOT_CONTAINER,
      resources: sized(config.web.pod),
      concourseMigration: { resources: sized(config.web.pod) },
      service: {
        api: { type: "NodePort", NodePort: props.nodePort },
        // By this Prometheus finds it, which knows nothing of Concourse.
        prometheus: { labels: SCRAPED },
      },
      additionalVolumes: [{ name: "tmp", emptyDir: {} }],
      additionalVolumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
      additionalAffinities: apart(WEB),
    },
    concourse: {
      enableServiceLinks: false,
      web: {
        clusterName: `opsdx-${environment}`,
        externalUrl: url,
        bindPort: PORTS.web,
        postgres: { host: database.host, port: database.port, database: database.database, sslmode: "verify-full" },
        encryption: { enabled: true },
        // Else it makes a namespace that outlives the release, and may read Secrets.
        kubernetes: { enabled: false },
        awsSecretsManager: {
          enabled: true,
          region,
          keyAuth: { enabled: false },
          pipelineSecretTemplate: `${secrets}{{.Team}}/{{.Pipeline}}/{{.Secret}}`,
          teamSecretTemplate: `${secrets}{{.Team}}/{{.Secret}}`,
          sharedSecretTemplate: `${secrets}shared/{{.Secret}}`,
        },
        // With three servers while they are replaced: fewer than the role of the database may open.
        apiMaxConns: 10,
        backendMaxConns: 25,
        secretCacheEnabled: true,
        secretCacheDuration: "1m",
        enableRedactSecrets: true,
        // A node that AWS takes back gives its builds five minutes: they begin again elsewhere.
        enableBuildRerunWhenWorkerDisappears: true,
        // Who did what, as lines of the log.
        ...auditing(),
        defaultBuildLogsToRetain: config.buildLogs.builds,
        maxBuildLogsToRetain: config.buildLogs.builds,
        defaultDaysToRetainBuildLogs: config.buildLogs.days,
        maxDaysToRetainBuildLogs: config.buildLogs.days,
        // A build that hangs does not keep a worker from draining for ever.
        defaultTaskTimeout: `${config.workers.drainMinutes}m`,
        gc: { failedGracePeriod: "4h", missingGracePeriod: "5m" },
        containerPlacementStrategies: ["volume-locality", "fewest-build-containers"],
        prometheus: { enabled: true, bindPort: PORTS.metrics },
        localAuth: { enabled: true },
        auth: {
          cookieSecure: true,
          duration: "12h",
          mainTeam: {
            localUser: PIPELINE.user,
            ...(config.signIn !== undefined && { oidc: { group: config.signIn.group } }),
          },
          ...(config.signIn !== undefined && {
            oidc: {
              enabled: true,
              displayName: "OpsDX",
              issuer: config.signIn.issuer,
              scope: "profile,email,groups",
              groupsKey: "groups",
              userNameKey: "email",
            },
          }),
        },
        tsa: { bindPort: PORTS.workers },
      },
    },
  };
}

/** What the workers' values are made from. */
export interface WorkerValuesProps {
  /** Settings. */
  readonly config: ConcourseConfig["workers"];
  /** Value of their nodes' label. */
  readonly nodeLabel: string;
  /** Name of that label, which is their taint's, too. */
  readonly labelName: string;
  /** Host and port at which they find the servers. */
  readonly gateway: string;
  /** Networks that builds don't reach: databases, control planes, instance metadata. */
  readonly closedTo: readonly string[];
  /** Name of their service account. */
  readonly serviceAccountName: string;
}

/** Seconds that the rest of a worker's end takes, once its last build has ended. */
const LAST_SECONDS = 300;

/** Seconds after which a worker that goes is killed. */
export function workerGraceSeconds({ drainMinutes }: Pick<ConcourseConfig["workers"], "drainMinutes">): number {
  return drainMinutes * 60 + LAST_SECONDS;
}

/** Values of the workers. */
export function workerValues(props: WorkerValuesProps): Values {
  const { closedTo, config, labelName, nodeLabel } = props;
  return {
    ...shared({ workerServiceAccountName: props.serviceAccountName }),
    web: { enabled: false },
    worker: {
      // A worker keeps nothing worth a volume, and a new one has a new name: none is taken for the one that is gone.
      kind: "Deployment",
      deploymentAnnotations: notSecret(["CONCOURSE_TSA_WORKER_PRIVATE_KEY"]),
      replicas: config.replicas,
      minAvailable: config.replicas - 1,
      // One at a time, and never two on a node: the next one waits for the node until the last build has ended.
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      hardAntiAffinity: true,
      terminationGracePeriodSeconds: workerGraceSeconds(config),
      priorityClassName: PRIORITY_CLASSES.tools.name,
      // The autoscaler waits ten minutes for a pod, and would end builds that take longer.
      annotations: { "cluster-autoscaler.kubernetes.io/safe-to-evict": "false" },
      nodeSelector: { [labelName]: nodeLabel },
      tolerations: [{ key: labelName, operator: "Equal", value: nodeLabel, effect: "NoSchedule" }],
      resources: sized(config.pod),
      emptyDirSize: `${config.workSpaceGib}Gi`,
      readinessProbe: { httpGet: { path: "/", port: "worker-hc" }, periodSeconds: 15, timeoutSeconds: 3 },
    },
    concourse: {
      worker: {
        tsa: { hosts: [props.gateway] },
        runtime: "containerd",
        baggageclaim: { driver: "overlay" },
        connectionDrainTimeout: `${config.drainMinutes}m`,
        rebalanceInterval: "15m",
        containerd: {
          networkPool: BUILDS_NETWORK,
          // The chart makes a variable of this name of each entry, of which the last one would count.
          restrictedNetworks: [closedTo.join(",")],
        },
      },
    },
  };
}

const named = (setting: string): string => `CONCOURSE_${setting}`;

/** Variables that are called like secrets, and are paths of files, switches and names. */
function notSecret(names: readonly string[]): Values {
  return { [NOT_SECRET_ANNOTATION]: names.join(",") };
}

/** Memory is the limit, too; there is none on processors. */
function sized({ cpu, memory }: { readonly cpu: string; readonly memory: string }) {
  return { requests: { cpu, memory }, limits: { memory } };
}

/** Over zones, and over nodes. */
function apart(app: string) {
  const term = (topologyKey: string) => ({ topologyKey, labelSelector: { matchLabels: { app } } });
  return {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [term("kubernetes.io/hostname")],
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 100, podAffinityTerm: term("topology.kubernetes.io/zone") },
      ],
    },
  };
}

const AUDITED = ["Build", "Container", "Job", "Pipeline", "Resource", "System", "Team", "Worker", "Volume"];

function auditing(): Values {
  return Object.fromEntries(AUDITED.map((what) => [`enable${what}Auditing`, true]));
}
