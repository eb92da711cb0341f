import path from "node:path";
import { Command } from "commander";
import pc from "picocolors";
import { RefusedError } from "../../config/explained-error";
import { loadConfig, type Config } from "../../config/load";
import { GROUPS } from "../command-groups";
import { whileLocked } from "../lock-file";
import { deployCommand } from "../next-step";
import { onTerminal } from "../prompt";
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
      const run =
        options.dryRun === true ? work() : whileLocked(`${directory}.lock`, "bootstrap", "the bootstrap", work);
      await run.catch(noRoom);
    });
}

/** @throws RefusedError in place of what is in the way before anything is changed */
function refuse(error: unknown): never {
  throw error instanceof BootstrapError ? new RefusedError(error.message, { cause: error }) : error;
}

/** @throws BootstrapError in place of the system's error when the disk is full */
function noRoom(error: unknown): never {
  const { code = "", path: file = "its files" } = error as NodeJS.ErrnoException;
  if (!["ENOSPC", "EDQUOT"].includes(code)) throw error;
  throw new BootstrapError(
    `There is no room left for ${file}. Make room and run the same command again: nothing is lost.`,
    { cause: error },
  );
}

async function bootstrapOnce(config: Config, directory: string, options: Options): Promise<void> {
  const children = new Children();
  const bootstrap = new Bootstrap({
    config,
    directory,
    env: process.env,
    children,
    say: (line) => console.log(pc.bold(`bootstrap: ${line}`)),
    print: (line) => console.log(line),
  });
  if (options.dryRun !== true) await children.forwarding(notice, () => bootstrap.endEarlierRuns());
  const left = await bootstrap.look().catch(refuse);
  if (left === "nothing") {
    console.log(pc.green(`Nothing to do: the state is in the bucket. Go on with \`${deployCommand("global")}\`.`));
    return;
  }
  console.log(["To do:", ...bootstrap.steps(left).map((step, index) => `  ${index + 1}. ${step}`)].join("\n"));
  if (options.dryRun === true) return;
  if (options.yes !== true && !(await confirmed(config))) {
    throw new RefusedError("Not confirmed; nothing was changed.");
  }
  await children.forwarding(notice, () => bootstrap.run(left));
  console.log(pc.green(`Done. Go on with \`${deployCommand("global")}\`: it makes the rest of the stack.`));
}

/** Tells the person what an interrupt does. */
function notice(interrupts: number): void {
  console.error(
    interrupts === 1
      ? "Interrupted: what Terraform is doing is done to its end first. Run the same command again to go on. Again stops Terraform, too."
      : interrupts === 2
        ? "Stopping Terraform: what it has asked for may be made all the same, and is found by the same command again. Again kills it."
        : "Killing Terraform.",
  );
}

async function confirmed({ global }: Config): Promise<boolean> {
  const { id, region } = global.account;
  return /^y(es)?$/i.test(await onTerminal(`Do this in account ${id} (${region})? [y/N] `, "--yes"));
}
