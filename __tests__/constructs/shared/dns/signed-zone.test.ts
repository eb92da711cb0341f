import { ALARM_METADATA, type AlarmFacts } from "../../../../constructs/shared/observability/alarm";
import { SignedZone, type SignedZoneProps } from "../../../../constructs/shared/dns/signed-zone";
import { stepText, synth, TEST_ACCOUNT, type Synthesized } from "../../../support";
import { asDns, statementsOf } from "../../stage1/dns/fixture";

interface Built {
  readonly stack: Synthesized;
  readonly zone: SignedZone;
}

function zoneWith(changes: Partial<SignedZoneProps> = {}): Built {
  let zone: SignedZone | undefined;
  const stack = synth((scope) => {
    zone = new SignedZone(scope, "Zone", {
      monitoring: asDns(scope),
      account: TEST_ACCOUNT,
      zoneName: "dev.opsdx.io",
      stack: "dev-stage1",
      signingKeys: ["ksk1"],
      contact: "platform@opsdx.io",
      ...changes,
    });
  });
  if (zone === undefined) throw new Error("the zone was not built");
  return { stack, zone };
}

const alarmFacts = ({ zone }: Built): AlarmFacts[] =>
  zone.alarms.map(({ node }) => node.metadata.find(({ type }) => type === ALARM_METADATA)?.data as AlarmFacts);

