import { AUDIT_LOG_FILE, AUDIT_LOG_FOLDER } from "../../shared/kubernetes/audit-log";

/** A section of fluent-bit's configuration, for example an input: its name and its settings, in order. */
export interface Section {
  /** `SERVICE`, `INPUT`, `FILTER`, `OUTPUT` or `PARSER`. */
  readonly kind: string;
  /** Settings, by fluent-bit's names; a list is one setting several times. */
  readonly settings: Readonly<Record<string, string | number | readonly string[]>>;
}

/** Folder of a node in which fluent-bit keeps how far it has read, and what it could not send yet. */
export const STATE_FOLDER = "/var/lib/fluent-bit";
/** Folders of a node in which the kubelet keeps the containers' logs: the second holds the files, the first links to them. */
export const LOG_FOLDERS = ["/var/log/containers", "/var/log/pods"] as const;
/** Folder of a node in which its journal lies. */
export const JOURNAL_FOLDER = "/var/log/journal";
/** Units whose journal is shipped: the node's agent, and what makes it a node. */
const UNITS = ["kubelet", "kops-configuration"];
/** File of the script that names the streams. */
export const SCRIPT = "origin.lua";
/** Port of health and metrics. */
export const HTTP_PORT = 2020;

/** Tags of what is no container's line. */
const [AUDIT, JOURNAL] = ["audit", "journal"] as const;

/** What a pipeline is made from. */
export interface PipelineProps {
  /** Region of the log group. */
  readonly region: string;
  /** Full name of the cluster, after which streams are named. */
  readonly clusterName: string;
  /** Name of the log group of containers. */
  readonly logGroupName: string;
  /** Name of the log group of the API's audit log. */
  readonly auditGroupName: string;
  /** Name of the log group of the nodes' journals. */
  readonly nodeGroupName: string;
  /** Namespace of fluent-bit itself, whose own log stays on the node. */
  readonly namespace: string;
}

/** What every fluent-bit is told of itself. */
export const SERVICE: Section = {
  kind: "SERVICE",
  settings: {
    Daemon: "Off",
    Flush: 5,
    Grace: 20,
    Log_Level: "info",
    HTTP_Server: "On",
    HTTP_Listen: "0.0.0.0",
    HTTP_Port: HTTP_PORT,
    Health_Check: "On",
    "storage.path": `${STATE_FOLDER}/buffer`,
    "storage.metrics": "On",
    // Every container that logs has a chunk, and one that is being sent takes 4 MB: enough for a full node, and 280 MB at worst.
    "storage.max_chunks_up": 64,
    "storage.backlog.mem_limit": "16M",
    "storage.delete_irrecoverable_chunks": "On",
    // Longest wait between two attempts, in seconds; fluent-bit's own is half an hour.
    "scheduler.cap": 300,
  },
};

/** What every output to CloudWatch has in common: groups are Terraform's, and nothing is given up. */
export function cloudWatch(
  region: string,
  match: string,
  logGroupName: string,
  settings: Section["settings"],
): Section {
  return {
    kind: "OUTPUT",
    settings: {
      Name: "cloudwatch_logs",
      Match: match,
      region,
      log_group_name: logGroupName,
      auto_create_group: "false",
      ...settings,
      Retry_Limit: "no_limits",
    },
  };
}

/** Name of the node, from the pod's environment. Terraform takes one dollar sign away. */
const NODE = "$${NODE}";

