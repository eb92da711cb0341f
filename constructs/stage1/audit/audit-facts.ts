import type { AuditConfig } from "../../../config/schema/audit";
import type { SystemFacts } from "../../shared/observability/system";

/** What people need to know about auditing; `<env>` stands for the environment. */
export function auditFacts(owner: string, config: AuditConfig): SystemFacts {
  const replica = config.replicaRegion;
  return {
    name: "audit",
    title: "Audit",
    owner,
    purpose:
      "Records who did what in the account (CloudTrail), what each resource looked like (AWS Config), watches for threats (GuardDuty, Access Analyzer, the CIS alarms) and for spending, and sets what the account refuses by default.",
    launch: ["npx cdktf deploy <env>-stage1"],
    stop: [
      "It is never stopped: stopping the trail pages someone (`cis-cloudtrail-changes`).",
      config.trailLockMode === "compliance"
        ? `Trail files cannot be deleted for ${config.trailLockYears} years, by nobody, so a destroy of stage1 leaves the bucket \`opsdx-<env>-cloudtrail\` behind.`
        : `Before a destroy of stage1, empty the trail's bucket with a principal that may lift the lock: \`aws s3api delete-object --bucket opsdx-<env>-cloudtrail --key <key> --version-id <version> --bypass-governance-retention\` for every version.`,
    ],
    status: [
      "aws cloudtrail get-trail-status --name opsdx-<env>-trail --query '[IsLogging,LatestDeliveryTime,LatestDeliveryError,LatestCloudWatchLogsDeliveryError]'",
      "aws configservice describe-configuration-recorder-status --query 'ConfigurationRecordersStatus[].[name,recording,lastStatus]'",
      "aws guardduty get-detector --detector-id \"$(aws guardduty list-detectors --query 'DetectorIds[0]' --output text)\" --query '[Status,Features[].[Name,Status]]'",
      "aws cloudwatch describe-alarms --alarm-types CompositeAlarm --alarm-names opsdx-<env>-audit-health --query 'CompositeAlarms[].StateValue'",
    ],
    logs: [
      "Log group `opsdx-<env>-cloudtrail`, 365 days: `awslogs get opsdx-<env>-cloudtrail -s 1h`, or the saved queries under `opsdx-<env>/audit/`.",
      "Bucket `opsdx-<env>-cloudtrail`: the signed files, `AWSLogs/<account>/CloudTrail/<region>/<year>/<month>/<day>/`.",
      ...(replica === undefined ? [] : [`Bucket \`opsdx-<env>-cloudtrail-replica\` in ${replica}: their copy.`]),
      "Bucket `opsdx-<env>-config`: resource history and daily snapshots.",
      "Bucket `opsdx-<env>-s3-access-logs`: server access logs of every bucket, by bucket name.",
    ],
    metrics: [
      "CloudWatch namespace `OpsDX/Audit`: one metric for each CIS control.",
      "CloudWatch namespace `AWS/Events`, metric `FailedInvocations`: findings that reached nobody.",
    ],
    procedures: [
      {
        title: "Who did it",
        steps: [
          "By resource, last 90 days: `aws cloudtrail lookup-events --lookup-attributes AttributeKey=ResourceName,AttributeValue=<name> --query 'Events[].[EventTime,EventName,Username]' --output table`",
          "By principal, last 365 days: the saved query `opsdx-<env>/audit/by principal`.",
          "Before that: Athena over the bucket `opsdx-<env>-cloudtrail` (CloudTrail console, Event history, Create Athena table).",
        ],
      },
      {
        title: "Prove that the trail was not changed",
        steps: [
          "aws cloudtrail validate-logs --trail-arn \"$(aws cloudtrail describe-trails --trail-name-list opsdx-<env>-trail --query 'trailList[0].TrailARN' --output text)\" --start-time <yyyy-mm-ddThh:mm:ssZ>",
        ],
      },
      {
        title: "Weekly review",
        steps: [
          'What fails in Security Hub: `aws securityhub get-findings --filters \'{"ComplianceStatus":[{"Value":"FAILED","Comparison":"EQUALS"}],"WorkflowStatus":[{"Value":"NEW","Comparison":"EQUALS"}],"SeverityLabel":[{"Value":"CRITICAL","Comparison":"EQUALS"},{"Value":"HIGH","Comparison":"EQUALS"}]}\' --query \'Findings[].[Severity.Label,Title,Resources[0].Id]\' --output table`',
          "What breaks a HIPAA rule: `aws configservice describe-compliance-by-config-rule --compliance-types NON_COMPLIANT --query 'ComplianceByConfigRules[].ConfigRuleName'`",
          "Accept with a reason: `aws securityhub batch-update-findings --finding-identifiers Id=<finding>,ProductArn=<product> --workflow Status=SUPPRESSED --note Text=<reason>,UpdatedBy=<name>`",
        ],
      },
      {
        title: "First deployment into an account that is not new",
        steps: [
          "AWS makes a cost anomaly monitor for services by itself in some accounts, and allows only one: on `Limit exceeded on dimensional spend monitor creation`, find it with `aws ce get-anomaly-monitors --query 'AnomalyMonitors[].[MonitorArn,MonitorName]'` and import it in `cdktf.out/stacks/<env>-stage1`: `terraform import <address in the plan> <ARN>`.",
          "The same holds for `AWSServiceRoleForConfig` (`aws iam get-role --role-name AWSServiceRoleForConfig`), for a GuardDuty detector (`aws guardduty list-detectors`) and for Security Hub (`aws securityhub describe-hub`).",
        ],
      },
    ],
  };
}
