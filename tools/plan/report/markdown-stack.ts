import type { Piece } from "./fit";
import { RANKS } from "./markdown-head";
import { code, codeBlock, html, link, prose } from "./markdown-text";
import type { AttributeReport, Difference, ResourceReport, StackReport, SystemName, SystemReport } from "./model";
import { renderingText, type RenderingReport } from "./renderings";
import { actionText, counted, countsText, standingText } from "./words";

/** A stack's part of the comment: what is lost, what people must know, and the rest by system. */
export function stackPieces(report: StackReport): readonly Piece[] {
  const { losses, stack, systems } = report;
  const parts: readonly Piece[] = [
    ...(losses.length === 0 ? [] : [{ variants: ["\n**Destroyed, replaced, or let go**\n"] } satisfies Piece]),
    ...losses.map((loss) => lossPiece(loss, stack)),
    ...noticePieces(report),
    ...differencePieces(report),
    ...renderingPieces(report),
    ...systems.flatMap((system) => systemPieces(system, stack)),
  ];
  if (parts.length === 0) return [];
  const stamp = report.standing === "speculative" ? `**${prose(standingText(report))}**. ` : "";
  const heading = `\n### ${prose(stack)}: ${countsText(report.counts)}\n\n${stamp}${link("Diagram", report.diagram)}`;
  return [{ variants: [heading] }, ...parts];
}

function lossPiece(loss: ResourceReport, stack: string): Piece {
  const { address, attributes, decidedBy, forcing, meaning, stateful } = loss;
  const named = `- **${prose(actionText(loss))}** ${code(address)}`;
  const where = `${named}${placeOf(loss)}`;
  const known = [
    ...(decidedBy === undefined
      ? []
      : [`  - it is not decided: what forces it waits for ${prose(decidedBy.join(", "))}`]),
    ...(meaning === undefined ? [] : [`  - ${prose(meaning)}`]),
    ...movedLines(loss),
  ];
  const reasons = forcing.map((one) => attributeLine(one, "forced by "));
  const shortReasons = forcing.map((one) => attributeLine({ ...one, lines: undefined }, "forced by "));
  const others = attributes.map((one) => attributeLine(one, "also "));
  return {
    variants: [
      [where, ...reasons, ...known, ...others].join("\n"),
      [where, ...reasons, ...known].join("\n"),
      [where, ...shortReasons, ...known].join("\n"),
      named,
    ],
    // What is stateful keeps its reasons longest, and its address always: the guard names it, too.
    rank: stateful ? RANKS.statefulDetails : RANKS.lossDetails,
    what: "values of attributes of what is destroyed or replaced",
    stack,
  };
}

/** Where a resource stands, and whom to ask. */
function placeOf({ construct, system }: Pick<ResourceReport, "construct" | "system">): string {
  return `${construct === undefined ? "" : `, ${code(construct)}`}, ${systemText(system)}`;
}

function systemText({ owner, page, title }: SystemName): string {
  return `${link(title, page)} (${prose(owner)})`;
}

function attributeLine({ lines, path, text }: AttributeReport, before = "", indent = "  "): string {
  const line = `${indent}- ${before}${code(path)}: ${code(text)}`;
  return lines === undefined ? line : `${line}\n${codeBlock(lines, "diff", `${indent}  `)}`;
}

function movedLines({ imported, movedFrom }: ResourceReport): readonly string[] {
  return [
    ...(movedFrom === undefined ? [] : [`  - moved from ${code(movedFrom)}`]),
    ...(imported === undefined ? [] : [`  - imported as ${code(imported)}`]),
  ];
}

/** What people must know: the first line and the last tell what to do, those between them what it is about. */
function noticePieces({ notices, stack }: StackReport): readonly Piece[] {
  return notices.map((notice): Piece => {
    const [first = "", ...rest] = notice.split("\n");
    const about = rest.filter((line) => line.startsWith("  "));
    const last = rest.filter((line) => !line.startsWith("  "));
    const text = (lines: readonly string[]): string =>
      [
        `\n**${prose(first)}**`,
        ...lines.map((line) => `- ${prose(line)}`),
        ...last.map((line) => `\n${prose(line)}`),
      ].join("\n");
    return { variants: [text(about), text([])], rank: RANKS.notices, what: "addresses under a notice", stack };
  });
}

