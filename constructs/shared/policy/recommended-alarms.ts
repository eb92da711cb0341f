import { INSTANCE_CLASSES } from "../../../config/instance-classes";
import { blocks, isTrue, strings, text, type Block, type ResourceModel, type StackModel } from "./model";
import data from "./recommended-alarms.json";

/** An alarm that AWS recommends for a metric. */
export interface RecommendedAlarm {
  /** CloudWatch namespace of the metric. */
  readonly namespace: string;
  /** Name of the metric. */
  readonly metric: string;
  /** Dimensions; a value is given where only that value counts. */
  readonly dimensions: readonly { readonly name: string; readonly value?: string }[];
  /** Statistic as CloudWatch names it, for example `Average`. */
  readonly statistic: string;
  /** Operator as CloudWatch names it, for example `LessThanThreshold`. */
  readonly comparison: string;
  /** Threshold, where AWS knows one. @default - depends on the workload */
  readonly threshold?: number;
  /** Length of a period in seconds. */
  readonly period: number;
  /** Periods that it looks back. */
  readonly evaluationPeriods: number;
  /** How many of them must breach the threshold. */
  readonly datapoints: number;
  /** What a period without data counts as, for example `breaching`. */
  readonly missingData: string;
  /** What it detects, in AWS's words. */
  readonly intent: string;
}

/** AWS's recommendations for the namespaces that this program touches. */
export const RECOMMENDED_ALARMS: readonly RecommendedAlarm[] = data.alarms;

/** Whether a metric exists for a resource. */
type Exists = (resource: ResourceModel, stack: StackModel) => boolean;

/** How the metrics of a namespace belong to the resources of a type. */
interface Subject {
  readonly type: string;
  readonly namespace: string;
  /** The dimension that names the resource. @default - the metric stands for all resources of the type together */
  readonly dimension?: string;
  /** The argument that holds the same name as the dimension, where the name is given and not made by AWS. */
  readonly nameArgument?: string;
  /** When a metric exists; those not listed always do. */
  readonly exists?: Readonly<Record<string, Exists>>;
}

const never: Exists = () => false;
const engine =
  (name: string): Exists =>
  ({ body }) =>
    text(body["engine"]).includes(name);
const refersTo =
  (type: string, argument: string): Exists =>
  (resource, stack) =>
    stack.referring(type, argument, resource).length > 0;
/** Whether one of a topic's subscriptions is of a kind. */
const subscribed =
  (is: (subscription: Block) => boolean): Exists =>
  (topic, stack) =>
    stack.referring("aws_sns_topic_subscription", "topic_arn", topic).some(({ body }) => is(body));
const auroraOnly = Object.fromEntries(
  ["FreeLocalStorage", "BlockedTransactions", "BufferCacheHitRatio", "RollbackSegmentHistoryListLength"].map(
    (metric) => [metric, never],
  ),
);
/** Only classes whose link to storage bursts have credits. An unknown class counts as one that does. */
const burstsToStorage: Exists = ({ body }) =>
  INSTANCE_CLASSES.get(text(body["instance_class"]))?.burstableStorage ?? true;

