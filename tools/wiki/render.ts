import { RefusedError } from "../../config/explained-error";
import { table } from "../markdown";
import { sectionOf, type Page } from "./pages";
import { WIKI_FILE, type Wiki } from "./read";

/** The generated page, and the command that writes it. */
export const WIKI_PAGE = { file: "docs/from-the-wiki.md", command: "npx opsdx wiki" } as const;

const KINDS = {
  asked: "said to be missing",
  blank: "a heading without a text",
  stub: "a word without a text",
  link: "a page of its own",
} as const;

/**
 * The page: every heading, command and open point of the old one, and where it stands today.
 * @param pages - pages below `docs/`, by name
 * @throws RefusedError naming each place that is not there, and each command that none of its pages has word for word
 */
export function renderWiki(wiki: Wiki, pages: (file: string) => Page | undefined): string {
  const faults = wikiFaults(wiki, pages);
  if (faults.length > 0) throw new RefusedError(`${WIKI_FILE} points at what is not there:\n${faults.join("\n")}`);
  const link = (place: string): string => linkTo(place, pages);
  const links = (places: readonly string[]): string => places.map(link).join("\n");
  const { commands, headings, modules, names, open, wrong } = wiki;
  const under = (line: number): string => headings.findLast((one) => one.line <= line)?.heading ?? "the top";
  return `${[
    "# From the wiki",
    `Written by \`${WIKI_PAGE.command}\` from [\`${WIKI_FILE.replace("docs/", "")}\`](${WIKI_FILE.replace("docs/", "")}); do not edit.`,
    `The old system had one operations page, a wiki. Whoever knows it finds here where each of it stands today: ${headings.length} headings, ${commands.length} commands (on ${wiki.counts.commandLines} lines), and ${open.length} points that were open in the wiki and have an answer. Numbers are lines of the wiki.`,
    "How an account of the old system is taken over: [Come from the old system](recipes/come-from-the-old-system.md).",
    "## Headings",
    table(
      ["Line", "In the wiki", "Today"],
      headings.map(({ at, heading, line }) => [`${line}`, heading, links(at)]),
    ),
    "## Commands",
    "Each command of today stands on the page that is named, with those around it.",
    table(
      ["Line", "In the wiki", "Today", "Where", "Why"],
      commands.map(({ at, lines, now, was, why }) => [
        lineRange(lines),
        code(was),
        now.map(code).join("\n"),
        links(at),
        why,
      ]),
    ),
    "## Open in the wiki",
    table(
      ["Line", "Under", "What was open", "Answer", "Where"],
      open.map(({ answer, at, kind, line, missing }) => [
        `${line}`,
        under(line),
        `${missing} (${KINDS[kind]})`,
        answer,
        link(at),
      ]),
    ),
    "## Names that people know",
    table(
      ["Name", "It is", "Today"],
      names.map(({ name, today = "the same", type }) => [code(name), code(type), today]),
    ),
    "## Modules and folders",
    "A module was a target of terragrunt. A construct is a part of a stack, which is deployed whole; `cdktf diff` shows its part by the start of the addresses.",
    table(
      ["In the wiki", "Stack", "Construct"],
      modules.map(({ construct, stack, was }) => [code(was), code(stack), code(construct)]),
    ),
    "## What was wrong in it",
    table(
      ["In the wiki", "Right"],
      wrong.map(({ right, was }) => [was, right]),
    ),
  ].join("\n\n")}\n`;
}

/** What is pointed at and is not there. */
export function wikiFaults({ commands, headings, open }: Wiki, pages: (file: string) => Page | undefined): string[] {
  const missing = (where: string, places: readonly string[]): string[] =>
    places.flatMap((place) => {
      const [file = "", anchor] = place.split("#");
      const page = pages(file);
      if (page === undefined) return [`  ${where}: must point at a page below docs/, got ${file}`];
      if (anchor === undefined || page.headings.has(anchor)) return [];
      return [`  ${where}: must point at a heading of ${file}, got #${anchor}`];
    });
  return [
    ...headings.flatMap(({ at, line }) => missing(`headings, line ${line}`, at)),
    ...open.flatMap(({ at, line }) => missing(`open, line ${line}`, [at])),
    ...commands.flatMap(({ at, lines, now }) => {
      const where = `commands, line ${lineRange(lines)}`;
      const texts = at.map((place) => {
        const [file = "", anchor] = place.split("#");
        const page = pages(file);
        return page === undefined ? "" : sectionOf(page, anchor);
      });
      return [
        ...missing(where, at),
        ...now
          .filter((command) => !texts.some((text) => text.includes(command)))
          .map((command) => `  ${where}: must be a command of ${at.join(" or ")}, word for word, got ${command}`),
      ];
    }),
  ];
}

/** Lines as people write them: those that follow each other as a range. */
function lineRange(lines: readonly number[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const line of lines) {
    const last = ranges.at(-1);
    if (last?.to === line - 1) last.to = line;
    else ranges.push({ from: line, to: line });
  }
  return ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}–${to}`)).join(", ");
}

function linkTo(place: string, pages: (file: string) => Page | undefined): string {
  const [file = "", anchor] = place.split("#");
  const page = pages(file);
  const heading = anchor === undefined ? undefined : page?.headings.get(anchor)?.replace(/ \(.*\)$/, "");
  return `[${[page?.title ?? file, ...(heading === undefined ? [] : [heading])].join(": ")}](${place})`;
}

/** A code span, whatever backquotes are in the text. */
function code(text: string): string {
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
}
