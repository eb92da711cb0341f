import { hasCopies } from "../../config/copies";
import type { Config } from "../../config/load";
import { etlOperatorRole, PEOPLE_ROLES, roleArn } from "../../config/names";
import { principalsOf } from "../../config/people";
import type { PeopleKind } from "../../config/schema/people";
import { peopleTrust } from "../../constructs/shared/iam/people-trust";
import { policyDocument } from "../../constructs/shared/iam/policy-document";
import { shellWord } from "../shell-word";
import { administratorProfile } from "./profiles";

/** The permission set of Identity Center that AWS itself has a policy for. */
const ADMINISTRATOR_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess";

/**
 * What a kind of people needs in its permission set, in every account: to take on the roles that this program makes for it.
 * Administrators need AWS's own policy instead.
 */
export function takeOnPolicy({ environments }: Config, kind: Exclude<PeopleKind, "administrators">): string {
  const roles = kind === "readers" ? [PEOPLE_ROLES.readers] : environments.map(({ name }) => etlOperatorRole(name));
  return policyDocument({
    sid: "TakeOn",
    actions: ["sts:AssumeRole"],
    resources: roles.map((role) => roleArn("*", role)),
  });
}

/**
 * The trust policy that the break-glass role of an environment's account needs: the account that manages the organization, as AWS
 * Organizations writes it, and those who deploy `global`, where that is another account.
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html
 */
export function breakGlassTrust({ global }: Pick<Config, "global">): string {
  const { account, managementAccount } = global;
  const management = {
    sid: "ManagementAccount",
    actions: ["sts:AssumeRole"],
    principals: { AWS: `arn:aws:iam::${managementAccount}:root` },
  };
  if (managementAccount === account.id) return policyDocument(management);
  return policyDocument(management, peopleTrust(account.id, principalsOf(global, "administrators", account.id)));
}

/** What an administrator of the organization runs once, as text for a shell. Nothing of it is this program's to make. */
export function setup(config: Config): string {
  return [...permissionSets(config), ...breakGlass(config), ...backupCopies(config)].join("\n");
}

function permissionSets(config: Config): readonly string[] {
  const { identityCenter, people } = config.global;
  if (identityCenter === undefined) return [];
  const admin = `aws sso-admin --region ${identityCenter.region}`;
  const kinds = ["administrators", "etlOperators", "readers"] as const;
  const made = kinds.flatMap((kind) =>
    people[kind].flatMap((way) => {
      if (!("permissionSet" in way)) return [];
      const grant =
        kind === "administrators"
          ? `attach-managed-policy-to-permission-set --instance-arn "$INSTANCE" --permission-set-arn "$SET" --managed-policy-arn ${ADMINISTRATOR_POLICY}`
          : `put-inline-policy-to-permission-set --instance-arn "$INSTANCE" --permission-set-arn "$SET" --inline-policy ${shellWord(takeOnPolicy(config, kind))}`;
      return [
        "",
        `# people.${kind}: ${way.permissionSet}. One that exists is left as it is by the first command; give its ARN to the second.`,
        `SET=$(${admin} create-permission-set --instance-arn "$INSTANCE" --name ${shellWord(way.permissionSet)} --session-duration PT8H --query PermissionSet.PermissionSetArn --output text)`,
        `${admin} ${grant}`,
      ];
    }),
  );
  return [
    "# In the account that manages the organization, or the one that Identity Center is delegated to. Assign the permission sets to groups",
    "# afterwards, in each account: administrators and readers in all, operators of ETLs in the environments'.",
    `INSTANCE=$(${admin} list-instances --query 'Instances[0].InstanceArn' --output text)`,
    ...made,
  ];
}

function breakGlass(config: Config): readonly string[] {
  const { account, managementAccount, people } = config.global;
  const { role } = people.breakGlass;
  if (managementAccount === account.id) {
    return [
      "",
      `# ${role} of each environment's account trusts ${managementAccount} already, if AWS Organizations made the account: global is deployed from there.`,
    ];
  }
  return [
    "",
    `# global is deployed from ${account.id}, and AWS Organizations lets only ${managementAccount} assume ${role} of an environment's account.`,
    "# An account that joined by invitation has no such role: create it there, with --assume-role-policy-document and AdministratorAccess.",
    ...config.environments.map(
      ({ name }) =>
        `aws --profile ${administratorProfile(name)} iam update-assume-role-policy --role-name ${role} --policy-document ${shellWord(breakGlassTrust(config))}`,
    ),
  ];
}

/** AWS Backup copies between accounts of one organization only, and only once its management account says so. */
function backupCopies({ environments, global }: Config): readonly string[] {
  const copied = environments.filter(hasCopies).map(({ account, name }) => `${name} (${account.id})`);
  if (copied.length === 0) return [];
  return [
    "",
    `# Backups of ${copied.join(" and ")} are copied to global (${global.account.id}): all of them must belong to the organization of`,
    `# ${global.managementAccount}. In that account, once:`,
    `aws backup update-global-settings --global-settings isCrossAccountBackupEnabled=true --region ${global.account.region}`,
  ];
}
