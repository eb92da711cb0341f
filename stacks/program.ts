import { writeFileSync } from "node:fs";
import path from "node:path";
import { RefusedError } from "../config/explained-error";
import type { Config } from "../config/load";
import { GLOBAL, STAGES, stackName } from "../config/names";
import { App } from "../constructs/shared/cdktf";
import { findings, PolicyError } from "../constructs/shared/policy/policy";
import { bundleFunction, bundleJob } from "../lambdas/bundle";
import type { BaseStack } from "./base-stack";
import type { Deployment } from "./deployment";
import { GlobalStack } from "./global-stack";
import { modelsOf } from "./models";
import { checkDrills } from "./drills";
import { factsFile, programFacts } from "./program-facts";
import { layProviderLocks, requiredProviders } from "./provider-lock";
import {
  addressChanges,
  addressFaults,
  movedAddresses,
  PINNED_ADDRESSES,
  statefulAddresses,
  type Addresses,
} from "./stateful-addresses";
import { Stage1Stack } from "./stage1-stack";
import { Stage2Stack } from "./stage2-stack";
import { Stage3Stack } from "./stage3-stack";
import { checkThresholds } from "./thresholds";
import { withoutTokenTraces } from "./traces";

/** The whole program: its app and its stacks, in deployment order. */
export interface Program {
  /** Root of the construct tree. */
  readonly app: App;
  /** Every stack, in deployment order. */
  readonly stacks: readonly BaseStack[];
  /** Path of the lock file that is laid beside each stack; need not exist. @default - none is laid */
  readonly providerLock?: string;
  /** Addresses that must not vanish from it. @default - any may */
  readonly pinned?: Addresses;
}

/** Names of the stacks that the program makes of a configuration, in deployment order. */
export function stackNames({ environments }: Config): readonly string[] {
  return [GLOBAL, ...environments.flatMap(({ name }) => STAGES.map((stage) => stackName(name, stage)))];
}

/**
 * Assembles every stack of the configuration.
 * @throws ConfigError when a configured threshold belongs to no alarm, or weakens one without a reason
 * @throws RefusedError when a drill names an alarm that is not there, or no drill rehearses one that wakes somebody
 */
export function buildProgram(config: Config, deployment: Deployment, outdir?: string): Program {
  return withoutTokenTraces(() => assemble(config, deployment, outdir));
}

function assemble(config: Config, deployment: Deployment, outdir?: string): Program {
  const app = new App({
    outdir,
    stackTraces: false,
    // The same as in cdktf.json, so that the program synthesizes the same bytes without the CLI.
    context: { excludeStackIdFromLogicalIds: "true", allowSepCharsInLogicalIds: "true" },
  });
  const global = new GlobalStack(app, GLOBAL, {
    config: config.global,
    environments: config.environments,
    deployment,
  });
  const functions = {
    ages: bundleFunction("age-watch"),
    launcher: bundleFunction("etl-launcher"),
    freshness: bundleFunction("etl-freshness"),
    monitors: bundleFunction("behavior-monitor"),
  };
  const programs = { serviceDatabase: bundleJob("service-database") };
  const stacks = config.environments.flatMap((environment) => {
    const shared = { config: environment, globalConfig: config.global, deployment };
    const stage1 = new Stage1Stack(app, stackName(environment.name, "stage1"), { ...shared, global, functions });
    const stage2 = new Stage2Stack(app, stackName(environment.name, "stage2"), { ...shared, stage1 });
    const stage3 = new Stage3Stack(app, stackName(environment.name, "stage3"), {
      ...shared,
      global,
      stage1,
      stage2,
      functions,
      programs,
    });
    return [stage1, stage2, stage3];
  });
  const all = [global, ...stacks];
  checkThresholds(config, all);
  checkDrills(config, all);
  const isDeployed = deployment.kind === "cloud" && deployment.planning !== true;
  return { app, stacks: all, providerLock: deployment.providerLock, pinned: isDeployed ? PINNED_ADDRESSES : undefined };
}

/**
 * Checks every stack against the policy rules, then writes Terraform JSON and facts to the app's output folder, and the lock file beside each.
 * @throws PolicyError listing every unacknowledged finding of every stack, before anything is written
 * @throws RefusedError when a stack refers to a resource of another, or something that holds data has vanished: what Terraform itself
 *   cannot refuse, because `prevent_destroy` goes with the block
 */
export function synthesize(program: Program): void {
  withoutTokenTraces(() => writeChecked(program));
}

function writeChecked({ app, stacks, providerLock, pinned }: Program): void {
  const models = modelsOf(stacks);
  const strays = models.flatMap(([, model]) => model.strays().map((address) => `${model.name}: ${address}`));
  if (strays.length > 0)
    throw new RefusedError(`what another stack owns comes through its exports: ${strays.join(", ")}`);
  if (pinned !== undefined) {
    const all = models.map(([, model]) => model);
    const { gone } = addressChanges(statefulAddresses(all), movedAddresses(all), pinned);
    if (gone.length > 0) throw new RefusedError(addressFaults({ gone, added: [] }).join("\n"));
  }
  const open = models.flatMap(([stack, model]) =>
    findings(stack, model).filter(({ acknowledged }) => acknowledged === undefined),
  );
  if (open.length > 0) throw new PolicyError(open);
  app.synth();
  writeFileSync(factsFile(app.outdir), JSON.stringify(programFacts(stacks)));
  if (providerLock === undefined) return;
  layProviderLocks(
    providerLock,
    models.map(([, { name, json }]) => ({
      directory: path.join(app.outdir, "stacks", name),
      wanted: requiredProviders(json),
    })),
  );
}
