import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Children } from "../terraform/children";
import type { ManifestStack } from "../terraform/manifest";
import { leadsTerraformAstray } from "../terraform/stray";
import { usableTerraform } from "../terraform/version";
import { runStep } from "./steps";
import { EXIT_TARGET } from "./target";

/** Where Terraform's providers come from. */
const REGISTRY = "https://registry.terraform.io/.well-known/terraform.json";
/** How long the registry may take to answer. */
const REGISTRY_MS = 10_000;

/** What came of the newest provider: how many stacks it accepts, or why nobody asked it. */
export type NextProvider =
  { readonly stacks: number; readonly seconds: number; readonly skipped?: undefined } | { readonly skipped: string };

/** Settings of {@link validateWithNextProvider}. */
export interface NextProviderProps {
  /** Synthesized stacks. */
  readonly stacks: readonly ManifestStack[];
  /** Folder for copies of them; goes with the rehearsal. */
  readonly folder: string;
  /** Environment of Terraform. */
  readonly env: NodeJS.ProcessEnv;
  /** Where processes are started. */
  readonly children: Children;
  /** Whether the registry answers. @default - it is asked */
  readonly reach?: () => Promise<string | undefined>;
}

/**
 * Lets the newest AWS provider read every stack: `terraform validate`, which asks no account. It needs the registry, and is skipped where there
 * is none.
 * @throws CommandError when the provider refuses a stack, with its words
 */
export async function validateWithNextProvider(props: NextProviderProps): Promise<NextProvider> {
  const { children, folder, reach = registryFault, stacks } = props;
  const env = Object.fromEntries(Object.entries(props.env).filter(([name]) => !leadsTerraformAstray(name)));
  const { problem } = await usableTerraform(env);
  if (problem !== undefined) return { skipped: problem };
  const fault = await reach();
  if (fault !== undefined) return { skipped: fault };
  const begun = performance.now();
  mkdirSync(folder, { recursive: true });
  // Nobody's mirror: it holds the versions that are used now.
  const settings = path.join(folder, "terraformrc");
  writeFileSync(settings, "");
  const cache = path.join(folder, "plugins");
  mkdirSync(cache);
  for (const { directory, name } of stacks) {
    const copy = path.join(folder, name);
    mkdirSync(copy);
    const text = readFileSync(path.join(directory, "cdk.tf.json"), "utf8");
    writeFileSync(path.join(copy, "cdk.tf.json"), JSON.stringify(withNextProvider(JSON.parse(text) as Synthesized)));
    const step = {
      file: "terraform",
      cwd: copy,
      logs: folder,
      env: { ...env, TF_CLI_CONFIG_FILE: settings, TF_PLUGIN_CACHE_DIR: cache, CHECKPOINT_DISABLE: "1" },
      minutes: 15,
    };
    const init = ["init", "-backend=false", "-input=false", "-no-color"];
    await runStep(children, { ...step, what: `providers of ${name}`, args: init });
    await runStep(children, { ...step, what: `aws provider on ${name}`, args: ["validate", "-no-color"] });
  }
  return { stacks: stacks.length, seconds: (performance.now() - begun) / 1000 };
}

interface Synthesized {
  readonly terraform: { readonly required_providers: Readonly<Record<string, object>> };
}

/** A stack that asks for the newest AWS provider, and has its code beside it nowhere. */
function withNextProvider(stack: Synthesized): object {
  const { required_providers: providers } = stack.terraform;
  const aws = { ...providers["aws"], version: EXIT_TARGET.awsProvider };
  return { ...stack, terraform: { ...stack.terraform, required_providers: { ...providers, aws } } };
}

/** Why the registry cannot be asked; undefined when it can. */
async function registryFault(): Promise<string | undefined> {
  try {
    const { ok, status } = await fetch(REGISTRY, { signal: AbortSignal.timeout(REGISTRY_MS) });
    return ok ? undefined : `Terraform's registry answers ${status}`;
  } catch (error) {
    const { cause, message } = error as Error;
    return `Terraform's registry is not reached from here (${cause instanceof Error ? cause.message : message})`;
  }
}
