import { clusterLogGroup, stackName, watchdogTopic } from "../../../config/names";
import type { PrometheusConfig } from "../../../config/schema/prometheus";
import { MONITORING_NAMESPACE } from "../../shared/kubernetes/cluster-foundation";
import {
  ALERTMANAGER,
  PROMETHEUS,
  PROMETHEUS_SERVER,
  type OperatedProgram,
} from "../../shared/kubernetes/prometheus-names";
import { copySecretsNow } from "../../shared/helm/copy-secrets";
import { rollback } from "../../shared/helm/watched-cluster";
import { aws, awslogs, cdktf, kubectl, opsdx, type Command } from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";
import type { Step } from "../../shared/observability/steps";
import type { SystemFacts } from "../../shared/observability/system";
import { portForward } from "./alarms";
import { KINDS } from "./charts";

/** What Prometheus' page of the runbook is written from. */
export interface PrometheusFactsProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Its settings. */
  readonly config: PrometheusConfig;
  /** The clusters' context in kubectl, as one text for all of them. */
  readonly on: string;
}

const inMonitoring =
  (cluster: string) =>
  (args: string): Command =>
    kubectl({ cluster, namespace: MONITORING_NAMESPACE }, args);

const lines = (environment: string, container: string): Command =>
  awslogs(clusterLogGroup(environment, "k8s"), {
    stream: `kubernetes/${MONITORING_NAMESPACE}/${container}`,
    field: "log",
  });

/** The volumes of a replica, by the operator's names. */
const CLAIM = `${PROMETHEUS_SERVER.statefulSet}-db-${PROMETHEUS_SERVER.statefulSet}-0`;

/** What the runbook says of Prometheus and Alertmanager. */
export function prometheusFacts({ config, environment, on }: PrometheusFactsProps): SystemFacts {
  const run = inMonitoring(on);
  const place = { cluster: on, namespace: MONITORING_NAMESPACE };
  const deploy = cdktf("deploy", stackName(environment, "stage3"));
  const [open, silence] = [run(portForward(PROMETHEUS_SERVER)), run(portForward(ALERTMANAGER))];
  return {
    name: PROMETHEUS,
    title: "Numbers and alarms of the clusters (Prometheus)",
    owner: config.owner,
    purpose: `Collects the numbers of everything on a cluster every ${config.scrapeSeconds} s, keeps them ${config.retentionDays} days, and rings when a rule says so: the rules of kubernetes-mixin and this program's. Without it Grafana's graphs of the cluster end, and nobody learns of what only it sees; what CloudWatch sees still rings, and so does its own silence.`,
    launch: [
      [
        `Helm releases \`${PROMETHEUS}\`, \`${KINDS}\` (the operator's kinds) and \`prometheus-secrets\` in the namespace ${MONITORING_NAMESPACE} of each cluster; its secrets must have values first:`,
        opsdx(`secrets init ${environment}`),
        deploy,
      ],
    ],
    stop: [
      [
        "The operator makes and scales the pods, so it is told. This rings monitoring-silent after ten minutes; nothing that is stored is lost:",
        run(`patch ${PROMETHEUS_SERVER.resource} ${ALERTMANAGER.resource} --type=merge -p '{"spec":{"replicas":0}}'`),
      ],
      [
        "Go on. No deployment does it: Helm does not look at what became of a custom resource.",
        ...clustersByReplicas(config, on).flatMap(([cluster, replicas]) =>
          goOn(cluster, replicas, config.alertmanagers),
        ),
      ],
    ],
    status: [
      run("get prometheus,alertmanager,pods -o wide"),
      [
        "What it asks, what is down, which rules fail: Status > Target health and Rule health of",
        open,
        "at http://localhost:9090.",
      ],
      [
        "Does what rings get through? One message a minute:",
        aws(
          `cloudwatch get-metric-statistics --namespace AWS/SNS --metric-name NumberOfMessagesPublished --dimensions Name=TopicName,Value=${watchdogTopic(environment, "k8s")} --statistics Sum --period 300 --start-time "$(date -u -d '1 hour ago' +%FT%TZ)" --end-time "$(date -u +%FT%TZ)"`,
        ),
      ],
    ],
    logs: [
      ["Prometheus:", lines(environment, "prometheus")],
      ["Alertmanager, whose notifications fail here:", lines(environment, "alertmanager")],
      ["The operator, which refuses rules and monitors here:", lines(environment, "kube/prometheus/stack")],
      ["The password in front of it:", lines(environment, "gate")],
      ["The newest lines directly:", run(`logs statefulset/${PROMETHEUS_SERVER.statefulSet} -c prometheus --tail=100`)],
    ],
    metrics: [
      "Its own, in itself: `prometheus_tsdb_head_series` (series), `prometheus_tsdb_storage_blocks_bytes` (what is stored), `prometheus_rule_evaluation_failures_total`, `alertmanager_notifications_failed_total`.",
      "CloudWatch > Metrics > SNS > TopicName: NumberOfMessagesPublished of the three topics.",
    ],
    procedures: [
      {
        title: "Silence an alarm while you work",
        steps: [
          [
            "A silence ends by itself, and says who made it and why. Alertmanager has no login, so it is reached through the API server:",
            silence,
          ],
          "Browse http://localhost:9093, New silence: the alarm's full name as `alertname`, at most as long as the work takes, your name, and the ticket. With two Alertmanagers one is enough: they tell each other.",
          "An alarm that is silenced more than twice has a wrong threshold: set another in `alarms.thresholds` of the configuration, with the reason. What CloudWatch evaluates knows no silence.",
        ],
      },
      {
        title: "Upgrade",
        steps: [
          "Read the chart's UPGRADE.md between the two versions. Change `STACK_CHART`, `KINDS_CHART` (the version for the same operator) and the images in `config/images.ts` in one commit.",
          [
            "What changes is in the report of the pull request; targets and default rules must still be those that are listed:",
            opsdx("charts check --charts <folder> prometheus".replace("<folder>", placeholder("file"))),
          ],
          [
            "dev first. The kinds are a release of their own, which goes before: an upgrade needs no hand.",
            deploy,
            run("get prometheus,alertmanager,pods"),
          ],
        ],
      },
      rollback(PROMETHEUS, place, environment),
      {
        title: "Restore",
        steps: [
          "Nothing is backed up: what is stored explains the last two weeks and decides nothing. The volume of a replica that is lost comes back empty, and the other replica has it all; with one replica the graphs start anew. Fifteen minutes, most of which EBS takes.",
          [
            "A volume that is broken, or in a zone that is gone:",
            run(`delete persistentvolumeclaim ${CLAIM} --wait=false`),
            run(`delete pod ${PROMETHEUS_SERVER.statefulSet}-0`),
          ],
          [
            "The whole release: silences are lost with Alertmanager's volume, all else is in the configuration. Half an hour:",
            deploy,
          ],
        ],
      },
      {
        title: "Go on with new secrets",
        steps: [
          [
            "A new password is there as soon as the Secret has followed: nginx reads it for each request. The certificate it reads when it starts:",
            ...copySecretsNow(place),
            run(`rollout restart statefulset/${PROMETHEUS_SERVER.statefulSet}`),
            run(`rollout status statefulset/${PROMETHEUS_SERVER.statefulSet}`),
          ],
          "Then Grafana, which reads both when it starts: its page says how.",
        ],
      },
      {
        title: "Find who makes too many series",
        steps: [
          [open, "Status > TSDB status: the names, the labels and the jobs with the most."],
          "A label with a value for each request or user is a mistake of who tells it. Until it is mended, drop it in the ServiceMonitor's `metricRelabelings`.",
        ],
      },
    ],
  };
}

