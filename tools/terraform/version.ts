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

function versionIn(answer: string): string | undefined {
  try {
    return (JSON.parse(answer) as { terraform_version: string }).terraform_version;
  } catch {
    return undefined;
  }
}
