import semver from "semver";
import { ask } from "../ask";

/** The oldest Terraform that locks state with an object beside it, as the stacks require. */
export const MINIMUM_TERRAFORM = "1.10.0";

/**
 * The version of the Terraform on the PATH; undefined when none starts.
 * @throws SilentProgramError when it does not answer
 */
export async function askTerraformVersion(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { exitCode, stdout } = await ask("terraform", ["version", "-json"], {
    env: { ...env, CHECKPOINT_DISABLE: "1" },
  });
  return exitCode === 0 ? versionIn(stdout) : undefined;
}

/**
 * What is wrong with the Terraform on the PATH, or its version.
 * @throws SilentProgramError when it does not answer
 */
export async function usableTerraform(
  env: NodeJS.ProcessEnv,
): Promise<{ readonly version: string; readonly problem?: undefined } | { readonly problem: string }> {
  const version = await askTerraformVersion(env);
  if (version !== undefined && semver.gte(version, MINIMUM_TERRAFORM)) return { version };
  return {
    problem: `Terraform ${MINIMUM_TERRAFORM} or newer must be on the PATH (https://developer.hashicorp.com/terraform/install), found ${version ?? "none that starts"}`,
  };
}

function versionIn(answer: string): string | undefined {
  try {
    return (JSON.parse(answer) as { terraform_version: string }).terraform_version;
  } catch {
    return undefined;
  }
}
