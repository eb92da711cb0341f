import { loadConfig } from "../../../../config/load";
import type { EtlConfig, EtlsConfig } from "../../../../config/schema/etl";
import type { EtlCluster } from "../../../../constructs/stage3/etl/etl";
import { EtlSystem } from "../../../../constructs/stage3/etl/etl-system";
import { ALARM_METADATA, type AlarmFacts } from "../../../../constructs/shared/observability/alarm";
import { ClusterLogs } from "../../../../constructs/shared/observability/cluster-logs";
import { SYSTEM_METADATA, type SystemFacts } from "../../../../constructs/shared/observability/system";
import { providersOf, synth, TEST_ACCOUNT, type Synthesized } from "../../../support";
import type { BaseStack } from "../../../../stacks/base-stack";
import { monitoringOf } from "../../stage1/db/support";

/** The ETLs of dev, with other settings where a test wants them, and more ETLs, each of which is epic2op but for its settings. */
export function etlsWith(changes: Readonly<Record<string, Partial<EtlConfig>>> = {}): EtlsConfig {
  const dev = loadConfig().environments.find(({ name }) => name === "dev");
  if (dev === undefined) throw new Error("no environment dev");
  const { epic2op } = dev.etls;
  if (epic2op === undefined) throw new Error("no ETL epic2op");
  const fresh: EtlConfig = { ...epic2op, functionName: undefined };
  const names = [...new Set([...Object.keys(dev.etls), ...Object.keys(changes)])];
  return Object.fromEntries(names.map((name) => [name, { ...(dev.etls[name] ?? fresh), ...changes[name] }]));
}

/** Settings as another environment would have them: names that config gives name the environment. */
export function etlsNamedFor(environment: string, etls: EtlsConfig): EtlsConfig {
  const own = (text: string | undefined): string | undefined => text?.replace(/\bdev\b/, environment);
  return Object.fromEntries(
    Object.entries(etls).map(([name, etl]) => [
      name,
      { ...etl, functionName: own(etl.functionName), logStream: own(etl.logStream) },
    ]),
  );
}

const cluster = (scope: BaseStack, name: string): EtlCluster => ({
  kubernetes: providersOf(scope, name).kubernetes,
  nodeLabels: { etl: "etl" },
  oidcIssuer: `https://issuer/${name}`,
  oidcProviderArn: `arn:aws:iam::123456789012:oidc-provider/issuer/${name}`,
  name: `${name}.test.opsdx.io`,
  apiEndpoint: `https://api.${name}.test.opsdx.io`,
  certificateAuthority: "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t",
});

/** The ETLs of an environment `test`. */
export function synthEtls(
  changes: Readonly<Record<string, Partial<EtlConfig>>> = {},
  etls = etlsNamedFor("test", etlsWith(changes)),
): {
  readonly stack: Synthesized;
  readonly alarms: readonly AlarmFacts[];
  readonly systems: readonly SystemFacts[];
} {
  let made: EtlSystem | undefined;
  const stack = synth((scope) => {
    const monitoring = monitoringOf(scope);
    made = new EtlSystem(scope, "Etl", {
      monitoring,
      environment: "test",
      account: TEST_ACCOUNT,
      owner: "Yanif",
      etls,
      clusters: { k8s: cluster(scope, "k8s"), "k8s-ml": cluster(scope, "k8s-ml") },
      clusterLogs: new ClusterLogs(scope, "ClusterLogs", { monitoring, environment: "test" }),
      subnetIds: ["subnet-a", "subnet-c"],
      securityGroupId: "sg-launcher",
      vpcCidr: "10.0.0.0/16",
      jobs: {
        staging: {
          bucketName: "opsdx-clarity-etl-stagec2dw",
          bucketArn: "arn:aws:s3:::opsdx-clarity-etl-stagec2dw",
          keyArn: "arn:aws:kms:us-east-1:111122223333:key/1",
        },
        registryUrls: { "trews-etl": "111122223333.dkr.ecr.us-east-1.amazonaws.com/trews-etl" },
        variables: { DB_HOST: "db.example" },
      },
      code: {
        launcher: { file: __filename, hash: "Dx4t", handler: "index.handler" },
        freshness: { file: __filename, hash: "Fr3s", handler: "index.handler" },
      },
    });
  });
  const metadata = made?.node.findAll().flatMap(({ node }) => node.metadata) ?? [];
  const all = (key: string): unknown[] =>
    metadata.filter(({ type }) => type === key).map(({ data }) => data as unknown);
  return { stack, alarms: all(ALARM_METADATA) as AlarmFacts[], systems: all(SYSTEM_METADATA) as SystemFacts[] };
}
