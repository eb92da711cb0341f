import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Planner } from "../../../tools/plan/planner";
import type { StackChange, StackPlan } from "../../../tools/plan/stack-plan";
import { readStackState, type Backend, type StackState } from "../../../tools/plan/state";
import { Children } from "../../../tools/terraform/children";
import { appliedThing } from "./applied";
import { changesOf, surprises } from "./shape";

type Json = Record<string, unknown>;

/** Stacks that need no provider but Terraform's own, each reading the one before: network, cluster, service. */
const stateFolder = mkdtempSync(path.join(tmpdir(), "states-"));
const reading = (name: string) => ({ backend: "local", config: { path: path.join(stateFolder, `${name}.tfstate`) } });
const thing = (name: string, input: unknown): Json => ({ terraform_data: { [name]: { input } } });
const network = (input = "10.0.0.0/16"): Json => ({
  resource: thing("Vpc", input),
  output: { core: { value: { vpcId: "${terraform_data.Vpc.id}", cidr: "${terraform_data.Vpc.output}" } } },
});
const cluster: Json = {
  data: { terraform_remote_state: { Network: reading("dev-stage1") } },
  resource: thing("Cluster", "in ${data.terraform_remote_state.Network.outputs.core.vpcId}"),
  output: { k8s: { value: { id: "${terraform_data.Cluster.id}", name: "k8s" } } },
};
const service: Json = {
  data: { terraform_remote_state: { Network: reading("dev-stage1"), Cluster: reading("dev-stage2") } },
  resource: {
    terraform_data: {
      Service: { input: "on ${data.terraform_remote_state.Cluster.outputs.k8s.name}" },
      Role: { input: ["${data.terraform_remote_state.Cluster.outputs.k8s.id}", "fixed"] },
    },
  },
};

interface Program {
  readonly stacks: Readonly<Record<string, Json>>;
  readonly changes: Readonly<Record<string, StackChange>>;
  readonly states?: Readonly<Record<string, StackState>>;
}

/** Plans stage1 to stage3 with a real Terraform. */
async function plan({ changes, stacks, states = {} }: Program, names = Object.keys(stacks)) {
  const folder = mkdtempSync(path.join(tmpdir(), "planner-"));
  const done: string[] = [];
  for (const [name, { state }] of Object.entries(states)) {
    writeFileSync(path.join(stateFolder, `${name}.tfstate`), JSON.stringify(state));
  }
  const planner = new Planner({
    stacks: Object.entries(stacks).map(([name, json]) => {
      const directory = path.join(folder, "synthesized", name);
      mkdirSync(directory, { recursive: true });
      const terraform = { backend: { local: { path: `/state/${name}.tfstate` } } };
      writeFileSync(path.join(directory, "cdk.tf.json"), JSON.stringify({ terraform, ...json }));
      const order = Object.keys(stacks);
      return { name, directory, dependencies: order.slice(0, order.indexOf(name)) };
    }),
    differences: Object.entries(changes).map(([stack, change]) => ({
      stack,
      change,
      added: [],
      removed: [],
      altered: [],
    })),
    folder,
    env: process.env,
    children: new Children(),
    readState: ({ local }: Backend) => Promise.resolve(states[path.basename(local?.path ?? "", ".tfstate")] ?? {}),
    isOffline: () => true,
    progress: () => () => undefined,
    done: ({ outcome, stack }) => done.push(`${stack} ${outcome.kind}`),
  });
  const plans = await planner.plan(names);
  const of = (name: string): StackPlan => {
    const found = plans.find(({ stack }) => stack === name);
    if (found === undefined) throw new Error(`no plan of ${name}`);
    return found;
  };
  return { plans, of, done };
}

/** What a plan does, by address; the value after of what is known. */
function actions({ outcome }: StackPlan): Readonly<Record<string, string>> {
  if (outcome.kind !== "planned") throw new Error(`${outcome.kind}: ${JSON.stringify(outcome)}`);
  return Object.fromEntries(
    (outcome.plan.resource_changes ?? []).map(({ address, change }) => [address, change.actions.join("+")]),
  );
}

const applied = (name: string, id: string, input: string, outputs: object): StackState => ({
  state: {
    version: 4,
    terraform_version: "1.10.0",
    serial: 1,
    lineage: "11111111-1111-1111-1111-111111111111",
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([key, value]) => [
        key,
        {
          value: value as unknown,
          type: ["object", Object.fromEntries(Object.keys(value as object).map((k) => [k, "string"]))],
        },
      ]),
    ),
    resources: [appliedThing(name, id, input)],
  } as object,
});
const appliedNetwork = applied("Vpc", "vpc-1", "10.0.0.0/16", { core: { vpcId: "vpc-1", cidr: "10.0.0.0/16" } });
const appliedCluster = applied("Cluster", "cluster-1", "in vpc-1", { k8s: { id: "cluster-1", name: "k8s" } });
const all = { "dev-stage1": network(), "dev-stage2": cluster, "dev-stage3": service };

