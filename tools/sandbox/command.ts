import path from "node:path";
import { Command } from "commander";
import { EXIT_CODES } from "../../config/explained-error";
import { closest, distance } from "fastest-levenshtein";
import { shellLines, withoutSandbox } from "./environment";
import { failureText, leftOutText, resultTable, succeeded } from "./report";
import { Sandbox, type SandboxRun, type UpOptions } from "./sandbox";
import { UsageError } from "../command-error";
import { GROUPS } from "../command-groups";
import { PROJECT_ROOT } from "../files";

/** The sandbox's folder: `OPSDX_SANDBOX`, which `env` exports, or `.sandbox` in the project. */
function sandboxOf(main?: string): Sandbox {
  const named = process.env["OPSDX_SANDBOX"] ?? "";
  return new Sandbox({ directory: named === "" ? path.join(PROJECT_ROOT, ".sandbox") : named, main });
}

function report({ results, causes, leftOut, interrupted = EXIT_CODES.failed }: SandboxRun): void {
  const parts = [leftOutText(leftOut), causes.join("\n"), failureText(results), resultTable(results)];
  console.log(parts.filter((part) => part !== "").join("\n\n"));
  if (!succeeded(results)) process.exitCode = interrupted;
}

const EXAMPLES = `
Examples:
  npm run sandbox                            the shared stack and every dev stage
  npx opsdx sandbox up prod-stage1          one stack, and what it depends on
  npx opsdx sandbox up dev-stage3 --cluster what runs on the clusters too, on a local control plane of each
  npx opsdx sandbox diff dev-stage1         what an apply would change now
  eval "$(npx opsdx sandbox env)"        then: aws ec2 describe-vpcs, npx cdktf diff dev-stage1 --skip-provider-lock
  npx opsdx sandbox destroy dev-stage1      remove a stack, and what depends on it
  npx opsdx sandbox reset                   stop the emulator and forget everything

The emulator keeps running between commands, because what it holds lives in its memory. Ctrl-C is safe: the stacks under way are
brought to their end; run the same command again to go on. A second Ctrl-C, or a kill, stops at once: then the same command starts
emulator and state afresh, and says so.`;

/** Settings of {@link sandboxCommand}. */
export interface SandboxCommandProps {
  /** The program that writes the stacks. @default - the project's `main.ts` */
  readonly main?: string;
}

/** `opsdx sandbox`: the whole program on an emulator, without an account. */
export function sandboxCommand({ main }: SandboxCommandProps = {}): Command {
  const sandbox = (): Sandbox => sandboxOf(main);
  const command = new Command("sandbox")
    .description("Run the program for real on an emulator of AWS, without an account (the same as `sandbox up`).")
    .addHelpText("after", EXAMPLES);
  command
    .command("up", { isDefault: true })
    .helpGroup(GROUPS.run)
    .description("apply stacks, and those they depend on, then check that a second plan is empty")
    .argument("[stacks...]", "stacks to apply (default: the shared stack and every dev stage)")
    .option(
      "--cluster",
      "apply what runs on clusters too, on local Kubernetes control planes; later commands go on with them",
    )
    .option(
      "--charts <folder>",
      "with --cluster: take charts, <chart>-<version>.tgz, from here instead of their repositories",
    )
    .option("--plans <folder>", "keep each second plan as <stack>.json in here, for `opsdx check --plans`")
    .action(async (stacks: string[], options: UpOptions) => {
      const verbs = command.commands.map((verb) => verb.name());
      for (const name of stacks) {
        const verb = closest(name, verbs);
        // Without a verb the words are stacks, so a mistyped verb arrives here.
        if (distance(name, verb) <= 2)
          throw new UsageError(`no stack is called "${name}"; did you mean \`sandbox ${verb}\`?`);
      }
      if (options.charts !== undefined && options.cluster !== true)
        throw new UsageError("--charts goes with --cluster");
      report(await sandbox().up(stacks, options));
    });
  command
    .command("diff")
    .helpGroup(GROUPS.look)
    .description("show what an apply would change")
    .argument("<stack>", "stack to plan")
    .action(async (stack: string) => {
      if (!(await sandbox().diff(stack))) process.exitCode = 1;
    });
  command
    .command("destroy")
    .helpGroup(GROUPS.change)
    .description("destroy stacks, and those that depend on them, in reverse order")
    .argument("[stacks...]", "stacks to destroy (default: all)")
    .action(async (stacks: string[]) => {
      const run = await sandbox().destroy(stacks);
      if (run.results.length === 0) console.log("Nothing to destroy.");
      else report(run);
    });
  command
    .command("reset")
    .helpGroup(GROUPS.repair)
    .description("stop the emulator and delete what the sandbox made")
    .action(async () => console.log((await sandbox().reset()) ? "The sandbox is gone." : "There is no sandbox."));
  command
    .command("env")
    .helpGroup(GROUPS.run)
    .description(
      'print the environment for other tools: eval "$(npx opsdx sandbox env)"; starts the emulator if need be',
    )
    .option("--unset", "print the way back: what makes the shell work on real accounts again")
    .action(async ({ unset }: { readonly unset?: boolean }) => {
      process.stdout.write(shellLines(unset === true ? withoutSandbox() : await sandbox().environment()));
    });
  command
    .command("status")
    .helpGroup(GROUPS.look)
    .description("show the emulator and what each stack holds")
    .action(async () => console.log((await sandbox().status()).join("\n")));
  return command;
}