describe("SignedZone", () => {
  const { stack, zone } = zoneWith();
  const resource = stack.one("aws_route53_zone");

  it("keeps its name servers when the zone is made again", () => {
    const set = stack.one("aws_route53_delegation_set", { reference_name: "dev.opsdx.io" });
    expect(resource.body).toMatchObject({ name: "dev.opsdx.io", delegation_set_id: `\${${set.address}.id}` });
    expect(resource.body).not.toHaveProperty("force_destroy");
  });

  it("lets Amazon alone issue certificates, wildcards too, and says whom to tell", () => {
    expect(stack.one("aws_route53_record", { type: "CAA" }).body).toMatchObject({
      zone_id: `\${${resource.address}.zone_id}`,
      name: "dev.opsdx.io",
      records: ['0 issue "amazon.com"', '0 issuewild "amazon.com"', '0 iodef "mailto:platform@opsdx.io"'],
    });
  });

  it("signs with an elliptic-curve key that only this zone's signer may use", () => {
    const key = stack.one("aws_kms_key", { customer_master_key_spec: "ECC_NIST_P256" });
    expect(key.body).toMatchObject({ key_usage: "SIGN_VERIFY", deletion_window_in_days: 30 });
    expect(key.body).not.toHaveProperty("enable_key_rotation");
    const thisZone = {
      StringEquals: { "aws:SourceAccount": "123456789012" },
      ArnEquals: { "aws:SourceArn": `arn:aws:route53:::hostedzone/\${${resource.address}.zone_id}` },
    };
    const principal = { Service: "dnssec-route53.amazonaws.com" };
    expect(statementsOf(key.body["policy"])).toMatchObject({
      OwningAccount: { Action: ["kms:*"], Principal: { AWS: "arn:aws:iam::123456789012:root" } },
      Route53Signs: {
        Action: ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"],
        Principal: principal,
        Condition: thisZone,
      },
      Route53Grants: {
        Action: ["kms:CreateGrant"],
        Principal: principal,
        Condition: { ...thisZone, Bool: { "kms:GrantIsForAWSResource": "true" } },
      },
    });
    expect(stack.one("aws_kms_alias", { name: "alias/opsdx-dev-dns-ksk1" }).body["target_key_id"]).toBe(
      `\${${key.address}.key_id}`,
    );
    expect(stack.one("aws_route53_key_signing_key").body).toMatchObject({
      name: "ksk1",
      key_management_service_arn: `\${${key.address}.arn}`,
      hosted_zone_id: `\${${resource.address}.zone_id}`,
    });
  });

  it("starts to sign once the key stands, and so stops before it goes", () => {
    expect(stack.one("aws_route53_hosted_zone_dnssec").body["depends_on"]).toEqual([
      stack.one("aws_route53_key_signing_key").address,
    ]);
  });

  it("pages on both failures that AWS names, at the rate at which Route 53 reports them", () => {
    const metrics = ["DNSSECInternalFailure", "DNSSECKeySigningKeysNeedingAction"];
    for (const metric of metrics) {
      expect(stack.one("aws_cloudwatch_metric_alarm", { metric_name: metric }).body).toMatchObject({
        namespace: "AWS/Route53",
        dimensions: { HostedZoneId: `\${${resource.address}.zone_id}` },
        statistic: "Sum",
        comparison_operator: "GreaterThanOrEqualToThreshold",
        threshold: 1,
        period: 14400,
        evaluation_periods: 1,
        treat_missing_data: "notBreaching",
        alarm_actions: [expect.stringContaining("PageTopic")],
      });
    }
    expect(zone.alarms).toHaveLength(metrics.length);
  });

  it("writes the runbook with commands that name the zone and the key", () => {
    const steps = alarmFacts({ stack, zone }).map((facts) => facts.steps.map(stepText).join("\n"));
    for (const text of steps) {
      expect(text).toContain("--dns-name dev.opsdx.io");
      expect(text).toContain("aws route53 get-dnssec");
      expect(text).toContain("aws route53 activate-key-signing-key");
      expect(text).not.toMatch(/\$\{/);
    }
    expect(steps[1]).toContain("--key-id alias/opsdx-dev-dns-<name>");
  });

  it("has two keys while one replaces the other, both signing", () => {
    const { stack: rotating, zone: both } = zoneWith({ signingKeys: ["ksk1", "ksk2"] });
    const keys = rotating.ofType("aws_route53_key_signing_key");
    expect(keys.map(({ body }) => body["name"])).toEqual(["ksk1", "ksk2"]);
    expect(rotating.one("aws_route53_hosted_zone_dnssec").body["depends_on"]).toEqual(
      keys.map(({ address }) => address),
    );
    expect([...both.keys.keys()]).toEqual(["ksk1", "ksk2"]);
  });

  it("leaves the addresses of a key alone when another comes or goes", () => {
    const addresses = (signingKeys: readonly string[]): string[] =>
      zoneWith({ signingKeys })
        .stack.resources.filter(({ path }) => path.includes("/Keyksk2/"))
        .map(({ address }) => address);
    expect(addresses(["ksk2"])).toHaveLength(3);
    expect(addresses(["ksk1", "ksk2"])).toEqual(addresses(["ksk2"]));
  });

  it("has no trace of DNSSEC without a key", () => {
    const { stack: unsigned, zone: plain } = zoneWith({ signingKeys: [] });
    expect(plain.signing).toBeUndefined();
    expect(plain.alarms).toEqual([]);
    for (const type of [
      "aws_route53_key_signing_key",
      "aws_route53_hosted_zone_dnssec",
      "aws_cloudwatch_metric_alarm",
    ]) {
      expect(unsigned.ofType(type).filter(({ path }) => path.includes("/Zone/"))).toEqual([]);
    }
  });

  it("breaks no policy rule", () => {
    expect(stack.findings().filter(({ path }) => path.includes("/Zone/"))).toEqual([]);
  });

  it("refuses another region, more than two keys and a key twice", () => {
    expect(() => zoneWith({ account: { ...TEST_ACCOUNT, region: "eu-west-1" } })).toThrow(
      "test/Zone: account.region must be us-east-1, where Route 53 takes signing keys and writes query logs, got eu-west-1",
    );
    const rule = "test/Zone: signingKeys must be at most two different names, got ";
    expect(() => zoneWith({ signingKeys: ["ksk1", "ksk2", "ksk3"] })).toThrow(`${rule}ksk1, ksk2, ksk3`);
    expect(() => zoneWith({ signingKeys: ["ksk1", "ksk1"] })).toThrow(`${rule}ksk1, ksk1`);
    expect(() => zoneWith({ account: { ...TEST_ACCOUNT, region: "eu-west-1" }, signingKeys: ["a", "a"] })).toThrow(
      /account\.region must be us-east-1.*\n.*signingKeys must be at most two different names, got a, a$/,
    );
  });
});
