import { readFileSync } from "node:fs";
import path from "node:path";
import { findFaults } from "../../config/load";
import { StackModel } from "../../constructs/shared/policy/model";
import { setAt, type Loose } from "../config/support";
import { changesOf, typesOf } from "./changes";
import { build, edited, type Built, type Edits } from "./support";

const RECIPE = readFileSync(path.join(__dirname, "../../docs/recipes/change-a-size.md"), "utf8");
const GROUPS = ["dev", "clusters", "k8s", "nodeGroups"];
const DB = ["dev", "databases", "db"];

/** The group that the recipe shows. */
const SPOT = {
  machineType: "m6i.xlarge",
  minSize: 1,
  maxSize: 4,
  labels: { opsdx_nodegroup: "spot" },
  taints: ["opsdx_nodegroup=spot:NoSchedule"],
  mixedInstances: {
    machineTypes: ["m6i.xlarge", "m7i.xlarge", "m5.xlarge"],
    onDemandBase: 0,
    onDemandAboveBasePercent: 0,
  },
};

/** Each row of the recipe's table. */
const EDITS: Readonly<Record<string, Edits>> = {
  "a node group on Spot": [[[...GROUPS, "spot"], SPOT]],
  "a group's machine type": [[[...GROUPS, "etl", "machineType"], "m6i.2xlarge"]],
  "the control plane's machine type": [[["dev", "clusters", "k8s", "controlPlane", "machineType"], "m5.large"]],
  "a cluster's machine image": [[["dev", "clusters", "k8s", "machineImage"], "ami-0fedcba9876543210"]],
  "a database's instance class": [[[...DB, "instanceClass"], "db.r7g.xlarge"]],
  "a database's major version": [
    [[...DB, "engineVersion"], "18"],
    [[...DB, "applyImmediately"], true],
  ],
};

const before = build(edited([]), ["dev"]);
const built = new Map<string, Built>();
/** What an edit makes; each is built once. */
function after(edit: string): Built {
  const known = built.get(edit) ?? build(edited(EDITS[edit] ?? []), ["dev"]);
  built.set(edit, known);
  return known;
}

/** Arguments of a resource that differ, with the value before and after. */
function differences(edit: string, stack: string, address: string): Record<string, readonly [unknown, unknown]> {
  const bodyOf = ({ stacks }: Built): Loose =>
    new StackModel(stack, stacks[stack] ?? {}).resources.find((resource) => resource.address === address)?.body ?? {};
  const [old, now] = [bodyOf(before), bodyOf(after(edit))];
  const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  return Object.fromEntries(
    keys
      .filter((key) => JSON.stringify(old[key]) !== JSON.stringify(now[key]))
      .map((key) => [key, [old[key], now[key]] as const]),
  );
}

/** The only address of a type among those that an edit changes or adds. */
function only(addresses: readonly string[], type: string): string {
  const found = addresses.filter((address) => address.startsWith(`${type}.`));
  expect(found).toHaveLength(1);
  return found[0] ?? "";
}

/** The types that a cell of the table names. */
const named = (cell = ""): string[] => [...cell.matchAll(/`([\w.]+)`/g)].map(([, type = ""]) => type).sort();

describe.each(Object.keys(EDITS))("%s", (edit) => {
  const edits = EDITS[edit] ?? [];

  it("is accepted, and within the policy", () => {
    expect(findFaults(edited(edits))).toEqual([]);
    expect(after(edit).open).toEqual([]);
  });

  it("takes nothing away, and touches what the recipe's table says, in the stacks that it names", () => {
    const touched = Object.keys(before.stacks)
      .map((stack) => ({ stack, ...changesOf(before, after(edit), stack) }))
      .filter((changes) => [changes.added, changes.removed, changes.changed].flat().length > 0);
    const [added, removed, changed] = (["added", "removed", "changed"] as const).map((kind) =>
      touched.flatMap((changes) => changes[kind]),
    ) as [string[], string[], string[]];
    expect(removed).toEqual([]);
    const row = RECIPE.split("\n").find((line) => line.startsWith(`| ${edit} `));
    const [, , file, fresh, other] = row?.split("|") ?? [];
    expect(named(file)).toEqual(touched.map(({ stack }) => stack.replace("dev-", "")).sort());
    // A local of the sandbox's and of unrendered clusters' plans is nothing in AWS.
    expect(named(fresh)).toEqual(typesOf(added.filter((address) => !address.startsWith("locals."))));
    expect(named(other)).toEqual(typesOf(changed));
  });
});

