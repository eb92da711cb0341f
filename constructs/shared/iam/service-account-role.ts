import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { Construct, Fn, type ITerraformDependable } from "../cdktf";
import type { Cluster } from "../kubernetes/cluster";
import { policyDocument, type PolicyStatement } from "./policy-document";

/** Properties of {@link ServiceAccountRole}. */
export interface ServiceAccountRoleProps {
  /** Name of the role and of its policy. */
  readonly name: string;
  /** Who takes the role, for example `Pods of trews-rest-api`. */
  readonly description: string;
  /** What the policy allows, in a few words. */
  readonly policyDescription: string;
  /** The service account's cluster. */
  readonly cluster: Pick<Cluster, "oidcIssuer" | "oidcProviderArn">;
  /** The service account. */
  readonly serviceAccount: { readonly namespace: string; readonly name: string };
  /** What its pods may do: nothing else is allowed. */
  readonly statements: readonly PolicyStatement[];
}

/** The AWS role of one service account of one cluster. */
export class ServiceAccountRole extends Construct {
  /** The role's ARN, for the service account's annotation `eks.amazonaws.com/role-arn`. */
  public readonly arn: string;
  /** The role may do nothing before it is there. */
  public readonly permission: ITerraformDependable;

  public constructor(scope: Construct, id: string, props: ServiceAccountRoleProps) {
    super(scope, id);
    const { name, serviceAccount } = props;
    const issuer = Fn.trimprefix(props.cluster.oidcIssuer, "https://");
    const role = new IamRole(this, "Resource", {
      name,
      description: props.description,
      assumeRolePolicy: policyDocument({
        sid: "ServiceAccount",
        actions: ["sts:AssumeRoleWithWebIdentity"],
        principals: { Federated: props.cluster.oidcProviderArn },
        conditions: {
          StringEquals: {
            // The audience for which kops' pod identity webhook asks tokens; EKS has another.
            [`${issuer}:aud`]: "amazonaws.com",
            [`${issuer}:sub`]: `system:serviceaccount:${serviceAccount.namespace}:${serviceAccount.name}`,
          },
        },
      }),
    });
    const policy = new IamPolicy(this, "Policy", {
      name,
      description: props.policyDescription,
      policy: policyDocument(...props.statements),
    });
    this.permission = new IamRolePolicyAttachment(this, "Permission", { role: role.name, policyArn: policy.arn });
    this.arn = role.arn;
  }
}
