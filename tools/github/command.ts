import { Command } from "commander";
import { RefusedError } from "../../config/explained-error";
import { githubRepository, type GithubRepository } from "../../config/github";
import { loadConfig, type Config } from "../../config/load";
import { GLOBAL } from "../../config/names";
import { CommandError } from "../command-error";
import { GROUPS } from "../command-groups";
import { deployCommand } from "../next-step";
import { commandLine, differences, readSubject, setArguments, writeSubject, type SubjectDifference } from "./subject";

/** Settings of {@link githubCommand}. */
export interface GithubCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Environment of `gh`. @default - this process' */
  readonly env?: NodeJS.ProcessEnv;
}

const EXAMPLES = `
Examples:
  npx opsdx github subject check
  npx opsdx github subject set --dry-run
  npx opsdx github subject set

The roles that GitHub Actions assumes trust one shape of a job's subject: repository, what the job runs for, and the workflow of main that
holds it. A repository sends that shape once it is set. Asks GitHub as the person that gh (https://cli.github.com) is signed in as.`;

/** `opsdx github`: what the repository on GitHub must be like for its workflows to sign in to AWS. */
export function githubCommand({ load = loadConfig, env = process.env }: GithubCommandProps = {}): Command {
  const github = new Command("github").description("the repository on GitHub, whose workflows sign in to AWS");
  const subject = github.command("subject").description("the subject by which AWS knows a workflow's job");
  subject
    .command("check")
    .helpGroup(GROUPS.look)
    .description("compare the subject that GitHub sends with what the roles trust; exit code 1 if they differ")
    .addHelpText("after", EXAMPLES)
    .action(async () => {
      const repository = githubRepository(load().global);
      const found = differences(repository, await readSubject(repository, env));
      console.log(found.length === 0 ? agreed(repository) : told(found));
      if (found.length > 0) process.exitCode = 1;
    });
  subject
    .command("set")
    .helpGroup(GROUPS.change)
    .description("make GitHub send the subject that the roles trust")
    .option("--dry-run", "print the call, ask GitHub nothing")
    .addHelpText("after", EXAMPLES)
    .action(async ({ dryRun }: { dryRun?: true }) => {
      const repository = githubRepository(load().global);
      if (dryRun === true) console.log(commandLine(setArguments(repository)));
      else await set(repository, env);
    });
  return github;
}

async function set(repository: GithubRepository, env: NodeJS.ProcessEnv): Promise<void> {
  const found = differences(repository, await readSubject(repository, env));
  const inConfig = found.filter(({ by }) => by === "config");
  if (inConfig.length > 0) {
    throw new RefusedError(
      `config/global.ts must name the repository as GitHub does. Nothing was changed.\n${told(inConfig)}`,
    );
  }
  if (found.length === 0) {
    console.log(agreed(repository));
    return;
  }
  console.log(told(found));
  await writeSubject(repository, env);
  const left = differences(repository, await readSubject(repository, env));
  if (left.length > 0) throw new CommandError(`GitHub took the change, and still differs:\n${told(left)}`);
  console.log(`Set. Jobs of ${repository.name} that start from now on send it.`);
}

function agreed({ name }: GithubRepository): string {
  return `${name} sends the subject that the roles trust.`;
}

function told(found: readonly SubjectDifference[]): string {
  return found
    .map(({ what, wanted, now, by }) =>
      by === "config"
        ? `config/global.ts: ${what} must be ${wanted}, got ${now}. Then: ${deployCommand(GLOBAL)}`
        : `GitHub: ${what} must be ${wanted}, got ${now}. Then: npx opsdx github subject set`,
    )
    .join("\n");
}
