import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import { WildcardCertificate } from "../../../../constructs/stage1/dns/wildcard-certificate";
import { declareOutputs } from "../../../../stacks/exports";
import { synth } from "../../../support";
import { asDns } from "./fixture";

describe("WildcardCertificate", () => {
  const stack = synth((scope) => {
    const { arn } = new WildcardCertificate(scope, "Certificate", {
      monitoring: asDns(scope),
      zoneId: "ZDEV",
      zoneName: "dev.opsdx.io",
      delegation: new Route53Record(scope, "NameServers", { zoneId: "ZAPEX", name: "dev.opsdx.io", type: "NS" }),
    });
    declareOutputs(scope, { outputs: { arn } });
  });
  const certificate = stack.one("aws_acm_certificate");
  const option = `tolist(${certificate.address}.domain_validation_options).0`;
  const record = stack.one("aws_route53_record", { type: `\${${option}.resource_record_type}` });
  const validation = stack.one("aws_acm_certificate_validation");

  it("is for the zone and one label below it, and is replaced before it goes", () => {
    expect(certificate.body).toMatchObject({
      domain_name: "dev.opsdx.io",
      subject_alternative_names: ["*.dev.opsdx.io"],
      validation_method: "DNS",
      lifecycle: { create_before_destroy: true },
    });
  });

  it("proves ownership with the one record that both names share", () => {
    expect(record.body).toMatchObject({
      zone_id: "ZDEV",
      name: `\${${option}.resource_record_name}`,
      records: [`\${${option}.resource_record_value}`],
      allow_overwrite: true,
    });
    expect(validation.body["validation_record_fqdns"]).toEqual([`\${${record.address}.fqdn}`]);
  });

  it("waits for the delegation, and gives its ARN only once valid", () => {
    expect(validation.body["depends_on"]).toEqual(["aws_route53_record.NameServers"]);
    expect(validation.body["certificate_arn"]).toBe(`\${${certificate.address}.arn}`);
    const { outputs } = stack.json["output"] as Record<string, { value: unknown }>;
    expect(outputs?.value).toEqual({ arn: `\${${validation.address}.certificate_arn}` });
  });

  it("files a ticket 44 days before it expires, and when ACM falls silent", () => {
    expect(
      stack.one("aws_cloudwatch_metric_alarm", { alarm_name: "opsdx-dev-dns-certificate-expiry" }).body,
    ).toMatchObject({
      namespace: "AWS/CertificateManager",
      metric_name: "DaysToExpiry",
      dimensions: { CertificateArn: `\${${certificate.address}.arn}` },
      statistic: "Minimum",
      comparison_operator: "LessThanOrEqualToThreshold",
      threshold: 44,
      period: 86400,
      evaluation_periods: 1,
      datapoints_to_alarm: 1,
      treat_missing_data: "breaching",
      alarm_actions: [expect.stringContaining("TicketTopic")],
    });
  });
});
