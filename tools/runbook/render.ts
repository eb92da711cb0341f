import type { Command } from "../../constructs/shared/observability/command";
import type { Severity } from "../../constructs/shared/observability/monitoring";
import { PLACEHOLDERS } from "../../constructs/shared/observability/placeholders";
import { partsOf, type Step } from "../../constructs/shared/observability/steps";
import type { SystemFacts } from "../../constructs/shared/observability/system";
import { DIAGRAMS } from "../diagram-files";
import { headingAnchor, prose, table } from "../markdown";
import type { Runbook, RunbookAlarm, RunbookPage } from "./collect";
import { agree, describeMembers, type Instance } from "./generalize";
import { quotePlaceholders } from "./quote";

/** Name of the index. */
export const INDEX = "README.md";

/** The command that writes the runbook. */
export const RUNBOOK_COMMAND = "npx opsdx runbook";

const SEVERITIES: readonly (readonly [severity: Severity, meaning: string])[] = [
  ["page", "someone is woken up"],
  ["ticket", "someone looks at it on the next working day"],
];

const SECTIONS = [
  ["status", "Status"],
  ["logs", "Logs"],
  ["metrics", "Metrics"],
  ["launch", "Launch"],
  ["stop", "Stop"],
] as const satisfies readonly (readonly [keyof SystemFacts, string])[];

/** The diagrams' folder as the runbook's pages see it. */
const DIAGRAM_FOLDER = DIAGRAMS.folder.replace(/^docs/, "..");

/** The runbook's files, text by name: the same tree gives the same bytes. */
export function renderRunbook(runbook: Runbook): ReadonlyMap<string, string> {
  const files = runbook.pages.map((page) => [`${page.name}.md`, renderPage(page, runbook)] as const);
  return new Map([[INDEX, renderIndex(runbook)], ...files]);
}

function document(blocks: readonly string[]): string {
  const text = `${blocks.join("\n\n")}\n`;
  const anchors = headingAnchors(text);
  const twice = anchors.find((anchor, index) => anchors.indexOf(anchor) !== index);
  if (twice !== undefined) throw new Error(`${blocks[0] ?? ""}: headings must be unique, got two for #${twice}`);
  return text;
}

/** Anchors of a page's headings, in order. */
export function headingAnchors(text: string): string[] {
  const withoutCode = text.replace(/^ *(?:(?:-|\d+\.) )?```\w+$[^]*?^ *```$/gm, "");
  return [...withoutCode.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => headingAnchor(heading));
}

function renderIndex({ pages, regions, repository, subscribers }: Runbook): string {
  const stages = [...new Set(pages.map(({ stage }) => stage))];
  return document([
    "# Runbook",
    `Written by \`${RUNBOOK_COMMAND}\` from the construct tree; do not edit.`,
    "**An alarm rang:** its description ends in the address of its entry. Otherwise look it up under [alarms](#alarms): its name is `opsdx-`, the environment, and what stands there.",
    `**Something else, or a wish:** the [form for support](https://github.com/${repository}/issues/new?template=support.yml). It takes no patient data.`,
    `Commands need credentials for the account that the alarm is in, and the region ${regions.map((region) => `\`${region}\``).join(", ")}; those that name a cluster also need its context in kubectl (page of the clusters, "Get a kubeconfig").`,
    `How everything hangs together: the [diagrams](${DIAGRAM_FOLDER}/README.md).`,
    "## Whom an alarm reaches",
    table(
      ["Severity", "Meaning", ...subscribers.map(({ environment }) => environment)],
      SEVERITIES.map(([severity, meaning]) => [
        severity,
        meaning,
        ...subscribers.map(({ addresses }) => addresses[severity].join(", ")),
      ]),
    ),
    "## Systems",
    ...stages.flatMap((stage) => [
      `### ${stage}`,
      table(
        ["Page", "Owner", "Environments", "Alarms"],
        pages
          .filter((page) => page.stage === stage)
          .map(({ kinds, name, systems, title }) => [
            `[${title}](${name}.md)`,
            one(systems, ({ owner }) => owner, "; "),
            environmentsOf(systems),
            String(kinds.reduce((sum, { alarms }) => sum + alarms.length, 0)),
          ]),
      ),
    ]),
    "## Alarms",
    table(
      ["Alarm", "Severity", "Page", "How many"],
      pages.flatMap(({ kinds, name, title }) =>
        kinds.map(({ alarms, kind }) => [
          `[${one(alarms, (alarm) => alarm.name, ", ")}](${name}.md#${kind})`,
          one(alarms, ({ severity }) => severity, "; "),
          title,
          String(alarms.length),
        ]),
      ),
    ),
    "## Placeholders",
    "In commands, what stands in angle brackets is filled in first, brackets included:",
    table(
      ["Placeholder", "Stands for"],
      Object.entries(PLACEHOLDERS).map(([name, meaning]) => [`\`<${name}>\``, meaning]),
    ),
  ]);
}