/** What runs in fluent-bit, in the shape of the chart's value `config`. */
export function pipeline(props: PipelineProps): Readonly<Record<string, readonly Section[]>> {
  const lines = "kube.*";
  return {
    service: [
      {
        ...SERVICE,
        settings: { ...SERVICE.settings, Parsers_File: "/fluent-bit/etc/conf/custom_parsers.conf" },
      },
    ],
    inputs: [
      {
        kind: "INPUT",
        settings: {
          Name: "tail",
          Tag: lines,
          Path: `${LOG_FOLDERS[0]}/*.log`,
          // Its own log would grow with every line that cannot be sent.
          Exclude_Path: `${LOG_FOLDERS[0]}/fluent-bit-*_${props.namespace}_fluent-bit-*.log`,
          "multiline.parser": "cri",
          DB: `${STATE_FOLDER}/tail.db`,
          "DB.locking": "true",
          Read_from_Head: "true",
          Refresh_Interval: 10,
          Rotate_Wait: 30,
          Skip_Long_Lines: "On",
          "storage.type": "filesystem",
        },
      },
      {
        kind: "INPUT",
        // Control planes only: elsewhere the folder is empty.
        settings: {
          Name: "tail",
          Tag: AUDIT,
          Path: `${AUDIT_LOG_FOLDER}/${AUDIT_LOG_FILE}`,
          Parser: "audit_line",
          DB: `${STATE_FOLDER}/audit.db`,
          "DB.locking": "true",
          Read_from_Head: "true",
          Refresh_Interval: 10,
          Rotate_Wait: 60,
          // A request's body may be large; CloudWatch cuts at 256 kB, and what is longer than 1 MB is left out.
          Buffer_Chunk_Size: "64k",
          Buffer_Max_Size: "1M",
          Skip_Long_Lines: "On",
          "storage.type": "filesystem",
        },
      },
      {
        kind: "INPUT",
        settings: {
          Name: "systemd",
          Tag: JOURNAL,
          Path: JOURNAL_FOLDER,
          Systemd_Filter: UNITS.map((unit) => `_SYSTEMD_UNIT=${unit}.service`),
          DB: `${STATE_FOLDER}/journal.db`,
          Lowercase: "On",
          Strip_Underscores: "On",
          "storage.type": "filesystem",
        },
      },
    ],
    // No multiline filter for tracebacks: it emits lines anew, and loses them once the output stands still.
    filters: [
      {
        kind: "FILTER",
        // Only for the annotations: the file's name tells the rest.
        settings: {
          Name: "kubernetes",
          Match: lines,
          Labels: "Off",
          Annotations: "On",
          Merge_Log: "Off",
          "K8S-Logging.Exclude": "Off",
          // Takes descriptions of pods of any size.
          Buffer_Size: 0,
        },
      },
      {
        kind: "FILTER",
        settings: { Name: "lua", Match: lines, script: `/fluent-bit/scripts/${SCRIPT}`, call: "origin" },
      },
      {
        kind: "FILTER",
        // Puts the fields of a JSON line beside `log`, which stays as it was written.
        settings: {
          Name: "parser",
          Match: lines,
          Key_Name: "log",
          Parser: "json_line",
          Reserve_Data: "On",
          Preserve_Key: "On",
        },
      },
      // No script here: numbers stay numbers.
      {
        kind: "FILTER",
        settings: { Name: "record_modifier", Match: AUDIT, Record: [`cluster ${props.clusterName}`, `node ${NODE}`] },
      },
      {
        kind: "FILTER",
        settings: {
          Name: "record_modifier",
          Match: JOURNAL,
          Allowlist_key: ["message", "priority", "systemd_unit"],
          Record: [`cluster ${props.clusterName}`, `node ${NODE}`],
        },
      },
    ],
    outputs: [
      cloudWatch(props.region, lines, props.logGroupName, {
        log_stream_template: "$kubernetes['log_stream']",
        // Required, and used for a file whose name is not a container's.
        log_stream_prefix: "unnamed/",
        // The oldest lines go first when CloudWatch cannot be reached for so long.
        "storage.total_limit_size": "1G",
      }),
      cloudWatch(props.region, AUDIT, props.auditGroupName, {
        log_stream_name: `${props.clusterName}/${NODE}`,
        "storage.total_limit_size": "1G",
      }),
      cloudWatch(props.region, JOURNAL, props.nodeGroupName, {
        log_stream_name: `${props.clusterName}/${NODE}`,
        "storage.total_limit_size": "256M",
      }),
    ],
    customParsers: [
      // Without a time key: the time of a line is that of the container runtime.
      { kind: "PARSER", settings: { Name: "json_line", Format: "json" } },
      {
        kind: "PARSER",
        settings: {
          Name: "audit_line",
          Format: "json",
          Time_Key: "stageTimestamp",
          Time_Format: "%Y-%m-%dT%H:%M:%S.%L%z",
          Time_Keep: "On",
        },
      },
    ],
  };
}

/**
 * Writes sections in fluent-bit's own format.
 * @see https://docs.fluentbit.io/manual/administration/configuring-fluent-bit/classic-mode/format-schema
 */
export function render(sections: readonly Section[]): string {
  return sections
    .map(({ kind, settings }) => {
      const lines = Object.entries(settings).flatMap(([name, value]) =>
        (typeof value === "object" ? value : [value]).map((one) => `    ${name} ${one}\n`),
      );
      return `[${kind}]\n${lines.join("")}`;
    })
    .join("\n");
}