const SUBJECTS: readonly Subject[] = [
  { type: "aws_acm_certificate", namespace: "AWS/CertificateManager", dimension: "CertificateArn" },
  {
    type: "aws_autoscaling_group",
    namespace: "AWS/AutoScaling",
    dimension: "AutoScalingGroupName",
    nameArgument: "name",
    // A group that may be empty has no capacity to fall below.
    exists: { GroupInServiceCapacity: ({ body }) => body["min_size"] !== 0 },
  },
  {
    type: "aws_db_instance",
    namespace: "AWS/RDS",
    dimension: "DBInstanceIdentifier",
    nameArgument: "identifier",
    exists: {
      ...auroraOnly,
      MaximumUsedTransactionIDs: engine("postgres"),
      ReplicaLag: ({ body }) => body["replicate_source_db"] !== undefined,
      DBLoad: ({ body }) => isTrue(body["performance_insights_enabled"]),
      "EBSByteBalance%": burstsToStorage,
      "EBSIOBalance%": burstsToStorage,
    },
  },
  { type: "aws_ebs_volume", namespace: "AWS/EBS", dimension: "VolumeId" },
  {
    type: "aws_efs_file_system",
    namespace: "AWS/EFS",
    dimension: "FileSystemId",
    exists: {
      PercentIOLimit: ({ body }) => (text(body["performance_mode"]) || "generalPurpose") === "generalPurpose",
      BurstCreditBalance: ({ body }) => (text(body["throughput_mode"]) || "bursting") === "bursting",
    },
  },
  {
    type: "aws_elasticache_replication_group",
    namespace: "AWS/ElastiCache",
    dimension: "CacheClusterId",
    nameArgument: "replication_group_id",
    exists: {
      ReplicationLag: ({ body }) => Number(body["num_cache_clusters"] ?? body["replicas_per_node_group"] ?? 1) > 1,
    },
  },
  { type: "aws_instance", namespace: "AWS/EC2", dimension: "InstanceId" },
  {
    type: "aws_lambda_function",
    namespace: "AWS/Lambda",
    dimension: "FunctionName",
    nameArgument: "function_name",
    exists: {
      // A reserved limit shows as throttles, which have their own alarm.
      ConcurrentExecutions: ({ body }) => Number(body["reserved_concurrent_executions"] ?? -1) < 0,
    },
  },
  { type: "aws_lambda_function", namespace: "AWS/Lambda" },
  { type: "aws_nat_gateway", namespace: "AWS/NATGateway", dimension: "NatGatewayId" },
  { type: "aws_route53_health_check", namespace: "AWS/Route53", dimension: "HealthCheckId" },
  {
    type: "aws_s3_bucket",
    namespace: "AWS/S3",
    dimension: "BucketName",
    nameArgument: "bucket",
    exists: {
      "4xxErrors": refersTo("aws_s3_bucket_metric", "bucket"),
      "5xxErrors": refersTo("aws_s3_bucket_metric", "bucket"),
    },
  },
  {
    type: "aws_s3_bucket",
    namespace: "AWS/S3",
    dimension: "SourceBucket",
    nameArgument: "bucket",
    exists: { OperationsFailedReplication: refersTo("aws_s3_bucket_replication_configuration", "bucket") },
  },
  { type: "aws_scheduler_schedule", namespace: "AWS/Scheduler" },
  {
    type: "aws_sns_topic",
    namespace: "AWS/SNS",
    dimension: "TopicName",
    nameArgument: "name",
    exists: {
      "NumberOfNotificationsFilteredOut-InvalidAttributes": subscribed((body) => body["filter_policy"] !== undefined),
      "NumberOfNotificationsFilteredOut-InvalidMessageBody": subscribed((body) => body["filter_policy"] !== undefined),
      NumberOfNotificationsRedrivenToDlq: subscribed((body) => body["redrive_policy"] !== undefined),
      NumberOfNotificationsFailedToRedriveToDlq: subscribed((body) => body["redrive_policy"] !== undefined),
      SMSMonthToDateSpentUSD: subscribed((body) => body["protocol"] === "sms"),
      SMSSuccessRate: subscribed((body) => body["protocol"] === "sms"),
    },
  },
  { type: "aws_sqs_queue", namespace: "AWS/SQS", dimension: "QueueName", nameArgument: "name" },
  {
    type: "aws_vpc_endpoint",
    namespace: "AWS/PrivateLinkEndpoints",
    dimension: "VPC Endpoint Id",
    exists: { PacketsDropped: ({ body }) => body["vpc_endpoint_type"] === "Interface" },
  },
  { type: "aws_vpn_connection", namespace: "AWS/VPN", dimension: "VpnId" },
];

/** Namespaces of the data whose metrics belong to no Terraform resource, and what watches the same thing. */
export const NAMESPACES_WITHOUT_RESOURCE: Readonly<Record<string, string>> = {
  ContainerInsights:
    "Published by an agent inside a cluster, not by a resource. Prometheus and the kubernetes-mixin rules watch nodes and pods.",
};

