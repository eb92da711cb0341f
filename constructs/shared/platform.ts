import type { NfsUseName } from "../../config/nfs-uses";
import type { ClusterName } from "../../config/schema/environment";
import type { ServiceSecret } from "../../config/service-secrets";
import type { ITerraformDependable } from "./cdktf";
import type { Clusters } from "./kubernetes/cluster";
import type { SecurityRole } from "./network/security-matrix";
import type { ClusterLogs } from "./observability/cluster-logs";
import type { MonitoringContext } from "./observability/monitoring-context";

/** Values by zone name. */
export type ByZone = Readonly<Record<string, string>>;

/** What the network hands to later stages and to applications. */
export interface CoreExports {
  /** Id of the VPC. */
  readonly vpcId: string;
  /** Address block of the VPC. */
  readonly vpcCidr: string;
  /** Names of the availability zones in use, sorted. */
  readonly zones: readonly string[];
  /** Public subnets, for load balancers, by zone name. */
  readonly utilitySubnetIds: ByZone;
  /** Private subnets of nodes, Lambda functions and controllers, by zone name. */
  readonly nodeSubnetIds: ByZone;
  /** Private subnets of control planes, by zone name. */
  readonly masterSubnetIds: ByZone;
  /** Isolated subnets of databases, by zone name. */
  readonly dbSubnetIds: ByZone;
  /** Security group ids by role: see `SECURITY_ROLES`. */
  readonly securityGroupIds: Readonly<Record<SecurityRole, string>>;
  /** Public addresses that the private subnets come from, by zone name: what others allow in their firewalls. */
  readonly natPublicIps: ByZone;
}

/** What later stages and applications may know of the databases. */
export interface DatabaseExports {
  /** Host name of the operational database. */
  readonly dbAddress: string;
  /** Port of the operational database. */
  readonly dbPort: string;
  /** Instance identifier of the operational database. */
  readonly dbIdentifier: string;
  /** Name of the operational database inside its instance. */
  readonly dbName: string;
  /** Id that `rds-db:connect` policies of the operational database name. */
  readonly dbResourceId: string;
  /** ARN of the secret of the operational database's master user. */
  readonly dbMasterSecretArn: string;
  /** Host name of the warehouse. */
  readonly dwAddress: string;
  /** Port of the warehouse. */
  readonly dwPort: string;
  /** Instance identifier of the warehouse. */
  readonly dwIdentifier: string;
  /** Name of the warehouse database inside its instance. */
  readonly dwName: string;
  /** Id that `rds-db:connect` policies of the warehouse name. */
  readonly dwResourceId: string;
  /** ARN of the secret of the warehouse's master user. */
  readonly dwMasterSecretArn: string;
  /** Host name of the database of services. @default - the environment has none, and nothing of it below */
  readonly servicesAddress?: string;
  /** Port of the database of services. @default - none */
  readonly servicesPort?: string;
  /** Instance identifier of the database of services. @default - none */
  readonly servicesIdentifier?: string;
  /** Id that `rds-db:connect` policies of the database of services name. @default - none */
  readonly servicesResourceId?: string;
  /** ARN of the secret of the master user of the database of services. @default - none */
  readonly servicesMasterSecretArn?: string;
  /** Security group of all of them. */
  readonly securityGroupId: string;
  /** Key of storage, backups and master secrets; who reads a master secret must be allowed to decrypt with it. */
  readonly keyArn: string;
}

/** The way to one folder of the shared file system. */
export interface NfsAccessPoint {
  /** Id, `fsap-…`. */
  readonly id: string;
  /** ARN. */
  readonly arn: string;
  /** Its folder: who mounts it sees that as the root. */
  readonly path: string;
  /** User that every file belongs to, whoever writes it. */
  readonly uid: string;
  /** Group that every file belongs to, whoever writes it. */
  readonly gid: string;
}

/** What later stages and other programs know of the shared file system. */
export interface NfsExports {
  /** Id, `fs-…`. */
  readonly fileSystemId: string;
  /** ARN. */
  readonly fileSystemArn: string;
  /** ARN of its key. */
  readonly keyArn: string;
  /** The ways in, by use: it lets nobody in without one. */
  readonly accessPoints: Readonly<Record<NfsUseName, NfsAccessPoint>>;
}

