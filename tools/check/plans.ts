import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { closest } from "fastest-levenshtein";
import { RefusedError } from "../../config/explained-error";
import type { Config } from "../../config/load";
import { acknowledgementAt } from "../../constructs/shared/policy/policy";
import type { BaseStack } from "../../stacks/base-stack";
import { deploymentFor, type Deployment } from "../../stacks/deployment";
import { modelsOf } from "../../stacks/models";
import { buildProgram, stackNames } from "../../stacks/program";
import { readJson, writeWhole } from "../files";
import { CHECKOV_ACCEPTED } from "./checkov-accepted";
import type { CheckovFinding } from "./checkov";

/** checkov's own file of what is accepted: https://www.checkov.io/2.Basics/CLI%20Command%20Reference.html (`--baseline`). */
export const BASELINE = ".checkov.baseline";

/** A plan as `terraform show -json` prints it: what is read of it. */
interface Plan {
  readonly format_version?: string;
  readonly configuration?: {
    readonly provider_config?: Readonly<Record<string, { readonly expressions?: Readonly<Record<string, unknown>> }>>;
  };
}

/** A failed check, with why it is accepted. */
export interface JudgedFinding extends CheckovFinding {
  /** Why. @default - it is open */
  readonly accepted?: string;
}

/**
 * Finds the plans of a folder.
 * @returns the deployment that they are of: that of real accounts, or of a sandbox
 * @throws RefusedError naming every file that is no plan of a stack
 */
export function findPlans(folder: string, config: Config): Deployment {
  const stacks = stackNames(config);
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  const plans = files.map((file) => [file, readJson(path.join(folder, file)) as Plan | undefined] as const);
  const faults = [
    ...(files.length === 0 ? [`--plans must name a folder with <stack>.json, got ${folder}, which holds none`] : []),
    ...files
      .map((file) => path.basename(file, ".json"))
      .filter((name) => !stacks.includes(name))
      .map(
        (name) => `${folder}/${name}.json must be named after a stack; the nearest is ${closest(name, [...stacks])}`,
      ),
    ...plans
      .filter(([, plan]) => typeof plan?.format_version !== "string")
      .map(([file]) => `${folder}/${file} must hold what \`terraform show -json <plan>\` prints, and does not`),
  ];
  if (faults.length > 0) throw new RefusedError(faults.join("\n"));
  const sandboxed = plans.some(([, plan]) =>
    Object.values(plan?.configuration?.provider_config ?? {}).some(
      ({ expressions }) => expressions?.["endpoints"] !== undefined,
    ),
  );
  return sandboxed ? SANDBOX : deploymentFor(config.global, {});
}

/** Any sandbox: what it leaves unprotected is acknowledged there only. */
const SANDBOX: Deployment = {
  kind: "sandbox",
  stateDirectory: "state",
  emulator: { endpoint: "http://127.0.0.1:1", configFile: "config", credentialsFile: "credentials" },
};

/** Judges what checkov found by the acknowledgements of the program. */
export function judge(config: Config, deployment: Deployment, found: readonly CheckovFinding[]): JudgedFinding[] {
  const models = new Map(modelsOf(buildProgram(config, deployment).stacks).map((pair) => [pair[1].name, pair]));
  return found.map((finding) => {
    const [stack, model] = models.get(finding.stack) ?? [];
    const resource = model?.resources.find(({ address }) => address === finding.address);
    const { reason, rules = [], sandbox } = CHECKOV_ACCEPTED[finding.check] ?? {};
    const own = stack === undefined || resource === undefined ? undefined : acknowledged(rules, stack, resource.path);
    return { ...finding, accepted: reason ?? own ?? (deployment.kind === "sandbox" ? sandbox : undefined) };
  });
}

/** The reason of the first rule that is acknowledged on what stands at a path. */
function acknowledged(rules: readonly string[], stack: BaseStack, at: string): string | undefined {
  return rules.map((rule) => acknowledgementAt(stack, at, rule)?.reason).find((reason) => reason !== undefined);
}

/** What is accepted, as checkov's `--baseline` takes it, so that checkov run by hand tells what is open. */
export function writeBaseline(folder: string, findings: readonly JudgedFinding[]): void {
  const accepted = findings.filter((finding) => finding.accepted !== undefined);
  const stacks = [...new Set(accepted.map(({ stack }) => stack))];
  const failed = stacks.map((stack) => {
    const own = accepted.filter((finding) => finding.stack === stack);
    const addresses = [...new Set(own.map(({ address }) => address))];
    return {
      file: `/${stack}.json`,
      findings: addresses.map((resource) => ({
        resource,
        check_ids: own.filter(({ address }) => address === resource).map(({ check }) => check),
      })),
    };
  });
  writeWhole(path.join(folder, BASELINE), `${JSON.stringify({ failed_checks: failed }, undefined, 2)}\n`);
}
