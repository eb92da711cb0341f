import path from "node:path";
import readline from "node:readline/promises";
import { Command } from "commander";
import pc from "picocolors";
import { loadConfig, type Config } from "../../config/load";
import { GROUPS } from "../command-groups";
import { whileLocked } from "../lock-file";
import { deployCommand } from "../next-step";
import { Children } from "../terraform/children";
import { Bootstrap } from "./bootstrap";
import { BootstrapError } from "./situation";

const EXAMPLES = `
Needs Terraform 1.10 or newer and credentials of the global account that may make a bucket and a key. Safe to repeat: it finds out
what an earlier run has done and goes on. Until the move is checked, the state also stays in .cache/bootstrap.

Against an emulator, set AWS_ENDPOINT_URL to an address with an IP (http://127.0.0.1:5000): the SDKs then put the bucket into the
path, not into the host name, and nothing else differs.`;

interface Options {
  readonly dryRun?: true;
  readonly yes?: true;
}

/** Settings of {@link bootstrapCommand}. */
export interface BootstrapCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Folder for the state until it has moved. @default - `.cache/bootstrap` in the project */
  readonly directory?: string;
}

/** `opsdx bootstrap`: makes the state bucket, and moves the state of the stack that declares it into it. */
export function bootstrapCommand(props: BootstrapCommandProps = {}): Command {
  const { load = loadConfig, directory = path.resolve(__dirname, "../../.cache/bootstrap") } = props;
  return new Command("bootstrap")
    .helpGroup(GROUPS.change)
    .description("make the Terraform state bucket, once per organization, and move the global stack's state into it")
    .option("--dry-run", "look, and print what would be done")
    .option("-y, --yes", "do not ask")
    .addHelpText("after", EXAMPLES)
    .action(async (options: Options) => {
      const work = () => bootstrapOnce(load(), directory, options);
      // A look changes nothing, not even a lock.
      await (options.dryRun === true ? work() : whileLocked(`${directory}.lock`, "bootstrap", "the bootstrap", work));
    });
}

async function bootstrapOnce(config: Config, directory: string, options: Options): Promise<void> {
  const children = new Children();
  const bootstrap = new Bootstrap({
    config,
    directory,
    env: process.env,
    children,
    say: (line) => console.log(pc.bold(`bootstrap: ${line}`)),
  });
  if (options.dryRun !== true) bootstrap.removeFinished();
  const left = await bootstrap.look();
  if (left === "nothing") {
    console.log(pc.green(`Nothing to do: the state is in the bucket. Go on with \`${deployCommand("global")}\`.`));
    return;
  }
  console.log(["To do:", ...bootstrap.steps(left).map((step, index) => `  ${index + 1}. ${step}`)].join("\n"));
  if (options.dryRun === true) return;
  if (options.yes !== true && !(await confirmed(config))) {
    throw new BootstrapError("Not confirmed; nothing was changed.");
  }
  await children.forwarding(
    () => console.error("Interrupted: waiting for Terraform to save its state. Run the same command again to go on."),
    () => bootstrap.run(left),
  );
  console.log(pc.green(`Done. Go on with \`${deployCommand("global")}\`: it makes the rest of the stack.`));
}

async function confirmed({ global }: Config): Promise<boolean> {
  if (!process.stdin.isTTY) throw new BootstrapError("There is no terminal to ask on: repeat with --yes.");
  const terminal = readline.createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(
      `Do this in account ${global.account.id} (${global.account.region})? [y/N] `,
    );
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
