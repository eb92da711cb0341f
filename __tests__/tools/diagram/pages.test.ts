import { DOMParser, onErrorStopParsing } from "@xmldom/xmldom";
import { loadConfig } from "../../../config/load";
import { deploymentFor } from "../../../stacks/deployment";
import { modelsOf } from "../../../stacks/models";
import { buildProgram } from "../../../stacks/program";
import { programFacts } from "../../../stacks/program-facts";
import { programGraph } from "../../../tools/diagram/graph";
import { MERMAID_LIMIT, NODE_LIMIT } from "../../../tools/diagram/mermaid";
import { renderDiagrams, stackPlaces, WHOLE } from "../../../tools/diagram/pages";
import { stageChart } from "../../../tools/diagram/stage-chart";
import { mermaid } from "../../../tools/diagram/mermaid";
import { nodesOf } from "../../../tools/diagram/chart";
import { setAt, validInput } from "../../config/support";
import { flowchartsIn, readFlowchart } from "./support";

const config = loadConfig();
const { stacks } = buildProgram(config, deploymentFor(config.global, {}));
const models = modelsOf(stacks).map(([, model]) => model);
const facts = programFacts(stacks);
const graph = programGraph(models, facts, stackPlaces(config));
const systems = Object.entries(facts.stacks).flatMap(([stack, known]) =>
  known.systems.map((system) => ({ ...system, stack })),
);
let files: ReadonlyMap<string, string> = new Map();
beforeAll(async () => {
  files = await renderDiagrams(config, stacks);
}, 120_000);
const page = (name: string): string => files.get(name) ?? "";
const drawings = (): readonly (readonly [name: string, text: string])[] =>
  [...files].flatMap(([name, text]) => flowchartsIn(text).map((drawing) => [name, drawing] as const));

it("is made of whole, small drawings in Mermaid's language", () => {
  expect(drawings().length).toBeGreaterThan(20);
  for (const [name, text] of drawings()) {
    const { nodes } = readFlowchart(text);
    expect([name, text.length < MERMAID_LIMIT, nodes.size <= NODE_LIMIT]).toEqual([name, true, true]);
  }
});

it("draws every system of every stack: with its stack, in its stage, alone and in the whole", () => {
  expect(systems.length).toBeGreaterThan(40);
  const [accounts = ""] = flowchartsIn(page("README.md"));
  const words = (text: string): readonly string[] => text.split(/<br\/>|,? |,/);
  for (const { name, page: alone, stack } of systems) {
    const box = [...readFlowchart(accounts).nodes.values()].map(words).find(([first]) => first === stack);
    expect(box).toContain(name);
    const stage = stack.replace(/^.*-/, "");
    const drawn = flowchartsIn(page(`${stage}.md`)).flatMap((text) => [...readFlowchart(text).nodes.values()]);
    expect(drawn.flatMap(words)).toContain(name);
    expect(flowchartsIn(page(`systems/${alone}.md`)).length).toBeGreaterThan(0);
    expect(page(`${stage}.md`)).toContain(`(systems/${alone}.md)`);
  }
});

it("backs each arrow by references from a resource that there is to a resource or an output that there is", () => {
  expect(graph.edges.length).toBeGreaterThan(100);
  for (const { from, references, to } of graph.edges) {
    expect(references.length).toBeGreaterThan(0);
    for (const { from: begin, to: end } of references) {
      expect(from.resources).toContain(begin.resource);
      const [model, other] = [begin.stack, end.stack].map((stack) => models.find(({ name }) => name === stack));
      // Who refers names the address, or the output that leads to it, itself or through its provider.
      const { provider } = begin.resource.body;
      const text = JSON.stringify([begin.resource.body, provider === undefined ? {} : model?.json["provider"]]);
      if (end.output === undefined) expect(text).toContain(end.resource?.address);
      else expect(text).toContain(`.outputs.${end.output.split(".")[0] ?? ""}`);
      if (end.resource === undefined)
        expect(other?.json["output"]).toHaveProperty((end.output ?? "").split(".")[0] ?? "");
      else expect(to.resources).toContain(end.resource);
    }
  }
});

