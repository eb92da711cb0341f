import { hasCommand, stepText } from "../../../support";
import { configured, webOf } from "./fixture";

interface Query {
  readonly id: string;
  readonly expression?: string;
  readonly return_data: boolean;
  readonly metric?: Readonly<Record<string, unknown>>;
}

const web = webOf();
const alarm = (name: string) => web.stack.one("aws_cloudwatch_metric_alarm", { alarm_name: `opsdx-dev-${name}` }).body;
const suffix = (type: string) => `\${${web.stack.one(type).address}.arn_suffix}`;

describe("alarms of the web service", () => {
  it("have the wiki's names, and those that came later", () => {
    expect([...web.alarms.keys()].sort()).toEqual([
      "elb-connections-failed-us-east-1a",
      "elb-connections-failed-us-east-1c",
      "ping-up",
      "web-5xx-rate",
      "web-connections-rejected",
      "web-elb-5xx",
      "web-latency-p99",
      "web-no-healthy-target",
      "web-nodes-at-maximum",
      "web-nodes-inservice",
      "web-rate-limited",
      "web-target-unhealthy",
    ]);
  });

  it("page for what clinicians feel, and leave the rest for the day", () => {
    const pages = [...web.alarms.values()].filter(({ severity }) => severity === "page").map(({ name }) => name);
    expect(pages.sort()).toEqual([
      "ping-up",
      "web-5xx-rate",
      "web-connections-rejected",
      "web-elb-5xx",
      "web-no-healthy-target",
      "web-nodes-inservice",
    ]);
  });

  it("page at 45 pings or fewer in five minutes of the stack that pings least, silence included", () => {
    expect(alarm("ping-up")).toMatchObject({
      comparison_operator: "LessThanOrEqualToThreshold",
      threshold: 45,
      evaluation_periods: 1,
      treat_missing_data: "breaching",
    });
    const queries = alarm("ping-up")["metric_query"] as readonly Query[];
    expect(queries.map(({ id, metric }) => [id, metric?.["dimensions"], metric?.["stat"], metric?.["period"]])).toEqual(
      [
        ["damsl", { PingSource: "damsl", PingStack: "damsl" }, "SampleCount", 300],
        ["rambo", { PingSource: "rambo", PingStack: "rambo" }, "SampleCount", 300],
        ["fewest", undefined, undefined, undefined],
      ],
    );
    expect(queries.at(-1)?.expression).toBe("MIN([FILL(damsl, 0), FILL(rambo, 0)])");
  });

  it("page when the group falls below its fewest nodes, and tell when it is at its most", () => {
    const dimensions = { AutoScalingGroupName: "web.k8s.dev.opsdx.io" };
    expect(alarm("web-nodes-inservice")).toMatchObject({
      metric_name: "GroupInServiceCapacity",
      dimensions,
      comparison_operator: "LessThanThreshold",
      threshold: 1,
      evaluation_periods: 10,
      treat_missing_data: "breaching",
    });
    expect(alarm("web-nodes-at-maximum")).toMatchObject({
      dimensions,
      threshold: 2,
      period: 300,
      evaluation_periods: 3,
    });
  });

  it.each(["us-east-1a", "us-east-1c"])("watch failed connections of %s by itself", (zone) => {
    expect(alarm(`elb-connections-failed-${zone}`)).toMatchObject({
      metric_name: "TargetConnectionErrorCount",
      dimensions: { LoadBalancer: suffix("aws_lb"), AvailabilityZone: zone },
      threshold: 0,
      evaluation_periods: 3,
      datapoints_to_alarm: 2,
    });
  });

  it("take a share of failures for one only with enough requests", () => {
    const queries = alarm("web-5xx-rate")["metric_query"] as readonly Query[];
    expect(queries.find(({ return_data }) => return_data)?.expression).toBe(
      "IF(FILL(requests, 0) >= 20, 100 * FILL(failed, 0) / requests, 0)",
    );
    expect(alarm("web-5xx-rate")).toMatchObject({ threshold: 1, evaluation_periods: 5, datapoints_to_alarm: 3 });
  });

  it("watch targets by load balancer and target group", () => {
    const dimensions = { LoadBalancer: suffix("aws_lb"), TargetGroup: suffix("aws_lb_target_group") };
    expect(alarm("web-no-healthy-target")).toMatchObject({ dimensions, treat_missing_data: "breaching" });
    expect(alarm("web-target-unhealthy")).toMatchObject({ dimensions, treat_missing_data: "notBreaching" });
  });

  it("watch the slowest hundredth", () => {
    expect(alarm("web-latency-p99")).toMatchObject({ metric_name: "TargetResponseTime", extended_statistic: "p99" });
  });

  it("watch the rate limit under the name that the web ACL writes", () => {
    expect(alarm("web-rate-limited")["dimensions"]).toEqual({
      WebACL: web.stack.one("aws_wafv2_web_acl").body["name"],
      Region: "us-east-1",
      Rule: "RateLimit",
    });
  });

  it("are summed up in one", () => {
    const rule = web.stack.one("aws_cloudwatch_composite_alarm", { alarm_name: "opsdx-dev-trews-rest-api-health" });
    expect(String(rule.body["alarm_rule"]).split(" OR ")).toHaveLength(web.alarms.size);
  });

  it("take names and thresholds from the configuration", () => {
    const { thresholds } = configured("prod").web;
    const changed = webOf({ thresholds: { ...thresholds, latencySeconds: 2.5, elbErrorsPer5Minutes: 7 } }).stack;
    const threshold = (name: string) =>
      changed.one("aws_cloudwatch_metric_alarm", { alarm_name: `opsdx-dev-${name}` }).body["threshold"];
    expect([threshold("web-latency-p99"), threshold("web-elb-5xx")]).toEqual([2.5, 7]);
  });

  it("give commands in every entry, with nothing left to be resolved", () => {
    for (const { name, steps } of web.alarms.values()) {
      expect([name, steps.filter(hasCommand).length >= 2]).toEqual([name, true]);
      expect(steps.map(stepText).join("\n")).not.toMatch(/\$\{Tf?Token|undefined/);
    }
  });
});

describe("WebService", () => {
  it("lets the pods write their events and metrics, and only the pods' service account of that cluster", () => {
    const role = web.stack.one("aws_iam_role");
    const { Statement: trust } = JSON.parse(
      String(role.body["assume_role_policy"]).replace(/\$\{trimprefix\(.*?\)\}/g, "issuer"),
    ) as { Statement: readonly object[] };
    expect(trust).toEqual([
      expect.objectContaining({
        Action: ["sts:AssumeRoleWithWebIdentity"],
        Condition: {
          StringEquals: {
            "issuer:aud": "amazonaws.com",
            "issuer:sub": "system:serviceaccount:default:trews-rest-api",
          },
        },
      }),
    ]);
    const policy = JSON.parse(String(web.stack.one("aws_iam_policy").body["policy"])) as {
      Statement: readonly { Sid: string; Resource: readonly string[]; Condition?: object }[];
    };
    const group = web.stack.one("aws_cloudwatch_log_group", { name: "opsdx-web-logs-dev" }).address;
    expect(policy.Statement.map(({ Sid, Resource, Condition }) => [Sid, Resource, Condition])).toEqual([
      ["WriteEvents", [`\${${group}.arn}`, `\${${group}.arn}:log-stream:*`], undefined],
      ["WriteMetrics", ["*"], { StringEquals: { "cloudwatch:namespace": "OpsDX" } }],
      [
        "Secrets",
        ["arn:aws:secretsmanager:us-east-1:123456789012:secret:opsdx/dev/trews-rest-api/db-password-??????"],
        undefined,
      ],
      ["SecretKey", ["arn:aws:kms:us-east-1:123456789012:key/trews-rest-api"], expect.anything()],
    ]);
  });

  it("shows alarms, pings, load balancer, own metrics and the answers from the log on one dashboard", () => {
    const body = web.stack.one("aws_cloudwatch_dashboard", { dashboard_name: "opsdx-dev-web" }).body["dashboard_body"];
    const { widgets } = JSON.parse(String(body)) as {
      widgets: readonly { type: string; properties: { title?: string; metrics?: unknown } }[];
    };
    expect(widgets.map(({ properties }) => properties.title)).toEqual([
      undefined,
      "Alarms",
      "Pings from outside in 5 minutes",
      "Nodes",
      "Targets",
      "Load balancer: requests",
      "Load balancer: failures",
      "Load balancer: response time (s)",
      "Load balancer: connections",
      "API",
      "API by route",
      "API by stream and route",
      "Browser",
      "Browser by stream",
      "Latency in the log (ms), p95",
      "Cache",
      "server latency",
      "user latency",
      "cache hits",
      "top routes",
      "errors",
    ]);
    expect(widgets[11]?.properties.metrics).toEqual([
      [{ expression: "SEARCH('{OpsDX,API,MetricStreamId,Route}', 'Average', 300)" }],
    ]);
  });

  it("is described as the wiki's system, with today's commands", () => {
    const { name, owner } = web.facts;
    expect([name, owner]).toEqual(["trews-rest-api", "Yanif"]);
    const all = JSON.stringify(web.facts);
    for (const command of [
      "awslogs get opsdx-web-logs-dev",
      "kubectl --context k8s.dev.opsdx.io -n default get hpa/trews-rest-api",
      "opsdx_nodegroup=web",
    ]) {
      expect(all).toContain(command);
    }
    expect(all).not.toMatch(/--show-all|helm |<env>/);
  });

  it("leaves no policy finding open", () => {
    expect(web.stack.findings().filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
  });

  it("refuses a node group that the cluster doesn't have", () => {
    expect(() => webOf({ nodeGroup: "wbe" })).toThrow(
      'test/Web: config.nodeGroup must be a labelled node group of k8s.dev.opsdx.io (web, etl, ci, load), got "wbe"',
    );
  });
});
