import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { RefusedError } from "../../config/explained-error";
import { LOCK_FILE, PROVIDER_VERSIONS } from "../../stacks/deployment";
import { CommandError } from "../command-error";
import type { Children } from "../terraform/children";
import { leadsTerraformAstray } from "../terraform/stray";
import { usableTerraform } from "../terraform/version";

/** Platforms that the program is run on: CI, arm64 hosts in the VPC, people's machines. */
export const LOCK_PLATFORMS: readonly string[] = ["linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64"];

/** Settings of {@link lockProviders}. */
export interface LockProvidersProps {
  /** Sources, for example `hashicorp/aws`, each a key of {@link PROVIDER_VERSIONS}. */
  readonly sources: readonly string[];
  /** Terraform's names of platforms. */
  readonly platforms: readonly string[];
  /** Lock file whose other entries are kept; need not exist. */
  readonly file: string;
  /** Folder laid out as a filesystem mirror. @default - the registry */
  readonly mirror?: string;
  /** Environment of Terraform. */
  readonly env: NodeJS.ProcessEnv;
  /** Where processes are started. */
  readonly children: Children;
}

/**
 * Lets Terraform make a lock file of the program's exact versions, in a folder that holds nothing else.
 * @returns its text
 * @throws RefusedError when there is no Terraform, or one that is too old
 * @throws CommandError when a provider's archive cannot be had for every platform
 */
export async function lockProviders(props: LockProvidersProps): Promise<string> {
  const env = Object.fromEntries(Object.entries(props.env).filter(([name]) => !leadsTerraformAstray(name)));
  const { problem } = await usableTerraform(env);
  if (problem !== undefined) throw new RefusedError(problem);
  const folder = mkdtempSync(path.join(os.tmpdir(), "opsdx-providers-"));
  try {
    writeFileSync(path.join(folder, "main.tf.json"), JSON.stringify({ terraform: { required_providers: required() } }));
    if (existsSync(props.file)) copyFileSync(props.file, path.join(folder, LOCK_FILE));
    const { exitCode } = await props.children.start(
      "terraform",
      [
        "providers",
        "lock",
        ...(process.stdout.isTTY ? [] : ["-no-color"]),
        ...(props.mirror === undefined ? [] : [`-fs-mirror=${props.mirror}`]),
        ...props.platforms.map((platform) => `-platform=${platform}`),
        ...props.sources.map((source) => `registry.terraform.io/${source}`),
      ],
      {
        cwd: folder,
        env: { ...env, CHECKPOINT_DISABLE: "1" },
        extendEnv: false,
        stdio: ["ignore", "inherit", "inherit"],
      },
    );
    props.children.throwIfInterrupted();
    if (exitCode !== 0) throw notLocked(props);
    return readFileSync(path.join(folder, LOCK_FILE), "utf8");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All of them: Terraform takes entries of a lock file away that nothing requires. */
function required(): Record<string, { readonly source: string; readonly version: string }> {
  return Object.fromEntries(
    Object.entries(PROVIDER_VERSIONS).map(([source, version]) => [path.basename(source), { source, version }]),
  );
}

function notLocked({ mirror, platforms, file }: LockProvidersProps): CommandError {
  const where = mirror === undefined ? "the registry" : mirror;
  return new CommandError(
    `terraform providers lock failed: ${where} must have every named provider for ${platforms.join(", ")}. ${file} is as it was. ` +
      "A folder of this machine's own providers locks this platform only: `--fs-mirror <folder> --platform <this one>`.",
  );
}
