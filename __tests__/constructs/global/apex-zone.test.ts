import { stepText } from "../../support";
import { ApexZone, type ApexZoneExports, type ApexZoneProps } from "../../../constructs/global/apex-zone";
import { systemFacts, type SystemFacts } from "../../../constructs/shared/observability/system";
import { declareOutputs } from "../../../stacks/exports";
import { synth, TEST_ACCOUNT, type Synthesized } from "../../support";
import { monitoringIn } from "../stage1/dns/fixture";

const ENVIRONMENTS = [
  {
    name: "dev",
    accountId: "444455556666",
    zone: "dev.opsdx.io",
    administrators: ["arn:aws:iam::444455556666:role/Administrator"],
  },
  {
    name: "prod",
    accountId: "777788889999",
    zone: "prod.opsdx.io",
    administrators: ["arn:aws:iam::777788889999:role/Administrator"],
  },
];

function apexWith(changes: Partial<ApexZoneProps> = {}): { stack: Synthesized; facts: SystemFacts | undefined } {
  let facts: SystemFacts | undefined;
  const stack = synth((scope) => {
    const apex = new ApexZone(scope, "ApexZone", {
      monitoring: monitoringIn(scope, "opsdx-global"),
      account: TEST_ACCOUNT,
      domain: "opsdx.io",
      signingKeys: ["ksk1"],
      contact: "platform@opsdx.io",
      owner: "Yanif",
      environments: ENVIRONMENTS,
      ...changes,
    });
    facts = systemFacts(apex);
    declareOutputs(scope, { apexZone: apex.exports });
  });
  return { stack, facts };
}

describe("ApexZone", () => {
  const { stack, facts } = apexWith();

  it("is a signed zone with its queries logged", () => {
    const zone = stack.one("aws_route53_zone", { name: "opsdx.io" });
    expect(stack.one("aws_route53_hosted_zone_dnssec").body["hosted_zone_id"]).toBe(`\${${zone.address}.zone_id}`);
    expect(stack.one("aws_cloudwatch_log_group", { name: "/aws/route53/opsdx.io" }).body["retention_in_days"]).toBe(30);
    expect(stack.ofType("aws_route53_query_log")).toHaveLength(1);
  });

  it("hands on the zone, what the registrar must hold, and each environment's role", () => {
    const { value } = (stack.json["output"] as { apex_zone: { value: ApexZoneExports } }).apex_zone;
    const zone = stack.one("aws_route53_zone").address;
    const role = (name: string) => `\${${stack.one("aws_iam_role", { name }).address}.arn}`;
    expect(value).toEqual({
      zoneId: `\${${zone}.zone_id}`,
      zoneName: "opsdx.io",
      nameServers: `\${${zone}.name_servers}`,
      delegationRoleArns: { dev: role("opsdx-dns-delegation-dev"), prod: role("opsdx-dns-delegation-prod") },
    });
  });

  it("lets each account in to its own zone only", () => {
    for (const { name, accountId, zone } of ENVIRONMENTS) {
      const trust = String(
        stack.one("aws_iam_role", { name: `opsdx-dns-delegation-${name}` }).body["assume_role_policy"],
      );
      expect(trust.match(/\d{12}/g)?.every((id) => id === accountId)).toBe(true);
      const policy = String(stack.one("aws_iam_policy", { name: `opsdx-dns-delegation-${name}` }).body["policy"]);
      expect(policy.match(/[a-z]+\.opsdx\.io/g)).toEqual([zone]);
    }
  });

  it("adds an environment without touching another's roles", () => {
    const rolesOfDev = ({ resources }: Synthesized): string[] =>
      resources.filter(({ path }) => path.includes("/Delegationdev/")).map(({ address }) => address);
    expect(rolesOfDev(apexWith({ environments: ENVIRONMENTS.slice(0, 1) }).stack)).toEqual(rolesOfDev(stack));
    expect(rolesOfDev(apexWith({ environments: [...ENVIRONMENTS].reverse() }).stack)).toEqual(rolesOfDev(stack));
  });

  it("sums up its alarms, and has none while it is unsigned", () => {
    const rule = String(
      stack.one("aws_cloudwatch_composite_alarm", { alarm_name: "opsdx-global-apex-zone-health" }).body["alarm_rule"],
    );
    expect(rule.match(/ALARM\(/g)).toHaveLength(2);
    const unsigned = apexWith({ signingKeys: [] }).stack;
    expect(unsigned.ofType("aws_cloudwatch_composite_alarm").filter(({ path }) => path.includes("/ApexZone/"))).toEqual(
      [],
    );
  });

  it("tells how to hand the zone to the registrar, trust last", () => {
    expect(facts).toMatchObject({ name: "apex-zone", owner: "Yanif" });
    const launch = facts?.launch.map(stepText).join("\n") ?? "";
    expect(launch.indexOf("DelegationSet.NameServers")).toBeGreaterThan(launch.indexOf("npx cdktf deploy global"));
    expect(launch.indexOf("DSRecord")).toBeGreaterThan(launch.indexOf("DelegationSet.NameServers"));
    const texts = [launch, ...(facts?.procedures ?? []).flatMap(({ steps }) => steps.map(stepText))];
    for (const text of texts) expect(text).not.toMatch(/\$\{|TfToken|undefined/);
  });

  it("breaks no policy rule", () => {
    expect(stack.findings().filter(({ path }) => path.includes("/ApexZone/"))).toEqual([]);
  });

  it("refuses an environment's zone elsewhere", () => {
    expect(() =>
      apexWith({
        environments: [{ name: "dev", accountId: "444455556666", zone: "dev.opsdx.com", administrators: [] }],
      }),
    ).toThrow("test/ApexZone: the zone of environment dev must lie under opsdx.io, got dev.opsdx.com");
  });
});
