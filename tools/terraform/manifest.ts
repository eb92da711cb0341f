import path from "node:path";
import { distance } from "fastest-levenshtein";
import { CommandError, UsageError } from "../command-error";
import { readJson } from "../files";

/** One synthesized stack, ready for Terraform. */
export interface ManifestStack {
  /** The stack's id, for example `dev-stage1`. */
  readonly name: string;
  /** Absolute path of the folder that holds its `cdk.tf.json`. */
  readonly directory: string;
  /** Names of the stacks whose state it reads, or that must exist before it. */
  readonly dependencies: readonly string[];
}

interface Manifest {
  readonly stacks: Record<string, { name: string; workingDirectory: string; dependencies: string[] }>;
}

/**
 * The stacks of a synthesized program, each after those it depends on; otherwise by name.
 * @throws CommandError when the manifest is not whole: a synth was stopped while it wrote
 */
export function readManifest(outdir: string): readonly ManifestStack[] {
  const file = path.join(outdir, "manifest.json");
  const { stacks } = (readJson(file) ?? {}) as Partial<Manifest>;
  if (stacks === undefined) {
    throw new CommandError(
      `${file} must be the whole manifest of a synth, got one that is cut or damaged. Delete it; the next command that synthesizes writes it again.`,
    );
  }
  return inDependencyOrder(
    Object.values(stacks).map(({ name, workingDirectory, dependencies }) => ({
      name,
      directory: path.resolve(outdir, workingDirectory),
      dependencies,
    })),
  );
}

/** The same stacks, each after those it depends on. */
export function inDependencyOrder(stacks: readonly ManifestStack[]): readonly ManifestStack[] {
  const byName = new Map(stacks.map((stack) => [stack.name, stack]));
  const ordered = new Set<ManifestStack>();
  const visit = (stack: ManifestStack, trail: readonly string[]): void => {
    if (trail.includes(stack.name)) {
      throw new Error(
        `stacks must not depend on each other in a circle, received ${[...trail, stack.name].join(" → ")}`,
      );
    }
    for (const dependency of stack.dependencies) {
      const upstream = byName.get(dependency);
      if (upstream !== undefined && !ordered.has(upstream)) visit(upstream, [...trail, stack.name]);
    }
    ordered.add(stack);
  };
  for (const stack of [...stacks].sort((a, b) => (a.name < b.name ? -1 : 1))) visit(stack, []);
  return [...ordered];
}

/** The named stacks and everything they depend on, in dependency order. */
export function withUpstream(stacks: readonly ManifestStack[], names: readonly string[]): readonly ManifestStack[] {
  const wanted = new Set(names);
  for (const stack of [...stacks].reverse()) {
    if (wanted.has(stack.name)) for (const dependency of stack.dependencies) wanted.add(dependency);
  }
  return stacks.filter(({ name }) => wanted.has(name));
}

/** The named stacks and everything that depends on them, in dependency order. */
export function withDownstream(stacks: readonly ManifestStack[], names: readonly string[]): readonly ManifestStack[] {
  const wanted = new Set(names);
  for (const stack of stacks) {
    if (stack.dependencies.some((dependency) => wanted.has(dependency))) wanted.add(stack.name);
  }
  return stacks.filter(({ name }) => wanted.has(name));
}

/**
 * Checks names that a person typed.
 * @throws UsageError naming every unknown one with the nearest known names
 */
export function assertKnown(known: readonly string[], names: readonly string[]): void {
  const problems = names
    .filter((name) => !known.includes(name))
    .map((name) => `no stack is called "${name}"; the nearest: ${nearest(name, known).join(", ")}`);
  if (problems.length > 0) throw new UsageError(problems.join("\n"));
}

function nearest(name: string, known: readonly string[]): readonly string[] {
  return [...known].sort((a, b) => distance(name, a) - distance(name, b)).slice(0, 3);
}
