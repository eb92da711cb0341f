import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function";
import { LambdaFunctionEventInvokeConfig } from "@cdktf/provider-aws/lib/lambda-function-event-invoke-config";
import { stackName } from "../../../config/names";
import type { EtlsConfig } from "../../../config/schema/etl";
import { cadence } from "../../../config/schema/schedule";
import { Construct, type ITerraformDependable } from "../../shared/cdktf";
import { DeadLetterQueue, purgeQueue } from "../../shared/functions/dead-letter-queue";
import { functionStatements, networkStatements } from "../../shared/functions/function-rights";
import { FunctionSchedule } from "../../shared/functions/function-schedule";
import { nodeFunction } from "../../shared/functions/node-function";
import { LAMBDA_TRUST, policyDocument } from "../../shared/iam/policy-document";
import { Alarm, type AlarmMetric, type AlarmProps } from "../../shared/observability/alarm";
import { aws, cdktf } from "../../shared/observability/command";
import { LogGroup } from "../../shared/observability/log-group";
import type { MonitoringContext } from "../../shared/observability/monitoring";
import { acknowledge } from "../../shared/policy/acknowledge";
import { ETL_NAMESPACE, scheduleGroupName } from "./etl-names";
import { scheduledEvent } from "./etl-schedule";

/** Properties of {@link EtlFreshness}. */
export interface EtlFreshnessProps {
  /** What the stack's alarms and log groups share. */
  readonly monitoring: MonitoringContext;
  /** Account and region of the function. */
  readonly account: { readonly id: string; readonly region: string };
  /** The ETLs' settings, by name. */
  readonly etls: EtlsConfig;
  /** The code: a zip archive, its SHA-256 in Base64, and the entry point. */
  readonly code: { readonly path: string; readonly hash: string; readonly handler: string };
  /** Private subnets. */
  readonly subnetIds: readonly string[];
  /** Security group of functions, from which AWS's APIs are reached. */
  readonly securityGroupId: string;
  /** Name of the group of the ETLs' schedules. */
  readonly scheduleGroup: string;
  /** ARN of the key of the queue and the function's settings. */
  readonly keyArn: string;
}

/** Seconds between two looks: the shortest promise is 900 s, and an alarm is late by one look at most. */
export const LOOK_SECONDS = 300;
const TIMEOUT_SECONDS = 30;

/** The ETLs that are looked at: those that a schedule launches. */
export function watchedEtls(etls: EtlsConfig): readonly string[] {
  return Object.entries(etls).flatMap(([etl, { enabled, schedule }]) =>
    enabled && schedule !== undefined ? [etl] : [],
  );
}

/**
 * A function that writes every five minutes how long each scheduled ETL has gone without a success, and the alarms on its own
 * silence. It reads what the ETLs' logs were counted into, so it needs no cluster (docs/decisions/0015-freshness-is-a-number.md).
 */
export class EtlFreshness extends Construct {
  /** The alarms on the function itself. */
  public readonly alarms: readonly Alarm[];

  public constructor(scope: Construct, id: string, props: EtlFreshnessProps) {
    super(scope, id);
    const { account, code, etls, keyArn, monitoring } = props;
    const name = `${monitoring.namePrefix}-etl-freshness`;
    const logGroupName = `/aws/lambda/${name}`;
    const logGroup = new LogGroup(this, "LogGroup", { monitoring, name: logGroupName });
    const failed = new DeadLetterQueue(this, "Failed", {
      monitoring,
      queueName: `${name}-failed`,
      keyArn,
      alarm: {
        name: "etl-freshness-failed",
        intent: "A look at the ETLs' freshness was given up. The next comes within five minutes.",
        severity: "ticket",
        steps: [
          ["What it said:", aws(`logs tail ${logGroupName} --since 3h`)],
          ["The messages tell nothing more; delete them, which ends the alarm:", purgeQueue(`${name}-failed`)],
        ],
      },
    });
    const role = this.role(props, { name, logGroupName });
    const fn = new LambdaFunction(this, "Resource", {
      functionName: name,
      description: "Writes how long each ETL has gone without a success",
      role: role.arn,
      ...nodeFunction(code, logGroup),
      filename: code.path,
      timeout: TIMEOUT_SECONDS,
      kmsKeyArn: keyArn,
      environment: { variables: { ETLS: JSON.stringify(watched(etls)), METRIC_NAMESPACE: ETL_NAMESPACE } },
      vpcConfig: { subnetIds: [...props.subnetIds], securityGroupIds: [props.securityGroupId] },
      deadLetterConfig: { targetArn: failed.arn },
      dependsOn: [role.attachment],
    });
    acknowledge(
      this,
      "RecommendedAlarm[AWS/Lambda ClaimedAccountConcurrency]",
      "The function has one execution reserved for it, which other functions of the account cannot use up; its silence has an alarm.",
    );
    new LambdaFunctionEventInvokeConfig(this, "Events", {
      functionName: fn.functionName,
      // An old look is worth nothing: the next is due.
      maximumEventAgeInSeconds: LOOK_SECONDS,
      maximumRetryAttempts: 1,
    });
    new FunctionSchedule(this, "Schedule", {
      accountId: account.id,
      subject: "etl-freshness",
      event: scheduledEvent("etl-freshness"),
      target: "the function that looks at the ETLs' freshness",
      scheduleName: name,
      roleName: `${name}-schedule`,
      groupName: props.scheduleGroup,
      schedule: { expression: `cron(0/${LOOK_SECONDS / 60} * * * ? *)`, timeZone: "UTC" },
      enabled: true,
      retry: { maxAgeSeconds: LOOK_SECONDS, attempts: 2 },
      targetArn: fn.arn,
      deadLetterArn: failed.arn,
      keyArn,
    });
    this.alarms = [failed.alarm, ...this.ownAlarms(monitoring, name, logGroupName)];
  }

