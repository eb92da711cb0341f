import { etlOperatorRole, GLOBAL, PEOPLE_ROLES, STAGES, stackName } from "../../config/names";
import type { GlobalConfig } from "../../config/schema/global";
import type { Construct } from "../shared/cdktf";
import { aws, cdktf, opsdx, shell } from "../shared/observability/command";
import { placeholder } from "../shared/observability/placeholders";
import { describeSystem } from "../shared/observability/system";
import { ENV } from "./environment-account";

/** Declares the construct above the accounts' roles for people to be the system `people`. */
export function describePeople(
  scope: Construct,
  {
    account,
    managementAccount,
    owner,
    people,
  }: Pick<GlobalConfig, "account" | "managementAccount" | "owner" | "people">,
): void {
  const { role } = people.breakGlass;
  const whoami = aws("sts get-caller-identity");
  const setup = opsdx("people setup");
  describeSystem(scope, {
    name: "people",
    title: "People",
    owner,
    purpose: `Who may do what by hand: \`people\` in config/global.ts names how administrators, operators of ETLs and readers sign in, and every trust follows from it. A cluster knows people by roles of fixed names that they take on: \`${PEOPLE_ROLES.administrators}\`, \`${PEOPLE_ROLES.readers}\` and \`${etlOperatorRole(ENV)}\`.`,
    launch: [
      [
        "Once, by an administrator of the organization: the permission sets, with the rights that they need. Assign them to groups of people, in each account, in the console of IAM Identity Center.",
        setup,
      ],
      [
        "Each person, once: profiles for the AWS CLI, Terraform and kubectl.",
        shell("npx opsdx people profiles administrators >> ~/.aws/config"),
        "Then, each morning:",
        shell("aws sso login --sso-session opsdx"),
      ],
      ["The roles that people take on:", cdktf("deploy", GLOBAL), cdktf("deploy", stackName(ENV, "stage3"))],
    ],
    stop: [
      "One person: take the assignment away in IAM Identity Center. A session that is open lasts until its end, twelve hours at most.",
      [
        "At once, for everyone who has taken a role on until now: Revoke active sessions, on the role's page in the console of IAM. For good, take the way to sign in out of `people` in config/global.ts:",
        cdktf("deploy", GLOBAL),
        ...STAGES.map((stage) => cdktf("deploy", stackName(ENV, stage))),
      ],
    ],
    status: [
      ["Who may what, as configured:", opsdx("people show")],
      ["Who you are:", whoami],
      aws(
        `iam get-role --role-name ${PEOPLE_ROLES.administrators} --query Role.[RoleLastUsed,AssumeRolePolicyDocument]`,
      ),
    ],
    logs: [
      [
        "Who took a role on, and when:",
        aws(
          `cloudtrail lookup-events --lookup-attributes AttributeKey=ResourceName,AttributeValue=${PEOPLE_ROLES.administrators} --max-results 20`,
        ),
        "The Kubernetes audit log names the kind of people, and the access key of the session: the event with that key says who it was.",
      ],
    ],
    metrics: ["None."],
    procedures: [
      {
        title: "Nobody can sign in through IAM Identity Center",
        steps: [
          `Sign in to the account ${managementAccount}, which manages the organization, with the credentials kept for this, and take on \`${role}\` in the environment's account: it may what administrators may. It does not exist in ${managementAccount} itself.`,
          ["Profiles for it:", opsdx("people profiles breakGlass"), whoami],
          ["A cluster whose sign-in is broken, too: with access to the state store, see docs/kops.md."],
        ],
      },
      {
        title: `The plan of global may not assume ${role}`,
        steps: [
          `AWS Organizations makes the role so that it trusts the account ${managementAccount} only; global is deployed from ${account.id}${
            managementAccount === account.id ? ", the same" : ""
          }. An account that joined by invitation has no such role at all.`,
          [
            "What it trusts now, in the environment's account:",
            aws(`iam get-role --role-name ${role} --query Role.AssumeRolePolicyDocument`),
          ],
          ["What it must trust, as commands for each environment's account:", setup],
        ],
      },
      {
        title: "A cluster, or a plan of stage3, says Unauthorized",
        steps: [
          [
            "The clusters know the roles that people take on, not those that they sign in as. This must name one of them:",
            aws(`sts get-caller-identity --profile opsdx-${ENV}-clusters`),
          ],
          `Terraform takes \`${PEOPLE_ROLES.administrators}\` on by itself, as its variable \`cluster_role\` says; CI, which the clusters know, sets that empty.`,
          [
            `AccessDenied on sts:AssumeRole: your permission set has no right to it, or its name is not in \`people\`. What the role trusts:`,
            aws(`iam get-role --role-name ${placeholder("role")} --query Role.AssumeRolePolicyDocument`),
          ],
        ],
      },
    ],
  });
}
