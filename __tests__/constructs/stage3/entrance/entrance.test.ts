import type { EntranceService } from "../../../../config/entrance";
import { Entrance } from "../../../../constructs/stage3/entrance/entrance";
import { SERVICE_NODE_PORTS, WEB_NODE_PORT } from "../../../../constructs/shared/network/ports";
import type { EntranceHost } from "../../../../constructs/shared/http/entrance";
import { SYSTEM_METADATA } from "../../../../constructs/shared/observability/system";
import { alarmState, type Planted } from "../../../planted";
import { synth } from "../../../support";
import { alarmsBelow, systemIn } from "../../shared/http/fixture";
import { platformIn } from "../platform";

const HOSTS = { grafana: "grafana.test.opsdx.io", redash: "data.test.opsdx.io" } as const;

/** Services that ask for hosts at an entrance, each in a system of its own. */
function built(
  services: readonly EntranceService[],
  hosts: Readonly<Partial<Record<EntranceService, string>>> = HOSTS,
) {
  const made = new Map<string, EntranceHost>();
  let alarms: ReturnType<typeof alarmsBelow> = new Map();
  let pages: unknown[] = [];
  const stack = synth((scope) => {
    const platform = platformIn(scope);
    const entrance = new Entrance(scope, "Entrance", { platform, hosts });
    for (const service of services) {
      const place = { cluster: "k8s.test.opsdx.io", namespace: service };
      made.set(
        service,
        entrance.host(systemIn(scope, service), {
          service,
          title: service,
          users: "engineers",
          protocol: "HTTP",
          healthPath: "/health",
          place,
          workload: `deployment/${service}`,
        }),
      );
    }
    alarms = alarmsBelow(scope);
    pages = entrance.node.metadata.filter(({ type }) => type === SYSTEM_METADATA);
  });
  return { stack, made, alarms, pages };
}

