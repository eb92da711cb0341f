import { clusterRecordGroup, namePrefix, stackName, type ClusterRecord } from "../../../config/names";
import { contextOf } from "../../shared/helm/watched-cluster";
import { Construct } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import { Alarm, type AlarmProps } from "../../shared/observability/alarm";
import { aws, cdktf, insights, kubectl, opsdx, type Command } from "../../shared/observability/command";
import { LogGroup } from "../../shared/observability/log-group";
import { MetricFilter } from "../../shared/observability/metric-filter";
import { SavedQuery } from "../../shared/observability/saved-query";
import { placeholder } from "../../shared/observability/placeholders";
import type { Step } from "../../shared/observability/steps";
import type { Platform } from "../../shared/platform";
import { EVENT_READER, HEARTBEAT } from "./event-values";
import { fluentBitCommands } from "./fluent-bit-facts";

/** Properties of {@link ClusterRecords}. */
export interface ClusterRecordsProps {
  /** What it stands on. */
  readonly platform: Pick<Platform, "clusters" | "monitoring">;
}

/** CloudWatch namespace of what the records are counted into. */
const NAMESPACE = "OpsDX/Kubernetes";
/** Dimension that names the cluster by its full name. */
const CLUSTER = "Cluster";
const PERIOD_SECONDS = 300;
/** Seconds without a record after which somebody should look: API servers and readers write every minute. */
const SILENCE_SECONDS = 1800;

/** What people do with an audit event first: whose, when, what, from where. */
const FIELDS =
  "fields @timestamp, cluster, user.username, verb, objectRef.namespace, objectRef.name, sourceIPs.0, requestURI";

/** What steps are written with. */
interface Context {
  /** What stands for the full name of the cluster. */
  readonly cluster: string;
  /** Name of the environment. */
  readonly environment: string;
}

/** What else a user did. */
const trace = insights(`${FIELDS} | filter user.username = "${placeholder("user")}" | sort @timestamp desc`);
/** kubectl in the namespace that the audit event names. */
const there = ({ cluster }: Context, args: string): Command =>
  kubectl({ cluster, namespace: placeholder("namespace") }, args);

/** Something in the audit log that somebody should know of. */
interface Watch {
  /** Id, and name of the metric. */
  readonly metric: string;
  /** Name of the alarm. */
  readonly name: string;
  /** CloudWatch Logs filter pattern. */
  readonly pattern: string;
  /** How many in five minutes are worth a look. */
  readonly threshold: number;
  /** What it means. */
  readonly intent: string;
  /** Title of the saved query, and its filter. */
  readonly query: { readonly title: string; readonly filter: string };
  /** What to do once it is known who it was. */
  readonly then: (context: Context) => readonly Step[];
}

const reads = '(($.verb = "get") || ($.verb = "list") || ($.verb = "watch"))';
const ways = ["exec", "attach", "portforward", "ephemeralcontainers"];

