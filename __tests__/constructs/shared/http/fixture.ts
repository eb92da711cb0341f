import { kubectl } from "../../../../constructs/shared/observability/command";
import { HttpHost, type HttpHostProps } from "../../../../constructs/shared/http/host";
import { HttpLoadBalancer, type HttpLoadBalancerProps } from "../../../../constructs/shared/http/load-balancer";
import { WebAcl, type WebAclProps } from "../../../../constructs/shared/http/web-acl";
import { Construct } from "../../../../constructs/shared/cdktf";
import { ALARM_METADATA, type AlarmFacts } from "../../../../constructs/shared/observability/alarm";
import { Monitoring } from "../../../../constructs/shared/observability/monitoring";
import { describeSystem } from "../../../../constructs/shared/observability/system";
import type { BaseStack } from "../../../../stacks/base-stack";
import { TEST_ACCOUNT } from "../../../support";

const monitoringOf = (stack: BaseStack): Monitoring =>
  (stack.node.tryFindChild("Monitoring") as Monitoring | undefined) ??
  new Monitoring(stack, "Monitoring", {
    environment: "dev",
    namePrefix: "opsdx-dev",
    account: TEST_ACCOUNT,
    subscribers: { page: [], ticket: [] },
    retention: { auditDays: 365, logDays: 30 },
    runbookUrl: "https://example.com/runbook",
    thresholds: {},
  });

/** A system of a test, which owns what is made in it. */
export function systemIn(stack: BaseStack, name: string, owner = `owner of ${name}`): Construct {
  const system = new Construct(stack, name);
  const facts = { launch: [], stop: [], status: [], logs: [], metrics: [], purpose: name, title: name };
  describeSystem(system, { name: name.toLowerCase(), owner, ...facts });
  return system;
}

/** An internal load balancer without hosts, in a system of its own. */
export function internalLoadBalancer(stack: BaseStack, props: Partial<HttpLoadBalancerProps> = {}): HttpLoadBalancer {
  return new HttpLoadBalancer(systemIn(stack, "Entrance"), "Internal", {
    monitoring: monitoringOf(stack),
    name: "internal",
    serves: "Grafana, Concourse and Redash",
    internal: true,
    vpcId: "vpc-1",
    subnetIds: { "us-east-1a": "subnet-a", "us-east-1c": "subnet-c" },
    securityGroupId: "sg-internal",
    certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/1",
    zoneId: "Z1",
    logs: { bucket: "opsdx-elb-access-logs", prefix: "dev" },
    severity: "ticket",
    errorsPer5Minutes: 10,
    ...props,
  });
}

/** Host of a service, inside the service's own system. */
export function hostOf(
  stack: BaseStack,
  loadBalancer: HttpLoadBalancer,
  service: string,
  props: Partial<HttpHostProps> = {},
): HttpHost {
  const name = service.toLowerCase();
  const place = { cluster: "k8s.dev.opsdx.io", namespace: name };
  return new HttpHost(systemIn(stack, service), "Host", {
    monitoring: monitoringOf(stack),
    loadBalancer,
    name,
    service,
    users: "engineers",
    host: `${name}.dev.opsdx.io`,
    nodePort: 30090,
    protocol: "HTTP",
    healthPath: "/",
    autoScalingGroupName: "nodes.k8s.dev.opsdx.io",
    severity: "ticket",
    thresholds: { errorPercent: 5, minRequestsPerMinute: 10, latencySeconds: 3 },
    steps: {
      noHealthyTarget: [kubectl(place, "get pods")],
      unhealthyTarget: [kubectl(place, "get pods -o wide")],
      errorRate: [kubectl(place, `logs deployment/${name}`)],
      latency: [kubectl(place, "top pod")],
    },
    ...props,
  });
}

/** A web ACL on a load balancer. */
export function webAclOf(stack: BaseStack, loadBalancer: HttpLoadBalancer, props: Partial<WebAclProps> = {}): WebAcl {
  return new WebAcl(systemIn(stack, "Firewall"), "Acl", {
    monitoring: monitoringOf(stack),
    name: "internal",
    description: "Tools",
    account: TEST_ACCOUNT,
    requestsPer5Minutes: 2000,
    unlimited: { name: "offices", description: "Offices", one: "an office", cidrs: ["198.51.100.0/24"] },
    countedCommonRules: ["SizeRestrictions_BODY"],
    loadBalancerArn: loadBalancer.arn,
    steps: ["Nothing."],
    ...props,
  });
}

/** Facts of every alarm below a construct, by name. */
export function alarmsBelow(scope: Construct): ReadonlyMap<string, AlarmFacts> {
  const facts = scope.node
    .findAll()
    .flatMap(({ node }) => node.metadata)
    .filter(({ type }) => type === ALARM_METADATA)
    .map(({ data }) => data as AlarmFacts);
  return new Map(facts.map((alarm) => [alarm.name, alarm]));
}
