import { serviceRole } from "../../../config/names";
import { Construct } from "../../shared/cdktf";
import { secretStatements, type SystemSecrets } from "../../shared/iam/secret-access";
import { ServiceAccountRole } from "../../shared/iam/service-account-role";
import type { Cluster } from "../../shared/kubernetes/cluster";
import type { LogGroup } from "../../shared/observability/log-group";

/** Properties of {@link WebRole}. */
export interface WebRoleProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Account and region of the environment. */
  readonly account: { readonly id: string; readonly region: string };
  /** The cluster's identity provider. */
  readonly cluster: Pick<Cluster, "oidcIssuer" | "oidcProviderArn">;
  /** The service's events. */
  readonly logGroup: LogGroup;
  /** CloudWatch namespace of the service's own metrics. */
  readonly metricNamespace: string;
  /** Its secrets: full names, and their key. */
  readonly secrets: Pick<SystemSecrets, "keyArn" | "names">;
}

/** Name of everything that belongs to the service in the cluster, its label `app`, and its secrets' folder. */
export const WEB_APP = "trews-rest-api";
/** Namespace of the service. */
export const WEB_NAMESPACE = "default";

/** What the pods of trews-rest-api may do in AWS: write their events and their metrics, read their own secrets, nothing else. */
export class WebRole extends Construct {
  /** The role's ARN, for the service account's annotation. */
  public readonly arn: string;

  public constructor(scope: Construct, id: string, props: WebRoleProps) {
    super(scope, id);
    this.arn = new ServiceAccountRole(this, "Resource", {
      name: serviceRole(props.environment, WEB_APP),
      description: `Pods of ${WEB_APP}`,
      policyDescription: `Events, metrics and secrets of ${WEB_APP}`,
      cluster: props.cluster,
      serviceAccount: { namespace: WEB_NAMESPACE, name: WEB_APP },
      statements: [
        {
          sid: "WriteEvents",
          actions: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
          resources: [props.logGroup.arn, `${props.logGroup.arn}:log-stream:*`],
        },
        {
          // CloudWatch knows no resources here; the namespace is the fence.
          sid: "WriteMetrics",
          actions: ["cloudwatch:PutMetricData"],
          resources: ["*"],
          conditions: { StringEquals: { "cloudwatch:namespace": props.metricNamespace } },
        },
        ...secretStatements({ account: props.account, ...props.secrets }),
      ],
    }).arn;
  }
}
