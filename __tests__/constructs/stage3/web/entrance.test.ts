import { configured, webOf } from "./fixture";

describe("the web service's entrance", () => {
  const { stack, exports } = webOf();
  const balancer = stack.one("aws_lb");
  const targets = stack.one("aws_lb_target_group");

  it("stands in the public subnets behind its security group, and cannot be deleted", () => {
    expect(balancer.body).toMatchObject({
      name: "opsdx-dev-web",
      internal: false,
      load_balancer_type: "application",
      subnets: ["subnet-a", "subnet-c"],
      security_groups: ["sg-webLoadBalancer"],
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
    });
  });

  it("hands its own host to its own nodes, and knows no other", () => {
    const https = stack.one("aws_lb_listener", { port: 443 });
    expect(https.body["default_action"]).toMatchObject([
      { type: "fixed-response", fixed_response: { status_code: "404" } },
    ]);
    expect(stack.one("aws_lb_listener_rule").body).toMatchObject({
      listener_arn: `\${${https.address}.arn}`,
      condition: [{ host_header: { values: ["trews.dev.opsdx.io"] } }],
      action: [{ type: "forward", target_group_arn: `\${${targets.address}.arn}` }],
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
    expect("opsdx-12345678-web-30080s".length).toBeLessThanOrEqual(32);
    expect(targets.body["name"]).toBe("opsdx-dev-web-30080");
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

  it("lets hospitals share an address, and counts the common rules that are listed", () => {
    const { firewall } = configured("dev").web;
    const guarded = webOf({
      firewall: { ...firewall, clinicNetworks: ["198.51.100.0/24"], countedCommonRules: ["SizeRestrictions_BODY"] },
    }).stack;
    expect(guarded.one("aws_wafv2_ip_set").body).toMatchObject({
      name: "opsdx-dev-web-clinics",
      addresses: ["198.51.100.0/24"],
    });
    expect(JSON.stringify(guarded.one("aws_wafv2_web_acl").body["rule"])).toContain(
      '"rule_action_override":[{"name":"SizeRestrictions_BODY","action_to_use":{"count":{}}}]',
    );
    expect(guarded.one("aws_wafv2_web_acl_association").body["resource_arn"]).toBe(
      `\${${guarded.one("aws_lb").address}.arn}`,
    );
  });

  it("says where its parts stood before, so that nothing is made anew under a name that is taken", () => {
    const moved = stack.json["moved"] as readonly { readonly from: string; readonly to: string }[];
    const declared = new Set(stack.resources.map(({ address }) => address));
    expect(moved.filter(({ to }) => !declared.has(to))).toEqual([]);
    expect(moved.filter(({ from }) => declared.has(from))).toEqual([]);
    expect(moved.filter(({ from, to }) => from.split(".")[0] !== to.split(".")[0])).toEqual([]);
    // The load balancer of this test stands in two zones of three.
    expect(moved).toHaveLength(12);
  });
});
