import { loadConfig } from "../../../../config/load";
import type { EnvironmentConfig } from "../../../../config/schema/environment";
import type { WebConfig } from "../../../../config/schema/web";
import { ALARM_METADATA, type AlarmFacts } from "../../../../constructs/shared/observability/alarm";
import { Monitoring } from "../../../../constructs/shared/observability/monitoring";
import { systemFacts, type SystemFacts } from "../../../../constructs/shared/observability/system";
import { WebService, type WebExports, type WebServiceProps } from "../../../../constructs/stage3/web/web-service";
import { providersOf, synth, TEST_ACCOUNT, type Synthesized } from "../../../support";

/** An environment as the project configures it. */
export function configured(name: "dev" | "prod"): EnvironmentConfig {
  const found = loadConfig().environments.find((environment) => environment.name === name);
  if (found === undefined) throw new Error(`no environment ${name}`);
  return found;
}

/** A web service in a stack of its own, with what tests ask of it. */
export interface BuiltWeb {
  readonly stack: Synthesized;
  readonly exports: WebExports;
  readonly alarms: ReadonlyMap<string, AlarmFacts>;
  readonly facts: SystemFacts;
}

/** The dev service; `settings` and `props` change what matters to a test. */
export function webOf(settings: Partial<WebConfig> = {}, props: Partial<WebServiceProps> = {}): BuiltWeb {
  let web: WebService | undefined;
  const stack = synth((scope) => {
    web = new WebService(scope, "Web", {
      monitoring: new Monitoring(scope, "Monitoring", {
        environment: "dev",
        namePrefix: "opsdx-dev",
        account: TEST_ACCOUNT,
        subscribers: { page: [], ticket: [] },
        retention: { auditDays: 365, logDays: 30 },
        runbookUrl: "https://example.com/runbook",
        thresholds: {},
      }),
      environment: "dev",
      account: TEST_ACCOUNT,
      config: { ...configured("dev").web, ...settings },
      owner: "Yanif",
      network: {
        vpcId: "vpc-1",
        vpcCidr: "10.0.0.0/16",
        utilitySubnetIds: { "us-east-1a": "subnet-a", "us-east-1c": "subnet-c" },
        securityGroupIds: { webLoadBalancer: "sg-web" },
      },
      dns: { zoneId: "Z1", certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/1" },
      cluster: {
        clusterName: "k8s.dev.opsdx.io",
        kubernetes: providersOf(scope, "k8s").kubernetes,
        nodeLabel: "web",
        oidcIssuer: "https://discovery.example/k8s.dev.opsdx.io",
        oidcProviderArn: "arn:aws:iam::123456789012:oidc-provider/discovery.example/k8s.dev.opsdx.io",
        autoScalingGroupNames: { web: "web.k8s.dev.opsdx.io", etl: "etl.k8s.dev.opsdx.io" },
      },
      registryUrls: { "trews-rest-api": "111122223333.dkr.ecr.us-east-1.amazonaws.com/trews-rest-api" },
      variables: { DB_HOST: "db.example" },
      capacity: { minSize: 1, maxSize: 2 },
      accessLogBucket: "opsdx-elb-access-logs",
      ...props,
    });
  });
  const facts = web === undefined ? undefined : systemFacts(web);
  if (web === undefined || facts === undefined) throw new Error("the system was not built");
  const alarms = web.node
    .findAll()
    .flatMap(({ node }) => node.metadata)
    .filter(({ type }) => type === ALARM_METADATA)
    .map(({ data }) => data as AlarmFacts);
  return { stack, exports: web.exports, alarms: new Map(alarms.map((alarm) => [alarm.name, alarm])), facts };
}
