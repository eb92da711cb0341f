import { IamInstanceProfile } from "@cdktf/provider-aws/lib/iam-instance-profile";
import { IamOpenidConnectProvider } from "@cdktf/provider-aws/lib/iam-openid-connect-provider";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { Construct } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import { acknowledge } from "../../shared/policy/acknowledge";
import { clusterTags, serviceAccountRoleName } from "./names";
import { addonPolicies, mastersPolicy, nodesPolicy, type KopsStatement } from "./policies";
import { issuerHost, type KopsClusterSpec } from "./spec";

/**
 * Thumbprints of the certificate authorities in front of S3, as kops 1.36.2 lists them. AWS no longer checks them for S3 issuers,
 * but keeps them in the provider's settings.
 * @see https://github.com/kubernetes/kops/blob/v1.36.2/pkg/model/awsmodel/oidc_provider.go
 */
const S3_THUMBPRINTS = ["9e99a48a9960b14926bb7f3b02e22da2b0ab7280", "a9d53002e97e00e043244f3d170d6f4c414104fd"];

/** AWS's policy for nodes that people reach by Session Manager. */
export const SSM_POLICY_ARN = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";

function policyJson(statements: readonly KopsStatement[]): string {
  return JSON.stringify({ Statement: statements, Version: "2012-10-17" });
}

/**
 * The roles of a cluster: instance roles of control planes and nodes, the identity provider of its service accounts, and a role for
 * each service account that needs AWS: kops' own addons, and those that config lists.
 */
export class KopsIam extends Construct {
  /** Instance profile of each role. */
  public readonly instanceProfileIds: Readonly<Record<"control-plane" | "node", string>>;
  /** Name of the instance role of each role. */
  public readonly roleNames: Readonly<Record<"control-plane" | "node", string>>;
  /** ARN of the identity provider. */
  public readonly oidcProviderArn: string;

  public constructor(scope: Construct, id: string, spec: KopsClusterSpec) {
    super(scope, id);
    const { name, account } = spec;
    const instanceRole = (roleId: string, prefix: string, statements: readonly KopsStatement[]) => {
      const roleName = `${prefix}.${name}`;
      const tags = clusterTags(name, roleName);
      const role = new IamRole(this, roleId, {
        name: roleName,
        assumeRolePolicy: JSON.stringify({
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
        }),
        permissionsBoundary: spec.permissionsBoundaryArn,
        tags,
      });
      new IamRolePolicy(this, `${roleId}Policy`, { name: roleName, role: role.name, policy: policyJson(statements) });
      new IamRolePolicyAttachment(this, `${roleId}Ssm`, { role: role.name, policyArn: SSM_POLICY_ARN });
      const profile = new IamInstanceProfile(this, `${roleId}Profile`, { name: roleName, role: role.name, tags });
      return { roleName: role.name, profileId: profile.id };
    };
    const masters = instanceRole("Masters", "masters", mastersPolicy(spec));
    const nodes = instanceRole("Nodes", "nodes", nodesPolicy());
    this.instanceProfileIds = { "control-plane": masters.profileId, node: nodes.profileId };
    this.roleNames = { "control-plane": masters.roleName, node: nodes.roleName };

    const issuer = issuerHost(spec);
    this.oidcProviderArn = new IamOpenidConnectProvider(this, "OidcProvider", {
      url: `https://${issuer}`,
      clientIdList: ["amazonaws.com"],
      thumbprintList: S3_THUMBPRINTS,
      tags: clusterTags(name, name),
    }).arn;

    const serviceAccountRole = (namespace: string, serviceAccount: string): IamRole => {
      const roleName = serviceAccountRoleName(name, namespace, serviceAccount);
      return new IamRole(this, constructId(namespace, serviceAccount), {
        name: roleName,
        permissionsBoundary: spec.permissionsBoundaryArn,
        assumeRolePolicy: JSON.stringify({
          Statement: [
            {
              Action: "sts:AssumeRoleWithWebIdentity",
              Condition: {
                StringEquals: { [`${issuer}:sub`]: `system:serviceaccount:${namespace}:${serviceAccount}` },
              },
              Effect: "Allow",
              Principal: { Federated: `arn:aws:iam::${account.id}:oidc-provider/${issuer}` },
            },
          ],
          Version: "2012-10-17",
        }),
        tags: {
          ...clusterTags(name, roleName),
          "service-account.kops.k8s.io/name": serviceAccount,
          "service-account.kops.k8s.io/namespace": namespace,
        },
      });
    };
    for (const [serviceAccount, statements] of Object.entries(addonPolicies(spec))) {
      const role = serviceAccountRole("kube-system", serviceAccount);
      new IamRolePolicy(this, `${constructId("kube-system", serviceAccount)}Policy`, {
        name: serviceAccountRoleName(name, "kube-system", serviceAccount),
        role: role.name,
        policy: policyJson(statements),
      });
    }
    for (const { namespace, name: serviceAccount, policyNames } of spec.config.serviceAccounts) {
      const role = serviceAccountRole(namespace, serviceAccount);
      for (const policyName of policyNames) {
        new IamRolePolicyAttachment(this, constructId(namespace, serviceAccount, policyName), {
          role: role.name,
          policyArn: `arn:aws:iam::${account.id}:policy/${policyName}`,
        });
      }
    }
    acknowledge(
      this,
      "IAMNoInlinePolicy",
      "kops keeps each role's policy inline and rewrites it on upgrade; a managed policy would no longer be recognised as its own",
    );
  }
}
