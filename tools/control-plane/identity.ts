import type { ClusterIdentity } from "../../config/cluster-identities";
import { TokenRefused } from "./token";

/** A user of a cluster. */
export interface User {
  /** Name. */
  readonly username: string;
  /** Groups, without those that Kubernetes adds to everyone. */
  readonly groups: readonly string[];
  /** What an audit log says beside the name. */
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** Who is let into a cluster. */
export interface Mappings {
  /** Account of the roles. */
  readonly accountId: string;
  /** The roles that are users. */
  readonly identityMappings: readonly ClusterIdentity[];
}

const ROLE = /^arn:aws[a-z-]*:(?:sts|iam)::(\d{12}):(?:assumed-role|role)\/([^/]+)(?:\/([^/]+))?$/;

/**
 * The user that a caller's ARN is mapped to.
 * @throws TokenRefused when it is mapped to none
 */
export function userOf(arn: string, { accountId, identityMappings }: Mappings): User {
  const [, account, roleName, session] = ROLE.exec(arn) ?? [];
  const mapping = account === accountId ? identityMappings.find((each) => each.roleName === roleName) : undefined;
  if (mapping === undefined) throw new TokenRefused(`${arn} is not mapped to a user`);
  return {
    username: mapping.username,
    groups: mapping.groups,
    extra: { arn: [arn], ...(session !== undefined && { sessionName: [session] }) },
  };
}
