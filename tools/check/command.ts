import { existsSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import pc from "picocolors";
import { ExplainedError } from "../../config/explained-error";
import { ConfigError, loadConfig, type Config } from "../../config/load";
import { PolicyError } from "../../constructs/shared/policy/policy";
import type { BaseStack } from "../../stacks/base-stack";
import { deploymentFor, PROJECT_LOCK } from "../../stacks/deployment";
import { buildProgram } from "../../stacks/program";
import { modelsOf } from "../../stacks/models";
import { lockNotice, readProviderLock } from "../../stacks/provider-lock";
import { PAYLOAD_ROOT } from "../../stacks/stage2-stack";
import {
  addressChanges,
  addressFaults,
  movedAddresses,
  PINNED_ADDRESSES,
  statefulAddresses,
  type Addresses,
} from "../../stacks/stateful-addresses";
import { GROUPS } from "../command-groups";
import { DRILLS_PAGE, drillsPage } from "../drill/pages";
import { renderProblems } from "../config/problems";
import { writeOrCheckDiagrams } from "../diagram/command";
import { renderDiagrams } from "../diagram/pages";
import { DIAGRAMS } from "../diagram-files";
import { PROJECT_ROOT } from "../files";
import { writeOrCheck } from "../generated-file";
import { clusterStatuses } from "../kops/status";
import { POLICY_PAGE } from "../policy/command";
import { openFindings, policyPage, policyReport } from "../policy/report";
import { collectRunbook } from "../runbook/collect";
import { RUNBOOK, writeOrCheckRunbook } from "../runbook/command";
import { renderRunbook } from "../runbook/render";
import { Children } from "../terraform/children";
import { CHECKOV, CHECKOV_VERSION, runCheckov, type CheckovFinding } from "./checkov";
import { installed, type InstalledProps } from "../installation";
import { BASELINE, findPlans, judge, writeBaseline, type JudgedFinding } from "./plans";
import { wikiPage } from "../wiki/command";
import { WIKI_FILE } from "../wiki/read";
import { WIKI_PAGE } from "../wiki/render";
import { lintWorkflows, type WorkflowFindings } from "./workflows";

/** Settings of {@link checkCommand}. */
export interface CheckCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Folder that the generated pages stand in. @default - the project's */
  readonly root?: string;
  /** Folder of the boot payloads. @default - `kops` in the project */
  readonly payloadRoot?: string;
  /** Builds the stacks of a configuration. @default - the program as it is in the cloud */
  readonly build?: (config: Config) => readonly BaseStack[];
  /** Addresses of what must not be lost. @default - those of stacks/stateful-addresses.json */
  readonly pinned?: Addresses;
  /** The lock file of providers. @default - the project's */
  readonly providerLock?: string;
  /** The environment that other programs are found in. @default - this process' */
  readonly env?: NodeJS.ProcessEnv;
}

/** `opsdx check`: everything that needs no account, all faults of all checks at once. */
export function checkCommand(props: CheckCommandProps = {}): Command {
  const { load = loadConfig, root, payloadRoot = PAYLOAD_ROOT, build = inCloud, pinned = PINNED_ADDRESSES } = props;
  const { providerLock = PROJECT_LOCK, env = process.env } = props;
  return new Command("check")
    .helpGroup(GROUPS.look)
    .description("check all that needs no account: config, policy, and that what is generated is current")
    .option(
      "--plans <folder>",
      "check the plans in it with checkov, too: <stack>.json, as `terraform show -json` prints",
    )
    .option("--workflows", "install what reads the workflows of GitHub Actions, where it is not there")
    .addHelpText("after", HELP)
    .action(async (options: { readonly plans?: string; readonly workflows?: true }) => {
      const passed: boolean[] = [];
      /** One check: it says its faults itself. */
      const check = (what: string, holds: () => boolean): void => {
        const ok = holds();
        console.log(ok ? pc.green(`ok     ${what}`) : pc.red(`fault  ${what}`));
        passed.push(ok);
      };
      const project = root ?? PROJECT_ROOT;
      const linted =
        options.workflows === true
          ? await installing(env, (install) => lintWorkflows(project, env, install))
          : await lintWorkflows(project, env);
      let config: Config | undefined;
      check("configuration", () => {
        config = loaded(load);
        return config !== undefined;
      });
      for (const line of linted.skipped) console.log(pc.dim(`       ${line}`));
      if (linted.ran.length > 0) check(`workflows (.github/): ${linted.ran.join(", ")}`, () => tellLinted(linted));
      const plans = options.plans === undefined ? undefined : path.resolve(options.plans);
      const planned = config === undefined || plans === undefined ? undefined : findPlans(plans, config);
      if (config !== undefined) await checkProgram(config, { root, payloadRoot, build, pinned, providerLock }, check);
      else console.log("The other checks need a valid configuration.");
      if (config !== undefined && plans !== undefined && planned !== undefined) {
        const judged = judge(config, planned, await checkov(plans, env));
        writeBaseline(plans, judged);
        check(`checkov ${CHECKOV_VERSION} on the plans in ${plans}`, () => tellOpen(judged));
      }
      const faults = passed.filter((ok) => !ok).length;
      console.log(faults === 0 ? pc.green("All checks hold.") : pc.red(`${faults} of ${passed.length} checks fail.`));
      if (faults > 0) process.exitCode = 1;
    });
}

/** What fails checkov's checks in some plans. */
async function checkov(plans: string, env: NodeJS.ProcessEnv): Promise<readonly CheckovFinding[]> {
  return installing(env, async (install) => {
    const program = await installed(CHECKOV, install);
    install.say("checking the plans with checkov…");
    return runCheckov(program, plans, env);
  });
}

