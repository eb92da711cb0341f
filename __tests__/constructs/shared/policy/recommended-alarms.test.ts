import { AcmCertificate } from "@cdktf/provider-aws/lib/acm-certificate";
import {
  CloudwatchMetricAlarm,
  type CloudwatchMetricAlarmConfig,
} from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { DbInstance, type DbInstanceConfig } from "@cdktf/provider-aws/lib/db-instance";
import { EbsVolume } from "@cdktf/provider-aws/lib/ebs-volume";
import { EfsFileSystem } from "@cdktf/provider-aws/lib/efs-file-system";
import { ElasticacheReplicationGroup } from "@cdktf/provider-aws/lib/elasticache-replication-group";
import { NatGateway } from "@cdktf/provider-aws/lib/nat-gateway";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3BucketMetric } from "@cdktf/provider-aws/lib/s3-bucket-metric";
import { S3BucketReplicationConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-replication-configuration";
import { SchedulerSchedule } from "@cdktf/provider-aws/lib/scheduler-schedule";
import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription";
import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint";
import {
  NAMESPACES_WITHOUT_RESOURCE,
  RECOMMENDED_ALARMS,
  recommendedAlarmCoverage,
} from "../../../../constructs/shared/policy/recommended-alarms";
import type { BaseStack } from "../../../../stacks/base-stack";
import { synth } from "../../../support";

/** `<metric>: covered` or `missing`, of every recommended alarm of what is built. */
function coverageOf(build: (stack: BaseStack) => void): string[] {
  return recommendedAlarmCoverage(synth(build)).map(
    ({ recommended: { metric }, coveredBy }) => `${metric}: ${coveredBy === undefined ? "missing" : "covered"}`,
  );
}

function alarm(stack: BaseStack, changes: Partial<CloudwatchMetricAlarmConfig>): void {
  new CloudwatchMetricAlarm(stack, changes.alarmName ?? "Alarm", {
    alarmName: "alarm",
    namespace: "AWS/NATGateway",
    metricName: "ErrorPortAllocation",
    comparisonOperator: "GreaterThanThreshold",
    threshold: 0,
    evaluationPeriods: 1,
    period: 3600,
    statistic: "Sum",
    ...changes,
  });
}

const natAlarm = (changes: (gatewayId: string) => Partial<CloudwatchMetricAlarmConfig>) => (stack: BaseStack) => {
  const { id } = new NatGateway(stack, "Nat", { subnetId: "subnet" });
  new NatGateway(stack, "OtherNat", { subnetId: "subnet" });
  alarm(stack, { dimensions: { NatGatewayId: id }, ...changes(id) });
};

/** Path of each gateway, and the alarm on its ports. */
const portAllocation = (build: (stack: BaseStack) => void) =>
  recommendedAlarmCoverage(synth(build))
    .filter(({ recommended: { metric } }) => metric === "ErrorPortAllocation")
    .map(({ resource: { path }, coveredBy }) => [path, coveredBy]);

describe("the data", () => {
  test("name their source and hold AWS's own numbers", () => {
    expect(RECOMMENDED_ALARMS.find(({ metric }) => metric === "ErrorPortAllocation")).toEqual({
      namespace: "AWS/NATGateway",
      metric: "ErrorPortAllocation",
      dimensions: [{ name: "NatGatewayId" }],
      statistic: "Sum",
      comparison: "GreaterThanThreshold",
      threshold: 0,
      period: 60,
      evaluationPeriods: 15,
      datapoints: 15,
      missingData: "missing",
      intent: "This alarm is used to detect if the NAT gateway could not allocate a source port.",
    });
  });

  test("say why a namespace belongs to no resource", () => {
    const namespaces = new Set(RECOMMENDED_ALARMS.map(({ namespace }) => namespace));
    expect(Object.keys(NAMESPACES_WITHOUT_RESOURCE).filter((namespace) => !namespaces.has(namespace))).toEqual([]);
  });
});

describe("an alarm covers a recommendation", () => {
  test("when it watches the metric of that very resource, whatever its period", () => {
    expect(portAllocation(natAlarm(() => ({})))).toEqual([
      ["test/Nat", "alarm"],
      ["test/OtherNat", undefined],
    ]);
  });

  test("when it reads the metric in an expression", () => {
    const [nat] = portAllocation(
      natAlarm((id) => ({
        namespace: undefined,
        metricName: undefined,
        dimensions: undefined,
        period: undefined,
        statistic: undefined,
        comparisonOperator: "LessThanThreshold",
        metricQuery: [
          { id: "rate", expression: "-errors", returnData: true },
          {
            id: "errors",
            metric: {
              namespace: "AWS/NATGateway",
              metricName: "ErrorPortAllocation",
              dimensions: { NatGatewayId: id },
              period: 60,
              stat: "Sum",
            },
          },
        ],
      })),
    );
    expect(nat).toEqual(["test/Nat", "alarm"]);
  });

  test.each<[string, Partial<CloudwatchMetricAlarmConfig>]>([
    ["another metric", { metricName: "PacketsDropCount" }],
    ["another namespace", { namespace: "AWS/EC2" }],
    ["another dimension", { dimensions: { VpcId: "vpc" } }],
    ["no dimension", { dimensions: undefined }],
    ["the other direction", { comparisonOperator: "LessThanThreshold" }],
  ])("but not when it watches %s", (_, changes) => {
    expect(portAllocation(natAlarm(() => changes))).toEqual([
      ["test/Nat", undefined],
      ["test/OtherNat", undefined],
    ]);
  });

  test("by a name that was given, also a member's", () => {
    const cpu = coverageOf((stack) => {
      const group = { replicationGroupId: "redash", description: "queue" };
      new ElasticacheReplicationGroup(stack, "Cache", group);
      alarm(stack, {
        namespace: "AWS/ElastiCache",
        metricName: "EngineCPUUtilization",
        dimensions: { CacheClusterId: "redash-001" },
      });
    });
    expect(cpu).toContain("EngineCPUUtilization: covered");
    expect(cpu).toContain("DatabaseMemoryUsagePercentage: missing");
    expect(cpu.join()).not.toContain("ReplicationLag");
  });

  test("without a dimension, for a metric of the whole account", () => {
    const coverage = coverageOf((stack) => {
      new SchedulerSchedule(stack, "Schedule", {
        flexibleTimeWindow: { mode: "OFF" },
        scheduleExpression: "rate(1 hour)",
        target: { arn: "arn", roleArn: "arn" },
      });
      alarm(stack, { namespace: "AWS/Scheduler", metricName: "InvocationDroppedCount" });
    });
    expect(coverage.filter((line) => line.endsWith("covered"))).toEqual(["InvocationDroppedCount: covered"]);
    expect(coverage).toHaveLength(4);
  });
});

describe("only metrics that exist are asked for", () => {
  const database = (changes: Partial<DbInstanceConfig> = {}) =>
    coverageOf((stack) => {
      new DbInstance(stack, "Db", { engine: "postgres", instanceClass: "db.m7g.large", identifier: "db", ...changes });
    }).map((line) => line.split(":")[0]);

  test("of PostgreSQL, and never Aurora's", () => {
    expect(database().sort()).toEqual([
      "CPUUtilization",
      "DatabaseConnections",
      "EBSByteBalance%",
      "EBSIOBalance%",
      "FreeStorageSpace",
      "FreeableMemory",
      "MaximumUsedTransactionIDs",
      "ReadLatency",
      "WriteLatency",
    ]);
    expect(database({ engine: "mariadb" })).not.toContain("MaximumUsedTransactionIDs");
  });

  test("of a replica, of Performance Insights, of classes with burst credits", () => {
    expect(database({ replicateSourceDb: "db" })).toContain("ReplicaLag");
    expect(database({ performanceInsightsEnabled: true })).toContain("DBLoad");
    expect(database({ instanceClass: "db.m7g.16xlarge" })).not.toContain("EBSIOBalance%");
  });

  test("of a bucket with request metrics, or with replication", () => {
    expect(coverageOf((stack) => new S3Bucket(stack, "Plain", { bucket: "plain" }))).toEqual([]);
    expect(
      coverageOf((stack) => {
        const { id } = new S3Bucket(stack, "Measured", { bucket: "measured" });
        new S3BucketMetric(stack, "Metric", { bucket: id, name: "all" });
      }),
    ).toEqual(["4xxErrors: missing", "5xxErrors: missing"]);
    expect(
      coverageOf((stack) => {
        const { id, bucket } = new S3Bucket(stack, "Copied", { bucket: "copied" });
        new S3BucketReplicationConfigurationA(stack, "Copy", {
          bucket: id,
          role: "arn",
          rule: [{ status: "Enabled", destination: { bucket: "arn" } }],
        });
        alarm(stack, {
          namespace: "AWS/S3",
          metricName: "OperationsFailedReplication",
          dimensions: { SourceBucket: bucket, DestinationBucket: "x", RuleId: "y" },
        });
      }),
    ).toEqual(["OperationsFailedReplication: covered"]);
  });

  test("of a topic's kinds of subscription", () => {
    const topic = (subscription: { protocol: string; filterPolicy?: string; redrivePolicy?: string }) =>
      coverageOf((stack) => {
        const { arn } = new SnsTopic(stack, "Topic", { name: "topic" });
        new SnsTopicSubscription(stack, "Subscription", { topicArn: arn, endpoint: "x", ...subscription });
      });
    expect(topic({ protocol: "email" })).toEqual([
      "NumberOfMessagesPublished: missing",
      "NumberOfNotificationsDelivered: missing",
      "NumberOfNotificationsFailed: missing",
    ]);
    expect(topic({ protocol: "sms" })).toContain("SMSSuccessRate: missing");
    expect(topic({ protocol: "sqs", filterPolicy: "{}" })).toContain(
      "NumberOfNotificationsFilteredOut-InvalidAttributes: missing",
    );
    expect(topic({ protocol: "sqs", redrivePolicy: "{}" })).toContain("NumberOfNotificationsRedrivenToDlq: missing");
  });

  test("of file systems, endpoints and volumes by their kind", () => {
    expect(coverageOf((stack) => new EfsFileSystem(stack, "Files", { throughputMode: "elastic" }))).toEqual([
      "PercentIOLimit: missing",
    ]);
    expect(coverageOf((stack) => new VpcEndpoint(stack, "S3", { vpcId: "vpc", vpcEndpointType: "Gateway" }))).toEqual(
      [],
    );
    expect(
      coverageOf((stack) => new VpcEndpoint(stack, "Sts", { vpcId: "vpc", vpcEndpointType: "Interface" })),
    ).toEqual(["PacketsDropped: missing"]);
    expect(coverageOf((stack) => new EbsVolume(stack, "Etcd", { availabilityZone: "a", size: 1 }))).toEqual([
      "VolumeStalledIOCheck: missing",
    ]);
    expect(coverageOf((stack) => new AcmCertificate(stack, "Certificate", { domainName: "dev.opsdx.io" }))).toEqual([
      "DaysToExpiry: missing",
    ]);
  });
});
