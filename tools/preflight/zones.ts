import { text } from "../../constructs/shared/policy/model";
import type { Account } from "./account";
import { itemsOf, type Item } from "./items";
import { referred, ZONES } from "./listings";
import { taken, type Check, type Obstacle } from "./obstacle";
import { literal, type Planned } from "./planned";

interface Zone {
  readonly id: string;
  readonly nameServers: readonly string[];
  /** Set that its name servers are from. @default - they are its own */
  readonly setId?: string;
}

/** The public zones of a name: there may be several, of which the parent names one. */
async function publicZones(name: string, region: string, account: Account): Promise<readonly Item[]> {
  const items = itemsOf(await account.ask(ZONES.list, region), ZONES.key);
  return name === "" ? [] : items.filter((item) => ZONES.name(item) === name);
}

async function zoneOf(item: Item, region: string, account: Account): Promise<Zone> {
  const id = String(ZONES.id(item));
  const answer = (await account.ask(["route53", "get-hosted-zone", "--id", id], region)) as
    { readonly DelegationSet?: { readonly Id?: string; readonly NameServers?: readonly string[] } } | undefined;
  const { Id = "", NameServers: nameServers = [] } = answer?.DelegationSet ?? {};
  return { id, nameServers, ...(Id === "" ? {} : { setId: Id.replace("/delegationset/", "") }) };
}

/** The zones of an account that resources are to become, each with its resource: none where there are several of the name. */
async function single(
  planned: readonly Planned[],
  account: Account,
): Promise<readonly { readonly resource: Planned; readonly item: Item }[]> {
  const found = await Promise.all(
    planned
      .filter(({ type }) => type === "aws_route53_zone")
      .map(async (resource) => {
        const [item, ...others] = await publicZones(literal(resource.body["name"]), resource.region, account);
        return item === undefined || others.length > 0 ? [] : [{ resource, item }];
      }),
  );
  return found.flat();
}

/** A zone of the name. AWS takes a second one, and only its name servers tell which of them is the one that is asked. */
const SAME_NAME: Check = {
  types: ["aws_route53_zone"],
  find: async (planned, account) => {
    const found = await Promise.all(
      planned.map(async (resource): Promise<readonly Obstacle[]> => {
        const { region, stack, address } = resource;
        const name = literal(resource.body["name"]);
        const [item, ...others] = await publicZones(name, region, account);
        if (item === undefined) return [];
        if (others.length === 0) {
          return [taken(resource, `the account has ${ZONES.what} already, ${name}`, String(ZONES.id(item)), ADVICE)];
        }
        const zones = await Promise.all([item, ...others].map((one) => zoneOf(one, region, account)));
        const told = zones.map(({ id, nameServers }) => `${id} (${nameServers.join(", ")})`).join(" and ");
        return [
          {
            stack,
            address,
            what: `there must be one public zone ${name}, got ${zones.length}: ${told}`,
            advice: `The one that is asked has the name servers of: dig +short NS ${name}. The other is deleted, once its records are in that: aws route53 delete-hosted-zone --id '<id>'`,
          },
        ];
      }),
    );
    return found.flat();
  },
};

const ADVICE = "A second one would get other name servers than the registrar has";

/**
 * The name servers of a zone that is there already, as a set that zones can share: a zone gets no other set, but its own can be made one.
 * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateReusableDelegationSet.html
 */
const DELEGATION_SETS: Check = {
  types: ["aws_route53_zone", "aws_route53_delegation_set"],
  find: async (planned, account) => {
    const sets = new Map(planned.map((resource) => [resource.address, resource]));
    const found = await Promise.all(
      (await single(planned, account)).map(async ({ resource, item }) => {
        const set = sets.get(referred(resource.body["delegation_set_id"], "aws_route53_delegation_set") ?? "");
        if (set === undefined) return [];
        const { setId } = await zoneOf(item, resource.region, account);
        if (setId === undefined) return [];
        const name = literal(resource.body["name"]);
        return [taken(set, `the zone ${name} has its name servers from the set ${setId}`, setId)];
      }),
    );
    return found.flat();
  },
};

/** The log of a zone's queries: a zone has one. */
const QUERY_LOGS: Check = {
  types: ["aws_route53_zone", "aws_route53_query_log"],
  find: async (planned, account) => {
    const found = await Promise.all(
      (await single(planned, account)).map(async ({ resource, item }) => {
        const log = planned.find(({ body }) => referred(body["zone_id"], "aws_route53_zone") === resource.address);
        if (log === undefined) return [];
        const words = ["route53", "list-query-logging-configs", "--hosted-zone-id", String(ZONES.id(item))];
        const [there] = itemsOf(await account.ask(words, resource.region), "QueryLoggingConfigs");
        if (there?.["Id"] === undefined) return [];
        return [taken(log, `the queries of ${literal(resource.body["name"])} are logged already`, there["Id"])];
      }),
    );
    return found.flat();
  },
};

/** A record's name as it is compared: without the last dot, and as people write a star. */
function recordName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "").replace("\\052", "*");
}

/**
 * The zone that a record of a name is to stand in: one that a state holds, or else one that the same stack is to take over. What delegates
 * a zone stands in the one above.
 */
async function zoneFor(record: Planned, planned: readonly Planned[], account: Account): Promise<string | undefined> {
  const name = recordName(literal(record.body["name"]));
  const above = ["NS", "DS"].includes(literal(record.body["type"]));
  const fits = (zone: string): boolean => name.endsWith(`.${zone}`) || (!above && name === zone);
  const held = record.around.held
    .filter(({ type, accountId }) => type === "aws_route53_zone" && accountId === account.id)
    .map(({ attributes }) => ({ name: text(attributes["name"]), id: text(attributes["zone_id"]) }));
  const taken = (await single(planned, account)).map(({ resource, item }) => ({
    name: literal(resource.body["name"]),
    id: String(ZONES.id(item)),
  }));
  const [nearest] = [...held, ...taken].filter((zone) => fits(zone.name)).sort((a, b) => b.name.length - a.name.length);
  return nearest?.id;
}

/** Records of a name and a type: AWS takes a second one only where it has a set's own name. */
const RECORDS: Check = {
  types: ["aws_route53_zone", "aws_route53_record"],
  find: async (planned, account) => {
    const found: Obstacle[] = [];
    for (const resource of planned.filter(({ type }) => type === "aws_route53_record")) {
      const [name, type] = [recordName(literal(resource.body["name"])), literal(resource.body["type"])];
      const zoneId = name === "" ? undefined : await zoneFor(resource, planned, account);
      if (zoneId === undefined) continue;
      const words = ["route53", "list-resource-record-sets", "--hosted-zone-id", zoneId];
      const set = literal(resource.body["set_identifier"]);
      const there = itemsOf(await account.ask(words, resource.region), "ResourceRecordSets").some(
        (item) =>
          recordName(String(item["Name"])) === name && item["Type"] === type && (item["SetIdentifier"] ?? "") === set,
      );
      if (!there) continue;
      const id = [zoneId, name, type, ...(set === "" ? [] : [set])].join("_");
      found.push(taken(resource, `the zone ${zoneId} has a record ${name} of the type ${type} already`, id));
    }
    return found;
  },
};

/** What can be there of the public DNS. */
export const ZONE_CHECKS: readonly Check[] = [SAME_NAME, DELEGATION_SETS, QUERY_LOGS, RECORDS];
