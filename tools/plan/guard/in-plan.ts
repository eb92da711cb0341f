import { block, isTrue, type ResourceModel } from "../../../constructs/shared/policy/model";
import { plannedResources, type PlannedAction } from "../planned-action";
import { pathText, shownAt, shownChange, type Shown } from "../shown-value";
import type { StackPlan } from "../stack-plan";
import type { ResourceChange } from "../terraform-plan";
import { decidedBy } from "../waiting";
import { disarmed } from "./disarmed";
import type { Finding } from "./findings";
import { placeOf, type MoveProposal, type Standing } from "./moved";
import { statefulType } from "./stateful";

/** The resources of a stack as they are synthesized, by address. */
export type Declared = ReadonlyMap<string, ResourceModel>;

/**
 * What a stack's plan says.
 * @param after - the stack's resources as head declares them
 * @param moves - where what goes stands anew, by stack and address
 */
export function findInPlan(
  { outcome, stack }: StackPlan,
  after: Declared,
  moves: ReadonlyMap<string, MoveProposal>,
): readonly Finding[] {
  if (outcome.kind !== "planned") return [];
  const resources = plannedResources(outcome.plan);
  const made = resources.filter(({ action }) => action === "create").map(({ resource }) => resource);
  return resources.flatMap(({ action, resource }): readonly Finding[] => {
    const { address, change, type } = resource;
    const values = shownChange(change);
    const facts = { stack, address, type };
    const begins = action === "create" && beginsToDelete(type, values.after, made);
    const changes = action === "update" || action === "replace";
    const weaker = changes || begins ? disarmed(facts, values.before, values.after) : [];
    const stateful = statefulType(type);
    if (stateful === undefined || (action !== "delete" && action !== "replace" && action !== "forget")) return weaker;
    const forcing = change.replace_paths ?? [];
    const waits = action === "replace" ? decidedBy(outcome.speculation, address, forcing) : [];
    const refused = prevents(after.get(address));
    return [
      {
        ...facts,
        threat: action === "delete" ? "destroy" : action,
        certain: waits.length === 0,
        lost: stateful.lost,
        because: [
          ...forcing.map((path) => `${pathText(path)} forces it`),
          ...(waits.length === 0 ? [] : [`decided after ${waits.join(", ")} is applied`]),
          ...(refused && action !== "forget" ? ["Terraform refuses it as long as prevent_destroy stands there"] : []),
        ],
        free: stateful.free?.(values.before),
        move: moves.get(placeOf(facts)),
      },
      ...weaker,
    ];
  });
}

/** Whether something that stands already gets rules by which it deletes what it holds. */
function beginsToDelete(type: string, after: Shown | undefined, made: readonly ResourceChange[]): boolean {
  // The name of a bucket that is made in this plan is not known yet.
  if (type === "aws_s3_bucket_lifecycle_configuration") return typeof shownAt(after, ["bucket"]) === "string";
  if (type !== "aws_ecr_lifecycle_policy") return false;
  // That of a repository is.
  const name = shownAt(after, ["repository"]);
  return (
    typeof name === "string" &&
    !made.some((one) => one.type === "aws_ecr_repository" && shownAt(shownChange(one.change).after, ["name"]) === name)
  );
}

/** What is stateful and goes, or is made, in a stack's plan. */
export function standingsIn(
  { outcome, stack }: StackPlan,
  before: Declared,
  after: Declared,
): { readonly going: readonly Standing[]; readonly made: readonly Standing[] } {
  const resources = outcome.kind === "planned" ? plannedResources(outcome.plan) : [];
  const of = (action: PlannedAction, side: "before" | "after", declared: Declared): readonly Standing[] =>
    resources
      .filter((one) => one.action === action && statefulType(one.resource.type) !== undefined)
      .map(({ resource: { address, change, type } }) => ({
        stack,
        address,
        type,
        path: declared.get(address)?.path,
        values: shownChange(change)[side],
      }));
  return { going: of("delete", "before", before), made: of("create", "after", after) };
}

/** Whether a resource is declared with `prevent_destroy`. */
export function prevents(resource: ResourceModel | undefined): boolean {
  return isTrue(block(resource?.body ?? {}, "lifecycle")["prevent_destroy"]);
}
