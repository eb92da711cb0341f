import fc from "fast-check";
import { environmentNames } from "../../config/files";
import { findFaults, loadConfig, type ConfigInput } from "../../config/load";
import { findings, type Finding } from "../../constructs/shared/policy/policy";
import { deploymentFor } from "../../stacks/deployment";
import { modelsOf } from "../../stacks/models";
import { buildProgram } from "../../stacks/program";
import { ADDITIONS, insteadOf } from "./hostile";
import { setAt, validInput, type Loose } from "../config/support";

/** Values by path, which starts with `global` or an environment; `undefined` removes what stands there. */
export type Edits = readonly (readonly [path: readonly string[], value: unknown])[];

/** The project's own configuration with edits; an edit whose place an earlier one took away is passed over. */
export function edited(edits: Edits): ConfigInput {
  const input = validInput();
  const files: Loose = { global: input.global, ...input.environments };
  for (const [path, value] of edits) {
    const parent = path
      .slice(0, -1)
      .reduce<unknown>((object, key) => (isObject(object) ? object[key] : undefined), files);
    if (isObject(parent)) setAt(parent, [path.at(-1) ?? ""], structuredClone(value));
  }
  const { global, ...environments } = files;
  return { global, environments };
}

/** Whether a value has names to look into. */
const isObject = (value: unknown): value is Loose => typeof value === "object" && value !== null;

/** Whether a configuration is accepted. */
export const accepted = (input: ConfigInput): boolean => findFaults(input).length === 0;

/** As many of the edits as are accepted together, in their order: many hostile values in one configuration. */
export function acceptedTogether(edits: Edits, base: Edits = []): Edits {
  if (edits.length === 0 || accepted(edited([...base, ...edits]))) return edits;
  if (edits.length === 1) return [];
  const middle = Math.ceil(edits.length / 2);
  const first = acceptedTogether(edits.slice(0, middle), base);
  return [...first, ...acceptedTogether(edits.slice(middle), [...base, ...first])];
}

/** What a configuration makes: every stack as Terraform reads it, and the policy findings that nobody acknowledged. */
export interface Built {
  /** Terraform JSON by stack. */
  readonly stacks: Readonly<Record<string, Record<string, unknown>>>;
  /** What synth would refuse, with its explanation. */
  readonly open: readonly Finding[];
}

/**
 * Builds and renders the whole program in this process; nothing is written.
 *
 * @param only - environments to build @default - all
 */
export function build(input: ConfigInput, only?: readonly string[]): Built {
  const config = loadConfig(input);
  const environments = config.environments.filter(({ name }) => only?.includes(name) ?? true);
  const { stacks } = buildProgram({ ...config, environments }, deploymentFor(config.global, {}));
  const models = modelsOf(stacks).map(([stack, model]) => {
    stack.runAllValidations();
    return { id: stack.node.id, json: stack.toTerraform(), open: findings(stack, model) };
  });
  return {
    stacks: Object.fromEntries(models.map(({ id, json }) => [id, json])),
    open: models.flatMap(({ open }) => open).filter(({ acknowledged }) => acknowledged === undefined),
  };
}

/** Every string of a value, names included, with its path. */
export function* textsOf(value: unknown, path = ""): Generator<readonly [path: string, text: string]> {
  if (typeof value === "string") yield [path, value];
  else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) yield* textsOf(inner, `${path}/${key}`);
  }
}

/** Every path of the configuration below a file's top, with what stands there. */
export function placesOf(input: ConfigInput): readonly (readonly [path: readonly string[], value: unknown])[] {
  const walk = (value: unknown, path: readonly string[]): (readonly [readonly string[], unknown])[] => [
    ...(path.length > 1 ? [[path, value] as const] : []),
    ...(isObject(value) ? Object.entries(value).flatMap(([key, inner]) => walk(inner, [...path, key])) : []),
  ];
  return [
    ...walk(input.global, ["global"]),
    ...Object.entries(input.environments).flatMap(([name, value]) => walk(value, [name])),
  ];
}

/** Every place that may be edited, and what may stand there: in what environments share, and in one of them. */
export function choices(
  environment: string,
): readonly (readonly [path: readonly string[], values: readonly unknown[]])[] {
  const own = placesOf(validInput()).filter(([[file]]) => file === "global" || file === environment);
  return [
    ...own.map(([path, value]) => [path, insteadOf(value)] as const),
    ...ADDITIONS.map(([path, values]) => [[environment, ...path], values] as const),
  ];
}

/** One edit of any place, to a plausible, wrong or hostile value. */
export function anyEdit(environment: string): fc.Arbitrary<Edits[number]> {
  const all = choices(environment);
  return fc.tuple(fc.nat(all.length - 1), fc.nat(10_000)).map(([place, pick]): Edits[number] => {
    const [path, values] = all[place] ?? [[], []];
    return [path, values[pick % values.length]];
  });
}

/** Edits of one environment, whichever, and of what environments share. */
export function anyEdits(
  minLength: number,
  maxLength: number,
): fc.Arbitrary<{ readonly environment: string; readonly edits: Edits }> {
  return fc
    .constantFrom(...environmentNames())
    .chain((environment) =>
      fc.array(anyEdit(environment), { minLength, maxLength }).map((edits) => ({ environment, edits })),
    );
}

/** Settings of a property: the same cases in every run; `OPSDX_SEED` chooses others. A failure prints the seed, and is not shrunk. */
export const runs = (numRuns: number) => ({
  numRuns,
  seed: Number(process.env["OPSDX_SEED"] ?? 20261128),
  endOnFailure: true,
});
