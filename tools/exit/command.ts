import { Command } from "commander";
import pc from "picocolors";
import { GROUPS } from "../command-groups";
import { PROJECT_ROOT } from "../files";
import { Children } from "../terraform/children";
import { rehearseExit } from "./rehearsal";
import { EXIT_TARGET } from "./target";

const HELP = `
In a copy of the work tree, which is gone afterwards: package.json names ${EXIT_TARGET.packages["cdktf"] ?? ""} as cdktf, the packages are
installed (npm's registry; half a gigabyte on disk), types are checked, the program is synthesized, and each byte is compared
with what the present program writes. Then the unit tests run. Nothing here changes; Ctrl-C removes the copy.`;

interface Options {
  readonly skipTests?: boolean;
  readonly awsNext?: boolean;
}

/** Settings of {@link exitCommand}. */
export interface ExitCommandProps {
  /** The project's folder. @default - this one */
  readonly root?: string;
  /** The environment. @default - this one */
  readonly env?: NodeJS.ProcessEnv;
}

/** `opsdx exit`: the way from cdktf, which is archived, to cdktn. */
export function exitCommand({ root = PROJECT_ROOT, env = process.env }: ExitCommandProps = {}): Command {
  return new Command("exit").description("the way from cdktf, which is archived, to its fork cdktn").addCommand(
    new Command("rehearse")
      .helpGroup(GROUPS.look)
      .description("rehearse the exit from cdktf in a copy: types, synth, every byte compared, unit tests")
      .option("--skip-tests", "do not run the unit tests")
      .option(
        "--aws-next",
        `let the AWS provider ${EXIT_TARGET.awsProvider} read the stacks, where its registry is reached`,
      )
      .addHelpText("after", HELP)
      .action(async ({ awsNext = false, skipTests = false }: Options) => {
        const children = new Children();
        await children.forwarding(
          () => console.error("Stopping; the copy is removed."),
          () => rehearseExit({ root, env, children, say: tell, tests: !skipTests, awsNext }),
        );
        console.log(pc.green("The exit holds."));
      }),
  );
}

function tell(line: string): void {
  const paint = line.startsWith("ok ") ? pc.green : line.startsWith("skipped ") ? pc.yellow : pc.dim;
  console.log(paint(line));
}