function renderPage(page: RunbookPage, { subscribers }: Runbook): string {
  const { kinds, systems, title } = page;
  return document([
    `# ${title}`,
    `Written by \`${RUNBOOK_COMMAND}\`; do not edit. All systems and alarms, and what stands in angle brackets: the [index](${INDEX}).`,
    `Owner: ${prose(one(systems, ({ owner }) => owner, "; "))}. In: ${environmentsOf(systems)}.`,
    ...labelled(systems, ({ purpose }) => purpose, prose),
    `Diagram: [its parts, and what they have to do with others](${DIAGRAM_FOLDER}/${DIAGRAMS.systems}/${page.name}.md).`,
    ...(kinds.length === 0 ? [] : ["## Alarms", ...kinds.flatMap((kind) => alarmEntry(kind, subscribers))]),
    ...SECTIONS.flatMap(([field, heading]) => [
      `## ${heading}`,
      ...labelled(
        systems,
        (facts) => facts[field],
        (steps) => list(steps, "bullets"),
      ),
    ]),
    ...procedures(systems),
  ]);
}

function procedures(systems: readonly Instance<SystemFacts>[]): string[] {
  const titles = [...new Set(systems.flatMap(({ facts }) => (facts.procedures ?? []).map(({ title }) => title)))];
  if (titles.length === 0) return [];
  return [
    "## Procedures",
    ...titles.flatMap((title) => [
      `### ${title}`,
      ...labelled(
        systems.filter(({ facts }) => stepsOf(facts, title).length > 0),
        (facts) => stepsOf(facts, title),
        (steps) => list(steps, "numbers"),
        systems,
      ),
    ]),
  ];
}

function stepsOf({ procedures: known = [] }: SystemFacts, title: string): readonly Step[] {
  return known.find((procedure) => procedure.title === title)?.steps ?? [];
}

function alarmEntry({ alarms, kind }: RunbookAlarm, subscribers: Runbook["subscribers"]): string[] {
  const severities = [...new Set(alarms.map(({ facts }) => facts.severity))];
  return [
    `### ${kind}`,
    ...labelled(alarms, ({ intent }) => intent, prose),
    table(
      ["Alarm", "Environments", "Severity", "Fires when"],
      rowsOf(alarms).map((row) => [
        `\`${one(row, ({ name }) => name, ", ")}\``,
        environmentsOf(row),
        one(row, ({ severity }) => severity, "\n"),
        one(row, ({ condition }) => condition, "\n"),
      ]),
    ),
    ...severities.map(
      (severity) => `${severity === "page" ? "Pages" : "Writes to"} ${reached(alarms, severity, subscribers)}.`,
    ),
    ...labelled(
      alarms,
      ({ steps }) => steps,
      (steps) => list(steps, "numbers"),
    ),
  ];
}

/** Whom the alarms of a severity reach; per environment where that differs. */
function reached(alarms: RunbookAlarm["alarms"], severity: Severity, subscribers: Runbook["subscribers"]): string {
  const environments = new Set(
    alarms.filter(({ facts }) => facts.severity === severity).map(({ bindings }) => bindings["env"]),
  );
  const concerned = subscribers
    .filter(({ environment }) => environments.has(environment))
    .map(({ addresses, environment }) => ({ bindings: { env: environment }, facts: addresses[severity].join(", ") }));
  return one(concerned, (addresses) => addresses, "; ");
}

/** One row for the alarms that differ by environment only. */
function rowsOf(alarms: RunbookAlarm["alarms"]): readonly RunbookAlarm["alarms"][] {
  const rows = new Map<string, RunbookAlarm["alarms"]>();
  for (const alarm of alarms) {
    const own = Object.entries(alarm.bindings).filter(([name]) => name !== "account" && name !== "env");
    const key = JSON.stringify(own);
    rows.set(key, [...(rows.get(key) ?? []), alarm]);
  }
  return [...rows.values()];
}

function environmentsOf(instances: readonly Instance<unknown>[]): string {
  return [...new Set(instances.map(({ bindings }) => bindings["env"]))].join(", ");
}

/** A short text that the instances agree on, or each group's with whom it is for. */
function one<T>(instances: readonly Instance<T>[], value: (facts: T) => string, separator: string): string {
  const groups = agree(instances, value);
  return groups
    .map(({ members, value: text }) => (groups.length === 1 ? text : `${describeMembers(members, instances)}: ${text}`))
    .join(separator);
}

/** What the instances say: one text without a label if they agree, else one per group. */
function labelled<T, V>(
  instances: readonly Instance<T>[],
  value: (facts: T) => V,
  write: (value: V) => string,
  all: readonly Instance<unknown>[] = instances,
): string[] {
  const groups = agree(instances, value);
  return groups.map(({ members, value: agreed }) =>
    members.length === all.length ? write(agreed) : `**${describeMembers(members, all)}:**\n\n${write(agreed)}`,
  );
}

function list(steps: readonly Step[], kind: "bullets" | "numbers"): string {
  return steps
    .map((step, index) => {
      const bullet = kind === "bullets" ? "-" : `${index + 1}.`;
      const indent = " ".repeat(bullet.length + 1);
      const lines = partsOf(step).flatMap((part) => (typeof part === "string" ? [prose(part)] : block(part)));
      return `${bullet} ${lines.join(`\n${indent}`)}`;
    })
    .join("\n");
}

const FENCES = { sh: "sh", sql: "sql", query: "text" } as const;

/** A command that can be copied as it stands. */
function block({ command, language }: Command): string[] {
  const text = language === "sh" ? quotePlaceholders(command) : command;
  return [`\`\`\`${FENCES[language]}`, ...text.split("\n"), "```"];
}
