import { Command } from "commander";
import { loadConfig, type Config } from "../../config/load";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram } from "../../stacks/program";
import { GROUPS } from "../command-groups";
import { writeOrCheck } from "../generated-file";
import { openFindings, policyPage, policyReport, terminalReport } from "./report";

/** The generated page, and the command that writes it. */
export const POLICY_PAGE = { file: "docs/policy.md", command: "npx opsdx policy report" } as const;

interface Options {
  readonly json?: true;
  readonly check?: true;
}

/** Settings of {@link policyCommand}. */
export interface PolicyCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Folder that `docs/policy.md` stands in. @default - the project's */
  readonly root?: string;
}

/** `opsdx policy`: what the policy rules say about the program, acknowledged findings included. */
export function policyCommand({ load = loadConfig, root }: PolicyCommandProps = {}): Command {
  const policy = new Command("policy").description("see what the policy rules say about every stack");
  policy
    .command("report")
    .helpGroup(GROUPS.build)
    .description("print every finding with its acknowledgement and write docs/policy.md; exit code 1 if one is open")
    .option("--json", "print JSON, write nothing")
    .option("--check", "write nothing; exit code 1 if docs/policy.md is out of date")
    .action(({ json, check }: Options) => {
      const config = load();
      // What counts is the cloud, wherever the command runs.
      const reports = policyReport(buildProgram(config, deploymentFor(config.global, {})).stacks);
      if (json === true) {
        console.log(JSON.stringify(reports, undefined, 2));
      } else {
        if (check !== true) console.log(terminalReport(reports));
        const environments = config.environments.map(({ name }) => name);
        const text = policyPage(reports, environments);
        if (!writeOrCheck({ ...POLICY_PAGE, text, check: check === true, root })) process.exitCode = 1;
      }
      if (openFindings(reports).length > 0) process.exitCode = 1;
    });
  return policy;
}
