import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { Construct, Fn } from "../cdktf";
import { policyDocument } from "../iam/policy-document";
import type { LogGroup } from "../observability/log-group";

/** Properties of {@link WebRole}. */
export interface WebRoleProps {
  /** Start of every name, for example `opsdx-dev`. */
  readonly namePrefix: string;
  /** The cluster's identity provider. */
  readonly cluster: { readonly oidcProviderArn: string; readonly oidcIssuer: string };
  /** The service's events. */
  readonly logGroup: LogGroup;
  /** CloudWatch namespace of the service's own metrics. */
  readonly metricNamespace: string;
}

/** Namespace and service account of trews-rest-api. */
export const WEB_SERVICE_ACCOUNT = { namespace: "default", name: "trews-rest-api" } as const;

/** What the pods of trews-rest-api may do in AWS: write their events and their metrics, nothing else. */
export class WebRole extends Construct {
  /** The role's ARN, for the service account's annotation. */
  public readonly arn: string;

  public constructor(scope: Construct, id: string, props: WebRoleProps) {
    super(scope, id);
    const name = `${props.namePrefix}-trews-rest-api`;
    const issuer = Fn.trimprefix(props.cluster.oidcIssuer, "https://");
    const role = new IamRole(this, "Resource", {
      name,
      description: "Pods of trews-rest-api",
      assumeRolePolicy: policyDocument({
        sid: "ServiceAccount",
        actions: ["sts:AssumeRoleWithWebIdentity"],
        principals: { Federated: props.cluster.oidcProviderArn },
        conditions: {
          StringEquals: {
            [`${issuer}:aud`]: "amazonaws.com",
            [`${issuer}:sub`]: `system:serviceaccount:${WEB_SERVICE_ACCOUNT.namespace}:${WEB_SERVICE_ACCOUNT.name}`,
          },
        },
      }),
    });
    const policy = new IamPolicy(this, "Policy", {
      name,
      description: "Events and metrics of trews-rest-api",
      policy: policyDocument(
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
      ),
    });
    new IamRolePolicyAttachment(this, "Permission", { role: role.name, policyArn: policy.arn });
    this.arn = role.arn;
  }
}