function differencePieces({ acknowledgements, alarms, stack }: StackReport): readonly Piece[] {
  return [
    ...changesOf(
      alarms,
      stack,
      "alarm",
      ({ alarmName, path, severity }) => `${code(alarmName)} (${prose(severity)}), ${code(path)}`,
    ),
    ...changesOf(
      acknowledgements,
      stack,
      "acknowledged finding of the policy",
      ({ path, reason, rule }) => `${code(rule)} on ${code(path)}: ${prose(reason)}`,
      "acknowledged findings of the policy",
    ),
  ];
}

function changesOf<T>(
  { added, removed }: Difference<T>,
  stack: string,
  thing: string,
  text: (one: T) => string,
  things = `${thing}s`,
): readonly Piece[] {
  return [["removed", removed] as const, ["added", added] as const].flatMap(([what, list]): readonly Piece[] => {
    if (list.length === 0) return [];
    return [
      { variants: [`\n**${counted(list.length, thing, things)} ${what}**\n`] },
      ...list.map((one): Piece => ({
        variants: [`- ${text(one)}`, ""],
        rank: RANKS.differences,
        what: `${things} ${what}`,
        stack,
      })),
    ];
  });
}

/** What Helm renders otherwise, folded release by release. */
function renderingPieces({ renderings, stack }: StackReport): readonly Piece[] {
  const { not, releases = [] } = renderings ?? {};
  if (not !== undefined) return [{ variants: [`\n**Rendered manifests**: ${prose(not)}.`] }];
  if (releases.length === 0) return [];
  return [{ variants: ["\n**Rendered manifests**"] }, ...releases.flatMap((one) => releasePieces(one, stack))];
}

function releasePieces(release: RenderingReport, stack: string): readonly Piece[] {
  const objects = release.objects.map(({ change, lines, on }): Piece => {
    const line = `- ${change} ${code(on)}`;
    return {
      variants: [lines === undefined ? line : `${line}\n${codeBlock(lines, "diff", "  ")}`, line, ""],
      rank: RANKS.renderings,
      what: "rendered manifests",
      stack,
    };
  });
  const text = renderingText(release);
  return objects.length === 0
    ? [{ variants: [`\n- ${prose(text)}`] }]
    : [{ variants: [`\n<details><summary>${html(text)}</summary>\n`] }, ...objects, { variants: ["\n</details>"] }];
}

/** The changes of a system that lose nothing, folded. */
function systemPieces({ resources, system }: SystemReport, stack: string): readonly Piece[] {
  return [
    {
      variants: [
        `\n<details><summary>${html(system.title)} (${html(system.owner)}): ${counted(resources.length, "resource")}</summary>\n`,
      ],
    },
    ...(system.page === undefined ? [] : [{ variants: [`${link("Runbook", system.page)}\n`] } satisfies Piece]),
    ...alike(resources).flatMap((members) => changePieces(members, stack)),
    { variants: ["\n</details>"] },
  ];
}

/** From so many on, resources that change alike are told together. */
const TOGETHER = 3;

/** Resources in groups of those that change in the same way. */
function alike(resources: readonly ResourceReport[]): readonly (readonly ResourceReport[])[] {
  const found = new Map<string, ResourceReport[]>();
  for (const resource of resources) {
    const { action, attributes } = resource;
    const key = JSON.stringify([action, attributes, movedLines(resource)]);
    found.set(key, [...(found.get(key) ?? []), resource]);
  }
  return [...found.values()].flatMap((members) =>
    members.length < TOGETHER ? members.map((one) => [one]) : [members],
  );
}

/** Resources that change alike: what changes is told once. */
function changePieces(members: readonly ResourceReport[], stack: string): readonly Piece[] {
  const [first] = members;
  if (first === undefined) return [];
  const together = members.length > 1;
  const all = together ? [`- ${actionText(first)} all of these ${counted(members.length, "resource")}:`] : [];
  const named = members.map((resource) => {
    const line = together ? `  - ${code(resource.address)}` : `- ${actionText(resource)} ${code(resource.address)}`;
    return [line, ...(together ? [] : movedLines(resource))].join("\n");
  });
  const what = { what: "resources that change", stack };
  const attributes = first.attributes.map((one): Piece => ({
    variants: [attributeLine(one), attributeLine({ ...one, lines: undefined }), ""],
    rank: RANKS.updateAttributes,
    what: "attributes that change",
    stack,
  }));
  const lines = named.map((line): Piece => ({ variants: [line, ""], rank: RANKS.updates, ...what }));
  return together
    ? [...all.map((line): Piece => ({ variants: [line, ""], rank: RANKS.updates, ...what })), ...attributes, ...lines]
    : [...lines, ...attributes];
}
