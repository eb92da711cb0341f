import { NFS_USE_NAMES, type NfsUseName } from "../../../config/nfs-uses";
import { constructId } from "../../shared/construct-id";
import { policyDocument, type PolicyStatement } from "../../shared/iam/policy-document";

/** Who may mount a folder, and which way. */
export interface WayIn {
  /** ARN of its access point. */
  readonly accessPointArn: string;
  /** ARNs of the roles that may mount it. */
  readonly mounterArns: readonly string[];
}

/** Properties of {@link fileSystemPolicy}. */
export interface FileSystemPolicyProps {
  /** ARN of the file system. */
  readonly fileSystemArn: string;
  /** The ways in, by use. */
  readonly waysIn: Readonly<Record<NfsUseName, WayIn>>;
}

/** Everything that a client may ask of a file system. */
const CLIENT = "elasticfilesystem:Client*";

/**
 * Who may mount the file system: each folder the roles that are named for it, by TLS, through its access point, and nobody as root. Without a policy
 * EFS lets in everybody who reaches a mount target; with it, a client that says nothing of itself has no role, so it is refused, too.
 *
 * The roles are conditions: a role that is a principal must exist, and those of the clusters are made two stages later. What is refused is said
 * beside what is allowed, because a policy of a role can allow the same.
 *
 * @see https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
 */
export function fileSystemPolicy({ fileSystemArn, waysIn }: FileSystemPolicyProps): string {
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
    ...NFS_USE_NAMES.map((use): PolicyStatement => ({
      sid: constructId("mount", use),
      actions: ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
      resources: [fileSystemArn],
      principals: { AWS: "*" },
      conditions: {
        ArnEquals: {
          "aws:PrincipalArn": waysIn[use].mounterArns,
          "elasticfilesystem:AccessPointArn": waysIn[use].accessPointArn,
        },
        Bool: { "aws:SecureTransport": "true" },
      },
    })),
    ...NFS_USE_NAMES.map((use) =>
      refuse(constructId("nobody", "else", use), {
        ArnEquals: { "elasticfilesystem:AccessPointArn": waysIn[use].accessPointArn },
        ArnNotEquals: { "aws:PrincipalArn": waysIn[use].mounterArns },
      }),
    ),
    refuse("NotInClear", { Bool: { "aws:SecureTransport": "false" } }),
    refuse("NotWithoutAccessPoint", { Null: { "elasticfilesystem:AccessPointArn": "true" } }),
    refuse("NotThroughAnother", {
      ArnNotEquals: {
        "elasticfilesystem:AccessPointArn": NFS_USE_NAMES.map((use) => waysIn[use].accessPointArn),
      },
    }),
    refuse("NobodyAsRoot", undefined, ["elasticfilesystem:ClientRootAccess"]),
  );
}
