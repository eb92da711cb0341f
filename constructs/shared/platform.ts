import type { SecurityRole } from "./network/security-matrix";

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
  /** Security group of both. */
  readonly securityGroupId: string;
  /** Key of storage, backups and master secrets; who reads a master secret must be allowed to decrypt with it. */
  readonly keyArn: string;
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

/** What a cluster hands to later stages. */
export interface ClusterExports {
  readonly name: string;
  readonly apiEndpoint: string;
  /** Certificate of the cluster's CA, PEM, base64; until the boot payload is rendered, a line that says so. */
  readonly certificateAuthority: string;
  readonly oidcIssuer: string;
  readonly oidcProviderArn: string;
  readonly mastersSecurityGroupId: string;
  readonly nodesSecurityGroupId: string;
  readonly mastersRoleName: string;
  readonly nodesRoleName: string;
  /** Auto scaling group of each instance group, by the instance group's name. */
  readonly autoScalingGroupNames: Readonly<Record<string, string>>;
}
