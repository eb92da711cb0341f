import { StackModel } from "../../../constructs/shared/policy/model";
import type { ProgramFacts } from "../../../stacks/program-facts";
import type { StackPlace } from "../../../tools/diagram/graph";

/** The arrows and boxes of a drawing. */
export interface Flowchart {
  /** Labels by id, of boxes. */
  readonly nodes: ReadonlyMap<string, string>;
  /** Labels by id, of frames. */
  readonly frames: ReadonlyMap<string, string>;
  /** Arrows between ids. */
  readonly arrows: readonly { readonly from: string; readonly to: string; readonly label: string }[];
}

const TEXT = '"((?:[^"#<>]|#\\w+;|<br/>)*)"';
const NODE = new RegExp(`^(n\\d+)\\[${TEXT}\\](?::::[a-z]+)?$`);
const FRAME = new RegExp(`^subgraph (g\\d+) \\[${TEXT}\\]$`);
const ARROW = new RegExp(`^([gn]\\d+) (?:-->|-\\.->)\\|${TEXT}\\| ([gn]\\d+)$`);
const STYLE = /^(classDef [a-z]+ (?:[a-z]+:#[0-9A-Fa-f]+,?)+|class (?:g\d+,?)+ [a-z]+)$/;
const CLICK = /^click (n\d+) href "https:\/\/[^"\s]+"$/;

/**
 * Reads the part of Mermaid's language that the diagrams are written in, and nothing beside it. Mermaid's own parser needs a browser's
 * document; every page was drawn with mermaid 11 when this was written.
 */
export function readFlowchart(text: string): Flowchart {
  const [init, head, ...lines] = text.trimEnd().split("\n");
  if (init !== '%%{init: {"flowchart": {"wrappingWidth": 400}}}%%') throw new Error(`unexpected start: ${init ?? ""}`);
  if (!/^flowchart (LR|TB)$/.test(head ?? "")) throw new Error(`no flowchart: ${head ?? ""}`);
  const [nodes, frames] = [new Map<string, string>(), new Map<string, string>()];
  const arrows: { from: string; to: string; label: string }[] = [];
  const open: string[] = [];
  const inside = new Map<string, readonly string[]>();
  for (const line of lines.map((text) => text.trim())) {
    const [node, frame, arrow] = [NODE.exec(line), FRAME.exec(line), ARROW.exec(line)];
    if (node !== null) {
      nodes.set(node[1] ?? "", node[2] ?? "");
      inside.set(node[1] ?? "", [...open]);
    } else if (frame !== null) {
      frames.set(frame[1] ?? "", frame[2] ?? "");
      inside.set(frame[1] ?? "", [...open]);
      open.push(frame[1] ?? "");
    } else if (arrow !== null) arrows.push({ from: arrow[1] ?? "", label: arrow[2] ?? "", to: arrow[3] ?? "" });
    else if (line === "end" && open.length > 0) open.pop();
    else if (CLICK.test(line)) {
      if (!nodes.has(CLICK.exec(line)?.[1] ?? "")) throw new Error(`click on nothing: ${line}`);
    } else if (!STYLE.test(line)) throw new Error(`not in the language: ${line}`);
  }
  if (open.length > 0) throw new Error(`frames are left open: ${open.join(", ")}`);
  for (const { from, to } of arrows) {
    for (const end of [from, to]) if (!nodes.has(end) && !frames.has(end)) throw new Error(`arrow to nothing: ${end}`);
    // Mermaid refuses an arrow between a frame and what stands in it.
    if (inside.get(from)?.includes(to) === true || inside.get(to)?.includes(from) === true) {
      throw new Error(`arrow from a frame into itself: ${from} ${to}`);
    }
  }
  return { nodes, frames, arrows };
}

/** The drawings of a page. */
export function flowchartsIn(page: string): readonly string[] {
  return [...page.matchAll(/```mermaid\n([^]*?)\n```/g)].map(([, text = ""]) => text);
}

/** A resource of a small stack: the path of its construct below the stack, and its arguments. */
export type SmallResource = readonly [path: string, type: string, body: Readonly<Record<string, unknown>>];

/** A small stack: its resources by name, and the rest of its Terraform. */
export interface SmallStack {
  /** By name. */
  readonly resources: Readonly<Record<string, SmallResource>>;
  /** Paths of its systems below the stack, with the systems' names. */
  readonly systems: Readonly<Record<string, string>>;
  /** Outputs, providers and data sources. */
  readonly rest?: Readonly<Record<string, unknown>>;
}

/** Models, facts and places of small stacks named `<environment>-<stage>`. */
export function smallProgram(stacks: Readonly<Record<string, SmallStack>>): {
  readonly models: readonly StackModel[];
  readonly facts: ProgramFacts;
  readonly places: readonly StackPlace[];
} {
  const models = Object.entries(stacks).map(([name, { resources, rest }]) => {
    const resource: Record<string, Record<string, unknown>> = {};
    for (const [key, [path, type, body]] of Object.entries(resources)) {
      (resource[type] ??= {})[key] = { "//": { metadata: { path: `${name}/${path}` } }, ...body };
    }
    return new StackModel(name, { resource, ...rest });
  });
  StackModel.link(models);
  const facts = Object.fromEntries(
    Object.entries(stacks).map(([name, { systems }]) => [
      name,
      {
        alarms: [],
        acknowledgements: [],
        systems: Object.entries(systems).map(([path, system]) => ({
          path: `${name}/${path}`,
          name: system,
          title: system,
          owner: "Somebody",
          page: system,
        })),
      },
    ]),
  );
  const places = Object.keys(stacks).map((stack) => {
    const [environment = "", stage = ""] = stack.split("-");
    return { stack, environment, stage };
  });
  return { models, facts: { stacks: facts }, places };
}
