import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function";
import { LambdaFunctionEventInvokeConfig } from "@cdktf/provider-aws/lib/lambda-function-event-invoke-config";
import { SchedulerScheduleGroup } from "@cdktf/provider-aws/lib/scheduler-schedule-group";
import { databaseReaderName, databaseReaderUser, monitorsFunction } from "../../../config/names";
import { monitorDefinitions, type MonitorsConfig } from "../../../config/schema/monitors";
import { Construct, TerraformAsset, type ITerraformDependable } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import { DatabaseReader } from "../../shared/database/database-reader";
import { EncryptionKey } from "../../shared/encryption/encryption-key";
import { DeadLetterQueue, purgeQueue } from "../../shared/functions/dead-letter-queue";
import { functionStatements, networkStatements } from "../../shared/functions/function-rights";
import { FunctionSchedule } from "../../shared/functions/function-schedule";
import { nodeFunction, type NodeFunctionCode } from "../../shared/functions/node-function";
import { LAMBDA_TRUST, policyDocument } from "../../shared/iam/policy-document";
import { aws } from "../../shared/observability/command";
import { LogGroup } from "../../shared/observability/log-group";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import type { Platform } from "../../shared/platform";
import { acknowledge } from "../../shared/policy/acknowledge";
import { monitorsFacts } from "./facts";
import { FunctionAlarms } from "./function-alarms";
import { MonitorAlarms } from "./monitor-alarms";
import { MonitorsDashboard } from "./monitors-dashboard";
import { BEHAVIOR, MONITORS } from "./names";

/** Properties of {@link Monitors}. */
export interface MonitorsProps {
  /** What they stand on. */
  readonly platform: Pick<
    Platform,
    "account" | "clusters" | "databases" | "environment" | "monitoring" | "network" | "programs" | "secretKeyArns"
  >;
  /** Their settings. */
  readonly config: MonitorsConfig;
  /** Code of the function. */
  readonly code: NodeFunctionCode & { readonly file: string };
}

/** The function's time: the longest statement, what it is given beyond it, and a connection. */
const TIMEOUT_SECONDS = 60;

/**
 * The behavior monitors: one function in the VPC, invoked at each monitor's own times, asks a database for a number and writes it as a
 * metric. It logs in by IAM, as a role that reads the monitors' views and nothing else.
 */
export class Monitors extends Construct {
  public constructor(scope: Construct, id: string, props: MonitorsProps) {
    super(scope, id);
    const { code, config, platform } = props;
    const { account, databases, environment, monitoring, network } = platform;
    const name = monitorsFunction(environment);
    describeSystem(this, monitorsFacts({ environment, config, cluster: platform.clusters.k8s.name }));
    this.readers(props);
    const logGroup = new LogGroup(this, "LogGroup", { monitoring, name: `/aws/lambda/${name}` });
    const { arn: keyArn } = new EncryptionKey(this, "Key", {
      alias: name,
      description: `Failed events and settings of the function ${name}`,
      accountId: account.id,
    });
    const failed = new DeadLetterQueue(this, "FailedEvents", {
      monitoring,
      queueName: `${name}-failed`,
      keyArn,
      alarm: {
        name: "behavior-monitors-failed",
        intent: "A run of a behavior monitor was given up before the function could say why. The next comes by itself.",
        severity: "ticket",
        steps: [
          ["What the function said:", aws(`logs tail /aws/lambda/${name} --since 3h`)],
          ["The messages tell nothing more; delete them, which ends the alarm:", purgeQueue(`${name}-failed`)],
        ],
      },
    });
    const role = this.role(props, name, keyArn);
    const fn = new LambdaFunction(this, "Resource", {
      functionName: name,
      description: "Asks databases for the numbers of behavior monitors",
      role: role.arn,
      ...nodeFunction(code, logGroup),
      filename: new TerraformAsset(this, "Code", { path: code.file }).path,
      // Monitors that come up in the same minute.
      reservedConcurrentExecutions: CONCURRENT,
      timeout: TIMEOUT_SECONDS,
      kmsKeyArn: keyArn,
      environment: {
        variables: {
          MONITORS: JSON.stringify(monitorDefinitions(config)),
          DATABASES: databasesVariable(databases, config),
          METRIC_NAMESPACE: BEHAVIOR,
        },
      },
      vpcConfig: {
        subnetIds: Object.values(network.nodeSubnetIds),
        securityGroupIds: [network.securityGroupIds.monitor],
      },
      deadLetterConfig: { targetArn: failed.arn },
      dependsOn: [role.attachment],
    });
    acknowledge(
      this,
      "RecommendedAlarm[AWS/Lambda ClaimedAccountConcurrency]",
      "The function has executions reserved for it, which other functions of the account cannot use up; its silence has an alarm.",
    );
    new LambdaFunctionEventInvokeConfig(this, "Events", {
      functionName: fn.functionName,
      // A number of then would be written as one of now.
      maximumEventAgeInSeconds: 300,
      maximumRetryAttempts: 1,
    });
    const group = new SchedulerScheduleGroup(this, "Schedules", { name }).name;
    for (const [monitor, { schedule }] of Object.entries(config.watched)) {
      new FunctionSchedule(this, constructId("schedule", monitor), {
        accountId: account.id,
        subject: monitor,
        target: "the function of the behavior monitors",
        scheduleName: `${name}-${monitor}`,
        roleName: scheduleRole(name, monitor),
        groupName: group,
        schedule,
        enabled: true,
        retry: { maxAgeSeconds: 300, attempts: 2 },
        targetArn: fn.arn,
        event: JSON.stringify({ monitor }),
        deadLetterArn: failed.arn,
        keyArn,
      });
    }
    const watched = Object.entries(config.watched).map(
      ([monitor, settings]) =>
        new MonitorAlarms(this, constructId("monitor", monitor), {
          monitoring,
          monitor,
          config: settings,
          reader: {
            job: databaseReaderName({ service: MONITORS, name: settings.database }),
            cluster: platform.clusters.k8s.name,
          },
        }),
    );
    const own = new FunctionAlarms(this, "FunctionAlarms", {
      monitoring,
      functionName: name,
      seconds: TIMEOUT_SECONDS,
    });
    const alarms = [failed.alarm, ...own.alarms, ...watched.flatMap((one) => one.alarms)];
    new SystemHealth(this, "Health", { monitoring, alarms });
    new MonitorsDashboard(this, "Dashboard", { monitoring, region: account.region, config, alarms });
  }