it("the new group is on Spot, and the recipe shows it", () => {
  const group = only(changesOf(before, after("a node group on Spot"), "dev-stage2").added, "aws_autoscaling_group");
  const { mixed_instances_policy: policy } = differences("a node group on Spot", "dev-stage2", group);
  expect(policy?.[1]).toMatchObject({
    instances_distribution: { on_demand_base_capacity: 0, on_demand_percentage_above_base_capacity: 0 },
    launch_template: { override: SPOT.mixedInstances.machineTypes.map((type) => ({ instance_type: type })) },
  });
  for (const type of SPOT.mixedInstances.machineTypes) expect(RECIPE).toContain(`"${type}"`);
  for (const line of ["minSize: 1, maxSize: 4", "onDemandBase: 0, onDemandAboveBasePercent: 0", ...SPOT.taints]) {
    expect(RECIPE).toContain(line);
  }
});

it("another machine type is a new version of the group's launch template, and nothing else", () => {
  const { changed } = changesOf(before, after("a group's machine type"), "dev-stage2");
  const template = only(changed, "aws_launch_template");
  expect(differences("a group's machine type", "dev-stage2", template)).toEqual({
    instance_type: ["m6i.xlarge", "m6i.2xlarge"],
  });
});

it.each([
  ["the control plane's machine type", 3],
  // The five groups of nodes, too.
  ["a cluster's machine image", 8],
])("%s touches launch templates of %d groups", (edit, groups) => {
  const { changed } = changesOf(before, after(edit), "dev-stage2");
  expect(changed).toHaveLength(groups);
});

it("another instance class waits for the window, and resizes the alarms", () => {
  const edit = "a database's instance class";
  const { changed } = changesOf(before, after(edit), "dev-stage1");
  const instance = only(changed, "aws_db_instance");
  expect(differences(edit, "dev-stage1", instance)).toEqual({ instance_class: ["db.m7g.large", "db.r7g.xlarge"] });
  expect(new StackModel("", after(edit).stacks["dev-stage1"] ?? {}).resources).toContainEqual(
    expect.objectContaining({
      address: instance,
      body: expect.objectContaining({ apply_immediately: false }) as Loose,
    }),
  );
  const load = changed.find((address) => address.includes("LoadHigh")) ?? "";
  expect(differences(edit, "dev-stage1", load)["threshold"]).toEqual([2, 4]);
});

it("another major version stands on a parameter group made before the old one goes, and is applied at once", () => {
  const edit = "a database's major version";
  const { changed } = changesOf(before, after(edit), "dev-stage1");
  const [group, instance] = [only(changed, "aws_db_parameter_group"), only(changed, "aws_db_instance")];
  expect(differences(edit, "dev-stage1", group)).toEqual({
    family: ["postgres17", "postgres18"],
    name_prefix: ["opsdx-dev-db-postgres17-", "opsdx-dev-db-postgres18-"],
  });
  expect(differences(edit, "dev-stage1", instance)).toEqual({
    engine_version: ["17", "18"],
    apply_immediately: [false, true],
  });
  const model = new StackModel("", after(edit).stacks["dev-stage1"] ?? {});
  const bodyOf = (address: string) => model.resources.find((resource) => resource.address === address)?.body;
  expect(bodyOf(group)).toMatchObject({ lifecycle: { create_before_destroy: true } });
  expect(bodyOf(instance)).toMatchObject({
    allow_major_version_upgrade: true,
    parameter_group_name: `\${${group}.name}`,
    lifecycle: { prevent_destroy: true },
  });
});

it("nodes of another architecture are refused with the reason", () => {
  const input = edited([]);
  setAt(input.environments["dev"] as Loose, ["clusters", "k8s", "nodeGroups", "etl", "machineType"], "m7g.xlarge");
  const [fault] = findFaults(input).filter(({ fault: { path: place } }) => place.at(-1) === "machineType");
  expect(fault?.fault.rule).toMatch(/^must be an x86_64 type .* every machineImage is x86_64/);
});
