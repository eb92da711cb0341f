/** A section of fluent-bit's configuration, for example an input: its name and its settings, in order. */
export interface Section {
  /** `SERVICE`, `INPUT`, `FILTER`, `OUTPUT` or `PARSER`. */
  readonly kind: string;
  /** Settings, by fluent-bit's names. */
  readonly settings: Readonly<Record<string, string | number>>;
}

/** Folder of a node in which fluent-bit keeps how far it has read, and what it could not send yet. */
export const STATE_FOLDER = "/var/lib/fluent-bit";
/** Folders of a node in which the kubelet keeps the containers' logs: the second holds the files, the first links to them. */
export const LOG_FOLDERS = ["/var/log/containers", "/var/log/pods"] as const;
/** File of the script that names the streams. */
export const SCRIPT = "origin.lua";
/** Port of health and metrics. */
export const HTTP_PORT = 2020;

/** What a pipeline is made from. */
export interface PipelineProps {
  /** Region of the log group. */
  readonly region: string;
  /** Name of the log group. */
  readonly logGroupName: string;
  /** Namespace of fluent-bit itself, whose own log stays on the node. */
  readonly namespace: string;
}

/** What runs in fluent-bit, in the shape of the chart's value `config`. */
export function pipeline(props: PipelineProps): Readonly<Record<string, readonly Section[]>> {
  const lines = "kube.*";
  return {
    service: [
      {
        kind: "SERVICE",
        settings: {
          Daemon: "Off",
          Flush: 5,
          Grace: 20,
          Log_Level: "info",
          Parsers_File: "/fluent-bit/etc/conf/custom_parsers.conf",
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
    ],
    outputs: [
      {
        kind: "OUTPUT",
        settings: {
          Name: "cloudwatch_logs",
          Match: lines,
          region: props.region,
          log_group_name: props.logGroupName,
          auto_create_group: "false",
          log_stream_template: "$kubernetes['log_stream']",
          // Required, and used for a file whose name is not a container's.
          log_stream_prefix: "unnamed/",
          Retry_Limit: "no_limits",
          // The oldest lines go first when CloudWatch cannot be reached for so long.
          "storage.total_limit_size": "1G",
        },
      },
    ],
    // Without a time key: the time of a line is that of the container runtime.
    customParsers: [{ kind: "PARSER", settings: { Name: "json_line", Format: "json" } }],
  };
}

/**
 * Writes sections in fluent-bit's own format.
 * @see https://docs.fluentbit.io/manual/administration/configuring-fluent-bit/classic-mode/format-schema
 */
export function render(sections: readonly Section[]): string {
  return sections
    .map(({ kind, settings }) => {
      const lines = Object.entries(settings).map(([name, value]) => `    ${name} ${value}\n`);
      return `[${kind}]\n${lines.join("")}`;
    })
    .join("\n");
}
