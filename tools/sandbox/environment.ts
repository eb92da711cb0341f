import path from "node:path";
import { endpointOf } from "../../stacks/sandbox/running-sandbox";
import { SandboxPaths } from "../../stacks/sandbox/paths";
import { readJson, writeWhole } from "../files";
import { leadsTerraformAstray } from "../terraform/stray";
import { shellWord } from "../shell-word";

/** Changes to a process environment. */
export interface EnvironmentChange {
  /** Variables to set. */
  readonly set: Readonly<Record<string, string>>;
  /** Variables to remove. */
  readonly unset: readonly string[];
}

/** Always removed: with one of these set, a tool would talk to a real account, or as somebody else. */
const LEAKS = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_SECURITY_TOKEN",
  "AWS_DEFAULT_PROFILE",
  "AWS_DEFAULT_REGION",
  "AWS_REGION",
  "AWS_ROLE_ARN",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
  "AWS_USE_FIPS_ENDPOINT",
  "AWS_USE_DUALSTACK_ENDPOINT",
  "AWS_CA_BUNDLE",
] as const;

/** What tells the program about the sandbox's clusters. */
const CLUSTER_VARIABLES = ["OPSDX_SANDBOX_CHARTS", "OPSDX_SANDBOX_PROVIDERS"] as const;

/**
 * Removed wherever they are found, beside what leads Terraform astray: whatever else the AWS SDKs read, and what the `kubernetes` and
 * `helm` providers read before their own configuration.
 */
const STRAY = /^(AWS_|KUBE_|HELM_)/;

/** Names folders of Terraform providers, separated by colons. */
const MIRROR = "OPSDX_PROVIDER_MIRROR";

/** Settings of {@link sandboxEnvironment}. */
export interface SandboxEnvironmentProps {
  /** The sandbox's files. */
  readonly paths: SandboxPaths;
  /** The running emulator. */
  readonly emulator: { readonly port: number };
  /** AWS profile of commands that name none. */
  readonly profile: string;
  /** Terraform CLI configuration in use. */
  readonly cliConfig: string;
  /** What tools are told about the clusters. @default - there are none */
  readonly clusters?: Readonly<Record<string, string>>;
  /** The environment as it is. */
  readonly env: NodeJS.ProcessEnv;
}

/** The environment in which Terraform, the AWS CLI and the cdktf CLI work on the sandbox. */
export function sandboxEnvironment({
  paths,
  emulator,
  profile,
  cliConfig,
  clusters = {},
  env,
}: SandboxEnvironmentProps): EnvironmentChange {
  const withoutProxy = [...(env["NO_PROXY"] ?? env["no_proxy"] ?? "").split(","), "127.0.0.1", "localhost"];
  const noProxy = [...new Set(withoutProxy.filter((host) => host !== ""))].join(",");
  const set = {
    OPSDX_SANDBOX: paths.directory,
    AWS_ENDPOINT_URL: endpointOf(emulator),
    AWS_CONFIG_FILE: paths.awsConfig(),
    AWS_SHARED_CREDENTIALS_FILE: paths.awsCredentials(),
    AWS_PROFILE: profile,
    AWS_EC2_METADATA_DISABLED: "true",
    TF_CLI_CONFIG_FILE: cliConfig,
    CHECKPOINT_DISABLE: "1",
    // The cdktf CLI would set a plugin cache of its own, in the home folder.
    CDKTF_DISABLE_PLUGIN_CACHE_ENV: "1",
    NO_PROXY: noProxy,
    no_proxy: noProxy,
    // Without one, kubectl would read the person's own in the home folder, which names real clusters in the same words.
    KUBECONFIG: paths.noClusters(),
    ...((env[MIRROR] ?? "") === "" ? {} : { [MIRROR]: env[MIRROR] ?? "" }),
    ...clusters,
  };
  const stray = Object.keys(env).filter((name) => STRAY.test(name) || leadsTerraformAstray(name));
  const removed = [...LEAKS, ...CLUSTER_VARIABLES, ...stray.sort()].filter((name) => !(name in set));
  return { set, unset: [...new Set(removed)] };
}

/** The way back out of {@link sandboxEnvironment}: everything that it sets is removed, and what it removed is not put back. */
export function withoutSandbox(): EnvironmentChange {
  const { set } = sandboxEnvironment({
    paths: new SandboxPaths("."),
    emulator: { port: 0 },
    profile: "",
    cliConfig: "",
    env: {},
  });
  const own = Object.keys(set).filter((name) => name.toLowerCase() !== "no_proxy");
  return { set: {}, unset: [...own, ...CLUSTER_VARIABLES] };
}

/**
 * The environment with the provider mirrors that an earlier command was told of: what it applied is destroyed with the same providers,
 * whatever the shell has been told since.
 */
export function withMirrors(env: NodeJS.ProcessEnv, paths: SandboxPaths): NodeJS.ProcessEnv {
  if ((env[MIRROR] ?? "") !== "") return env;
  const folders = readJson(paths.mirrors()) as readonly string[] | undefined;
  return folders === undefined ? env : { ...env, [MIRROR]: folders.join(":") };
}

/** Keeps the provider mirrors that this command was told of, for later ones. */
export function rememberMirrors(env: NodeJS.ProcessEnv, paths: SandboxPaths): void {
  const folders = (env[MIRROR] ?? "").split(":").filter((folder) => folder !== "");
  if (folders.length === 0) return;
  writeWhole(paths.mirrors(), `${JSON.stringify(folders.map((folder) => path.resolve(folder)))}\n`);
}

/** The person's environment also in a shell that `env` set up: there the Terraform CLI configuration is the sandbox's, not theirs. */
export function personsOwn(env: NodeJS.ProcessEnv, paths: SandboxPaths): NodeJS.ProcessEnv {
  return env["TF_CLI_CONFIG_FILE"] === paths.cliConfig() ? { ...env, TF_CLI_CONFIG_FILE: undefined } : env;
}

/** The environment of the sandbox's own child processes. */
export function applied({ set, unset }: EnvironmentChange, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !unset.includes(name));
  return { ...Object.fromEntries(kept), ...set, TF_IN_AUTOMATION: "1", TF_INPUT: "0" };
}

/** Lines for `eval` in a POSIX shell. */
export function shellLines({ set, unset }: EnvironmentChange): string {
  return [
    `unset ${unset.join(" ")}`,
    ...Object.entries(set).map(([name, value]) => `export ${name}=${shellWord(value)}`),
    "",
  ].join("\n");
}
