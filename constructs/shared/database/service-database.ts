import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import type { JobV1Spec } from "@cdktf/provider-kubernetes/lib/job-v1";
import { DATABASE_PASSWORD, secretPath, serviceDatabaseName, serviceDatabaseRole } from "../../../config/names";
import { imageOf } from "../../../config/images";
import type { DATABASE_SERVICES } from "../../../config/schema/database";
import { Construct, type ITerraformDependable } from "../cdktf";
import { secretStatements } from "../iam/secret-access";
import { ServiceAccountRole } from "../iam/service-account-role";
import { acknowledgeUnlockedImage } from "../policy/unlocked-image";
import type { Platform } from "../platform";
import { PropsError } from "../props-error";
import { rdsCertificates } from "./rds-certificates";
import { podServiceAccount, podSpec } from "../kubernetes/pod";
import { HTTPS, PodNetworkPolicy, postgresIn } from "../kubernetes/pod-network-policy";
import { repeatableJob } from "../kubernetes/repeatable-job";

/** Properties of {@link ServiceDatabase}. */
export interface ServiceDatabaseProps {
  /** What it stands on. */
  readonly platform: Pick<
    Platform,
    "account" | "clusters" | "databases" | "environment" | "network" | "programs" | "secretKeyArns"
  >;
  /** The service: its database and its role in it are called like it. */
  readonly service: (typeof DATABASE_SERVICES)[number];
  /** Short name of its cluster. @default "k8s" */
  readonly cluster?: keyof Platform["clusters"];
  /** Its namespace, which is closed. */
  readonly namespace: { readonly name: string; readonly ready: readonly ITerraformDependable[] };
  /** Most connections of its role at a time. @default 50 */
  readonly connectionLimit?: number;
  /** Seconds after which a statement of its role is canceled. @default 300 */
  readonly statementTimeoutSeconds?: number;
}

/** Key of {@link ServiceDatabase.caConfigMap}, and so the name of the file where it is mounted. */
export const CA_FILE = "ca.pem";

const PROGRAM_FILE = "main.js";
const PROGRAM_FOLDER = "/program";
const CA_FOLDER = "/ca";

/** Exit codes by which the program says that no further try mends it. @see sysexits.h */
const FINAL_CODES = Array.from({ length: 78 - 64 + 1 }, (_, index) => 64 + index);

/**
 * A service's own database in the instance `services`, with a role that owns it and reaches no other. A Job of `jobs/service-database/`
 * makes both, or sets them right, whenever the program or its settings change; it is done before what waits for {@link ready} starts. The
 * password is the secret `<service>/database-password`.
 *
 * A suspended CronJob is the template of the same Job for people: `opsdx services database`.
 */
export class ServiceDatabase extends Construct {
  /** Host name, which the server's certificate bears. */
  public readonly host: string;
  /** Port. */
  public readonly port: string;
  /** Name of the database. */
  public readonly database: string;
  /** Name of the role. */
  public readonly user: string;
  /** ConfigMap, in the service's namespace, whose key {@link CA_FILE} holds the authorities that the server is verified by. */
  public readonly caConfigMap: string;
  /** What must be there before the service connects. */
  public readonly ready: readonly ITerraformDependable[];

