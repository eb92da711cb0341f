import { GLOBAL, stackOwner } from "../../../config/names";
import { cdktf } from "../../../constructs/shared/observability/command";
import type { ProgramFacts } from "../../../stacks/program-facts";
import { rollingUpdateNotice } from "../../kops/rolling-update";
import { databaseRestartNotice } from "../../terraform/database-restart";
import type { PlannedChange } from "../../terraform/events";
import type { PlannedResource } from "../planned-action";
import { isShownMap, SENSITIVE, shownAt, shownChange, shownText, UNKNOWN, written, type Shown } from "../shown-value";

/** What people must know of a stack's plan beside its changes: first a line, then what it is about. */
export function notices(
  stack: string,
  resources: readonly PlannedResource[],
  facts: { readonly base?: ProgramFacts; readonly head: ProgramFacts },
): readonly string[] {
  const changes = resources.map(toPlannedChange);
  const found = [
    stack === GLOBAL && resources.length > 0
      ? `Only a person may apply it: CI has no role for that (docs/decisions/0007-ci-plans-global-people-apply-it.md). After the merge: ${cdktf("deploy", GLOBAL).command}`
      : undefined,
    ...kubernetesUpgrades(stack, facts),
    rollingUpdateNotice(changes),
    databaseRestartNotice(changes),
    staticParameters(resources),
  ];
  return found.filter((one): one is string => one !== undefined);
}

/** A change as the notices read it: without what nobody may see. */
function toPlannedChange({ action, resource }: PlannedResource): PlannedChange {
  const { before, after } = shownChange(resource.change);
  return { address: resource.address, action, before: told(before), after: told(after) };
}

function told(values: Shown | undefined): PlannedChange["before"] {
  if (!isShownMap(values)) return undefined;
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      value === UNKNOWN || value === SENSITIVE ? shownText(value) : typeof value === "string" ? written(value) : value,
    ]),
  );
}

/** Clusters whose Kubernetes changes its minor version: control planes come first, and nodes wait. */
function kubernetesUpgrades(
  stack: string,
  { base, head }: { readonly base?: ProgramFacts; readonly head: ProgramFacts },
): readonly string[] {
  const before = new Map(base?.stacks[stack]?.clusters?.map(({ kubernetes, name }) => [name, kubernetes]));
  const environment = stackOwner(stack);
  return (head.stacks[stack]?.clusters ?? []).flatMap(({ kubernetes, name }) => {
    const old = before.get(name);
    if (old === undefined || minorOf(old) === minorOf(kubernetes)) return [];
    return [
      [
        `Kubernetes of ${name} goes from ${old} to ${kubernetes}, in two phases, for no node may be newer than the control planes:`,
        "  1. all but its node groups is applied, and the control planes are replaced one after the other",
        "  2. the rest is applied, and the nodes are replaced group by group",
        `In its order: npx opsdx kops upgrade ${environment} ${name}. Never in one apply.`,
      ].join("\n"),
    ];
  });
}

function minorOf(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}

/** Parameters of databases that take effect with a restart only. */
function staticParameters(resources: readonly PlannedResource[]): string | undefined {
  const lines = resources.flatMap(({ action, resource: { address, change, type } }) => {
    if (type !== "aws_db_parameter_group" || action !== "update") return [];
    const { before, after } = shownChange(change);
    const old = new Map(parametersOf(before).map(({ name, value }) => [name, value]));
    return parametersOf(after)
      .filter(({ method, name, value }) => method === "pending-reboot" && old.get(name) !== value)
      .map(({ name, value }) => `  ${address}: ${name} ${old.get(name) ?? "none"} -> ${value}`);
  });
  if (lines.length === 0) return undefined;
  return [
    `${lines.length === 1 ? "A static parameter of a database waits" : `${lines.length} static parameters of databases wait`} for a reboot, which no apply brings:`,
    ...lines,
  ].join("\n");
}

function parametersOf(group: Shown | undefined): readonly { name: string; value: string; method: string }[] {
  const parameters = shownAt(group, ["parameter"]);
  if (!Array.isArray(parameters)) return [];
  return (parameters as readonly Shown[]).map((one) => {
    const method = shownAt(one, ["apply_method"]);
    return {
      name: shownText(shownAt(one, ["name"])),
      value: shownText(shownAt(one, ["value"])),
      method: typeof method === "string" ? method : "",
    };
  });
}
