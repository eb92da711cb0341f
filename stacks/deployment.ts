import path from "node:path";
import type { GlobalConfig } from "../config/schema/global";

/** Where state lives and which endpoints Terraform talks to. */
export type Deployment =
  | {
      /** Real accounts: state in the state bucket, credentials from the environment. */
      readonly kind: "cloud";
      /** Name of the state bucket. */
      readonly stateBucket: string;
      /** Account and region of the state bucket. */
      readonly stateAccount: { readonly id: string; readonly region: string };
    }
  | {
      /** The embedded emulator: local state, one credentials profile per account, no calls outside. */
      readonly kind: "sandbox";
      /** Absolute path of the folder that holds state files. */
      readonly stateDirectory: string;
    };

/** Versions of the AWS provider whose schema the bindings and the plans agree on (docs/decisions/0002-provider-range.md). */
export const AWS_PROVIDER_VERSION = ">= 5.100.0, < 7.0.0";

/** Alias of the key that encrypts the state bucket. */
export const STATE_KEY_ALIAS = "opsdx-terraform-state";

/**
 * Chooses the deployment: the sandbox when `OPSDX_SANDBOX` names its folder, the cloud otherwise. The only place that reads
 * the process environment at synth.
 */
export function deploymentFor(global: GlobalConfig, env: NodeJS.ProcessEnv = process.env): Deployment {
  const sandbox = env["OPSDX_SANDBOX"];
  return sandbox === undefined || sandbox === ""
    ? { kind: "cloud", stateBucket: global.buckets.terraformState, stateAccount: global.account }
    : { kind: "sandbox", stateDirectory: path.resolve(sandbox, "state") };
}
