/** A code span with its closing fence of the same length, or a character that would be read as markup. */
const SPAN_OR_MARKUP = /(`+)(?!`).+?(?<!`)\1(?!`)|[<*]/gs;

/** Escapes what Markdown would read as markup: `<env>` would vanish as an unknown tag. Code spans stay as they are. */
export function prose(text: string): string {
  return text.replace(SPAN_OR_MARKUP, (found, fence?: string) => (fence === undefined ? `\\${found}` : found));
}

/** A table; cells are prose. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const cell = (text: string): string => prose(text).replace(/\|/g, "\\|").replace(/\n/g, "<br>");
  return [line(head), line(head.map(() => "---")), ...rows.map((row) => line(row.map(cell)))].join("\n");
}

/** The environments of the program as one: `dev-stage1/Db` and `prod-stage1/Db` become `<env>-stage1/Db`. */
export function withoutEnvironment(text: string, environment: string): string {
  // A device file is no environment.
  const word = new RegExp(`(?<![A-Za-z0-9])${environment}(?![A-Za-z0-9])(?!/(?:null|stdin|stdout|stderr|fd)\\b)`, "g");
  return text.replace(word, "<env>");
}

/** The anchor that GitHub gives a heading. */
export function headingAnchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, "")
    .replaceAll(" ", "-");
}
