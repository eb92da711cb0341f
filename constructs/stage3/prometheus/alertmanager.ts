import type { HelmValue } from "../../shared/helm/helm-release";

/** What Alertmanager is configured from. */
export interface AlertmanagerConfigProps {
  /** Region of the topics. */
  readonly region: string;
  /** Topics by severity, and the one of the dead man's switch. */
  readonly topics: Readonly<Record<"page" | "ticket" | "watchdog", string>>;
  /** Full names of alarms that make others pointless while they ring. */
  readonly causes: { readonly nodeNotReady: string };
  /** Address of Amazon SNS, for tests. @default - AWS's own */
  readonly apiUrl?: string;
  /** Seconds until the first notification of a group, and between those of a group that changes. @default - see the routes */
  readonly hurry?: { readonly groupWait: string; readonly groupInterval: string };
}

/** Amazon SNS takes a subject of at most 100 ASCII characters. @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const SUBJECT = '{{ printf "%.90s" (printf "%s: %s (%d)" (.Status | toUpper) .CommonLabels.cluster (len .Alerts)) }}';
/** What a person reads at night: what is wrong, and where it says what to do. The default rules call it `description`. */
const MESSAGE = [
  '{{ range .Alerts }}{{ .Status | toUpper }} {{ .Labels.alertname }} since {{ .StartsAt.UTC.Format "2006-01-02 15:04" }} UTC',
  "{{ .Annotations.summary }}{{ with .Annotations.description }}",
  "{{ . }}{{ end }}",
  "Runbook: {{ .Annotations.runbook_url }}",
  "{{ range .Labels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}",
  "",
  "{{ end }}",
].join("\n");

/** Seconds between two signs of life: several in each period of the alarm that misses them. */
const HEARTBEAT = "1m";

/** Default alerts of a node's own, and of what runs on it, as far as they name the node. */
const OF_A_NODE = [
  "KubeNodeUnreachable",
  "KubeNodeReadinessFlapping",
  "KubeNodePressure",
  "KubeletInstanceUnreachable",
  "KubeletPlegDurationHigh",
  "KubeletPodStartUpLatencyHigh",
  "Node.+",
];

/**
 * What goes to whom, and how often. Pages of a cluster come as one message: a lost zone rings once, not forty times. Tickets come by alarm.
 * What the default rules call critical wakes somebody, warning waits for the morning, and info is not told.
 */
export function alertmanagerConfig(props: AlertmanagerConfigProps): Readonly<Record<string, HelmValue>> {
  const { apiUrl, causes, hurry, region, topics } = props;
  const sns = (topic: string, sendResolved: boolean): HelmValue => ({
    topic_arn: topic,
    sigv4: { region },
    ...(apiUrl !== undefined && { api_url: apiUrl }),
    subject: SUBJECT,
    message: MESSAGE,
    send_resolved: sendResolved,
  });
  const pace = (groupWait: string, groupInterval: string): Record<string, string> => ({
    group_wait: hurry?.groupWait ?? groupWait,
    group_interval: hurry?.groupInterval ?? groupInterval,
  });
  return {
    global: { resolve_timeout: "5m" },
    route: {
      receiver: "ticket",
      group_by: ["cluster", "alertname"],
      ...pace("1m", "10m"),
      repeat_interval: "24h",
      routes: [
        {
          receiver: "watchdog",
          matchers: ['alertname = "Watchdog"'],
          group_by: ["cluster"],
          group_wait: "0s",
          group_interval: HEARTBEAT,
          repeat_interval: HEARTBEAT,
        },
        { receiver: "null", matchers: ['severity =~ "info|none"'] },
        {
          receiver: "page",
          matchers: ['severity =~ "page|critical"'],
          group_by: ["cluster"],
          ...pace("30s", "5m"),
          repeat_interval: "2h",
        },
      ],
    },
    inhibit_rules: [
      {
        source_matchers: ['severity = "critical"'],
        target_matchers: ['severity = "warning"'],
        equal: ["cluster", "namespace", "alertname"],
      },
      // The API server is gone: everything that is known through it is wrong.
      {
        source_matchers: ['alertname = "KubeAPIDown"'],
        target_matchers: ['alertname !~ "KubeAPIDown|Watchdog|etcd.+|Alertmanager.+|Prometheus.+"'],
        equal: ["cluster"],
      },
      // A node over what names it.
      {
        source_matchers: [`alertname = "${causes.nodeNotReady}"`],
        target_matchers: [`alertname =~ "${OF_A_NODE.join("|")}"`],
        equal: ["cluster", "node"],
      },
      // etcd without a leader: requests fail, and certainly are slow.
      {
        source_matchers: ['alertname =~ "etcdNoLeader|etcdInsufficientMembers"'],
        target_matchers: [
          'alertname =~ "etcd(Members|Member|GRPC|High).+|KubeAPI(ErrorBudgetBurn|TerminatedRequests)"',
        ],
        equal: ["cluster"],
      },
    ],
    receivers: [
      { name: "null" },
      { name: "page", sns_configs: [sns(topics.page, true)] },
      { name: "ticket", sns_configs: [sns(topics.ticket, true)] },
      { name: "watchdog", sns_configs: [sns(topics.watchdog, false)] },
    ],
  };
}
