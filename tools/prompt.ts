import readline from "node:readline/promises";
import { RefusedError } from "../config/explained-error";

/**
 * What a person answers on the terminal, without the blanks around it.
 * @param question - the text before the answer
 * @param instead - option that answers without a terminal, for example `--yes`
 * @throws RefusedError when there is no terminal
 */
export async function onTerminal(question: string, instead: string): Promise<string> {
  if (!process.stdin.isTTY) throw new RefusedError(`There is no terminal to ask on: repeat with ${instead}.`);
  const terminal = readline.createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await terminal.question(question)).trim();
  } finally {
    terminal.close();
  }
}
