import { UnansweredError, type Account } from "../preflight/account";
import { TAKEN } from "../preflight/checks";
import { findObstacles } from "../preflight/command";
import { listed, LISTINGS, type Listing } from "../preflight/listings";
import type { Planned } from "../preflight/planned";

/** A thing of the account that a stack declares, too, under the same name. */
export interface Find {
  /** Address of the resource that becomes it. */
  readonly to: string;
  /** Id under which Terraform imports it. */
  readonly id: string;
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

/** The same account, asked each question once. */
export function asking(account: Account): Account {
  const answers = new Map<string, Promise<unknown>>();
  const ask = (words: readonly string[], region = account.region): Promise<unknown> => {
    const question = [region, ...words].join(" ");
    const answer = answers.get(question) ?? account.ask(words, region);
    answers.set(question, answer);
    return answer;
  };
  return { id: account.id, region: account.region, ask };
}

/**
 * What of a stack's resources is there already; each address once, whatever led to it.
 * @param planned - what the stack declares and its state does not hold
 */
export async function findExisting(
  planned: readonly Planned[],
  account: Account,
): Promise<{
  readonly finds: readonly Find[];
  /** What must be done before, each with the place. */
  readonly first: readonly string[];
  readonly unanswered: readonly UnansweredError[];
}> {
  const { obstacles, unanswered } = await findObstacles(planned, account, TAKEN);
  const open = new Set(planned.map(({ address }) => address));
  const finds = new Map<string, string>();
  for (const { address = "", also = [], importId } of obstacles) {
    if (importId !== undefined) finds.set(address, importId);
    for (const one of also) if (open.has(one.address)) finds.set(one.address, one.importId);
  }
  const first = obstacles.flatMap((one) =>
    one.first === undefined ? [] : [`${one.stack} ${one.address ?? ""}: ${one.first}`],
  );
  return { finds: [...finds].map(([to, id]) => ({ to, id })), first, unanswered };
}

/** What the old system called its own: https://github.com/yanif/opsdx-cloud */
const OURS = /(^|[^a-z])opsdx([^a-z]|$)/;

/** Kinds whose things hold data or names, as they are listed. */
const KEPT: readonly Pick<Listing, "type" | "argument" | "list" | "key" | "name">[] = [
  ...LISTINGS.filter(({ type }) =>
    [
      "aws_cloudwatch_log_group",
      "aws_route53_zone",
      "aws_cloudtrail",
      "aws_ecr_repository",
      "aws_db_instance",
    ].includes(type),
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
 */
export async function findStrangers(
  declared: readonly Pick<Planned, "type" | "body">[],
  account: Account,
  nearest: (name: string, known: readonly string[]) => string,
): Promise<readonly Stranger[]> {
  const found = await Promise.all(
    KEPT.map(async (kind) => {
      const known = declared.filter(({ type }) => type === kind.type).map(({ body }) => String(body[kind.argument]));
      // What is not told here is told by the search for what is declared.
      const items = await listed(kind, account, account.region).catch((error: unknown) => {
        if (error instanceof UnansweredError) return new Map<unknown, never>();
        throw error;
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
  return found.flat();
}
