import { clusterLogGroup, clusterRecordGroup, namePrefix, stackName } from "../../../config/names";
import { rollback } from "../../shared/helm/watched-cluster";
import { MONITORING_NAMESPACE, NODE_AGENTS_NAMESPACE } from "../../shared/kubernetes/cluster-foundation";
import { LOG_STREAM_ANNOTATION } from "../../shared/observability/cluster-logs";
import { aws, awslogs, cdktf, insights, kubectl, pipe, shell, type Command } from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";
import type { SystemFacts } from "../../shared/observability/system";
import { EVENT_READER } from "./event-values";
import { HTTP_PORT, STATE_FOLDER } from "./pipeline";

const SELECT = "-l app.kubernetes.io/name=fluent-bit";
const READER = `-l app.kubernetes.io/name=${EVENT_READER}`;

/**
 * Shell commands about log shipping.
 * @param cluster - full name of a cluster, or what stands for each of them
 */
export function fluentBitCommands(cluster: string) {
  const on = (args: string): Command => kubectl({ cluster, namespace: NODE_AGENTS_NAMESPACE }, args);
  // In this namespace, as others refuse pods that reach into their node.
  const onNode = (args: string, options = "-it"): Command =>
    on(`debug node/${placeholder("node")} --image=busybox:1.37 --profile=sysadmin ${options} -- chroot /host ${args}`);
  const schedule = (label: string): Command =>
    on(`patch daemonset/fluent-bit -p '{"spec":{"template":{"spec":{"nodeSelector":{"opsdx.io/paused":${label}}}}}}'`);
  const watcher = (args: string): Command => kubectl({ cluster, namespace: MONITORING_NAMESPACE }, args);
  return {
    on,
    onNode,
    pods: on(`get pods ${SELECT} -o wide`),
    describe: on("describe daemonset/fluent-bit"),
    ownLog: on(`logs ${SELECT} --prefix --tail=50 --max-log-requests=50`),
    restart: on("rollout restart daemonset/fluent-bit"),
    rollout: on("rollout status daemonset/fluent-bit"),
    roleInPod: on(
      `get pods ${SELECT} -o jsonpath='{.items[0].spec.containers[0].env[?(@.name=="AWS_ROLE_ARN")].value}'`,
    ),
    metrics: shell(
      `${on(`port-forward service/fluent-bit ${HTTP_PORT}`).command} & sleep 3; curl -s localhost:${HTTP_PORT}/api/v2/metrics/prometheus | grep -E '^fluentbit_output_(proc_records|errors|retries|dropped_records)_total'; kill %1`,
    ),
    reader: {
      pods: watcher(`get pods ${READER}`),
      log: watcher(`logs ${READER} --tail=50`),
      restart: watcher(`rollout restart deployment/${EVENT_READER}`),
    },
    stop: schedule('"true"'),
    resume: schedule("null"),
    newestStreams: (logGroup: string): Command =>
      aws(
        `logs describe-log-streams --log-group-name ${logGroup} --order-by LastEventTime --descending --max-items 10 --query "logStreams[].[logStreamName,lastIngestionTime]" --output table`,
      ),
  };
}

/**
 * What people need to know of log shipping.
 * @param environment - name of the environment
 * @param owner - who answers for it
 * @param cluster - what stands for the full name of each of its clusters
 */
