import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { GPU_NODES } from "../../../../constructs/shared/kubernetes/pod";
import { CLAIM_SCRIPT, LIST_SCRIPT, PUBLISH_SCRIPT } from "../../../../constructs/stage3/tensorflow/scripts";
import { findProgram } from "../../../../tools/prometheus/programs";
import { ruleFile, testFile } from "../../../../tools/prometheus/rule-files";
import { stepText } from "../../../support";
import { releaseOn } from "../platform";
import { builtTensorflow, devTensorflow } from "./support";

const { dashboards, facts, stack, rules } = builtTensorflow({ trews: { stable: 3, canary: 4 } });

type Loose = Record<string, unknown>;
const spec = (type: string, name: string, from = stack): Loose => {
  const found = from.ofType(type).find(({ body }) => (body["metadata"] as { name: string }).name === name);
  if (found === undefined) throw new Error(`no ${type} ${name}`);
  return found.body["spec"] as Loose;
};
const podOf = (name: string, from = stack) =>
  (spec("kubernetes_deployment_v1", name, from)["template"] as Loose)["spec"] as Loose as {
    container: readonly Loose[];
    node_selector: Loose;
    volume: readonly Loose[];
  };
/** The text of what a Deployment serves. */
const configOf = (name: string, from = stack): string => {
  const { body } = from
    .ofType("kubernetes_config_map_v1")
    .find(({ body }) => new RegExp(`^${name}-[0-9a-f]{8}$`).test((body["metadata"] as { name: string }).name)) ?? {
    body: {},
  };
  return (body as { data?: Record<string, string> }).data?.["models.config"] ?? "";
};

describe("what serves models", () => {
  it("loads one version each, and is ready when that has loaded", () => {
    expect(configOf("trews")).toContain("specific { versions: 3 }");
    expect(configOf("trews-canary")).toContain("specific { versions: 4 }");
    for (const [name, version] of [
      ["trews", 3],
      ["trews-canary", 4],
    ] as const) {
      const [container] = podOf(name).container;
      for (const probe of ["startup_probe", "readiness_probe", "liveness_probe"]) {
        expect(container?.[probe]).toMatchObject({
          http_get: { path: `/v1/models/trews/versions/${version}/metadata` },
        });
      }
    }
  });

  it("reads models and writes none", () => {
    expect(podOf("trews").volume).toContainEqual({
      name: "nfs-models-read-only",
      persistent_volume_claim: { claim_name: "nfs-models-read-only", read_only: true },
    });
  });

  it("stays whole while another version takes over, which a version that does not load never does", () => {
    expect(spec("kubernetes_deployment_v1", "trews")).toMatchObject({
      strategy: { rolling_update: { max_surge: "1", max_unavailable: "0" } },
    });
    expect(podOf("trews").container[0]?.["command"]).toContain("--max_num_load_retries=0");
    const [config] = stack
      .ofType("kubernetes_config_map_v1")
      .filter(({ body }) => /^trews-[0-9a-f]/.test((body["metadata"] as { name: string }).name));
    expect(config?.body).toMatchObject({ immutable: true, lifecycle: { create_before_destroy: true } });
  });

  it("is as many as its autoscaler wants, and loses one at a time", () => {
    expect(spec("kubernetes_horizontal_pod_autoscaler_v2", "trews")).toMatchObject({
      min_replicas: 1,
      max_replicas: 2,
    });
    expect(spec("kubernetes_pod_disruption_budget_v1", "trews")).toMatchObject({ max_unavailable: "1" });
    expect(stack.ofType("kubernetes_horizontal_pod_autoscaler_v2")).toHaveLength(1);
  });

  it("goes on after a stop as it was told to: an autoscaler makes no pod where there is none, and Terraform leaves their number alone", () => {
    const [, stop] = facts?.stop.map(stepText) ?? [];
    expect(stop).toMatch(/scale deployment\/<name> --replicas=0.*scale deployment\/trews --replicas=1/s);
    expect(stop).not.toContain("hpa");
  });

  it("is called by Prometheus and by the namespaces that are named, from inside of the cluster only", () => {
    const serving = structuredClone(devTensorflow().serving);
    for (const model of Object.values(serving.models)) model.callers.push("scoring");
    const made = builtTensorflow({ trews: { stable: 3 } }, { serving }).stack;
    const { body } = made.one("kubernetes_network_policy_v1", { metadata: { name: "trews", namespace: "tensorflow" } });
    const { ingress } = body["spec"] as { ingress: { from: Loose[]; ports: { port: string }[] }[] };
    expect(
      ingress.map(({ from, ports }) => [
        ((from[0]?.["namespace_selector"] as Loose)["match_labels"] as Loose)["kubernetes.io/metadata.name"],
        ports.map(({ port }) => port),
      ]),
    ).toEqual([
      ["scoring", ["8500", "8501"]],
      ["monitoring", ["8501"]],
    ]);
    for (const { body: service } of stack.ofType("kubernetes_service_v1")) {
      expect(service["spec"]).toMatchObject({ type: "ClusterIP" });
    }
  });

  it("is another Deployment's pod after a promotion, and the former's after a rollback", () => {
    const before = builtTensorflow({ trews: { stable: 3 } }).stack;
    const after = builtTensorflow({ trews: { stable: 4, previous: 3 } }).stack;
    const back = builtTensorflow({ trews: { stable: 3 } }).stack;
    const text = (from: typeof before): string => JSON.stringify([configOf("trews", from), podOf("trews", from)]);
    expect(configOf("trews", after)).toContain("versions: 4");
    expect(text(after)).not.toBe(text(before));
    expect(text(back)).toBe(text(before));
  });

  it("has no server before the first promotion, nor alarms", () => {
    const { rules: alarms, stack: empty } = builtTensorflow({});
    expect(empty.ofType("kubernetes_deployment_v1")).toEqual([]);
    expect(alarms.map(({ alert }) => alert)).toEqual([
      "opsdx-test-gpu-idle",
      "opsdx-test-gpu-xid-error",
      "opsdx-test-gpu-memory-full",
    ]);
  });
});