/** What is counted. Kubernetes' own users, service accounts among them, are called `system:`; a person's role is not. */
export const AUDIT_WATCHES: readonly Watch[] = [
  {
    metric: "SecretsRead",
    name: "secrets-read-by-people",
    pattern: `{ ($.objectRef.resource = "secrets") && ($.user.username != "system:*") && ${reads} }`,
    threshold: 1,
    intent:
      "Somebody who is no service account read Secrets of a cluster: keys and passwords may be in more hands than before.",
    query: {
      title: "Secrets read by people",
      filter: 'objectRef.resource = "secrets" and user.username not like /^system:/ and verb in ["get","list","watch"]',
    },
    then: ({ environment }) => [
      [
        "Ask who it was. It was no work of theirs: end the sessions of the role behind the user (IAM > Roles > Revoke sessions), and see what else was done:",
        trace,
      ],
      [
        "Put new values in; a list reads every Secret of its namespace. Those of AWS, with their age:",
        opsdx(`secrets check ${environment}`),
      ],
    ],
  },
  {
    metric: "PodsEntered",
    name: "pods-entered",
    pattern: `{ ($.objectRef.resource = "pods") && (${ways.map((way) => `($.objectRef.subresource = "${way}")`).join(" || ")}) }`,
    threshold: 1,
    intent: "Somebody opened a shell, a port or a debugger in a pod: what the pod may see, they saw.",
    query: {
      title: "shells and ports into pods",
      filter: `objectRef.resource = "pods" and objectRef.subresource in ${JSON.stringify(ways)}`,
    },
    then: (context) => [
      [
        "`requestURI` holds the command. Ask who it was; a service account that enters pods is a break-in. What else did it do?",
        trace,
      ],
      [
        "A break-in: keep what the pod said, then end it.",
        there(context, `logs ${placeholder("pod")} --all-containers --timestamps`),
        there(context, `delete pod ${placeholder("pod")}`),
      ],
    ],
  },
  {
    metric: "Forbidden",
    name: "api-forbidden-burst",
    pattern: "{ $.responseStatus.code = 403 }",
    threshold: 50,
    intent:
      "A cluster's API turned many requests away as forbidden: a program lacks a right, or somebody tries what they may do.",
    query: { title: "requests that were forbidden", filter: "responseStatus.code = 403" },
    then: ({ cluster, environment }) => [
      [
        "A service account of ours: a right is missing since the last deploy, or a chart asks for more than it was given. What may it do?",
        kubectl({ cluster }, `auth can-i --list --as=${placeholder("user")} -n ${placeholder("namespace")}`),
        cdktf("diff", stackName(environment, "stage3")),
      ],
      ["A person, or a launcher, that tries many kinds: what else did it do?", trace],
    ],
  },
  {
    metric: "Anonymous",
    name: "api-anonymous-burst",
    pattern: '{ ($.user.username = "system:anonymous") || ($.responseStatus.code = 401) }',
    threshold: 50,
    intent:
      "A cluster's API got many requests without a valid credential: a program's token is out of date, or somebody looks for a way in.",
    query: { title: "requests by nobody", filter: 'user.username = "system:anonymous" or responseStatus.code = 401' },
    then: ({ cluster }) => [
      [
        "Is `sourceIPs` a pod's or a node's? Restart what runs there, which gets a new token.",
        kubectl({ cluster }, "get pods,nodes -A -o wide"),
      ],
      [
        "It is no machine of the cluster: whose is it, and why does `apiAccess` let it in?",
        aws(
          `ec2 describe-network-interfaces --filters Name=addresses.private-ip-address,Values=${placeholder("address")} --query "NetworkInterfaces[].[Description,Attachment.InstanceId]"`,
        ),
      ],
    ],
  },
];

/**
 * What is recorded of the clusters themselves, in three log groups: the API's audit log, kept as long as audit logs are; the journals of the nodes'
 * agents; Kubernetes' events. What matters in the audit log is counted and has an alarm, and so has the silence of each cluster.
 */
export class ClusterRecords extends Construct {
  /** The log groups. */
  public readonly groups: Readonly<Record<ClusterRecord, LogGroup>>;
  /** Every alarm. */
  public readonly alarms: readonly Alarm[];

  public constructor(scope: Construct, id: string, { platform }: ClusterRecordsProps) {
    super(scope, id);
    const { clusters, monitoring } = platform;
    const { environment } = monitoring;
    const group = (record: ClusterRecord): LogGroup =>
      new LogGroup(this, constructId(record), {
        monitoring,
        name: clusterRecordGroup(environment, record),
        audit: record === "audit",
      });
    this.groups = { audit: group("audit"), events: group("events"), nodes: group("nodes") };
    const { audit, events, nodes } = this.groups;

    const query = (queryId: string, title: string, logGroup: LogGroup, text: readonly string[]): void => {
      new SavedQuery(this, `Query${queryId}`, {
        name: `${namePrefix(environment)}/kubernetes/${title}`,
        logGroups: [logGroup],
        query: text,
      });
    };
    for (const { metric, query: asked } of AUDIT_WATCHES) {
      query(metric, asked.title, audit, [FIELDS, `filter ${asked.filter}`, "sort @timestamp desc", "limit 200"]);
    }
    query("Warnings", "warnings by reason", events, [
      'filter type = "Warning"',
      "stats count(*) as n, latest(message) as last by cluster, involvedObject.kind, reason",
      "sort n desc",
    ]);
    query("Events", "events of an object", events, [
      "fields @timestamp, cluster, involvedObject.kind, involvedObject.name, reason, message",
      "filter involvedObject.name like /epic2op/",
      "sort @timestamp desc",
      "limit 200",
    ]);
    query("Nodes", "journal of a node", nodes, [
      "fields @timestamp, cluster, node, systemd_unit, message",
      "filter node like /i-/",
      "sort @timestamp desc",
      "limit 500",
    ]);

    // Counted for each cluster, as one that falls silent is not heard beside the others.
    const heard = (name: string, logGroup: LogGroup, pattern: string): void => {
      new MetricFilter(this, name, {
        name: `kubernetes-${name}`,
        logGroup,
        pattern,
        metric: { namespace: NAMESPACE, name },
        dimensions: { [CLUSTER]: "$.cluster" },
      });
    };
    heard("AuditEvents", audit, '{ $.auditID = "*" }');
    heard("ReaderAlive", events, `{ $.event = "${HEARTBEAT}" }`);
    heard("NodeLines", nodes, '{ $.message = "*" }');
    this.alarms = [
      ...AUDIT_WATCHES.map((watch) => this.watched(platform, watch)),
      ...Object.entries(clusters).flatMap(([short, { name }]) => this.silences(platform, short, name)),
    ];
  }

