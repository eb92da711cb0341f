import type { AlarmFacts } from "../../../../constructs/shared/observability/alarm";
import type { Synthesized } from "../../../support";
import { synth } from "../../../support";
import { alarmsBelow, hostOf, internalLoadBalancer, webAclOf } from "./fixture";

const HOSTS = [
  { service: "Grafana", nodePort: 30091, healthPath: "/api/health", protocol: "HTTP" },
  { service: "Concourse", nodePort: 30092, healthPath: "/api/v1/info", protocol: "HTTPS" },
  { service: "Redash", nodePort: 30093, healthPath: "/ping", protocol: "HTTP" },
] as const;

let alarms: ReadonlyMap<string, AlarmFacts> = new Map();
const stack: Synthesized = synth((scope) => {
  const loadBalancer = internalLoadBalancer(scope);
  for (const { service, ...props } of HOSTS) hostOf(scope, loadBalancer, service, props);
  alarms = alarmsBelow(scope);
});
const balancer = stack.one("aws_lb");
const https = stack.one("aws_lb_listener", { port: 443 });
const named = (name: string) => stack.one("aws_lb_target_group", { name });

describe("HttpLoadBalancer with many hosts, for the VPC only", () => {
  it("is internal, takes one security group, and keeps its logs", () => {
    const logs = { bucket: "opsdx-elb-access-logs", prefix: "dev", enabled: true };
    expect(balancer.body).toMatchObject({
      name: "opsdx-dev-internal",
      internal: true,
      load_balancer_type: "application",
      subnets: ["subnet-a", "subnet-c"],
      security_groups: ["sg-internal"],
      drop_invalid_header_fields: true,
      enable_deletion_protection: true,
      access_logs: logs,
      connection_logs: logs,
    });
  });

  it("has one listener for all hosts, which knows none by itself", () => {
    expect(https.body).toMatchObject({
      protocol: "HTTPS",
      ssl_policy: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
      certificate_arn: "arn:aws:acm:us-east-1:123456789012:certificate/1",
      default_action: [{ type: "fixed-response", fixed_response: { status_code: "404" } }],
    });
    expect(stack.ofType("aws_lb_listener")).toHaveLength(1);
  });

  it("hands each host to its own nodes' port, with its own path of the health check", () => {
    const rules = stack.ofType("aws_lb_listener_rule").map(({ body }) => body);
    expect(rules).toEqual(
      [
        ["grafana", "opsdx-dev-grafana-30091"],
        ["concourse", "opsdx-dev-concourse-30092s"],
        ["redash", "opsdx-dev-redash-30093"],
      ].map(
        ([host, group]) =>
          expect.objectContaining({
            listener_arn: `\${${https.address}.arn}`,
            condition: [{ host_header: { values: [`${host ?? ""}.dev.opsdx.io`] } }],
            action: [{ type: "forward", target_group_arn: `\${${named(group ?? "").address}.arn}` }],
          }) as unknown,
      ),
    );
    expect(rules.map(({ priority }) => priority)).toEqual(HOSTS.map(({ nodePort }) => nodePort));
    expect(
      stack
        .ofType("aws_lb_target_group")
        .map(({ body }) => [body["port"], body["protocol"], (body["health_check"] as { path: string }).path]),
    ).toEqual(HOSTS.map(({ nodePort, protocol, healthPath }) => [nodePort, protocol, healthPath]));
  });

  it("joins each target group to the nodes", () => {
    expect(
      stack
        .ofType("aws_autoscaling_attachment")
        .map(({ body }) => [body["autoscaling_group_name"], body["lb_target_group_arn"]]),
    ).toEqual(
      stack.ofType("aws_lb_target_group").map(({ address }) => ["nodes.k8s.dev.opsdx.io", `\${${address}.arn}`]),
    );
  });

  it("gives each host its address", () => {
    expect(stack.ofType("aws_route53_record").map(({ body }) => body)).toEqual(
      HOSTS.map(
        ({ service }) =>
          expect.objectContaining({
            zone_id: "Z1",
            name: `${service.toLowerCase()}.dev.opsdx.io`,
            type: "A",
            alias: {
              name: `\${${balancer.address}.dns_name}`,
              zone_id: `\${${balancer.address}.zone_id}`,
              evaluate_target_health: true,
            },
          }) as unknown,
      ),
    );
  });

  it("tells the owner of the host, and of the load balancer, each of their own", () => {
    expect([...alarms.values()].map(({ name, owner }) => [owner, name]).sort()).toEqual(
      [
        ["owner of Concourse", "concourse-5xx-rate"],
        ["owner of Concourse", "concourse-latency-p99"],
        ["owner of Concourse", "concourse-no-healthy-target"],
        ["owner of Concourse", "concourse-target-unhealthy"],
        ["owner of Entrance", "internal-connections-failed-us-east-1a"],
        ["owner of Entrance", "internal-connections-failed-us-east-1c"],
        ["owner of Entrance", "internal-connections-rejected"],
        ["owner of Entrance", "internal-elb-5xx"],
        ["owner of Grafana", "grafana-5xx-rate"],
        ["owner of Grafana", "grafana-latency-p99"],
        ["owner of Grafana", "grafana-no-healthy-target"],
        ["owner of Grafana", "grafana-target-unhealthy"],
        ["owner of Redash", "redash-5xx-rate"],
        ["owner of Redash", "redash-latency-p99"],
        ["owner of Redash", "redash-no-healthy-target"],
        ["owner of Redash", "redash-target-unhealthy"],
        // What watches the alarm topics themselves.
        ...[...alarms.values()]
          .filter(({ owner }) => !owner.startsWith("owner of"))
          .map(({ name, owner }) => [owner, name]),
      ].sort(),
    );
    expect(
      [...alarms.values()].filter(({ owner, severity }) => owner.startsWith("owner of") && severity === "page"),
    ).toEqual([]);
  });

  it("counts one host's requests without its neighbours'", () => {
    const dimensions = {
      LoadBalancer: `\${${balancer.address}.arn_suffix}`,
      TargetGroup: `\${${named("opsdx-dev-grafana-30091").address}.arn_suffix}`,
    };
    const alarm = (name: string) =>
      stack.one("aws_cloudwatch_metric_alarm", { alarm_name: `opsdx-dev-grafana-${name}` });
    for (const name of ["no-healthy-target", "target-unhealthy", "latency-p99"]) {
      expect([name, alarm(name).body["dimensions"]]).toEqual([name, dimensions]);
    }
    const queries = alarm("5xx-rate").body["metric_query"] as readonly {
      readonly metric?: { readonly metric_name: string; readonly dimensions: object };
    }[];
    expect(
      queries.flatMap(({ metric }) => (metric === undefined ? [] : [[metric.metric_name, metric.dimensions]])),
    ).toEqual([
      ["RequestCount", dimensions],
      ["HTTPCode_Target_5XX_Count", dimensions],
    ]);
  });

  it("starts every entry with the target group's state, or with the system's own steps", () => {
    expect(alarms.get("redash-no-healthy-target")?.steps).toEqual([
      [
        "State and reason of each target:",
        { command: expect.stringContaining("--names opsdx-dev-redash-30093 ") as string, language: "sh" },
      ],
      { command: "kubectl --context k8s.dev.opsdx.io -n redash get pods", language: "sh" },
    ]);
    expect(alarms.get("redash-latency-p99")?.steps).toEqual([
      { command: "kubectl --context k8s.dev.opsdx.io -n redash top pod", language: "sh" },
    ]);
  });

  it("needs no web ACL, and may have one", () => {
    expect(stack.ofType("aws_wafv2_web_acl")).toEqual([]);
    const guarded = synth((scope) => {
      const loadBalancer = internalLoadBalancer(scope);
      hostOf(scope, loadBalancer, "Grafana");
      webAclOf(scope, loadBalancer);
    });
    expect(guarded.one("aws_wafv2_web_acl_association").body).toMatchObject({
      resource_arn: `\${${guarded.one("aws_lb").address}.arn}`,
    });
  });

  it("leaves no policy finding open", () => {
    expect(stack.findings().filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
  });

  it("is refused by the policy when it is public, and when nothing judges its requests", () => {
    const open = synth((scope) => {
      hostOf(scope, internalLoadBalancer(scope, { internal: false }), "Grafana");
    });
    expect(open.findings().map(({ rule, problem }) => [rule, problem])).toEqual(
      expect.arrayContaining([
        ["ELBInternal", "faces the internet"],
        ["ALBWAFEnabled", "is public, and no web ACL judges its requests"],
      ]),
    );
  });

  it("refuses a host twice, and names who has it", () => {
    expect(() =>
      synth((scope) => {
        const loadBalancer = internalLoadBalancer(scope);
        hostOf(scope, loadBalancer, "Grafana");
        hostOf(scope, loadBalancer, "Redash", { host: "grafana.dev.opsdx.io" });
      }),
    ).toThrow(
      'test/Redash/Host: host must be one that no other takes, got "grafana.dev.opsdx.io", which test/Grafana/Host has',
    );
  });

  it("refuses names that AWS would refuse", () => {
    expect(() => synth((scope) => internalLoadBalancer(scope, { name: "a-name-that-is-far-too-long" }))).toThrow(
      'test/Entrance/Internal: name must make at most 32 characters with its prefix, got "opsdx-dev-a-name-that-is-far-too-long"',
    );
    expect(() =>
      synth((scope) => hostOf(scope, internalLoadBalancer(scope), "Grafana", { name: "grafana-of-everybody" })),
    ).toThrow(
      'test/Grafana/Host: name must make at most 32 characters with its prefix and port, got "opsdx-dev-grafana-of-everybody-30090"',
    );
  });

  it("has room for the longest name of an environment", () => {
    expect("opsdx-12345678-concourse-30092s".length).toBeLessThanOrEqual(32);
  });
});
