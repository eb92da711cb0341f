import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { changes, needsOf } from "./needs";

/** Commands of Terraform; `change` applies other values of what is there. */
export const PHASES = ["plan", "apply", "change", "destroy"] as const;
/** One of them. */
export type Phase = (typeof PHASES)[number];

/** What Terraform asks AWS for on behalf of a stack: operations by command and account. */
export type StackOperations = Readonly<Partial<Record<Phase, Readonly<Record<string, readonly string[]>>>>>;

const FOLDER = path.join(__dirname, "../data/operations");

/** The record that the emulator's tests keep, by stack. */
export function recorded(): Readonly<Record<string, StackOperations>> {
  return Object.fromEntries(
    readdirSync(FOLDER).map((file) => [
      path.basename(file, ".json"),
      JSON.parse(readFileSync(path.join(FOLDER, file), "utf8")) as StackOperations,
    ]),
  );
}

/** Writes the record anew. */
export function writeRecord(stacks: Readonly<Record<string, StackOperations>>): void {
  mkdirSync(FOLDER, { recursive: true });
  const sorted = <T>(values: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(values).sort(([one], [other]) => (one < other ? -1 : 1)));
  for (const [stack, phases] of Object.entries(stacks)) {
    const operations = Object.fromEntries(
      PHASES.flatMap((phase) => {
        const accounts = phases[phase];
        return accounts === undefined ? [] : [[phase, sorted(accounts)]];
      }),
    );
    writeFileSync(path.join(FOLDER, `${stack}.json`), `${JSON.stringify(operations, undefined, 2)}\n`);
  }
}

/** One operation of the record. */
interface Line {
  readonly stack: string;
  readonly phase: string;
  readonly account: string;
  readonly operation: string;
}

function lines(record: Readonly<Record<string, StackOperations>>): readonly Line[] {
  return Object.entries(record).flatMap(([stack, phases]) =>
    Object.entries(phases).flatMap(([phase, accounts]) =>
      Object.entries(accounts).flatMap(([account, operations]) =>
        operations.map((operation) => ({ stack, phase, account, operation })),
      ),
    ),
  );
}

async function isChange({ operation }: Line): Promise<boolean> {
  const [own] = await needsOf(operation);
  return own !== undefined && (await changes(own));
}

/**
 * Where the record is out of date: operations that are not in it, and those in it that are no more. Of a read it only counts whether the
 * stack does it at all: how often, and in which command, a provider looks again hangs on how fast the machine is.
 */
export async function outdated(
  kept: Readonly<Record<string, StackOperations>>,
  seen: Readonly<Record<string, StackOperations>>,
): Promise<readonly string[]> {
  const exact = ({ stack, phase, account, operation }: Line) => `${stack} ${phase} ${account} ${operation}`;
  const loose = ({ stack, account, operation }: Line) => `${stack} ${account} ${operation}`;
  const [before, now] = [lines(kept), lines(seen)];
  const absent = async (from: readonly Line[], to: readonly Line[], reads: boolean): Promise<readonly string[]> => {
    const [exactly, loosely] = [new Set(to.map(exact)), new Set(to.map(loose))];
    const found: string[] = [];
    for (const line of from.filter((each) => !exactly.has(exact(each)))) {
      if ((await isChange(line)) || (reads && !loosely.has(loose(line)))) found.push(exact(line));
    }
    return found;
  };
  const added = (await absent(now, before, true)).map((line) => `new: ${line}`);
  return [...added, ...(await absent(before, now, false)).map((line) => `no more: ${line}`)];
}
