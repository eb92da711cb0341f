import { COLOURS, type Category } from "./kinds";
import { isGroup, isWeak, nodesOf, type Chart, type ChartGroup, type ChartNode } from "./chart";

/** Mermaid draws no text that is longer. */
export const MERMAID_LIMIT = 50_000;
/** More boxes than this nobody reads. */
export const NODE_LIMIT = 60;

/** Which way a drawing runs. */
export type Direction = "LR" | "TB";

/** A drawing as Mermaid's text, which GitHub draws: the same drawing gives the same bytes, and names tell nothing of ids. */
export function mermaid(chart: Chart, direction: Direction = "LR"): string {
  const ids = new Map<string, string>();
  const name = (children: Chart["children"]): void => {
    for (const child of children) {
      ids.set(child.key, `${isGroup(child) ? "g" : "n"}${ids.size}`);
      if (isGroup(child)) name(child.children);
    }
  };
  name(chart.children);
  const idOf = (key: string): string => {
    const id = ids.get(key);
    if (id === undefined) throw new Error(`${key}: an arrow must begin and end at what is drawn`);
    return id;
  };
  const draw = (child: ChartNode | ChartGroup, indent: string): readonly string[] => {
    if (!isGroup(child)) {
      const category = child.category === undefined ? "" : `:::${child.category}`;
      return [`${indent}${idOf(child.key)}["${child.lines.map(escaped).join("<br/>")}"]${category}`];
    }
    return [
      `${indent}subgraph ${idOf(child.key)} ["${escaped(child.label)}"]`,
      ...child.children.flatMap((inner) => draw(inner, `${indent}  `)),
      `${indent}end`,
    ];
  };
  const nodes = nodesOf(chart.children);
  const frames = framesOf(chart.children).map(({ key }) => idOf(key));
  const categories = new Set(nodes.flatMap(({ category }) => category ?? []));
  return [
    // Wide enough for lines that are broken already.
    '%%{init: {"flowchart": {"wrappingWidth": 400}}}%%',
    `flowchart ${direction}`,
    ...chart.children.flatMap((child) => draw(child, "  ")),
    ...chart.arrows.map((arrow) => {
      const label = [arrow.kinds.join(", "), arrow.note ?? ""].filter((text) => text !== "").join(": ");
      return `  ${idOf(arrow.from)} ${isWeak(arrow) ? "-.->" : "-->"}|"${escaped(label)}"| ${idOf(arrow.to)}`;
    }),
    ...(Object.keys(COLOURS) as Category[])
      .filter((category) => categories.has(category))
      .map(
        (category) =>
          `  classDef ${category} fill:${COLOURS[category].fill},stroke:${COLOURS[category].line},color:#111`,
      ),
    ...(frames.length === 0 ? [] : [`  classDef frame fill:#8881,stroke:#888`, `  class ${frames.join(",")} frame`]),
    ...nodes.flatMap(({ key, link }) => (link === undefined ? [] : [`  click ${idOf(key)} href "${link}"`])),
  ].join("\n");
}

/** The frames of a drawing, outer ones first. */
function framesOf(children: Chart["children"]): readonly ChartGroup[] {
  return children.flatMap((child) => (isGroup(child) ? [child, ...framesOf(child.children)] : []));
}

/** A drawing in a Markdown page. */
export function mermaidBlock(text: string): string {
  // A placeholder would be read as a tag, and vanish.
  return `\`\`\`mermaid\n${text.replace(/<([a-z][\w-]*)>/g, "#lt;$1#gt;")}\n\`\`\``;
}

/** Mermaid reads a label as HTML, with entities of its own. */
const escaped = (text: string): string =>
  text.replaceAll("#", "#35;").replaceAll('"', "#quot;").replaceAll("<", "#lt;").replaceAll(">", "#gt;");