it("draws no arrow of a stage that no edge backs", () => {
  for (const { stack } of graph.places) {
    const { arrows, children } = stageChart(graph, stack, () => "https://x");
    const inFrame = new Map<string, Set<string>>();
    const collect = (list: typeof children): readonly string[] =>
      list.flatMap((child) => {
        if (!("children" in child)) return [child.key];
        const inner = collect(child.children);
        inFrame.set(child.key, new Set(inner));
        return inner;
      });
    collect(children);
    const covers = (key: string, path: string, stage: string): boolean =>
      key === path || key === stage || (inFrame.get(key)?.has(path) ?? false);
    const unbacked = arrows.filter(({ from, to, kinds }) =>
      kinds.some(
        (kind) =>
          !graph.edges.some(
            (edge) =>
              edge.kind === kind && covers(from, edge.from.path, edge.from.place.stage) && covers(to, edge.to.path, ""),
          ),
      ),
    );
    expect(unbacked).toEqual([]);
  }
});

it("writes the same bytes twice", async () => {
  const again = buildProgram(config, deploymentFor(config.global, {}));
  expect([...(await renderDiagrams(config, again.stacks))]).toEqual([...files]);
}, 120_000);

it("tells nothing of secrets, accounts and addresses", () => {
  const all = [...files.values()].join("\n");
  const secrets = models.flatMap((model) =>
    model.ofType("aws_secretsmanager_secret").map(({ body }) => String(body["name"])),
  );
  expect(secrets.length).toBeGreaterThan(0);
  for (const name of secrets) expect(all).not.toContain(name);
  for (const { account } of [config.global, ...config.environments]) expect(all).not.toContain(account.id);
  expect(all).not.toMatch(/\d+\.\d+\.\d+\.\d+|arn:aws/);
});

it("is one valid SVG of the whole, with every system and every account", () => {
  const svg = new DOMParser({ onError: onErrorStopParsing }).parseFromString(page(WHOLE), "image/svg+xml");
  const texts = [...svg.getElementsByTagName("text")].map(({ textContent }) => textContent);
  expect(svg.documentElement?.tagName).toBe("svg");
  for (const { name } of systems) {
    const wanted = systems.filter((system) => system.name === name).length;
    expect([name, texts.filter((text) => text === name).length >= wanted]).toEqual([name, true]);
  }
  expect(texts).toEqual(
    expect.arrayContaining(["shared account", "account of dev", "account of prod", "VPC: db subnets"]),
  );
});

it("leads from every page to pages that there are", () => {
  for (const [name, text] of files) {
    const folder = name.includes("/") ? "systems/" : "";
    for (const [, target = ""] of text.matchAll(/\]\((?!https?:)([\w./-]+)\)/g)) {
      if (target.includes("runbook/")) continue;
      const resolved = target.startsWith("../") ? target.slice(3) : `${folder}${target}`;
      expect([name, target, files.has(resolved)]).toEqual([name, target, true]);
    }
  }
});

it("draws what stages of environments differ in apart, and what they share once", () => {
  expect(flowchartsIn(page("stage1.md"))).toHaveLength(1);
  expect(page("stage1.md")).toContain("In dev and prod, where it differs by configuration only.");
  const input = validInput();
  setAt(input.environments, ["dev", "etls", "op2dw"], undefined);
  const fewer = loadConfig(input);
  const program = buildProgram(fewer, deploymentFor(fewer.global, {}));
  return renderDiagrams(fewer, program.stacks).then((drawn) => {
    expect(flowchartsIn(drawn.get("stage3.md") ?? "")).toHaveLength(2);
    expect(drawn.get("stage3.md")).toContain("**dev:**");
    expect(drawn.get("stage1.md")).not.toContain("**dev:**");
  });
}, 120_000);

it("stays readable with many systems of a kind", () => {
  const chart = stageChart(graphWith(60), "dev-stage3", () => "https://x");
  expect(nodesOf(chart.children).length).toBeLessThanOrEqual(NODE_LIMIT);
  const { nodes } = readFlowchart(mermaid(chart));
  for (let index = 0; index < 60; index += 1)
    expect([...nodes.values()].join(" ")).toMatch(new RegExp(`\\bcopy-${index}\\b`));
});

/** The graph with as many copies of an ETL. */
function graphWith(copies: number): typeof graph {
  const etl = graph.units.find(({ name, place }) => name === "c2dw" && place.stack === "dev-stage3");
  if (etl === undefined) throw new Error("dev must have the ETL c2dw");
  const clones = Array.from({ length: copies }, (_, index) => ({
    ...etl,
    name: `copy-${index}`,
    path: `${etl.path}${index}`,
  }));
  const edges = graph.edges.flatMap((edge) => (edge.from === etl ? clones.map((from) => ({ ...edge, from })) : []));
  return { ...graph, units: [...graph.units, ...clones], edges: [...graph.edges, ...edges] };
}
