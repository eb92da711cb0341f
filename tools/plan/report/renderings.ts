/** What becomes of an object that a Helm release renders. */
export interface RenderedObjectReport {
  /** `<kind>/<object>`, with its namespace where it has one of its own. */
  readonly on: string;
  /** What becomes of it. */
  readonly change: "added" | "changed" | "removed";
  /** Lines of its YAML that differ, with what stands around them; no secret is among them. @default - it is new or gone */
  readonly lines?: readonly string[];
}

/** What becomes of a Helm release. */
export interface RenderingReport {
  /** How people call it: `dev k8s grafana`. */
  readonly title: string;
  /** What becomes of it. */
  readonly change: "changed" | "gone" | "new";
  /** What becomes of its objects, as far as it is rendered. */
  readonly objects: readonly RenderedObjectReport[];
  /** Why its objects are not told. @default - they are */
  readonly notRendered?: string;
}

/** What becomes of a stack's Helm releases. */
export interface StackRenderings {
  /** Those that are new, gone or rendered otherwise. */
  readonly releases: readonly RenderingReport[];
  /** Why none is rendered. @default - they are, or none differs */
  readonly not?: string;
}

/** What becomes of Helm releases, by stack. */
export type Renderings = Readonly<Record<string, StackRenderings>>;

/** What becomes of a release, in a line. */
export function renderingText({ change, notRendered, objects, title }: RenderingReport): string {
  const words = { changed: "", gone: " is gone", new: " is new" }[change];
  const count = (is: RenderedObjectReport["change"]): number => objects.filter((one) => one.change === is).length;
  const counts = [
    [count("added"), "added"] as const,
    [count("changed"), "changed"] as const,
    [count("removed"), "removed"] as const,
  ].flatMap(([number, word]) => (number === 0 ? [] : [`${number} ${word}`]));
  const objectsText = counts.length === 0 ? "no object differs" : `objects: ${counts.join(", ")}`;
  return `${title}${words}: ${notRendered === undefined ? objectsText : `not rendered ${notRendered}`}`;
}
