import { CI_ROLES } from "../../../config/names";
import { aws } from "../observability/command";
import { placeholder } from "../observability/placeholders";
import { revokeSessions } from "./cis-controls";
import type { TrailWatch } from "./trail-watch";

/** Field that names the role behind a call. */
const ROLE = "userIdentity.sessionContext.sessionIssuer.userName";

/** Where AWS records calls to its global services, whatever region they come from. */
const GLOBAL_SERVICES_REGION = "us-east-1";

/**
 * What this program watches in the trail beyond CIS.
 *
 * @param regions - where the program makes something
 */
export function ownWatches(regions: readonly string[]): readonly TrailWatch[] {
  return [DENIED_BESIDE_CI, BACKUPS_REMOVED, callsElsewhere([...new Set([...regions, GLOBAL_SERVICES_REGION])].sort())];
}

/**
 * The control 4.1 of CIS without those whom nobody can help: CI plans with a role that is refused data on purpose, and AWS's own roles
 * look at what is closed to them. Security Hub knows a control by its exact pattern, so this stands beside it.
 */
const DENIED_BESIDE_CI: TrailWatch = {
  id: "DeniedBesideCi",
  name: "audit-denied-calls",
  match: {
    // A comparison with a field that is missing is false, so an IAM user must be let through by itself.
    pattern: `{ (($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*")) && (($.${ROLE} NOT EXISTS) || (($.${ROLE} != "${CI_ROLES}*") && ($.${ROLE} != "AWSServiceRoleFor*"))) }`,
    query: `(errorCode like /UnauthorizedOperation$/ or errorCode like /^AccessDenied/) and (not ispresent(${ROLE}) or ${ROLE} not like /^(${CI_ROLES}|AWSServiceRoleFor)/)`,
  },
  intent:
    "Calls were refused that neither CI nor a service of AWS made: a program lacks a right, or someone tries what they may not do.",
  severity: "ticket",
  // A person who opens the wrong page of the console is refused once or twice; a program is refused again and again.
  threshold: 5,
  lookup: { key: "ReadOnly", value: "false" },
  steps: () => [
    "One principal, one call, again and again: a program lacks a right. Add it to that role's policy in the construct that makes the role.",
    [
      "Many different calls by one principal within minutes is someone trying doors. Cut the role's running sessions, then page the owner:",
      revokeSessions,
    ],
  ],
};

/**
 * Whoever wants ransom removes the backups first. AWS Backup itself ends what has expired under other names of events
 * (`BackupDeleted`), and attempts that were refused count, too.
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/logging-using-cloudtrail.html
 */
const BACKUPS_REMOVED: TrailWatch = {
  id: "BackupsRemoved",
  name: "audit-backups-removed",
  match: {
    source: "backup.amazonaws.com",
    names: [
      "DeleteBackupVault",
      "DeleteBackupVaultAccessPolicy",
      "DeleteBackupVaultLockConfiguration",
      "DeleteRecoveryPoint",
      "DisassociateRecoveryPoint",
      "PutBackupVaultAccessPolicy",
      "UpdateRecoveryPointLifecycle",
    ],
  },
  intent:
    "Somebody deleted a backup, or tried to, or changed who may: without backups, what is encrypted or deleted next is lost.",
  severity: "page",
  lookup: { key: "EventSource", value: "backup.amazonaws.com" },
  steps: ({ deploy, diff }) => [
    "`PutBackupVaultAccessPolicy` in a deploy that you know of, of a new vault for example: nothing to do.",
    ["Otherwise ask the person. Nobody answers: cut off the author first.", revokeSessions],
    ["Put policies and locks back:", diff, deploy],
    "A backup that is gone stays gone: see what else there is in docs/recovery.md, and take a new one now.",
  ],
};

/**
 * Work in a region where this program makes nothing. The trail sees every region, GuardDuty, Config and Access Analyzer see their own: this
 * is what watches the others. Reads, refused calls, sign-ins and what services do in somebody's name are left out.
 */
function callsElsewhere(regions: readonly string[]): TrailWatch {
  return {
    id: "CallsInOtherRegions",
    name: "audit-calls-in-other-regions",
    match: {
      pattern: `{ ($.readOnly IS FALSE) && ($.eventType = "AwsApiCall") && ($.errorCode NOT EXISTS) && ($.userIdentity.invokedBy NOT EXISTS) && ${regions.map((region) => `($.awsRegion != "${region}")`).join(" && ")} }`,
      query: `readOnly = 0 and eventType = "AwsApiCall" and not ispresent(errorCode) and not ispresent(userIdentity.invokedBy) and awsRegion not in [${regions.map((region) => `"${region}"`).join(", ")}]`,
    },
    intent: `Something was changed in a region other than ${regions.join(" and ")}, where this program makes nothing: with stolen keys, people work where nobody looks.`,
    severity: "page",
    lookup: { key: "ReadOnly", value: "false" },
    steps: () => [
      [
        "CloudTrail's history is kept by region. In the one that `awsRegion` names:",
        aws(
          `cloudtrail lookup-events --region ${placeholder("region")} --lookup-attributes AttributeKey=ReadOnly,AttributeValue=false --query 'Events[].[EventTime,EventName,Username]' --output table`,
        ),
      ],
      "Ask the person. It was them, by mistake: they undo it.",
      ["It was not, or nobody answers: cut off the author first.", revokeSessions],
      [
        "Then remove what was made there; instances cost most:",
        aws(
          `ec2 describe-instances --region ${placeholder("region")} --query 'Reservations[].Instances[].[InstanceId,InstanceType,State.Name]' --output table`,
        ),
      ],
    ],
  };
}
