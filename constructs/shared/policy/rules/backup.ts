import { blocks, strings, type ResourceModel, type StackModel } from "../model";

/** Whether an AWS Backup selection of the stack takes the resource in: by reference, by wildcard, or by tag. */
export function inBackupPlan(stack: StackModel, resource: ResourceModel): boolean {
  const tags = (resource.body["tags"] ?? {}) as Readonly<Record<string, unknown>>;
  return (
    stack.referring("aws_backup_selection", "resources", resource).length > 0 ||
    stack
      .ofType("aws_backup_selection")
      .some(
        ({ body }) =>
          strings(body["resources"]).includes("*") ||
          blocks(body, "selection_tag").some(({ key, value }) => tags[String(key)] === value),
      )
  );
}