describe("a Job that trains", () => {
  const job = (spec("kubernetes_cron_job_v1", "train")["job_template"] as { spec: Loose }).spec;
  const pod = (job["template"] as { spec: Loose }).spec as {
    container: readonly Loose[];
    init_container: readonly Loose[];
  } & Loose;
  const steps = [...pod.init_container, ...pod.container];

  it("stands where kops puts GPUs, as kops' own rendering has it", () => {
    expect(pod).toMatchObject({
      runtime_class_name: "nvidia",
      node_selector: { "kops.k8s.io/gpu": "1", opsdx_nodegroup: "gpu" },
      toleration: [{ key: "opsdx_nodegroup" }, { key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
    });
    // Written by kops 1.36.2 from the reference manifest, see the folder's README.
    const rendered = readFileSync(path.join(__dirname, "../../../data/kops-k8s-dev/kubernetes.tf"), "utf8");
    const tag = (key: string): string | undefined =>
      new RegExp(
        `key\\s+= "k8s.io/cluster-autoscaler/node-template/${key}"\\s+propagate_at_launch = true\\s+value\\s+= "([^"]*)"`,
      ).exec(rendered)?.[1];
    for (const [label, value] of Object.entries(GPU_NODES.nodeSelector)) expect(tag(`label/${label}`)).toBe(value);
    expect(tag(`taint/${GPU_NODES.toleration.key}`)).toBe(`:${GPU_NODES.toleration.effect}`);
    expect(tag("resources/nvidia.com/gpu")).toBe("1");
  });

  it("gives its GPU to the program alone, which sees its own folder only", () => {
    const limits = steps.map(({ name, resources }) => [name, Object.keys((resources as { limits: Loose }).limits)]);
    expect(limits).toEqual([
      ["claim", ["memory"]],
      ["train", ["memory", "nvidia.com/gpu"]],
      ["publish", ["memory"]],
    ]);
    expect(steps[1]?.["volume_mount"]).toEqual([
      { name: "tmp", mount_path: "/tmp" },
      { name: "nfs-models", mount_path: "/training", sub_path_expr: ".work/$(TRAIN_MODEL)/$(TRAIN_VERSION)" },
    ]);
  });

  it("costs no try when its node goes, has time for a checkpoint, and ends for good when it was told something wrong", () => {
    const { rule } = job["pod_failure_policy"] as { rule: Loose[] };
    expect(rule[0]).toEqual({ action: "Ignore", on_pod_condition: [{ type: "DisruptionTarget", status: "True" }] });
    expect(rule.slice(1)).toEqual(
      ["claim", "train", "publish"].map(
        (container_name) =>
          expect.objectContaining({
            action: "FailJob",
            on_exit_codes: expect.objectContaining({ container_name }) as unknown,
          }) as unknown,
      ),
    );
    // Spot gives two minutes.
    expect(pod["termination_grace_period_seconds"]).toBe(90);
    expect(pod["restart_policy"]).toBe("Never");
  });

  it("reads datasets of its environment, and writes nothing to S3", () => {
    const { body } = stack.one("aws_iam_policy", { name: "opsdx-test-training" });
    const { Statement } = JSON.parse(String(body["policy"])) as {
      Statement: { Action: string[]; Resource: string[] }[];
    };
    expect(Statement.map(({ Action }) => Action)).toEqual([["s3:GetObject"], ["s3:ListBucket"], ["kms:Decrypt"]]);
    expect(Statement[0]?.Resource).toEqual(["arn:aws:s3:::opsdx-clarity-etl-stagec2dw/test/datasets/*"]);
  });
});

describe("the small steps, by a shell", () => {
  const folder = (): string => mkdtempSync(path.join(tmpdir(), "models-"));
  const run = (script: string, root: string, version = "2") =>
    spawnSync("sh", ["-c", script], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], MODELS_FOLDER: root, TRAIN_MODEL: "trews", TRAIN_VERSION: version },
    });
  const exported = (root: string, version = "2"): string => {
    const target = path.join(root, ".work/trews", version, "export");
    cpSync(path.join(__dirname, "../../../data/saved-model/trews/1"), target, { recursive: true });
    return target;
  };

  it("publish a whole result, once", () => {
    const root = folder();
    expect(run(CLAIM_SCRIPT, root).status).toBe(0);
    exported(root);
    expect(run(PUBLISH_SCRIPT, root)).toMatchObject({ status: 0, stdout: "trews/2 is there\n" });
    expect(readdirSync(path.join(root, "trews/2")).sort()).toEqual(["saved_model.pb", "variables"]);
    expect(existsSync(path.join(root, ".work/trews/2"))).toBe(false);
  });

  it("keep checkpoints of a pod that was taken away", () => {
    const root = folder();
    run(CLAIM_SCRIPT, root);
    writeFileSync(path.join(root, ".work/trews/2/checkpoints/ckpt-7"), "weights");
    expect(run(CLAIM_SCRIPT, root).status).toBe(0);
    expect(readFileSync(path.join(root, ".work/trews/2/checkpoints/ckpt-7"), "utf8")).toBe("weights");
  });

  it("never overwrite a version: neither before the training nor after it", () => {
    const root = folder();
    run(CLAIM_SCRIPT, root);
    exported(root);
    mkdirSync(path.join(root, "trews/2"));
    writeFileSync(path.join(root, "trews/2/saved_model.pb"), "the first");
    for (const script of [CLAIM_SCRIPT, PUBLISH_SCRIPT]) {
      expect(run(script, root)).toMatchObject({
        status: 73,
        stderr: "trews/2 must be a new version, got one that is there: it is never overwritten\n",
      });
    }
    expect(readFileSync(path.join(root, "trews/2/saved_model.pb"), "utf8")).toBe("the first");
  });

  it("refuse a result that is none", () => {
    const root = folder();
    run(CLAIM_SCRIPT, root);
    expect(run(PUBLISH_SCRIPT, root)).toMatchObject({ status: 65 });
    expect(existsSync(path.join(root, "trews/2"))).toBe(false);
  });

  it("list what there is, without what is being worked on", () => {
    const root = folder();
    exported(root, "9");
    run(CLAIM_SCRIPT, root, "2");
    exported(root);
    run(PUBLISH_SCRIPT, root);
    mkdirSync(path.join(root, "trews/3"));
    expect(run(LIST_SCRIPT, root).stdout.replaceAll(/^\d+/gm, "N")).toBe("N yes no trews/2\nN no no trews/3\n");
    expect(run(LIST_SCRIPT, folder())).toMatchObject({ status: 0, stdout: "" });
  });
});

