import { QueryLog } from "../../../../constructs/shared/dns/query-log";
import { synth, TEST_ACCOUNT } from "../../../support";
import { asDns, statementsOf } from "../../stage1/dns/fixture";

describe("QueryLog", () => {
  const stack = synth((scope) => {
    new QueryLog(scope, "QueryLog", {
      monitoring: asDns(scope),
      zoneId: "Z0123456789ABCDEFGHIJ",
      zoneName: "dev.opsdx.io",
      system: "dns",
      accountId: TEST_ACCOUNT.id,
    });
  });
  const logGroup = stack.one("aws_cloudwatch_log_group");

  it("logs a zone's queries to an encrypted group named after the zone", () => {
    expect(logGroup.body).toMatchObject({ name: "/aws/route53/dev.opsdx.io", retention_in_days: 30 });
    expect(logGroup.body["kms_key_id"]).toContain("LogKey");
    expect(stack.one("aws_route53_query_log").body).toMatchObject({
      zone_id: "Z0123456789ABCDEFGHIJ",
      cloudwatch_log_group_arn: `\${${logGroup.address}.arn}`,
    });
  });

  it("lets Route 53 write there for this zone of this account only, before it tries", () => {
    const policy = stack.one("aws_cloudwatch_log_resource_policy", { policy_name: "opsdx-dev-dns-query-log" });
    expect(statementsOf(policy.body["policy_document"])).toEqual({
      Route53Writes: {
        Effect: "Allow",
        Principal: { Service: "route53.amazonaws.com" },
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: ["arn:aws:logs:us-east-1:123456789012:log-group:/aws/route53/dev.opsdx.io:*"],
        Condition: {
          StringEquals: { "aws:SourceAccount": "123456789012" },
          ArnEquals: { "aws:SourceArn": "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ" },
        },
      },
    });
    expect(stack.one("aws_route53_query_log").body["depends_on"]).toEqual([policy.address]);
  });

  it.each([
    ["names that do not exist", 'filter responseCode = "NXDOMAIN"'],
    ["failed answers", 'filter responseCode not in ["NOERROR", "NXDOMAIN"]'],
    ["most asked names", "stats count(*) as queries by queryName, queryType"],
    ["queries by resolver", "stats count(*) as queries by resolverIp, edgeLocation, responseCode"],
  ])("saves the query %s", (title, start) => {
    const query = stack.one("aws_cloudwatch_query_definition", { name: `opsdx-dev/dns/${title}` });
    expect(query.body["log_group_names"]).toEqual([`\${${logGroup.address}.name}`]);
    expect(String(query.body["query_string"]).split("\n")[0]).toBe(start);
  });
});
