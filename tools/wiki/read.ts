import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { RefusedError } from "../../config/explained-error";

/** What the old operations page held, and where each of it stands today. */
export const WIKI_FILE = "docs/from-the-wiki/wiki.yaml";

const text = z.string().trim().min(1);
const line = z.int().min(1);
/** A page below `docs/`, or a heading of one by its anchor. */
const place = z.string().regex(/^[a-z0-9/-]+\.md(#[a-z0-9_-]+)?$|^[a-z0-9/-]*README\.md(#[a-z0-9_-]+)?$/, {
  error: "must be a page below docs/, with the anchor of a heading: runbook/db.md#launch",
});

const schema = z.strictObject({
  /** How much there is of each: the lists below must be as long. */
  counts: z.strictObject({ headings: line, commandLines: line, open: line }),
  /** Every heading, by its line, with the headings above it. */
  headings: z.array(z.strictObject({ line, heading: text, at: z.array(place).min(1) })),
  /** Every command, by its lines, as it was (shortened where it is long) and as it is. */
  commands: z.array(
    z.strictObject({
      lines: z.array(line).min(1),
      was: text,
      /** Word for word as one of the pages has them. */
      now: z.array(text).min(1),
      at: z.array(place).min(1),
      why: text,
    }),
  ),
  /** What the page itself called open, or left blank. */
  open: z.array(
    z.strictObject({
      line,
      /**
       * `asked`: it said that something is missing; `blank`: a heading without a text; `stub`: a word without a text; `link`: a page of its own,
       * which it only named.
       */
      kind: z.enum(["asked", "blank", "stub", "link"]),
      missing: text,
      answer: text,
      at: place,
    }),
  ),
  /** Names that people know, `<env>` for each environment, and the type of what has them. */
  names: z.array(z.strictObject({ name: text, type: text, today: text.optional() })),
  /** Modules and folders of the old Terraform, and the construct that each is now. */
  modules: z.array(z.strictObject({ was: text, stack: text, construct: text })),
  /** What was wrong in it. */
  wrong: z.array(z.strictObject({ was: text, right: text })),
});

/** The old page, read. */
export type Wiki = z.output<typeof schema>;

/**
 * Reads what is known of the old page.
 * @throws RefusedError naming each entry that is not as it must be, or a list that is shorter or longer than it is said to be
 */
export function readWiki(file: string): Wiki {
  const read = schema.safeParse(parse(readFileSync(file, "utf8")));
  if (!read.success) {
    const faults = read.error.issues.map((issue) => `  ${issue.path.map(String).join(".")}: ${issue.message}`);
    throw new RefusedError(`${WIKI_FILE} is not as it must be:\n${faults.join("\n")}`);
  }
  const { commands, counts, headings, open } = read.data;
  const found = {
    headings: headings.length,
    commandLines: commands.reduce((sum, { lines }) => sum + lines.length, 0),
    open: open.length,
  };
  const faults = (["headings", "commandLines", "open"] as const)
    .filter((name) => found[name] !== counts[name])
    .map((name) => `  counts.${name}: must be what the list holds, ${found[name]}, got ${counts[name]}`);
  if (faults.length > 0) throw new RefusedError(`${WIKI_FILE} is not as it must be:\n${faults.join("\n")}`);
  return read.data;
}
