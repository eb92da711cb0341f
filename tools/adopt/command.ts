import path from "node:path";
import { Command } from "commander";
import pc from "picocolors";
import { EXIT_CODES } from "../../config/explained-error";
import { loadConfig, type Config } from "../../config/load";
import { configFile, GLOBAL, stackOwner } from "../../config/names";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram, stackNames, synthesize } from "../../stacks/program";
import { GROUPS } from "../command-groups";
import { PROJECT_ROOT } from "../files";
import { deployCommand } from "../next-step";
import { counted } from "../plan/report/words";
import { written } from "../plan/shown-value";
import { CliAccount } from "../preflight/account";
import type { Workplace } from "../preflight/planned";
import { Children } from "../terraform/children";
import { assertKnown } from "../terraform/manifest";
import { accountOf, adopt, type Adoption } from "./adopt";
import type { Judgement } from "./judge";

const HELP = `
Examples:
  AWS_PROFILE=opsdx-dev npx opsdx adopt dev-stage1
  AWS_PROFILE=opsdx-global npx opsdx adopt global --json

For an account in which the old system, or an earlier life of this one, has left things under the names that a stack declares: buckets, log
groups, databases, zones, trails, keys by their aliases, and the rest that preflight knows, in every account that the stack works in. Looks
them up, plans with an import block for each on a copy of the state, and writes the blocks beside the synthesized stack, where the next deploy
takes them over. Imports nothing. What has a name and is not looked for is printed, by type.

What AWS cannot change in place would be destroyed and made anew: then nothing is written, and each is named with the argument, what is
there and what is declared (exit code 2). Exit code 1 when something is kept shorter or protected less from the deploy on, when a role keeps
rights that nothing declares, or when a question was not answered: the blocks are written, and what to look at is named.`;

/** Settings of {@link adoptCommand}. */
export interface AdoptCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** The whole environment of what is started. @default - this process' */
  readonly env?: NodeJS.ProcessEnv;
  /** Builds the program. @default - the project's */
  readonly build?: typeof buildProgram;
  /** Writes it. @default - as `npx cdktf synth` does, policy checked */
  readonly write?: typeof synthesize;
  /** Folder that `cdktf.out` stands in. @default - the project's */
  readonly root?: string;
}

/** `opsdx adopt`: import blocks for what an account holds already of a stack. */
export function adoptCommand(props: AdoptCommandProps = {}): Command {
  const { build = buildProgram, env = process.env, load = loadConfig, root = PROJECT_ROOT, write = synthesize } = props;
  return new Command("adopt")
    .helpGroup(GROUPS.build)
    .description("write import blocks for what an account holds already of a stack, and show that nothing is destroyed")
    .argument("<stack>", "the stack, for example dev-stage1")
    .option("--json", "print what was found as JSON")
    .addHelpText("after", HELP)
    .action(async (stack: string, { json = false }: { readonly json?: boolean }) => {
      const config = load();
      assertKnown(stackNames(config), [stack]);
      const owner = stackOwner(stack);
      const { id, region } = accountOf(config, stack);
      // The sandbox has a profile for each account.
      const sandbox = deploymentFor(config.global, env).kind === "sandbox";
      const account = new CliAccount(id, region, sandbox ? { ...env, AWS_PROFILE: owner } : env);
      const children = new Children();
      const ownerOf = (accountId: string): string =>
        config.environments.find(({ account: { id: its } }) => its === accountId)?.name ?? GLOBAL;
      const other = async ({ id: its, region: at, roleArn }: Workplace): Promise<CliAccount> =>
        roleArn === undefined
          ? new CliAccount(its, at, { ...env, AWS_PROFILE: ownerOf(its) })
          : account.inRole(roleArn, at);
      const say = (line: string): void => void process.stderr.write(`${pc.dim(line)}\n`);
      await account.assertSignedIn(configFile(owner));
      const adoption = await children.forwarding(
        () => say("Stopping: nothing was changed."),
        () => adopt({ config, stack, account, other, env, children, build, write, root, say }),
      );
      console.log(json ? JSON.stringify(adoption, undefined, 2) : adoptionText(stack, id, adoption, env));
      const { disarmed = [], notPlanned = [], rights = [] } = adoption.judgement ?? {};
      const unplanned = notPlanned.filter(({ fails = false }) => fails);
      const open = adoption.unanswered.length + disarmed.length + rights.length + unplanned.length;
      if (open > 0) process.exitCode = EXIT_CODES.failed;
    });
}

