import { kopsManifest } from "../../../../constructs/stage2/kops/manifest";
import { eventPipeline } from "../../../../constructs/stage3/fluent-bit/event-values";
import { pipeline, render, type Section } from "../../../../constructs/stage3/fluent-bit/pipeline";
import { specOf } from "../../stage2/kops/support";

const parts = pipeline({
  region: "us-east-1",
  clusterName: "k8s.dev.opsdx.io",
  logGroupName: "opsdx-dev-k8s-logs",
  auditGroupName: "opsdx-dev-kubernetes-audit",
  nodeGroupName: "opsdx-dev-kubernetes-nodes",
  namespace: "node-agents",
});
/** The settings of a section, by what it reads or takes: the first of a part where none is named. */
const only = (part: string, matching: Section["settings"] = {}): Section["settings"] => {
  const found = (parts[part] ?? []).filter(({ settings }) =>
    Object.entries(matching).every(([name, value]) => settings[name] === value),
  );
  const [section] = found;
  if (section === undefined) throw new Error(`${part} must hold ${JSON.stringify(matching)}`);
  return section.settings;
};
const sections = (part: string): readonly Section["settings"][] => (parts[part] ?? []).map(({ settings }) => settings);

describe("pipeline", () => {
  it("writes into a log group that it neither makes nor changes", () => {
    const output = only("outputs");
    expect(output).toMatchObject({
      region: "us-east-1",
      log_group_name: "opsdx-dev-k8s-logs",
      auto_create_group: "false",
    });
    expect(Object.keys(output)).not.toContain("log_retention_days");
  });

  it("loses nothing while CloudWatch does not answer, within bounds", () => {
    expect(only("outputs")).toMatchObject({ Retry_Limit: "no_limits", "storage.total_limit_size": "1G" });
    expect(only("inputs")).toMatchObject({ "storage.type": "filesystem" });
    expect(only("service")).toMatchObject({ "storage.max_chunks_up": 64, "storage.backlog.mem_limit": "16M" });
  });

  it("keeps what it has read and not sent in one folder of the node", () => {
    for (const kept of [only("inputs")["DB"], only("service")["storage.path"]]) {
      expect(String(kept)).toMatch(/^\/var\/lib\/fluent-bit\//);
    }
  });

  it("goes on where it stopped, also in files that were made meanwhile", () => {
    expect(only("inputs")).toMatchObject({ Read_from_Head: "true" });
    // Compared by name, a file that was rotated before a restart would be sent again from its start: its link has another name.
    expect(Object.keys(only("inputs"))).not.toContain("DB.compare_filename");
  });

  it("does not ship its own log, which would grow with every error", () => {
    expect(only("inputs")["Exclude_Path"]).toBe("/var/log/containers/fluent-bit-*_node-agents_fluent-bit-*.log");
  });

  it("reads a line's JSON last: after a script every number would be a floating-point one", () => {
    const named = sections("filters").filter(({ Match }) => Match === "kube.*");
    expect(named.map(({ Name }) => Name)).toEqual(["kubernetes", "lua", "parser"]);
    // Such a filter emits lines anew, and drops them when the output stands still.
    expect((parts["filters"] ?? []).map(({ settings }) => settings["Name"])).not.toContain("multiline");
    expect(parts["filters"]?.[2]?.settings).toMatchObject({ Reserve_Data: "On", Preserve_Key: "On" });
  });

  it("parses lines with a parser that it brings, and that leaves the time alone", () => {
    const parser = only("customParsers", { Name: "json_line" });
    expect(parts["filters"]?.[2]?.settings["Parser"]).toBe(parser["Name"]);
    expect(parser).toEqual({ Name: "json_line", Format: "json" });
  });

  it("lets no pod hide its log", () => {
    expect(parts["filters"]?.[0]?.settings).toMatchObject({ "K8S-Logging.Exclude": "Off" });
  });
});

describe("what is recorded of the cluster itself", () => {
  const audit = only("inputs", { Tag: "audit" });
  const journal = only("inputs", { Tag: "journal" });

  it("is the audit log where kops has the API server write it, line by line, at its own time", () => {
    expect(audit).toMatchObject({
      Name: "tail",
      Path: "/var/log/kube-apiserver-audit/audit.log",
      Read_from_Head: "true",
      "storage.type": "filesystem",
    });
    const [cluster] = kopsManifest(specOf());
    expect(cluster?.spec["kubeAPIServer"]).toMatchObject({ auditLogPath: audit["Path"] });
    expect(only("customParsers", { Name: String(audit["Parser"]) })).toEqual({
      Name: "audit_line",
      Format: "json",
      Time_Key: "stageTimestamp",
      Time_Format: "%Y-%m-%dT%H:%M:%S.%L%z",
      Time_Keep: "On",
    });
  });

  it("is the journal of the kubelet and of what makes the node one, and says of which node", () => {
    expect(journal).toMatchObject({
      Name: "systemd",
      Path: "/var/log/journal",
      Systemd_Filter: ["_SYSTEMD_UNIT=kubelet.service", "_SYSTEMD_UNIT=kops-configuration.service"],
    });
    expect(only("filters", { Match: "journal" })).toMatchObject({
      Name: "record_modifier",
      Record: ["cluster k8s.dev.opsdx.io", "node $${NODE}"],
    });
  });

  it("goes to groups of its own, in streams that name cluster and node", () => {
    const to = sections("outputs").map(({ Match, log_group_name: group, log_stream_name: stream }) => [
      Match,
      group,
      stream,
    ]);
    expect(to).toEqual([
      ["kube.*", "opsdx-dev-k8s-logs", undefined],
      ["audit", "opsdx-dev-kubernetes-audit", "k8s.dev.opsdx.io/$${NODE}"],
      ["journal", "opsdx-dev-kubernetes-nodes", "k8s.dev.opsdx.io/$${NODE}"],
    ]);
    for (const output of sections("outputs")) {
      expect(output).toMatchObject({ auto_create_group: "false", Retry_Limit: "no_limits" });
      expect(output["storage.total_limit_size"]).toMatch(/^\d+[GM]$/);
    }
  });

  it("passes no script, which would make every number a floating-point one", () => {
    const scripts = sections("filters").filter(({ Name }) => Name === "lua");
    expect(scripts.map(({ Match }) => Match)).toEqual(["kube.*"]);
  });

  it("is kept in one folder of the node until it is sent", () => {
    for (const { DB } of [audit, journal]) expect(String(DB)).toMatch(/^\/var\/lib\/fluent-bit\//);
    expect(new Set(sections("inputs").map(({ DB }) => DB)).size).toBe(sections("inputs").length);
  });
});

describe("the reader of events", () => {
  const reader = eventPipeline({
    clusterName: "k8s-ml.dev.opsdx.io",
    region: "us-east-1",
    logGroupName: "opsdx-dev-kubernetes-events",
    roleArn: "arn:aws:iam::123456789012:role/reader",
  });

  it("asks the API for events, keeps how far it has read, and writes a sign of life every minute", () => {
    expect((reader["inputs"] ?? []).map(({ settings }) => settings)).toEqual([
      {
        Name: "kubernetes_events",
        Tag: "event",
        DB: "/var/lib/fluent-bit/events.db",
        kube_retention_time: "1h",
        "storage.type": "filesystem",
      },
      { Name: "dummy", Tag: "heartbeat", Dummy: '{"event":"reader.alive"}', Interval_Sec: 60 },
    ]);
    expect(reader["filters"]?.[0]?.settings).toEqual({
      Name: "record_modifier",
      Match: "*",
      Record: "cluster k8s-ml.dev.opsdx.io",
    });
    expect(reader["outputs"]?.[0]?.settings).toMatchObject({
      Match: "*",
      log_group_name: "opsdx-dev-kubernetes-events",
      log_stream_name: "k8s-ml.dev.opsdx.io",
    });
  });

  it("reads no file of parsers, since it brings none", () => {
    expect(reader["service"]?.[0]?.settings).not.toHaveProperty("Parsers_File");
  });
});

describe("render", () => {
  it("writes one setting a line, below its section", () => {
    expect(
      render([
        { kind: "INPUT", settings: { Name: "tail", Refresh_Interval: 10 } },
        { kind: "FILTER", settings: { Name: "lua" } },
      ]),
    ).toBe("[INPUT]\n    Name tail\n    Refresh_Interval 10\n\n[FILTER]\n    Name lua\n");
  });

  it("writes a setting that stands there several times as often", () => {
    const settings = { Name: "record_modifier", Record: ["a 1", "b 2"] };
    expect(render([{ kind: "FILTER", settings }])).toBe(
      "[FILTER]\n    Name record_modifier\n    Record a 1\n    Record b 2\n",
    );
  });
});
