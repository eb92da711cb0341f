import { accessSync, constants, statSync } from "node:fs";
import semver from "semver";
import { SilentProgramError } from "../ask";
import { existingParent, freeMiB } from "../disk";
import { askTerraformVersion, MINIMUM_TERRAFORM } from "../terraform/version";
import { RefusedError } from "../../config/explained-error";
import { AWS_PROVIDER_VERSION } from "../../stacks/deployment";
import {
  cutArchives,
  decidesInstallation,
  findMirrors,
  mirrorCandidates,
  mirroredVersion,
  ownCliConfig,
  terraformPlatform,
  type ProviderMirror,
} from "../terraform/providers";
import { findPythons, installer, MINIMUM_PYTHON, MOTO_VERSION, withMoto, type PythonFacts } from "./moto";
import type { SandboxPaths } from "../../stacks/sandbox/paths";

/** Room for the synthesized stacks, logs, and a provider and an emulator if they must be downloaded. */
const MINIMUM_FREE_MIB = 500;
const REGISTRY = "https://registry.terraform.io/.well-known/terraform.json";

/** Something that stops the sandbox before it starts. */
export interface Problem {
  /** What is wrong. */
  readonly what: string;
  /** Where. */
  readonly where: string;
  /** What must hold. */
  readonly rule: string;
  /** What was found. */
  readonly found: string;
  /** What to do. */
  readonly fix: string;
}

/** Thrown with every problem of this machine at once. */
export class ToolchainError extends RefusedError {
  public constructor(public readonly problems: readonly Problem[]) {
    super(
      [
        `The sandbox cannot start: ${problems.length} problem${problems.length === 1 ? "" : "s"}. Nothing was changed.`,
        ...problems.map(
          ({ what, where, rule, found, fix }) => `  ${what} (${where}): ${rule}; found ${found}.\n    → ${fix}`,
        ),
      ].join("\n"),
    );
  }
}

/** What the machine offers the sandbox. */
export interface Toolchain {
  /** The interpreter that has the emulator. @default - it must be installed */
  readonly moto?: PythonFacts;
  /** The interpreter that can install it. @default - none, and none is needed */
  readonly installer?: PythonFacts;
  /** Filesystem mirrors of Terraform providers. */
  readonly mirrors: readonly ProviderMirror[];
  /** Whether the provider registry answers: asked only when it matters. */
  readonly registryAnswers: () => Promise<boolean>;
  /** The user's own Terraform CLI configuration. @default - there is none */
  readonly ownCliConfig?: { readonly file: string; readonly text: string };
}

/** Settings of {@link findToolchain}. */
export interface FindToolchainProps {
  /** The sandbox's files. */
  readonly paths: SandboxPaths;
  /** Where programs and providers are looked for. */
  readonly env: NodeJS.ProcessEnv;
  /** Folders that may be provider mirrors. @default - the usual ones */
  readonly mirrorCandidates?: readonly string[];
  /** Whether the provider registry answers. @default - asks it */
  readonly registryAnswers?: (env: NodeJS.ProcessEnv) => Promise<boolean>;
}

/**
 * Looks at this machine before anything changes.
 * @throws ToolchainError with everything that is missing
 */
export async function findToolchain(props: FindToolchainProps): Promise<Toolchain> {
  const { paths, env } = props;
  const mirrors = findMirrors(props.mirrorCandidates ?? mirrorCandidates(env));
  const own = ownCliConfig(env);
  const [terraform, pythons, provider] = await Promise.all([
    terraformProblem(env),
    findPythons(env),
    providerProblem(props, mirrors, own?.text ?? ""),
  ]);
  const archives = decidesInstallation(own?.text ?? "") ? [] : cutArchives(mirrors).map(archiveProblem);
  const problems = [terraform, pythonProblem(pythons), provider, ...archives, diskProblem(paths.directory)];
  const found = problems.filter((problem) => problem !== undefined);
  if (found.length > 0) throw new ToolchainError(found);
  return {
    moto: withMoto(pythons),
    installer: installer(pythons),
    mirrors,
    registryAnswers: () => (props.registryAnswers ?? askRegistry)(env),
    ownCliConfig: own,
  };
}

