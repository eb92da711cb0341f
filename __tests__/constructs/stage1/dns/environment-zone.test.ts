import * as fc from "fast-check";
import type { DnsConfig } from "../../../../config/schema/dns";
import { EnvironmentZone } from "../../../../constructs/stage1/dns/environment-zone";
import { ALARM_METADATA, type AlarmFacts } from "../../../../constructs/shared/observability/alarm";
import { systemFacts, type SystemFacts } from "../../../../constructs/shared/observability/system";
import { stepProblems, type Step } from "../../../../constructs/shared/observability/steps";
import type { DnsExports } from "../../../../constructs/shared/platform";
import { declareOutputs } from "../../../../stacks/exports";
import { stepText, synth, TEST_ACCOUNT, type Synthesized } from "../../../support";
import { DNS, monitoringIn } from "./fixture";

interface Built {
  readonly stack: Synthesized;
  readonly facts: SystemFacts;
  readonly alarms: readonly AlarmFacts[];
}

function dnsOf(changes: Partial<DnsConfig> = {}): Built {
  let dns: EnvironmentZone | undefined;
  const stack = synth((scope) => {
    dns = new EnvironmentZone(scope, "Dns", {
      monitoring: monitoringIn(scope),
      account: TEST_ACCOUNT,
      config: { ...DNS, ...changes },
      owner: "Yanif",
      contact: "platform@opsdx.io",
      apex: {
        zoneId: "ZAPEX",
        provider: scope.aliasedAws("Apex", { alias: "apex", owner: "global", account: TEST_ACCOUNT }),
      },
    });
    declareOutputs(scope, { dns: dns.exports });
  });
  const facts = dns === undefined ? undefined : systemFacts(dns);
  if (dns === undefined || facts === undefined) throw new Error("the system was not built");
  const alarms = dns.node
    .findAll()
    .flatMap(({ node }) => node.metadata.filter(({ type }) => type === ALARM_METADATA))
    .map(({ data }) => data as AlarmFacts);
  return { stack, facts, alarms };
}

const healthRule = (stack: Synthesized): string =>
  String(stack.one("aws_cloudwatch_composite_alarm", { alarm_name: "opsdx-dev-dns-health" }).body["alarm_rule"]);

describe("EnvironmentZone", () => {
  const { stack, facts, alarms } = dnsOf();

  it("hands on a zone and a certificate that is valid", () => {
    const { value } = (stack.json["output"] as { dns: { value: DnsExports } }).dns;
    const zone = stack.one("aws_route53_zone").address;
    expect(value).toEqual({
      zoneId: `\${${zone}.zone_id}`,
      zoneName: "dev.opsdx.io",
      nameServers: `\${${zone}.name_servers}`,
      certificateArn: `\${${stack.one("aws_acm_certificate_validation").address}.certificate_arn}`,
    });
  });

  it("writes to the apex nothing but its own delegation", () => {
    const foreign = stack.resources.filter(({ body }) => body["provider"] === "aws.apex");
    expect(foreign.map(({ type, body }) => [type, body["name"], body["type"]])).toEqual([
      ["aws_route53_record", "dev.opsdx.io", "NS"],
      ["aws_route53_record", "dev.opsdx.io", "DS"],
    ]);
  });

  it("delegates with the configured time to live", () => {
    for (const type of ["NS", "DS"]) {
      expect(dnsOf({ delegationTtlSeconds: 60 }).stack.one("aws_route53_record", { type }).body["ttl"]).toBe(60);
    }
  });

  it("sums up signing, certificate and endpoints in one composite alarm", () => {
    const parts = stack
      .ofType("aws_cloudwatch_metric_alarm")
      .filter(({ path }) => path.includes("/Dns/"))
      .map(({ address }) => address);
    expect(parts).toHaveLength(4);
    for (const address of parts) expect(healthRule(stack)).toContain(`\${${address}.arn}`);
  });

  it("neither checks nor pages for an endpoint that is not live yet", () => {
    const { stack: early } = dnsOf({ healthChecks: { web: { host: "trews.dev.opsdx.io", path: "/", live: false } } });
    expect(early.ofType("aws_route53_health_check")).toEqual([]);
    expect(healthRule(early)).not.toContain("Endpoint");
    expect(dnsOf({ healthChecks: {} }).stack.ofType("aws_route53_health_check")).toEqual([]);
  });

  it("keeps one check's addresses whatever others there are", () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9]{1,8}$/).filter((text) => text !== "web");
    const webOf = (names: readonly string[]): string[] => {
      const entries = names.map((key) => [key, { host: `${key}.dev.opsdx.io`, path: "/", live: true }] as const);
      return dnsOf({ healthChecks: Object.fromEntries(entries) })
        .stack.resources.filter(({ path }) => path.includes("/Endpointweb/"))
        .map(({ address }) => address);
    };
    const alone = webOf(["web"]);
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 3 }), fc.nat(3), (others, position) => {
        const names = [...others.slice(0, position), "web", ...others.slice(position)];
        expect(webOf(names)).toEqual(alone);
      }),
      { numRuns: 4 },
    );
  });

  it("breaks no policy rule", () => {
    expect(stack.findings().filter(({ path }) => path.includes("/Dns/"))).toEqual([]);
  });

  describe("in the runbook", () => {
    const steps = [
      ...[facts.launch, facts.stop, facts.status, facts.logs, facts.metrics].flatMap((list): readonly Step[] => list),
      ...(facts.procedures ?? []).flatMap((procedure) => procedure.steps),
      ...alarms.flatMap((alarm) => [alarm.intent, ...alarm.steps]),
    ];
    const texts = steps.map(stepText);

    it("is the system dns, with every emergency that DNS has", () => {
      expect(facts).toMatchObject({ name: "dns", owner: "Yanif" });
      expect(facts.procedures?.map(({ title }) => title)).toEqual([
        "Move the delegation to other name servers",
        "Rotate the key-signing key",
        "Switch DNSSEC off",
        "Certificate stuck in validation",
        "The zone is lost",
      ]);
    });

    it("names the environment and its zone, and holds no command in prose", () => {
      expect(texts.filter((text) => text.includes("<env>"))).toEqual([]);
      expect(texts.filter((text) => text.includes("dev.opsdx.io")).length).toBeGreaterThan(10);
      expect(steps.flatMap(stepProblems)).toEqual([]);
    });

    it("holds no unresolved value and no half-open command", () => {
      for (const text of texts) {
        expect(text).not.toMatch(/\$\{|TfToken|undefined/);
        expect(text.split("`").length % 2).toBe(1);
      }
    });

    it("removes the DS record before the signatures, wherever signing ends", () => {
      const off = facts.procedures?.find(({ title }) => title === "Switch DNSSEC off")?.steps.map(stepText) ?? [];
      expect(off.findIndex((step) => step.includes("trustedKeys: []"))).toBe(0);
      expect(off.findIndex((step) => step.includes("signingKeys: []"))).toBe(2);
      expect(off[1]).toContain("Wait for the TTL of the DS record");
    });
  });
});
