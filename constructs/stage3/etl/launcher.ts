import { LambdaAlias } from "@cdktf/provider-aws/lib/lambda-alias";
import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function";
import { LambdaFunctionEventInvokeConfig } from "@cdktf/provider-aws/lib/lambda-function-event-invoke-config";
import { Construct } from "../../shared/cdktf";
import type { ITerraformDependable } from "../../shared/cdktf";
import { nodeFunction } from "../../shared/functions/node-function";
import type { Cluster } from "../../shared/kubernetes/cluster";
import { LogGroup } from "../../shared/observability/log-group";
import type { MonitoringContext } from "../../shared/observability/monitoring";
import { acknowledge } from "../../shared/policy/acknowledge";
import { ETL_NAMESPACE } from "./etl-names";

/** Seconds that a launch may take. */
export const LAUNCHER_TIMEOUT_SECONDS = 30;

/** What the launchers of an environment share. */
export interface LauncherGround {
  /** Name of the environment. */
  readonly environment: string;
  /** Region of the functions. */
  readonly region: string;
  /** The code: a zip archive, and its SHA-256 in Base64. */
  readonly code: { readonly path: string; readonly hash: string };
  /** Entry point, `<file>.<function>`. */
  readonly handler: string;
  /** Private subnets. */
  readonly subnetIds: readonly string[];
  /** The launchers' security group. */
  readonly securityGroupId: string;
  /** The launchers' role, and what must be there before a function is made. */
  readonly role: { readonly arn: string; readonly attachment: ITerraformDependable };
  /** ARN of the key of the functions' settings. */
  readonly keyArn: string;
}

/** Properties of {@link Launcher}. */
export interface LauncherProps extends LauncherGround {
  /** What the stack's log groups share. */
  readonly monitoring: MonitoringContext;
  /** Name of the function. */
  readonly functionName: string;
  /** Name of the function's log group. */
  readonly logGroupName: string;
  /** What it launches, in a few words. */
  readonly description: string;
  /** The cluster that it talks to. */
  readonly cluster: Pick<Cluster, "apiEndpoint" | "certificateAuthority" | "name">;
  /** Namespace of the template and the Jobs. */
  readonly namespace: string;
  /** ARN of the queue that gets events on which the function failed. */
  readonly failedQueueArn: string;
}

/**
 * A function that turns an event into a Kubernetes Job. It is invoked asynchronously, so Lambda itself tries again, for five
 * minutes, and then hands the event to a queue. What it gets are names and addresses; it signs in with its role.
 */
export class Launcher extends Construct {
  /** ARN of the alias `live`: what may be invoked. */
  public readonly aliasArn: string;
  /** The function's log. */
  public readonly logGroup: LogGroup;

  public constructor(scope: Construct, id: string, props: LauncherProps) {
    super(scope, id);
    const { cluster, code, failedQueueArn } = props;
    this.logGroup = new LogGroup(this, "LogGroup", { monitoring: props.monitoring, name: props.logGroupName });
    const fn = new LambdaFunction(this, "Resource", {
      functionName: props.functionName,
      description: props.description,
      role: props.role.arn,
      ...nodeFunction({ hash: code.hash, handler: props.handler }, this.logGroup),
      filename: code.path,
      publish: true,
      timeout: LAUNCHER_TIMEOUT_SECONDS,
      kmsKeyArn: props.keyArn,
      environment: {
        variables: {
          CLUSTER_ENDPOINT: cluster.apiEndpoint,
          CLUSTER_ID: cluster.name,
          CLUSTER_CA: cluster.certificateAuthority,
          NAMESPACE: props.namespace,
          METRIC_NAMESPACE: ETL_NAMESPACE,
          ENVIRONMENT: props.environment,
        },
      },
      vpcConfig: { subnetIds: [...props.subnetIds], securityGroupIds: [props.securityGroupId] },
      dependsOn: [props.role.attachment],
    });
    acknowledge(
      this,
      "RecommendedAlarm[AWS/Lambda ClaimedAccountConcurrency]",
      "A launcher has one execution reserved for it, which other functions of the account cannot use up. Events that wait for it show as throttles, which have an alarm.",
    );
    acknowledge(
      this,
      "LambdaDLQ",
      "The destination on failure below gets every event that the function gives up, with the error. A dead-letter queue beside it would get each once more, without.",
    );
    const alias = new LambdaAlias(this, "Live", {
      name: "live",
      description: "What the scheduler and people invoke",
      functionName: fn.functionName,
      functionVersion: fn.version,
    });
    this.aliasArn = alias.arn;
    new LambdaFunctionEventInvokeConfig(this, "Events", {
      functionName: fn.functionName,
      qualifier: alias.name,
      maximumEventAgeInSeconds: 300,
      maximumRetryAttempts: 1,
      destinationConfig: { onFailure: { destination: failedQueueArn } },
    });
  }
}
