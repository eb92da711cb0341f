import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Config } from "../../config/load";
import { GLOBAL, stackOwner, stateFile, stateKey } from "../../config/names";
import {
  blocks,
  strings,
  StackModel,
  text,
  type Block,
  type ResourceModel,
} from "../../constructs/shared/policy/model";
import type { BaseStack } from "../../stacks/base-stack";
import { deploymentFor, type Deployment } from "../../stacks/deployment";
import { buildProgram } from "../../stacks/program";
import type { Account } from "./account";

/** A resource that a deployment would make in the account. */
export interface Planned extends ResourceModel {
  /** Name of its stack. */
  readonly stack: string;
  /** Region that it stands in. */
  readonly region: string;
}

/** An argument whose value is written out; empty where only an apply knows it. */
export function literal(value: unknown): string {
  const found = text(value);
  return found.includes("${") ? "" : found;
}

/**
 * What the program declares for an account and its state does not hold: the stacks themselves say it, so there is no list to keep.
 * Roles of CI and people stand in an environment's account, and are declared by `global`.
 *
 * @param owner - name of the environment, or `global`
 * @throws UnansweredError when a state that is there cannot be read
 */
export async function plannedResources(
  config: Config,
  owner: string,
  account: Account,
  env: NodeJS.ProcessEnv,
): Promise<readonly Planned[]> {
  const deployment = deploymentFor(config.global, env);
  const stacks = buildProgram(config, deployment).stacks.filter(
    ({ node: { id } }) => id === GLOBAL || id.startsWith(`${owner}-`),
  );
  return notApplied(stacks, deployment, account);
}

/**
 * What stacks declare for an account and their states do not hold.
 * @throws UnansweredError when a state that is there cannot be read
 */
export async function notApplied(
  stacks: readonly BaseStack[],
  deployment: Deployment,
  account: Account,
): Promise<readonly Planned[]> {
  const planned = await Promise.all(
    stacks.map(async (stack) => {
      const here = declaredIn(stack, account);
      const applied =
        here.length === 0 ? new Set<string>() : await appliedAddresses(deployment, stack.node.id, account);
      return here.filter(({ address }) => !applied.has(address));
    }),
  );
  return planned.flat();
}

/** The resources of a stack whose provider works in the account. */
export function declaredIn(stack: BaseStack, { id }: Pick<Account, "id">): readonly Planned[] {
  const json = stack.toTerraform();
  const providers = new Map(
    blocks((json["provider"] ?? {}) as Block, "aws").map((provider) => [
      typeof provider["alias"] === "string" ? `aws.${provider["alias"]}` : "aws",
      { accounts: strings(provider["allowed_account_ids"]), region: text(provider["region"]) },
    ]),
  );
  return new StackModel(stack.node.id, json).resources.flatMap((resource) => {
    const provider = providers.get(text(resource.body["provider"]) || "aws");
    return resource.type.startsWith("aws_") && provider?.accounts.includes(id) === true
      ? [{ ...resource, stack: stack.node.id, region: provider.region }]
      : [];
  });
}

interface State {
  readonly resources?: readonly { readonly mode: string; readonly type: string; readonly name: string }[];
}

/** Addresses that a stack's state holds: what is there already is no obstacle. */
async function appliedAddresses(deployment: Deployment, stack: string, account: Account): Promise<ReadonlySet<string>> {
  const { resources = [] } = (await stateOf(deployment, stack, account)) ?? {};
  return new Set(resources.filter(({ mode }) => mode === "managed").map(({ type, name }) => `${type}.${name}`));
}

async function stateOf(deployment: Deployment, stack: string, account: Account): Promise<State | undefined> {
  if (deployment.kind === "sandbox") {
    const file = path.join(deployment.stateDirectory, stateFile(stack));
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as State) : undefined;
  }
  const { region } = deployment.stateAccount;
  return (await account.ask(
    ["s3", "cp", `s3://${deployment.stateBucket}/${stateKey(stackOwner(stack), stack)}`, "-"],
    region,
  )) as State | undefined;
}
