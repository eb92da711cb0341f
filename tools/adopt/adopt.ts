import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { closest } from "fastest-levenshtein";
import { RefusedError } from "../../config/explained-error";
import type { Config } from "../../config/load";
import { GLOBAL, stackOwner } from "../../config/names";
import { SandboxPaths } from "../../stacks/sandbox/paths";
import { deploymentFor } from "../../stacks/deployment";
import type { buildProgram, synthesize } from "../../stacks/program";
import { CommandError } from "../command-error";
import { readJson, writeWhole } from "../files";
import { planEnvironments } from "../plan/environments";
import type { StackDifference } from "../plan/changed";
import { asking, UnansweredError, type Account } from "../preflight/account";
import {
  declaredIn,
  heldBy,
  notHeld,
  otherAccounts,
  worksIn,
  type Planned,
  type Workplace,
} from "../preflight/planned";
import type { Children } from "../terraform/children";
import { readManifest, withUpstream } from "../terraform/manifest";
import { findExisting, findStrangers, notSought, type Find, type Found, type Stranger } from "./find";
import { judgeAdoption, type Judgement } from "./judge";

/** Name of the file that holds the import blocks, beside the stack's `cdk.tf.json`: Terraform reads both, and a synth leaves it. */
export const ADOPT_FILE = "adopt.tf.json";

/** Settings of {@link adopt}. */
export interface AdoptProps {
  /** The configuration. */
  readonly config: Config;
  /** The stack. */
  readonly stack: string;
  /** The account that it works in. */
  readonly account: Account;
  /** Another account that it works in, as its provider's role. Throws an UnansweredError where that may not be taken on. */
  readonly other: (place: Workplace) => Promise<Account>;
  /** The whole environment of what is started. */
  readonly env: NodeJS.ProcessEnv;
  /** Where processes are started. */
  readonly children: Children;
  /** Builds the program. */
  readonly build: typeof buildProgram;
  /** Writes it. */
  readonly write: typeof synthesize;
  /** Folder of the project: its synthesized stacks, and what is planned for a while. */
  readonly root: string;
  /** Tells what takes long. */
  readonly say: (line: string) => void;
}

/** What is there already, and what a deploy makes of it. */
export interface Adoption {
  /** What is called like ours, and declared nowhere. */
  readonly strangers: readonly Stranger[];
  /** Questions that the account did not answer. */
  readonly unanswered: readonly string[];
  /** What has a name and was not looked for, as nothing here knows how: how many of each type. */
  readonly notSought: Readonly<Record<string, number>>;
  /** What the plan does; undefined where there is nothing to adopt. @default - nothing is there */
  readonly judgement?: Judgement;
  /** Where the blocks stand, or would stand. */
  readonly file: string;
}

/**
 * Looks for what an account holds already of a stack, plans with import blocks for it on a copy of the state, and writes the blocks beside
 * the synthesized stack. Nothing is imported: that is the next deploy's.
 * @throws RefusedError when the plan would destroy something: nothing is written
 */
