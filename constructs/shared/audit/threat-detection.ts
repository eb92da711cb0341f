import { GuarddutyDetector } from "@cdktf/provider-aws/lib/guardduty-detector";
import { GuarddutyDetectorFeature } from "@cdktf/provider-aws/lib/guardduty-detector-feature";
import { Construct } from "../cdktf";
import type { Alarm } from "../observability/alarm";
import type { Monitoring } from "../observability/monitoring";
import { FindingNotification } from "./finding-notification";
import { runbookLink } from "../observability/system";
import { refuse } from "../props-error";

/** Properties of {@link ThreatDetection}. */
export interface ThreatDetectionProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** Findings of at least this severity open a ticket; below 7, from where they page. */
  readonly ticketSeverity: number;
}

/** @see https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html */
const HIGH = 7;

/**
 * What GuardDuty looks at beside its foundation (flow logs, DNS, CloudTrail management events). EKS audit logs are left out:
 * kops' API servers are not EKS, so there is nothing to read.
 */
const FEATURES = [
  { id: "S3DataEvents", name: "S3_DATA_EVENTS" },
  { id: "RdsLoginEvents", name: "RDS_LOGIN_EVENTS" },
  { id: "LambdaNetworkLogs", name: "LAMBDA_NETWORK_LOGS" },
  { id: "EbsMalwareProtection", name: "EBS_MALWARE_PROTECTION" },
] as const;

/**
 * GuardDuty gives back more than was set, in its own order (RDS_DATA_RISK of RDS login events is a name that the provider does not
 * even take), and the provider compares by position: without this, every plan replaces the feature. What is declared is set when the
 * feature is made; a later change of it is applied with `-replace`.
 */
const GIVEN_BACK = { ignoreChanges: ["additional_configuration"] };

/** GuardDuty, with its findings sent to people by severity. */
export class ThreatDetection extends Construct {
  /** Id of the detector. */
  public readonly detectorId: string;
  /** Fire when a finding could not be delivered. */
  public readonly alarms: readonly Alarm[];

  /** @throws PropsError when the ticket severity leaves no room below the page severity */
  public constructor(scope: Construct, id: string, props: ThreatDetectionProps) {
    super(scope, id);
    const { monitoring, ticketSeverity } = props;
    refuse(this, [
      (ticketSeverity < 1 || ticketSeverity >= HIGH) &&
        `ticketSeverity must be 1 or more and below ${HIGH}, got ${ticketSeverity}`,
    ]);
    const detector = new GuarddutyDetector(this, "Resource", {
      enable: true,
      findingPublishingFrequency: "FIFTEEN_MINUTES",
    });
    this.detectorId = detector.id;
    for (const feature of FEATURES) {
      new GuarddutyDetectorFeature(this, feature.id, {
        detectorId: this.detectorId,
        name: feature.name,
        status: "ENABLED",
        lifecycle: GIVEN_BACK,
      });
    }
    new GuarddutyDetectorFeature(this, "RuntimeMonitoring", {
      detectorId: this.detectorId,
      name: "RUNTIME_MONITORING",
      status: "ENABLED",
      // The nodes are EC2 instances: the agent comes to them through Systems Manager. There is no EKS and no Fargate.
      additionalConfiguration: [
        { name: "EKS_ADDON_MANAGEMENT", status: "DISABLED" },
        { name: "ECS_FARGATE_AGENT_MANAGEMENT", status: "DISABLED" },
        { name: "EC2_AGENT_MANAGEMENT", status: "ENABLED" },
      ],
      lifecycle: GIVEN_BACK,
    });

    const notify = (
      notificationId: string,
      severity: "page" | "ticket",
      name: string,
      range: readonly (string | number)[],
    ) =>
      new FindingNotification(this, notificationId, {
        monitoring,
        name,
        severity,
        description: `GuardDuty findings of severity ${range.join(" ")}. Read one with: aws guardduty list-findings.`,
        pattern: {
          source: ["aws.guardduty"],
          "detail-type": ["GuardDuty Finding"],
          detail: { severity: [{ numeric: range }] },
        },
        values: {
          account: "$.account",
          region: "$.region",
          severity: "$.detail.severity",
          title: "$.detail.title",
          type: "$.detail.type",
          what: "$.detail.description",
          finding: "$.detail.id",
          detector: "$.detail.service.detectorId",
          seen: "$.detail.service.eventLastSeen",
          count: "$.detail.service.count",
        },
        message: [
          `GuardDuty, severity <severity>, ${monitoring.namePrefix}: <title>`,
          "<what>",
          "Type <type>, seen <count> times, last at <seen>, in <region> of account <account>.",
          "Everything about it: aws guardduty get-findings --detector-id <detector> --finding-ids <finding>",
          "What its author did: the saved query 'by principal'.",
          `Runbook: ${runbookLink(monitoring, "audit")}`,
        ],
      }).alarm;
    this.alarms = [
      notify("HighFindings", "page", "guardduty-high", [">=", HIGH]),
      notify("OtherFindings", "ticket", "guardduty-other", [">=", ticketSeverity, "<", HIGH]),
    ];
  }
}
