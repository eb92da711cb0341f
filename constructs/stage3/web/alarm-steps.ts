import type { HostAlarmSteps } from "../../shared/http/host-alarms";
import type { LoadBalancerAlarmSteps } from "../../shared/http/load-balancer-alarms";
import { aws, pipe } from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";
import type { Step } from "../../shared/observability/steps";
import { webCommands } from "./web-commands";

/**
 * What to do when the service's host fails.
 * @param environment - name of the environment
 * @param cluster - full name of the cluster that serves
 */
export function hostAlarmSteps(environment: string, cluster: string): HostAlarmSteps {
  const { autoscaler, deploy, describePods, everywhere, nodes, on, podLogs, rollout, topPods } = webCommands(
    environment,
    cluster,
  );
  const node = placeholder("node");
  return {
    noHealthyTarget: [
      [
        "No target is listed: the auto scaling group is empty or not attached; see web-nodes-inservice, then attach it again:",
        deploy,
      ],
      [
        "Targets time out: the pods are gone or do not listen.",
        on("get pods,svc,endpoints -l app=trews-rest-api"),
        describePods,
      ],
      ["Targets answer other than 200:", podLogs("--tail=100 --prefix"), "After a new version:", rollout("undo")],
    ],
    unhealthyTarget: [
      [
        "Find its node:",
        nodes(" -o custom-columns=NAME:.metadata.name,ID:.spec.providerID"),
        everywhere(`describe node ${node}`),
      ],
      [
        "Every node forwards the port to any pod, so one bad node alone means its network:",
        everywhere(`get pods -n kube-system -l k8s-app=cilium -o wide --field-selector spec.nodeName=${node}`),
      ],
      ["Replace it:", everywhere(`drain ${node} --ignore-daemonsets --delete-emptydir-data`), REPLACE],
    ],
    errorRate: [
      [
        "Which routes? The saved query errors of the web service in CloudWatch Logs Insights, or:",
        pipe(podLogs("--tail=200 --prefix"), `grep -E '"status": ?5'`),
      ],
      ["After a new version:", rollout("history"), "go back to the former:", rollout("undo")],
      [
        "The database behind it: the alarms that start with db-, and:",
        pipe(podLogs("--tail=200"), "grep -iE 'timeout|connection|psycopg'"),
      ],
      [
        "Pods that die; OOMKilled means more memory or fewer workers:",
        pipe(on("get events --sort-by=.lastTimestamp"), "grep trews-rest-api", "tail -20"),
      ],
    ],
    latency: [
      [
        "Which routes? The saved query server latency of the web service; straight from the pods:",
        pipe(podLogs("--since=15m --tail=-1"), `grep -oE '"latency_ms": ?[0-9]{4,}.*'`, "head"),
      ],
      ["Too few pods? At its maximum,", autoscaler("get"), "or near 1200m:", topPods],
      "Cache: the saved query cache hits; a drop after a deployment fills up again within minutes.",
      "Database: the dashboard's slow statements, and the alarms that start with db-.",
    ],
  };
}

/** Puts a new node in an instance's place. */
export const REPLACE = aws(
  `autoscaling terminate-instance-in-auto-scaling-group --instance-id ${placeholder("instance")} --no-should-decrement-desired-capacity`,
);

/**
 * What to do when the service's load balancer fails.
 * @param environment - name of the environment
 * @param cluster - full name of the cluster that serves
 */
export function loadBalancerAlarmSteps(environment: string, cluster: string): LoadBalancerAlarmSteps {
  const { deploy, pods, rollout } = webCommands(environment, cluster);
  return {
    errors: [
      ["Restarts of pods:", pods()],
      "Slow routes: the saved query server latency of the web service; then the alarms that start with db-.",
    ],
    rejected: [
      [
        "A few addresses that nobody knows: lower `web.firewall.requestsPer5Minutes` in the environment's configuration.",
        deploy,
      ],
    ],
    connectionsFailed: [
      [
        "Pods that restart refuse connections. Restarts and nodes:",
        pods(" -o wide"),
        "A rollout under way:",
        rollout("status"),
      ],
    ],
  };
}

/**
 * What to do when the service's firewall blocks an address for its rate.
 * @param environment - name of the environment
 * @param cluster - full name of the cluster that serves
 */
export function webAclAlarmSteps(environment: string, cluster: string): readonly Step[] {
  return [
    [
      "A hospital: add its network to `web.firewall.clinicNetworks` in the environment's configuration; it is let through at once.",
      webCommands(environment, cluster).deploy,
    ],
    "A stranger: nothing to do, the block ends when the rate falls; a page comes from web-connections-rejected or web-5xx-rate if it hurts.",
  ];
}
