/**
 * The only module that imports the CDK for Terraform core: a move to its fork is an edit of this file.
 * @see docs/decisions/0001-cdktf-core-behind-one-module.md
 */
export {
  App,
  Aspects,
  DataTerraformRemoteStateLocal,
  DataTerraformRemoteStateS3,
  Fn,
  LocalBackend,
  S3Backend,
  TerraformAsset,
  TerraformElement,
  TerraformLocal,
  TerraformOutput,
  TerraformProvider,
  TerraformResource,
  TerraformStack,
  TerraformVariable,
  Testing,
  Token,
} from "cdktf";
export type { IAspect, ITerraformDependable, TerraformResourceLifecycle } from "cdktf";
/** The logical id that cdktf makes of ids from below the stack on; its own stacks make theirs so, and nothing public does. */
export { makeUniqueId as earlierLogicalId } from "cdktf/lib/private/unique";
export { Construct } from "constructs";
export type { IConstruct } from "constructs";
