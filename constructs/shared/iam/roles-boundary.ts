import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import type { IAspect, IConstruct } from "../cdktf";

/** Gives every role that names no permissions boundary itself the given one. It takes effect when the stack is rendered. */
export class RolesBoundary implements IAspect {
  /** @param arn - the boundary's ARN, asked for when the stack is rendered: the stack may declare the policy itself */
  public constructor(private readonly arn: () => string) {}

  /** Called for every construct below the one that the aspect was added to. */
  public visit(node: IConstruct): void {
    if (node instanceof IamRole) node.permissionsBoundary = node.permissionsBoundaryInput ?? this.arn();
  }
}
