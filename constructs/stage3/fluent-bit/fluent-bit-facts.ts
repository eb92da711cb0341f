import { clusterLogGroup } from "../../../config/names";
import { LOG_STREAM_ANNOTATION } from "../../shared/observability/cluster-logs";
import type { SystemFacts } from "../../shared/observability/system";
import { NODE_AGENTS_NAMESPACE } from "../../shared/kubernetes/cluster-foundation";
import { DEPLOY, rollback } from "../../shared/helm/watched-cluster";
import { HTTP_PORT, STATE_FOLDER } from "./pipeline";

const SELECT = `-n ${NODE_AGENTS_NAMESPACE} -l app.kubernetes.io/name=fluent-bit`;
// In this namespace, as others refuse pods that reach into their node.
const nodeShellOf = (kubectl: string): string =>
  `${kubectl} -n ${NODE_AGENTS_NAMESPACE} debug node/<node> --image=busybox:1.37 --profile=sysadmin -it -- chroot /host`;

/** Shell commands about log shipping; `<cluster>` is k8s, k8s-ml or k8s-ml-tf. */
export function fluentBitCommands(context: string) {
  const kubectl = `kubectl --context ${context}`;
  const schedule = (label: string): string =>
    `${kubectl} -n ${NODE_AGENTS_NAMESPACE} patch daemonset/fluent-bit -p '{"spec":{"template":{"spec":{"nodeSelector":{"opsdx.io/paused":${label}}}}}}'`;
  return {
    pods: `${kubectl} get pods ${SELECT} -o wide`,
    describe: `${kubectl} -n ${NODE_AGENTS_NAMESPACE} describe daemonset/fluent-bit`,
    ownLog: `${kubectl} logs ${SELECT} --prefix --tail=50 --max-log-requests=50`,
    restart: `${kubectl} -n ${NODE_AGENTS_NAMESPACE} rollout restart daemonset/fluent-bit`,
    rollout: `${kubectl} -n ${NODE_AGENTS_NAMESPACE} rollout status daemonset/fluent-bit`,
    roleInPod: `${kubectl} get pods ${SELECT} -o jsonpath='{.items[0].spec.containers[0].env[?(@.name=="AWS_ROLE_ARN")].value}'`,
    metrics: `${kubectl} -n ${NODE_AGENTS_NAMESPACE} port-forward service/fluent-bit ${HTTP_PORT} & sleep 3; curl -s localhost:${HTTP_PORT}/api/v2/metrics/prometheus | grep -E '^fluentbit_output_(proc_records|errors|retries|dropped_records)_total'; kill %1`,
    stop: schedule('"true"'),
    resume: schedule("null"),
    newestStreams: (logGroup: string): string =>
      `aws logs describe-log-streams --log-group-name ${logGroup} --order-by LastEventTime --descending --max-items 10 --query "logStreams[].[logStreamName,lastIngestionTime]" --output table`,
  };
}

