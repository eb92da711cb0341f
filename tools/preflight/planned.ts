import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Config } from "../../config/load";
import { GLOBAL, stackOwner, stateFile, stateKey } from "../../config/names";
import {
  block,
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
  /** What stands beside it. */
  readonly around: Surroundings;
}

/** What stands beside a resource, where that decides whether it can be taken over. */
export interface Surroundings {
  /** All that its stack declares, whether it is made already or not. */
  readonly declared: readonly ResourceModel[];
  /** What the states hold that were read with its stack's. */
  readonly held: readonly Held[];
}

/** A resource that a state holds. */
export interface Held {
  /** Name of the state's stack. */
  readonly stack: string;
  /** Address in it. */
  readonly address: string;
  /** Its type. */
  readonly type: string;
  /** Account that it stands in. @default - its provider is declared no more */
  readonly accountId?: string;
  /** Region that it stands in. @default - its provider is declared no more */
  readonly region?: string;
  /** Its attributes; none where it has no instance. */
  readonly attributes: Readonly<Record<string, unknown>>;
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
  const here = stacks.filter((stack) => worksIn(stack, account));
  return notHeld(here, await heldBy(here, deployment, account), account);
}

/** What stacks declare for an account, without what their states hold. */
export function notHeld(
  stacks: readonly BaseStack[],
  held: readonly Held[],
  account: Pick<Account, "id">,
): readonly Planned[] {
  return stacks.flatMap((stack) => {
    const applied = new Set(held.filter((one) => one.stack === stack.node.id).map(({ address }) => address));
    return declaredIn(stack, account, held).filter(({ address }) => !applied.has(address));
  });
}

/** Whether a stack works in an account, alone or among others. */
export function worksIn(stack: BaseStack, { id }: Pick<Account, "id">): boolean {
  return [...providersOf(stack).values()].some(({ accounts }) => accounts.includes(id));
}

/**
 * What the states of stacks hold.
 * @param account - who is asked for the states
 * @throws UnansweredError when a state that is there cannot be read
 */
export async function heldBy(
  stacks: readonly BaseStack[],
  deployment: Deployment,
  account: Account,
): Promise<readonly Held[]> {
  const held = await Promise.all(
    stacks.map(async (stack): Promise<readonly Held[]> => {
      const providers = providersOf(stack);
      const { resources = [] } = (await stateOf(deployment, stack.node.id, account)) ?? {};
      return resources
        .filter(({ mode }) => mode === "managed")
        .map(({ type, name, provider = "", instances: [{ attributes = {} } = {}] = [] }) => {
          const alias = /\]\.(.+)$/.exec(provider)?.[1];
          const { accounts: [accountId] = [], region } =
            providers.get(alias === undefined ? "aws" : `aws.${alias}`) ?? {};
          return { stack: stack.node.id, address: `${type}.${name}`, type, accountId, region, attributes };
        });
    }),
  );
  return held.flat();
}

/** The resources of a stack whose provider works in the account. */
export function declaredIn(
  stack: BaseStack,
  { id }: Pick<Account, "id">,
  held: readonly Held[] = [],
): readonly Planned[] {
  const providers = providersOf(stack);
  const { resources } = new StackModel(stack.node.id, stack.toTerraform());
  const around = { declared: resources, held };
  return resources.flatMap((resource) => {
    const provider = providers.get(text(resource.body["provider"]) || "aws");
    return resource.type.startsWith("aws_") && provider?.accounts.includes(id) === true
      ? [{ ...resource, stack: stack.node.id, region: provider.region, around }]
      : [];
  });
}

interface Provider {
  readonly accounts: readonly string[];
  readonly region: string;
  /** Role that it takes on to read. @default - none: it works as whoever is signed in */
  readonly roleArn?: string;
}

/** An account that a stack works in, and how. */
export interface Workplace {
  /** Twelve digits. */
  readonly id: string;
  /** Region of the provider. */
  readonly region: string;
  /** Role that the provider takes on there to read. @default - none: in a sandbox each account has a profile */
  readonly roleArn?: string;
}

/** The accounts that a stack works in beside its own, each once. */
export function otherAccounts(stack: BaseStack, own: Pick<Account, "id">): readonly Workplace[] {
  const places = [...providersOf(stack).values()]
    .map(({ accounts: [id = ""], region, roleArn }) => ({ id, region, roleArn }))
    .filter(({ id }) => id !== own.id);
  return [...new Map(places.map((place) => [place.id, place])).values()];
}

/** A stack's providers of AWS, as its resources name them. */
function providersOf(stack: BaseStack): ReadonlyMap<string, Provider> {
  const json = stack.toTerraform();
  const variables = (json["variable"] ?? {}) as Readonly<Record<string, { readonly default?: unknown }>>;
  return new Map(
    blocks((json["provider"] ?? {}) as Block, "aws").map((provider) => {
      const role = text(block(provider, "assume_role")["role_arn"]).replace(/\$\{var\.(\w+)\}/g, (_, name: string) =>
        text(variables[name]?.default),
      );
      return [
        typeof provider["alias"] === "string" ? `aws.${provider["alias"]}` : "aws",
        {
          accounts: strings(provider["allowed_account_ids"]),
          region: text(provider["region"]),
          // Of two, by whether Terraform applies, the last one reads.
          roleArn: role.match(/arn:[^"}]+/g)?.at(-1),
        },
      ];
    }),
  );
}

/** A state as Terraform writes it, as far as it is read here. */
interface State {
  readonly resources?: readonly {
    readonly mode: string;
    readonly type: string;
    readonly name: string;
    readonly provider?: string;
    readonly instances?: readonly { readonly attributes?: Readonly<Record<string, unknown>> }[];
  }[];
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
