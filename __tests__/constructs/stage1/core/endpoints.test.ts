import { statementsOf } from "./statements";
import { synthNetwork } from "./support";

const { stack, exports } = synthNetwork();
const endpoint = (service: string) =>
  stack.one("aws_vpc_endpoint", { service_name: `com.amazonaws.us-east-1.${service}` });

describe("gateway endpoints", () => {
  it.each(["s3", "dynamodb"])("of %s serve the private and the database tables, not the public one", (service) => {
    const { body } = endpoint(service);
    expect(body["vpc_endpoint_type"]).toBe("Gateway");
    const tables = body["route_table_ids"] as readonly string[];
    expect(tables).toHaveLength(4);
    const names = stack
      .ofType("aws_route_table")
      .filter(({ address }) => tables.includes(`\${${address}.id}`))
      .map(({ path }) => path.split("/").at(-1));
    expect(names.sort()).toEqual(["Db", "PrivateUsEast1A", "PrivateUsEast1C", "PrivateUsEast1D"]);
  });

  it("let our principals do anything in our accounts' buckets, and anyone read only", () => {
    const statements = statementsOf(endpoint("s3").body["policy"]);
    expect(statements).toEqual([
      expect.objectContaining({
        Sid: "ReadAnywhere",
        Action: ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"],
      }),
      expect.objectContaining({
        Sid: "EverythingInOurAccounts",
        Action: ["s3:*"],
        Condition: {
          StringEquals: {
            "aws:PrincipalAccount": "123456789012",
            "aws:ResourceAccount": ["123456789012", "111122223333"],
          },
        },
      }),
    ]);
  });

  it("keep DynamoDB to our own account", () => {
    expect(statementsOf(endpoint("dynamodb").body["policy"])).toEqual([
      expect.objectContaining({
        Action: ["dynamodb:*"],
        Condition: {
          StringEquals: { "aws:PrincipalAccount": "123456789012", "aws:ResourceAccount": "123456789012" },
        },
      }),
    ]);
  });
});

describe("interface endpoints", () => {
  it("stand in each zone's node subnet, behind their own group, under the service's usual name", () => {
    for (const service of ["ecr.api", "logs"]) {
      const { body } = endpoint(service);
      expect(body).toMatchObject({ vpc_endpoint_type: "Interface", private_dns_enabled: true });
      const group = stack.one("aws_security_group", { name: "opsdx-dev-endpoints" });
      expect(body["security_group_ids"]).toEqual([`\${${group.address}.id}`]);
      const zones = (body["subnet_ids"] as readonly string[]).map((id) => /NodeUsEast1[A-Z]/.exec(id)?.[0]);
      expect(zones).toEqual(["NodeUsEast1A", "NodeUsEast1C", "NodeUsEast1D"]);
    }
    expect(Object.keys(exports.nodeSubnetIds)).toHaveLength(3);
  });

  it("are those of the configuration, at addresses of their own", () => {
    const fewer = synthNetwork({ interfaceEndpoints: ["logs"] }).stack;
    const interfaces = fewer.ofType("aws_vpc_endpoint").filter(({ body }) => body["vpc_endpoint_type"] === "Interface");
    expect(interfaces.map(({ address }) => address)).toEqual([endpoint("logs").address]);
    expect(endpoint("ecr.api").path).toBe("test/Core/Endpoints/EcrApi");
  });

  it("open a ticket each when they drop packets for five minutes", () => {
    const { body } = stack.one("aws_cloudwatch_metric_alarm", {
      alarm_name: "opsdx-dev-endpoint-ecr-api-packets-dropped",
    });
    expect(body).toMatchObject({
      namespace: "AWS/PrivateLinkEndpoints",
      metric_name: "PacketsDropped",
      dimensions: {
        "Endpoint Type": "Interface",
        "Service Name": "com.amazonaws.us-east-1.ecr.api",
        "VPC Endpoint Id": `\${${endpoint("ecr.api").address}.id}`,
        "VPC Id": `\${${stack.one("aws_vpc").address}.id}`,
      },
      statistic: "Sum",
      comparison_operator: "GreaterThanThreshold",
      threshold: 10,
      period: 60,
      evaluation_periods: 5,
      datapoints_to_alarm: 5,
      treat_missing_data: "notBreaching",
    });
    expect(body["alarm_actions"]).toEqual([expect.stringContaining("TicketTopic")]);
  });
});
