import { LIST_SCRIPT } from "../../constructs/stage3/tensorflow/scripts";
import { TEMPLATES } from "../../constructs/stage3/tensorflow/names";
import { ask } from "../ask";
import { runTemplate, type JobSurroundings } from "../cluster-jobs";
import { CommandError } from "../command-error";
import type { KubectlPlace } from "../kubectl";

/** A version of a model, as its folder is. */
export interface StoredVersion {
  /** The model. */
  readonly model: string;
  /** Its number. */
  readonly version: number;
  /** Size on the file system. */
  readonly kib: number;
  /** Whether it holds a SavedModel. */
  readonly whole: boolean;
  /** Whether it brings requests to warm up with. */
  readonly warmsUp: boolean;
}

/** Most versions that a listing on a cluster tells of. */
const MOST = 2000;
const LIST_MS = 60_000;

/** The versions in a folder of this machine. */
export async function versionsIn(folder: string, env: NodeJS.ProcessEnv): Promise<readonly StoredVersion[]> {
  const { exitCode, stderr, stdout } = await ask("sh", ["-c", LIST_SCRIPT], {
    env: { ...env, MODELS_FOLDER: folder },
    limit: LIST_MS,
  });
  if (exitCode !== 0)
    throw new CommandError(`--registry must be a folder of models, got "${folder}": ${stderr.trim()}`);
  return parseListing(stdout);
}

/** The versions on a cluster's file system: a Job looks, so nobody needs the right to enter a pod. */
export async function versionsOn(
  place: KubectlPlace,
  surroundings: JobSurroundings,
): Promise<readonly StoredVersion[]> {
  return parseListing(await runTemplate(place, TEMPLATES.models, { ...surroundings, lines: MOST }));
}

/** What the listing says; a folder that is no number is no version. */
export function parseListing(text: string): readonly StoredVersion[] {
  return text
    .split("\n")
    .flatMap((line) => {
      const [, kib, whole, warm, model = "", version] =
        /^(\d+) (yes|no) (yes|no) ([^/]+)\/([1-9]\d*)$/.exec(line) ?? [];
      if (kib === undefined) return [];
      return [{ model, version: Number(version), kib: Number(kib), whole: whole === "yes", warmsUp: warm === "yes" }];
    })
    .sort((a, b) => (a.model === b.model ? a.version - b.version : a.model < b.model ? -1 : 1));
}
