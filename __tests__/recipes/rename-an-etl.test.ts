import { readFileSync } from "node:fs";
import path from "node:path";
import { findFaults, type ConfigInput } from "../../config/load";
import { StackModel } from "../../constructs/shared/policy/model";
import { addressChanges, movedAddresses, PINNED_ADDRESSES, statefulAddresses } from "../../stacks/stateful-addresses";
import { setAt, validInput, type Loose } from "../config/support";
import { build } from "./support";

const [OLD, NEW] = ["op2dw", "op2warehouse"];
const RECIPE = readFileSync(path.join(__dirname, "../../docs/recipes/rename-an-etl.md"), "utf8");

/** What the recipe adds to the entry. */
const LINES = {
  renamedFrom: OLD,
  functionName: "opsdx-dev-op2dw-etl-lambda",
  logStream: "kubernetes/default/op2dw/dev",
};

/** The project's configuration, with the ETL switched on, so that whatever an ETL has is there. */
function unchanged(): ReturnType<typeof validInput> {
  const input = validInput();
  setAt(input.environments.dev, ["etls", OLD, "enabled"], true);
  return input;
}

/** The same after the recipe's edit of dev: the key changes in its place, and lines are added. */
function renamed(lines: Loose): ConfigInput {
  const input = unchanged();
  const etls = input.environments.dev["etls"] as Record<string, Loose>;
  const entries = Object.entries(etls).map(([name, etl]) => (name === OLD ? [NEW, { ...etl, ...lines }] : [name, etl]));
  input.environments.dev["etls"] = Object.fromEntries(entries) as Loose;
  return input;
}

interface Stack {
  readonly resource: Readonly<Record<string, Readonly<Record<string, Loose>>>>;
  readonly moved?: readonly { readonly from: string; readonly to: string }[];
}

const stage3 = (input: ConfigInput): Stack => build(input, ["dev"]).stacks["dev-stage3"] as unknown as Stack;
const bodiesOf = ({ resource }: Stack): ReadonlyMap<string, Loose> =>
  new Map(
    Object.entries(resource).flatMap(([type, all]) =>
      Object.entries(all).map(([name, body]) => [`${type}.${name}`, body] as const),
    ),
  );
const typeOf = (address: string): string => address.split(".")[0] ?? "";

/** Rows of the recipe's table: types that stay, and types that are made anew. */
const TABLE = [...RECIPE.matchAll(/^\| (?:`(\w+)`)? +\| `(\w+)` +\|$/gm)];
const STAY = new Set(TABLE.flatMap(([, type]) => type ?? []));
const ANEW = new Set(TABLE.flatMap(([, , type]) => type ?? []));

describe("the edit", () => {
  it("is asked for by config check, line by line, and is what the recipe shows", () => {
    const faults = findFaults(renamed({ renamedFrom: OLD })).map(({ fault }) => [fault.path.join("."), fault.nearest]);
    expect(faults).toEqual([
      [`etls.${NEW}.functionName`, LINES.functionName],
      [`etls.${NEW}.logStream`, LINES.logStream],
    ]);
    expect(findFaults(renamed(LINES))).toEqual([]);
    const shown = Object.entries(LINES).map(([setting, value]) => `      ${setting}: ${JSON.stringify(value)},\n`);
    expect(RECIPE).toContain(`    ${NEW}: {\n${shown.join("")}`);
  });
});

