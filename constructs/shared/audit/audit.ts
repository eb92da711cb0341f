import { accountBucket } from "../../../config/names";
import type { AuditConfig } from "../../../config/schema/audit";
import { Construct, type TerraformProvider } from "../cdktf";
import type { Monitoring } from "../observability/monitoring";
import { describeSystem, runbookLink } from "../observability/system";
import { SystemHealth } from "../observability/system-health";
import { refuse } from "../props-error";
import { AccessAnalysis } from "./access-analysis";
import { AccessLogBucket } from "./access-log-bucket";
import { AccountDefaults } from "./account-defaults";
import { auditFacts } from "./audit-facts";
import { AuditQueries } from "./audit-queries";
import { CIS_CONTROLS } from "./cis-controls";
import { ConfigRecorder } from "./config-recorder";
import { ConfigRules } from "./config-rules";
import { FindingNotification } from "./finding-notification";
import { ownWatches } from "./own-watches";
import { SecurityHub } from "./security-hub";
import { Spending } from "./spending";
import { ThreatDetection } from "./threat-detection";
import { Trail, type WatchedObjects } from "./trail";
import { TrailWatches } from "./trail-watches";

/** Properties of {@link Audit}. */
export interface AuditProps {
  /** What the stack's alarms and log groups share. */
  readonly monitoring: Monitoring;
  /** The audited account and its home region. */
  readonly account: { readonly id: string; readonly region: string };
  /** The account's audit settings. */
  readonly config: AuditConfig;
  /** Who answers for it. */
  readonly owner: string;
  /** Buckets whose objects are watched: who reads and writes them is on the trail. */
  readonly objects: readonly WatchedObjects[];
  /** Let a bucket policy make a bucket public, where the bucket itself allows it: see {@link AccountDefaults}. @default false */
  readonly publicBucketPolicies?: boolean;
  /** Regions beside the account's and `config.replicaRegion` where other systems make something. @default - none */
  readonly otherRegions?: readonly string[];
  /** Provider of `config.replicaRegion`. @default - none, and the configuration must name no such region */
  readonly replicaProvider?: TerraformProvider;
}

/** What audit hands to other systems and to later stages. */
export interface AuditExports {
  /** ARN of the account's trail. */
  readonly trailArn: string;
  /** Bucket that holds the trail's files. */
  readonly trailBucketName: string;
  /** Log group that receives the trail's events. */
  readonly trailLogGroupName: string;
  /** Bucket that holds AWS Config's history. */
  readonly configBucketName: string;
  /** Bucket that receives S3 server access logs of this account and region; the reference orders its users after it. */
  readonly accessLogBucketName: string;
  /** Id of GuardDuty's detector. */
  readonly detectorId: string;
  /** ARN of the key that encrypts volumes which name no other key. */
  readonly ebsKeyArn: string;
}

/** The account's conscience: what happened, who did it, what is wrong, what it costs. */
export class Audit extends Construct {
  /** What audit hands on. */
  public readonly exports: AuditExports;
  /** What the account refuses by default. */
  public readonly defaults: AccountDefaults;
  /** The target of server access logs. */
  public readonly accessLogs: AccessLogBucket;

