import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { clusterLogGroup, etlOperatorRole, roleArn } from "../../../config/names";
import type { EtlsConfig } from "../../../config/schema/etl";
import { Construct } from "../../shared/cdktf";
import { peopleTrust } from "../../shared/iam/people-trust";
import { policyDocument, type PolicyStatement } from "../../shared/iam/policy-document";
import { etlNames, scheduleGroupName } from "./etl-names";

/** Properties of {@link OperatorRole}. */
export interface OperatorRoleProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Account and region of the ETLs. */
  readonly account: { readonly id: string; readonly region: string };
  /** The ETLs' settings, by name. */
  readonly etls: EtlsConfig;
  /** Who may take it on, as patterns of `aws:PrincipalArn`. */
  readonly principals: readonly string[];
}

/**
 * The role of people who operate ETLs: what `opsdx etl` and an ETL's chapter of the runbook ask of AWS, for the ETLs of one environment.
 * What it may do to a cluster is decided there: it is in the group `opsdx:etl-operators`.
 */
export class OperatorRole extends Construct {
  public constructor(scope: Construct, id: string, props: OperatorRoleProps) {
    super(scope, id);
    const name = etlOperatorRole(props.environment);
    const role = new IamRole(this, "Resource", {
      name,
      description: "People who operate ETLs; a user of the clusters",
      assumeRolePolicy: policyDocument(peopleTrust(props.account.id, props.principals)),
    });
    const policy = new IamPolicy(this, "Policy", {
      name,
      description: "Launch, pause and rerun ETLs, and read their logs and queues",
      policy: policyDocument(...operatorStatements(props)),
    });
    new IamRolePolicyAttachment(this, "Attachment", { role: role.name, policyArn: policy.arn });
  }
}

/** What operating the ETLs takes. */
function operatorStatements({ account, environment, etls }: OperatorRoleProps): readonly PolicyStatement[] {
  const here = (service: string): string => `arn:aws:${service}:${account.region}:${account.id}`;
  const named = Object.entries(etls).map(([etl, config]) => ({ config, names: etlNames(environment, etl, config) }));
  if (named.length === 0) return [WATCH];
  const scheduled = named.filter(({ config }) => config.schedule !== undefined).map(({ names }) => names);
  const logGroups = new Set([
    ...named.map(({ config }) => clusterLogGroup(environment, config.cluster)),
    ...named.map(({ names }) => names.logGroup),
  ]);
  return [
    {
      sid: "Launch",
      actions: ["lambda:InvokeFunction"],
      resources: named.map(({ names }) => `${here("lambda")}:function:${names.functionName}:live`),
    },
    ...(scheduled.length === 0
      ? []
      : [
          {
            sid: "PauseAndResume",
            actions: ["scheduler:GetSchedule", "scheduler:UpdateSchedule"],
            resources: scheduled.map(
              ({ schedule }) => `${here("scheduler")}:schedule/${scheduleGroupName(environment)}/${schedule}`,
            ),
          },
          {
            // An update names the schedule's role again: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html
            sid: "ScheduleRoles",
            actions: ["iam:PassRole"],
            resources: scheduled.map(({ scheduleRole }) => roleArn(account.id, scheduleRole)),
            conditions: { StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" } },
          },
        ]),
    {
      // Whether runs are looked at: the first question when nobody does.
      sid: "Looks",
      actions: ["scheduler:GetSchedule"],
      resources: named.map(
        ({ names }) => `${here("scheduler")}:schedule/${scheduleGroupName(environment)}/${names.look}`,
      ),
    },
    {
      sid: "Queues",
      actions: ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:PurgeQueue", "sqs:ReceiveMessage"],
      resources: named.flatMap(({ names }) =>
        [names.undeliveredQueue, names.failedQueue].map((queue) => `${here("sqs")}:${queue}`),
      ),
    },
    {
      sid: "QueueKeys",
      actions: ["kms:Decrypt"],
      resources: [`${here("kms")}:key/*`],
      conditions: { StringEquals: { "kms:ViaService": `sqs.${account.region}.amazonaws.com` } },
    },
    {
      sid: "Logs",
      actions: [
        "logs:DescribeLogStreams",
        "logs:FilterLogEvents",
        "logs:GetLogEvents",
        "logs:GetLogRecord",
        "logs:StartLiveTail",
        "logs:StartQuery",
      ],
      resources: [...logGroups].flatMap((group) => [
        `${here("logs")}:log-group:${group}`,
        `${here("logs")}:log-group:${group}:*`,
      ]),
    },
    WATCH,
  ];
}

/** What names no resource, or shows numbers and names only. */
const WATCH: PolicyStatement = {
  sid: "Watch",
  actions: [
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetDashboard",
    "cloudwatch:GetMetricData",
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:ListDashboards",
    "cloudwatch:ListMetrics",
    "lambda:GetFunctionConfiguration",
    "lambda:ListFunctions",
    "logs:DescribeLogGroups",
    "logs:DescribeQueryDefinitions",
    "logs:GetQueryResults",
    "logs:StopQuery",
    "scheduler:ListSchedules",
  ],
  resources: ["*"],
};
