import { endpointOf } from "../../stacks/sandbox/running-sandbox";
import type { SandboxPaths } from "../../stacks/sandbox/paths";
import { readJson, writeWhole } from "../files";
import { isCutShort, readState, stacksWithState, type StateFacts } from "./state";

/** Address at which the emulator keeps its number of the pair. */
const ROUTE = "/opsdx/pair";
const ANSWER_MS = 60_000;

interface PairRecord {
  /** Changes that were settled; the emulator keeps the same number in its memory. */
  readonly sequence: number;
  /** Each stack's state when it was last settled. */
  readonly stacks: Readonly<Record<string, StateFacts>>;
}

/**
 * The emulator's memory and the state files, which mean nothing without each other. Each settled change gives both the same number, so
 * a later command knows whether they still belong together.
 */
export class Pair {
  private last: Promise<unknown> = Promise.resolve();

  /** @param emulator - the running emulator */
  public constructor(
    private readonly paths: SandboxPaths,
    private readonly emulator: { readonly port: number },
  ) {}

  /** Takes note that a stack's state is what the emulator holds. One at a time. */
  public settle(stack: string): Promise<void> {
    const turn = this.last.then(() => this.settleNow(stack));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  /** Why state and emulator do not belong together, in phrases; none when they do. */
  public async mismatches(): Promise<readonly string[]> {
    const { sequence, stacks } = this.record();
    const held = await this.held();
    // The emulator is told first: a command that ended in between has left its number one ahead.
    const numbers =
      held === sequence || held === sequence + 1
        ? []
        : [`the emulator is at change ${held}, the state files at ${sequence}`];
    const names = [...new Set([...Object.keys(stacks), ...stacksWithState(this.paths)])].sort();
    return [...numbers, ...names.flatMap((name) => this.mismatch(name, stacks[name]))];
  }

  private mismatch(stack: string, settled: StateFacts | undefined): readonly string[] {
    const file = this.paths.stateOf(stack);
    const now = readState(file);
    if (now.kind === "damaged") return [`${file} ${now.why}`];
    if (isCutShort(file)) return [`a Terraform that changed ${stack} was killed before it saved its state`];
    if (settled === undefined) return [];
    if (now.kind === "absent")
      return settled.resources === 0 ? [] : [`${file} is missing or empty; it held ${settled.resources} resources`];
    // Other tools may have changed a stack since; then Terraform has counted on.
    const goneOn = now.lineage === settled.lineage && now.serial > settled.serial;
    return goneOn || now.digest === settled.digest
      ? []
      : [`${file} is not the state that was written last (serial ${now.serial}; ${settled.serial} was)`];
  }

  private async settleNow(stack: string): Promise<void> {
    const state = readState(this.paths.stateOf(stack));
    // Not settled, then: the next command finds out why.
    if (state.kind === "damaged") return;
    const { sequence, stacks } = this.record();
    const others = Object.entries(stacks).filter(([name]) => name !== stack);
    const own: typeof others = state.kind === "absent" ? [] : [[stack, factsOf(state)]];
    // Of an emulator that is gone nothing can be settled: the next command finds it so.
    if (!(await this.put(sequence + 1))) return;
    const record: PairRecord = { sequence: sequence + 1, stacks: Object.fromEntries([...others, ...own]) };
    writeWhole(this.paths.pair(), `${JSON.stringify(record)}\n`);
  }

  private record(): PairRecord {
    return (readJson(this.paths.pair()) as PairRecord | undefined) ?? { sequence: 0, stacks: {} };
  }

  private async held(): Promise<number> {
    const answer = await fetch(this.url(), { signal: AbortSignal.timeout(ANSWER_MS) });
    return Number(await answer.text());
  }

  private async put(sequence: number): Promise<boolean> {
    const request = { method: "PUT", body: String(sequence), signal: AbortSignal.timeout(ANSWER_MS) };
    return fetch(this.url(), request).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  private url(): string {
    return `${endpointOf(this.emulator)}${ROUTE}`;
  }
}

function factsOf({ lineage, serial, resources, digest }: StateFacts): StateFacts {
  return { lineage, serial, resources, digest };
}
