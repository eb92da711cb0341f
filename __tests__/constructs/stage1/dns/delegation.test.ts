import { Delegation } from "../../../../constructs/stage1/dns/delegation";
import { SignedZone } from "../../../../constructs/shared/dns/signed-zone";
import { synth, TEST_ACCOUNT, type Synthesized } from "../../../support";
import { asDns } from "./fixture";

function delegationOf(signingKeys: readonly string[], trustedKeys: readonly string[]): Synthesized {
  return synth((scope) => {
    const zone = new SignedZone(scope, "Zone", {
      monitoring: asDns(scope),
      account: TEST_ACCOUNT,
      zoneName: "dev.opsdx.io",
      stack: "dev-stage1",
      signingKeys,
      contact: "platform@opsdx.io",
    });
    const provider = scope.aliasedAws("Apex", {
      alias: "apex",
      owner: "global",
      account: { id: "111122223333", region: "us-east-1" },
    });
    new Delegation(scope, "Delegation", {
      zone,
      zoneName: "dev.opsdx.io",
      parent: { zoneId: "ZAPEX", provider },
      trustedKeys,
      ttlSeconds: 900,
    });
  });
}

const keyNamed = (stack: Synthesized, name: string): string =>
  stack.one("aws_route53_key_signing_key", { name }).address;

describe("Delegation", () => {
  const stack = delegationOf(["ksk1", "ksk2"], ["ksk1"]);
  const own = { provider: "aws.apex", zone_id: "ZAPEX", name: "dev.opsdx.io", ttl: 900 };

  it("names the zone's servers in the parent zone, through the parent's provider", () => {
    expect(stack.one("aws_route53_record", { type: "NS" }).body).toMatchObject({
      ...own,
      records: `\${${stack.one("aws_route53_zone").address}.name_servers}`,
    });
  });

  it("names the trusted keys only, after signing started", () => {
    const ds = stack.one("aws_route53_record", { type: "DS" });
    expect(ds.body).toMatchObject({ ...own, records: [`\${${keyNamed(stack, "ksk1")}.ds_record}`] });
    expect(ds.body["depends_on"]).toEqual([
      stack.one("aws_route53_record", { type: "NS" }).address,
      stack.one("aws_route53_hosted_zone_dnssec").address,
    ]);
  });

  it("can trust both keys of a rotation", () => {
    const both = delegationOf(["ksk1", "ksk2"], ["ksk1", "ksk2"]);
    expect(both.one("aws_route53_record", { type: "DS" }).body["records"]).toEqual([
      `\${${keyNamed(both, "ksk1")}.ds_record}`,
      `\${${keyNamed(both, "ksk2")}.ds_record}`,
    ]);
  });

  it.each([
    ["signed but not trusted", ["ksk1"]],
    ["unsigned", []],
  ])("has no DS record while the zone is %s", (_, signingKeys) => {
    const records = delegationOf(signingKeys, []).ofType("aws_route53_record");
    expect(records.map(({ body }) => body["type"])).toEqual(expect.arrayContaining(["NS", "CAA"]));
    expect(records.map(({ body }) => body["type"])).not.toContain("DS");
  });

  it("refuses to trust a key that does not sign", () => {
    expect(() => delegationOf(["ksk2"], ["ksk1"])).toThrow(
      "test/Delegation: trustedKeys must be keys of the zone (ksk2), got ksk1",
    );
  });
});
