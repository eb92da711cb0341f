import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { OFFLINE_ANSWERS, WEB_QUERIES } from "../../../../constructs/stage3/web/web-logs";
import { webOf } from "./fixture";

describe("WebLogs", () => {
  const { stack } = webOf();
  const group = stack.one("aws_cloudwatch_log_group", { name: "opsdx-web-logs-dev" });

  it("has the wiki's log group", () => {
    expect(group.body["retention_in_days"]).toBe(30);
  });

  it("answers the wiki's open questions by saved queries over that group", () => {
    const queries = stack.ofType("aws_cloudwatch_query_definition");
    expect(queries.map(({ body }) => body["name"])).toEqual(
      ["server latency", "user latency", "cache hits", "top routes", "errors"].map((title) => `opsdx-dev/web/${title}`),
    );
    for (const { body } of queries) expect(body["log_group_names"]).toEqual([`\${${group.address}.name}`]);
  });

  it("tells servers' from browsers' latency", () => {
    expect(WEB_QUERIES.serverLatency.query[0]).toContain('source = "server"');
    expect(WEB_QUERIES.userLatency.query[0]).toContain('source = "browser"');
    expect(WEB_QUERIES.userLatency.query.slice(1)).toEqual(WEB_QUERIES.serverLatency.query.slice(1));
  });

  it("counts hits, misses and failures, with 0 where there are none", () => {
    for (const name of ["CacheHits", "CacheMisses", "ServerErrors"]) {
      expect(stack.one("aws_cloudwatch_log_metric_filter", { name }).body["metric_transformation"]).toMatchObject({
        namespace: "OpsDX",
        name,
        value: "1",
        default_value: "0",
      });
    }
  });

  it("measures latency by source, without zeros that would make it look good", () => {
    expect(stack.one("aws_cloudwatch_log_metric_filter", { name: "LatencyMs" }).body["metric_transformation"]).toEqual({
      namespace: "OpsDX",
      name: "LatencyMs",
      value: "$.latency_ms",
      dimensions: { Source: "$.source" },
    });
  });
});

describe("the answers from a pod's log without AWS", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "web-pod-log-"));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** What a command prints over a log of these lines, each as `awslogs` prints it: group, stream, line. */
  const answer = (command: string, lines: readonly string[]): string => {
    const log = lines.map((line) => `opsdx-dev-k8s-logs kubernetes/default/trews/rest/api ${line}\n`).join("");
    writeFileSync(path.join(folder, "web-pod.log"), log);
    return execFileSync("bash", ["-c", command], { cwd: folder, encoding: "utf8" }).trim();
  };
  const served = (ms: number, source = "server") =>
    JSON.stringify({ source, route: "/api", status: 200, latency_ms: ms });
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);

  it("are percentiles of the server's latency, browsers left out", () => {
    const lines = [
      ...hundred.map((ms) => served(ms)),
      ...hundred.map((ms) => served(ms * 1000, "browser")),
      "Traceback",
    ];
    expect(answer(OFFLINE_ANSWERS.serverLatency, lines)).toBe("p50 50 p95 95 p99 99 of 100");
    expect(answer(OFFLINE_ANSWERS.userLatency, lines)).toBe("p50 50000 p95 95000 p99 99000 of 100");
  });

  it("read numbers with a fraction, in the spacing of Python's json", () => {
    expect(answer(OFFLINE_ANSWERS.serverLatency, ['{"source": "server", "latency_ms": 12.5}'])).toBe(
      "p50 12.5 p95 12.5 p99 12.5 of 1",
    );
  });

  it("are the share of cache hits", () => {
    const lines = ['{"cache":"hit"}', '{"cache": "hit"}', '{"cache":"miss"}', '{"source":"server"}'];
    expect(answer(OFFLINE_ANSWERS.cacheHits, lines)).toBe("66.7% of 3");
  });

  it.each(Object.entries(OFFLINE_ANSWERS))("are empty for an empty log: %s", (_, command) => {
    expect(answer(command, [])).toBe("");
  });
});
