import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { CI_PLAN_ROLE, ciApplyRole, delegationRole, roleArn } from "../../../config/names";
import { Construct } from "../cdktf";
import { policyDocument, type PolicyStatement } from "../iam/policy-document";

/** An environment that delegates its zone to itself. */
export interface DelegatedEnvironment {
  /** Name of the environment. */
  readonly name: string;
  /** Account of the environment. */
  readonly accountId: string;
  /** The environment's zone: the only name that its roles may write. */
  readonly zone: string;
  /** Who deploys it from a machine of their own, as patterns of `aws:PrincipalArn`: see `config/people.ts`. */
  readonly administrators: readonly string[];
}

/** Properties of {@link DelegationRole}. */
export interface DelegationRoleProps {
  /** The environment that may assume the roles: its CI, and its administrators. */
  readonly environment: DelegatedEnvironment;
  /** Id of the apex zone. */
  readonly apexZoneId: string;
}

/**
 * The role that an environment's provider for the apex zone assumes, made of known strings so that a plan never waits for the
 * global stack: the reading role while planning, the writing role only while applying. A pull request's plan, which runs
 * unreviewed code, can therefore not repoint the environment.
 * @see https://developer.hashicorp.com/terraform/language/functions/terraform-applying
 */
export function delegationRoleArn(globalAccountId: string, environment: string): string {
  const arn = (access: "read" | "write"): string => roleArn(globalAccountId, delegationRole(environment, access));
  return `\${terraform.applying ? "${arn("write")}" : "${arn("read")}"}`;
}

/**
 * The pair of roles in the account of the apex zone through which one environment writes the delegation of its own zone, and
 * reads it back. The writing role changes NS and DS records of that one name and nothing else.
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html
 */
export class DelegationRole extends Construct {
  /** ARN of the role that writes. */
  public readonly arn: string;

  public constructor(scope: Construct, id: string, props: DelegationRoleProps) {
    super(scope, id);
    const { environment } = props;
    const apex = `arn:aws:route53:::hostedzone/${props.apexZoneId}`;
    const read: readonly PolicyStatement[] = [
      {
        sid: "ReadApex",
        actions: ["route53:GetHostedZone", "route53:ListResourceRecordSets"],
        resources: [apex],
      },
    ];
    const change = "route53:ChangeResourceRecordSets";
    const write: readonly PolicyStatement[] = [
      ...read,
      {
        sid: "ChangeOwnDelegation",
        actions: [change],
        resources: [apex],
        conditions: {
          "ForAllValues:StringEquals": {
            [`${change}NormalizedRecordNames`]: [environment.zone],
            [`${change}RecordTypes`]: ["NS", "DS"],
            [`${change}Actions`]: ["CREATE", "UPSERT", "DELETE"],
          },
          // ForAllValues also holds for a request without the key.
          Null: {
            [`${change}NormalizedRecordNames`]: "false",
            [`${change}RecordTypes`]: "false",
            [`${change}Actions`]: "false",
          },
        },
      },
      { sid: "WaitForChange", actions: ["route53:GetChange"], resources: ["arn:aws:route53:::change/*"] },
    ];
    const own = (role: string): string => roleArn(environment.accountId, role);
    const appliers = [own(ciApplyRole(environment.name)), ...environment.administrators];
    this.role("Read", "read", environment, [own(CI_PLAN_ROLE), ...appliers], read);
    this.arn = this.role("Write", "write", environment, appliers, write);
  }

  private role(
    id: string,
    access: "read" | "write",
    environment: DelegatedEnvironment,
    principals: readonly string[],
    statements: readonly PolicyStatement[],
  ): string {
    const name = delegationRole(environment.name, access);
    const role = new IamRole(this, id, {
      name,
      description: `Lets ${environment.name} ${access} the delegation of ${environment.zone}`,
      maxSessionDuration: 3600,
      assumeRolePolicy: policyDocument({
        sid: "EnvironmentAccount",
        actions: ["sts:AssumeRole"],
        principals: { AWS: `arn:aws:iam::${environment.accountId}:root` },
        conditions: { ArnLike: { "aws:PrincipalArn": principals } },
      }),
    });
    const policy = new IamPolicy(this, `${id}Policy`, {
      name,
      description: `What ${name} may do in the apex zone`,
      policy: policyDocument(...statements),
    });
    new IamRolePolicyAttachment(this, `${id}Attachment`, { role: role.name, policyArn: policy.arn });
    return role.arn;
  }
}