  /** @throws PropsError where the environment has no database of services */
  public constructor(scope: Construct, id: string, props: ServiceDatabaseProps) {
    super(scope, id);
    const { namespace, platform, service } = props;
    const { account, databases, environment, programs } = platform;
    const { servicesAddress: host, servicesPort: port, servicesMasterSecretArn: masterSecret } = databases;
    if (host === undefined || port === undefined || masterSecret === undefined) {
      throw new PropsError(this, [
        "platform.databases must hold the database of services, got none (databases.services)",
      ]);
    }
    const cluster = platform.clusters[props.cluster ?? "k8s"];
    const provider = cluster.kubernetes;
    const name = serviceDatabaseName(service);
    const labels = { app: name };
    const metadata = { name, namespace: namespace.name, labels };
    const dependsOn = [...namespace.ready];
    const secret = `${secretPath(environment, service)}${DATABASE_PASSWORD}`;
    const image = imageOf("node");
    const certificates = rdsCertificates(account.region);

    const role = new ServiceAccountRole(this, "Role", {
      name: serviceDatabaseRole(environment, service),
      description: `Jobs that make the database of ${service}`,
      policyDescription: `The master secret of the database of services, and the password of ${service} in it`,
      cluster,
      serviceAccount: { namespace: namespace.name, name },
      statements: [
        { sid: "MasterSecret", actions: ["secretsmanager:GetSecretValue"], resources: [masterSecret] },
        {
          sid: "MasterKey",
          actions: ["kms:Decrypt"],
          resources: [databases.keyArn],
          conditions: {
            StringEquals: {
              "kms:ViaService": `secretsmanager.${account.region}.amazonaws.com`,
              "kms:EncryptionContext:SecretARN": masterSecret,
            },
          },
        },
        ...secretStatements({ account, names: [secret], keyArn: platform.secretKeyArns[service] }),
      ],
    });
    const certificateMap = new ConfigMapV1(this, "Certificates", {
      provider,
      metadata: { ...metadata, name: `${name}-ca` },
      data: { [CA_FILE]: certificates },
      dependsOn,
    });
    const program = new ConfigMapV1(this, "Program", {
      provider,
      metadata: { ...metadata, name: `${name}-program` },
      // As bytes: Terraform would read every `${` of a text.
      binaryData: { [PROGRAM_FILE]: Buffer.from(programs.serviceDatabase).toString("base64") },
      dependsOn,
    });
    const ways = new PodNetworkPolicy(this, "Network", {
      provider,
      namespace,
      name,
      podLabels: labels,
      out: [HTTPS, postgresIn(platform.network.vpcCidr)],
    });
    const settings = {
      CONNECTION_LIMIT: `${props.connectionLimit ?? 50}`,
      DATABASE_SERVICE: service,
      STATEMENT_TIMEOUT_SECONDS: `${props.statementTimeoutSeconds ?? 300}`,
    };
    const spec: JobV1Spec = {
      activeDeadlineSeconds: 300,
      backoffLimit: 3,
      podFailurePolicy: {
        rule: [
          { action: "Ignore", onPodCondition: [{ type: "DisruptionTarget", status: "True" }] },
          { action: "FailJob", onExitCodes: { containerName: name, operator: "In", values: FINAL_CODES } },
        ],
      },
      template: {
        metadata: { labels },
        spec: podSpec({
          name,
          image,
          command: ["node", `${PROGRAM_FOLDER}/${PROGRAM_FILE}`],
          files: { [PROGRAM_FOLDER]: program.metadata.name, [CA_FOLDER]: certificateMap.metadata.name },
          serviceAccountName: podServiceAccount(this, "ServiceAccount", {
            provider,
            metadata,
            roleArn: role.arn,
            dependsOn,
          }),
          priority: "service",
          size: { cpu: "50m", memory: "192Mi" },
          variables: {
            region: account.region,
            secrets: { path: secretPath(environment, service), references: { DATABASE_PASSWORD } },
            own: {
              ...settings,
              DATABASE_CA: `${CA_FOLDER}/${CA_FILE}`,
              DATABASE_HOST: host,
              DATABASE_PORT: port,
              MASTER_SECRET_ID: masterSecret,
            },
          },
          graceSeconds: 10,
          restartPolicy: "Never",
        }),
      },
    };
    const before = [...dependsOn, program, certificateMap, ways.resource, role.permission];
    const { job, template } = repeatableJob(this, {
      provider,
      metadata,
      spec,
      madeOf: [image, programs.serviceDatabase, certificates, settings],
      timeout: "10m",
      dependsOn: before,
    });
    for (const resource of [template, job]) acknowledgeUnlockedImage(resource, "node");
    this.host = host;
    this.port = port;
    this.database = service;
    this.user = service;
    this.caConfigMap = certificateMap.metadata.name;
    this.ready = [job, certificateMap];
  }
}
