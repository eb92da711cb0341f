import { webOf } from "./fixture";

describe("WebLoadBalancer", () => {
  const { stack, exports } = webOf();
  const balancer = stack.one("aws_lb");
  const targets = stack.one("aws_lb_target_group");

  it("stands in the public subnets behind its security group, and cannot be deleted", () => {
    expect(balancer.body).toMatchObject({
      name: "opsdx-dev-web",
      internal: false,
      load_balancer_type: "application",
      subnets: ["subnet-a", "subnet-c"],
      security_groups: ["sg-web"],
      enable_deletion_protection: true,
    });
  });

  it("refuses what smuggles requests", () => {
    expect(balancer.body).toMatchObject({ drop_invalid_header_fields: true, desync_mitigation_mode: "defensive" });
  });

  it("logs requests and connections below the environment's prefix", () => {
    const logs = { bucket: "opsdx-elb-access-logs", prefix: "dev", enabled: true };
    expect(balancer.body).toMatchObject({ access_logs: logs, connection_logs: logs });
  });

  it("answers HTTPS with TLS 1.2 or later and tells browsers to stay with it", () => {
    expect(stack.one("aws_lb_listener", { port: 443 }).body).toMatchObject({
      protocol: "HTTPS",
      ssl_policy: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
      certificate_arn: "arn:aws:acm:us-east-1:123456789012:certificate/1",
      routing_http_response_strict_transport_security_header_value: "max-age=31536000",
      default_action: [{ type: "forward", target_group_arn: `\${${targets.address}.arn}` }],
    });
  });

  it("sends HTTP to HTTPS and serves nothing over it", () => {
    expect(stack.one("aws_lb_listener", { port: 80 }).body["default_action"]).toEqual([
      { type: "redirect", redirect: { protocol: "HTTPS", port: "443", status_code: "HTTP_301" } },
    ]);
  });

  it("reaches the service's port on the instances of the web group, the only one that its security group may call", () => {
    expect(targets.body).toMatchObject({ target_type: "instance", port: 30080, protocol: "HTTP", vpc_id: "vpc-1" });
    expect(stack.one("aws_autoscaling_attachment").body).toMatchObject({
      autoscaling_group_name: "web.k8s.dev.opsdx.io",
      lb_target_group_arn: `\${${targets.address}.arn}`,
    });
    expect(exports.nodePort).toBe("30080");
  });

  it("lets requests finish in less time than a pod has to stop", () => {
    expect(Number(targets.body["deregistration_delay"])).toBe(30);
  });

  it("checks the path that is configured, in the protocol that is configured", () => {
    const { body } = webOf({ healthPath: "/healthz", targetProtocol: "HTTPS" }).stack.one("aws_lb_target_group");
    expect(body["health_check"]).toMatchObject({ path: "/healthz", protocol: "HTTPS", matcher: "200" });
  });

  it("can replace its targets: the second group has another name, and comes before the first goes", () => {
    const https = webOf({ targetProtocol: "HTTPS" }).stack.one("aws_lb_target_group");
    expect(https.body["name"]).not.toBe(targets.body["name"]);
    expect(targets.body["lifecycle"]).toEqual({ create_before_destroy: true });
  });

  it("has names that AWS takes with the longest name of an environment", () => {
    expect("opsdx-12345678-web-https-30080".length).toBeLessThanOrEqual(32);
    expect(targets.body["name"]).toBe("opsdx-dev-web-http-30080");
  });

  it("has its address in the environment's zone", () => {
    expect(stack.one("aws_route53_record").body).toMatchObject({
      zone_id: "Z1",
      name: "trews.dev.opsdx.io",
      type: "A",
      alias: {
        name: `\${${balancer.address}.dns_name}`,
        zone_id: `\${${balancer.address}.zone_id}`,
        evaluate_target_health: true,
      },
    });
  });

  it("is thrown away with its stack only where told so, which is on record", () => {
    const sandbox = webOf({}, { deletionProtection: false }).stack;
    expect(sandbox.one("aws_lb").body["enable_deletion_protection"]).toBe(false);
    const findings = sandbox.findings().filter(({ rule }) => rule === "ELBDeletionProtectionEnabled");
    expect(findings).toHaveLength(1);
    expect(findings[0]?.acknowledged).toBeDefined();
  });
});
