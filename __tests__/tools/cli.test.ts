import { Command } from "commander";
import { buildCli, runCli } from "../../tools/cli";
import { CommandError } from "../../tools/command-error";

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

test("without a word, its help is what was asked for", async () => {
  const print = jest.spyOn(process.stdout, "write").mockReturnValue(true);
  const before = process.exitCode;
  await runCli([]);
  expect(process.exitCode).toBe(before);
  expect(print.mock.calls.flat().join("")).toContain("Usage: opsdx [options] [command]");
});

/** Every command of a tree that does something. */
function leaves(command: Command, words: readonly string[] = []): (readonly string[])[] {
  return command.commands.length === 0
    ? [words]
    : command.commands.flatMap((child) => leaves(child, [...words, child.name()]));
}

/** Makes every command of a tree throw instead of exiting, and print into the list. */
function captured(command: Command, output: string[]): Command {
  command.exitOverride().configureOutput({ writeErr: (text) => output.push(text) });
  for (const child of command.commands) captured(child, output);
  return command;
}

it.each(leaves(buildCli()).map((words) => [words.join(" ")]))(
  "%s: a refusal of its words ends with the way to its usage",
  async (words) => {
    const output: string[] = [];
    const run = captured(buildCli(), output).parseAsync([...words.split(" "), "--no-such-option"], { from: "user" });
    await expect(run).rejects.toThrow(/^error: /);
    expect(output.join("")).toMatch(/^error: .+\n\(add --help for the usage\)\n$/);
  },
);
