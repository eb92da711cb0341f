import * as fc from "fast-check";
import type { NetworkConfig } from "../../../../config/schema/network";
import { NatGateways } from "../../../../constructs/stage1/core/nat-gateways";
import { ALARM_METADATA, type AlarmFacts } from "../../../../constructs/shared/observability/alarm";
import { describeSystem } from "../../../../constructs/shared/observability/system";
import { Construct } from "../../../../constructs/shared/cdktf";
import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway";
import { stepText, synth, TEST_ACCOUNT, type Synthesized } from "../../../support";
import { byAddress, monitoringIn, nameTag, NETWORK } from "./support";

interface Built {
  readonly stack: Synthesized;
  readonly nat: NatGateways;
}

function natOf(nat: NetworkConfig["nat"], zones: NetworkConfig["zones"] = NETWORK.zones): Built {
  let built: NatGateways | undefined;
  const stack = synth((scope) => {
    const system = new Construct(scope, "Core");
    const lists = { launch: [], stop: [], status: [], logs: [], metrics: [] };
    describeSystem(system, { name: "core", title: "Core", owner: "Yanif", purpose: "Test.", ...lists });
    built = new NatGateways(system, "Nat", {
      monitoring: monitoringIn(scope),
      account: TEST_ACCOUNT,
      clusterNames: ["k8s.dev.opsdx.io"],
      config: { nat, zones, natPacketsDropThreshold: 100 },
      utilitySubnetIds: Object.fromEntries(Object.keys(zones).map((zone) => [zone, `subnet-${zone}`])),
      internetGateway: new InternetGateway(scope, "InternetGateway", {}),
    });
  });
  if (built === undefined) throw new Error("the gateways were not built");
  return { stack, nat: built };
}

const addresses = (stack: Synthesized): readonly string[] => stack.ofType("aws_eip").map(({ address }) => address);
const gatewaysAndAddresses = (stack: Synthesized): readonly string[] =>
  ["aws_eip", "aws_nat_gateway"].flatMap((type) => stack.ofType(type).map(({ address }) => address));

describe("NatGateways", () => {
  it("makes one gateway with an address in the zone of the lowest slot when single", () => {
    const { stack, nat } = natOf("single");
    const gateway = stack.one("aws_nat_gateway");
    expect(gateway.body).toMatchObject({ subnet_id: "subnet-us-east-1a" });
    expect(gateway.body["depends_on"]).toEqual(["aws_internet_gateway.InternetGateway"]);
    expect(gateway.body["allocation_id"]).toBe(`\${${stack.one("aws_eip", { domain: "vpc" }).address}.id}`);
    expect(Object.keys(nat.publicIps)).toEqual(["us-east-1a"]);
    expect(nat.gatewayFor("us-east-1d")).toBe(nat.gatewayFor("us-east-1a"));
  });

  it("makes one per zone when per-az, each zone served by its own", () => {
    const { stack, nat } = natOf("per-az");
    expect(stack.ofType("aws_nat_gateway").map(({ body }) => nameTag(body))).toEqual([
      "opsdx-dev-nat-us-east-1a",
      "opsdx-dev-nat-us-east-1c",
      "opsdx-dev-nat-us-east-1d",
    ]);
    expect(Object.keys(nat.publicIps)).toEqual(["us-east-1a", "us-east-1c", "us-east-1d"]);
    expect(new Set(Object.keys(NETWORK.zones).map((zone) => nat.gatewayFor(zone))).size).toBe(3);
  });

  it("refuses to stand in no zone", () => {
    expect(() => natOf("single", {})).toThrow("test/Core/Nat: config.zones must hold at least one zone, got none");
  });

  const zones = fc
    .uniqueArray(fc.constantFrom("a", "b", "c", "d", "f"), { minLength: 2, maxLength: 5 })
    .map((letters) => Object.fromEntries(letters.map((letter, slot) => [`us-east-1${letter}`, { slot }])));

  it("keeps every gateway and address when single becomes per-az", () => {
    fc.assert(
      fc.property(zones, (some) => {
        expect(gatewaysAndAddresses(natOf("per-az", some).stack)).toEqual(
          expect.arrayContaining([...gatewaysAndAddresses(natOf("single", some).stack)]),
        );
      }),
      { numRuns: 10 },
    );
  });

  it("keeps every address, and its place, when a zone is added with the next slot, whatever its name", () => {
    fc.assert(
      fc.property(zones, fc.constantFrom("single" as const, "per-az" as const), (all, mode) => {
        const fewer = Object.fromEntries(Object.entries(all).slice(0, -1));
        const before = byAddress(natOf(mode, fewer).stack, "aws_nat_gateway", "subnet_id");
        const after = natOf(mode, all).stack;
        expect(byAddress(after, "aws_nat_gateway", "subnet_id")).toMatchObject(before);
        expect(addresses(after)).toEqual(expect.arrayContaining([...addresses(natOf(mode, fewer).stack)]));
      }),
      { numRuns: 10 },
    );
  });

  describe("alarms", () => {
    const { stack, nat } = natOf("per-az");
    const gatewayIn = (zone: string): string => stack.one("aws_nat_gateway", { subnet_id: `subnet-${zone}` }).address;

    it("page when ports run out for a quarter of an hour", () => {
      expect(
        stack.one("aws_cloudwatch_metric_alarm", { alarm_name: "opsdx-dev-nat-us-east-1c-port-allocation" }).body,
      ).toMatchObject({
        namespace: "AWS/NATGateway",
        metric_name: "ErrorPortAllocation",
        dimensions: { NatGatewayId: `\${${gatewayIn("us-east-1c")}.id}` },
        statistic: "Sum",
        comparison_operator: "GreaterThanThreshold",
        threshold: 0,
        period: 60,
        evaluation_periods: 15,
        datapoints_to_alarm: 15,
        treat_missing_data: "missing",
        alarm_actions: [expect.stringContaining("PageTopic")],
      });
    });

    it("open a ticket when packets are dropped above the configured number", () => {
      expect(
        stack.one("aws_cloudwatch_metric_alarm", { alarm_name: "opsdx-dev-nat-us-east-1d-packets-drop" }).body,
      ).toMatchObject({
        namespace: "AWS/NATGateway",
        metric_name: "PacketsDropCount",
        statistic: "Sum",
        comparison_operator: "GreaterThanThreshold",
        threshold: 100,
        period: 60,
        evaluation_periods: 5,
        datapoints_to_alarm: 5,
      });
    });

    it("are two for each gateway", () => {
      expect(nat.alarms.map(({ alarmName }) => alarmName)).toHaveLength(6);
      expect(natOf("single").nat.alarms).toHaveLength(2);
    });

    it("tell commands with this environment's names", () => {
      const facts = nat.alarms.map(
        ({ node }) => node.metadata.find(({ type }) => type === ALARM_METADATA)?.data as AlarmFacts,
      );
      for (const { steps, name } of facts) {
        const zone = /us-east-1[a-z]/.exec(name)?.[0] ?? "";
        expect(steps.map(stepText).join("\n")).toContain(`Values=opsdx-dev-nat-${zone}`);
      }
      expect(facts[0]?.steps.map(stepText).join("\n")).toContain(
        "s3://opsdx-dev-flow-logs-123456789012/AWSLogs/123456789012/vpcflowlogs/us-east-1/",
      );
      expect(facts[0]?.steps.map(stepText).join("\n")).toContain(
        "kubectl --context k8s.dev.opsdx.io get nodes -o wide",
      );
      expect(facts.map(({ severity }) => severity)).toEqual(["page", "ticket", "page", "ticket", "page", "ticket"]);
    });
  });
});
