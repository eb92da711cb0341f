import { NODE_GROUP_LABEL } from "../../../config/schema/cluster";
import { WEB_NODES } from "../../../config/schema/web";
import { clusterLogGroup, namePrefix, stackName } from "../../../config/names";
import { awslogs, cdktf, kubectl, output, aws, type Command } from "../../shared/observability/command";
import { WEB_APP, WEB_NAMESPACE } from "./web-role";

/** Labels of the service's pods, and its Deployment and autoscaler. */
const PODS = `-l app=${WEB_APP}`;
const DEPLOYMENT = `deployment/${WEB_APP}`;
const AUTOSCALER = `hpa/${WEB_APP}`;

/**
 * Shell commands about the web service.
 * @param environment - name of the environment
 * @param cluster - full name of its cluster
 */
export function webCommands(environment: string, cluster: string) {
  const everywhere = (args: string): Command => kubectl({ cluster }, args);
  const on = (args: string): Command => kubectl({ cluster, namespace: WEB_NAMESPACE }, args);
  const prefix = namePrefix(environment);
  return {
    on,
    everywhere,
    pods: (options = ""): Command => on(`get pods ${PODS}${options}`),
    describePods: on(`describe pod ${PODS}`),
    podLogs: (options: string): Command => on(`logs ${PODS} ${options}`),
    topPods: on(`top pod ${PODS}`),
    rollout: (verb: string): Command => on(`rollout ${verb} ${DEPLOYMENT}`),
    scale: (replicas: number): Command => on(`scale ${DEPLOYMENT} --replicas=${replicas}`),
    autoscaler: (verb: string): Command => on(`${verb} ${AUTOSCALER}`),
    nodes: (options = ""): Command => everywhere(`get nodes -l ${NODE_GROUP_LABEL}=${WEB_NODES}${options}`),
    deploy: cdktf("deploy", stackName(environment, "stage3")),
    shippedLog: awslogs(clusterLogGroup(environment, "k8s"), {
      stream: "kubernetes/default/trews/rest/api",
      field: "log",
    }),
    firewallLog: (start: string): Command => awslogs(`aws-waf-logs-${prefix}-web`, { start }),
    /** ARN of the load balancer, as part of another command. */
    loadBalancerArn: output(
      aws(
        `elbv2 describe-load-balancers --names ${prefix}-web --query 'LoadBalancers[0].LoadBalancerArn' --output text`,
      ),
    ),
  };
}
