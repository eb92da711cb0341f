import path from "node:path";
import { Command } from "commander";
import { loadConfig, type Config } from "../../config/load";
import {
  MODELS_FILE,
  modelsFile,
  modelsText,
  servedModels,
  type ModelVersions,
  type ServedModels,
} from "../../config/models";
import { clusterFullName, stackName } from "../../config/names";
import type { EnvironmentConfig } from "../../config/schema/environment";
import type { TensorflowConfig } from "../../config/schema/tensorflow";
import { CLUSTER, TRAINING_NAMESPACE } from "../../constructs/stage3/tensorflow/names";
import { cdktf } from "../../constructs/shared/observability/command";
import type { JobSurroundings } from "../cluster-jobs";
import { allOf, unknownArgument, UsageError } from "../command-error";
import { GROUPS } from "../command-groups";
import { findEnvironment } from "../environment-argument";
import { writeWhole, PROJECT_ROOT } from "../files";
import type { KubectlPlace } from "../kubectl";
import { versionsIn, versionsOn, type StoredVersion } from "./registry";
import { train } from "./train";
import { assertNew, promoted, rolledBack, storedVersion } from "./versions";

/** Settings of {@link tensorflowCommand}. */
export interface TensorflowCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Reads which versions are served. @default - config/models.json */
  readonly served?: () => ServedModels;
  /** Folder that config/models.json is written below. @default - the project's */
  readonly root?: string;
  /** Surroundings of Jobs. @default - this process's environment, and the clock */
  readonly surroundings?: Partial<JobSurroundings>;
}

interface RegistryOption {
  readonly registry?: string;
}

/** An environment with TensorFlow. */
interface Target {
  readonly environment: EnvironmentConfig;
  readonly config: TensorflowConfig;
  readonly place: KubectlPlace;
}

const EXAMPLES = `
Examples:
  npx opsdx tensorflow models dev                     which versions there are, and which are served
  npx opsdx tensorflow train dev trews --dataset 2026-11 --version 4
  npx opsdx tensorflow promote dev trews 4 --canary   try it beside the one that answers
  npx opsdx tensorflow promote dev trews 4            make it the one that answers
  npx opsdx tensorflow rollback dev trews             take the last step back

promote and rollback look that the version is there, and write ${MODELS_FILE}; the next deploy of stage3 serves it. The versions are those
on the cluster's file system, which a Job lists, by your kubectl; --registry names a folder of this machine instead.`;

const REGISTRY = [
  "--registry <folder>",
  "a folder of models in place of the cluster's: <folder>/<model>/<version>",
] as const;

