import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import type { JobV1Spec } from "@cdktf/provider-kubernetes/lib/job-v1";
import { secretPath } from "../../../config/names";
import { imageOf } from "../../../config/images";
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

/** Where a Job on a database stands, and what it stands on. */
export interface DatabaseJobPlace {
  /** What it stands on. */
  readonly platform: Pick<
    Platform,
    "account" | "clusters" | "databases" | "environment" | "network" | "programs" | "secretKeyArns"
  >;
  /** Short name of its cluster. @default "k8s" */
  readonly cluster?: keyof Platform["clusters"];
  /** Its namespace, which is closed. */
  readonly namespace: { readonly name: string; readonly ready: readonly ITerraformDependable[] };
}

/** Properties of {@link DatabaseJob}. */
export interface DatabaseJobProps extends DatabaseJobPlace {
  /** Name of its template and its service account, and the start of its Jobs' names. */
  readonly name: string;
  /** Its role in AWS. */
  readonly role: { readonly name: string; readonly description: string; readonly policyDescription: string };
  /** The server, with the ARN of the secret of its master user. Refused where the environment has none. */
  readonly server: {
    readonly host: string | undefined;
    readonly port: string | undefined;
    readonly masterSecretArn: string | undefined;
    /** Name of the database in it. @default - the program names it by itself */
    readonly database?: string;
  };
  /** The secret of the password that it gives. @default - none: it gives none */
  readonly password?: { readonly system: string; readonly reference: string };
  /** The program's other variables: with other values it runs again. Terraform's own values, which have no text yet, stand in `server`. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Key of the ConfigMap of authorities, and so the name of the file where it is mounted. */
export const CA_FILE = "ca.pem";

const PROGRAM_FILE = "main.js";
const PROGRAM_FOLDER = "/program";
const CA_FOLDER = "/ca";

/** Exit codes by which the program says that no further try mends it. @see sysexits.h */
const FINAL_CODES = Array.from({ length: 78 - 64 + 1 }, (_, index) => 64 + index);

/**
 * A Job of `jobs/service-database/`, which sees the secret of a server's master user. It runs whenever the program or its settings change, and
 * is done before what waits for {@link ready} starts; a suspended CronJob is the template of the same Job for people.
 */
export abstract class DatabaseJob extends Construct {
  /** Host name, which the server's certificate bears. */
  public readonly host: string;
  /** Port. */
  public readonly port: string;
  /** ConfigMap, in its namespace, whose key {@link CA_FILE} holds the authorities that the server is verified by. */
  public readonly caConfigMap: string;
  /** What must be there before anybody connects. */
  public readonly ready: readonly ITerraformDependable[];

  /** @throws PropsError where the environment has no such server */
  protected constructor(scope: Construct, id: string, props: DatabaseJobProps) {
    super(scope, id);
    const { name, namespace, password, platform, settings } = props;
    const { database, host, masterSecretArn: masterSecret, port } = props.server;
    const { account, databases, environment, programs } = platform;
    if (host === undefined || port === undefined || masterSecret === undefined) {
      // Only that of services may be left out.
      throw new PropsError(this, [
        "platform.databases must hold the database of services, got none (databases.services)",
      ]);
    }
    const cluster = platform.clusters[props.cluster ?? "k8s"];
    const provider = cluster.kubernetes;
    const labels = { app: name };
    const metadata = { name, namespace: namespace.name, labels };
    const dependsOn = [...namespace.ready];
    const image = imageOf("node");
    const certificates = rdsCertificates(account.region);

    const role = new ServiceAccountRole(this, "Role", {
      ...props.role,
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
        ...(password === undefined
          ? []
          : secretStatements({
              account,
              names: [`${secretPath(environment, password.system)}${password.reference}`],
              keyArn: platform.secretKeyArns[password.system],
            })),
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
            ...(password && {
              secrets: {
                path: secretPath(environment, password.system),
                references: { DATABASE_PASSWORD: password.reference },
              },
            }),
            own: {
              ...settings,
              DATABASE_CA: `${CA_FOLDER}/${CA_FILE}`,
              DATABASE_HOST: host,
              ...(database !== undefined && { DATABASE_NAME: database }),
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
    this.caConfigMap = certificateMap.metadata.name;
    this.ready = [job, certificateMap];
  }
}
