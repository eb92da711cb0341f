import { addressesIn, type Block, type ResourceModel, type StackModel } from "../../constructs/shared/policy/model";
import type { ProgramFacts } from "../../stacks/program-facts";
import { categoryOf, type Category, type Kind } from "./kinds";
import { referencesOf, type Reference } from "./references";

/** Where a stack stands in a program. */
export interface StackPlace {
  /** Its name. */
  readonly stack: string;
  /** The environment, or `global`. */
  readonly environment: string;
  /** Its name without the environment. */
  readonly stage: string;
}

/** What is drawn as one: a system, or what of a stack belongs to none. */
export interface Unit {
  /** Path of its construct. */
  readonly path: string;
  /** Where it stands. */
  readonly place: StackPlace;
  /** Its name. */
  readonly name: string;
  /** What it is called in the runbook, and its page there. @default - it is no system */
  readonly system?: { readonly title: string; readonly owner: string; readonly page: string };
  /** What it consists of. */
  readonly resources: readonly ResourceModel[];
  /** What most of it is. */
  readonly category: Category;
}

/** What one unit has to do with another in one way. */
export interface Edge {
  /** Who refers. */
  readonly from: Unit;
  /** To whom. */
  readonly to: Unit;
  /** What it means. */
  readonly kind: Kind;
  /** What backs it; never empty. */
  readonly references: readonly Reference[];
}

/** A reference with the units of its ends; undefined is what belongs to none. */
export interface UnitReference extends Reference {
  /** Who refers. */
  readonly fromUnit: Unit | undefined;
  /** To whom. */
  readonly toUnit: Unit | undefined;
}

/** A program as it is drawn. */
export interface Graph {
  /** Where its stacks stand, in deployment order. */
  readonly places: readonly StackPlace[];
  /** Its systems and parts, in the order of stacks. */
  readonly units: readonly Unit[];
  /** What they have to do with each other. */
  readonly edges: readonly Edge[];
  /** Every reference, those inside a unit included. */
  readonly references: readonly UnitReference[];
}

/** What is called that belongs to no system. */
const REST = "in no system";

/** Parameters that tell readers outside of the program what a stack made. They belong to no system, and would point at all of them. */
const PUBLISHED = "aws_ssm_parameter";

/** Finds units and edges in a program. */
export function programGraph(models: readonly StackModel[], facts: ProgramFacts, places: readonly StackPlace[]): Graph {
  const owners = models.map((model) => unitsOf(model, facts, places));
  const byResource = new Map(owners.flatMap((owner) => [...owner.byResource]));
  const ofResource = (stack: string, address: string): Unit | undefined => byResource.get(`${stack} ${address}`);
  const ofOutput = outputOwners(models, ofResource);
  const references = referencesOf(models).map((reference): UnitReference => {
    const { from, to } = reference;
    return {
      ...reference,
      fromUnit: ofResource(from.stack, from.resource.address),
      toUnit:
        to.resource === undefined
          ? ofOutput.get(`${to.stack} ${to.output?.split(".")[0] ?? ""}`)
          : ofResource(to.stack, to.resource.address),
    };
  });
  const edges = new Map<string, { from: Unit; to: Unit; kind: Kind; references: Reference[] }>();
  for (const reference of references) {
    const { fromUnit: from, kind, toUnit: to } = reference;
    if (from === undefined || to === undefined || from === to) continue;
    const name = `${from.path} ${to.path} ${kind}`;
    const edge = edges.get(name) ?? { from, to, kind, references: [] };
    edges.set(name, edge);
    edge.references.push(reference);
  }
  return { places, units: owners.flatMap(({ units }) => units), edges: [...edges.values()], references };
}

/** Whose the plain data of each output is: the unit's that most of the output comes from. */
function outputOwners(
  models: readonly StackModel[],
  ofResource: (stack: string, address: string) => Unit | undefined,
): ReadonlyMap<string, Unit> {
  const owners = new Map<string, Unit>();
  for (const { name, json } of models) {
    for (const [output, value] of Object.entries((json["output"] ?? {}) as Block)) {
      const counts = new Map<Unit, number>();
      for (const unit of addressesIn(value).flatMap((address) => ofResource(name, address) ?? [])) {
        counts.set(unit, (counts.get(unit) ?? 0) + 1);
      }
      const [most] = [...counts].sort(([, one], [, other]) => other - one);
      if (most !== undefined) owners.set(`${name} ${output}`, most[0]);
    }
  }
  return owners;
}

/** The units of a stack, and whose each resource is. */
function unitsOf(model: StackModel, facts: ProgramFacts, places: readonly StackPlace[]) {
  const place = places.find(({ stack }) => stack === model.name);
  if (place === undefined) throw new Error(`${model.name}: must be a stack of the configuration`);
  const systems = facts.stacks[model.name]?.systems ?? [];
  const members = new Map<string, ResourceModel[]>(systems.map(({ path }) => [path, []]));
  for (const resource of model.resources) {
    const path =
      systemPath(
        resource.path,
        systems.map((system) => system.path),
      ) ?? (resource.type === PUBLISHED ? undefined : `${model.name}/${REST}`);
    if (path !== undefined) members.set(path, [...(members.get(path) ?? []), resource]);
  }
  const byResource: (readonly [string, Unit])[] = [];
  const units = [...members].map(([path, resources]): Unit => {
    const system = systems.find((known) => known.path === path);
    const unit: Unit = {
      path,
      place,
      name: system?.name ?? REST,
      system: system && { title: system.title, owner: system.owner, page: system.page },
      resources,
      category: categoryOf(resources.map(({ type }) => type)),
    };
    byResource.push(...resources.map(({ address }) => [`${model.name} ${address}`, unit] as const));
    return unit;
  });
  return { units, byResource };
}

const isIn = (path: string, ancestor: string): boolean => path === ancestor || path.startsWith(`${ancestor}/`);

/**
 * The system that a construct belongs to: the nearest above it, or the only one beside it below a construct of the same stack. So a cluster's
 * machines belong to the system that describes how it is operated.
 */
function systemPath(path: string, systems: readonly string[]): string | undefined {
  const above = systems.filter((system) => isIn(path, system)).sort((one, other) => other.length - one.length)[0];
  if (above !== undefined) return above;
  const ids = path.split("/");
  for (let depth = ids.length - 1; depth >= 2; depth -= 1) {
    const beside = systems.filter((system) => isIn(system, ids.slice(0, depth).join("/")));
    if (beside.length > 0) return beside.length === 1 ? beside[0] : undefined;
  }
  return undefined;
}
