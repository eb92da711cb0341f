import { ALERTMANAGER, PROMETHEUS_SERVER } from "../../shared/kubernetes/prometheus-names";
import type { RuleCase } from "../../shared/prometheus/rules";
import { portForward, type ClusterAlarm, type ClusterCommands } from "./alarms";
import type { ProbedHost } from "./values";

const DAY_SECONDS = 86_400;

/** What is wrong with the watchers themselves, as far as they can tell it: what they cannot, the dead man's switch does. */
export function ownAlarms(
  { monitoring }: ClusterCommands,
  {
    alertmanagers,
    cluster,
    replicas,
  }: { readonly alertmanagers: number; readonly cluster: string; readonly replicas: number },
): Readonly<Record<string, ClusterAlarm>> {
  const lost = (job: string): ((count: number) => string) => {
    // `or vector(0)`: when all are gone there is nothing to count.
    return (count) => `(sum(up{job="${job}",endpoint="http-web"} == 1) or vector(0)) < ${count}`;
  };
  const cases = (job: string): ClusterAlarm["cases"] => {
    return (count) => {
      const series = Array.from({ length: count }, (_, at) => `up{job="${job}",endpoint="http-web",pod="${at}"}`);
      return [
        {
          name: "one is lost, and comes back",
          series: Object.fromEntries(series.map((name, at) => [name, at === 0 ? "1x9 0x30 1x30" : "1x70"])),
          alerts: { 9: [], 20: [], 35: [{}], 50: [] },
        },
      ];
    };
  };
  return {
    PrometheusReplicas: {
      name: "prometheus-replica-lost",
      intent:
        "A Prometheus of the cluster does not answer the others: with two, nothing is lost yet; with one, the dead man's switch rings, too.",
      severity: "ticket",
      steps: [
        ["Where are they?", monitoring("get pods -l app.kubernetes.io/name=prometheus -o wide")],
        [
          "Why is one not ready?",
          monitoring("describe pods -l app.kubernetes.io/name=prometheus"),
          monitoring("logs -l app.kubernetes.io/name=prometheus -c prometheus --tail=100"),
        ],
        "OOMKilled: more memory at `prometheus.clusters`, or fewer series: its page says how to find who makes them. Pending: its volume is in a zone without room.",
      ],
      expr: lost(PROMETHEUS_SERVER.service),
      threshold: replicas,
      thresholdSetting: `prometheus.clusters.${cluster}.replicas`,
      largerIsWeaker: false,
      forMinutes: 15,
      cases: cases(PROMETHEUS_SERVER.service),
    },
    AlertmanagerReplicas: {
      name: "alertmanager-replica-lost",
      intent: "An Alertmanager of the cluster does not answer: with two, alarms still arrive.",
      severity: "ticket",
      steps: [
        ["Where are they?", monitoring("get pods -l app.kubernetes.io/name=alertmanager -o wide")],
        [
          "Why is one not ready?",
          monitoring("describe pods -l app.kubernetes.io/name=alertmanager"),
          monitoring("logs -l app.kubernetes.io/name=alertmanager -c alertmanager --tail=100"),
        ],
      ],
      expr: lost(ALERTMANAGER.service),
      threshold: alertmanagers,
      thresholdSetting: "prometheus.alertmanagers",
      largerIsWeaker: false,
      forMinutes: 15,
      cases: cases(ALERTMANAGER.service),
    },
    NotificationsFailing: {
      name: "notifications-failing",
      intent:
        "Alertmanager could not hand a notification to Amazon SNS: it tries again, and somebody may learn of something late, or not at all.",
      severity: "page",
      steps: [
        ["What does it say?", monitoring("logs -l app.kubernetes.io/name=alertmanager -c alertmanager --tail=100")],
        "AuthorizationError or AccessDenied: its role, or the key of the topics; compare with a plan of stage3. No credentials: the pod has no token of its role; restart it. A time-out: the way out of the cluster.",
        ["What rings now?", monitoring(portForward(ALERTMANAGER))],
      ],
      expr: (failed) => `sum by (integration) (increase(alertmanager_notifications_failed_total[10m])) > ${failed}`,
      threshold: 0,
      forMinutes: 5,
      cases: (): readonly RuleCase[] => [
        {
          name: "SNS refuses for a while",
          series: { 'alertmanager_notifications_failed_total{integration="sns"}': "0x9 0+1x20 20x40" },
          alerts: { 9: [], 25: [{ integration: "sns" }], 50: [] },
        },
      ],
    },
    RetentionCut: {
      name: "prometheus-retention-cut",
      intent:
        "Prometheus throws numbers away before their time, as their size is at its cap: graphs end earlier than the configuration says.",
      severity: "ticket",
      steps: [
        "How many series, and whose? Prometheus > Status > TSDB status. A label with a new value for each request is the usual reason.",
        "They are needed: raise `volumeGib` and `retentionGib` of the cluster in the configuration; the alarm volume-filling says how a volume is made larger.",
      ],
      expr: (times) => `sum(increase(prometheus_tsdb_size_retentions_total[1h])) > ${times}`,
      threshold: 0,
      forMinutes: 0,
      cases: (): readonly RuleCase[] => [
        {
          name: "a block goes early",
          series: { prometheus_tsdb_size_retentions_total: "0x9 0+1x5 5x100" },
          alerts: { 9: [], 20: [{}], 100: [] },
        },
      ],
    },
  };
}

