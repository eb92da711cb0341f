import type { ClusterName } from "../../../config/schema/environment";
import { ClusterFoundation } from "../../../constructs/shared/kubernetes/cluster-foundation";
import type { Cluster, Clusters } from "../../../constructs/shared/kubernetes/cluster";
import { PrometheusRules } from "../../../constructs/shared/prometheus/rules";
import { ClusterLogs } from "../../../constructs/shared/observability/cluster-logs";
import { Monitoring } from "../../../constructs/shared/observability/monitoring";
import type { NfsAccessPoint, Platform } from "../../../constructs/shared/platform";
import { SECURITY_ROLES, type SecurityRole } from "../../../constructs/shared/network/security-matrix";
import type { BaseStack } from "../../../stacks/base-stack";
import { providersOf, TEST_ACCOUNT, type Synthesized } from "../../support";

const CLUSTERS: readonly ClusterName[] = ["k8s", "k8s-ml", "k8s-ml-tf"];

/** A value that is made when somebody asks for it first: a system is tested without what it doesn't use. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function clusterIn(stack: BaseStack, short: ClusterName, environment: string): Cluster {
  const name = `${short}.${environment}.opsdx.io`;
  const providers = providersOf(stack, short);
  const foundation = once(() => new ClusterFoundation(stack, `Cluster-${short}`, { provider: providers.kubernetes }));
  return {
    ...providers,
    name,
    apiEndpoint: `https://api.${name}`,
    certificateAuthority: "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t",
    oidcIssuer: `https://discovery.example/${name}`,
    oidcProviderArn: `arn:aws:iam::123456789012:oidc-provider/discovery.example/${name}`,
    mastersSecurityGroupId: `sg-masters-${short}`,
    nodesSecurityGroupId: `sg-nodes-${short}`,
    mastersRoleName: `masters.${name}`,
    nodesRoleName: `nodes.${name}`,
    rules: new PrometheusRules(),
    autoScalingGroupNames: { nodes: `nodes.${name}`, web: `web.${name}`, etl: `etl.${name}` },
    generalGroup: "nodes",
    nodeGroups: {
      web: { label: "web", minSize: 1, maxSize: 2 },
      etl: { label: "etl", minSize: 0, maxSize: 4 },
      ci: { label: "ci", minSize: 2, maxSize: 3 },
      load: { label: "load", minSize: 0, maxSize: 1 },
    },
    get foundation() {
      return foundation();
    },
  };
}

function byName<T>(of: (name: ClusterName) => () => T): Readonly<Record<ClusterName, T>> {
  const record = {} as Record<ClusterName, T>;
  for (const name of CLUSTERS) Object.defineProperty(record, name, { enumerable: true, get: of(name) });
  return record;
}

function accessPoint(number: string, path: string, id: string): NfsAccessPoint {
  const name = `fsap-0123456789abcdef${number}`;
  const arn = `arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/${name}`;
  return { id: name, arn, path, uid: id, gid: id };
}

/**
 * What the systems of stage3 stand on, in a test: an environment `test`. What makes resources makes them when it is asked for.
 * @param environment - another environment's name. @default "test"
 */
