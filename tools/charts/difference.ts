import { structuredPatch } from "diff";
import { stringify } from "yaml";
import { isPlainSecretName, isSecretName, NOT_SHOWN, secretShape } from "../../config/secrets";
import type { KubernetesObject } from "../../constructs/shared/kubernetes-object";
import type { RenderedObjectReport, RenderingReport } from "../plan/report/renderings";
import type { NotRendered, RenderedRelease } from "./check";
import { releaseTitle, type ChartRelease } from "./releases";

/** The releases of a commit, and what Helm renders of them. */
export interface RenderedCommit {
  /** Its releases. */
  readonly releases: readonly ChartRelease[];
  /** Those that are rendered. */
  readonly rendered: readonly RenderedRelease[];
  /** Those that could not be. */
  readonly not: readonly NotRendered[];
}

/** Releases that are new, gone, or rendered otherwise. What is new each time says nothing, and is left out. */
export function releaseDifferences(before: RenderedCommit, after: RenderedCommit): readonly RenderingReport[] {
  const [old, next] = [sidesOf(before), sidesOf(after)];
  return [...new Set([...old.keys(), ...next.keys()])].flatMap((title): readonly RenderingReport[] => {
    const [was, is] = [old.get(title), next.get(title)];
    const change = was === undefined ? "new" : is === undefined ? "gone" : "changed";
    const reasons = [
      ...(was?.reason === undefined ? [] : [`before: ${was.reason}`]),
      ...(is?.reason === undefined ? [] : [`after: ${is.reason}`]),
    ];
    if (reasons.length > 0) return [{ title, change, objects: [], notRendered: reasons.join("; ") }];
    const unstable = new Set([...(was?.unstable ?? []), ...(is?.unstable ?? [])]);
    const stable = (objects: readonly KubernetesObject[] = []): readonly KubernetesObject[] =>
      objects.filter(({ kind, metadata }) => !unstable.has(`${kind}/${metadata.name}`));
    const objects = differenceOf(stable(was?.objects), stable(is?.objects));
    return change === "changed" && objects.length === 0 ? [] : [{ title, change, objects }];
  });
}

interface Side {
  readonly objects: readonly KubernetesObject[];
  readonly unstable: ReadonlySet<string>;
  readonly reason?: string;
}

function sidesOf({ not, releases, rendered }: RenderedCommit): ReadonlyMap<string, Side> {
  const reasons = new Map(not.map(({ reason, release }) => [releaseTitle(release), reason]));
  const found = new Map(rendered.map((one) => [releaseTitle(one.release), one]));
  return new Map(
    releases.map((release) => {
      const title = releaseTitle(release);
      const { objects = [], unstable = new Set<string>() } = found.get(title) ?? {};
      return [title, { objects, unstable, reason: reasons.get(title) }];
    }),
  );
}

/** Most lines that are told of one object. */
const MOST_LINES = 40;

/** How the objects of two renderings differ. What a Secret holds is never told, nor a line that looks like a credential. */
export function differenceOf(
  before: readonly KubernetesObject[],
  after: readonly KubernetesObject[],
): readonly RenderedObjectReport[] {
  const [old, next] = [byName(before), byName(after)];
  return [...new Set([...old.keys(), ...next.keys()])].sort().flatMap((on): readonly RenderedObjectReport[] => {
    const [was, is] = [old.get(on), next.get(on)];
    if (was === undefined) return [{ on, change: "added" }];
    if (is === undefined) return [{ on, change: "removed" }];
    return JSON.stringify(was) === JSON.stringify(is) ? [] : [{ on, change: "changed", lines: linesOf(was, is) }];
  });
}

function byName(objects: readonly KubernetesObject[]): ReadonlyMap<string, KubernetesObject> {
  return new Map(
    objects.map((object) => {
      const { kind, metadata } = object;
      return [`${kind}/${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name}`, object];
    }),
  );
}

function linesOf(was: KubernetesObject, is: KubernetesObject): readonly string[] {
  const { hunks } = structuredPatch("", "", shown(was), shown(is), "", "", { context: 2 });
  const lines = hunks.flatMap((hunk, index) => [...(index === 0 ? [] : ["…"]), ...hunk.lines]);
  if (lines.length === 0) return ["(only what is not shown differs)"];
  const told = lines.map((line) => (secretShape(line) === undefined ? line : `${line.slice(0, 1)}${NOT_SHOWN}`));
  const more = told.length - MOST_LINES;
  return more <= 0 ? told : [...told.slice(0, MOST_LINES), `… and ${more} more lines`];
}

function shown(object: KubernetesObject): string {
  const isSecret = object.kind === "Secret";
  return stringify(
    Object.fromEntries(
      Object.entries(object).map(([key, part]) => [
        key,
        isSecret && ["data", "stringData"].includes(key) ? allHidden(part) : hidden(part, key),
      ]),
    ),
    { lineWidth: 0 },
  );
}

function allHidden(part: unknown): unknown {
  return typeof part === "object" && part !== null
    ? Object.fromEntries(Object.keys(part).map((key) => [key, NOT_SHOWN]))
    : undefined;
}

/** Keys that say where a secret is. */
const WHERE = /(?:name|ref|path|file|key)s?$/i;

/** Without what its name calls a secret: by its key, or by the variable whose value it is. */
function hidden(part: unknown, key: string): unknown {
  if (typeof part === "string") return isPlainSecretName(key) && !WHERE.test(key) && part !== "" ? NOT_SHOWN : part;
  if (Array.isArray(part)) return part.map((one: unknown) => hidden(one, key));
  if (typeof part !== "object" || part === null) return part;
  const { name } = part as { readonly name?: unknown };
  return Object.fromEntries(
    Object.entries(part).map(([inner, value]) => [
      inner,
      inner === "value" && typeof name === "string" && isSecretName(name) ? NOT_SHOWN : hidden(value, inner),
    ]),
  );
}
