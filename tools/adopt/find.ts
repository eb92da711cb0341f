import { UnansweredError, type Account } from "../preflight/account";
import { TAKEN } from "../preflight/checks";
import { findObstacles } from "../preflight/command";
import { removedBlock } from "../plan/guard/moved";
import { listed, LISTINGS, ZONES, type Listing } from "../preflight/listings";
import { literal, type Planned } from "../preflight/planned";

/** A thing of the account that a stack declares, too, under the same name. */
export interface Find {
  /** Address of the resource that becomes it. */
  readonly to: string;
  /** Id under which Terraform imports it. */
  readonly id: string;
  /** What to do otherwise, where it cannot be taken over. @default - nothing */
  readonly advice?: string;
}

/** A thing that is called like ours, and that no stack declares. */
export interface Stranger {
  /** Its type, as Terraform calls it. */
  readonly type: string;
  /** Its name. */
  readonly name: string;
  /** The name of its type that the program declares and that is most like it. @default - it declares none */
  readonly nearest?: string;
}

/**
 * What of a stack's resources is there already; each address once, whatever led to it.
 * @param planned - what the stack declares and its state does not hold
 */
export async function findExisting(planned: readonly Planned[], account: Account): Promise<Found> {
  const { obstacles, unanswered } = await findObstacles(planned, account, TAKEN);
  const open = new Map(planned.map((resource) => [resource.address, resource]));
  const finds = new Map<string, Find>();
  for (const { address = "", advice, also = [], importId } of obstacles) {
    if (importId !== undefined) finds.set(address, { to: address, id: importId, advice });
    for (const one of also) {
      if (open.has(one.address)) finds.set(one.address, { to: one.address, id: one.importId });
    }
  }
  const first = obstacles.flatMap(({ address, advice, first: steps = [], importId, stack, what }) =>
    [...(importId === undefined ? [[what, advice].filter(Boolean).join(". ")] : []), ...steps].map(
      (line) => `${stack} ${address ?? ""}: ${line}`,
    ),
  );
  const all = [...finds.values()];
  const resources = all.flatMap(({ to, id }) => {
    const resource = open.get(to);
    return resource === undefined ? [] : [{ resource, id }];
  });
  return { finds: all, first: [...first, ...twice(resources), ...heldElsewhere(resources, account)], unanswered };
}

/** What {@link findExisting} finds. */
export interface Found {
  /** What is there. */
  readonly finds: readonly Find[];
  /** What must be done before, each with the place. */
  readonly first: readonly string[];
  /** Questions that were not answered. */
  readonly unanswered: readonly UnansweredError[];
}

interface Candidate {
  readonly resource: Planned;
  readonly id: string;
}

/** One thing can be one resource only. */
function twice(candidates: readonly Candidate[]): readonly string[] {
  const places = new Map<string, Candidate[]>();
  for (const one of candidates) {
    const key = [one.resource.type, one.resource.region, one.id].join(" ");
    places.set(key, [...(places.get(key) ?? []), one]);
  }
  return [...places.values()].flatMap(([one, ...others]) => {
    if (one === undefined || others.length === 0) return [];
    const { address, stack } = one.resource;
    const also = others.map(({ resource }) => resource.address).join(" and ");
    return [
      `${stack} ${address}: ${one.id} must become one resource, and would become ${also}, too: what leads to it, such as an alias of a key, leads there twice. Take it off one of them`,
    ];
  });
}

/** Attributes of which one is the id that a thing is imported by. */
const IDS = ["id", "arn", "identifier", "name", "key_id", "zone_id"];
/** What is the same in every region. */
const EVERYWHERE = /^aws_(ce|iam|route53|s3)_/;

/** What a state holds already, a second one must not take over: each would undo what the other does, and destroy it on its own. */
function heldElsewhere(candidates: readonly Candidate[], account: Pick<Account, "id">): readonly string[] {
  return candidates.flatMap(({ resource, id }) => {
    const { address, around, region, stack, type } = resource;
    const holder = around.held.find(
      (one) =>
        one.type === type &&
        (one.accountId ?? account.id) === account.id &&
        (EVERYWHERE.test(type) || (one.region ?? region) === region) &&
        IDS.some((name) => one.attributes[name] === id),
    );
    if (holder === undefined) return [];
    const way =
      holder.stack === stack
        ? "npx opsdx plan prints the block that moves it"
        : `One state must let it go before another takes it over, by a block in ${holder.stack}, applied first:\n${removedBlock(holder.address).replace(/^/gm, "    ")}\n    It stays there until then`;
    return [`${stack} ${address}: ${id} is held by the state of ${holder.stack} already, as ${holder.address}. ${way}`];
  });
}

/** Arguments that name a thing. */
const NAMING = /^(name|\w+_name|identifier|replication_group_id|user_id|user_group_id|creation_token)$/;
const SOUGHT: ReadonlySet<string> = new Set(TAKEN.flatMap(({ types }) => types));

/** What has a name and is looked for by nothing: how many of each type. */
export function notSought(planned: readonly Pick<Planned, "type" | "body">[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { body, type } of planned) {
    if (SOUGHT.has(type) || !Object.keys(body).some((key) => NAMING.test(key) && literal(body[key]) !== "")) continue;
    counts[type] = (counts[type] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What the old system called its own: https://github.com/yanif/opsdx-cloud */
const OURS = /(^|[^a-z])opsdx([^a-z]|$)/;

/** Kinds whose things hold data or names, as they are listed. */
const KEPT: readonly Pick<Listing, "type" | "argument" | "list" | "key" | "name">[] = [
  ZONES,
  ...LISTINGS.filter(({ type }) =>
    ["aws_cloudwatch_log_group", "aws_cloudtrail", "aws_ecr_repository", "aws_db_instance"].includes(type),
  ),
  {
    type: "aws_s3_bucket",
    argument: "bucket",
    list: ["s3api", "list-buckets"],
    key: "Buckets",
    name: ({ Name }) => Name,
  },
];

/**
 * What is called like ours and is declared nowhere: an old name that differs is not found by its name, and would stay unseen.
 * @param declared - everything that the whole program declares
 * @param nearest - chooses the most alike
 * @returns with the questions that were not answered
 */
export async function findStrangers(
  declared: readonly Pick<Planned, "type" | "body">[],
  account: Account,
  nearest: (name: string, known: readonly string[]) => string,
): Promise<{ readonly strangers: readonly Stranger[]; readonly unanswered: readonly UnansweredError[] }> {
  const unanswered: UnansweredError[] = [];
  const found = await Promise.all(
    KEPT.map(async (kind) => {
      const known = declared.filter(({ type }) => type === kind.type).map(({ body }) => String(body[kind.argument]));
      const items = await listed(kind, account, account.region).catch((error: unknown) => {
        if (!(error instanceof UnansweredError)) throw error;
        unanswered.push(error);
        return new Map<unknown, never>();
      });
      return [...items.keys()]
        .filter((name): name is string => typeof name === "string" && OURS.test(name) && !known.includes(name))
        .sort()
        .map((name) => ({
          type: kind.type,
          name,
          nearest: known.length === 0 ? undefined : nearest(name, known),
        }));
    }),
  );
  return { strangers: found.flat(), unanswered };
}
