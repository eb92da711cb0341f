import { execFileSync } from "node:child_process";
import path from "node:path";
import { logStream } from "../../../../constructs/stage3/fluent-bit/log-stream";
import type { Cases, Line, Result } from "./run-origin";

const ROOT = "k8s-ml-tf";
const line = (pod: string, namespace: string, container: string, record: object = {}): Line => ({
  tag: `kube.var.log.containers.${pod}_${namespace}_${container}-${"0123456789abcdef".repeat(4)}.log`,
  record: { log: "x", ...record },
});
const annotated = (stream: string, pod = "p-1"): Line =>
  line(pod, "etl", "epic2op", { kubernetes: { annotations: { "opsdx.io/log-stream": stream } } });

const lines = {
  web: line("trews-rest-api-7d4b-x2", "default", "trews-rest-api", {
    log: ' line\t"é"',
    kubernetes: { labels: { app: "x" }, pod_id: "u-1", annotations: {} },
  }),
  dots: line("static.pod.with-dots", "c2dw-etl", "c2dw-etl"),
  hyphens: line("p-1", "a-b-c", "d--e"),
  chosen: annotated("kubernetes/default/epic2op/dev"),
  slash: annotated("kubernetes/c2dw/etl/c2dw/etl/", "c2dw-dev-20260301-1200-x2"),
  empty: annotated(""),
  colon: annotated("a:b"),
  star: annotated("a*"),
  space: annotated("a b"),
  newline: annotated("a\nb"),
  long: annotated("x".repeat(513)),
  tooLongWithPod: annotated(`${"x".repeat(510)}/`),
  number: line("p-1", "etl", "epic2op", { kubernetes: { annotations: { "opsdx.io/log-stream": 7 } } }),
  unknown: line("p-1", "etl", "epic2op"),
  plain: line("p-1", "etl", "epic2op", { kubernetes: { labels: {} } }),
  text: line("p-1", "etl", "epic2op", { kubernetes: "stolen" }),
  notes: { tag: "kube.var.log.containers.notes.log", record: { log: "x" } },
};

const cases: Cases = {
  environment: { STREAM_ROOT: ROOT, CLUSTER: "k8s-ml-tf.dev.opsdx.io", NODE: "ip-10-0-32-5.ec2.internal" },
  lines,
};
const results = JSON.parse(
  execFileSync(process.execPath, ["--import", "tsx", path.join(__dirname, "run-origin.ts")], {
    input: JSON.stringify(cases),
    encoding: "utf8",
  }),
) as Record<keyof typeof lines, Result>;
const streamOf = (name: keyof typeof lines): string | undefined => results[name].record.kubernetes?.["log_stream"];

describe("origin.lua", () => {
  it("keeps the line, and says where it comes from", () => {
    expect(results.web).toEqual({
      code: 2,
      record: {
        log: ' line\t"é"',
        kubernetes: {
          cluster: "k8s-ml-tf.dev.opsdx.io",
          host: "ip-10-0-32-5.ec2.internal",
          namespace: "default",
          pod: "trews-rest-api-7d4b-x2",
          container: "trews-rest-api",
          log_stream: "k8s-ml-tf/default/trews/rest/api",
        },
      },
    });
  });

  it("names streams as the documentation does", () => {
    expect([streamOf("dots"), streamOf("hyphens")]).toEqual([
      logStream("c2dw-etl", "c2dw-etl", ROOT),
      logStream("a-b-c", "d--e", ROOT),
    ]);
    expect(results.dots.record.kubernetes?.["pod"]).toBe("static.pod.with-dots");
  });

  it("takes the stream that a pod's annotation names, with the pod behind a slash", () => {
    expect([streamOf("chosen"), streamOf("slash")]).toEqual([
      "kubernetes/default/epic2op/dev",
      "kubernetes/c2dw/etl/c2dw/etl/c2dw-dev-20260301-1200-x2",
    ]);
  });

  it.each(["empty", "colon", "star", "space", "newline", "long", "tooLongWithPod", "number"] as const)(
    "ignores a stream that CloudWatch would refuse for ever: %s",
    (name) => {
      expect(streamOf(name)).toBe("k8s-ml-tf/etl/epic2op");
    },
  );

  it.each(["unknown", "plain", "text"] as const)("does without the API server's answer: %s", (name) => {
    expect(streamOf(name)).toBe("k8s-ml-tf/etl/epic2op");
  });

  it("leaves a file alone that is no container's", () => {
    expect(results.notes).toEqual({ code: 0, record: { log: "x" } });
  });
});
