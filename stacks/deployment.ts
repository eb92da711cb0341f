import path from "node:path";
import type { GlobalConfig } from "../config/schema/global";
import { runningSandbox } from "./sandbox/running-sandbox";

/** Name of Terraform's dependency lock file: https://developer.hashicorp.com/terraform/language/files/dependency-lock */
export const LOCK_FILE = ".terraform.lock.hcl";
/** The project's lock file of providers. */
export const PROJECT_LOCK = path.resolve(__dirname, "..", LOCK_FILE);

/** Where state lives and which endpoints Terraform talks to. */
export type Deployment =
  | {
      /** Real accounts: state in the state bucket, credentials from the environment. */
      readonly kind: "cloud";
      /** Name of the state bucket. */
      readonly stateBucket: string;
      /** Account and region of the state bucket. */
      readonly stateAccount: { readonly id: string; readonly region: string };
      /** Path of the lock file that is laid beside each stack; need not exist. @default - none is laid */
      readonly providerLock?: string;
      /**
       * Whether the synth is for a plan, which names what must not be deployed, such as a boot payload of another configuration, where
       * any other synth refuses it.
       * @default false
       */
      readonly planning?: boolean;
    }
  | {
      /** The embedded emulator: local state, one credentials profile per account, no calls outside. */
      readonly kind: "sandbox";
      /** Absolute path of the folder that holds state files. */
      readonly stateDirectory: string;
      /** The emulator: its address, and the files with a credentials profile per account. */
      readonly emulator: SandboxEmulator;
      /** Local clusters, and what Terraform can reach them with. @default - none: what runs on clusters is left out */
      readonly clusters?: SandboxClusters;
      /** Path of the lock file that is laid beside each stack; need not exist. @default - none is laid */
      readonly providerLock?: string;
    };

/** The emulator of a sandbox, as the AWS provider is told of it. */
export interface SandboxEmulator {
  /** Its address, on this machine. */
  readonly endpoint: string;
  /** Absolute path of the AWS configuration file. */
  readonly configFile: string;
  /** Absolute path of the AWS credentials file. */
  readonly credentialsFile: string;
}

/** The clusters of a sandbox. */
export interface SandboxClusters {
  /** Absolute path of the folder that holds `<full name>/admin.kubeconfig` of each. */
  readonly directory: string;
  /** Providers that Terraform can find. */
  readonly providers: readonly ("kubernetes" | "helm")[];
  /** Absolute path of a folder with charts, `<chart>-<version>.tgz`. @default - charts come from their repositories */
  readonly charts?: string;
}

/** Version of the AWS provider: the only one that ever planned this program (docs/decisions/0019-exact-provider-versions.md). */
export const AWS_PROVIDER_VERSION = "= 5.100.0";
/** Version of the Kubernetes provider, likewise. */
export const KUBERNETES_PROVIDER_VERSION = "= 2.38.0";
/** Version of the Helm provider, likewise. */
export const HELM_PROVIDER_VERSION = "= 3.1.2";

/** Versions of all providers of the program by their source. */
export const PROVIDER_VERSIONS: Readonly<Record<string, string>> = {
  "hashicorp/aws": AWS_PROVIDER_VERSION,
  "hashicorp/kubernetes": KUBERNETES_PROVIDER_VERSION,
  "hashicorp/helm": HELM_PROVIDER_VERSION,
};

/** Alias of the key that encrypts the state bucket. */
export const STATE_KEY_ALIAS = "opsdx-terraform-state";

/**
 * Chooses the deployment: the sandbox when `OPSDX_SANDBOX` names its folder, the cloud otherwise. `OPSDX_SANDBOX_PROVIDERS` lists
 * the cluster providers when the sandbox has clusters, `OPSDX_SANDBOX_CHARTS` a folder of charts, `OPSDX_PROVIDER_LOCK` another lock
 * file than the project's, `OPSDX_PLANNING=1` is what `opsdx plan` synthesizes with. The only place that reads the process environment at synth.
 *
 * @throws SandboxDownError when the sandbox is named and does not run: it never falls through to an account
 */
export function deploymentFor(global: GlobalConfig, env: NodeJS.ProcessEnv = process.env): Deployment {
  const sandbox = runningSandbox(env);
  const ownLock = env["OPSDX_PROVIDER_LOCK"] ?? "";
  const providerLock = ownLock === "" ? PROJECT_LOCK : path.resolve(ownLock);
  if (sandbox === undefined) {
    return {
      kind: "cloud",
      stateBucket: global.buckets.terraformState,
      stateAccount: global.account,
      providerLock,
      planning: env["OPSDX_PLANNING"] === "1" ? true : undefined,
    };
  }
  const { paths, endpoint } = sandbox;
  const named = (env["OPSDX_SANDBOX_PROVIDERS"] ?? "").split(",");
  const providers = (["kubernetes", "helm"] as const).filter((provider) => named.includes(provider));
  const charts = env["OPSDX_SANDBOX_CHARTS"] ?? "";
  return {
    kind: "sandbox",
    stateDirectory: paths.state(),
    emulator: { endpoint, configFile: paths.awsConfig(), credentialsFile: paths.awsCredentials() },
    clusters:
      providers.length === 0
        ? undefined
        : { directory: paths.clusters(), providers, charts: charts === "" ? undefined : path.resolve(charts) },
    // Who names a mirror of their own may have built what it holds: another checksum than the publisher's.
    providerLock: ownLock === "" && (env["OPSDX_PROVIDER_MIRROR"] ?? "") !== "" ? undefined : providerLock,
  };
}
