import { readFileSync } from "node:fs";
import path from "node:path";
import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import type { JobV1Spec } from "@cdktf/provider-kubernetes/lib/job-v1";
import { imageOf } from "../../../config/images";
import { databaseReaderUser, serviceRole } from "../../../config/names";
import type { RedashConfig } from "../../../config/schema/redash";
import { Construct, type ITerraformDependable } from "../../shared/cdktf";
import { ServiceAccountRole } from "../../shared/iam/service-account-role";
import { podServiceAccount, podSpec } from "../../shared/kubernetes/pod";
import { HTTPS, PodNetworkPolicy, postgresIn } from "../../shared/kubernetes/pod-network-policy";
import { repeatableJob } from "../../shared/kubernetes/repeatable-job";
import type { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import { REDIS_PORT } from "../../shared/network/ports";
import { CA_FILE } from "../../shared/database/database-job";
import type { Platform } from "../../shared/platform";
import { CA_MOUNT, REDASH, REDASH_SECRETS, URL_KEYS } from "./values";

/** Properties of {@link SetupJob}. */
export interface SetupJobProps {
  /** What it stands on. */
  readonly platform: Pick<Platform, "account" | "clusters" | "databases" | "environment" | "network">;
  /** Redash's settings. */
  readonly config: RedashConfig;
  /** Its namespace. */
  readonly namespace: WorkloadNamespace;
  /** Identifier of the instance that its database is in. */
  readonly instance: string;
  /** ConfigMap of the authorities that databases' certificates are verified by. */
  readonly caConfigMap: string;
  /** The cache's user, whom it gives the password: one that is made anew has none. */
  readonly cacheUser: { readonly id: string; readonly arn: string };
  /** What must be there first: the database, the cache, the Secrets. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/** Name of the Job's template, of its service account and of its files. */
export const SETUP = "redash-setup";

const FOLDER = "/setup";
/** An hour: a snapshot of the instance is taken and waited for, when the schema changes. */
const DEADLINE_SECONDS = 3600;
/** One process of Redash, and a second while the schema changes: 131 MB each. */
const SETUP_REQUESTS = { cpu: "50m", memory: "384Mi" };

/**
 * What is done before a pod of Redash starts, with its own image: `setup.py` tells what. It runs again whenever the image, the program, the
 * settings or the cache's user are others, and as often as people like: everything in it looks first.
 *
 * The chart's hook is no help: it runs after the new pods, and knows empty databases only.
 * @see https://github.com/getredash/contrib-helm-chart/issues/187
 */
export class SetupJob extends Construct {
  /** What must be done before Redash's pods start. */
  public readonly ready: readonly ITerraformDependable[];

  public constructor(scope: Construct, id: string, props: SetupJobProps) {
    super(scope, id);
    const { cacheUser, caConfigMap, config, instance, namespace, platform } = props;
    const { account, clusters, environment, network } = platform;
    const { kubernetes: provider } = clusters.k8s;
    const labels = { app: SETUP };
    const metadata = { name: SETUP, namespace: namespace.name, labels };
    const dependsOn = [...namespace.ready];
    const arn = (service: string, what: string): string => `arn:aws:${service}:${account.region}:${account.id}:${what}`;
    const role = new ServiceAccountRole(this, "Role", {
      name: serviceRole(environment, SETUP),
      description: "Job that prepares what Redash stands on",
      policyDescription:
        "The password of Redash's user of the cache; a snapshot of the database before its schema changes",
      cluster: clusters.k8s,
      serviceAccount: { namespace: namespace.name, name: SETUP },
      statements: [
        { sid: "CachePassword", actions: ["elasticache:ModifyUser"], resources: [cacheUser.arn] },
        {
          sid: "Snapshot",
          actions: ["rds:CreateDBSnapshot", "rds:DescribeDBSnapshots"],
          resources: [arn("rds", `db:${instance}`), arn("rds", `snapshot:${instance}-before-redash-*`)],
        },
      ],
    });
    const program = readFileSync(path.join(__dirname, "setup.py"), "utf8");
    const settings = settingsFile(props);
    const files = new ConfigMapV1(this, "Files", {
      provider,
      metadata,
      data: { "setup.py": program, "setup.json": JSON.stringify(settings) },
      dependsOn,
    });
    const ways = new PodNetworkPolicy(this, "Network", {
      provider,
      namespace,
      name: SETUP,
      podLabels: labels,
      out: [HTTPS, postgresIn(network.vpcCidr), { peer: { cidr: network.vpcCidr }, ports: [REDIS_PORT] }],
    });
    const image = imageOf("redash");
    const serviceAccountName = podServiceAccount(this, "ServiceAccount", {
      provider,
      metadata,
      roleArn: role.arn,
      dependsOn,
    });
    const spec: JobV1Spec = {
      activeDeadlineSeconds: DEADLINE_SECONDS,
      backoffLimit: 2,
      template: {
        metadata: { labels },
        spec: podOf({ image, serviceAccountName, region: account.region, caConfigMap }),
      },
    };
    const before = [...dependsOn, ...props.dependsOn, files, ways.resource];
    const { job } = repeatableJob(this, {
      provider,
      metadata,
      spec,
      madeOf: [image, program, config.dataSources, config.administrator],
      runsAgainWith: cacheUser.arn,
      timeout: "65m",
      dependsOn: before,
    });
    this.ready = [job];
  }
}

/** What `setup.py` reads: no secret is among it. */
function settingsFile({ cacheUser, config, instance, platform }: SetupJobProps): object {
  const { account, databases, environment } = platform;
  const reached = {
    db: { host: databases.dbAddress, port: databases.dbPort, database: databases.dbName },
    dw: { host: databases.dwAddress, port: databases.dwPort, database: databases.dwName },
  };
  return {
    cache: { userId: cacheUser.id, region: account.region },
    database: { instance, region: account.region },
    administrator: { organization: `OpsDX ${environment}`, ...config.administrator },
    dataSources: Object.entries(config.dataSources).map(([name, { database, groups, views }]) => ({
      name,
      ...reached[database],
      user: databaseReaderUser({ service: REDASH, name }),
      certificates: `${CA_MOUNT}/${CA_FILE}`,
      views,
      groups,
    })),
  };
}

interface PodParts {
  readonly image: string;
  readonly serviceAccountName: string;
  readonly region: string;
  readonly caConfigMap: string;
}

function podOf({ caConfigMap, image, region, serviceAccountName }: PodParts) {
  const secret = (name: string, secretName: string, key: string) => ({
    name,
    valueFrom: { secretKeyRef: { name: secretName, key } },
  });
  const pod = podSpec({
    name: SETUP,
    image,
    command: ["python", `${FOLDER}/setup.py`],
    files: { [FOLDER]: SETUP, [CA_MOUNT]: caConfigMap },
    serviceAccountName,
    priority: "service",
    size: SETUP_REQUESTS,
    variables: {
      region,
      own: {
        HOME: "/tmp",
        PYTHONDONTWRITEBYTECODE: "1",
        PYTHONPATH: "/app",
        REDASH_ENABLED_DESTINATIONS: "redash.destinations.email",
        REDASH_ENABLED_QUERY_RUNNERS: "redash.query_runner.pg",
        SETUP_FILE: `${FOLDER}/setup.json`,
      },
    },
    graceSeconds: 30,
    restartPolicy: "Never",
  });
  return {
    ...pod,
    container: pod.container.map((container) => ({
      ...container,
      workingDir: "/app",
      env: [
        ...container.env,
        secret("REDASH_COOKIE_SECRET", REDASH_SECRETS.app, "cookieSecret"),
        secret("REDASH_SECRET_KEY", REDASH_SECRETS.app, "secretKey"),
        secret("REDASH_DATABASE_URL", REDASH_SECRETS.urls, URL_KEYS.database),
        secret("REDASH_REDIS_URL", REDASH_SECRETS.urls, URL_KEYS.cache),
      ],
      // Passwords, by the names that setup.py looks for.
      envFrom: [{ secretRef: { name: REDASH_SECRETS.setup } }],
    })),
  };
}