export function platformIn(stack: BaseStack, environment = "test"): Platform {
  const monitoring = once(
    () =>
      new Monitoring(stack, "Monitoring", {
        environment,
        namePrefix: `opsdx-${environment}`,
        account: TEST_ACCOUNT,
        subscribers: { page: ["oncall@opsdx.io"], ticket: ["platform@opsdx.io"] },
        retention: { auditDays: 365, logDays: 30 },
        runbookUrl: "https://example.org/runbook",
        thresholds: {},
      }),
  );
  const clusterLogs = once(
    () => new ClusterLogs(stack, "ClusterLogs", { monitoring: monitoring(), environment, clusters: CLUSTERS }),
  );
  const clusters: Clusters = byName((name) => once(() => clusterIn(stack, name, environment)));
  return {
    get monitoring() {
      return monitoring();
    },
    environment,
    account: TEST_ACCOUNT,
    clustersOwner: "Yanif",
    clusters,
    get clusterLogs() {
      return clusterLogs();
    },
    network: {
      vpcId: "vpc-1",
      vpcCidr: "10.0.0.0/16",
      zones: ["us-east-1a", "us-east-1c"],
      utilitySubnetIds: { "us-east-1a": "subnet-a", "us-east-1c": "subnet-c" },
      nodeSubnetIds: { "us-east-1a": "subnet-a", "us-east-1c": "subnet-c" },
      masterSubnetIds: { "us-east-1a": "subnet-a", "us-east-1c": "subnet-c" },
      dbSubnetIds: { "us-east-1a": "subnet-a", "us-east-1c": "subnet-c" },
      securityGroupIds: Object.fromEntries(Object.keys(SECURITY_ROLES).map((role) => [role, `sg-${role}`])) as Record<
        SecurityRole,
        string
      >,
      natPublicIps: { "us-east-1a": "192.0.2.1" },
    },
    dns: {
      zoneId: "Z1",
      zoneName: `${environment}.opsdx.io`,
      nameServers: ["ns-1.example", "ns-2.example"],
      certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/1",
    },
    registryId: "111122223333",
    registryUrls: {
      "trews-etl": "111122223333.dkr.ecr.us-east-1.amazonaws.com/trews-etl",
      "trews-rest-api": "111122223333.dkr.ecr.us-east-1.amazonaws.com/trews-rest-api",
    },
    databases: {
      dbAddress: "db.example",
      dbPort: "5432",
      dbIdentifier: "opsdx-db",
      dbName: "opsdx",
      dbResourceId: "db-1",
      dbMasterSecretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:db",
      dwAddress: "dw.example",
      dwPort: "5432",
      dwIdentifier: "opsdx-dw",
      dwName: "warehouse",
      dwResourceId: "db-2",
      dwMasterSecretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:dw",
      servicesAddress: "services.example",
      servicesPort: "5432",
      servicesIdentifier: "opsdx-services",
      servicesResourceId: "db-3",
      servicesMasterSecretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:services",
      securityGroupId: "sg-1",
      keyArn: "arn:aws:kms:us-east-1:123456789012:key/1",
    },
    databaseVariables: { DB_HOST: "db.example" },
    programs: { serviceDatabase: "console.log();" },
    secretKeyArns: new Proxy<Record<string, string>>(
      {},
      { get: (_, system) => `arn:aws:kms:us-east-1:123456789012:key/${String(system)}` },
    ),
    secretArns: new Proxy<Record<string, string>>(
      {},
      {
        get: (_, secret) =>
          `arn:aws:secretsmanager:us-east-1:123456789012:secret:opsdx/${environment}/${String(secret)}`,
      },
    ),
    serviceSecrets: [],
    secretOperators: {},
    nfs: {
      fileSystemId: "fs-0123456789abcdef0",
      fileSystemArn: "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-0123456789abcdef0",
      keyArn: "arn:aws:kms:us-east-1:123456789012:key/nfs",
      accessPoints: {
        models: accessPoint("1", "/models", "20001"),
        "task-graphs": accessPoint("2", "/task-graphs", "20002"),
        shared: accessPoint("3", "/shared", "20003"),
      },
    },
    nfsDrivers: { k8s: [], "k8s-ml": [], "k8s-ml-tf": [] },
    staging: {
      bucketName: "opsdx-clarity-etl-stagec2dw",
      bucketArn: "arn:aws:s3:::opsdx-clarity-etl-stagec2dw",
      keyArn: "arn:aws:kms:us-east-1:111122223333:key/1",
    },
    accessLogBucket: "opsdx-elb-access-logs",
    bucketLogBucket: "opsdx-test-s3-access-logs",
    deletionProtection: true,
  };
}

/** The release on a cluster of {@link platformIn}, and its values as data. */
export function releaseOn(stack: Synthesized, cluster: ClusterName, name?: string) {
  const { body } = stack.one("helm_release", { provider: `helm.${cluster}`, ...(name !== undefined && { name }) });
  const values: unknown = JSON.parse((body["values"] as [string])[0]);
  return { body, values };
}