describe("what is told of GPUs", () => {
  it("asks no right to profile, and stands on nodes with GPUs only", () => {
    const { body, values } = releaseOn(stack, "k8s-ml-tf", "dcgm-exporter");
    expect(body).toMatchObject({ chart: "dcgm-exporter", version: "4.8.2", namespace: "node-agents" });
    expect(values).toMatchObject({
      serviceMonitor: { enabled: false },
      nodeSelector: { "kops.k8s.io/gpu": "1" },
      securityContext: { capabilities: { drop: ["ALL"] } },
    });
    const { customMetrics } = values as { customMetrics: string };
    const fields = new Set(
      [
        ...rules
          .map(({ expr }) => expr)
          .join(" ")
          .matchAll(/DCGM_\w+/g),
      ].map(([name]) => name),
    );
    expect(fields.size).toBeGreaterThan(3);
    for (const field of fields) expect(customMetrics).toContain(`\n${field}, gauge, `);
  });
});

const promtool = findProgram("promtool");
(promtool.kind === "found" ? describe : describe.skip)("the alarms, by promtool", () => {
  it("fire, stay silent and end as their cases say", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "tensorflow-rules-"));
    const files = rules.map((rule) => {
      writeFileSync(path.join(folder, `${rule.alert}.rules.yml`), ruleFile([rule]));
      writeFileSync(path.join(folder, `${rule.alert}.test.yml`), testFile(rule, `${rule.alert}.rules.yml`));
      return `${rule.alert}.test.yml`;
    });
    expect(files).toHaveLength(6);
    const file = promtool.kind === "found" ? promtool.file : "";
    const said = execFileSync(file, ["test", "rules", ...files], { cwd: folder, encoding: "utf8", stdio: "pipe" });
    expect(said.match(/SUCCESS/g)).toHaveLength(files.length);
  }, 300_000);
});

