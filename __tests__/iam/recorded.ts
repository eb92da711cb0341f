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

/**
 * Where the record is out of date: operations that are not in it, and those in it by which nothing is changed any more. A read that is
 * not seen is none: how often a provider looks again hangs on the machine.
 */
export async function outdated(
  kept: Readonly<Record<string, StackOperations>>,
  seen: Readonly<Record<string, StackOperations>>,
): Promise<readonly string[]> {
  const lines = (from: typeof kept): readonly string[] =>
    Object.entries(from).flatMap(([stack, phases]) =>
      Object.entries(phases).flatMap(([phase, accounts]) =>
        Object.entries(accounts).flatMap(([account, operations]) =>
          operations.map((operation) => `${stack} ${phase} ${account} ${operation}`),
        ),
      ),
    );
  const [before, now] = [lines(kept), lines(seen)];
  const gone: string[] = [];
  for (const line of before.filter((each) => !now.includes(each))) {
    const [own] = await needsOf(line.split(" ").at(-1) ?? "");
    if (own !== undefined && (await changes(own))) gone.push(`no more: ${line}`);
  }
  return [...now.filter((line) => !before.includes(line)).map((line) => `new: ${line}`), ...gone];
}
