import { written } from "../shown-value";

/** Keeps GitHub from reading a name as a person, a number as an issue, or a text as a link. It takes no room. */
const GAP = "\u200b";

/** What Markdown or GitHub would read as markup, anywhere in a line. */
const MARKUP = /[\\`*_[\]<>&|~$]/g;
/** What would begin a block if a line, or an item of a list, began with it. */
const BLOCK_START = /^(?=[#+=-])|^(\d+)(?=[.)])/;

/** Text of somebody else in a line of Markdown: it can be no markup, no mention, no reference and no link. */
export function prose(text: string): string {
  return defused(written(text.replace(/\s+/g, " ").trim()))
    .replace(MARKUP, (character) => (character === "\\" || character === "|" ? entity(character) : `\\${character}`))
    .replace(BLOCK_START, (_, digits?: string) => (digits === undefined ? "\\" : `${digits}\\`));
}

/** Text of somebody else inside HTML, where Markdown is not read. */
export function html(text: string): string {
  return defused(written(text)).replace(/[<>&"'`]/g, entity);
}

/** A code span that nothing in it ends; GitHub reads no mention in it. Not for cells of a table. */
export function code(text: string): string {
  const inner = written(text);
  if (inner.trim() === "") return `\`"${inner}"\``;
  const fence = "`".repeat(longestRun(inner) + 1);
  const room = /^`|`$|^ .* $/.test(inner) ? " " : "";
  return `${fence}${room}${inner}${room}${fence}`;
}

/** Lines as a block of code, which nothing in them ends. */
export function codeBlock(lines: readonly string[], language: string, indent = ""): string {
  const safe = lines.map(written);
  const fence = "`".repeat(Math.max(3, ...safe.map((line) => longestRun(line) + 1)));
  return [`${fence}${language}`, ...safe, fence].map((line) => `${indent}${line}`).join("\n");
}

/** A link to a page of the web; the label alone where the address is none. */
export function link(label: string, address: string | undefined): string {
  if (address === undefined || !/^https?:\/\//.test(address)) return prose(label);
  return `[${prose(label)}](${address.replace(/[^\w\-.~:/?#@!$&*+,;=%]/gu, encodeURIComponent).replace(/[()]/g, percent)})`;
}

function defused(text: string): string {
  return text
    .replace(/@/g, `@${GAP}`)
    .replace(/#(?=\d)/g, `#${GAP}`)
    .replace(/\bGH-(?=\d)/gi, `GH${GAP}-`)
    .replace(/:\/\//g, `:${GAP}//`)
    .replace(/\bwww\./gi, (found) => `${found.slice(0, -1)}${GAP}.`);
}

function entity(character: string): string {
  return `&#${character.codePointAt(0) ?? 0};`;
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}
