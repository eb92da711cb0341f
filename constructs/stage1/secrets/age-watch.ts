import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function";
import { LambdaFunctionEventInvokeConfig } from "@cdktf/provider-aws/lib/lambda-function-event-invoke-config";
import { configFile, stackName } from "../../../config/names";
import { Construct, TerraformAsset, type ITerraformDependable } from "../../shared/cdktf";
import { EncryptionKey } from "../../shared/encryption/encryption-key";
import { DeadLetterQueue, purgeQueue } from "../../shared/functions/dead-letter-queue";
import { functionStatements } from "../../shared/functions/function-rights";
import { FunctionSchedule } from "../../shared/functions/function-schedule";
import { nodeFunction } from "../../shared/functions/node-function";
import { LAMBDA_TRUST, policyDocument } from "../../shared/iam/policy-document";
import { AGE_METRICS } from "../../shared/observability/age-metrics";
import { Alarm, type AlarmProps } from "../../shared/observability/alarm";
import { aws, cdktf, opsdx } from "../../shared/observability/command";
import { LogGroup } from "../../shared/observability/log-group";
import type { MonitoringContext } from "../../shared/observability/monitoring-context";
import { placeholder } from "../../shared/observability/placeholders";
import type { Step } from "../../shared/observability/steps";
import { acknowledge } from "../../shared/policy/acknowledge";

/** Properties of {@link AgeWatch}. */
export interface AgeWatchProps {
  /** What the stack's alarms and log groups share. */
  readonly monitoring: MonitoringContext;
  /** Account and region of the function. */
  readonly account: { readonly id: string; readonly region: string };
  /** The code: a zip archive, its SHA-256 in Base64, and the entry point. */
  readonly code: { readonly file: string; readonly hash: string; readonly handler: string };
  /** The secrets that are looked at. */
  readonly secrets: readonly { readonly name: string; readonly arn: string }[];
  /** Days that a value may stay. */
  readonly maxAgeDays: number;
  /** The restore tests that are looked at: the plan's name, and the databases' ARNs. */
  readonly restoreTests: { readonly planName: string; readonly databaseArns: readonly string[] };
}

const HOUR_SECONDS = 3600;
const TIMEOUT_SECONDS = 60;

/**
 * A function that writes every hour how old secrets' values are, and how long ago each database was restored for a test, and the alarms on
 * old values and on its own silence. It reads dates only (docs/decisions/0027-secrets-are-declared-empty.md).
 */
export class AgeWatch extends Construct {
  /** Every alarm. */
  public readonly alarms: readonly Alarm[];

  public constructor(scope: Construct, id: string, props: AgeWatchProps) {
    super(scope, id);
    const { account, code, monitoring } = props;
    const name = `${monitoring.namePrefix}-age-watch`;
    const logGroup = new LogGroup(this, "LogGroup", { monitoring, name: `/aws/lambda/${name}` });
    const { arn: keyArn } = new EncryptionKey(this, "Key", {
      alias: name,
      description: `Failed events and settings of the function ${name}`,
      accountId: account.id,
    });
    const look = ["What it said:", aws(`logs tail /aws/lambda/${name} --since 6h`)];
    const failed = new DeadLetterQueue(this, "Failed", {
      monitoring,
      queueName: `${name}-failed`,
      keyArn,
      alarm: {
        name: "age-watch-failed",
        intent: "A look at the ages of secrets and restore tests was given up. The next comes within the hour.",
        severity: "ticket",
        steps: [
          look,
          ["The messages tell nothing more; delete them, which ends the alarm:", purgeQueue(`${name}-failed`)],
        ],
      },
    });
    const role = this.role(props, name, keyArn);
    const fn = new LambdaFunction(this, "Resource", {
      functionName: name,
      description: "Writes how old secrets' values and restore tests are",
      role: role.arn,
      ...nodeFunction(code, logGroup),
      filename: new TerraformAsset(this, "Code", { path: code.file }).path,
      timeout: TIMEOUT_SECONDS,
      kmsKeyArn: keyArn,
      environment: {
        variables: {
          // Names only; a variable with SECRET in its name is taken for a value.
          WATCHED: JSON.stringify(props.secrets.map((secret) => secret.name)),
          DATABASES: JSON.stringify(props.restoreTests.databaseArns),
          RESTORE_TESTING_PLAN: props.restoreTests.planName,
          METRIC_NAMESPACE: AGE_METRICS.namespace,
        },
      },
      deadLetterConfig: { targetArn: failed.arn },
      dependsOn: [role.attachment],
    });
    acknowledge(
      this,
      "LambdaInsideVPC",
      "It reads dates from two of AWS's APIs and nothing of the VPC, which it could then reach; nobody can connect to a function. Inside, AWS Backup would need an endpoint of its own.",
    );
    for (const metric of ["ClaimedAccountConcurrency", "Duration", "Throttles"]) {
      acknowledge(
        this,
        `RecommendedAlarm[AWS/Lambda ${metric}]`,
        "One look an hour, with one execution reserved for it: one that did not run, or not to its end, is seen by the alarms on its errors and its silence.",
      );
    }
    const slots = ["InvocationDroppedCount", "InvocationThrottleCount", "InvocationsFailedToBeSentToDeadLetterCount"];
    for (const metric of [...slots, "TargetErrorThrottledCount"]) {
      acknowledge(
        this,
        `RecommendedAlarm[AWS/Scheduler ${metric}]`,
        "A slot that is lost costs an hour; six in a row are seen by the alarm on the function's silence.",
      );
    }
    new LambdaFunctionEventInvokeConfig(this, "Events", {
      functionName: fn.functionName,
      // An old look is worth nothing: the next is due.
      maximumEventAgeInSeconds: HOUR_SECONDS,
      maximumRetryAttempts: 1,
    });
    new FunctionSchedule(this, "Schedule", {
      accountId: account.id,
      subject: "age-watch",
      target: "the function that looks at the ages of secrets and restore tests",
      scheduleName: name,
      roleName: `${name}-schedule`,
      groupName: "default",
      schedule: { expression: "cron(20 * * * ? *)", timeZone: "UTC" },
      enabled: true,
      retry: { maxAgeSeconds: HOUR_SECONDS, attempts: 2 },
      targetArn: fn.arn,
      event: "{}",
      deadLetterArn: failed.arn,
      keyArn,
    });
    this.alarms = [failed.alarm, ...this.ageAlarms(props, name, look)];
  }

