import { Command } from "commander";
import pc from "picocolors";
import { GROUPS } from "../command-groups";
import { writeWhole } from "../files";
import { table } from "../markdown";
import { Children } from "../terraform/children";
import type { StackDifference } from "./changed";
import { fileOf } from "./file-option";
import type { Comparison } from "./commits";
import { withPrograms } from "./programs";
import { codeBlock, html } from "./report/markdown-text";
import { counted } from "./report/words";

const HELP = `
Examples:
  npx opsdx changed                          since this branch left origin/main
  npx opsdx changed --base HEAD~1
  npx opsdx changed --markdown changed.md    for a pull request that may not see the cloud

Compares every byte that Terraform would read, and asks no account. Base is the commit at which the work tree left what --base names; it
is checked out beside the work tree, with its own packages when package-lock.json differs. What is not committed counts.`;

/** Settings of {@link changedCommand}. */
export interface ChangedCommandProps {
  /** The whole environment of what is started. @default - this process' */
  readonly env?: NodeJS.ProcessEnv;
  /** Folder of the checkout that is compared. @default - the project's */
  readonly root?: string;
}

/** `opsdx changed`: which stacks a change touches. */
export function changedCommand({ env = process.env, root }: ChangedCommandProps = {}): Command {
  return new Command("changed")
    .helpGroup(GROUPS.look)
    .description("compare the synthesized stacks with those of another commit: unchanged, changed, new or gone")
    .option("--base <ref>", "commit, branch or tag to compare with (default: origin/main)")
    .option("--markdown <file>", "write the difference there, for a pull request", fileOf)
    .addHelpText("after", HELP)
    .action(async ({ base, markdown }: { readonly base?: string; readonly markdown?: string }) => {
      const children = new Children();
      const say = (line: string): void => void process.stderr.write(`${pc.dim(line)}\n`);
      await children.forwarding(
        (interrupts) => say(interrupts === 1 ? "Stopping. Once more, and it stops at once." : "Stopping at once."),
        () =>
          withPrograms({ ref: base, root, env, children, say }, async ({ comparison, differences }) => {
            console.log(changedText(comparison, differences));
            if (markdown !== undefined) writeWhole(markdown, changedMarkdown(comparison, differences));
            return Promise.resolve();
          }),
      );
    });
}

/** The difference, for a terminal. */
export function changedText(comparison: Comparison, differences: readonly StackDifference[]): string {
  const width = Math.max(...differences.map(({ stack }) => stack.length));
  const paint = { unchanged: pc.dim, changed: pc.yellow, new: pc.green, gone: pc.red };
  return [
    ...differences.map((difference) =>
      [difference.stack.padEnd(width), paint[difference.change](difference.change), counts(difference)]
        .filter((part) => part !== "")
        .join("  "),
    ),
    summary(comparison, differences),
  ].join("\n");
}

/** The difference, for a pull request that may not see the cloud. */
export function changedMarkdown(comparison: Comparison, differences: readonly StackDifference[]): string {
  const touched = differences.filter(({ change }) => change !== "unchanged");
  const details = touched.flatMap(({ stack, added, removed, altered }) => {
    const lines = [
      ...removed.map((address) => `- ${address}`),
      ...added.map((address) => `+ ${address}`),
      ...altered.map((address) => `~ ${address}`),
    ];
    return lines.length === 0
      ? []
      : [`<details><summary>${html(stack)}</summary>\n\n${codeBlock(lines, "diff")}\n\n</details>`];
  });
  const overview = table(
    ["stack", "synthesized", "difference"],
    touched.map((difference) => [difference.stack, difference.change, counts(difference)]),
  );
  return `${[summary(comparison, differences), ...(touched.length === 0 ? [] : [overview, ...details])].join("\n\n")}\n`;
}

function counts({ added, altered, removed }: StackDifference): string {
  const parts = [
    [added.length, "added"],
    [altered.length, "altered"],
    [removed.length, "removed"],
  ] as const;
  return parts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`])).join(", ");
}

function summary({ base, ref, uncommitted }: Comparison, differences: readonly StackDifference[]): string {
  const touched = differences.filter(({ change }) => change !== "unchanged").length;
  const against = `compared with ${base.slice(0, 7)}, where this left ${ref}`;
  const open =
    uncommitted.length === 0
      ? ""
      : ` ${counted(uncommitted.length, "file")} of the work tree not committed: counted, too.`;
  const nothing = touched === 0 ? "; Terraform has nothing to plan" : "";
  return `${counted(differences.length, "stack")}, ${touched} changed (${against})${nothing}.${open}`;
}
