import { clusterLogGroup, namePrefix, stackName } from "../../../config/names";
import { awslogs, cdktf, kubectl, output, aws, type Command } from "../../shared/observability/command";

/** Labels of the service's pods, and its Deployment and autoscaler. */
const PODS = "-l app=trews-rest-api";
const DEPLOYMENT = "deployment/trews-rest-api";
const AUTOSCALER = "hpa/trews-rest-api";

/**
 * Shell commands about the web service.
 * @param environment - name of the environment
 * @param cluster - full name of its cluster
 */
export function webCommands(environment: string, cluster: string) {
  const everywhere = (args: string): Command => kubectl({ cluster }, args);
  const on = (args: string): Command => kubectl({ cluster, namespace: "default" }, args);
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
    nodes: (options = ""): Command => everywhere(`get nodes -l opsdx_nodegroup=web${options}`),
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
