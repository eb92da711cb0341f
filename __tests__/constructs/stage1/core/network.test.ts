import { planSubnets } from "../../../../config/cidr-plan";
import { networkFacts } from "../../../../constructs/stage1/core/network-facts";
import { SECURITY_MATRIX } from "../../../../constructs/shared/network/security-matrix";
import { stepText, TEST_ACCOUNT } from "../../../support";
import { byAddress, nameTag, NETWORK, synthNetwork } from "./support";

const { stack, exports } = synthNetwork();
const idOf = (type: string, name: string): string => {
  const hits = stack.ofType(type).filter(({ body }) => nameTag(body) === name);
  expect(hits).toHaveLength(1);
  return `\${${hits[0]?.address ?? ""}.id}`;
};
const tableOf = (subnet: string): string =>
  String(stack.one("aws_route_table_association", { subnet_id: idOf("aws_subnet", subnet) }).body["route_table_id"]);
const defaultRoutes = (table: string) =>
  stack.ofType("aws_route").filter(({ body }) => body["route_table_id"] === table);

describe("Network", () => {
  it("makes a VPC with DNS names, which kops and interface endpoints need", () => {
    expect(stack.one("aws_vpc").body).toMatchObject({
      cidr_block: "10.0.0.0/16",
      enable_dns_support: true,
      enable_dns_hostnames: true,
    });
  });

  it("leaves the default network ACL alone", () => {
    expect(stack.resources.filter(({ type }) => type.includes("network_acl"))).toEqual([]);
  });

  it("breaks no policy rule without a reason", () => {
    expect(
      stack
        .findings()
        .filter(({ path }) => path.startsWith("test/Core/"))
        .map(({ rule, acknowledged }) => [rule, acknowledged !== undefined]),
    ).toEqual(
      expect.arrayContaining([
        ["VPCNoUnrestrictedRouteToIGW", true],
        ["SecurityGroupNoOpenIngress", true],
        ["S3BucketReplicationEnabled", true],
      ]),
    );
    expect(
      stack.findings().filter(({ path, acknowledged }) => path.startsWith("test/Core/") && acknowledged === undefined),
    ).toEqual([]);
  });
});

describe("routes", () => {
  it("send the utility subnets to the internet gateway by one table", () => {
    const table = idOf("aws_route_table", "opsdx-dev-public");
    for (const zone of Object.keys(NETWORK.zones)) expect(tableOf(`opsdx-dev-utility-${zone}`)).toBe(table);
    expect(defaultRoutes(table).map(({ body }) => body)).toEqual([
      expect.objectContaining({
        destination_cidr_block: "0.0.0.0/0",
        gateway_id: `\${${stack.one("aws_internet_gateway").address}.id}`,
      }),
    ]);
  });

  it("send nodes and masters of a zone to the NAT gateway by the zone's table", () => {
    const gateway = `\${${stack.one("aws_nat_gateway").address}.id}`;
    for (const zone of Object.keys(NETWORK.zones)) {
      const table = idOf("aws_route_table", `opsdx-dev-private-${zone}`);
      expect(tableOf(`opsdx-dev-node-${zone}`)).toBe(table);
      expect(tableOf(`opsdx-dev-master-${zone}`)).toBe(table);
      expect(defaultRoutes(table).map(({ body }) => body["nat_gateway_id"])).toEqual([gateway]);
    }
  });

  it("send each zone to its own gateway when there is one per zone", () => {
    const perZone = synthNetwork({ nat: "per-az" }).stack;
    const routes = perZone.ofType("aws_route").filter(({ body }) => body["nat_gateway_id"] !== undefined);
    expect(new Set(routes.map(({ body }) => body["nat_gateway_id"])).size).toBe(3);
    for (const { path, body } of routes) {
      const zone = /Private(\w+)Default/.exec(path)?.[1] ?? "";
      expect(String(body["nat_gateway_id"])).toContain(`Gateway${zone}`);
    }
  });

  it("keep the databases without a way out", () => {
    const table = idOf("aws_route_table", "opsdx-dev-db");
    for (const zone of Object.keys(NETWORK.zones)) expect(tableOf(`opsdx-dev-db-${zone}`)).toBe(table);
    expect(defaultRoutes(table)).toEqual([]);
    expect(stack.ofType("aws_route")).toHaveLength(4);
  });

  it("leave no subnet in the main table", () => {
    expect(stack.ofType("aws_route_table_association")).toHaveLength(stack.ofType("aws_subnet").length);
  });
});

