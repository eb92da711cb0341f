import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { PEOPLE_ROLES } from "../../config/names";
import type { TerraformProvider } from "../shared/cdktf";
import { Construct } from "../shared/cdktf";
import { peopleTrust } from "../shared/iam/people-trust";
import { policyDocument, type PolicyStatement } from "../shared/iam/policy-document";
import { DATA_READS } from "../shared/iam/data-reads";

/** Properties of {@link PeopleRoles}. */
export interface PeopleRolesProps {
  /** Account that the roles stand in. */
  readonly accountId: string;
  /** ARN of the account's permissions boundary. */
  readonly boundaryArn: string;
  /** Who may take on each role, as patterns of `aws:PrincipalArn`; an account without clusters has no role for their administrators. */
  readonly principals: {
    /** Patterns of those who administer the clusters. @default - the account has no clusters */
    readonly administrators?: readonly string[];
    /** Patterns of those who look. */
    readonly readers: readonly string[];
  };
  /** Provider of the account. @default - the stack's */
  readonly provider?: TerraformProvider;
}

/** Readers see what there is, and neither data nor what opens secrets. State is data here: it tells what an attacker wants to know. */
const READERS_DENY: readonly PolicyStatement[] = [
  { sid: "NoData", effect: "Deny", actions: DATA_READS, resources: ["*"] },
  {
    sid: "NoObjectsNoSecrets",
    effect: "Deny",
    actions: ["kms:Decrypt", "s3:GetObject", "s3:GetObjectVersion"],
    resources: ["*"],
  },
];

/**
 * Roles of fixed names that people of one account take on, because a cluster knows a role by its exact name and Identity Center ends
 * the names of its own in chance. `opsdx-people-administrators` has no right in AWS: it is somebody in the clusters, and to the policy of shared file systems.
 * `opsdx-people-readers` sees the account, no data. Who operates ETLs has a role beside them, in stage3.
 */
export class PeopleRoles extends Construct {
  public constructor(
    scope: Construct,
    id: string,
    private readonly props: PeopleRolesProps,
  ) {
    super(scope, id);
    const { administrators, readers } = props.principals;
    if (administrators !== undefined) {
      this.role(
        "Administrators",
        PEOPLE_ROLES.administrators,
        "Administrators of the clusters; no right in AWS",
        administrators,
      );
    }
    const { provider } = props;
    const role = this.role("Readers", PEOPLE_ROLES.readers, "Sees the account and the clusters, no data", readers);
    const policy = new IamPolicy(this, "ReadersPolicy", {
      provider,
      name: PEOPLE_ROLES.readers,
      description: "No way from looking to data",
      policy: policyDocument(...READERS_DENY),
    });
    for (const [key, policyArn] of Object.entries({
      Own: policy.arn,
      ReadOnly: "arn:aws:iam::aws:policy/ReadOnlyAccess",
    })) {
      new IamRolePolicyAttachment(this, `Readers${key}`, { provider, role: role.name, policyArn });
    }
  }

  private role(id: string, name: string, description: string, principals: readonly string[]): IamRole {
    const { accountId, boundaryArn, provider } = this.props;
    return new IamRole(this, id, {
      provider,
      name,
      description,
      assumeRolePolicy: policyDocument(peopleTrust(accountId, principals)),
      permissionsBoundary: boundaryArn,
    });
  }
}
