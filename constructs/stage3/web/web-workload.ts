import { DeploymentV1 } from "@cdktf/provider-kubernetes/lib/deployment-v1";
import { PodDisruptionBudgetV1 } from "@cdktf/provider-kubernetes/lib/pod-disruption-budget-v1";
import type { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import type { WebConfig } from "../../../config/schema/web";
import { secretPath } from "../../../config/names";
import { WEB_NODE_PORT } from "../../shared/network/ports";
import { Construct } from "../../shared/cdktf";
import { DEREGISTRATION_SECONDS } from "../../shared/http/host";
import { cpuAutoscaler } from "../../shared/kubernetes/cpu-autoscaler";
import { notSecretAnnotation } from "../../shared/kubernetes/container-env";
import { podServiceAccount, podSpec, type PodVariables } from "../../shared/kubernetes/pod";
import { fromNodes, HTTPS, PodNetworkPolicy, postgresIn } from "../../shared/kubernetes/pod-network-policy";
import { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import { WEB_APP, WEB_NAMESPACE } from "./web-role";

/** Properties of {@link WebWorkload}. */
export interface WebWorkloadProps {
  /** The cluster. */
  readonly provider: KubernetesProvider;
  /** Name of the environment. */
  readonly environment: string;
  /** Region of the environment. */
  readonly region: string;
  /** The service's settings. */
  readonly config: WebConfig;
  /** Address of the image, by digest. */
  readonly image: string;
  /** Value of the label `opsdx_nodegroup` of the nodes that serve. */
  readonly nodeLabel: string;
  /** ARN of the pods' role. */
  readonly roleArn: string;
  /** Name of the log group of the service's events. */
  readonly logGroupName: string;
  /** Address block of the VPC. */
  readonly vpcCidr: string;
  /** Where the databases are. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Seconds in which a pod that goes still answers: until the load balancer and every node know that it does. */
const PRE_STOP_SECONDS = 15;
/** Seconds until a pod that goes is killed. */
const GRACE_SECONDS = 2 * DEREGISTRATION_SECONDS;

/**
 * trews-rest-api in the cluster: pods, their autoscaler, their budget, and the node port to which the load balancer sends requests.
 * The number of pods belongs to the autoscaler, so Terraform neither sets nor watches it.
 */
export class WebWorkload extends Construct {
  public constructor(scope: Construct, id: string, props: WebWorkloadProps) {
    super(scope, id);
    const { config, provider } = props;
    // The namespace is Kubernetes' own: people and scripts look for the service there.
    const namespace = new WorkloadNamespace(this, "Namespace", {
      provider,
      name: WEB_NAMESPACE,
      level: "restricted",
      exists: true,
    });
    const metadata = { name: WEB_APP, namespace: WEB_NAMESPACE, labels: { app: WEB_APP } };
    const matchLabels = { app: WEB_APP };
    new PodNetworkPolicy(this, "Network", {
      provider,
      namespace,
      name: WEB_APP,
      podLabels: matchLabels,
      in: [fromNodes(config.containerPort)],
      out: [HTTPS, postgresIn(props.vpcCidr)],
    });
    const serviceAccountName = podServiceAccount(this, "ServiceAccount", {
      provider,
      metadata,
      roleArn: props.roleArn,
    });
    const deployment = new DeploymentV1(this, "Resource", {
      provider,
      metadata: { ...metadata, ...notSecretAnnotation(config.notSecret) },
      spec: {
        selector: { matchLabels },
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "1", maxUnavailable: "0" } },
        template: {
          metadata: { labels: matchLabels },
          spec: podSpec({
            name: WEB_APP,
            image: props.image,
            serviceAccountName,
            nodeLabel: props.nodeLabel,
            priority: "web",
            size: config.pod,
            variables: variables(props),
            graceSeconds: GRACE_SECONDS,
            spread: { labels: matchLabels, zones: config.zoneSpread },
            serves: {
              port: config.containerPort,
              healthPath: config.healthPath,
              protocol: config.targetProtocol,
              preStopSeconds: PRE_STOP_SECONDS,
            },
          }),
        },
      },
      lifecycle: { ignoreChanges: ["spec[0].replicas"] },
      dependsOn: [...namespace.ready],
    });
    cpuAutoscaler(this, "Autoscaler", { provider, deployment, metadata, replicas: config.replicas });
    new PodDisruptionBudgetV1(this, "Budget", {
      provider,
      metadata,
      spec: { maxUnavailable: "1", selector: { matchLabels } },
    });
    new ServiceV1(this, "Service", {
      provider,
      metadata,
      spec: {
        type: "NodePort",
        // Every node of the group answers for every pod, so that a node without one fails no health check.
        externalTrafficPolicy: "Cluster",
        selector: matchLabels,
        port: [{ name: "http", port: 80, targetPort: `${config.containerPort}`, nodePort: WEB_NODE_PORT }],
      },
    });
  }
}

/** What a pod is told. */
function variables({ config, environment, logGroupName, region, variables }: WebWorkloadProps): PodVariables {
  return {
    region,
    shared: variables,
    env: config.env,
    secrets: { path: secretPath(environment, WEB_APP), references: config.secrets },
    own: { LOG_GROUP: logGroupName, METRIC_NAMESPACE: config.metricNamespace, PORT: `${config.containerPort}` },
  };
}