describe("a change of zones", () => {
  const TYPES = ["aws_subnet", "aws_eip", "aws_nat_gateway", "aws_route_table", "aws_route", "aws_vpc_endpoint"];
  it("adds addresses and changes none, for every type that goes by zone", () => {
    const more = synthNetwork({ zones: { ...NETWORK.zones, "us-east-1b": { slot: 3 } } }).stack;
    for (const type of TYPES) {
      expect(more.ofType(type).map(({ address }) => address)).toEqual(
        expect.arrayContaining(stack.ofType(type).map(({ address }) => address)),
      );
    }
    expect(byAddress(more, "aws_subnet", "cidr_block")).toMatchObject(byAddress(stack, "aws_subnet", "cidr_block"));
    expect(more.ofType("aws_subnet")).toHaveLength(16);
  });
});

describe("exports", () => {
  it("hold plain strings by zone and by role", () => {
    expect(exports.vpcId).toEqual(expect.any(String));
    expect(exports.vpcCidr).toBe("10.0.0.0/16");
    expect(exports.zones).toEqual(["us-east-1a", "us-east-1c", "us-east-1d"]);
    for (const ids of [exports.utilitySubnetIds, exports.nodeSubnetIds, exports.masterSubnetIds, exports.dbSubnetIds]) {
      expect(Object.keys(ids)).toEqual(["us-east-1a", "us-east-1c", "us-east-1d"]);
    }
    expect(Object.keys(exports.natPublicIps)).toEqual(["us-east-1a"]);
    expect(Object.keys(exports.securityGroupIds)).toEqual(expect.arrayContaining(["node", "db", "launcher"]));
  });

  it("hold one level of maps at most", () => {
    for (const value of Object.values(exports) as unknown[]) {
      if (typeof value === "string") continue;
      for (const inner of Object.values(value as object)) expect(inner).toEqual(expect.any(String));
    }
  });
});

describe("the runbook's chapter", () => {
  const addresses = { cidr: "10.0.0.0/16", subnets: planSubnets(NETWORK) };
  const ground = { environment: "dev", account: TEST_ACCOUNT, owner: "Yanif", addresses };
  const facts = networkFacts({ ...ground, slot: 4 });

  it("belongs to the owner and names the stack to deploy", () => {
    expect(facts).toMatchObject({ name: "core", title: "VPC & Networking", owner: "Yanif" });
    expect(facts.launch.map(stepText)).toContain("npx cdktf deploy dev-stage1 --ignore-missing-stack-dependencies");
  });

  it("lists every line of the matrix", () => {
    const table = facts.procedures?.find(({ title }) => title === "Who may connect to whom");
    expect(table?.steps).toHaveLength(SECURITY_MATRIX.length);
    expect(table?.steps).toContain("launcher to api: tcp 443. Create ETL jobs.");
    expect(table?.steps).toContain("internet to web-load-balancer: tcp 80. Redirect to HTTPS.");
  });

  it("lists every subnet, by role and zone, as the stack makes it", () => {
    const steps = facts.procedures?.find(({ title }) => title === "VPC and subnets")?.steps.map(stepText) ?? [];
    const made = stack
      .ofType("aws_subnet")
      .map(({ body }) => `${String(body["availability_zone"])}: ${String(body["cidr_block"])}.`);
    expect(made.length).toBeGreaterThan(0);
    for (const subnet of made) expect(steps.filter((step) => step.includes(subnet))).toHaveLength(1);
  });

  it("tells the slot of one more zone, or that none is left", () => {
    const step = (slot: number | undefined) =>
      JSON.stringify(
        networkFacts({ ...ground, slot }).procedures?.find(({ title }) => title === "Add an availability zone"),
      );
    expect(step(4)).toContain("with slot 4, the lowest that fits for every role");
    expect(step(undefined)).toContain("No slot is left");
  });

  it("names only log groups, buckets and alarms that exist", () => {
    const text = JSON.stringify(facts);
    const names = [...text.matchAll(/awslogs get (\S+)/g)].map(([, name]) => name);
    const groups = stack.ofType("aws_cloudwatch_log_group").map(({ body }) => body["name"]);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(groups).toContain(name);
    expect(text).toContain(
      `s3://${String(stack.one("aws_s3_bucket", { bucket: "opsdx-dev-flow-logs-123456789012" }).body["bucket"])}/`,
    );
    expect(
      stack.one("aws_cloudwatch_composite_alarm", { alarm_name: "opsdx-dev-core-health" }).body["alarm_rule"],
    ).toContain("PortAllocation");
  });
});

it("watches the gateway and every interface endpoint", () => {
  const names = stack
    .ofType("aws_cloudwatch_metric_alarm")
    .filter(({ path }) => path.startsWith("test/Core/"))
    .map(({ body }) => body["alarm_name"]);
  expect(names.sort()).toEqual([
    "opsdx-dev-endpoint-ecr-api-packets-dropped",
    "opsdx-dev-endpoint-logs-packets-dropped",
    "opsdx-dev-nat-us-east-1a-packets-drop",
    "opsdx-dev-nat-us-east-1a-port-allocation",
  ]);
});