/** `opsdx tensorflow`: models, from training to serving. */
export function tensorflowCommand({
  load = loadConfig,
  root = PROJECT_ROOT,
  served = modelsFile,
  surroundings = {},
}: TensorflowCommandProps = {}): Command {
  const tensorflow = new Command("tensorflow")
    .description("TensorFlow: train models, and say which versions are served")
    .addHelpText("after", EXAMPLES);
  const shared = (): JobSurroundings => ({
    env: process.env,
    suffix: new Date().toISOString().replace(/\D/g, "").slice(0, 14),
    ...surroundings,
  });
  const target = (name: string): Target => tensorflowOf(load(), name);
  const stored = async ({ place }: Target, { registry }: RegistryOption): Promise<readonly StoredVersion[]> => {
    if (registry !== undefined) return await versionsIn(registry, shared().env);
    console.error(`Listing the models of ${place.context} …`);
    return await versionsOn(place, shared());
  };
  const add = (name: string, group: string, description: string): Command =>
    tensorflow
      .command(name)
      .helpGroup(group)
      .description(description)
      .argument("<env>", "environment")
      .addHelpText("after", EXAMPLES);

  add("models", GROUPS.look, "list the versions of models that there are, and which are served")
    .option(...REGISTRY)
    .option("--json", "as JSON")
    .action(async (name: string, options: RegistryOption & { readonly json?: boolean }) => {
      const there = target(name);
      const current = servedModels(name, Object.keys(there.config.serving.models), served());
      const list = (await stored(there, options)).map((version) => ({
        ...version,
        serves: roleOf(version, current[version.model]),
      }));
      console.log(options.json === true ? JSON.stringify(list, undefined, 2) : table(list));
    });

  add("train", GROUPS.run, "train a version of a model, from a dataset")
    .argument("<model>", "model")
    .option("--dataset <name>", "folder of the dataset, below the environment's datasets; must be given")
    .option("--version <number>", "the version that it makes: a new one; must be given")
    .option(...REGISTRY)
    .action(async (name: string, model: string, options: RegistryOption & { dataset?: string; version?: string }) => {
      const there = target(name);
      const [, , dataset, version] = allOf(
        () => assertModel(there.config, model),
        () => assertTrains(there),
        () => datasetName(options.dataset),
        () => versionNumber("--version", options.version),
      );
      assertNew(await stored(there, options), model, version);
      const job = await train(there.place, { model, version, dataset }, shared().env);
      console.log(`Job ${job} is made.`);
      const { context, namespace } = there.place;
      console.error(
        `It waits until there is a node with GPUs. Follow it: kubectl --context ${context} -n ${namespace} logs -f job/${job} -c train`,
      );
    });

  const change = async (
    { config, environment, place }: Target,
    model: string,
    options: RegistryOption,
    next: (current: ModelVersions | undefined) => ModelVersions,
  ): Promise<void> => {
    const { name } = environment;
    const all = served();
    const current = servedModels(name, Object.keys(config.serving.models), all)[model];
    const versions = next(current);
    const list = await stored({ config, environment, place }, options);
    for (const version of [versions.stable, versions.canary]) {
      if (version !== undefined) storedVersion(list, model, version);
    }
    writeWhole(path.join(root, MODELS_FILE), modelsText({ ...all, [name]: { ...all[name], [model]: versions } }));
    console.log(`${model}: ${inWords(current)} -> ${inWords(versions)}`);
    const deploy = cdktf("deploy", stackName(name, "stage3")).command;
    console.error(`Written to ${MODELS_FILE}. Commit it, and deploy: ${deploy}`);
  };

  add("promote", GROUPS.change, "make a version the one that answers, or try it beside it")
    .argument("<model>", "model")
    .argument("<version>", "a version that is there")
    .option("--canary", "try it beside the one that answers, under an address of its own")
    .option(...REGISTRY)
    .action(async (name: string, model: string, text: string, options: RegistryOption & { canary?: boolean }) => {
      const there = target(name);
      const [, version] = allOf(
        () => assertModel(there.config, model),
        () => versionNumber("<version>", text),
      );
      await change(there, model, options, (current) =>
        promoted(current, { model, version, canary: options.canary === true }),
      );
    });

  add("rollback", GROUPS.repair, "take the canary away, or go back to the version before")
    .argument("<model>", "model")
    .option(...REGISTRY)
    .action(async (name: string, model: string, options: RegistryOption) => {
      const there = target(name);
      assertModel(there.config, model);
      await change(there, model, options, (current) => rolledBack(current, model));
    });
  return tensorflow;
}

function tensorflowOf(config: Config, name: string): Target {
  const environment = findEnvironment(config, name);
  const { tensorflow } = environment;
  if (tensorflow === undefined) {
    const known = config.environments.filter((each) => each.tensorflow !== undefined).map((each) => each.name);
    throw new UsageError(`<env> must be one that has TensorFlow (${known.join(", ")}), got "${name}"`);
  }
  const context = clusterFullName(environment, CLUSTER);
  const place = { environment: name, cluster: CLUSTER, context, namespace: TRAINING_NAMESPACE };
  return { environment, config: tensorflow, place };
}

function assertModel({ serving: { models } }: TensorflowConfig, model: string): void {
  if (!Object.hasOwn(models, model)) throw unknownArgument("model", model, Object.keys(models));
}

function assertTrains({ config, environment: { name } }: Target): void {
  if (config.training === undefined) {
    throw new UsageError(`<env> must be one that has tensorflow.training, got "${name}"`);
  }
}

function versionNumber(place: string, text = ""): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UsageError(`${place} must be a whole number from 1 on, got "${text}"`);
}

function datasetName(text = ""): string {
  if (/^[\w-][\w./-]{0,200}$/.test(text) && !text.includes("..")) return text;
  throw new UsageError(
    `--dataset must be a folder below the environment's datasets, of letters, digits, - _ . and /, got "${text}"`,
  );
}

function roleOf({ version }: StoredVersion, versions: ModelVersions | undefined): string {
  const roles = Object.entries(versions ?? {}).filter(([, number]) => number === version);
  return roles.map(([role]) => role).join(", ");
}

function inWords(versions: ModelVersions | undefined): string {
  if (versions === undefined) return "nothing";
  const { canary, stable } = versions;
  return `${stable}${canary === undefined ? "" : `, canary ${canary}`}`;
}

function table(list: readonly (StoredVersion & { readonly serves: string })[]): string {
  if (list.length === 0) return "There is no version of any model.";
  const rows = list.map(({ kib, model, serves, version, warmsUp, whole }) => [
    `${model}/${version}`,
    `${kib} KiB`,
    whole ? (warmsUp ? "warms up" : "no warm-up") : "no model in it",
    serves,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