export function fluentBitFacts(environment: string, owner: string, cluster: string): SystemFacts {
  const commands = fluentBitCommands(cluster);
  const { on, onNode } = commands;
  const k8s = clusterLogGroup(environment, "k8s");
  const ml = clusterLogGroup(environment, "k8s-ml");
  const audit = clusterRecordGroup(environment, "audit");
  const [container, namespace, pod] = [placeholder("container"), placeholder("namespace"), placeholder("pod")];
  return {
    name: "fluent-bit",
    title: "Log shipping (fluent-bit)",
    owner,
    purpose: `Carries the log of every container to CloudWatch: one fluent-bit on each node of k8s, k8s-ml and k8s-ml-tf. A line is a JSON record: \`log\` is the line as it was written, \`kubernetes\` says where it comes from, and the fields of a line that is JSON stand beside them. It also carries what the clusters' APIs were asked (the audit log), and the journals of the nodes' agents; the Deployment \`${EVENT_READER}\` of each cluster carries Kubernetes' events.`,
    launch: [
      [
        `A Helm release \`fluent-bit\` in the namespace ${NODE_AGENTS_NAMESPACE} of each cluster, and \`${EVENT_READER}\` in ${MONITORING_NAMESPACE}:`,
        cdktf("deploy", stackName(environment, "stage3")),
      ],
    ],
    stop: [
      ["Only for a while: a node keeps about 50 MB of each container's log, and what is older is lost.", commands.stop],
      ["Go on:", commands.resume],
    ],
    status: [
      commands.rollout,
      commands.pods,
      commands.newestStreams(k8s),
      aws(
        `cloudwatch describe-alarms --alarm-types CompositeAlarm --alarm-names ${namePrefix(environment)}-fluent-bit-health --query 'CompositeAlarms[].[StateValue,StateReason]' --output text`,
      ),
    ],
    logs: [
      ["Streams of k8s, and of k8s-ml and k8s-ml-tf:", shell(`awslogs streams ${k8s}`), shell(`awslogs streams ${ml}`)],
      [
        `A container, all its pods together; each hyphen of its stream's name is turned into a slash:`,
        awslogs(k8s, { stream: `kubernetes/${namespace}/${container}`, field: "log" }),
        "The same on k8s-ml-tf:",
        awslogs(ml, { stream: `k8s-ml-tf/${namespace}/${container}`, field: "log" }),
      ],
      [
        "One pod of them, in CloudWatch Logs Insights:",
        insights(`fields @timestamp, log | filter kubernetes.pod = "${pod}" | sort @timestamp`),
      ],
      [
        `The API's audit log, the nodes' journals, Kubernetes' events: \`${audit}\`, \`${clusterRecordGroup(environment, "nodes")}\`, \`${clusterRecordGroup(environment, "events")}\`, with saved queries in \`${namePrefix(environment)}/kubernetes\`. What somebody did today:`,
        insights(
          'fields @timestamp, cluster, verb, requestURI, responseStatus.code | filter user.username = "admin" | sort @timestamp',
        ),
      ],
      ["Its own log is not shipped:", commands.ownLog],
    ],
    metrics: [
      "CloudWatch > Metrics > OpsDX/Kubernetes: AuditEvents, NodeLines and ReaderAlive of each cluster; SecretsRead, PodsEntered, Forbidden and Anonymous of all.",
      `CloudWatch > Metrics > Logs > LogGroupName: IncomingLogEvents and IncomingBytes of \`${k8s}\` and \`${ml}\`.`,
      ["Of one node (all nodes: Prometheus, `fluentbit_*`):", commands.metrics],
    ],
    procedures: [
      {
        title: "Lines stopped arriving",
        steps: [
          commands.pods,
          ["A pod that cannot send stays ready, keeps what it has read, and says so:", commands.ownLog],
          "`cannot mmap/read chunk` alone is no trouble: more containers log at once than it keeps in memory, and it works from disk.",
          [
            "No credentials: the pod was made while kops' pod identity webhook did not answer. This must name a role:",
            commands.roleInPod,
          ],
          ["Then restart. What was read and not sent stays on the node, and is sent first:", commands.restart],
          [
            `A node that keeps too much (at most 1 GB in \`${STATE_FOLDER}\`): CloudWatch turned it away for hours; see its limits:`,
            aws(
              'service-quotas list-service-quotas --service-code logs --query "Quotas[].[QuotaName,Value]" --output table',
            ),
          ],
          "Lines older than 14 days are refused by CloudWatch.",
        ],
      },
      {
        title: "Read a container's log on its node",
        steps: [
          "When it is not in CloudWatch, or the pod is gone. Which node? An alarm names it, or the list of pods.",
          [
            "List its containers, stopped ones too:",
            onNode("crictl ps -a"),
            onNode(`crictl logs --tail=500 ${container}`),
          ],
          [
            "A pod that is gone from there too: its files, older ones compressed, stay for a while.",
            onNode("ls -lat /var/log/pods"),
          ],
          [
            "Copy one (PHI: don't keep it on a laptop):",
            shell(
              `${onNode(`cat /var/log/pods/${namespace}_${pod}_${placeholder("id")}/${container}/0.log`, "-i -q").command} > pod.log`,
            ),
          ],
          [
            "Remove the pods that were made for it:",
            pipe(on("get pods -o name"), "grep node-debugger", `xargs -r ${on("delete").command}`),
          ],
        ],
      },
      {
        title: "Send a pod's log to another stream",
        steps: [
          `Give the pod, in its template, the annotation \`${LOG_STREAM_ANNOTATION}: ${placeholder("name")}\`, with the stream's name. A stream that ends in \`/\` gets the pod's name behind it. Letters, digits and \`-_./\` only: anything else is ignored.`,
          `It holds for pods that start later. When the API server did not answer while a pod started, its lines are in the usual stream, \`kubernetes/${namespace}/${container}\`.`,
        ],
      },
      rollback("fluent-bit", { cluster, namespace: NODE_AGENTS_NAMESPACE }, environment),
    ],
  };
}
