import { readFileSync } from "node:fs";
import path from "node:path";
import { PUBLIC_IMAGES } from "../../config/images";
import { pythonProgram, type CachedProgram } from "../installation";
import { PROJECT_ROOT } from "../files";

/** Folder of the test. */
export const LOAD_FOLDER = path.join(PROJECT_ROOT, "load");

const REQUIREMENTS = path.join(LOAD_FOLDER, "requirements.txt");

/** Version of a package in load/requirements.txt. */
export function requiredVersion(name: string): string | undefined {
  return new RegExp(`^${name}==([\\w.]+)`, "m").exec(readFileSync(REQUIREMENTS, "utf8"))?.[1];
}

/** Locust, with what its test is checked with, as the cache holds it: the same version as the cluster's image. */
export const LOCUST: CachedProgram = {
  name: "locust",
  version: PUBLIC_IMAGES.locust.tag,
  steps: pythonProgram(["--require-hashes", "--only-binary", ":all:", "-r", REQUIREMENTS]),
  takes: "half a minute",
  needs: "Python 3.10 or newer with venv",
};
