import { earlierLogicalId, TerraformResource, type Construct } from "./cdktf";

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
  const depth = renamed.node.scopes.length - 1;
  for (const resource of renamed.node.findAll()) {
    if (!TerraformResource.isTerraformResource(resource)) continue;
    const ids = resource.node.scopes.map(({ node }, index) => (index === depth ? earlierId : node.id));
    const inStack = ids.slice(resource.node.scopes.indexOf(resource.cdktfStack) + 1);
    resource.moveFromId(`${resource.terraformResourceType}.${earlierLogicalId(inStack)}`);
    resource.lifecycle = { ...resource.lifecycle, createBeforeDestroy: true };
  }
}