/**
 * As TensorFlow Serving, DCGM exporter, kube-state-metrics and the kubelet name them.
 * @see https://github.com/tensorflow/serving/blob/2.20.0/tensorflow_serving/servables/tensorflow/util.cc
 * @see https://github.com/tensorflow/tensorflow/blob/v2.20.0/tensorflow/cc/saved_model/loader.cc
 * @see https://github.com/NVIDIA/dcgm-exporter/blob/main/etc/default-counters.csv
 */
const METRICS = [
  ":tensorflow:serving:request_latency_bucket",
  ":tensorflow:serving:request_latency_count",
  ":tensorflow:cc:saved_model:load_attempt_count",
  ...["DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_XID_ERRORS"],
  ...["kube_deployment_status_replicas_available", "kube_job_status_active", "container_memory_working_set_bytes"],
];

it("the dashboard names metrics that there are, on the cluster of TensorFlow", () => {
  const widgets = dashboards.flatMap(({ rows }) => rows.flatMap((row) => row.widgets));
  const drawn = widgets.flatMap((widget) => (widget.kind === "prom" ? widget.queries : []));
  expect(widgets.map((widget) => (widget.kind === "prom" ? widget.cluster : widget.kind))).toEqual(
    Array(9).fill("k8s-ml-tf"),
  );
  const named = drawn.flatMap(({ expression }) => expression.match(/:?\b[A-Za-z_]+(?::[a-z_]+)*\b/g) ?? []);
  const metrics = named.filter((name) => /^:|^DCGM|^(kube|container)_/.test(name));
  expect([...new Set(metrics)].sort()).toEqual([...METRICS].sort());
});