  private watched({ clusters, monitoring }: ClusterRecordsProps["platform"], watch: Watch): Alarm {
    const { intent, metric, name, pattern, query, then, threshold } = watch;
    new MetricFilter(this, metric, {
      name: `kubernetes-${metric}`,
      logGroup: this.groups.audit,
      pattern,
      metric: { namespace: NAMESPACE, name: metric },
    });
    return new Alarm(this, `${metric}Alarm`, {
      monitoring,
      name,
      intent,
      severity: "ticket",
      steps: [
        [
          `Who, what, from where, on which cluster? The saved query \`${query.title}\`, or in CloudWatch Logs Insights on \`${clusterRecordGroup(monitoring.environment, "audit")}\`:`,
          insights(`${FIELDS} | filter ${query.filter} | sort @timestamp desc`),
        ],
        ...then({ cluster: contextOf(clusters), environment: monitoring.environment }),
      ],
      metric: { namespace: NAMESPACE, name: metric, statistic: "Sum" },
      comparison: ">=",
      threshold,
      periodSeconds: PERIOD_SECONDS,
      periods: 1,
      missingData: "notBreaching",
    });
  }

  private silences({ clusters, monitoring }: ClusterRecordsProps["platform"], short: string, name: string): Alarm[] {
    const { on, ownLog, pods, restart } = fluentBitCommands(contextOf(clusters));
    const reader = fluentBitCommands(contextOf(clusters)).reader;
    const silent = (record: ClusterRecord, metric: string, lost: string, steps: readonly Step[]): Alarm =>
      new Alarm(this, constructId(short, record, "silent"), {
        monitoring,
        name: `${short}-${record}-silent`,
        kind: `${record}-silent`,
        of: { cluster: short },
        intent: `${lost} of ${short} did not arrive in CloudWatch for ${SILENCE_SECONDS / 60} minutes.`,
        severity: "ticket",
        steps,
        metric: { namespace: NAMESPACE, name: metric, dimensions: { [CLUSTER]: name }, statistic: "Sum" },
        ...SILENCE,
      });
    const shippers: readonly Step[] = [
      ["The pods on control planes and nodes:", pods, "What do they say?", ownLog],
      ["Restart them, which loses nothing:", restart],
    ];
    return [
      silent("audit", "AuditEvents", "The API's audit log", [
        [
          "Does the API answer? Until its log arrives, it stays on the control planes: three files of 100 MB each in /var/log/kube-apiserver-audit.",
          on("version"),
        ],
        ...shippers,
      ]),
      silent("nodes", "NodeLines", "The journals of the nodes", shippers),
      silent("events", "ReaderAlive", "The signs of life of the reader of Kubernetes' events", [
        [`The pod \`${EVENT_READER}\`, and what it says:`, reader.pods, reader.log],
        [
          "Restart it; it reads the last hour again. Older events are gone: the API server keeps them no longer.",
          reader.restart,
        ],
      ]),
    ];
  }
}

const SILENCE = {
  comparison: "<",
  threshold: 1,
  periodSeconds: PERIOD_SECONDS,
  periods: SILENCE_SECONDS / PERIOD_SECONDS,
  missingData: "breaching",
} as const satisfies Partial<AlarmProps>;
