import type { ModelVersions } from "../../config/models";
import { UsageError } from "../command-error";
import type { StoredVersion } from "./registry";

/**
 * The version that a person named, as the registry has it.
 * @throws UsageError when there is none, or nothing whole
 */
export function storedVersion(stored: readonly StoredVersion[], model: string, version: number): StoredVersion {
  const versions = stored.filter((each) => each.model === model);
  const found = versions.find((each) => each.version === version);
  const numbers = versions.map((each) => each.version);
  if (found === undefined) {
    const there = numbers.length === 0 ? "there is none" : numbers.join(", ");
    const [first] = numbers.toSorted((a, b) => Math.abs(a - version) - Math.abs(b - version));
    const nearest = first === undefined ? "" : `; the nearest is ${first}`;
    throw new UsageError(`<version> must be a version of ${model} that is there (${there}), got ${version}${nearest}`);
  }
  if (found.whole) return found;
  throw new UsageError(
    `<version> must be one that holds a SavedModel, got ${version}: ${model}/${version} has no saved_model.pb`,
  );
}

/**
 * That a version is free.
 * @throws UsageError when it is there
 */
export function assertNew(stored: readonly StoredVersion[], model: string, version: number): void {
  const numbers = stored.filter((each) => each.model === model).map((each) => each.version);
  if (!numbers.includes(version)) return;
  throw new UsageError(
    `--version must be a new version of ${model}: one that is there is never overwritten, got ${version}; the next is ${Math.max(...numbers) + 1}`,
  );
}

/**
 * What is served when a version is made the one that answers, or the one that is tried.
 * @throws UsageError when it is that already, or nothing answers that it could be tried beside
 */
export function promoted(
  current: ModelVersions | undefined,
  { canary, model, version }: { readonly canary: boolean; readonly model: string; readonly version: number },
): ModelVersions {
  if (canary) {
    if (current === undefined)
      throw new UsageError(`--canary must be left out: nothing of ${model} answers, got no stable version`);
    if (current.stable === version || current.canary === version) {
      throw new UsageError(`<version> must be one of ${model} that is not served, got ${version}`);
    }
    return { ...current, canary: version };
  }
  if (current === undefined) return { stable: version };
  if (current.stable === version)
    throw new UsageError(`<version> must be another than the one that answers, got ${version}`);
  return {
    stable: version,
    previous: current.stable,
    ...(current.canary !== undefined && current.canary !== version && { canary: current.canary }),
  };
}

/**
 * What is served when the last step is taken back: without the canary, or else the version before.
 * @throws UsageError when there is neither
 */
export function rolledBack(current: ModelVersions | undefined, model: string): ModelVersions {
  if (current?.canary !== undefined) {
    const { previous, stable } = current;
    return { stable, ...(previous !== undefined && { previous }) };
  }
  if (current?.previous === undefined) {
    const served = current === undefined ? "nothing that is served" : `version ${current.stable} alone`;
    throw new UsageError(
      `<model> must have a canary or a version before the one that answers, got ${model} with ${served}`,
    );
  }
  return { stable: current.previous };
}
