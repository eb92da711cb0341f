import { policyDocument, type PolicyStatement } from "../../shared/iam/policy-document";

/** Properties of {@link fileSystemPolicy}. */
export interface FileSystemPolicyProps {
  /** ARN of the file system. */
  readonly fileSystemArn: string;
  /** ARNs of its access points. */
  readonly accessPointArns: readonly string[];
  /** ARNs of the roles that may mount it. */
  readonly mounterArns: readonly string[];
}

/** Everything that a client may ask of a file system. */
const CLIENT = "elasticfilesystem:Client*";

/**
 * Who may mount the file system: the named roles, by TLS, through an access point, and nobody as root. Without a policy EFS lets in everybody who
 * reaches a mount target; with it, a client that says nothing of itself has no role, so it is refused, too.
 *
 * The roles are conditions: a role that is a principal must exist, and those of the clusters are made two stages later. What is refused is said
 * beside what is allowed, because a policy of a role can allow the same.
 *
 * @see https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
 */
export function fileSystemPolicy({ accessPointArns, fileSystemArn, mounterArns }: FileSystemPolicyProps): string {
  const refuse = (
    sid: string,
    conditions: NonNullable<PolicyStatement["conditions"]> | undefined,
    actions: readonly string[] = [CLIENT],
  ): PolicyStatement => ({
    sid,
    effect: "Deny",
    actions,
    resources: [fileSystemArn],
    principals: { AWS: "*" },
    conditions,
  });
  return policyDocument(
    {
      sid: "MountThroughAccessPoints",
      actions: ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
      resources: [fileSystemArn],
      principals: { AWS: "*" },
      conditions: {
        ArnEquals: { "aws:PrincipalArn": mounterArns, "elasticfilesystem:AccessPointArn": accessPointArns },
        Bool: { "aws:SecureTransport": "true" },
      },
    },
    refuse("NobodyElse", { ArnNotEquals: { "aws:PrincipalArn": mounterArns } }),
    refuse("NotInClear", { Bool: { "aws:SecureTransport": "false" } }),
    refuse("NotWithoutAccessPoint", { Null: { "elasticfilesystem:AccessPointArn": "true" } }),
    refuse("NobodyAsRoot", undefined, ["elasticfilesystem:ClientRootAccess"]),
  );
}
