import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { headingAnchor } from "../markdown";
import { headingAnchors } from "../runbook/render";

/** A page of the documentation, as far as it is pointed at. */
export interface Page {
  /** Its title. */
  readonly title: string;
  /** Its headings, by anchor. */
  readonly headings: ReadonlyMap<string, string>;
  /** Its text. */
  readonly text: string;
}

/** Pages below `docs/`, each read once; undefined where there is none. */
export function pagesIn(root: string): (file: string) => Page | undefined {
  const known = new Map<string, Page | undefined>();
  return (name) => {
    const file = path.join(root, "docs", name);
    if (!known.has(name)) known.set(name, existsSync(file) ? pageOf(readFileSync(file, "utf8")) : undefined);
    return known.get(name);
  };
}

function pageOf(text: string): Page {
  const anchors = new Set(headingAnchors(text));
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(
    ([, heading = ""]) => [headingAnchor(heading), heading] as const,
  );
  return { title: headings[0]?.[1] ?? "", text, headings: new Map(headings.filter(([anchor]) => anchors.has(anchor))) };
}

/** What stands below a heading, up to the next of its level or above; all of the page without an anchor. */
export function sectionOf({ headings, text }: Page, anchor: string | undefined): string {
  const heading = anchor === undefined ? undefined : headings.get(anchor);
  if (heading === undefined) return anchor === undefined ? text : "";
  const at = text.split("\n").findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, "") === heading);
  const [first = "", ...rest] = text.split("\n").slice(at);
  const level = /^#+/.exec(first)?.[0].length ?? 0;
  const end = rest.findIndex((line) => (/^#+(?= )/.exec(line)?.[0].length ?? 99) <= level);
  return (end === -1 ? rest : rest.slice(0, end)).join("\n");
}
