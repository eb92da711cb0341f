import { isShownMap, shownAt, UNKNOWN, SENSITIVE, shownText, type Shown, type ValuePath } from "../shown-value";

/** How something keeps its state under a new address. */
export interface MoveProposal {
  /** The new address; with its stack where that is another. */
  readonly to: string;
  /** What both are called in AWS: `identifier "opsdx-dev-db"`. */
  readonly same: string;
  /** The block, or between stacks the blocks, as Terraform reads them. */
  readonly block: string;
  /** How this program writes it. */
  readonly program: string;
}

/** A resource that goes or is made. */
export interface Standing {
  /** Its stack. */
  readonly stack: string;
  /** Its address. */
  readonly address: string;
  /** Its type. */
  readonly type: string;
  /** Path of its construct. @default - not known */
  readonly path?: string;
  /** Its values. @default - not known */
  readonly values?: Shown;
}

/** What tells one from all others of its type in an account, most telling first. */
const NAMES: readonly ValuePath[] = [
  ["identifier"],
  ["bucket"],
  ["name"],
  ["repository_name"],
  ["cidr_block"],
  ["metadata", 0, "name"],
  ["domain_name"],
  ["tags", "Name"],
  ["tags_all", "Name"],
  ["description"],
];

/** Of these, what may be the same in another stack, of another thing. */
const WEAK: ReadonlySet<unknown> = new Set(["cidr_block", "description", "Name"]);

/** For each that goes, by stack and address (`dev-stage1:aws_vpc.V`): the one that is made of the same type under the same name, if it is the only one. */
export function moveProposals(
  going: readonly Standing[],
  made: readonly Standing[],
): ReadonlyMap<string, MoveProposal> {
  const successors = byIdentity(made);
  return new Map(
    [...byIdentity(going)].flatMap(([identity, [old, ...others]]) => {
      const [next, ...more] = successors.get(identity) ?? [];
      if (old === undefined || next === undefined || others.length > 0 || more.length > 0) return [];
      return [[placeOf(old), old.stack === next.stack ? within(old, next) : across(old, next)] as const];
    }),
  );
}

function byIdentity(resources: readonly Standing[]): ReadonlyMap<string, readonly Standing[]> {
  const found = new Map<string, Standing[]>();
  for (const resource of resources) {
    const name = identityOf(resource);
    if (name === undefined) continue;
    const key = [resource.type, name, ...(WEAK.has(name.split(" ")[0]) ? [resource.stack] : [])].join(" ");
    found.set(key, [...(found.get(key) ?? []), resource]);
  }
  return found;
}

function identityOf({ values }: Standing): string | undefined {
  if (!isShownMap(values)) return undefined;
  for (const path of NAMES) {
    const name = shownAt(values, path);
    if (name === undefined || name === null || name === "" || name === UNKNOWN || name === SENSITIVE) continue;
    return `${String(path.at(-1))} ${shownText(name)}`;
  }
  return undefined;
}

/** The key of a thing. */
export function placeOf({ address, stack }: Pick<Standing, "address" | "stack">): string {
  return `${stack}:${address}`;
}

function within(old: Standing, next: Standing): MoveProposal {
  return {
    to: next.address,
    same: identityOf(old) ?? "",
    block: `moved {\n  from = ${old.address}\n  to   = ${next.address}\n}`,
    program: program(old, next),
  };
}

/** The block by which a state lets a thing go that stays where it is. */
export function removedBlock(address: string): string {
  return `removed {\n  from = ${address}\n  lifecycle {\n    destroy = false\n  }\n}`;
}

/** A `moved` block reaches into no other state: one stack lets the thing go, and the other takes it in. */
function across(old: Standing, next: Standing): MoveProposal {
  const id = shownAt(old.values, ["id"]);
  return {
    to: placeOf(next),
    same: identityOf(old) ?? "",
    block: [
      `# ${old.stack}, applied first`,
      removedBlock(old.address),
      `# ${next.stack}`,
      `import {\n  to = ${next.address}\n  id = ${typeof id === "string" ? shownText(id) : '"<its id>"'}\n}`,
    ].join("\n"),
    program: "a block of each stack, for one state cannot move things into another",
  };
}

/**
 * `moveFromEarlierPath` on the outermost construct that differs. Not `moveFromEarlierId`: that makes the new one first where it has to be
 * made anew, and so takes `prevent_destroy` off.
 */
function program({ path: from }: Standing, { path: to, address, type }: Standing): string {
  if (from === undefined || to === undefined) return `moveFromId(...) on ${address}`;
  const [old, next] = [from.split("/").slice(1), to.split("/").slice(1)];
  // What ends alike is inside the construct that moved; one id at least is left of each.
  while (old.length > 1 && next.length > 1 && old.at(-1) === next.at(-1)) {
    old.pop();
    next.pop();
  }
  const construct = [to.split("/")[0], ...next].join("/");
  return `moveFromEarlierPath(<construct ${construct}>, ${JSON.stringify(old)}) of constructs/shared/renamed.ts: it moves ${type} and all else below it`;
}
