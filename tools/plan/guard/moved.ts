import { isShownMap, shownAt, UNKNOWN, SENSITIVE, shownText, type Shown, type ValuePath } from "../shown-value";

/** How something keeps its state under a new address. */
export interface MoveProposal {
  /** The new address. */
  readonly to: string;
  /** What both are called in AWS: `identifier "opsdx-dev-db"`. */
  readonly same: string;
  /** The block as Terraform reads it. */
  readonly block: string;
  /** How this program writes it. */
  readonly program: string;
}

/** A resource that goes or is made. */
export interface Standing {
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

/** For each that goes, by address: the one that is made of the same type under the same name, if it is the only one. */
export function moveProposals(
  going: readonly Standing[],
  made: readonly Standing[],
): ReadonlyMap<string, MoveProposal> {
  const successors = byIdentity(made);
  return new Map(
    [...byIdentity(going)].flatMap(([identity, [old, ...others]]) => {
      const [next, ...more] = successors.get(identity) ?? [];
      if (old === undefined || next === undefined || others.length > 0 || more.length > 0) return [];
      if (old.address === next.address) return [];
      return [[old.address, proposal(old, next)] as const];
    }),
  );
}

function byIdentity(resources: readonly Standing[]): ReadonlyMap<string, readonly Standing[]> {
  const found = new Map<string, Standing[]>();
  for (const resource of resources) {
    const name = identityOf(resource);
    if (name !== undefined)
      found.set(`${resource.type} ${name}`, [...(found.get(`${resource.type} ${name}`) ?? []), resource]);
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

function proposal(old: Standing, next: Standing): MoveProposal {
  return {
    to: next.address,
    same: identityOf(old) ?? "",
    block: `moved {\n  from = ${old.address}\n  to   = ${next.address}\n}`,
    program: program(old, next),
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