async function terraformProblem(env: NodeJS.ProcessEnv): Promise<Problem | undefined> {
  const rule = `version ${MINIMUM_TERRAFORM} or newer must be on the PATH`;
  const fix = "install it from https://developer.hashicorp.com/terraform/install";
  const found = await terraformVersion(env);
  return semver.valid(found) !== null && semver.gte(found, MINIMUM_TERRAFORM)
    ? undefined
    : { what: "terraform", where: "PATH", rule, found, fix };
}

/** Terraform's version, or what there is in its place. */
async function terraformVersion(env: NodeJS.ProcessEnv): Promise<string> {
  try {
    return (await askTerraformVersion(env)) ?? "none that starts";
  } catch (error) {
    if (!(error instanceof SilentProgramError)) throw error;
    return `one that does not answer within ${error.seconds} s`;
  }
}

function pythonProblem(pythons: readonly PythonFacts[]): Problem | undefined {
  if (withMoto(pythons) !== undefined || installer(pythons) !== undefined) return undefined;
  return {
    what: "python3",
    where: "PATH",
    rule: `must be ${MINIMUM_PYTHON} or newer with the venv module, or have moto[server] ${MOTO_VERSION}: the emulator is a Python program`,
    found:
      pythons.length === 0
        ? "none that starts"
        : pythons.map(({ command, python, venv }) => `${command} ${python}${venv ? "" : " without venv"}`).join(", "),
    fix: "install Python from https://www.python.org/downloads/ (on Debian and Ubuntu also the package python3-venv)",
  };
}

async function providerProblem(
  { env, registryAnswers = askRegistry }: FindToolchainProps,
  mirrors: readonly ProviderMirror[],
  ownConfig: string,
): Promise<Problem | undefined> {
  if (decidesInstallation(ownConfig)) return undefined;
  if (mirroredVersion(mirrors, "hashicorp/aws", AWS_PROVIDER_VERSION) !== undefined) return undefined;
  if (await registryAnswers(env)) return undefined;
  const held = mirrors.map(
    ({ directory, providers }) =>
      `${directory} with hashicorp/aws ${(providers["hashicorp/aws"] ?? ["none"]).join(", ")}`,
  );
  return {
    what: "AWS provider",
    where: `${REGISTRY} and filesystem mirrors`,
    rule: `hashicorp/aws ${AWS_PROVIDER_VERSION} for ${terraformPlatform()} must be reachable`,
    found: held.length === 0 ? "no answer and no mirror" : `no answer, and ${held.join("; ")}`,
    fix: "connect to the network, or set OPSDX_PROVIDER_MIRROR to a folder that holds registry.terraform.io/ (`terraform providers mirror <folder>` makes one)",
  };
}

function archiveProblem(file: string): Problem {
  return {
    what: "provider's archive",
    where: file,
    rule: "must be a whole zip archive",
    found: `${statSync(file).size} bytes without its end`,
    fix: "copy it again, or delete it",
  };
}

/** Behind a proxy only Terraform itself can tell, so the answer is yes. */
async function askRegistry(env: NodeJS.ProcessEnv): Promise<boolean> {
  if ((env["HTTPS_PROXY"] ?? env["https_proxy"] ?? "") !== "") return true;
  try {
    return (await fetch(REGISTRY, { signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    return false;
  }
}

function diskProblem(directory: string): Problem | undefined {
  const parent = existingParent(directory);
  const problem = { what: "disk", where: directory, fix: "free room there, or name another folder in OPSDX_SANDBOX" };
  try {
    accessSync(parent, constants.W_OK | constants.X_OK);
  } catch {
    return { ...problem, rule: "must be writable", found: `${parent} is not` };
  }
  const free = freeMiB(parent);
  return free >= MINIMUM_FREE_MIB
    ? undefined
    : { ...problem, rule: `needs ${MINIMUM_FREE_MIB} MiB`, found: `${free} MiB` };
}
