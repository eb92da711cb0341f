import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { readJson } from "../files";
import type { ManifestStack } from "../terraform/manifest";
import type { StackChange } from "./stack-plan";
import type { Synthesized } from "./synth";

/** What became of a stack between base and head. */
export interface StackDifference {
  /** Its name. */
  readonly stack: string;
  /** What became of its bytes. */
  readonly change: StackChange;
  /** Addresses of resources that head has and base has not. */
  readonly added: readonly string[];
  /** Addresses of resources that base has and head has not; one that moves is in neither list. */
  readonly removed: readonly string[];
  /** Addresses of resources that both have, with other arguments. */
  readonly altered: readonly string[];
}

/** Compares two synthesized programs, stack by stack: every byte that Terraform would read. In head's order; what is gone comes last. */
export function differences(base: Synthesized, head: Synthesized): readonly StackDifference[] {
  const before = new Map(base.stacks.map((stack) => [stack.name, stack]));
  const after = new Set(head.stacks.map(({ name }) => name));
  return [
    ...head.stacks.map((stack) => difference(stack.name, before.get(stack.name), stack)),
    ...base.stacks.filter(({ name }) => !after.has(name)).map((stack) => difference(stack.name, stack, undefined)),
  ];
}

function difference(stack: string, base: ManifestStack | undefined, head: ManifestStack | undefined): StackDifference {
  const change = changeOf(base, head);
  // Equal bytes need not be read as resources.
  if (change === "unchanged") return { stack, change, added: [], removed: [], altered: [] };
  const headJson = jsonOf(head);
  const [before, after] = [resourcesOf(jsonOf(base)), resourcesOf(headJson)];
  const moved = new Set((headJson.moved ?? []).flatMap(({ from, to }) => [from, to]));
  const missing = (these: Resources, others: Resources): string[] =>
    [...these.keys()].filter((address) => !others.has(address) && !moved.has(address));
  return {
    stack,
    change,
    added: missing(after, before),
    removed: missing(before, after),
    altered: [...after].flatMap(([address, body]) => {
      const former = before.get(address);
      return former === undefined || isDeepStrictEqual(former, body) ? [] : [address];
    }),
  };
}

function changeOf(base: ManifestStack | undefined, head: ManifestStack | undefined): StackChange {
  if (head === undefined) return "gone";
  if (base === undefined) return "new";
  return sameFiles(base.directory, head.directory) ? "unchanged" : "changed";
}

type Resources = ReadonlyMap<string, unknown>;

interface SynthesizedJson {
  readonly resource?: Readonly<Record<string, Readonly<Record<string, object>>>>;
  readonly moved?: readonly { readonly from: string; readonly to: string }[];
}

function resourcesOf({ resource = {} }: SynthesizedJson): Resources {
  return new Map(
    Object.entries(resource).flatMap(([type, instances]) =>
      Object.entries(instances).map(([name, body]) => [`${type}.${name}`, { ...body, "//": undefined }] as const),
    ),
  );
}

function jsonOf(stack: ManifestStack | undefined): SynthesizedJson {
  return stack === undefined ? {} : (readJson(path.join(stack.directory, "cdk.tf.json")) ?? {});
}

function sameFiles(one: string, other: string): boolean {
  const [files, others] = [filesIn(one), filesIn(other)];
  return (
    isDeepStrictEqual(files, others) &&
    files.every((file) => readFileSync(path.join(one, file)).equals(readFileSync(path.join(other, file))))
  );
}

/** Names of all files below a folder, sorted. */
function filesIn(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => statSync(path.join(folder, name)).isFile()).sort();
}
