import { roleArn } from "./names";
import type { GlobalConfig } from "./schema/global";
import type { PeopleKind } from "./schema/people";

/** The part of the configuration that says who people are. */
export type PeopleSettings = Pick<GlobalConfig, "people" | "identityCenter">;

/**
 * Who may act as a kind of people in an account, as patterns of `aws:PrincipalArn`: those whom the configuration names, and always
 * administrators and the break-glass role.
 *
 * Identity Center ends the name of a role in 16 hexadecimal digits of chance. In `us-east-1` its roles stand right below the path,
 * elsewhere below its region. Nobody else can make a role under this path.
 *
 * @param accountId - account that they sign in to
 * @see https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
 */
export function principalsOf(
  { people, identityCenter }: PeopleSettings,
  kind: PeopleKind,
  accountId: string,
): readonly string[] {
  const kinds = kind === "administrators" ? [kind] : ([kind, "administrators"] as const);
  const named = kinds
    .flatMap((each) => people[each])
    .flatMap((way) => {
      if ("role" in way) return [way.role];
      const name = `AWSReservedSSO_${way.permissionSet}_${"?".repeat(16)}`;
      return ["", `${identityCenter?.region ?? "*"}/`].map((place) => `aws-reserved/sso.amazonaws.com/${place}${name}`);
    });
  return [...named, people.breakGlass.role].map((role) => roleArn(accountId, role));
}
