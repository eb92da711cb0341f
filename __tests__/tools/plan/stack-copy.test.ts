import { existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  leftOutOfSandbox,
  offline,
  stateWithoutClusters,
  withoutClusters,
  withoutRefusals,
  writeStackCopy,
} from "../../../tools/plan/stack-copy";

const kubernetes = { required_providers: { aws: {}, kubernetes: {} } };
const stage3 = {
  terraform: kubernetes,
  provider: { aws: [{}], kubernetes: [{ alias: "k8s" }, { alias: "k8s-ml" }] },
  resource: {
    aws_sqs_queue: { Queue: { name: "queue" } },
    kubernetes_namespace_v1: {
      Etl: { provider: "kubernetes.k8s" },
      Ml: { provider: "kubernetes.k8s-ml" },
    },
    kubernetes_role_v1: { Launcher: { provider: "kubernetes.k8s", ns: "${kubernetes_namespace_v1.Etl.id}" } },
  },
  output: { etl: { value: { namespace: "${kubernetes_namespace_v1.Etl.id}", queue: "${aws_sqs_queue.Queue.arn}" } } },
};

describe("withoutClusters", () => {
  const { json, notPlanned } = withoutClusters(stage3, [{ cluster: "k8s", reason: "no route to api" }]);

  it("names and counts what is not planned, and leaves the other clusters in", () => {
    expect(notPlanned).toEqual([
      {
        what: "2 Kubernetes objects of k8s",
        reason: "no route to api",
        addresses: ["kubernetes_namespace_v1.Etl", "kubernetes_role_v1.Launcher"],
      },
    ]);
    expect(json["resource"]).toEqual({
      aws_sqs_queue: stage3.resource.aws_sqs_queue,
      kubernetes_namespace_v1: { Ml: { provider: "kubernetes.k8s-ml" } },
    });
    expect(json["terraform"]).toEqual(kubernetes);
  });

  it("needs no provider of which nothing is left", () => {
    const all = ["k8s", "k8s-ml"].map((cluster) => ({ cluster, reason: "r" }));
    const rest = withoutClusters(stage3, all).json;
    expect(rest["terraform"]).toEqual({ required_providers: { aws: {} } });
    expect(rest["provider"]).toEqual({ aws: [{}] });
  });

  it("takes the same out of the state, whatever the program declares today", () => {
    const resource = (type: string, provider: string) => ({ mode: "managed", type, name: "A", provider });
    const kept = [
      resource("aws_sqs_queue", 'provider["registry.terraform.io/hashicorp/aws"]'),
      resource("kubernetes_namespace_v1", 'provider["registry.terraform.io/hashicorp/kubernetes"].k8s-ml'),
    ];
    const gone = resource("kubernetes_secret_v1", 'provider["registry.terraform.io/hashicorp/kubernetes"].k8s');
    const state = { resources: [...kept, gone] };
    expect(stateWithoutClusters(state, [{ cluster: "k8s", reason: "r" }])).toEqual({ resources: kept });
  });
});

describe("leftOutOfSandbox", () => {
  it("counts whole resources, and is silent where there is none", () => {
    const leftOut = [
      { address: "aws_budgets_budget.A", reason: "moto lacks it" },
      { address: "aws_lb.B", argument: "access_logs", reason: "moto lacks it" },
    ];
    expect(leftOutOfSandbox({ "//": { leftOut } })).toMatchObject([
      { what: "1 resources that the sandbox leaves out", addresses: ["aws_budgets_budget.A"] },
    ]);
    expect(leftOutOfSandbox({})).toEqual([]);
  });
});

