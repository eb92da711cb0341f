import type { Command } from "commander";

/** What commands are for: the headings under which `--help` lists them, in this order. The README has the same words. */
export const GROUPS = {
  /** Shows or checks, and changes nothing. */
  look: "Look:",
  /** Changes what there is, as the configuration says. */
  change: "Change:",
  /** Makes the program or an ETL run. */
  run: "Run:",
  /** Mends what went wrong. */
  repair: "Repair:",
  /** Makes files that belong into version control. */
  build: "Build:",
} as const;

const ORDER: readonly string[] = Object.values(GROUPS);

/** Every command of a tree that does something. */
export function leaves(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

/** The words that lead to a command, without the program's name. */
export function wordsOf(command: Command): readonly string[] {
  return command.parent === null ? [] : [...wordsOf(command.parent), command.name()];
}

/** Makes the `--help` of a program list all that its commands do, with every word, by group. */
export function groupedHelp(program: Command): Command {
  return program.configureHelp({
    visibleCommands: (command) =>
      command.commands.flatMap(leaves).sort((a, b) => ORDER.indexOf(a.helpGroup()) - ORDER.indexOf(b.helpGroup())),
    subcommandTerm: (command) => {
      const places = command.registeredArguments.map((argument) => {
        const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
        return argument.required ? `<${name}>` : `[${name}]`;
      });
      return [...wordsOf(command), ...places].join(" ");
    },
    // In the order of what is listed; commander's own is that in which commands were added.
    groupItems: (_all, listed, groupOf) => {
      const groups = new Map<string, typeof listed>();
      for (const item of listed) groups.set(groupOf(item), [...(groups.get(groupOf(item)) ?? []), item]);
      return groups;
    },
  });
}