describe("Planner", () => {
  it("plans nothing of what does not change", async () => {
    const { plans, done } = await plan({ stacks: all, changes: {} });
    expect(plans.map(({ outcome }) => outcome.kind)).toEqual(["not affected", "not affected", "not affected"]);
    expect(done).toEqual([]);
  });

  it("keeps unknown, all the way down, what an upstream that is not applied will put out", async () => {
    const changes = { "dev-stage1": "new", "dev-stage2": "new", "dev-stage3": "new" } as const;
    const { of } = await plan({ stacks: all, changes });
    expect(actions(of("dev-stage1"))).toEqual({ "terraform_data.Vpc": "create" });
    const { outcome } = of("dev-stage3");
    if (outcome.kind !== "planned") throw new Error(JSON.stringify(outcome));
    const after = Object.fromEntries(
      (outcome.plan.resource_changes ?? []).map(({ address, change }) => [
        address,
        [change.after, change.after_unknown],
      ]),
    );
    expect(Object.keys(after).sort()).toEqual(["terraform_data.Role", "terraform_data.Service"]);
    // What is known of an upstream is known; what is not is no value, whatever its type.
    expect(after["terraform_data.Service"]?.[0]).toMatchObject({ input: "on k8s" });
    expect(after["terraform_data.Role"]?.[1]).toMatchObject({ input: [true, false] });
    expect(outcome.speculation).toEqual({
      attributes: 1,
      resources: 1,
      waitsFor: [{ stack: "dev-stage2", attributes: 1, resources: 1 }],
      waiting: { "terraform_data.Role": { input: ["dev-stage2"] } },
    });
  });

  it("leaves alone what reads no output that changes, and asks nobody about it", async () => {
    const states = { "dev-stage1": appliedNetwork, "dev-stage2": appliedCluster };
    // Another resource, and the same outputs.
    const more = { ...network(), resource: { terraform_data: { Vpc: { input: "10.0.0.0/16" }, More: {} } } };
    const { of, done } = await plan({
      stacks: { ...all, "dev-stage1": more },
      changes: { "dev-stage1": "changed" },
      states,
    });
    expect(actions(of("dev-stage1"))).toEqual({ "terraform_data.More": "create", "terraform_data.Vpc": "no-op" });
    expect(of("dev-stage2").outcome.kind).toBe("not affected");
    expect(done).toEqual(["dev-stage1 planned", "dev-stage2 not affected", "dev-stage3 not affected"]);
  });

  it("plans what reads an output that changes, with the value where it is known", async () => {
    const states = { "dev-stage1": appliedNetwork, "dev-stage2": appliedCluster };
    const wider = {
      ...cluster,
      resource: thing("Cluster", "in ${data.terraform_remote_state.Network.outputs.core.cidr}"),
    };
    const stacks = { ...all, "dev-stage1": network("10.0.0.0/8"), "dev-stage2": wider };
    const { of } = await plan({ stacks, changes: { "dev-stage1": "changed" }, states });
    expect(actions(of("dev-stage1"))).toEqual({ "terraform_data.Vpc": "update" });
    expect(of("dev-stage2")).toMatchObject({ change: "unchanged", outcome: { kind: "planned" } });
    expect(actions(of("dev-stage2"))).toEqual({ "terraform_data.Cluster": "update" });
    expect(of("dev-stage3").outcome.kind).toBe("not affected");
  });

  it("plans an upstream that was never applied, too, when what reads it changes", async () => {
    const { of } = await plan({
      stacks: all,
      changes: { "dev-stage3": "changed" },
      states: { "dev-stage1": appliedNetwork },
    });
    expect(of("dev-stage1").outcome.kind).toBe("not affected");
    expect(of("dev-stage2")).toMatchObject({ change: "unchanged", outcome: { kind: "planned" } });
    expect(of("dev-stage3").outcome).toMatchObject({ speculation: { waitsFor: [{ stack: "dev-stage2" }] } });
  });

  it("plans other environments' stacks for their outputs only", async () => {
    const { plans } = await plan({ stacks: all, changes: { "dev-stage1": "new" } }, ["dev-stage2"]);
    expect(plans.map(({ stack, outcome }) => [stack, outcome.kind])).toEqual([["dev-stage2", "planned"]]);
  });

  it("fails, and plans nothing on top of it, when an upstream cannot be planned", async () => {
    const broken = { ...network(), resource: { terraform_data: { Vpc: { inptu: "typo" } } } };
    const { of } = await plan({ stacks: { ...all, "dev-stage1": broken }, changes: { "dev-stage1": "changed" } });
    expect(of("dev-stage1").outcome).toMatchObject({
      kind: "failed",
      errors: [{ detail: expect.stringContaining("inptu") as string }],
    });
    expect(of("dev-stage2").outcome).toMatchObject({
      kind: "failed",
      errors: [{ summary: "not planned: the plan of dev-stage1 failed, which it reads from" }],
    });
  });

  it("tells who holds the state, and plans without the lock", async () => {
    const lock = { id: "7", who: "ann@host", since: "2026-11-29T03:00:00Z", operation: "OperationTypeApply" };
    const states = { "dev-stage1": { ...appliedNetwork, lock } };
    const { of } = await plan({ stacks: { "dev-stage1": network() }, changes: { "dev-stage1": "changed" }, states });
    expect(of("dev-stage1")).toMatchObject({ lock, outcome: { kind: "planned" } });
  });
});