  private role(
    { account, keyArn }: EtlFreshnessProps,
    { logGroupName, name }: { readonly name: string; readonly logGroupName: string },
  ): { readonly arn: string; readonly attachment: ITerraformDependable } {
    const role = new IamRole(this, "Role", {
      name,
      description: "Looks at the ETLs' freshness",
      assumeRolePolicy: LAMBDA_TRUST,
    });
    const place = {
      account,
      functions: [{ functionName: name, logGroup: logGroupName, failedQueue: `${name}-failed` }],
    };
    const policy = new IamPolicy(this, "Policy", {
      name,
      description: "Reads metrics; logs, traces, failed events and network interfaces of the function",
      policy: policyDocument(
        // The action knows no resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
        { sid: "Metrics", actions: ["cloudwatch:GetMetricData"], resources: ["*"] },
        ...functionStatements(place, keyArn),
        ...networkStatements(place),
      ),
    });
    const attachment = new IamRolePolicyAttachment(this, "Attachment", { role: role.name, policyArn: policy.arn });
    return { arn: role.arn, attachment };
  }

  private ownAlarms(monitoring: MonitoringContext, functionName: string, logGroupName: string): readonly Alarm[] {
    const look = ["What it said:", aws(`logs tail ${logGroupName} --since 3h`)];
    const again = [
      "Let it look now; it answers the seconds of each ETL.",
      aws(`lambda invoke --function-name ${functionName} /dev/stdout`),
    ];
    const lambda = (name: string, statistic: string): AlarmMetric => ({
      namespace: "AWS/Lambda",
      name,
      dimensions: { FunctionName: functionName },
      statistic,
    });
    const shared = {
      monitoring,
      severity: "ticket",
      periodSeconds: LOOK_SECONDS,
      missingData: "notBreaching",
    } as const satisfies Partial<AlarmProps>;
    return [
      new Alarm(this, "Silent", {
        ...shared,
        name: "etl-freshness-silent",
        intent:
          "Nobody has looked at the ETLs' freshness for a quarter of an hour: their freshness alarms stay as they are, and say nothing new.",
        severity: "page",
        steps: [
          look,
          again,
          [
            "Not invoked at all? Is its schedule on?",
            aws(
              `scheduler get-schedule --group-name ${scheduleGroupName(monitoring.environment)} --name ${functionName} --query State`,
            ),
            "This turns it on again:",
            cdktf("deploy", stackName(monitoring.environment, "stage3")),
          ],
          "It cannot reach CloudWatch: the endpoint `monitoring` of the network; see its page.",
          "Until it looks again, the saved query `last successful slot` says what its alarms would.",
        ],
        metric: { namespace: ETL_NAMESPACE, name: "FreshnessChecked", statistic: "SampleCount" },
        comparison: "<",
        threshold: 1,
        periods: 3,
        missingData: "breaching",
      }),
      new Alarm(this, "Errors", {
        ...shared,
        name: "etl-freshness-errors",
        intent: "The function that looks at the ETLs' freshness fails for a quarter of an hour.",
        steps: [look, again],
        metric: lambda("Errors", "Sum"),
        comparison: ">",
        threshold: 0,
        periods: 3,
      }),
      new Alarm(this, "Throttles", {
        ...shared,
        name: "etl-freshness-throttles",
        intent: "The function that looks at the ETLs' freshness is invoked while it runs, for a quarter of an hour.",
        steps: [
          look,
          "A look takes a second; one that takes minutes waits for CloudWatch: see the alarm etl-freshness-slow.",
        ],
        metric: lambda("Throttles", "Sum"),
        comparison: ">=",
        threshold: 1,
        periods: 3,
      }),
      new Alarm(this, "Slow", {
        ...shared,
        name: "etl-freshness-slow",
        intent: `The function that looks at the ETLs' freshness takes more than 80 % of its ${TIMEOUT_SECONDS} s, for a quarter of an hour.`,
        steps: [look, again, "CloudWatch answers slowly: the AWS Health dashboard."],
        metric: lambda("Duration", "p90"),
        comparison: ">",
        threshold: 0.8 * TIMEOUT_SECONDS * 1000,
        periods: 3,
      }),
    ];
  }
}

/** What the function is told of each ETL: its name, the one that it had, and the ends of a schedule that has one. */
function watched(etls: EtlsConfig) {
  return watchedEtls(etls).map((etl) => {
    const { renamedFrom, schedule } = etls[etl] ?? {};
    const { first, last } = schedule === undefined ? {} : cadence(schedule);
    return {
      etl,
      ...(renamedFrom !== undefined && { renamedFrom }),
      ...(first !== undefined && { firstSlot: first }),
      ...(last !== undefined && { lastSlot: last }),
    };
  });
}