/** What people need to know of log shipping. */
export function fluentBitFacts(owner: string, context: string): SystemFacts {
  const kubectl = `kubectl --context ${context}`;
  const nodeShell = nodeShellOf(kubectl);
  const commands = fluentBitCommands(context);
  const k8s = clusterLogGroup("<env>", "k8s");
  const ml = clusterLogGroup("<env>", "k8s-ml");
  return {
    name: "fluent-bit",
    title: "Log shipping (fluent-bit)",
    owner,
    purpose: `Carries the log of every container to CloudWatch: one fluent-bit on each node of k8s, k8s-ml and k8s-ml-tf. A line is a JSON record: \`log\` is the line as it was written, \`kubernetes\` says where it comes from, and the fields of a line that is JSON stand beside them.`,
    launch: [`\`${DEPLOY}\`: a Helm release \`fluent-bit\` in the namespace ${NODE_AGENTS_NAMESPACE} of each cluster.`],
    stop: [
      "Only for a while: a node keeps about 50 MB of each container's log, and what is older is lost.",
      commands.stop,
      `Go on: \`${commands.resume}\``,
    ],
    status: [
      commands.rollout,
      commands.pods,
      commands.newestStreams(k8s),
      "`aws cloudwatch describe-alarms --alarm-types CompositeAlarm --alarm-names opsdx-<env>-fluent-bit-health --query 'CompositeAlarms[].[StateValue,StateReason]' --output text`",
    ],
    logs: [
      `Streams of a cluster: \`awslogs streams ${k8s}\`; of k8s-ml and k8s-ml-tf: \`awslogs streams ${ml}\`.`,
      `A container, \`kubernetes/<namespace>/<container>\` with each hyphen turned into a slash, all its pods together: \`awslogs get ${k8s} kubernetes/<namespace>/<container> -q log --start='1h ago'\`. k8s-ml-tf: \`awslogs get ${ml} k8s-ml-tf/<namespace>/<container> -q log --start='1h ago'\`.`,
      `One pod of them, in CloudWatch Logs Insights: \`fields @timestamp, log | filter kubernetes.pod = "<pod>" | sort @timestamp\`.`,
      `Its own log is not shipped: \`${commands.ownLog}\``,
    ],
    metrics: [
      `CloudWatch > Metrics > Logs > LogGroupName: IncomingLogEvents and IncomingBytes of \`${k8s}\` and \`${ml}\`.`,
      `Of one node: \`${commands.metrics}\`; all nodes: Prometheus, \`fluentbit_*\`.`,
    ],
    procedures: [
      {
        title: "Lines stopped arriving",
        steps: [
          commands.pods,
          "A pod that cannot send stays ready, keeps what it has read, and says so:",
          commands.ownLog,
          "`cannot mmap/read chunk` alone is no trouble: more containers log at once than it keeps in memory, and it works from disk.",
          "No credentials: the pod was made while kops' pod identity webhook did not answer. This must name a role:",
          commands.roleInPod,
          "Then restart. What was read and not sent stays on the node, and is sent first:",
          commands.restart,
          `A node that keeps too much (at most 1 GB in \`${STATE_FOLDER}\`): CloudWatch turned it away for hours; \`aws service-quotas list-service-quotas --service-code logs --query "Quotas[].[QuotaName,Value]" --output table\`.`,
          "Lines older than 14 days are refused by CloudWatch.",
        ],
      },
      {
        title: "Read a container's log on its node",
        steps: [
          "When it is not in CloudWatch, or the pod is gone. Which node? An alarm names it, or the list of pods.",
          "List its containers, stopped ones too:",
          `${nodeShell} crictl ps -a`,
          `${nodeShell} crictl logs --tail=500 <container>`,
          "A pod that is gone from there too: its files, older ones compressed, stay for a while.",
          `${nodeShell} ls -lat /var/log/pods`,
          `Copy one (PHI: don't keep it on a laptop): \`${nodeShell.replace(" -it ", " -i -q ")} cat /var/log/pods/<namespace>_<pod>_<uid>/<container>/0.log > pod.log\``,
          `Remove the pods that were made for it: \`${kubectl} -n ${NODE_AGENTS_NAMESPACE} get pods -o name | grep node-debugger | xargs -r ${kubectl} -n ${NODE_AGENTS_NAMESPACE} delete\``,
        ],
      },
      {
        title: "Send a pod's log to another stream",
        steps: [
          `Give the pod, in its template, the annotation \`${LOG_STREAM_ANNOTATION}: <stream>\`. A stream that ends in \`/\` gets the pod's name behind it. Letters, digits and \`-_./\` only: anything else is ignored.`,
          "It holds for pods that start later. When the API server did not answer while a pod started, its lines are in the usual stream, `kubernetes/<namespace>/<container>`.",
        ],
      },
      rollback("fluent-bit", NODE_AGENTS_NAMESPACE, context),
    ],
  };
}
