import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** What may differ between two synthesized programs: the version that their core writes of itself. */
export interface Versions {
  /** Of the present core. */
  readonly present: string;
  /** Of the other one. */
  readonly next: string;
}

/**
 * What differs between two synthesized programs beside the version of their core, and the spacing of empty lists and blocks. A line each:
 * the file, for example `stacks/dev-stage1/cdk.tf.json`, and where in it.
 */
export function synthDifferences(present: string, next: string, versions: Versions): readonly string[] {
  const [before, after] = [filesIn(present), filesIn(next)];
  return [
    ...before.filter((file) => !after.includes(file)).map((file) => `${file}: is missing`),
    ...after.filter((file) => !before.includes(file)).map((file) => `${file}: is new`),
    ...before
      .filter((file) => after.includes(file))
      .flatMap((file) =>
        fileDifferences(file, readFileSync(path.join(present, file)), readFileSync(path.join(next, file)), versions),
      ),
  ];
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, "/"))
    .sort();
}

/** The files that a core writes, and the keys that lead to its version in each; it writes nothing into the others. */
const WRITTEN_BY_CORE: readonly { readonly file: RegExp; readonly version: string }[] = [
  { file: /^stacks\/[^/]+\/cdk\.tf\.json$/, version: "//.metadata.version" },
  { file: /^manifest\.json$/, version: "version" },
];

function fileDifferences(file: string, present: Buffer, next: Buffer, versions: Versions): readonly string[] {
  if (present.equals(next)) return [];
  const written = WRITTEN_BY_CORE.find((rule) => rule.file.test(file));
  if (!file.endsWith(".json")) return [`${file}: other bytes`];
  const [before, after] = [present, next].map((bytes) => JSON.parse(bytes.toString("utf8")) as unknown);
  const paths = valueDifferences(before, after, "").filter(
    (difference) =>
      written === undefined ||
      difference !== `${written.version}: ${JSON.stringify(versions.present)} → ${JSON.stringify(versions.next)}`,
  );
  if (paths.length > 0) return paths.map((difference) => `${file}: ${difference}`);
  // The values agree; what Terraform and git see are the bytes.
  const wanted = written === undefined ? [] : withVersion(present.toString("utf8"), versions).map(closed);
  return wanted.includes(closed(next.toString("utf8"))) ? [] : [`${file}: same values, other order or spacing`];
}

/** Empty lists and blocks without the line break that cdktf has in them, and cdktn has not. No string of JSON holds one. */
const closed = (text: string): string => text.replace(/([[{])\n *([\]}])/g, "$1$2");

/** The text as the next core may write it: a provider or a chart may have the core's version, so each place is tried. */
function withVersion(text: string, { next, present }: Versions): readonly string[] {
  const parts = text.split(`"version": "${present}"`);
  return parts
    .slice(1)
    .map(
      (_, index) =>
        `${parts.slice(0, index + 1).join(`"version": "${present}"`)}"version": "${next}"${parts.slice(index + 1).join(`"version": "${present}"`)}`,
    );
}

/** Where two values differ, a line each. */
function valueDifferences(before: unknown, after: unknown, at: string): readonly string[] {
  if (!isObject(before) || !isObject(after) || Array.isArray(before) !== Array.isArray(after)) {
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [`${at}: ${shown(before)} → ${shown(after)}`];
  }
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => valueDifferences(before[key], after[key], at === "" ? key : `${at}.${key}`));
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** A value in a line. */
function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
