import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { ConfigError, problemOf, schemaFaults } from "./problem";

/** The file that says which versions are served, below the project's folder: `npx opsdx tensorflow promote` and `rollback` write it. */
export const MODELS_FILE = "config/models.json";

const version = z.int().min(1);

const modelVersions = z
  .strictObject({
    /** The version that answers. */
    stable: version,
    /** The version that answered before it: where `rollback` goes. @default - none */
    previous: version.optional(),
    /** A version that is tried beside it, under an address of its own. @default - none */
    canary: version.optional(),
  })
  .refine(({ canary, stable }) => canary !== stable, "must have a canary of another version than stable");

const modelsSchema = z.record(z.string(), z.record(z.string(), modelVersions));

/** The versions of a model that are served. */
export type ModelVersions = z.output<typeof modelVersions>;

/** The versions that are served, by environment and model. */
export type ServedModels = Readonly<Record<string, Readonly<Record<string, ModelVersions>>>>;

/**
 * Reads a file of versions.
 * @throws ConfigError naming everything that is wrong with it
 */
export function parseModels(text: string): ServedModels {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConfigError([
      problemOf(MODELS_FILE, { path: [], rule: "must be JSON", received: (error as Error).message }),
    ]);
  }
  const faults = schemaFaults(modelsSchema, value);
  if (faults.length > 0) throw new ConfigError(faults.map((fault) => problemOf(MODELS_FILE, fault)));
  return modelsSchema.parse(value);
}

/** What the file holds for these versions. */
export function modelsText(models: ServedModels): string {
  return `${JSON.stringify(models, undefined, 2)}\n`;
}

/**
 * The versions that an environment serves, by model.
 * @param environment - its name
 * @param configured - the models of its settings
 * @param served - the versions @default - those of the file
 * @throws ConfigError when the file names a model that is not configured
 */
export function servedModels(
  environment: string,
  configured: readonly string[],
  served: ServedModels = modelsFile(),
): Readonly<Record<string, ModelVersions>> {
  const here = served[environment] ?? {};
  const unknown = Object.keys(here).filter((model) => !configured.includes(model));
  if (unknown.length > 0) {
    throw new ConfigError(
      unknown.map((model) =>
        problemOf(MODELS_FILE, {
          path: [environment, model],
          rule: `must be a model of tensorflow.serving.models (${configured.join(", ")})`,
          received: model,
          isName: true,
        }),
      ),
    );
  }
  return here;
}

/** The project's file. */
export function modelsFile(): ServedModels {
  return parseModels(readFileSync(path.join(__dirname, path.basename(MODELS_FILE)), "utf8"));
}
