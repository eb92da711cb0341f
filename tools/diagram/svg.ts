import { instance } from "@viz-js/viz";
import { COLOURS, KINDS, type Kind } from "./kinds";
import { isGroup, isWeak, nodesOf, type Chart, type ChartGroup, type ChartNode } from "./chart";

/** Colour of an arrow, by what matters most of it. */
const ARROW_COLOURS: Readonly<Record<Kind, string>> = {
  data: "#1F5FBF",
  network: "#8C4FFF",
  runs: "#ED7100",
  rights: "#B3405A",
  key: "#8A8A8A",
  watch: "#8A8A8A",
};

const LEGEND =
  "An arrow points at what is used. Full: data (blue), network (violet), runs (orange). Dashed: rights (red), key and watch (grey).";

/** Draws a chart as SVG, by Graphviz: the same chart gives the same bytes. */
export async function svg(chart: Chart): Promise<string> {
  const viz = await instance();
  const drawn = viz.renderString(dot(chart), { format: "svg", engine: "dot" });
  // Graphviz names its own version in a comment, and the document type by an address.
  return drawn.replace(/<!DOCTYPE[^>]*>\s*/, "").replace(/<!--[^]*?-->\s*/g, "");
}

/** A chart in Graphviz' language. */
export function dot(chart: Chart): string {
  const [ids, first] = [new Map<string, string>(), new Map<string, string>()];
  const name = (children: Chart["children"]): void => {
    for (const child of children) {
      ids.set(child.key, `${isGroup(child) ? "cluster_" : "n"}${ids.size}`);
      if (isGroup(child)) {
        name(child.children);
        first.set(child.key, middle(nodesOf(child.children))?.key ?? "");
      }
    }
  };
  name(chart.children);
  const id = (key: string): string => ids.get(key) ?? "";
  /** Graphviz draws from box to box, and cuts an arrow at a frame. */
  const end = (key: string): string => id(first.get(key) ?? key);
  const draw = (child: ChartNode | ChartGroup, depth: number): readonly string[] => {
    const indent = "  ".repeat(depth);
    if (!isGroup(child)) {
      const { line, fill } = COLOURS[child.category ?? "management"];
      const link = child.link === undefined ? "" : `, URL=${quoted(child.link)}`;
      const label = child.lines.map(quotedLine).join("\\n");
      return [`${indent}${id(child.key)} [label="${label}", color="${line}", fillcolor="${fill}"${link}]`];
    }
    return [
      `${indent}subgraph ${id(child.key)} {`,
      child.label === ""
        ? `${indent}  label=""; style="rounded,dotted"`
        : `${indent}  label=${quoted(child.label)}; labelloc=t; style=rounded; bgcolor="${depth % 2 === 1 ? "#FAFAFA" : "#F0F2F5"}"`,
      ...child.children.flatMap((inner) => draw(inner, depth + 1)),
      `${indent}}`,
    ];
  };
  return [
    "digraph {",
    `  label=${quoted(LEGEND)}; labelloc=b`,
    '  graph [rankdir=LR, compound=true, fontname="Helvetica", fontsize=15, labeljust=l, color="#9AA4B2", nodesep=0.18, ranksep=1.1, pad=0.3, bgcolor="white", newrank=true]',
    '  node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=13, margin="0.14,0.07", height=0.35]',
    '  edge [fontname="Helvetica", fontsize=10, arrowsize=0.7]',
    ...chart.children.flatMap((child) => draw(child, 1)),
    ...chart.arrows.map((arrow) => {
      const colour = ARROW_COLOURS[arrow.kinds[0] ?? "data"];
      const cut = [
        first.has(arrow.from) ? `ltail=${id(arrow.from)}, ` : "",
        first.has(arrow.to) ? `lhead=${id(arrow.to)}, ` : "",
      ].join("");
      const style = isWeak(arrow) ? ", style=dashed" : "";
      const said = arrow.kinds.map((kind) => `${kind}: ${KINDS[kind]}`).join("; ");
      return `  ${end(arrow.from)} -> ${end(arrow.to)} [${cut}color="${colour}"${style}, tooltip=${quoted(said)}]`;
    }),
    "}",
  ].join("\n");
}

const middle = <T>(list: readonly T[]): T | undefined => list[Math.floor((list.length - 1) / 2)];
const quotedLine = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
const quoted = (text: string): string => `"${quotedLine(text)}"`;