describe("withoutRefusals", () => {
  const template = (message: string) => ({
    user_data: "",
    lifecycle: {
      create_before_destroy: true,
      precondition: [{ condition: "${local.never}", error_message: message }],
    },
  });

  it("plans a cluster without a fitting boot payload, leaves alone what its nodes boot with, and says so", () => {
    const stale = "kops/dev/k8s/payload.json: manifestDigest must be …";
    const missing = "k8s-ml.dev.opsdx.io has no boot payload: nodes would not start. Run: …";
    const { json, notPlanned } = withoutRefusals({
      resource: { aws_launch_template: { A: template(stale), B: template(stale), C: template(missing) } },
    });
    expect(json).toMatchObject({
      resource: {
        aws_launch_template: {
          A: { user_data: "", lifecycle: { create_before_destroy: true, ignore_changes: ["user_data"] } },
        },
      },
    });
    expect(JSON.stringify(json)).not.toContain("precondition");
    expect(notPlanned).toEqual([
      {
        what: "what 2 launch templates boot their nodes with",
        reason: stale,
        addresses: ["aws_launch_template.A", "aws_launch_template.B"],
        fails: true,
      },
      expect.objectContaining({ reason: missing, addresses: ["aws_launch_template.C"], fails: false }),
    ]);
  });

  it("takes prevent_destroy away, so that the plan shows what it would refuse", () => {
    const json = {
      resource: {
        aws_db_instance: { Db: { lifecycle: { prevent_destroy: true } } },
        aws_kms_key: { Key: { lifecycle: { prevent_destroy: true, ignore_changes: ["tags"] } } },
      },
    };
    expect(withoutRefusals(json).json).toEqual({
      resource: { aws_db_instance: { Db: {} }, aws_kms_key: { Key: { lifecycle: { ignore_changes: ["tags"] } } } },
    });
  });
});

describe("offline", () => {
  it("asks no account, takes on no role, and keeps what plans depend on", () => {
    const aws = [
      { region: "us-east-1", default_tags: [{ tags: { project: "opsdx" } }], allowed_account_ids: ["1"] },
      { region: "us-west-2", alias: "replica", assume_role: [{ role_arn: "arn" }] },
    ];
    const { provider } = offline({ provider: { aws } }) as { provider: { aws: Record<string, unknown>[] } };
    expect(provider.aws.map(({ alias, region }) => [alias, region])).toEqual([
      [undefined, "us-east-1"],
      ["replica", "us-west-2"],
    ]);
    expect(provider.aws[0]).toMatchObject({ default_tags: [{ tags: { project: "opsdx" } }], access_key: "none" });
    for (const block of provider.aws) {
      expect(block).not.toHaveProperty("assume_role");
      expect(block).not.toHaveProperty("allowed_account_ids");
      expect(block).toMatchObject({ skip_requesting_account_id: true, skip_credentials_validation: true });
    }
  });
});

describe("writeStackCopy", () => {
  it("lays out a copy on a copy of the state, which nobody else reads", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "copy-"));
    const directory = path.join(folder, "synthesized");
    mkdirSync(path.join(directory, "assets"), { recursive: true });
    writeFileSync(path.join(directory, "assets", "code.zip"), "code");
    writeFileSync(path.join(directory, ".terraform.lock.hcl"), "lock");
    const made = path.join(folder, "made");
    const json = { terraform: { backend: { s3: { bucket: "state" } }, required_version: ">= 1.10.0" } };
    writeStackCopy({ directory, json, state: { resources: [] }, folder: made });
    const state = path.join(made, "copy.tfstate");
    expect(JSON.parse(readFileSync(path.join(made, "cdk.tf.json"), "utf8"))).toEqual({
      terraform: { backend: { local: { path: state } }, required_version: ">= 1.10.0" },
    });
    expect(readFileSync(state, "utf8")).toBe('{"resources":[]}');
    expect(statSync(state).mode & 0o077).toBe(0);
    expect(readFileSync(path.join(made, "assets/code.zip"), "utf8")).toBe("code");
    expect(readFileSync(path.join(made, ".terraform.lock.hcl"), "utf8")).toBe("lock");
    const fresh = path.join(folder, "fresh");
    writeStackCopy({ directory: made, json, folder: fresh });
    expect(existsSync(path.join(fresh, "copy.tfstate"))).toBe(false);
  });
});
