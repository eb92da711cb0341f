import type { Config } from "../../config/load";
import { GLOBAL, STAGES, stackName } from "../../config/names";
import { runbookLink } from "../../constructs/shared/observability/system";
import type { BaseStack } from "../../stacks/base-stack";
import { modelsOf } from "../../stacks/models";
import { programFacts } from "../../stacks/program-facts";
import { DIAGRAMS } from "../diagram-files";
import { table } from "../markdown";
import { agree, describeMembers, type Instance } from "../runbook/generalize";
import { programGraph, type Edge, type Graph, type StackPlace, type Unit } from "./graph";
import { COLOURS, KINDS } from "./kinds";
import { mermaid, mermaidBlock } from "./mermaid";
import { accountsChart, wholeChart } from "./program-chart";
import { stageChart, unique, type LinkTo } from "./stage-chart";
import { svg } from "./svg";
import { inWords, systemChart } from "./system-chart";

/** The drawing of everything. */
export const WHOLE = "program.svg";

/** Where the stacks of a configuration stand, in deployment order. */
export function stackPlaces({ environments }: Config): readonly StackPlace[] {
  return [
    { stack: GLOBAL, environment: GLOBAL, stage: GLOBAL },
    ...environments.flatMap(({ name }) =>
      STAGES.map((stage) => ({ stack: stackName(name, stage), environment: name, stage })),
    ),
  ];
}

/** The pages of a finished program: text by name of the file below the folder. */
export async function renderDiagrams(
  config: Config,
  stacks: readonly BaseStack[],
): Promise<ReadonlyMap<string, string>> {
  const models = modelsOf(stacks).map(([, model]) => model);
  const places = stackPlaces(config).filter(({ stack }) => models.some(({ name }) => name === stack));
  const graph = programGraph(models, programFacts(stacks), places);
  const linkTo: LinkTo = (page) => runbookLink(config.global, page);
  const stages = unique(graph.places.map(({ stage }) => stage));
  const pages = unique(graph.units.flatMap(({ system }) => system?.page ?? []));
  return new Map([
    ["README.md", indexPage(graph, stages, pages)],
    ...stages.map((stage) => [`${stage}.md`, stagePage(graph, stage, linkTo)] as const),
    ...pages.map((page) => [`${DIAGRAMS.systems}/${page}.md`, systemPage(graph, page, linkTo)] as const),
    [WHOLE, await svg(wholeChart(graph, linkTo))],
  ]);
}

const page = (blocks: readonly string[]): string => `${blocks.join("\n\n")}\n`;

const WRITTEN = `Written by \`${DIAGRAMS.command}\` from the construct tree and the references in the synthesized Terraform; do not edit.`;

function indexPage(graph: Graph, stages: readonly string[], pages: readonly string[]): string {
  return page([
    "# Diagrams",
    `${WRITTEN} An arrow points at what is used, and stands for references between resources: there is none without.`,
    "## Accounts and stacks",
    "What each stack holds, and in how many places its resources refer to another stack's.",
    mermaidBlock(mermaid(accountsChart(graph), "TB")),
    "## Everything",
    `Every system of every environment, in its account, stack and tier of subnets: [${WHOLE}](${WHOLE}).`,
    `[![Every system of every environment](${WHOLE})](${WHOLE})`,
    "## A stage, a system",
    table(
      ["Stage", "Systems"],
      stages.map((stage) => [
        `[${stage}](${stage}.md)`,
        pages
          .filter((name) => graph.units.some(({ place, system }) => place.stage === stage && system?.page === name))
          .map((name) => `[${name}](${DIAGRAMS.systems}/${name}.md)`)
          .join(" · "),
      ]),
    ),
    "## How to read them",
    table(
      ["Arrow", "It"],
      Object.entries(KINDS).map(([kind, meaning]) => [kind, meaning]),
    ),
    `Dashed: who may what, who is told, whose key; full: what the system does. A box is coloured after the category that AWS has most of its resources in: ${Object.keys(COLOURS).join(", ")}. A click on a box leads to the system's page in the runbook. What the systems publish to SSM for readers outside of the program is not drawn.`,
  ]);
}