/** What later stages and other programs know of the environment's DNS. */
export interface DnsExports {
  /** Id of the environment's public zone. */
  readonly zoneId: string;
  /** Name of the zone, without a final dot. */
  readonly zoneName: string;
  /** The zone's name servers. */
  readonly nameServers: readonly string[];
  /** ARN of the certificate for the zone and every name one label below it; validated. */
  readonly certificateArn: string;
}

/** What later stages know of the secrets of workloads and services: their names follow from the configuration. */
export interface SecretExports {
  /** ARN of the key of each system that has secrets, by the system's name. */
  readonly keyArns: Readonly<Record<string, string>>;
  /** ARN of each secret of a service, by the service's name and the last part of its own: `grafana/admin-password`. */
  readonly arns: Readonly<Record<string, string>>;
}

/** The bucket that ETLs leave their reports in. */
export interface StagingBucket {
  /** Name of the bucket. */
  readonly bucketName: string;
  /** ARN of the bucket. */
  readonly bucketArn: string;
  /** ARN of its key. */
  readonly keyArn: string;
}

/** The bucket of what exercises show. */
export interface ExercisesBucket {
  /** Name of the bucket. */
  readonly bucketName: string;
  /** ARN of the bucket. */
  readonly bucketArn: string;
  /** ARN of its key. */
  readonly keyArn: string;
}

/**
 * What the systems of stage3 stand on, made once per environment. A system takes `Pick<Platform, …>` of what it uses, and its own
 * settings beside.
 */
export interface Platform {
  /** What the stack's alarms and log groups share. */
  readonly monitoring: MonitoringContext;
  /** Name of the environment. */
  readonly environment: string;
  /** The environment's account and region. */
  readonly account: { readonly id: string; readonly region: string };
  /** Who answers for the clusters, and for what serves everything on them. */
  readonly clustersOwner: string;
  /** The clusters. */
  readonly clusters: Clusters;
  /** The clusters' log groups. */
  readonly clusterLogs: ClusterLogs;
  /** The network that stage1 made. */
  readonly network: CoreExports;
  /** The zone and the certificate that stage1 made. */
  readonly dns: DnsExports;
  /** Account of the image registry. */
  readonly registryId: string;
  /** Address of each image repository, by name. */
  readonly registryUrls: Readonly<Record<string, string>>;
  /** The databases that stage1 made. */
  readonly databases: DatabaseExports;
  /** The shared file system that stage1 made. @default - the environment has none */
  readonly nfs?: NfsExports;
  /** What mounts it for pods, on each cluster: who claims a volume waits for it. */
  readonly nfsDrivers: Readonly<Partial<Record<ClusterName, readonly ITerraformDependable[]>>>;
  /** Variables that tell a program where the databases are. */
  readonly databaseVariables: Readonly<Record<string, string>>;
  /** Programs of this project that run as Jobs: the text of each. */
  readonly programs: { readonly serviceDatabase: string };
  /** ARN of the key of each system's secrets, by the system's name. */
  readonly secretKeyArns: SecretExports["keyArns"];
  /** ARN of each secret of a service: `secretArns["grafana/admin-password"]`. */
  readonly secretArns: SecretExports["arns"];
  /** The secrets of the environment's services, as they are declared. */
  readonly serviceSecrets: readonly ServiceSecret[];
  /** What makes Kubernetes Secrets of them, on each cluster that needs it: who declares a store there waits for it. */
  readonly secretOperators: Readonly<Partial<Record<ClusterName, readonly ITerraformDependable[]>>>;
  /** The bucket that ETLs leave their reports in. */
  readonly staging: StagingBucket;
  /** Bucket of load balancers' access logs. */
  readonly accessLogBucket: string;
  /** Bucket of the access logs of the account's other buckets. */
  readonly bucketLogBucket: string;
  /** Whether AWS keeps everybody from deleting what has such a guard. */
  readonly deletionProtection: boolean;
}