describe("the stack after the rename", () => {
  const [was, is] = [stage3(unchanged()), stage3(renamed(LINES))];
  const [before, after] = [bodiesOf(was), bodiesOf(is)];
  const known = new Set(was.moved?.map(({ to }) => to));
  const moved = new Map(is.moved?.flatMap(({ from, to }) => (known.has(to) ? [] : [[from, to] as const])));

  it("has every resource of the ETL moved to its new address, and none at the old one", () => {
    const gone = [...before.keys()].filter((address) => !after.has(address));
    const come = [...after.keys()].filter((address) => !before.has(address));
    expect(gone.length).toBeGreaterThan(20);
    expect(gone.filter((address) => !address.includes(".Etl_Op2dw_"))).toEqual([]);
    expect([...before.keys()].filter((address) => address.includes(".Etl_Op2dw_"))).toEqual(gone);
    expect([...moved.keys()].sort()).toEqual([...gone].sort());
    expect([...moved.values()].sort()).toEqual([...come].sort());
    expect([...moved].filter(([from, to]) => typeOf(from) !== typeOf(to))).toEqual([]);
  });

  it("has lost nothing that is pinned: `opsdx pin` asks for no word", () => {
    const models = [new StackModel("dev-stage3", is as unknown as Loose)];
    const pinned = { "dev-stage3": PINNED_ADDRESSES["dev-stage3"] ?? [] };
    const { added, gone } = addressChanges(statefulAddresses(models), movedAddresses(models), pinned);
    expect(gone).toEqual([]);
    expect(added).toEqual([expect.stringContaining("aws_cloudwatch_log_group.Etl_Op2warehouse_Launcher_LogGroup_")]);
  });

  it("changes of the rest what lists every ETL, in place", () => {
    const changed = [...before].filter(
      ([address, body]) => after.has(address) && JSON.stringify(after.get(address)) !== JSON.stringify(body),
    );
    expect(changed.map(([address]) => address.replace(/_[0-9A-F]{8}$/, "")).sort()).toEqual([
      "aws_cloudwatch_dashboard.Etl_Dashboard",
      "aws_iam_policy.EtlOperators_Policy",
      "aws_iam_policy.Etl_LauncherRole_Policy",
      "aws_lambda_function.Etl_Freshness",
      "aws_ssm_parameter.PublishEtlLauncherArns",
      "helm_release.Prometheus_K8s",
      "kubernetes_config_map_v1.Grafana_BoardEtl",
      "kubernetes_config_map_v1.Grafana_BoardOverview",
    ]);
  });

  it("counts the ETL's freshness under either name", () => {
    const [, look] = [...after].find(([address]) => address.startsWith("aws_lambda_function.Etl_Freshness_")) ?? [];
    expect(JSON.stringify(look?.["environment"])).toContain(
      JSON.stringify(`{"etl":"${NEW}","renamedFrom":"${OLD}"}`).slice(1, -1),
    );
  });

  it("is made of the types that the recipe lists; what is made anew has another name, and is made first", () => {
    const types = new Set([...moved.keys()].map(typeOf));
    expect([...types].sort()).toEqual([...STAY, ...ANEW].sort());
    for (const [from, to] of moved) {
      const [old, own] = [namesIn(before.get(from)), namesIn(after.get(to))];
      expect([to, own.length]).toEqual([to, old.length]);
      if (STAY.has(typeOf(from))) expect(own).toEqual(old);
      else expect(own.filter((name) => old.includes(name))).toEqual([]);
      expect(after.get(to)?.["lifecycle"]).toEqual({ create_before_destroy: true });
    }
  });

  it("asks for its secrets and leaves its reports under the new name, as the recipe says", () => {
    const texts = JSON.stringify([...after].filter(([address]) => address.includes(".Etl_Op2warehouse_")));
    for (const place of ["opsdx/dev/op2warehouse/", "dev/task-graphs/op2warehouse/"]) {
      expect(texts).toContain(place);
      expect(RECIPE).toContain(place);
      expect(texts).not.toContain(place.replace(NEW, OLD));
    }
  });
});

/** What AWS or Kubernetes knows a resource by; references to another's name are left out. */
function namesIn(body: Loose = {}): readonly string[] {
  const metadata = body["metadata"] as Loose | undefined;
  return [body["name"], body["function_name"], body["alarm_name"], metadata?.["name"]].filter(
    (name): name is string => typeof name === "string" && !name.startsWith("${"),
  );
}
