import { findObstacles } from "../../../tools/preflight/command";
import { LISTENERS } from "../../../tools/preflight/listeners";
import type { Planned } from "../../../tools/preflight/planned";
import { ZONE_CHECKS } from "../../../tools/preflight/zones";
import { FakeAccount, held, resource } from "./support";

const ZONE = resource("aws_route53_zone.Z", {
  name: "dev.opsdx.io",
  delegation_set_id: "${aws_route53_delegation_set.S.id}",
});
const SET = resource("aws_route53_delegation_set.S");
const LOG = resource("aws_route53_query_log.L", { zone_id: "${aws_route53_zone.Z.zone_id}" });
const PUBLIC = { Name: "dev.opsdx.io.", Id: "/hostedzone/Z1", Config: { PrivateZone: false } };
const PRIVATE = { ...PUBLIC, Id: "/hostedzone/Z9", Config: { PrivateZone: true } };

/** What is found of resources in an account, by address. */
async function found(planned: readonly Planned[], answers: Readonly<Record<string, unknown>>, checks = ZONE_CHECKS) {
  const { obstacles, unanswered } = await findObstacles(planned, new FakeAccount(answers), checks);
  expect(unanswered).toEqual([]);
  return obstacles;
}

const ids = async (...asked: Parameters<typeof found>): Promise<Record<string, string | undefined>> =>
  Object.fromEntries((await found(...asked)).map(({ address = "", importId }) => [address, importId]));

describe("zones of one name", () => {
  it("are told apart: a private one is another thing, for its name servers, too", async () => {
    const answers = {
      "route53 list-hosted-zones": { HostedZones: [PRIVATE, PUBLIC] },
      "route53 get-hosted-zone --id Z1": { DelegationSet: { Id: "/delegationset/N1" } },
      "route53 get-hosted-zone --id Z9": { DelegationSet: { Id: "/delegationset/N9" } },
    };
    expect(await ids([ZONE, SET], answers)).toEqual({
      "aws_route53_zone.Z": "Z1",
      "aws_route53_delegation_set.S": "N1",
    });
    expect(await ids([ZONE, SET], { ...answers, "route53 list-hosted-zones": { HostedZones: [PRIVATE] } })).toEqual({});
  });

  it("are refused where two are public, with their ids and name servers", async () => {
    const obstacles = await found([ZONE, SET], {
      "route53 list-hosted-zones": { HostedZones: [PUBLIC, { ...PUBLIC, Id: "/hostedzone/Z2" }] },
      "route53 get-hosted-zone --id Z1": { DelegationSet: { Id: "/delegationset/N1", NameServers: ["ns1", "ns2"] } },
      "route53 get-hosted-zone --id Z2": { DelegationSet: { NameServers: ["ns3"] } },
    });
    expect(obstacles).toMatchObject([
      {
        address: "aws_route53_zone.Z",
        what: "there must be one public zone dev.opsdx.io, got 2: Z1 (ns1, ns2) and Z2 (ns3)",
        advice: expect.stringContaining("dig +short NS dev.opsdx.io") as string,
      },
    ]);
    expect(obstacles[0]?.importId).toBeUndefined();
  });
});

it("the log of a zone's queries comes with the zone, since it has one", async () => {
  const answers = {
    "route53 list-hosted-zones": { HostedZones: [PUBLIC] },
    "route53 list-query-logging-configs --hosted-zone-id Z1": { QueryLoggingConfigs: [{ Id: "Q1" }] },
  };
  expect(await ids([ZONE, LOG], answers)).toEqual({ "aws_route53_zone.Z": "Z1", "aws_route53_query_log.L": "Q1" });
});

describe("records", () => {
  const APEX = held("global", "aws_route53_zone.Apex", { name: "opsdx.io", zone_id: "Z0" });
  const OWN = held("dev-stage1", "aws_route53_zone.Z", { name: "dev.opsdx.io", zone_id: "Z1" });
  const record = (body: Planned["body"]) => resource("aws_route53_record.R", body, { held: [APEX, OWN] });
  const sets = (...records: readonly object[]) => ({ ResourceRecordSets: records });

  it("that delegate a zone are looked for in the zone above", async () => {
    const answers = {
      "route53 list-resource-record-sets --hosted-zone-id Z0": sets({ Name: "dev.opsdx.io.", Type: "NS" }),
      "route53 list-resource-record-sets --hosted-zone-id Z1": sets({ Name: "dev.opsdx.io.", Type: "SOA" }),
    };
    expect(await ids([record({ name: "dev.opsdx.io", type: "NS" })], answers)).toEqual({
      "aws_route53_record.R": "Z0_dev.opsdx.io_NS",
    });
    expect(await ids([record({ name: "dev.opsdx.io", type: "DS" })], answers)).toEqual({});
  });

  it("are looked for by name, type and the name of their set", async () => {
    const answers = {
      "route53 list-resource-record-sets --hosted-zone-id Z1": sets(
        { Name: "\\052.dev.opsdx.io.", Type: "A" },
        { Name: "api.dev.opsdx.io.", Type: "A", SetIdentifier: "one" },
      ),
    };
    expect(await ids([record({ name: "*.dev.opsdx.io", type: "A" })], answers)).toEqual({
      "aws_route53_record.R": "Z1_*.dev.opsdx.io_A",
    });
    expect(await ids([record({ name: "api.dev.opsdx.io", type: "A", set_identifier: "one" })], answers)).toEqual({
      "aws_route53_record.R": "Z1_api.dev.opsdx.io_A_one",
    });
    expect(await ids([record({ name: "api.dev.opsdx.io", type: "A" })], answers)).toEqual({});
    expect(await ids([record({ name: "${a.b}", type: "A" })], answers)).toEqual({});
  });

  it("are looked for in a zone that the stack is to take over itself", async () => {
    const answers = {
      "route53 list-hosted-zones": { HostedZones: [PUBLIC] },
      "route53 list-resource-record-sets --hosted-zone-id Z1": sets({ Name: "nfs.dev.opsdx.io.", Type: "CNAME" }),
    };
    const of = resource("aws_route53_record.R", { name: "nfs.dev.opsdx.io", type: "CNAME" });
    expect(await ids([ZONE, of], answers)).toMatchObject({ "aws_route53_record.R": "Z1_nfs.dev.opsdx.io_CNAME" });
  });
});

it("the listeners of a load balancer come with it, by their ports", async () => {
  const balancer = resource("aws_lb.B", { name: "web" });
  const listener = (port: number) =>
    resource(`aws_lb_listener.At${port}`, { load_balancer_arn: "${aws_lb.B.arn}", port });
  const answers = {
    "elbv2 describe-load-balancers": { LoadBalancers: [{ LoadBalancerName: "web", LoadBalancerArn: "arn:web" }] },
    "elbv2 describe-listeners --load-balancer-arn arn:web": { Listeners: [{ Port: 443, ListenerArn: "arn:443" }] },
  };
  expect(await ids([balancer, listener(443), listener(80)], answers, [LISTENERS])).toEqual({
    "aws_lb_listener.At443": "arn:443",
  });
});
