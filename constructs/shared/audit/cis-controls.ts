import { aws, output, type Command } from "../observability/command";
import { placeholder } from "../observability/placeholders";
import type { CisControl } from "./trail-watch";
import { CIS_NETWORK_CONTROLS } from "./cis-network-controls";

const ID = placeholder("id");
const USER = placeholder("user");

/** Ends what a role's running sessions may do. */
export const revokeSessions = aws(
  `iam put-role-policy --role-name ${placeholder("role")} --policy-name revoke-sessions --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'`,
);

/** Proves that the trail's files are as they were written. */
export function validateTrail(namePrefix: string): Command {
  const arn = output(
    aws(
      `cloudtrail describe-trails --trail-name-list ${namePrefix}-trail --query 'trailList[0].TrailARN' --output text`,
    ),
  );
  return aws(`cloudtrail validate-logs --trail-arn "${arn}" --start-time ${placeholder("time")}`);
}

/**
 * The fifteen controls that CIS wants a metric filter and an alarm for. Security Hub compares what it finds with these very
 * patterns (controls CloudWatch.1 to CloudWatch.14), so a reworded one would fail it.
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html
 */
export const CIS_CONTROLS: readonly CisControl[] = [
  {
    id: "UnauthorizedApiCalls",
    name: "cis-unauthorized-api-calls",
    section: "4.1",
    match: {
      pattern: '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
      query: "errorCode like /UnauthorizedOperation$/ or errorCode like /^AccessDenied/",
    },
    intent:
      "Very many calls were refused within minutes, whoever made them: someone tries doors, or a program does nothing but fail.",
    severity: "ticket",
    // The pattern is CIS's own, in which CI's refused calls count. Fewer by anyone else open a ticket of their own: audit-denied-calls.
    threshold: 50,
    lookup: { key: "EventName", value: "AssumeRole" },
    steps: () => [
      "One principal, one call, again and again: a program lacks a right. Add it to that role's policy in the construct that makes the role.",
      [
        "Many different calls by one principal within minutes is someone trying doors. Cut the role's running sessions, then page the owner:",
        revokeSessions,
      ],
    ],
  },
  {
    id: "ConsoleSignInWithoutMfa",
    name: "cis-console-sign-in-without-mfa",
    section: "4.2",
    match: {
      pattern:
        '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }',
      query:
        'eventName = "ConsoleLogin" and additionalEventData.MFAUsed != "Yes" and userIdentity.type = "IAMUser" and responseElements.ConsoleLogin = "Success"',
    },
    intent: "An IAM user signed in to the console with a password alone: a stolen password would have been enough.",
    severity: "ticket",
    lookup: { key: "EventName", value: "ConsoleLogin" },
    steps: () => [
      "Ask the person named in `userIdentity.userName` whether it was them.",
      [
        "It was not, or nobody answers: end it, then list what was done.",
        aws(`iam delete-login-profile --user-name ${USER}`),
        aws(`cloudtrail lookup-events --lookup-attributes AttributeKey=Username,AttributeValue=${USER}`),
      ],
      [
        "It was: see whether a device exists, and have one enrolled the same day:",
        aws(`iam list-mfa-devices --user-name ${USER}`),
      ],
    ],
  },
  {
    id: "RootUse",
    name: "cis-root-use",
    section: "4.3",
    match: {
      pattern:
        '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }',
      query: 'userIdentity.type = "Root" and not ispresent(userIdentity.invokedBy) and eventType != "AwsServiceEvent"',
    },
    intent: "Someone works as the root user, whom no policy restrains. Nothing in this program needs it.",
    severity: "page",
    lookup: { key: "Username", value: "root" },
    steps: () => [
      "Call the two people who can open the root credentials. One of them is at it for a task that needs root: note the ticket, and close.",
      [
        "Nobody is: treat the account as compromised. Reset the root password and its MFA device from the sign-in page, and look for access keys; this must say 0:",
        aws("iam get-account-summary --query SummaryMap.AccountAccessKeysPresent"),
      ],
      [
        "Look for doors left open: the saved query `by principal` with `root`, and:",
        aws("iam list-users"),
        aws(`iam list-roles --query "Roles[?CreateDate>='${placeholder("date")}'].Arn"`),
      ],
      "Open a case with AWS Support, severity Business-critical, and keep the trail's files of the time.",
    ],
  },
  {
    id: "IamChanges",
    name: "cis-iam-changes",
    section: "4.4",
    match: {
      names: [
        "DeleteGroupPolicy",
        "DeleteRolePolicy",
        "DeleteUserPolicy",
        "PutGroupPolicy",
        "PutRolePolicy",
        "PutUserPolicy",
        "CreatePolicy",
        "DeletePolicy",
        "CreatePolicyVersion",
        "DeletePolicyVersion",
        "AttachRolePolicy",
        "DetachRolePolicy",
        "AttachUserPolicy",
        "DetachUserPolicy",
        "AttachGroupPolicy",
        "DetachGroupPolicy",
      ],
    },
    intent:
      "An IAM policy changed. During a deployment that is expected, at any other time someone widened a right by hand.",
    severity: "ticket",
    lookup: { key: "EventSource", value: "iam.amazonaws.com" },
    steps: ({ deploy, diff }) => [
      "The author is the apply role of CI, or in the shared account a person who deploys, and a deployment ran at that time: close.",
      ["Otherwise compare with the code, and undo:", diff, deploy],
      [
        "What the code does not own:",
        aws(`iam detach-role-policy --role-name ${placeholder("role")} --policy-arn ${placeholder("arn")}`),
      ],
    ],
  },
  {
    id: "CloudTrailChanges",
    name: "cis-cloudtrail-changes",
    section: "4.5",
    match: { names: ["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"] },
    intent: "The trail itself was changed or stopped: from then on nothing may be on record.",
    severity: "page",
    lookup: { key: "EventName", value: "StopLogging" },
    steps: ({ deploy, namePrefix }) => [
      [
        "Is it recording?",
        aws(
          `cloudtrail get-trail-status --name ${namePrefix}-trail --query '[IsLogging,LatestDeliveryTime,LatestDeliveryError]'`,
        ),
      ],
      [
        "It is not, and no deployment is running: start it, then cut off the author:",
        aws(`cloudtrail start-logging --name ${namePrefix}-trail`),
        revokeSessions,
      ],
      ["Restore every setting:", deploy],
      ["Prove that no file was changed, from an hour before:", validateTrail(namePrefix)],
    ],
  },
  {
    id: "ConsoleSignInFailures",
    name: "cis-console-sign-in-failures",
    section: "4.6",
    match: {
      pattern: '{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }',
      query: 'eventName = "ConsoleLogin" and errorMessage = "Failed authentication"',
    },
    intent: "A console sign-in failed. Once is a typing error, many in a row is someone guessing.",
    severity: "ticket",
    lookup: { key: "EventName", value: "ConsoleLogin" },
    steps: () => [
      "Count by user and address: the saved query `console sign-ins`.",
      [
        "More than ten for one user, or one address trying several users: let nobody in until the person has confirmed, and check that no attempt succeeded:",
        aws(`iam delete-login-profile --user-name ${USER}`),
      ],
    ],
  },
  {
    id: "KeyDisabledOrDeleted",
    name: "cis-key-disabled-or-deleted",
    section: "4.7",
    match: { source: "kms.amazonaws.com", names: ["DisableKey", "ScheduleKeyDeletion"] },
    intent:
      "A KMS key was disabled or is to be deleted: what it encrypts (databases, volumes, trail) cannot be read any more, after a deletion never again.",
    severity: "page",
    lookup: { key: "EventName", value: "ScheduleKeyDeletion" },
    steps: () => [
      [
        "Stop it first, ask afterwards; both are harmless:",
        aws(`kms cancel-key-deletion --key-id ${ID}`),
        aws(`kms enable-key --key-id ${ID}`),
      ],
      [
        "What does it encrypt?",
        aws(`kms list-aliases --key-id ${ID}`),
        aws(`kms describe-key --key-id ${ID} --query KeyMetadata.Description`),
      ],
      "It came from a plan that destroys the key: stop the deployment and restore the construct; if a person did it, follow the steps of `cis-root-use` for that principal.",
    ],
  },
  {
    id: "BucketPolicyChanges",
    name: "cis-bucket-policy-changes",
    section: "4.8",
    match: {
      source: "s3.amazonaws.com",
      names: [
        "PutBucketAcl",
        "PutBucketPolicy",
        "PutBucketCors",
        "PutBucketLifecycle",
        "PutBucketReplication",
        "DeleteBucketPolicy",
        "DeleteBucketCors",
        "DeleteBucketLifecycle",
        "DeleteBucketReplication",
      ],
    },
    intent: "A bucket's policy, lifecycle or replication changed: PHI may be open, gone sooner, or no longer copied.",
    severity: "ticket",
    lookup: { key: "EventName", value: "PutBucketPolicy" },
    steps: ({ deploy, diff }) => [
      [
        "Is it open? This must say `IsPublic: false`; if not, close it at once with the second:",
        aws(`s3api get-bucket-policy-status --bucket ${placeholder("bucket")}`),
        aws(
          `s3api put-public-access-block --bucket ${placeholder("bucket")} --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true`,
        ),
      ],
      ["No deployment ran: see the change, and undo it:", diff, deploy],
    ],
  },
  {
    id: "ConfigChanges",
    name: "cis-config-changes",
    section: "4.9",
    match: {
      source: "config.amazonaws.com",
      names: ["StopConfigurationRecorder", "DeleteDeliveryChannel", "PutDeliveryChannel", "PutConfigurationRecorder"],
    },
    intent: "AWS Config's recorder was changed or stopped: the history of the resources has a gap from then on.",
    severity: "ticket",
    lookup: { key: "EventSource", value: "config.amazonaws.com" },
    steps: ({ deploy, namePrefix }) => [
      [
        "Is it recording?",
        aws(
          "configservice describe-configuration-recorder-status --query 'ConfigurationRecordersStatus[].[name,recording,lastStatus]'",
        ),
      ],
      [
        "It is not: start it, then the rest:",
        aws(`configservice start-configuration-recorder --configuration-recorder-name ${namePrefix}`),
        deploy,
      ],
    ],
  },
  ...CIS_NETWORK_CONTROLS,
  {
    id: "OrganizationsChanges",
    name: "cis-organizations-changes",
    section: "4.15",
    match: {
      source: "organizations.amazonaws.com",
      names: [
        "AcceptHandshake",
        "AttachPolicy",
        "CreateAccount",
        "CreateOrganizationalUnit",
        "CreatePolicy",
        "DeclineHandshake",
        "DeleteOrganization",
        "DeleteOrganizationalUnit",
        "DeletePolicy",
        "DetachPolicy",
        "DisablePolicyType",
        "EnablePolicyType",
        "InviteAccountToOrganization",
        "LeaveOrganization",
        "MoveAccount",
        "RemoveAccountFromOrganization",
        "UpdatePolicy",
        "UpdateOrganizationalUnit",
      ],
    },
    intent:
      "The organization changed: this account may have left it, or lost a policy that restrained it. A member account sees only its own joining and leaving; the rest happens, and is seen, in the management account.",
    severity: "ticket",
    lookup: { key: "EventSource", value: "organizations.amazonaws.com" },
    steps: ({ accountId }) => [
      [
        "Still a member, and of which organization?",
        aws("organizations describe-organization --query 'Organization.[Id,MasterAccountId]'"),
      ],
      [
        "Ask the owner of the management account, who can read and undo the rest there:",
        aws(`organizations list-policies-for-target --target-id ${accountId} --filter SERVICE_CONTROL_POLICY`),
      ],
    ],
  },
];