  /** @throws PropsError when only one of `config.replicaRegion` and `replicaProvider` is given */
  public constructor(scope: Construct, id: string, props: AuditProps) {
    super(scope, id);
    const { account, config, monitoring } = props;
    const { namePrefix } = monitoring;
    refuse(this, [
      (config.replicaRegion === undefined) !== (props.replicaProvider === undefined) &&
        `replicaProvider must be given exactly when config.replicaRegion is, got region ${config.replicaRegion ?? "none"} and ${props.replicaProvider === undefined ? "no provider" : "a provider"}`,
    ]);
    describeSystem(this, auditFacts({ environment: monitoring.environment, account, owner: props.owner, config }));

    this.accessLogs = new AccessLogBucket(this, "AccessLogs", {
      bucketName: accountBucket(namePrefix, "access-logs", account.id),
      accountId: account.id,
      retentionDays: monitoring.retention.auditDays,
    });
    this.defaults = new AccountDefaults(this, "Defaults", {
      namePrefix,
      account,
      publicBucketPolicies: props.publicBucketPolicies,
    });
    const trail = new Trail(this, "Trail", {
      monitoring,
      account,
      lock: config,
      objects: props.objects,
      accessLogBucket: this.accessLogs.bucketName,
      replica:
        config.replicaRegion === undefined || props.replicaProvider === undefined
          ? undefined
          : { region: config.replicaRegion, provider: props.replicaProvider },
    });
    const watched = { monitoring, accountId: account.id, logGroup: trail.logGroup };
    const cis = new TrailWatches(this, "Cis", { ...watched, watches: CIS_CONTROLS });
    const regions = [account.region, ...(config.replicaRegion === undefined ? [] : [config.replicaRegion])];
    const own = new TrailWatches(this, "Watches", {
      ...watched,
      watches: ownWatches([...regions, ...(props.otherRegions ?? [])]),
    });
    new AuditQueries(this, "Queries", { namePrefix, logGroup: trail.logGroup });

    const recorder = new ConfigRecorder(this, "Config", {
      namePrefix,
      accountId: account.id,
      retentionDays: monitoring.retention.auditDays,
      accessLogBucket: this.accessLogs.bucketName,
    });
    new ConfigRules(this, "ConfigRules", { namePrefix, recorder: recorder.recorder });
    const compliance = new FindingNotification(this, "Compliance", {
      monitoring,
      name: "config-non-compliant",
      description: "Resources that newly break one of this program's AWS Config rules.",
      severity: "ticket",
      pattern: {
        source: ["aws.config"],
        "detail-type": ["Config Rules Compliance Change"],
        detail: {
          messageType: ["ComplianceChangeNotification"],
          configRuleName: [{ prefix: `${namePrefix}-` }],
          newEvaluationResult: { complianceType: ["NON_COMPLIANT"] },
        },
      },
      values: {
        rule: "$.detail.configRuleName",
        kind: "$.detail.resourceType",
        resource: "$.detail.resourceId",
        region: "$.region",
        account: "$.account",
      },
      message: [
        `AWS Config, ${namePrefix}: <resource> (<kind>) breaks <rule>, in <region> of account <account>.`,
        "What the rule wants: aws configservice describe-config-rules --config-rule-names <rule> --query 'ConfigRules[].Description'",
        "Who changed it: aws cloudtrail lookup-events --lookup-attributes AttributeKey=ResourceName,AttributeValue=<resource>",
        `Runbook: ${runbookLink(monitoring, "audit")}`,
      ],
    });
    const threats = new ThreatDetection(this, "Threats", { monitoring, ticketSeverity: config.findingSeverity });
    const hub = new SecurityHub(this, "SecurityHub", {
      monitoring,
      region: account.region,
      recorder: recorder.running,
      severities: config.securityHubSeverities,
    });
    const access = new AccessAnalysis(this, "Access", { monitoring });
    new Spending(this, "Spending", {
      monitoring,
      monthlyBudgetUsd: config.monthlyBudgetUsd,
      costAnomalyUsd: config.costAnomalyUsd,
    });

    new SystemHealth(this, "Health", {
      monitoring,
      alarms: [
        ...cis.alarms,
        ...own.alarms,
        ...(trail.replica === undefined ? [] : [trail.replica.alarm]),
        compliance.alarm,
        ...threats.alarms,
        hub.alarm,
        ...access.alarms,
      ],
    });
    this.exports = {
      trailArn: trail.arn,
      trailBucketName: trail.bucketName,
      trailLogGroupName: trail.logGroupName,
      configBucketName: recorder.bucketName,
      accessLogBucketName: this.accessLogs.bucketName,
      detectorId: threats.detectorId,
      ebsKeyArn: this.defaults.ebsKeyArn,
    };
  }
}
