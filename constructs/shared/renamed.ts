import { earlierLogicalId, TerraformResource, TerraformStack, type Construct } from "./cdktf";

/**
 * Tells Terraform that a construct had another id: every resource below it moves from the address that it had then, and one that has
 * to be made anew, because AWS or Kubernetes keys on its name, is made before the old one goes. Where a resource never stood at the
 * earlier address, Terraform passes its move over.
 *
 * For what can stand beside its successor. What cannot, such as a subnet with the same addresses, fails when it is made, with the
 * old one still there.
 *
 * @param renamed - the construct, with everything in it
 * @param earlierId - id that it had in the same scope
 */
export function moveFromEarlierId(renamed: Construct, earlierId: string): void {
  moveFromEarlierPath(renamed, [...pathInStack(renamed).slice(0, -1), earlierId]);
  for (const resource of resourcesOf(renamed)) {
    resource.lifecycle = { ...resource.lifecycle, createBeforeDestroy: true };
  }
}

/**
 * Tells Terraform that a construct stood elsewhere in its stack: every resource below it moves from the address that it had there.
 *
 * @param moved - the construct, with everything in it
 * @param earlierPath - ids from below the stack to the construct, as they were
 */
export function moveFromEarlierPath(moved: Construct, earlierPath: readonly string[]): void {
  const depth = pathInStack(moved).length;
  for (const resource of resourcesOf(moved)) {
    const ids = [...earlierPath, ...pathInStack(resource).slice(depth)];
    resource.moveFromId(`${resource.terraformResourceType}.${earlierLogicalId(ids)}`);
  }
}

function resourcesOf(construct: Construct): TerraformResource[] {
  return construct.node.findAll().filter((child) => TerraformResource.isTerraformResource(child));
}

function pathInStack(construct: Construct): string[] {
  const ids = construct.node.scopes.map(({ node }) => node.id);
  return ids.slice(construct.node.scopes.findIndex((scope) => TerraformStack.isStack(scope)) + 1);
}