/** Does work that may install programs; an interrupt ends it. */
async function installing<T>(env: NodeJS.ProcessEnv, work: (install: InstalledProps) => Promise<T>): Promise<T> {
  const children = new Children();
  const say = (line: string): void => console.log(pc.dim(`       ${line}`));
  return children.forwarding(
    () => console.error("Stopping."),
    () => work({ env, children, say }),
  );
}

/** Prints what is found in workflows. Returns whether that is nothing. */
function tellLinted({ found }: WorkflowFindings): boolean {
  for (const text of found) console.error(pc.red(text));
  if (found.length > 0) console.error("Mend each, or accept what zizmor finds with a reason in .github/zizmor.yml.");
  return found.length === 0;
}

/** Prints what nobody accepted. Returns whether there is none. */
function tellOpen(findings: readonly JudgedFinding[]): boolean {
  const open = findings.filter(({ accepted }) => accepted === undefined);
  for (const { stack, address, check, name } of open) console.error(pc.red(`${stack}: ${address}: ${check} (${name})`));
  if (open.length > 0) console.error(`Mend each, or accept it with a reason in ${ACCEPTED_FILE}.`);
  console.log(pc.dim(`       ${findings.length - open.length} findings accepted, ${open.length} open`));
  return open.length === 0;
}

/** Where a check of checkov is accepted. */
const ACCEPTED_FILE = "tools/check/checkov-accepted.ts";

const HELP = `
Workflows of GitHub Actions are read by actionlint and zizmor, each in one version, where they are on the PATH; --workflows installs them once
into the cache folder (Go, Python and the network).
With --plans: checkov is installed once into the cache folder (Python and the network). A finding is accepted where the program
acknowledges its own rule for the same, or in ${ACCEPTED_FILE}; the folder gets ${BASELINE},
with which checkov run by hand tells the same. \`npx opsdx sandbox up <stack> --plans <folder>\` makes plans without an account.`;

/** What counts is the cloud, wherever the command runs. */
function inCloud(config: Config): readonly BaseStack[] {
  return buildProgram(config, deploymentFor(config.global, {})).stacks;
}

async function checkProgram(
  config: Config,
  {
    root,
    payloadRoot,
    build,
    pinned,
    providerLock,
  }: Omit<Required<CheckCommandProps>, "load" | "root" | "env"> & { readonly root?: string },
  check: (what: string, holds: () => boolean) => void,
): Promise<void> {
  check("boot payloads of the clusters (kops/)", () => {
    const stale = config.environments.flatMap((environment) =>
      clusterStatuses(config, environment, payloadRoot)
        .filter(({ payload }) => payload === "stale" || payload === "damaged")
        .map(
          ({ cluster, damage, next = "" }) =>
            `${environment.name} ${cluster}: ${damage ?? `is stale: run \`${next}\` and commit the result`}`,
        ),
    );
    for (const line of stale) console.error(pc.red(line));
    return stale.length === 0;
  });
  check("the lock file of the providers", () => {
    const open = lockNotice(readProviderLock(providerLock));
    if (open === undefined) return true;
    // It can be made only where the registry or a mirror is reached: until then the exact versions hold by themselves.
    if (!existsSync(providerLock)) {
      console.log(pc.dim(`       ${open}`));
      return true;
    }
    console.error(pc.red(open));
    return false;
  });
  console.log(pc.dim("       building the program…"));
  let stacks: readonly BaseStack[] | undefined;
  check("the program builds", () => {
    stacks = explained(() => build(config));
    return stacks !== undefined;
  });
  if (stacks === undefined) {
    console.log("Policy and generated pages need the program.");
    return;
  }
  const built = stacks;
  const reports = policyReport(built);
  check("policy", () => {
    const open = openFindings(reports);
    if (open.length > 0) console.error(new PolicyError(open).message);
    return open.length === 0;
  });
  check("nothing that holds data, keys or addresses is lost", () => {
    const models = modelsOf(built).map(([, model]) => model);
    const faults = addressFaults(addressChanges(statefulAddresses(models), movedAddresses(models), pinned));
    for (const fault of faults) console.error(pc.red(fault));
    return faults.length === 0;
  });
  const environments = config.environments.map(({ name }) => name);
  check(`${POLICY_PAGE.file} is current`, () => {
    const text = explained(() => policyPage(reports, environments));
    return text !== undefined && writeOrCheck({ ...POLICY_PAGE, text, check: true, root });
  });
  check(`${RUNBOOK.folder} is current`, () => {
    const files = explained(() => renderRunbook(collectRunbook(config, built)));
    return files !== undefined && writeOrCheckRunbook(files, { check: true, root });
  });
  check(`${DRILLS_PAGE.file} is current`, () => {
    const text = explained(() => drillsPage(config, built, root ?? PROJECT_ROOT));
    return text !== undefined && writeOrCheck({ ...DRILLS_PAGE, text, check: true, root });
  });
  // It is of the project's own pages: another folder has none.
  if (existsSync(path.join(root ?? PROJECT_ROOT, WIKI_FILE))) {
    check(`${WIKI_PAGE.file} is current`, () => {
      const text = explained(() => wikiPage(root));
      return text !== undefined && writeOrCheck({ ...WIKI_PAGE, text, check: true, root });
    });
  }
  const drawn = await renderDiagrams(config, built);
  check(`${DIAGRAMS.folder} is current`, () => writeOrCheckDiagrams(drawn, { check: true, root }));
}

/** The configuration; a broken one is printed problem by problem. */
function loaded(load: () => Config): Config | undefined {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(renderProblems(error.problems));
    return undefined;
  }
}

/** What a part gives; what it refuses is printed, so that the next one is checked, too. */
function explained<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ExplainedError)) throw error;
    console.error(error.message);
    return undefined;
  }
}
