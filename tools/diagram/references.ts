import {
  addressesIn,
  blocks,
  type Block,
  type ResourceModel,
  type StackModel,
} from "../../constructs/shared/policy/model";
import { kindOf, type Kind } from "./kinds";

/** A resource of a stack. */
export interface Place {
  /** Name of the stack. */
  readonly stack: string;
  /** The resource. */
  readonly resource: ResourceModel;
}

/** What is referred to: a resource, or plain data that another stack hands on. */
export interface Target {
  /** Name of the stack. */
  readonly stack: string;
  /** The resource. @default - plain data */
  readonly resource?: ResourceModel;
  /** The output that led there, such as `core.vpcId`. @default - the reference stays in its stack */
  readonly output?: string;
}

/** One resource that refers to something. */
export interface Reference {
  /** Who refers. */
  readonly from: Place;
  /** To what. */
  readonly to: Target;
  /** What it means. */
  readonly kind: Kind;
}

/** Every reference of every resource of a program, in the order of its stacks and resources; each pair of ends once. */
export function referencesOf(models: readonly StackModel[]): readonly Reference[] {
  const byAddress = new Map(
    models.map(({ name, resources }) => [name, new Map(resources.map((resource) => [resource.address, resource]))]),
  );
  const targetsIn = (model: StackModel, value: unknown): readonly Target[] => {
    const found = (stack: string, addresses: readonly string[], output?: string): readonly Target[] =>
      addresses.flatMap((address) => {
        const resource = byAddress.get(stack)?.get(address);
        return resource === undefined ? [] : [{ stack, resource, output }];
      });
    const imported = model.imports(value).flatMap(({ stack, output, path, exported }): readonly Target[] => {
      const name = [output, ...path].join(".");
      const resources = found(stack.name, addressesIn(exported), name);
      // Plain data must be there, too: nothing refers to what no stack hands on.
      return resources.length > 0 || exported === undefined ? resources : [{ stack: stack.name, output: name }];
    });
    return once([...found(model.name, addressesIn(value)), ...imported]);
  };
  return models.flatMap((model) => {
    const providers = new Map(providersOf(model).map(([key, settings]) => [key, targetsIn(model, settings)]));
    return model.resources.flatMap((resource): readonly Reference[] => {
      const from = { stack: model.name, resource };
      const { provider, ...body } = resource.body;
      const own = targetsIn(model, body).filter((to) => to.resource !== resource);
      const through = providers.get(typeof provider === "string" ? provider : "") ?? [];
      return [
        ...own.map((to) => ({ from, to, kind: kindOf(resource.type, to.resource?.type) })),
        // The provider talks to what its settings name: a cluster's API.
        ...through.map((to) => ({ from, to, kind: "runs" as const })),
      ];
    });
  });
}

/** The providers of a stack by the name that resources give them, such as `kubernetes.k8s`. */
function providersOf(model: StackModel): readonly (readonly [key: string, settings: Block])[] {
  const byName = (model.json["provider"] ?? {}) as Block;
  return Object.keys(byName).flatMap((name) =>
    blocks(byName, name).flatMap((settings) =>
      typeof settings["alias"] === "string" ? [[`${name}.${settings["alias"]}`, settings] as const] : [],
    ),
  );
}

/** Without what is there already. */
function once(targets: readonly Target[]): readonly Target[] {
  const seen = new Map(
    targets.map((target) => [`${target.stack} ${target.resource?.address ?? target.output ?? ""}`, target]),
  );
  return [...seen.values()];
}