/** A chain of stacks with states of their own, as an earlier commit and a later one declare them. */
describe("a chain", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "chain-"));
  const names = ["dev-stage1", "dev-stage2", "dev-stage3"];
  const stateOf = (name: string): string => path.join(folder, "states", `${name}.tfstate`);
  const directoryOf = (name: string): string => path.join(folder, "synthesized", name);
  const read = (name: string) => ({ backend: "local", config: { path: stateOf(name) } });

  /** Each thing is made anew when what it stands on is. */
  const synthesize = (version: string): void => {
    const stacks: Readonly<Record<string, Json>> = {
      "dev-stage1": {
        resource: { terraform_data: { Vpc: { input: version, triggers_replace: version } } },
        output: { core: { value: { vpcId: "${terraform_data.Vpc.id}", cidr: "10.0.0.0/16" } } },
      },
      "dev-stage2": {
        data: { terraform_remote_state: { Network: read("dev-stage1") } },
        resource: {
          terraform_data: {
            Cluster: { triggers_replace: "${data.terraform_remote_state.Network.outputs.core.vpcId}" },
            Range: { input: "${data.terraform_remote_state.Network.outputs.core.cidr}" },
          },
        },
        output: { k8s: { value: { ids: ["${terraform_data.Cluster.id}", "fixed"] } } },
      },
      "dev-stage3": {
        data: { terraform_remote_state: { Cluster: read("dev-stage2") } },
        resource: {
          terraform_data: {
            Service: { input: { on: "${data.terraform_remote_state.Cluster.outputs.k8s.ids[0]}", version } },
            Fixed: { input: "${data.terraform_remote_state.Cluster.outputs.k8s.ids[1]}" },
          },
        },
      },
    };
    for (const [name, json] of Object.entries(stacks)) {
      mkdirSync(directoryOf(name), { recursive: true });
      const terraform = { backend: { local: { path: stateOf(name) } } };
      writeFileSync(path.join(directoryOf(name), "cdk.tf.json"), JSON.stringify({ terraform, ...json }));
    }
  };
  const apply = (name: string): void => {
    for (const words of [["init"], ["apply", "-auto-approve"]]) {
      execFileSync("terraform", [...words, "-input=false"], { cwd: directoryOf(name), stdio: "pipe" });
    }
  };
  const planAll = async () => {
    const work = mkdtempSync(path.join(folder, "run-"));
    const plans = await new Planner({
      stacks: names.map((name, at) => ({ name, directory: directoryOf(name), dependencies: names.slice(0, at) })),
      differences: names.map((stack) => ({ stack, change: "changed", added: [], removed: [], altered: [] })),
      folder: work,
      env: process.env,
      children: new Children(),
      readState: (backend) => readStackState(backend, ""),
      isOffline: () => false,
      progress: () => () => undefined,
    }).plan(names);
    return plans.map(({ outcome }) => {
      if (outcome.kind !== "planned") throw new Error(JSON.stringify(outcome));
      return { speculation: outcome.speculation, changes: changesOf(outcome.plan) };
    });
  };

  it("is planned as it will be: each fresh plan is the speculative one with its unknowns filled in", async () => {
    synthesize("one");
    for (const name of names) apply(name);
    synthesize("two");
    const speculative = await planAll();
    expect(speculative.map(({ speculation }) => speculation?.attributes)).toEqual([undefined, 1, 1]);
    expect(speculative[1]?.changes.get("terraform_data.Cluster")).toMatchObject({
      actions: ["delete", "create"],
      replace_paths: [["triggers_replace"]],
    });
    for (const [at, name] of names.entries()) {
      const fresh = (await planAll())[at];
      expect(fresh?.speculation).toBeUndefined();
      expect(surprises(speculative[at]?.changes ?? new Map(), fresh?.changes ?? new Map())).toEqual([]);
      apply(name);
    }
    expect((await planAll()).map(({ changes }) => [...changes.keys()])).toEqual([[], [], []]);
  });

  it("would tell if it were not", async () => {
    synthesize("three");
    const [, , speculative] = await planAll();
    synthesize("four");
    const [, , other] = await planAll();
    expect(surprises(speculative?.changes ?? new Map(), other?.changes ?? new Map())).toEqual([
      "terraform_data.Service",
    ]);
  });
});