/** What a person reads of it. */
export function adoptionText(
  stack: string,
  accountId: string,
  { file, judgement, notSought, strangers, unanswered }: Adoption,
  env: NodeJS.ProcessEnv = process.env,
): string {
  const lines = [
    ...(judgement === undefined
      ? [
          unanswered.length === 0
            ? `Account ${accountId} holds nothing that ${stack} declares and its state lacks, as far as it was looked for: there is nothing to adopt.`
            : `Nothing found in account ${accountId} that ${stack} declares and its state lacks; ${counted(unanswered.length, "question")} unanswered.`,
        ]
      : foundLines(stack, accountId, judgement)),
    ...(strangers.length === 0 ? [] : ["", "Called like ours, declared by no stack, and left alone:"]),
    ...strangers.map(
      ({ name, nearest, type }) =>
        `  ${type} ${name}${nearest === undefined ? "" : ` (the nearest that is declared: ${nearest})`}`,
    ),
    ...notSoughtLines(notSought),
    ...unanswered.map((message) => `Not answered, so nothing of it is adopted: ${message}`),
    ...(judgement === undefined
      ? []
      : [
          "",
          `Wrote ${path.relative(process.cwd(), file)}. Nothing is imported yet: the deploy from this folder does it, and asks before: ${deployCommand(stack, env)}`,
        ]),
  ];
  return lines.map((line) => written(line)).join("\n");
}

function foundLines(
  stack: string,
  accountId: string,
  { adopted, changed, disarmed, made, notPlanned, rights }: Judgement,
): readonly string[] {
  const changing = adopted.filter(({ changes }) => changes.length > 0).length;
  return [
    `There already in account ${accountId}, or another that ${stack} works in: ${counted(adopted.length, "thing")} that it declares:`,
    ...adopted.flatMap(({ changes, id, to }) => [
      `  import ${to} (${id})${changes.length === 0 ? ": as it is" : ", which then changes in place:"}`,
      ...changes.map((change) => `    ${change}`),
    ]),
    `Plan: ${adopted.length} to import, of which ${changing} change in place; ${made} to make, ${changed} others to change; 0 to destroy.`,
    ...notPlanned.flatMap(({ next, reason, what }) => [
      `Not planned: ${what}: ${reason}`,
      ...(next === undefined ? [] : [`  ${next}`]),
    ]),
    ...(disarmed.length === 0 ? [] : ["", "Kept shorter or protected less from the deploy on; look at each before:"]),
    ...disarmed.flatMap(({ address, because, lost }) => [
      `  ${address} (${lost})`,
      ...because.map((why) => `    ${why}`),
    ]),
    ...(rights.length === 0
      ? []
      : ["", "Rights that a role has, nothing declares, and no deploy takes off it; declare each, or take it off:"]),
    ...rights.flatMap(({ address, attached, inline, role }) => [
      `  ${address} (${role})`,
      ...attached.map((arn) => `    aws iam detach-role-policy --role-name '${role}' --policy-arn ${arn}`),
      ...inline.map((name) => `    aws iam delete-role-policy --role-name '${role}' --policy-name '${name}'`),
    ]),
  ];
}

function notSoughtLines(counts: Adoption["notSought"]): readonly string[] {
  const told = Object.entries(counts).map(([type, count]) => `${type} (${count})`);
  if (told.length === 0) return [];
  return [
    "",
    "Not looked for, though it has names: where one is there already, the deploy fails at it or writes it over:",
    `  ${told.join(", ")}`,
  ];
}