/** What is wrong with hosts that are asked from inside of a cluster; none where no host is asked. */
export function probeAlarms(
  { monitoring }: ClusterCommands,
  hosts: readonly ProbedHost[],
): Readonly<Record<string, ClusterAlarm>> {
  const [first] = hosts;
  if (first === undefined) return {};
  const labels = { job: "blackbox-exporter", target: first.name, instance: first.url };
  const series = (metric: string): string =>
    `${metric}{${Object.entries(labels)
      .map(([name, value]) => `${name}="${value}"`)
      .join(",")}}`;
  return {
    ProbeFailing: {
      name: "probe-failing",
      intent:
        "A host does not answer from inside of the cluster; `target` is the service behind it, `instance` its address.",
      severity: "ticket",
      steps: [
        "Do people see it, too? The alarms of the host, in CloudWatch, say so: then follow those. If not, the way from the cluster to the load balancer is broken.",
        [
          "What does the probe say?",
          monitoring("port-forward service/blackbox-exporter 9115:9115"),
          "Browse http://localhost:9115: each probe has its log.",
        ],
        "Several at once: the name server, or the way out of the cluster.",
      ],
      expr: (success) => `probe_success{job="blackbox-exporter"} < ${success}`,
      threshold: 1,
      largerIsWeaker: false,
      forMinutes: 3,
      cases: (): readonly RuleCase[] => [
        {
          name: "it is away, and comes back",
          series: { [series("probe_success")]: "1x9 0x10 1x20" },
          alerts: { 9: [], 11: [], 16: [labels], 25: [] },
        },
      ],
    },
    HostCertificateExpiring: {
      name: "host-certificate-expiring",
      intent:
        "The certificate of a host runs out within 20 days: Amazon renews its own 60 days before, so it cannot, or the certificate is not its.",
      severity: "ticket",
      steps: [
        "Certificate Manager > the certificate > Renewal status says what it waits for: as a rule the record by which the name is validated, which is gone from the zone.",
        "The zone does not answer for its name any more: the page of DNS.",
      ],
      expr: (seconds) => `probe_ssl_earliest_cert_expiry{job="blackbox-exporter"} - time() < ${seconds}`,
      threshold: 20 * DAY_SECONDS,
      largerIsWeaker: false,
      forMinutes: 15,
      cases: (seconds): readonly RuleCase[] => [
        {
          name: "it gets old, and is renewed",
          series: { [series("probe_ssl_earliest_cert_expiry")]: `${seconds + 600}x45 9000000x20` },
          alerts: { 5: [], 30: [labels], 60: [] },
        },
      ],
    },
  };
}
