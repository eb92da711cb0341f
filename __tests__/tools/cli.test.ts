import { readFileSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import { buildCli, runCli } from "../../tools/cli";
import { GROUPS, leaves, wordsOf } from "../../tools/command-groups";
import { CommandError } from "../../tools/command-error";
import { PROJECT_ROOT } from "../../tools/files";
import { environmentNames } from "../../config/files";

/** Runs a program that has one command, `fail`, and returns what it printed. */
async function printed(action: () => void): Promise<string> {
  const print = jest.spyOn(console, "error").mockReturnValue();
  const before = process.exitCode;
  try {
    const program = new Command();
    program.command("fail").action(action);
    await runCli(["fail"], program);
    expect(process.exitCode).toBe(1);
    return print.mock.calls.flat().join("\n");
  } finally {
    process.exitCode = before;
  }
}

describe("a command that fails", () => {
  it("prints an explained error without a trace", async () => {
    const text = await printed(() => {
      throw new CommandError('<env> must be one of dev, prod, got "deb"');
    });
    expect(text).toBe('<env> must be one of dev, prod, got "deb"');
  });

  it("names the place of a mistake in the program", async () => {
    const text = await printed(() => {
      throw new TypeError("planted");
    });
    expect(text).toContain("TypeError: planted");
    expect(text).toMatch(/cli\.test\.ts:\d+/);
  });
});

/** Makes every command of a tree throw instead of exiting, and print into the list. */
function captured(command: Command, output: string[]): Command {
  command.exitOverride().configureOutput({
    writeErr: (text) => output.push(text),
    writeOut: (text) => output.push(text),
    getOutHelpWidth: () => 200,
  });
  for (const child of command.commands) captured(child, output);
  return command;
}

const all = leaves(buildCli());
const names = all.map((command) => wordsOf(command).join(" "));

/** What a command line prints, on either stream, and its exit code. */
async function said(words: readonly string[]): Promise<{ text: string; code: number | string | undefined }> {
  const output: string[] = [];
  const print = jest.spyOn(console, "error").mockImplementation((line: string) => void output.push(`${line}\n`));
  const before = process.exitCode;
  try {
    process.exitCode = undefined;
    await runCli(words, captured(buildCli(), output));
    return { text: output.join(""), code: process.exitCode };
  } finally {
    process.exitCode = before;
    print.mockRestore();
  }
}

describe("the commands", () => {
  it("are all in the program's help, whole and by group", async () => {
    const { text, code } = await said([]);
    const listed = [...text.matchAll(/^(Look|Change|Run|Repair|Build):\n((?: {2}.*\n)+)/gm)].map(
      ([, group, lines = ""]) => [
        group,
        lines.split("\n").flatMap((line) => /^ {2}([a-z]+(?: [a-z]+)*)/.exec(line)?.[1] ?? []),
      ],
    );
    expect(code).toBeUndefined();
    expect(listed.map(([group]) => group)).toEqual(["Look", "Change", "Run", "Repair", "Build"]);
    expect(listed.flatMap(([, commands]) => commands).sort()).toEqual([...names].sort());
  });

  it("have a group each", () => {
    const groups: readonly string[] = Object.values(GROUPS);
    expect(all.filter((command) => !groups.includes(command.helpGroup())).map(wordsOf)).toEqual([]);
  });

  it("are in the README's table, in the same groups", () => {
    const readme = readFileSync(path.join(PROJECT_ROOT, "README.md"), "utf8");
    const rows = Object.values(GROUPS).map((group) => {
      const row = new RegExp(`^\\| _${group.slice(0, -1)}_ .*$`, "m").exec(readme)?.[0] ?? "";
      return [group, [...row.matchAll(/`([a-z ]+)`/g)].map(([, words]) => words).sort()];
    });
    const expected = Object.values(GROUPS).map((group) => [
      group,
      all
        .filter((command) => command.helpGroup() === group)
        .map((command) => wordsOf(command).join(" "))
        .sort(),
    ]);
    expect(rows).toEqual(expected);
  });

  it("take names by their place: an option that must be given is a bound of a range", () => {
    const needed = all.flatMap(({ options }) => options.filter(({ mandatory }) => mandatory).map(({ long }) => long));
    expect([...new Set(needed)]).toEqual(["--from", "--to"]);
    const inSecondPlace = all.filter(({ registeredArguments }) =>
      registeredArguments.slice(1).some((argument) => argument.name() === "env"),
    );
    expect(inSecondPlace.map(wordsOf)).toEqual([]);
  });
});

const groups = buildCli()
  .commands.filter(({ commands }) => commands.length > 0)
  .map((command) => command.name())
  // Alone it is `sandbox up`.
  .filter((name) => name !== "sandbox");

it.each(groups)("%s without a verb prints its help, as the program does", async (name) => {
  const { text, code } = await said([name]);
  expect(text).toMatch(new RegExp(`^Usage: opsdx ${name} `));
  expect(code).toBeUndefined();
});

it.each(groups)("%s with a verb that it does not have is refused, with the way to the usage", async (name) => {
  const output: string[] = [];
  const run = captured(buildCli(), output).parseAsync([name, "no-such-verb"], { from: "user" });
  await expect(run).rejects.toThrow(/^error: unknown command 'no-such-verb'/);
  expect(output.join("")).toBe("error: unknown command 'no-such-verb'\n(add --help for the usage)\n");
});

it.each(names)("%s: a refusal of its words ends with the way to its usage", async (name) => {
  const output: string[] = [];
  const run = captured(buildCli(), output).parseAsync([...name.split(" "), "--no-such-option"], { from: "user" });
  await expect(run).rejects.toThrow(/^error: /);
  expect(output.join("")).toMatch(/^error: .+\n\(add --help for the usage\)\n$/);
});

/** Words for the other places, and what an option must hold. */
const PLACES: Readonly<Record<string, string>> = {
  etl: "epic2op",
  cluster: "k8s",
  slot: "20260308-1415",
  service: "grafana",
  action: "create",
};
const RANGE = ["--from", "2026-03-01", "--to", "2026-03-02"];

const ofEnvironment = all.filter(({ registeredArguments: [first] }) => ["env", "name"].includes(first?.name() ?? ""));

it("most commands name an environment first", () => expect(ofEnvironment.length).toBeGreaterThanOrEqual(14));

it.each(ofEnvironment.map((command) => [wordsOf(command).join(" "), command] as const))(
  "%s: an environment that does not exist is refused with the nearest, and ends as any refusal",
  async (name, { registeredArguments: [, ...others], options }) => {
    const places = others.filter(({ required }) => required).map((argument) => PLACES[argument.name()] ?? "");
    const range = options.some(({ mandatory }) => mandatory) ? RANGE : [];
    const { text, code } = await said([...name.split(" "), "deb", ...places, ...range]);
    const known = environmentNames().join(", ");
    expect(text).toMatch(
      new RegExp(
        `^<(env|name)> must be one of (global, )?${known}, got "deb"; the nearest is "dev"\\n\\(add --help for the usage\\)\\n$`,
      ),
    );
    expect(code).toBe(2);
  },
);

it("one ETL at a time: `all` is refused where it has no place, and ends as any refusal", async () => {
  const { text, code } = await said(["etl", "launch", "dev", "all"]);
  expect(text).toBe(
    '<etl> must be one of epic2op, c2dw-daily, op2dw, c2dw, got "all": this command takes one at a time\n' +
      "(add --help for the usage)\n",
  );
  expect(code).toBe(2);
});