/** A recommended alarm of a resource, and the alarm that covers it. */
export interface AlarmCoverage {
  /** The resource. */
  readonly resource: ResourceModel;
  /** What AWS recommends for it. */
  readonly recommended: RecommendedAlarm;
  /** Name of an alarm of the same stack that watches this metric of this resource. @default - none: it is missing */
  readonly coveredBy?: string;
}

/** How a recommended alarm is told from all others, for example `AWS/SQS NumberOfMessagesSent`. */
export function alarmId({ namespace, metric }: Pick<RecommendedAlarm, "namespace" | "metric">): string {
  return `${namespace} ${metric}`;
}

/** Every recommended alarm of every resource of a stack, and what covers it. */
export function recommendedAlarmCoverage(stack: StackModel): AlarmCoverage[] {
  const watched = new Map<string, WatchedMetric[]>();
  for (const metric of stack.ofType("aws_cloudwatch_metric_alarm").flatMap(watchedMetrics)) {
    watched.set(alarmId(metric), [...(watched.get(alarmId(metric)) ?? []), metric]);
  }
  return SUBJECTS.flatMap((subject) => {
    const recommendations = recommendationsFor(subject);
    return stack.ofType(subject.type).flatMap((resource) =>
      recommendations
        .filter(({ metric }) => subject.exists?.[metric]?.(resource, stack) ?? true)
        .map((recommended) => ({
          resource,
          recommended,
          coveredBy: watched
            .get(alarmId(recommended))
            ?.find((candidate) => covers(candidate, recommended, resource, subject))?.alarmName,
        })),
    );
  });
}

function recommendationsFor({ namespace, dimension }: Subject): readonly RecommendedAlarm[] {
  return RECOMMENDED_ALARMS.filter(
    (alarm) =>
      alarm.namespace === namespace &&
      (dimension === undefined
        ? alarm.dimensions.length === 0
        : alarm.dimensions.some(({ name, value }) => name === dimension && value === undefined)),
  );
}

function covers(
  { comparison, dimensions }: WatchedMetric,
  recommended: RecommendedAlarm,
  resource: ResourceModel,
  { dimension, nameArgument }: Subject,
): boolean {
  return (
    sameDirection(comparison, recommended.comparison) &&
    (dimension === undefined || names(dimensions[dimension], resource, nameArgument))
  );
}

/** A metric that an alarm reads, directly or in an expression. */
interface WatchedMetric {
  readonly alarmName: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Block;
  /** @default - an expression or a band, whose direction says nothing about the metric's */
  readonly comparison?: string;
}

function watchedMetrics({ body }: ResourceModel): readonly WatchedMetric[] {
  const inExpressions = blocks(body, "metric_query").flatMap((query) => blocks(query, "metric"));
  return [...(body["metric_name"] === undefined ? [] : [body]), ...inExpressions].map((metric) => ({
    alarmName: text(body["alarm_name"]),
    namespace: text(metric["namespace"]),
    metric: text(metric["metric_name"]),
    dimensions: (metric["dimensions"] ?? {}) as Block,
    comparison: metric === body ? text(body["comparison_operator"]) : undefined,
  }));
}

function sameDirection(actual: string | undefined, recommended: string): boolean {
  return actual === undefined || actual.slice(0, 4) === recommended.slice(0, 4);
}

/** Whether a dimension's value is the resource: by reference, by its given name, or as a member numbered after it. */
function names(value: unknown, resource: ResourceModel, nameArgument: string | undefined): boolean {
  const [dimension] = strings(value);
  if (dimension === undefined) return false;
  if (dimension.includes(`\${${resource.address}.`)) return true;
  const name = nameArgument === undefined ? "" : text(resource.body[nameArgument]);
  return (
    name !== "" && (dimension === name || (dimension.startsWith(name) && /^-\d{3}$/.test(dimension.slice(name.length))))
  );
}
