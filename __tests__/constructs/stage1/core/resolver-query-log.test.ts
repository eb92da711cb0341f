import { statementsOf } from "./statements";
import { synthNetwork } from "./support";

const { stack } = synthNetwork();
const logGroup = stack.one("aws_cloudwatch_log_group", { name: "opsdx-dev-resolver-queries" });
const config = stack.one("aws_route53_resolver_query_log_config");

describe("ResolverQueryLog", () => {
  it("writes the VPC's DNS queries to its log group", () => {
    expect(config.body).toMatchObject({
      name: "opsdx-dev-resolver-queries",
      destination_arn: `\${${logGroup.address}.arn}`,
    });
    expect(stack.one("aws_route53_resolver_query_log_config_association").body).toMatchObject({
      resolver_query_log_config_id: `\${${config.address}.id}`,
      resource_id: `\${${stack.one("aws_vpc").address}.id}`,
    });
  });

  it("lets log delivery write for this account only, before the queries come", () => {
    const policy = stack.one("aws_cloudwatch_log_resource_policy", { policy_name: "opsdx-dev-resolver-queries" });
    expect(statementsOf(policy.body["policy_document"])).toEqual([
      expect.objectContaining({
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Principal: { Service: "delivery.logs.amazonaws.com" },
        Resource: [`\${${logGroup.address}.arn}:log-stream:*`],
        Condition: {
          StringEquals: { "aws:SourceAccount": "123456789012" },
          ArnLike: { "aws:SourceArn": "arn:aws:logs:us-east-1:123456789012:*" },
        },
      }),
    ]);
    expect(config.body["depends_on"]).toEqual([policy.address]);
  });

  it.each([
    ["DNS names not found", 'filter rcode = "NXDOMAIN"'],
    ["DNS names most asked for", "by query_name, rcode"],
    ["DNS names asked for by an address", 'srcaddr = "<address>"'],
  ])("answers: %s", (title, part) => {
    const { body } = stack.one("aws_cloudwatch_query_definition", { name: `opsdx-dev/core/${title}` });
    expect(body["query_string"]).toContain(part);
  });
});
