import { writeFileSync } from "node:fs";
import path from "node:path";
import execa from "execa";
import semver from "semver";
import type { Children } from "../terraform/children";
import { cliConfig, decidesInstallation, findMirrors, mirrorCandidates, ownCliConfig } from "../terraform/providers";
import { leadsTerraformAstray } from "../terraform/stray";
import { BootstrapError } from "./situation";

/** The oldest Terraform that locks state with an object beside it. */
const MINIMUM_TERRAFORM = "1.10.0";

/**
 * The environment that Terraform runs in: this one, without what would lead it astray, and with providers from the mirrors
 * of this machine where the user's own configuration does not say otherwise.
 */
export function terraformEnvironment(directory: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.fromEntries(Object.entries(env).filter(([name]) => !leadsTerraformAstray(name)));
  const own = ownCliConfig(env)?.text ?? "";
  const mirrors = decidesInstallation(own) ? [] : findMirrors(mirrorCandidates(env));
  if (mirrors.length === 0) return { ...kept, CHECKPOINT_DISABLE: "1" };
  const file = path.join(directory, "terraform.rc");
  writeFileSync(file, cliConfig({ mirrors, cacheDirectory: path.join(directory, "plugins"), own }));
  return { ...kept, CHECKPOINT_DISABLE: "1", TF_CLI_CONFIG_FILE: file };
}

/**
 * Checks that Terraform is there and new enough.
 * @returns its version
 * @throws BootstrapError otherwise
 */
export async function assertTerraform(env: NodeJS.ProcessEnv): Promise<string> {
  const rule = `Terraform ${MINIMUM_TERRAFORM} or newer must be on the PATH (https://developer.hashicorp.com/terraform/install)`;
  const result = await execa("terraform", ["version", "-json"], { env, extendEnv: false, reject: false }).catch(
    () => undefined,
  );
  if (result === undefined || result.exitCode !== 0) {
    throw new BootstrapError(`${rule}, found none that starts`);
  }
  const { terraform_version: version } = JSON.parse(result.stdout) as { terraform_version: string };
  if (semver.lt(version, MINIMUM_TERRAFORM)) throw new BootstrapError(`${rule}, found ${version}`);
  return version;
}

/** Terraform in one folder, its output on this terminal. */
export class Terraform {
  /**
   * @param directory - folder that holds the stack's `cdk.tf.json`
   * @param env - whole environment of the process
   * @param children - where processes are started
   */
  public constructor(
    private readonly directory: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly children: Children,
  ) {}

  /** Opens the backend that the folder's files name. */
  public async init(): Promise<void> {
    await this.run(["init", "-input=false", "-reconfigure"], "on failure");
  }

  /** Makes the named resources and what they need. */
  public async apply(targets: readonly string[]): Promise<void> {
    await this.run(
      ["apply", "-input=false", "-auto-approve", ...targets.map((target) => `-target=${target}`)],
      "always",
    );
  }

  /** Takes an object that exists into the state. Returns false when there is none. */
  public async import(address: string, id: string): Promise<boolean> {
    const args = ["import", "-input=false", "-no-color", address, id];
    const { all, exitCode } = await this.children.start("terraform", args, this.options({ all: true }));
    if (exitCode === 0) return true;
    if (all?.includes("Cannot import non-existent remote object") === true) return false;
    throw this.failure(args, exitCode, all);
  }

  /** Lets what was not finished be finished, instead of destroyed and made anew. */
  public async untaint(address: string): Promise<void> {
    await this.run(["untaint", address], "on failure");
  }

  /**
   * Writes a state file into the backend. Terraform refuses when another state, or a newer one, is there. Without the lock, as a lock
   * outlives a Terraform that is killed, and stops every later command: what is written is compared before the file goes.
   */
  public async push(file: string): Promise<void> {
    await this.run(["state", "push", "-lock=false", file], "always");
  }

  /** Whether the named resources are as declared. Writes nothing, so it takes no lock. */
  public async isUpToDate(targets: readonly string[]): Promise<boolean> {
    const args = [
      "plan",
      "-input=false",
      "-lock=false",
      "-detailed-exitcode",
      ...targets.map((target) => `-target=${target}`),
    ];
    return (await this.run(args, "always", [0, 2])) === 0;
  }

  private async run(
    args: readonly string[],
    show: "always" | "on failure",
    good: readonly number[] = [0],
  ): Promise<number> {
    const { all = "", exitCode } = await this.children.start(
      "terraform",
      args,
      this.options(show === "always" ? { stdout: "inherit", stderr: "inherit" } : { all: true }),
    );
    if (good.includes(exitCode)) return exitCode;
    throw this.failure(args, exitCode, all);
  }

  private options(more: execa.Options): execa.Options {
    return { cwd: this.directory, env: this.env, extendEnv: false, stdin: "ignore", ...more };
  }

  private failure(args: readonly string[], exitCode: number, all = ""): BootstrapError {
    return new BootstrapError(
      [
        all,
        `"terraform ${args[0] ?? ""}" failed with exit code ${exitCode}. Nothing is lost: put right what it says above and run the same command again.`,
      ]
        .join("\n")
        .trim(),
    );
  }
}
