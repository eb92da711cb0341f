import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { etlLauncherRole } from "../../../config/names";
import { Construct } from "../../shared/cdktf";
import type { ITerraformDependable } from "../../shared/cdktf";
import { functionStatements, networkStatements } from "../../shared/functions/function-rights";
import { LAMBDA_TRUST, policyDocument } from "../../shared/iam/policy-document";
import { type EtlNames } from "./etl-names";

/** Properties of {@link LauncherRole}. */
export interface LauncherRoleProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Account and region of the functions. */
  readonly account: { readonly id: string; readonly region: string };
  /** Names of the launchers' resources. */
  readonly launchers: readonly EtlNames[];
  /** ARN of the key of the queues and the functions' settings. */
  readonly keyArn: string;
}

/**
 * The role of an environment's launchers. One for all, because a cluster knows it by name: what a launcher may do to a cluster
 * is decided there. In AWS it writes its logs and traces and hands failed events to its queues, and nothing else; metrics
 * travel in the log lines.
 */
export class LauncherRole extends Construct {
  /** ARN of the role. */
  public readonly arn: string;
  /** What a function waits for, because Lambda tries the rights when it makes one. */
  public readonly attachment: ITerraformDependable;

  public constructor(scope: Construct, id: string, props: LauncherRoleProps) {
    super(scope, id);
    const place = { account: props.account, functions: props.launchers };
    const name = etlLauncherRole(props.environment);
    const role = new IamRole(this, "Resource", {
      name,
      description: "Launchers of the ETLs; a user of the clusters",
      assumeRolePolicy: LAMBDA_TRUST,
    });
    this.arn = role.arn;
    const policy = new IamPolicy(this, "Policy", {
      name,
      description: "Logs, traces, failed events and network interfaces of the ETL launchers",
      policy: policyDocument(...functionStatements(place, props.keyArn), ...networkStatements(place)),
    });
    this.attachment = new IamRolePolicyAttachment(this, "Attachment", { role: role.name, policyArn: policy.arn });
  }
}