/** The clusters and how many Prometheus servers each has: one text for all of them where all have as many. */
function clustersByReplicas({ clusters }: PrometheusConfig, on: string): readonly (readonly [string, number])[] {
  const counts = Object.entries(clusters).map(([name, { replicas }]) => [name, replicas] as const);
  if (new Set(counts.map(([, replicas]) => replicas)).size === 1) return [[on, clusters.k8s.replicas]];
  return counts.map(([name, replicas]) => [on.replace(placeholder("cluster"), name), replicas]);
}

/**
 * Brings back as many as the configuration says. Without a change Terraform does nothing, and a release that changes is compared with the
 * release before, as far as custom resources go, and not with what is there.
 * @see https://github.com/helm/helm/blob/v3.18.5/pkg/kube/client.go
 */
function goOn(cluster: string, replicas: number, alertmanagers: number): readonly Command[] {
  const scale = ({ resource }: OperatedProgram, count: number): Command =>
    inMonitoring(cluster)(`patch ${resource} --type=merge -p '{"spec":{"replicas":${count}}}'`);
  return [scale(PROMETHEUS_SERVER, replicas), scale(ALERTMANAGER, alertmanagers)];
}

/** What to do when a cluster's monitoring has gone silent. */
export function silenceSteps(environment: string, cluster: string, context: string): readonly Step[] {
  const run = inMonitoring(context);
  return [
    [
      "Until it is back, nobody is told of what happens there: look yourself, and say so to who is on call.",
      kubectl({ cluster: context }, "get nodes,pods -A -o wide"),
    ],
    ["Do they run?", run("get prometheus,alertmanager,pods -o wide"), run("get events --sort-by=.lastTimestamp")],
    [
      "Prometheus runs: does it reach Alertmanager? Alertmanager: does it reach Amazon SNS?",
      run(`logs statefulset/${PROMETHEUS_SERVER.statefulSet} -c prometheus --tail=50`),
      run(`logs statefulset/${ALERTMANAGER.statefulSet} -c alertmanager --tail=50`),
    ],
    "No credentials, AccessDenied: the pod has no token of its role (the identity webhook was away when it started: restart it), or the role or the topics' key changed.",
    [
      "Pods that don't start: a Secret that is missing, or a volume in a zone without room.",
      kubectl({ cluster: context, namespace: MONITORING_NAMESPACE }, "describe externalsecrets"),
      run("describe pods -l app.kubernetes.io/name=prometheus"),
    ],
    "It was stopped on purpose, and nobody went on: Go on, under Stop on this page. No deployment does it.",
    [
      `${cluster} is gone on purpose: deploy what the configuration says.`,
      cdktf("deploy", stackName(environment, "stage3")),
    ],
  ];
}
