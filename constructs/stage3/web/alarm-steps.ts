import type { HostAlarmSteps } from "../../shared/http/host-alarms";
import type { LoadBalancerAlarmSteps } from "../../shared/http/load-balancer-alarms";

/** What to do in the cluster, by its full name, when the service's host fails. */
export const hostAlarmSteps = (cluster: string): HostAlarmSteps => ({
  noHealthyTarget: [
    "No target is listed: the auto scaling group is empty or not attached; see web-nodes-inservice, then `npx cdktf deploy` of stage3 attaches it again.",
    `Targets time out: the pods are gone or do not listen. \`kubectl --context ${cluster} get pods,svc,endpoints -n default -l app=trews-rest-api\`, then \`kubectl --context ${cluster} describe pod -n default -l app=trews-rest-api\`.`,
    `Targets answer other than 200: \`kubectl --context ${cluster} logs -n default -l app=trews-rest-api --tail=100 --prefix\`. After a new version: \`kubectl --context ${cluster} rollout undo -n default deployment/trews-rest-api\`.`,
  ],
  unhealthyTarget: [
    `Find its node: \`kubectl --context ${cluster} get nodes -l opsdx_nodegroup=web -o custom-columns=NAME:.metadata.name,ID:.spec.providerID\`, then \`kubectl --context ${cluster} describe node <node>\`.`,
    `Every node forwards the port to any pod, so one bad node alone means its network: \`kubectl --context ${cluster} get pods -n kube-system -l k8s-app=cilium -o wide --field-selector spec.nodeName=<node>\`.`,
    `Replace it: \`kubectl --context ${cluster} drain <node> --ignore-daemonsets --delete-emptydir-data\`, then \`aws autoscaling terminate-instance-in-auto-scaling-group --instance-id <instance> --no-should-decrement-desired-capacity\`.`,
  ],
  errorRate: [
    `Which routes: the saved query errors of the web service in CloudWatch Logs Insights, or \`kubectl --context ${cluster} logs -n default -l app=trews-rest-api --tail=200 --prefix | grep -E '"status": ?5'\`.`,
    `After a new version (\`kubectl --context ${cluster} rollout history -n default deployment/trews-rest-api\`): \`kubectl --context ${cluster} rollout undo -n default deployment/trews-rest-api\`.`,
    `The database behind it: the alarms that start with db-, and \`kubectl --context ${cluster} logs -n default -l app=trews-rest-api --tail=200 | grep -iE 'timeout|connection|psycopg'\`.`,
    `Pods that die: \`kubectl --context ${cluster} get events -n default --sort-by=.lastTimestamp | grep trews-rest-api | tail -20\`; OOMKilled means more memory or fewer workers.`,
  ],
  latency: [
    `Which routes: the saved query server latency of the web service; straight from the pods: \`kubectl --context ${cluster} logs -n default -l app=trews-rest-api --since=15m --tail=-1 | grep -oE '"latency_ms": ?[0-9]{4,}.*' | head\`.`,
    `Too few pods: \`kubectl --context ${cluster} get hpa/trews-rest-api -n default\` at its maximum, or \`kubectl --context ${cluster} top pod -n default -l app=trews-rest-api\` near 1200m.`,
    "Cache: the saved query cache hits; a drop after a deployment fills up again within minutes.",
    "Database: the dashboard's slow statements, and the alarms that start with db-.",
  ],
});

/** What to do in the cluster, by its full name, when the service's load balancer fails. */
export const loadBalancerAlarmSteps = (cluster: string): LoadBalancerAlarmSteps => ({
  errors: [
    `Restarts of pods: \`kubectl --context ${cluster} get pods -n default -l app=trews-rest-api\`.`,
    "Slow routes: the saved query server latency of the web service; then the alarms that start with db-.",
  ],
  rejected: [
    "A few addresses that nobody knows: lower `web.firewall.requestsPer5Minutes` in the environment's configuration and deploy stage3.",
  ],
  connectionsFailed: [
    `Pods that restart refuse connections: \`kubectl --context ${cluster} get pods -n default -l app=trews-rest-api -o wide\` shows restarts and nodes; \`kubectl --context ${cluster} rollout status -n default deployment/trews-rest-api\` shows a rollout under way.`,
  ],
});

/** What to do when the service's firewall blocks an address for its rate. */
export const WEB_ACL_ALARM_STEPS: readonly string[] = [
  "A hospital: add its network to `web.firewall.clinicNetworks` in the environment's configuration, and `npx cdktf deploy` its stage3: it is let through at once.",
  "A stranger: nothing to do, the block ends when the rate falls; a page comes from web-connections-rejected or web-5xx-rate if it hurts.",
];
