import { copyFileSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { LOCK_FILE } from "../../stacks/deployment";
import { leftOutOf } from "../../stacks/sandbox/within-emulator-limits";
import { NO_PAYLOAD } from "../../stacks/stage2-stack";
import { withoutResources } from "../../stacks/without-resources";
import { writeWhole } from "../files";
import { standsOn, type UnreachedCluster } from "./clusters";
import type { NotPlanned } from "./stack-plan";
import type { TerraformState } from "./state";

type Json = Record<string, unknown>;
type Body = Readonly<Record<string, unknown>>;
type Blocks = Readonly<Record<string, Readonly<Record<string, Body>>>>;

/** A stack's Terraform JSON made plannable, and what of it is not planned. */
export interface Plannable {
  /** The JSON. */
  readonly json: Json;
  /** What is not in it. */
  readonly notPlanned: readonly NotPlanned[];
}

/** Without what stands on clusters that are not reached. */
export function withoutClusters(json: Json, unreached: readonly UnreachedCluster[]): Plannable {
  if (unreached.length === 0) return { json, notPlanned: [] };
  const names = unreached.map(({ cluster }) => cluster);
  const providers = new Map<string, string>();
  const { dropped, json: rest } = withoutResources(
    json,
    ({ address, body }) => {
      const { provider } = body;
      if (!standsOn(provider, names)) return undefined;
      const cluster = String(provider).split(".").at(-1) ?? "";
      providers.set(address, cluster);
      return `stands on ${cluster}`;
    },
    "not-planned",
  );
  const used = new Set(Object.keys((rest["resource"] ?? {}) as Blocks).map((type) => type.split("_")[0]));
  const needed = (blocks: unknown): Json =>
    Object.fromEntries(
      Object.entries((blocks ?? {}) as Json).filter(([name]) => used.has(name) || !/^(kubernetes|helm)$/.test(name)),
    );
  const terraform = (rest["terraform"] ?? {}) as Json;
  return {
    json: {
      ...rest,
      provider: needed(rest["provider"]),
      terraform: { ...terraform, required_providers: needed(terraform["required_providers"]) },
    },
    notPlanned: unreached.flatMap(({ cluster, reason }) => {
      const addresses = [...dropped.keys()].filter((address) => providers.get(address) === cluster);
      return addresses.length === 0
        ? []
        : [{ what: `${addresses.length} Kubernetes objects of ${cluster}`, reason, addresses }];
    }),
  };
}

/** What a sandbox's synth has left out already. */
export function leftOutOfSandbox(json: Json): readonly NotPlanned[] {
  const addresses = leftOutOf(json).flatMap(({ address, argument }) => (argument === undefined ? [address] : []));
  if (addresses.length === 0) return [];
  const reason =
    "the emulator lacks what they need, and so may the clusters: `npx opsdx sandbox up` lists each with its reason";
  return [{ what: `${addresses.length} resources that the sandbox leaves out`, reason, addresses }];
}

/** A state without what stands on clusters that are not reached: it would be destroyed, and needs the cluster to be read. */
export function stateWithoutClusters(state: TerraformState, unreached: readonly UnreachedCluster[]): TerraformState {
  const names = unreached.map(({ cluster }) => cluster);
  return { ...state, resources: state.resources?.filter(({ provider }) => !standsOn(provider, names)) };
}

/**
 * With what a plan would stop at taken away: `prevent_destroy`, so that the plan shows what would be destroyed, and the refusal of
 * clusters without a boot payload that fits.
 */
export function withoutRefusals(json: Json): Plannable {
  const refused = new Map<string, string[]>();
  const resources = Object.entries((json["resource"] ?? {}) as Blocks).map(([type, instances]) => [
    type,
    Object.fromEntries(
      Object.entries(instances).map(([name, body]) => {
        const { precondition, ...lifecycle } = without((body["lifecycle"] ?? {}) as Json, "prevent_destroy");
        const [message] = ((precondition ?? []) as readonly { error_message: string }[]).map(
          (one) => one.error_message,
        );
        const isRefused = type === "aws_launch_template" && message !== undefined;
        if (isRefused) refused.set(message, [...(refused.get(message) ?? []), `${type}.${name}`]);
        const kept = {
          ...lifecycle,
          ...(isRefused ? { ignore_changes: ["user_data"] } : precondition === undefined ? {} : { precondition }),
        };
        const others = without(body, "lifecycle");
        return [name, Object.keys(kept).length === 0 ? others : { ...others, lifecycle: kept }];
      }),
    ),
  ]);
  return {
    json: "resource" in json ? { ...json, resource: Object.fromEntries(resources) as Json } : json,
    notPlanned: [...refused].map(([message, addresses]) => ({
      what: `what ${addresses.length} launch templates boot their nodes with`,
      reason: message,
      addresses,
      // A cluster that was never rendered is new; any other would boot what nobody has seen.
      fails: !message.includes(NO_PAYLOAD),
    })),
  };
}

function without(body: Body, name: string): Json {
  return Object.fromEntries(Object.entries(body).filter(([key]) => key !== name));
}

/** What makes the AWS provider ask nobody: for a stack whose account these credentials are not of. */
const ASKS_NOBODY = {
  access_key: "none",
  secret_key: "none",
  skip_credentials_validation: true,
  skip_metadata_api_check: "true",
  skip_region_validation: true,
  skip_requesting_account_id: true,
};

/** With providers that ask no account, for a plan of what the state alone tells. */
export function offline(json: Json): Json {
  const { aws = [], ...others } = (json["provider"] ?? {}) as Record<string, readonly Body[]>;
  const quiet = aws.map(({ alias, default_tags: tags, region }) => ({
    alias,
    region,
    default_tags: tags,
    ...ASKS_NOBODY,
  }));
  return { ...json, provider: { ...others, aws: quiet } };
}

/** Settings of {@link writeStackCopy}. */
export interface StackCopyProps {
  /** Folder of the synthesized stack. */
  readonly directory: string;
  /** What is planned of it. */
  readonly json: Json;
  /** Its state. @default - it was never applied */
  readonly state?: TerraformState;
  /** Folder that gets the copy. */
  readonly folder: string;
}

/** Lays out a copy of a stack that works on a copy of its state: whatever becomes of it, it cannot be applied. */
export function writeStackCopy({ directory, json, state, folder }: StackCopyProps): void {
  mkdirSync(folder, { recursive: true });
  // Not `terraform.tfstate`: init takes a file of that name for a state to move elsewhere, and empties it.
  const file = path.join(folder, "copy.tfstate");
  // A state holds what is sensitive in the open.
  if (state !== undefined) writeWhole(file, JSON.stringify(state), 0o600);
  const terraform = { ...(json["terraform"] as Json | undefined), backend: { local: { path: file } } };
  writeWhole(path.join(folder, "cdk.tf.json"), JSON.stringify({ ...json, terraform }), 0o600);
  if (existsSync(path.join(directory, "assets"))) {
    symlinkSync(path.join(directory, "assets"), path.join(folder, "assets"));
  }
  const lock = path.join(directory, LOCK_FILE);
  if (existsSync(lock)) copyFileSync(lock, path.join(folder, LOCK_FILE));
}