function stagePage(graph: Graph, stage: string, linkTo: LinkTo): string {
  const places = graph.places.filter((place) => place.stage === stage);
  const drawings = places.map(({ environment, stack }) => ({
    bindings: { env: environment },
    facts: mermaid(stageChart(graph, stack, linkTo)),
  }));
  const one = agree(drawings, (text) => text).length === 1;
  return page([
    `# ${stage}`,
    `${WRITTEN} All diagrams, and how to read them: the [index](README.md).`,
    ...(places.length < 2
      ? []
      : [
          `In ${environmentsOf(places)}${one ? ", where it differs by configuration only" : ", drawn apart where they differ"}.`,
        ]),
    ...drawn(drawings),
    "## Systems",
    systemsTable(graph.units.filter(({ place }) => place.stage === stage)),
    "## Arrows",
    "How many references back each, and one of them by the types of its ends.",
    arrowsTable(graph.edges, places),
  ]);
}

function systemPage(graph: Graph, name: string, linkTo: LinkTo): string {
  const units = graph.units.filter(({ system }) => system?.page === name);
  const drawings = units.map((unit) => ({
    bindings: { env: unit.place.environment, system: unit.name },
    facts: mermaid(systemChart(graph, unit, linkTo)),
  }));
  const stages = unique(units.map(({ place }) => place.stage));
  return page([
    `# ${unique(units.flatMap(({ system }) => system?.title ?? [])).join(", ")}`,
    `${WRITTEN} All diagrams, and how to read them: the [index](../README.md). How to operate it: the [runbook](../../runbook/${name}.md). Its stage: ${stages.map((stage) => `[${stage}](../${stage}.md)`).join(", ")}.`,
    ...drawn(drawings),
  ]);
}

/** One drawing for all that agree on it. */
function drawn(drawings: readonly Instance<string>[]): readonly string[] {
  const groups = agree(drawings, (text) => text);
  return groups.map(({ members, value }) =>
    groups.length === 1 ? mermaidBlock(value) : `**${describeMembers(members, drawings)}:**\n\n${mermaidBlock(value)}`,
  );
}

const environmentsOf = (places: readonly StackPlace[]): string =>
  places.map(({ environment }) => environment).join(" and ");

function systemsTable(units: readonly Unit[]): string {
  const names = unique(units.map(({ name }) => name));
  return table(
    ["Name", "What", "Owner", "Environments", "Drawn alone", "Runbook"],
    names.map((name) => {
      const alike = units.filter((unit) => unit.name === name);
      const system = alike[0]?.system;
      return [
        name,
        system?.title ?? inWordsOf(alike[0]),
        unique(alike.flatMap((unit) => unit.system?.owner ?? [])).join("; "),
        unique(alike.map(({ place }) => place.environment)).join(", "),
        system === undefined ? "" : `[${system.page}](${DIAGRAMS.systems}/${system.page}.md)`,
        system === undefined ? "" : `[${system.page}](../runbook/${system.page}.md)`,
      ];
    }),
  );
}

const inWordsOf = (unit: Unit | undefined): string =>
  unique((unit?.resources ?? []).map(({ type }) => inWords(type))).join(", ");

function arrowsTable(edges: readonly Edge[], places: readonly StackPlace[]): string {
  const own = edges.filter(({ from }) => places.includes(from.place));
  const rows = new Map<string, Edge[]>();
  for (const edge of own) {
    const key = `${edge.from.name} ${edge.to.place.stage} ${edge.to.name} ${edge.kind}`;
    rows.set(key, [...(rows.get(key) ?? []), edge]);
  }
  return table(
    ["From", "To", "It", ...places.map(({ environment }) => environment), "For example"],
    [...rows.values()].flatMap((row) => {
      const [edge] = row;
      if (edge === undefined) return [];
      const { from, kind, to } = edge;
      return [
        [
          from.name,
          to.place.stage === from.place.stage ? to.name : `${to.name} of ${to.place.stage}`,
          kind,
          ...places.map((place) => String(row.find((other) => other.from.place === place)?.references.length ?? "–")),
          exampleOf(edge),
        ],
      ];
    }),
  );
}

/** A reference in words. */
function exampleOf({ references }: Edge): string {
  const [reference] = references;
  if (reference === undefined) throw new Error("an arrow must be backed by a reference");
  const { from, to } = reference;
  const end = to.resource === undefined ? `\`${to.output ?? ""}\`` : inWords(to.resource.type);
  return `${inWords(from.resource.type)} → ${end}`;
}
