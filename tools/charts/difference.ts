import { structuredPatch } from "diff";
import { stringify } from "yaml";
import { NOT_SHOWN, secretShape } from "../../config/secrets";
import type { RenderedObject } from "../../constructs/shared/policy/rendered/object";

/** What becomes of an object. */
export interface ObjectDifference {
  /** `<kind>/<object>`, with its namespace where it has one of its own. */
  readonly on: string;
  /** What becomes of it. */
  readonly change: "added" | "changed" | "removed";
  /** Lines of its YAML that differ, with what stands around them. @default - it is new or gone */
  readonly lines?: readonly string[];
}

/** Most lines that are told of one object. */
const MOST_LINES = 40;

/** How the objects of two renderings differ. What a Secret holds is never told, nor a line that looks like a credential. */
export function differenceOf(
  before: readonly RenderedObject[],
  after: readonly RenderedObject[],
): readonly ObjectDifference[] {
  const [old, next] = [byName(before), byName(after)];
  return [...new Set([...old.keys(), ...next.keys()])].sort().flatMap((on): readonly ObjectDifference[] => {
    const [was, is] = [old.get(on), next.get(on)];
    if (was === undefined) return [{ on, change: "added" }];
    if (is === undefined) return [{ on, change: "removed" }];
    return JSON.stringify(was) === JSON.stringify(is) ? [] : [{ on, change: "changed", lines: linesOf(was, is) }];
  });
}

function byName(objects: readonly RenderedObject[]): ReadonlyMap<string, RenderedObject> {
  return new Map(
    objects.map((object) => {
      const { kind, metadata } = object;
      return [`${kind}/${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name}`, object];
    }),
  );
}

function linesOf(was: RenderedObject, is: RenderedObject): readonly string[] {
  const { hunks } = structuredPatch("", "", shown(was), shown(is), "", "", { context: 2 });
  const lines = hunks.flatMap((hunk, index) => [...(index === 0 ? [] : ["…"]), ...hunk.lines]);
  if (lines.length === 0) return ["(only what is not shown differs)"];
  const told = lines.map((line) => (secretShape(line) === undefined ? line : `${line.slice(0, 1)}${NOT_SHOWN}`));
  const more = told.length - MOST_LINES;
  return more <= 0 ? told : [...told.slice(0, MOST_LINES), `… and ${more} more lines`];
}

function shown(object: RenderedObject): string {
  const hidden = (part: unknown): unknown =>
    typeof part === "object" && part !== null
      ? Object.fromEntries(Object.keys(part).map((key) => [key, NOT_SHOWN]))
      : undefined;
  const open =
    object.kind === "Secret"
      ? { ...object, data: hidden(object["data"]), stringData: hidden(object["stringData"]) }
      : object;
  return stringify(open, { lineWidth: 0 });
}
