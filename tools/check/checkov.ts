import path from "node:path";
import { ask } from "../ask";
import { CommandError } from "../command-error";
import { pythonProgram, type CachedProgram } from "../installation";

/** Version of checkov whose checks `checkov-accepted.ts` answers. */
export const CHECKOV_VERSION = "3.3.30";

/** A check of checkov that a resource fails. */
export interface CheckovFinding {
  /** The stack, which the plan's file is named after. */
  readonly stack: string;
  /** Address of the resource in Terraform. */
  readonly address: string;
  /** Id of the check, for example `CKV_AWS_144`. */
  readonly check: string;
  /** What the check asks for. */
  readonly name: string;
}

/** checkov, as the cache holds it. */
export const CHECKOV: CachedProgram = {
  name: "checkov",
  version: CHECKOV_VERSION,
  steps: pythonProgram([`checkov==${CHECKOV_VERSION}`]),
  takes: "half a minute",
  needs: "Python 3.9 or newer with venv",
};

/** How long checkov may take: 20 s on an idle machine for the plans of all stacks. */
const LIMIT_MS = 15 * 60_000;

/** A report: a list of them when the plans are of several kinds, and without results when there is nothing to check. */
interface Report {
  readonly results?: {
    readonly failed_checks: readonly {
      readonly check_id: string;
      readonly check_name: string;
      readonly file_path: string;
      readonly resource: string;
    }[];
    readonly parsing_errors: readonly string[];
  };
}

/**
 * Runs checkov over plans, without a network.
 *
 * @param program - path of checkov
 * @param folder - holds `<stack>.json`, each as `terraform show -json` prints a plan
 * @returns what fails, in the order of stacks and addresses
 * @throws CommandError when it fails itself, or cannot read a plan
 * @see https://www.checkov.io/7.Scan%20Examples/Terraform%20Plan%20Scanning.html
 */
export async function runCheckov(
  program: string,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<readonly CheckovFinding[]> {
  const args = ["--directory", folder, "--framework", "terraform_plan", "--output", "json", "--quiet", "--compact"];
  // By itself it would ask its maker's service for texts.
  const { exitCode, stdout, stderr } = await ask(program, [...args, "--soft-fail", "--skip-download"], {
    env: { ...env, BC_API_KEY: undefined, PYTHONWARNINGS: "ignore" },
    cwd: folder,
    limit: LIMIT_MS,
  });
  const reports = exitCode === 0 ? reportsIn(stdout) : undefined;
  if (reports === undefined) throw new CommandError(`checkov failed: ${(stderr || stdout).trim().slice(-2000)}`);
  const unread = reports.flatMap(({ results }) => results?.parsing_errors ?? []);
  if (unread.length > 0) throw new CommandError(`checkov cannot read ${unread.join(", ")}`);
  return reports
    .flatMap(({ results }) => results?.failed_checks ?? [])
    .map(({ check_id: check, check_name: name, file_path: file, resource: address }) => ({
      stack: path.basename(file, ".json"),
      address,
      check,
      name,
    }))
    .sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

const key = ({ stack, address, check }: CheckovFinding): string => `${stack} ${address} ${check}`;

function reportsIn(text: string): readonly Report[] | undefined {
  try {
    const reports = JSON.parse(text) as Report | readonly Report[];
    return Array.isArray(reports) ? (reports as readonly Report[]) : [reports as Report];
  } catch {
    return undefined;
  }
}
