import type { AuditConfig } from "../../../config/schema/audit";
import { accountBucket, groundStack, namePrefix } from "../../../config/names";
import { aws, awslogs, cdktf, output, terraform } from "../observability/command";
import { placeholder } from "../observability/placeholders";
import type { SystemFacts } from "../observability/system";
import { validateTrail } from "./cis-controls";

/** What the audit's page of the runbook is written from. */
export interface AuditFactsProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Account and region of the trail. */
  readonly account: { readonly id: string; readonly region: string };
  /** Who answers for it. */
  readonly owner: string;
  /** The audit's settings. */
  readonly config: AuditConfig;
}

/** What people need to know about auditing. */
export function auditFacts({ account, config, environment, owner }: AuditFactsProps): SystemFacts {
  const replica = config.replicaRegion;
  const prefix = namePrefix(environment);
  const stack = groundStack(environment);
  const trail = `${prefix}-cloudtrail`;
  const bucket = (what: string): string => accountBucket(prefix, what, account.id);
  return {
    name: "audit",
    title: "Audit",
    owner,
    purpose:
      "Records who did what in the account (CloudTrail), what each resource looked like (AWS Config), watches for threats (GuardDuty, Access Analyzer, the CIS alarms) and for spending, and sets what the account refuses by default.",
    launch: [cdktf("deploy", stack)],
    stop: [
      "It is never stopped: stopping the trail pages someone (`cis-cloudtrail-changes`).",
      config.trailLockMode === "compliance"
        ? `Trail files cannot be deleted for ${config.trailLockYears} years, by nobody, so a destroy of ${stack} leaves the bucket \`${bucket("cloudtrail")}\` behind.`
        : [
            `Before a destroy of ${stack}, empty the trail's bucket with a principal that may lift the lock, every version:`,
            aws(
              `s3api delete-object --bucket ${bucket("cloudtrail")} --key ${placeholder("key")} --version-id ${placeholder("version")} --bypass-governance-retention`,
            ),
          ],
    ],
    status: [
      aws(
        `cloudtrail get-trail-status --name ${prefix}-trail --query '[IsLogging,LatestDeliveryTime,LatestDeliveryError,LatestCloudWatchLogsDeliveryError]'`,
      ),
      aws(
        "configservice describe-configuration-recorder-status --query 'ConfigurationRecordersStatus[].[name,recording,lastStatus]'",
      ),
      aws(
        `guardduty get-detector --detector-id "${output(aws("guardduty list-detectors --query 'DetectorIds[0]' --output text"))}" --query '[Status,Features[].[Name,Status]]'`,
      ),
      aws(
        `cloudwatch describe-alarms --alarm-types CompositeAlarm --alarm-names ${prefix}-audit-health --query 'CompositeAlarms[].StateValue'`,
      ),
    ],
    logs: [
      [`Log group \`${trail}\`, 365 days; or the saved queries under \`${prefix}/audit/\`:`, awslogs(trail)],
      `Bucket \`${bucket("cloudtrail")}\`: the signed files, below \`AWSLogs/${account.id}/CloudTrail/${account.region}/\` by year, month and day.`,
      ...(replica === undefined ? [] : [`Bucket \`${bucket("cloudtrail")}-replica\` in ${replica}: their copy.`]),
      `Bucket \`${bucket("config")}\`: resource history and daily snapshots.`,
      `Bucket \`${bucket("access-logs")}\`: server access logs of every bucket, by bucket name.`,
    ],
    metrics: [
      "CloudWatch namespace `OpsDX/Audit`: one metric for each CIS control.",
      "CloudWatch namespace `AWS/Events`, metric `FailedInvocations`: findings that reached nobody.",
    ],
    procedures: [
      {
        title: "Who did it",
        steps: [
          [
            "By resource, last 90 days:",
            aws(
              `cloudtrail lookup-events --lookup-attributes AttributeKey=ResourceName,AttributeValue=${placeholder("name")} --query 'Events[].[EventTime,EventName,Username]' --output table`,
            ),
          ],
          `By principal, last 365 days: the saved query \`${prefix}/audit/by principal\`.`,
          `Before that: Athena over the bucket \`${bucket("cloudtrail")}\` (CloudTrail console, Event history, Create Athena table).`,
        ],
      },
      { title: "Prove that the trail was not changed", steps: [validateTrail(prefix)] },
      {
        title: "Weekly review",
        steps: [
          [
            "What fails in Security Hub:",
            aws(
              `securityhub get-findings --filters '{"ComplianceStatus":[{"Value":"FAILED","Comparison":"EQUALS"}],"WorkflowStatus":[{"Value":"NEW","Comparison":"EQUALS"}],"SeverityLabel":[{"Value":"CRITICAL","Comparison":"EQUALS"},{"Value":"HIGH","Comparison":"EQUALS"}]}' --query 'Findings[].[Severity.Label,Title,Resources[0].Id,Id,ProductArn]' --output table`,
            ),
          ],
          [
            "What breaks a HIPAA rule:",
            aws(
              "configservice describe-compliance-by-config-rule --compliance-types NON_COMPLIANT --query 'ComplianceByConfigRules[].ConfigRuleName'",
            ),
          ],
          [
            "Accept with a reason:",
            aws(
              `securityhub batch-update-findings --finding-identifiers "Id=${placeholder("id")},ProductArn=${placeholder("arn")}" --workflow Status=SUPPRESSED --note "Text=${placeholder("reason")},UpdatedBy=${placeholder("user")}"`,
            ),
          ],
        ],
      },
      {
        title: "First deployment into an account that is not new",
        steps: [
          [
            "AWS makes a cost anomaly monitor for services by itself in some accounts, and allows only one: on `Limit exceeded on dimensional spend monitor creation`, find it, and import it under its address in the plan:",
            aws("ce get-anomaly-monitors --query 'AnomalyMonitors[].[MonitorArn,MonitorName]'"),
            terraform(stack, `import ${placeholder("name")} ${placeholder("arn")}`),
          ],
          [
            "The same holds for `AWSServiceRoleForConfig`, for a GuardDuty detector and for Security Hub:",
            aws("iam get-role --role-name AWSServiceRoleForConfig"),
            aws("guardduty list-detectors"),
            aws("securityhub describe-hub"),
          ],
        ],
      },
    ],
  };
}
