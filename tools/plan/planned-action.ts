import type { ResourceChange, TerraformPlan } from "./terraform-plan";

/** What a plan does to a resource. */
export type PlannedAction = "create" | "update" | "replace" | "delete" | "forget" | "move" | "import";

/** A resource that a plan changes, and how. */
export interface PlannedResource {
  /** What is done to it. */
  readonly action: PlannedAction;
  /** The change as Terraform tells it. */
  readonly resource: ResourceChange;
}

/**
 * What a plan changes, in the order of addresses, whatever order Terraform told it in. Data sources change nothing, and a resource that
 * is only moved or imported is one of them.
 */
export function plannedResources(plan: TerraformPlan): readonly PlannedResource[] {
  return (plan.resource_changes ?? [])
    .filter(({ mode }) => mode !== "data")
    .flatMap((resource) => {
      const action = actionOf(resource);
      return action === undefined ? [] : [{ action, resource }];
    })
    .sort((one, other) => inOrder(one.resource.address, other.resource.address));
}

/** What is done to a resource; undefined when nothing is. */
function actionOf({ change, address, previous_address: previous }: ResourceChange): PlannedAction | undefined {
  const { actions } = change;
  const does = (action: string): boolean => actions.includes(action);
  // Terraform lets go of the old one and makes another: what the old one holds is out of its sight, and not destroyed.
  if (does("forget")) return "forget";
  if (does("delete")) return does("create") ? "replace" : "delete";
  if (does("create")) return "create";
  if (does("update")) return "update";
  if (change.importing != null) return "import";
  return previous !== undefined && previous !== address ? "move" : undefined;
}

/** Whether the new resource is made before the old one goes. */
export function isMadeFirst({ change: { actions } }: ResourceChange): boolean {
  return actions[0] === "create" && actions.includes("delete");
}

/** Order of texts that is the same on every machine. */
export function inOrder(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
