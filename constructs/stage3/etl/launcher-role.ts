import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { etlLauncherRole } from "../../../config/names";
import { Construct } from "../../shared/cdktf";
import type { ITerraformDependable } from "../../shared/cdktf";
import { LAMBDA_TRUST, policyDocument, type PolicyStatement } from "../../shared/iam/policy-document";
import { type EtlNames } from "./etl-names";

/** Properties of {@link LauncherRole}. */
export interface LauncherRoleProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Account and region of the functions. */
  readonly account: { readonly id: string; readonly region: string };
  /** Names of the launchers' resources. */
  readonly launchers: readonly EtlNames[];
  /** ARN of the key of the queues and the functions' settings. */
  readonly keyArn: string;
}

/** What Lambda itself does to place a function in a VPC. @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions */
const NETWORK_ACTIONS = [
  "ec2:AssignPrivateIpAddresses",
  "ec2:CreateNetworkInterface",
  "ec2:DeleteNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:UnassignPrivateIpAddresses",
];

/** What every function of the ETLs may do: write its logs and traces, hand failed events to its queue, stand in the VPC. */
export function functionStatements(
  account: { readonly id: string; readonly region: string },
  functions: readonly Pick<EtlNames, "functionName" | "logGroup" | "failedQueue">[],
  keyArn: string,
): readonly PolicyStatement[] {
  const here = (service: string): string => `arn:aws:${service}:${account.region}:${account.id}`;
  return [
    {
      sid: "Logs",
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: functions.map(({ logGroup }) => `${here("logs")}:log-group:${logGroup}:*`),
    },
    { sid: "Traces", actions: ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], resources: ["*"] },
    {
      sid: "FailedEvents",
      actions: ["sqs:SendMessage"],
      resources: functions.map(({ failedQueue }) => `${here("sqs")}:${failedQueue}`),
    },
    { sid: "Key", actions: ["kms:Decrypt", "kms:GenerateDataKey"], resources: [keyArn] },
    { sid: "NetworkInterfaces", actions: NETWORK_ACTIONS, resources: ["*"] },
    {
      // Lambda needs these, the code does not: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-best-practice-security
      sid: "NotFromTheCode",
      effect: "Deny",
      actions: NETWORK_ACTIONS,
      resources: ["*"],
      conditions: {
        ArnEquals: {
          "lambda:SourceFunctionArn": functions.map(({ functionName }) => `${here("lambda")}:function:${functionName}`),
        },
      },
    },
  ];
}

/**
 * The role of an environment's launchers. One for all, because a cluster knows it by name: what a launcher may do to a cluster
 * is decided there. In AWS it writes its logs and traces and hands failed events to its queues, and nothing else; metrics
 * travel in the log lines.
 */
export class LauncherRole extends Construct {
  /** ARN of the role. */
  public readonly arn: string;
  /** What a function waits for, because Lambda tries the rights when it makes one. */
  public readonly attachment: ITerraformDependable;

  public constructor(scope: Construct, id: string, props: LauncherRoleProps) {
    super(scope, id);
    const { account, launchers } = props;
    const name = etlLauncherRole(props.environment);
    const role = new IamRole(this, "Resource", {
      name,
      description: "Launchers of the ETLs; a user of the clusters",
      assumeRolePolicy: LAMBDA_TRUST,
    });
    this.arn = role.arn;
    const policy = new IamPolicy(this, "Policy", {
      name,
      description: "Logs, traces, failed events and network interfaces of the ETL launchers",
      policy: policyDocument(...functionStatements(account, launchers, props.keyArn)),
    });
    this.attachment = new IamRolePolicyAttachment(this, "Attachment", { role: role.name, policyArn: policy.arn });
  }
}