  /** A role in each database that a monitor asks. */
  private readers({ config, platform }: MonitorsProps): void {
    for (const source of ["db", "dw"] as const) {
      const watched = Object.values(config.watched).filter(({ database }) => database === source);
      if (watched.length === 0) continue;
      new DatabaseReader(this, constructId("reader", source), {
        platform,
        service: MONITORS,
        source,
        namespace: platform.clusters.k8s.foundation.monitoring,
        views: [...new Set(watched.flatMap(({ views }) => views))],
        setting: "monitors.watched",
        login: "iam",
        // A fresh account has no views yet, and the monitors tell so.
        missing: "wait",
        connectionLimit: 2 * CONCURRENT,
        statementTimeoutSeconds: TIMEOUT_SECONDS,
      });
    }
  }

  private role(
    { config, platform }: MonitorsProps,
    name: string,
    keyArn: string,
  ): { readonly arn: string; readonly attachment: ITerraformDependable } {
    const { account, databases, monitoring } = platform;
    const role = new IamRole(this, "Role", {
      name,
      description: "Function of the behavior monitors",
      assumeRolePolicy: LAMBDA_TRUST,
    });
    const place = {
      account,
      functions: [{ functionName: name, logGroup: `/aws/lambda/${name}`, failedQueue: `${name}-failed` }],
    };
    const asked = new Set(Object.values(config.watched).map(({ database }) => database));
    const policy = new IamPolicy(this, "Policy", {
      name,
      description: `Logs in to databases of ${monitoring.namePrefix} as ${databaseReaderUser({ service: MONITORS })}; logs, traces, failed events and network interfaces of the function`,
      policy: policyDocument(
        {
          sid: "LogIn",
          actions: ["rds-db:connect"],
          resources: [...asked]
            .sort()
            .map(
              (database) =>
                `arn:aws:rds-db:${account.region}:${account.id}:dbuser:${database === "db" ? databases.dbResourceId : databases.dwResourceId}/${databaseReaderUser({ service: MONITORS })}`,
            ),
        },
        ...functionStatements(place, keyArn),
        ...networkStatements(place),
      ),
    });
    const attachment = new IamRolePolicyAttachment(this, "Attachment", { role: role.name, policyArn: policy.arn });
    return { arn: role.arn, attachment };
  }
}

/** Monitors that may run at a time. */
const CONCURRENT = 3;

/** IAM's limit on a role's name is 64 characters, and a monitor's may have 40. */
function scheduleRole(functionName: string, monitor: string): string {
  return `${functionName.replace("-behavior-monitors", "")}-mon-${monitor}`;
}

/** Where the databases are that monitors ask. */
function databasesVariable(databases: Platform["databases"], { watched }: MonitorsConfig): string {
  const user = databaseReaderUser({ service: MONITORS });
  const places = {
    db: { host: databases.dbAddress, port: databases.dbPort, database: databases.dbName, user },
    dw: { host: databases.dwAddress, port: databases.dwPort, database: databases.dwName, user },
  };
  const asked = Object.entries(places).filter(([name]) =>
    Object.values(watched).some(({ database }) => database === name),
  );
  return JSON.stringify(Object.fromEntries(asked));
}