describe("Entrance", () => {
  const { alarms, made, pages, stack } = built(["redash", "grafana"]);

  it("is one internal load balancer, on the nodes' subnets, with a group of its own", () => {
    expect(stack.one("aws_lb").body).toMatchObject({
      name: "opsdx-test-entrance",
      internal: true,
      subnets: ["subnet-a", "subnet-c"],
      security_groups: ["sg-entrance"],
      enable_deletion_protection: true,
      access_logs: { bucket: "opsdx-elb-access-logs", prefix: "test", enabled: true },
    });
    expect(stack.ofType("aws_lb_listener").map(({ body }) => [body["port"], body["protocol"]])).toEqual([
      [443, "HTTPS"],
    ]);
  });

  it("leads each host to its service's port on the nodes of the general group", () => {
    expect(
      stack.ofType("aws_lb_target_group").map(({ body }) => [body["name"], body["port"], body["target_type"]]),
    ).toEqual([
      ["opsdx-test-redash-30500", 30500, "instance"],
      ["opsdx-test-grafana-30300", 30300, "instance"],
    ]);
    expect(stack.ofType("aws_autoscaling_attachment").map(({ body }) => body["autoscaling_group_name"])).toEqual([
      "nodes.k8s.test.opsdx.io",
      "nodes.k8s.test.opsdx.io",
    ]);
    expect(stack.ofType("aws_route53_record").map(({ body }) => [body["name"], body["type"]])).toEqual([
      ["data.test.opsdx.io", "A"],
      ["grafana.test.opsdx.io", "A"],
    ]);
  });

  it("gives a service's rule the same priority, whichever else there are", () => {
    const priorities = (services: readonly EntranceService[]) =>
      new Map(
        built(services)
          .stack.ofType("aws_lb_listener_rule")
          .map(({ body }) => [
            (body["condition"] as [{ host_header: { values: [string] } }])[0].host_header.values[0],
            body["priority"],
          ]),
      );
    expect(priorities(["grafana"]).get(HOSTS.grafana)).toBe(priorities(["redash", "grafana"]).get(HOSTS.grafana));
    expect(new Set(priorities(["redash", "grafana"]).values()).size).toBe(2);
  });

  it("hands the service what it needs", () => {
    expect(made.get("redash")).toMatchObject({
      host: "data.test.opsdx.io",
      url: "https://data.test.opsdx.io",
      nodePort: 30500,
    });
    expect(made.get("redash")?.alarms).toHaveLength(4);
  });

  it("tells a host's service of the host, and the clusters' owner of the load balancer", () => {
    const owners = new Map([...alarms.values()].map(({ name, owner }) => [name, owner]));
    expect(owners.get("grafana-no-healthy-target")).toBe("owner of grafana");
    expect(owners.get("entrance-elb-5xx")).toBe("Yanif");
    expect(pages).toHaveLength(1);
  });

  it("leaves no policy finding open but the plain HTTP behind it, which is acknowledged", () => {
    expect(stack.findings().filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
  });

  it("is nothing while no service asks for a host", () => {
    const empty = built([]);
    expect(empty.stack.ofType("aws_lb")).toEqual([]);
    expect(empty.stack.ofType("aws_cloudwatch_composite_alarm")).toEqual([]);
    expect(empty.pages).toEqual([]);
  });

  it("refuses a service that the settings do not name, and a host twice", () => {
    expect(() => built(["concourse"])).toThrow(
      'service must be one that the environment\'s settings name (grafana, redash), got "concourse"',
    );
    expect(() => built(["grafana", "redash"], { grafana: "a.test.opsdx.io", redash: "a.test.opsdx.io" })).toThrow(
      'test/redash/Host: host must be one that no other takes, got "a.test.opsdx.io", which test/grafana/Host has',
    );
  });
});

describe("an alarm of a host", () => {
  const services = ["grafana", "redash", "concourse"] as const;
  const hosts = Object.fromEntries(services.map((service) => [service, `${service}.test.opsdx.io`]));
  const { stack } = built(services, hosts);
  /** Ten minutes of a host's numbers; well, unless something else is planted. */
  const minutes = (service: string, planted: Readonly<Record<string, number | undefined>>): readonly Planted[] => {
    const group = stack.ofType("aws_lb_target_group").find(({ body }) => String(body["name"]).includes(service));
    const balancer = stack.one("aws_lb");
    const well = { HealthyHostCount: 5, UnHealthyHostCount: 0, RequestCount: 100, TargetResponseTime: 0.2 };
    return Object.entries({ ...well, ...planted }).map(([metric, value]) => ({
      namespace: "AWS/ApplicationELB",
      metric,
      dimensions: {
        LoadBalancer: `\${${balancer.address}.arn_suffix}`,
        TargetGroup: `\${${group?.address ?? ""}.arn_suffix}`,
      },
      values: Array.from({ length: 10 }, () => value),
    }));
  };
  const faults = [
    ["no-healthy-target", { HealthyHostCount: 0 }],
    ["no-healthy-target", { HealthyHostCount: undefined }],
    ["target-unhealthy", { UnHealthyHostCount: 1 }],
    ["5xx-rate", { HTTPCode_Target_5XX_Count: 6 }],
    ["latency-p99", { TargetResponseTime: 10.1 }],
  ] as const;

  it.each(services.flatMap((service) => faults.map(([alarm, fault]) => [service, alarm, fault] as const)))(
    "%s-%s fires on %j of its own host, and on nothing else",
    (service, name, fault) => {
      const { body } = stack.one("aws_cloudwatch_metric_alarm", { alarm_name: `opsdx-test-${service}-${name}` });
      const all = (broken?: string) => services.flatMap((each) => minutes(each, each === broken ? fault : {}));
      expect(services.filter((broken) => alarmState(body, all(broken)) === "ALARM")).toEqual([service]);
      expect(alarmState(body, all())).toBe("OK");
    },
  );
});

describe("node ports", () => {
  const ports = [WEB_NODE_PORT, ...Object.values(SERVICE_NODE_PORTS)];

  it("are each one service's", () => {
    expect(new Set(ports).size).toBe(ports.length);
  });

  it("are ports that Kubernetes gives away, and priorities that a listener takes", () => {
    // https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport and
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html
    expect(ports.filter((port) => port < 30000 || port > 32767 || port > 50000)).toEqual([]);
  });
});
