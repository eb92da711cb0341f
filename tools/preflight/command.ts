import { Command } from "commander";
import { EXIT_CODES, RefusedError } from "../../config/explained-error";
import { loadConfig, type Config } from "../../config/load";
import { configFile, GLOBAL, roleArn } from "../../config/names";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { deploymentFor } from "../../stacks/deployment";
import { unknownArgument } from "../command-error";
import { GROUPS } from "../command-groups";
import { asking, CliAccount, UnansweredError, type Account } from "./account";
import { CHECKS } from "./checks";
import { handshakeObstacles, pendingHandshake } from "./handshake";
import { obstaclesText, type Obstacle } from "./obstacle";
import { plannedResources, type Planned } from "./planned";

/** Settings of {@link preflightCommand}. */
export interface PreflightCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Environment of the AWS CLI. @default - this process' */
  readonly env?: NodeJS.ProcessEnv;
  /** What a deployment would make. @default - as the stacks and their state say */
  readonly plan?: typeof plannedResources;
}

const EXAMPLES = `
Examples:
  AWS_PROFILE=opsdx-global npx opsdx preflight global
  AWS_PROFILE=opsdx-dev npx opsdx preflight dev

Run it before the first plan. Asks the account, through the AWS CLI, only for what is there: names that are taken, what an account has once, quotas.
What the program will make comes from the stacks themselves; what their state holds already is no obstacle. For each obstacle it
prints the import block, the quota to raise, or what to rename. Exit code 1 if there is one, or if a question was not answered.`;

/** `opsdx preflight`: what of an account is in the way of its first deployment. */
export function preflightCommand(props: PreflightCommandProps = {}): Command {
  const { load = loadConfig, env = process.env, plan = plannedResources } = props;
  return new Command("preflight")
    .helpGroup(GROUPS.look)
    .description("ask an account what would make its first deployment fail; exit code 1 if anything would")
    .argument("<owner>", `environment, or ${GLOBAL}`)
    .addHelpText("after", EXAMPLES)
    .action(async (owner: string) => {
      const config = load();
      const { id, region } = accountOf(config, owner);
      // The sandbox has a profile for each account.
      const sandbox = deploymentFor(config.global, env).kind === "sandbox";
      const signedIn = new CliAccount(id, region, sandbox ? { ...env, AWS_PROFILE: owner } : env);
      await signedIn.assertSignedIn(configFile(owner));
      const account = asking(signedIn);
      const planned = await plan(config, owner, account, env).catch(unreadable);
      const { obstacles, unanswered } = await findObstacles(planned, account);
      if (owner === GLOBAL) await tryMemberRoles(config, account, obstacles, unanswered);
      const environment = config.environments.find(({ name }) => name === owner);
      if (environment !== undefined) await tryHandshake(environment, account, obstacles, unanswered);
      if (obstacles.length > 0) console.log(obstaclesText(obstacles));
      for (const { message } of unanswered) console.error(`Not answered: ${message}`);
      console.log(summary(planned, obstacles, unanswered));
      if (obstacles.length + unanswered.length > 0) process.exitCode = EXIT_CODES.failed;
    });
}

function accountOf({ global, environments }: Config, owner: string): { readonly id: string; readonly region: string } {
  if (owner === GLOBAL) return global.account;
  const names = environments.map(({ name }) => name);
  const found = environments.find(({ name }) => name === owner);
  if (found === undefined) throw unknownArgument("owner", owner, [GLOBAL, ...names]);
  return found.account;
}

function unreadable(error: unknown): never {
  if (!(error instanceof UnansweredError)) throw error;
  throw new RefusedError(
    `The stacks' state cannot be read, so what is there already cannot be told from what is in the way: ${error.message}`,
  );
}

/** Questions at a time: each is a process of its own. */
const LANES = 4;

/** What of the account is in the way of the resources, and what it did not answer. */
export async function findObstacles(
  planned: readonly Planned[],
  account: Account,
  checks = CHECKS,
): Promise<{ readonly obstacles: Obstacle[]; readonly unanswered: UnansweredError[] }> {
  const waiting = checks
    .map((check) => ({
      check,
      of: planned.filter(({ type }) => check.types.includes(type)),
    }))
    .filter(({ of }) => of.length > 0);
  const obstacles: Obstacle[] = [];
  const unanswered: UnansweredError[] = [];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        obstacles.push(...(await next.check.find(next.of, account)));
      } catch (error) {
        if (!(error instanceof UnansweredError)) throw error;
        unanswered.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const key = ({ stack, address = "", what }: Obstacle): string => [stack, address, what].join(" ");
  return { obstacles: obstacles.sort((a, b) => (key(a) < key(b) ? -1 : 1)), unanswered };
}

/** `global` works in the environments' accounts, too, as a role that by default trusts the management account only. */
async function tryMemberRoles(
  { environments, global }: Config,
  account: Account,
  obstacles: Obstacle[],
  unanswered: UnansweredError[],
): Promise<void> {
  const { role } = global.people.breakGlass;
  for (const { name, account: member } of environments) {
    const arn = roleArn(member.id, role);
    try {
      await account.ask(["sts", "assume-role", "--role-arn", arn, "--role-session-name", "preflight"]);
    } catch (error) {
      if (!(error instanceof UnansweredError)) throw error;
      if (/AccessDenied/.test(error.reason)) {
        obstacles.push({
          stack: GLOBAL,
          what: `you may not assume ${arn}, as whom global works in the account of ${name}`,
          advice: "npx opsdx people setup prints the trust that it needs",
        });
      } else unanswered.push(error);
    }
  }
}

/** What only a person can do: say that it is still to be done, or what it is in the way of. */
async function tryHandshake(
  environment: EnvironmentConfig,
  account: Account,
  obstacles: Obstacle[],
  unanswered: UnansweredError[],
): Promise<void> {
  const pending = pendingHandshake(environment);
  if (pending !== undefined) console.log(pending);
  try {
    obstacles.push(...(await handshakeObstacles(environment, account)));
  } catch (error) {
    if (!(error instanceof UnansweredError)) throw error;
    unanswered.push(error);
  }
}

function summary(planned: readonly Planned[], obstacles: readonly Obstacle[], unanswered: readonly Error[]): string {
  const stacks = [...new Set(planned.map(({ stack }) => stack))].join(", ");
  if (planned.length === 0)
    return "Everything that the program makes in this account is in its state: nothing to look for.";
  const rest = unanswered.length === 0 ? "" : `, ${unanswered.length} not answered`;
  return `${planned.length} resources of ${stacks} to be made: ${obstacles.length} in the way${rest}.`;
}
