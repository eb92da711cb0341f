import { FlowLog } from "@cdktf/provider-aws/lib/flow-log";
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { accountBucket } from "../../../config/names";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { Construct } from "../../shared/cdktf";
import { EncryptionKey } from "../../shared/encryption/encryption-key";
import { policyDocument, serviceTrust } from "../../shared/iam/policy-document";
import { LogGroup } from "../../shared/observability/log-group";
import type { Monitoring } from "../../shared/observability/monitoring";
import { SavedQuery } from "../../shared/observability/saved-query";
import { acknowledge } from "../../shared/policy/acknowledge";
import { SecureBucket } from "../../shared/storage/secure-bucket";

/** Properties of {@link FlowLogs}. */
export interface FlowLogsProps {
  /** Names, log encryption and retention. */
  readonly monitoring: Monitoring;
  /** Account and region of the VPC. */
  readonly account: { readonly id: string; readonly region: string };
  /** The VPC. */
  readonly vpcId: string;
  /** Name of the bucket that receives S3 access logs. */
  readonly accessLogBucket: string;
}

/**
 * What a record in S3 holds: the default fields, then those that tell who was behind a NAT gateway or a load balancer, and
 * which way a packet went.
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
 */
const FIELDS = [
  "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status",
  "vpc-id subnet-id az-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr",
  "pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path",
]
  .join(" ")
  .split(" ");

/**
 * Records every flow of a VPC in S3, as parquet by the hour, for forensics; and rejected flows in CloudWatch Logs within a
 * minute or so, for "why can't A reach B".
 */
export class FlowLogs extends Construct {
  public constructor(scope: Construct, id: string, props: FlowLogsProps) {
    super(scope, id);
    this.everything(props);
    this.rejected(props);
  }

  private everything({ monitoring, account, vpcId, accessLogBucket }: FlowLogsProps): void {
    const name = `${monitoring.namePrefix}-flow-logs`;
    const delivery = { Service: "delivery.logs.amazonaws.com" };
    const ours = {
      StringEquals: { "aws:SourceAccount": account.id },
      ArnLike: { "aws:SourceArn": `arn:aws:logs:${account.region}:${account.id}:*` },
    };
    const key = new EncryptionKey(this, "Key", {
      alias: name,
      description: `Flow logs of ${monitoring.namePrefix}`,
      accountId: account.id,
      statements: [
        {
          sid: "LogDelivery",
          actions: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
          resources: ["*"],
          principals: delivery,
          conditions: ours,
        },
      ],
    });
    const bucket = new SecureBucket(this, "Bucket", {
      bucketName: accountBucket(monitoring.namePrefix, "flow-logs", account.id),
      keyArn: key.arn,
      accessLogBucket,
      // AWS adds statements of these two names by itself where they are missing.
      // https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html
      statements: (arn) => [
        {
          sid: "AWSLogDeliveryWrite",
          actions: ["s3:PutObject"],
          resources: [`${arn}/AWSLogs/${account.id}/*`],
          principals: delivery,
          conditions: {
            StringEquals: { ...ours.StringEquals, "s3:x-amz-acl": "bucket-owner-full-control" },
            ArnLike: ours.ArnLike,
          },
        },
        {
          sid: "AWSLogDeliveryAclCheck",
          actions: ["s3:GetBucketAcl", "s3:ListBucket"],
          resources: [arn],
          principals: delivery,
          conditions: ours,
        },
      ],
      lifecycle: [{ id: "retention", infrequentAccessAfterDays: 30, expireAfterDays: monitoring.retention.auditDays }],
      oldVersionDays: 30,
    });
    acknowledge(
      bucket,
      "S3BucketReplicationEnabled",
      "Only state and the audit trail are replicated; flow records describe the region whose loss would take them",
    );
    new FlowLog(this, "Everything", {
      vpcId,
      trafficType: "ALL",
      maxAggregationInterval: 600,
      logDestinationType: "s3",
      logDestination: bucket.arn,
      // Doubled, so that Terraform passes the names on instead of looking them up.
      logFormat: FIELDS.map((field) => `$\${${field}}`).join(" "),
      destinationOptions: { fileFormat: "parquet", perHourPartition: true, hiveCompatiblePartitions: false },
      tags: { Name: `${name}-all` },
      dependsOn: [bucket.policy],
    });
  }

  private rejected({ monitoring, account, vpcId }: FlowLogsProps): void {
    const name = `${monitoring.namePrefix}-flow-logs-rejected`;
    const logGroup = new LogGroup(this, "RejectedLog", { monitoring, name });
    const role = new IamRole(this, "Role", {
      name,
      description: "Lets VPC flow logs write rejected flows to CloudWatch Logs",
      assumeRolePolicy: serviceTrust("vpc-flow-logs.amazonaws.com", account.id),
    });
    const policy = new IamPolicy(this, "Policy", {
      name,
      policy: policyDocument(
        {
          sid: "Write",
          actions: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
          resources: [logGroup.arn, `${logGroup.arn}:*`],
        },
        {
          sid: "Find",
          actions: ["logs:DescribeLogGroups"],
          resources: [`arn:aws:logs:${account.region}:${account.id}:log-group:*`],
        },
      ),
    });
    const attachment = new IamRolePolicyAttachment(this, "RolePolicy", { role: role.name, policyArn: policy.arn });
    new FlowLog(this, "Rejected", {
      vpcId,
      trafficType: "REJECT",
      maxAggregationInterval: 60,
      logDestinationType: "cloud-watch-logs",
      logDestination: logGroup.arn,
      iamRoleArn: role.arn,
      tags: { Name: name },
      dependsOn: [attachment],
    });

    const query = (queryId: string, title: string, ...commands: string[]): void => {
      new SavedQuery(this, queryId, {
        name: `${monitoring.namePrefix}/core/${title}`,
        logGroups: [logGroup],
        query: ['filter logStatus = "OK"', ...commands],
      });
    };
    query(
      "BySource",
      "rejected flows by source",
      "stats count(*) as flows, sum(packets) as packetsTotal, count_distinct(dstPort) as portsTried by srcAddr",
      "sort flows desc",
      "limit 25",
    );
    query(
      "ByPort",
      "rejected flows by destination port",
      "stats count(*) as flows, count_distinct(srcAddr) as sources by dstAddr, dstPort, protocol",
      "sort flows desc",
      "limit 25",
    );
    query(
      "OfAddress",
      "rejected flows of an address",
      'filter srcAddr = "<address>" or dstAddr = "<address>"',
      "fields @timestamp, interfaceId, srcAddr, srcPort, dstAddr, dstPort, protocol, packets",
      "sort @timestamp desc",
      "limit 200",
    );
  }
}
