import { EndpointCheck } from "../../../../constructs/stage1/dns/endpoint-check";
import { ALARM_METADATA, type AlarmFacts } from "../../../../constructs/shared/observability/alarm";
import { stepText, synth } from "../../../support";
import { asDns } from "./fixture";

describe("EndpointCheck", () => {
  let facts: AlarmFacts | undefined;
  const stack = synth((scope) => {
    const { alarm } = new EndpointCheck(scope, "Endpoint", {
      monitoring: asDns(scope),
      name: "web",
      host: "trews.dev.opsdx.io",
      path: "/health",
    });
    facts = alarm.node.metadata.find(({ type }) => type === ALARM_METADATA)?.data as AlarmFacts;
  });
  const check = stack.one("aws_route53_health_check");

  it("asks over HTTPS by name, without paying for latency", () => {
    expect(check.body).toMatchObject({
      type: "HTTPS",
      fqdn: "trews.dev.opsdx.io",
      port: 443,
      resource_path: "/health",
      enable_sni: true,
      request_interval: 30,
      failure_threshold: 3,
      measure_latency: false,
      tags: { Name: "opsdx-dev-web" },
    });
  });

  it("pages after three unhealthy minutes, and when the checkers fall silent", () => {
    expect(stack.one("aws_cloudwatch_metric_alarm", { alarm_name: "opsdx-dev-dns-endpoint-web" }).body).toMatchObject({
      namespace: "AWS/Route53",
      metric_name: "HealthCheckStatus",
      dimensions: { HealthCheckId: `\${${check.address}.id}` },
      statistic: "Average",
      comparison_operator: "LessThanThreshold",
      threshold: 1,
      period: 60,
      evaluation_periods: 3,
      datapoints_to_alarm: 3,
      treat_missing_data: "breaching",
      alarm_actions: [expect.stringContaining("PageTopic")],
    });
  });

  it("tells on-call how to look from outside, at name, TLS and answer", () => {
    const steps = facts?.steps.map(stepText).join("\n") ?? "";
    expect(steps).toContain("curl -sv -o /dev/null https://trews.dev.opsdx.io/health");
    expect(steps).toContain("dig +short trews.dev.opsdx.io");
    expect(steps).toContain("openssl s_client -connect trews.dev.opsdx.io:443");
    expect(steps).toContain("get-health-check-last-failure-reason");
  });
});