  private role(
    { account, monitoring, restoreTests, secrets }: AgeWatchProps,
    name: string,
    keyArn: string,
  ): { readonly arn: string; readonly attachment: ITerraformDependable } {
    const place = {
      account,
      functions: [{ functionName: name, logGroup: `/aws/lambda/${name}`, failedQueue: `${name}-failed` }],
    };
    const role = new IamRole(this, "Role", {
      name,
      description: "Looks at the ages of secrets and restore tests",
      assumeRolePolicy: LAMBDA_TRUST,
    });
    const policy = new IamPolicy(this, "Policy", {
      name,
      description: `Dates of the secrets' versions and of restore tests of ${monitoring.namePrefix}; logs, traces and failed events of the function`,
      policy: policyDocument(
        ...(secrets.length === 0
          ? []
          : [
              {
                sid: "DatesOfVersions",
                actions: ["secretsmanager:ListSecretVersionIds"],
                resources: secrets.map(({ arn }) => arn),
              },
            ]),
        {
          sid: "Plan",
          actions: ["backup:GetRestoreTestingPlan"],
          // AWS Backup adds an id to the name.
          resources: [`arn:aws:backup:${account.region}:${account.id}:restore-testing-plan:${restoreTests.planName}-*`],
        },
        // The action knows no resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbackup.html
        { sid: "RestoreJobs", actions: ["backup:ListRestoreJobs"], resources: ["*"] },
        ...functionStatements(place, keyArn),
      ),
    });
    const attachment = new IamRolePolicyAttachment(this, "Attachment", { role: role.name, policyArn: policy.arn });
    return { arn: role.arn, attachment };
  }

  private ageAlarms({ maxAgeDays, monitoring }: AgeWatchProps, name: string, look: Step): readonly Alarm[] {
    const { environment } = monitoring;
    const again = [
      "Let it look now; it answers the days of each secret and database, and which secrets have no value.",
      aws(`lambda invoke --function-name ${name} /dev/stdout`),
    ];
    const shared = {
      monitoring,
      severity: "ticket",
      periodSeconds: HOUR_SECONDS,
    } as const satisfies Partial<AlarmProps>;
    return [
      new Alarm(this, "Old", {
        ...shared,
        name: "secrets-old",
        intent: `A secret's value is older than ${maxAgeDays} days, and nothing rotates it.`,
        steps: [
          ["Which?", opsdx(`secrets check ${environment} --max-age ${maxAgeDays}`)],
          [
            "A service's that a command made: it makes a new one, and says what follows.",
            opsdx(`secrets rotate ${environment} ${placeholder("name")}`),
          ],
          "Any other: have whoever gave the value (Epic, Clarity, the owner of a database role) give a new one, and put it in: see `Put a value in, or change it`. The alarm ends within the hour.",
          [
            `A value that must live longer: \`secrets.maxAgeDays\` in \`${configFile(environment)}\`, then:`,
            cdktf("deploy", stackName(environment, "stage1")),
          ],
        ],
        metric: { namespace: AGE_METRICS.namespace, name: AGE_METRICS.oldestSecret, statistic: "Maximum" },
        comparison: ">",
        threshold: maxAgeDays,
        thresholdSetting: "secrets.maxAgeDays",
        periods: 1,
        // A look that is late changes nothing; silence has its own alarm.
        missingData: "ignore",
      }),
      new Alarm(this, "Silent", {
        ...shared,
        name: "age-watch-silent",
        intent:
          "Nobody has looked at the ages of secrets and restore tests for six hours: the alarms on them stay as they are, and say nothing new.",
        steps: [
          look,
          again,
          [
            "Not invoked at all? Is its schedule on?",
            aws(`scheduler get-schedule --name ${name} --query State`),
            "This turns it on again:",
            cdktf("deploy", stackName(environment, "stage1")),
          ],
        ],
        metric: { namespace: AGE_METRICS.namespace, name: AGE_METRICS.checked, statistic: "SampleCount" },
        comparison: "<",
        threshold: 1,
        periods: 6,
        missingData: "breaching",
      }),
      new Alarm(this, "Errors", {
        ...shared,
        name: "age-watch-errors",
        intent: "The function that looks at the ages of secrets and restore tests fails for three hours.",
        steps: [
          look,
          again,
          "`AccessDenied` names the right that its role lacks; `ResourceNotFoundException` a plan that is gone: deploy stage1.",
        ],
        metric: { namespace: "AWS/Lambda", name: "Errors", dimensions: { FunctionName: name }, statistic: "Sum" },
        comparison: ">",
        threshold: 0,
        periods: 3,
        missingData: "notBreaching",
      }),
    ];
  }
}