export async function adopt(props: AdoptProps): Promise<Adoption> {
  const { build, config, env, root, stack, write } = props;
  const file = path.join(outdirFor(env, root), "stacks", stack, ADOPT_FILE);
  // What an earlier run wrote is true no more: whatever ends this one, no deploy reads it.
  rmSync(file, { force: true });
  const cache = path.join(root, ".cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, "adopt-"));
  try {
    const deployment = deploymentFor(config.global, env);
    const outdir = path.join(folder, "head");
    const program = build(config, deployment.kind === "cloud" ? { ...deployment, planning: true } : deployment, outdir);
    const named = program.stacks.filter(({ node }) => node.id === stack);
    const account = asking(props.account);
    // What another state holds is found by its name, too. Whoever deploys `global` works in every account, and reads every state.
    const reading = program.stacks.filter((one) => stack === GLOBAL || worksIn(one, account));
    const held = await heldBy(reading, deployment, account).catch((error: unknown) => {
      if (!(error instanceof UnansweredError)) throw error;
      throw new RefusedError(
        `A state cannot be read, so what it holds cannot be told from what ${stack} is to adopt: ${error.message}`,
      );
    });
    const planned = notHeld(named, held, account);
    props.say(`asking account ${account.id} for ${planned.length} resources of ${stack} that its state does not hold…`);
    const places = named.flatMap((one) => otherAccounts(one, account));
    const elsewhere = places.map((place) => ({ place, planned: notHeld(named, held, place) }));
    const found = [await findExisting(planned, account), ...(await findElsewhere(props, elsewhere))];
    const [finds, first] = [found.flatMap((one) => one.finds), found.flatMap((one) => one.first)];
    const declared = program.stacks.flatMap((one) => declaredIn(one, account));
    const all = [...planned, ...elsewhere.flatMap((one) => one.planned)];
    const { strangers, unanswered } = await findStrangers(declared, account, closest);
    const questions = [...found.flatMap((one) => one.unanswered), ...unanswered].map(({ message }) => message);
    const rest = { strangers, unanswered: [...new Set(questions)], notSought: notSought(all), file };
    if (finds.length === 0) {
      if (first.length > 0) throw refused(stack, first);
      return rest;
    }
    write(program);
    const judgement = await plan(props, { outdir, folder, finds }).catch((error: unknown) => {
      // What must be done first is often why it cannot be planned.
      if (!(error instanceof CommandError) || first.length === 0) throw error;
      throw refused(stack, [...first, error.message]);
    });
    const reasons = [...first, ...judgement.refusals];
    if (reasons.length > 0) throw refused(stack, reasons);
    writeWhole(file, `${JSON.stringify({ "//": COMMENT, import: finds.map(blockOf) }, undefined, 2)}\n`);
    return { ...rest, judgement };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is there of a stack in the accounts that it works in beside its own. */
async function findElsewhere(
  { other, say, stack }: AdoptProps,
  elsewhere: readonly { readonly place: Workplace; readonly planned: readonly Planned[] }[],
): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const { place, planned } of elsewhere) {
    if (planned.length === 0) continue;
    say(`asking account ${place.id} for ${planned.length} resources of ${stack}, as its provider would…`);
    try {
      found.push(await findExisting(planned, asking(await other(place))));
    } catch (error) {
      if (!(error instanceof UnansweredError)) throw error;
      const what = `${planned.length} resources of ${stack} in account ${place.id}`;
      found.push({ finds: [], first: [], unanswered: [new UnansweredError(what, error.message)] });
    }
  }
  return found;
}

/** A block as Terraform reads it. */
function blockOf({ id, to }: Find): Pick<Find, "to" | "id"> {
  return { to, id };
}

function refused(stack: string, reasons: readonly string[]): RefusedError {
  const told = reasons.map((line) => `  ${line}.`).join("\n");
  return new RefusedError(
    `${stack} adopts nothing. Something must be done first, or its deploy would destroy something:\n${told}\nNothing was changed, and no block written.`,
  );
}

const COMMENT =
  "Written by `npx opsdx adopt`. The next deploy imports these; whatever a second `npx opsdx adopt` finds, it takes this file away first.";

/** Where the deploy of this shell synthesizes to. */
function outdirFor(env: NodeJS.ProcessEnv, root: string): string {
  const sandbox = env["OPSDX_SANDBOX"] ?? "";
  return sandbox === "" ? path.join(root, "cdktf.out") : new SandboxPaths(sandbox).outdir();
}

interface Where {
  readonly outdir: string;
  readonly folder: string;
  readonly finds: readonly Find[];
}

/** Plans the stack with the blocks, on a copy of its state; those that it reads from are planned only where their state lacks what it reads. */
async function plan(
  { children, config, env, stack, say }: AdoptProps,
  { outdir, folder, finds }: Where,
): Promise<Judgement> {
  const stacks = withUpstream(readManifest(outdir), [stack]);
  const directory = stacks.find(({ name }) => name === stack)?.directory ?? "";
  const file = path.join(directory, "cdk.tf.json");
  const json = { ...(readJson(file) as object), import: finds.map(blockOf) };
  writeFileSync(file, JSON.stringify(json));
  say(`planning ${stack} with ${finds.length} import blocks…`);
  const differences = stacks.map(({ name }): StackDifference => ({
    ...{ stack: name, added: [], removed: [], altered: [] },
    change: name === stack ? "changed" : "unchanged",
  }));
  const plans = await planEnvironments(
    { base: { stacks }, head: { stacks }, differences, folder },
    { config, environment: stackOwner(stack), env, children },
  );
  const planned = plans.find((one) => one.stack === stack);
  if (planned?.outcome.kind !== "planned") {
    const errors = planned?.outcome.kind === "failed" ? planned.outcome.errors : [];
    const told = errors.map(({ address, detail, summary }) => `  ${address ?? ""} ${summary}. ${detail}`).join("\n");
    throw new CommandError(`${stack} cannot be planned with the import blocks; none was written:\n${told}`);
  }
  return judgeAdoption(planned, planned.outcome, finds, json);
}

/** The account that a stack works in. */
export function accountOf(config: Config, stack: string): { readonly id: string; readonly region: string } {
  const owner = stackOwner(stack);
  const environment = config.environments.find(({ name }) => name === owner);
  return owner === GLOBAL || environment === undefined ? config.global.account : environment.account;
}
