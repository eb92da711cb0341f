import type { Config } from "../../config/load";
import { etlOperatorRole, GLOBAL, PEOPLE_ROLES, roleArn } from "../../config/names";
import type { PeopleKind } from "../../config/schema/people";
import { RefusedError } from "../../config/explained-error";

/** Whose profiles can be written. */
export const PROFILE_KINDS = ["administrators", "etlOperators", "readers", "breakGlass"] as const;
/** Somebody whose profiles can be written. */
export type ProfileKind = (typeof PROFILE_KINDS)[number];

/** Name of the session of IAM Identity Center: `aws sso login --sso-session opsdx`. */
export const SSO_SESSION = "opsdx";

/** A section of the AWS CLI's configuration file. */
interface Section {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** An account that people sign in to. */
interface Place {
  readonly owner: string;
  readonly id: string;
  readonly region: string;
}

/**
 * Name of the profile with which an administrator deploys the stacks of an environment, or `global`.
 * @param owner - name of the environment, or `global`
 */
export function administratorProfile(owner: string): string {
  return `opsdx-${owner}`;
}

/**
 * Profiles of the AWS CLI, Terraform and kubectl for a kind of people: sign in through Identity Center, then take on the role that the
 * clusters know.
 *
 * Administrators deploy as they sign in: `opsdx-<env>`.
 *
 * @returns lines for `~/.aws/config`
 * @throws RefusedError when nobody of the kind signs in with a permission set: nobody can say how they do it then
 * @see https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sso.html
 */
export function profiles(config: Config, kind: ProfileKind): string {
  const { account } = config.global;
  const environments = config.environments.map(({ name, account: { id, region } }) => ({ owner: name, id, region }));
  const places = [{ owner: GLOBAL, ...account }, ...environments];
  const sections =
    kind === "breakGlass"
      ? breakGlass(config, environments)
      : [...session(config), ...places.flatMap((place) => profilesAt(config, kind, place))];
  return sections
    .map(({ name, settings }) => {
      const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}\n`);
      return `[${name}]\n${lines.join("")}`;
    })
    .join("\n");
}

function session({ global: { identityCenter } }: Config): readonly Section[] {
  if (identityCenter === undefined) return [];
  return [
    {
      name: `sso-session ${SSO_SESSION}`,
      settings: {
        sso_start_url: identityCenter.startUrl,
        sso_region: identityCenter.region,
        sso_registration_scopes: "sso:account:access",
      },
    },
  ];
}

function profilesAt({ global }: Config, kind: PeopleKind, place: Place): readonly Section[] {
  const { id, owner, region } = place;
  const set = global.people[kind].flatMap((way) => ("permissionSet" in way ? [way.permissionSet] : []))[0];
  if (set === undefined) {
    throw new RefusedError(
      `people.${kind} in config/global.ts names no permission set: how they sign in, only they know. \`npx opsdx people show\` says which role they take on`,
    );
  }
  const source = kind === "administrators" ? administratorProfile(owner) : `opsdx-${owner}-${set}`;
  const signIn = {
    name: `profile ${source}`,
    settings: { sso_session: SSO_SESSION, sso_account_id: id, sso_role_name: set, region },
  };
  const taken = rolesTaken(kind, owner).map(([suffix, role]) => ({
    name: `profile opsdx-${owner}-${suffix}`,
    settings: { role_arn: roleArn(id, role), source_profile: source, region },
  }));
  return kind === "etlOperators" && owner === GLOBAL ? [] : [signIn, ...taken];
}

/** The roles that a kind of people takes on in an account, by what its profile is called. */
export function rolesTaken(kind: PeopleKind, owner: string): readonly (readonly [suffix: string, role: string])[] {
  const read = ["read", PEOPLE_ROLES.readers] as const;
  const etl = owner === GLOBAL ? [] : [["etl", etlOperatorRole(owner)] as const];
  switch (kind) {
    case "administrators":
      return [...(owner === GLOBAL ? [] : [["clusters", PEOPLE_ROLES.administrators] as const]), ...etl, read];
    case "etlOperators":
      return etl;
    case "readers":
      return [read];
  }
}

function breakGlass({ global }: Config, environments: readonly Place[]): readonly Section[] {
  return environments.map(({ id, owner, region }) => ({
    name: `profile opsdx-${owner}-break-glass`,
    // Credentials of the account that manages the organization: the variables of a shell, however they were got.
    settings: { role_arn: roleArn(id, global.people.breakGlass.role), credential_source: "Environment", region },
  }));
}
