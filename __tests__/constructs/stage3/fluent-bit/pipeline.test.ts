import { pipeline, render, type Section } from "../../../../constructs/stage3/fluent-bit/pipeline";

const parts = pipeline({ region: "us-east-1", logGroupName: "opsdx-dev-k8s-logs", namespace: "node-agents" });
const only = (part: string): Section["settings"] => {
  const [section, ...more] = parts[part] ?? [];
  if (section === undefined || more.length > 0) throw new Error(`${part} must hold one section`);
  return section.settings;
};

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
    expect((parts["filters"] ?? []).map(({ settings }) => settings["Name"])).toEqual(["kubernetes", "lua", "parser"]);
    // Such a filter emits lines anew, and drops them when the output stands still.
    expect((parts["filters"] ?? []).map(({ settings }) => settings["Name"])).not.toContain("multiline");
    expect(parts["filters"]?.[2]?.settings).toMatchObject({ Reserve_Data: "On", Preserve_Key: "On" });
  });

  it("parses lines with a parser that it brings, and that leaves the time alone", () => {
    const parser = only("customParsers");
    expect(parts["filters"]?.[2]?.settings["Parser"]).toBe(parser["Name"]);
    expect(parser).toEqual({ Name: "json_line", Format: "json" });
  });

  it("lets no pod hide its log", () => {
    expect(parts["filters"]?.[0]?.settings).toMatchObject({ "K8S-Logging.Exclude": "Off" });
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
});
