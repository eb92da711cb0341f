import { AutoscalingAttachment } from "@cdktf/provider-aws/lib/autoscaling-attachment";
import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { readStack } from "../../../tools/kops/synthesized";
import { Children } from "../../../tools/terraform/children";
import { controlPlaneTargets, performUpgrade, upgradeSteps, upgradeText } from "../../../tools/kops/upgrade";
import { specOf } from "../../constructs/stage2/kops/support";
import { script, synthesizeInto, writePayload } from "./support";

const spec = specOf();
let root: string;
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), "kops-upgrade-"));
  synthesizeInto(path.join(root, "out"), spec, writePayload(path.join(root, "payload"), spec), (cluster, stack) => {
    // What later stages hang onto a node group, and what has nothing to do with the cluster.
    new AutoscalingAttachment(cluster, "Attachment", {
      autoscalingGroupName: cluster.exports.autoScalingGroupNames["web"] ?? "",
      lbTargetGroupArn: "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1",
    });
    new SnsTopic(stack, "Elsewhere", { name: "elsewhere" });
  });
});
afterAll(() => rmSync(root, { recursive: true }));

const stack = () => readStack(path.join(root, "out"), "dev-stage2").stack;
const steps = () => upgradeSteps({ spec, stack: stack(), directory: "cdktf.out/stacks/dev-stage2", kops: "kops" });

describe("the targets of the first phase", () => {
  it("are the addresses of the synthesized stack", () => {
    const addresses = stack().resources.map(({ address }) => address);
    const targets = controlPlaneTargets(stack(), spec);
    expect(targets.filter((target) => !addresses.includes(target))).toEqual([]);
    expect(new Set(targets).size).toBe(targets.length);
  });

  it("hold every control plane's group and launch template, and no node group's", () => {
    const names = stack()
      .resources.filter(({ address }) => controlPlaneTargets(stack(), spec).includes(address))
      .filter(({ type }) => type === "aws_autoscaling_group" || type === "aws_launch_template")
      .map(({ type, body }) => `${type} ${String(body["name"])}`);
    expect(names.sort()).toEqual(
      ["aws_autoscaling_group", "aws_launch_template"].flatMap((type) =>
        ["a", "c", "d"].map((zone) => `${type} control-plane-us-east-1${zone}.masters.k8s.dev.opsdx.io`),
      ),
    );
  });

  it("hold every boot file but those that booting nodes of the old version still read", () => {
    const left = stack()
      .ofType("aws_s3_object")
      .filter(({ address }) => !controlPlaneTargets(stack(), spec).includes(address));
    expect(left.map(({ body }) => body["key"])).toEqual(
      ["etl", "nodes", "web"].map((group) => `k8s.dev.opsdx.io/igconfig/node/${group}/nodeupconfig.yaml`),
    );
  });

  it("hold the roles and their policies, for what new control planes may need", () => {
    const targets = controlPlaneTargets(stack(), spec);
    for (const { address } of stack().ofType("aws_iam_role", "aws_iam_role_policy")) expect(targets).toContain(address);
  });

  it("hold nothing that would pull a node group along, and nothing of others", () => {
    const targets = controlPlaneTargets(stack(), spec).join("\n");
    expect(targets).not.toContain("aws_autoscaling_attachment");
    expect(targets).not.toContain("Elsewhere");
  });

  it("are those of the cluster in its stack, or an error that says what is missing", () => {
    expect(() => controlPlaneTargets(stack(), specOf(undefined, { name: "k8s-ml.dev.opsdx.io" }))).toThrow(
      "dev-stage2 must declare the auto scaling group control-plane-us-east-1a.masters.k8s-ml.dev.opsdx.io, got none: synthesize it again",
    );
  });
});

describe("the steps", () => {
  it("are control planes, rolled, then the rest, rolled", () => {
    const commands = steps().map(({ file, args }) =>
      [file, ...args.filter((argument) => !argument.startsWith("-target="))].join(" "),
    );
    const roll = "kops rolling-update cluster --name k8s.dev.opsdx.io --state s3://opsdx-kops-state --yes";
    expect(commands).toEqual([
      "terraform -chdir=cdktf.out/stacks/dev-stage2 init",
      "terraform -chdir=cdktf.out/stacks/dev-stage2 apply",
      `${roll} --instance-group-roles control-plane,apiserver`,
      "terraform -chdir=cdktf.out/stacks/dev-stage2 apply",
      roll,
    ]);
    expect(steps()[3]?.args.join(" ")).not.toContain("-target");
  });

  it("print as a shell takes them, one target a line", () => {
    const lines = upgradeText(steps()).split("\n");
    expect(lines[0]).toBe("# 1. Get the stack ready.");
    const start = lines.indexOf("terraform -chdir=cdktf.out/stacks/dev-stage2 apply \\");
    expect(lines.slice(start + 1).findIndex((line) => !line.startsWith("  -target="))).toBe(
      controlPlaneTargets(stack(), spec).length,
    );
  });
});

describe("performing them", () => {
  /** Runs the steps with a terraform and a kops that write down what they are told, and fail where asked. */
  async function perform(failing: string) {
    const log = path.join(root, `log-${failing}`);
    const command = (name: string) =>
      script(
        path.join(root, "bin", name),
        `echo "${name} $*" | sed -E 's/ -target=[^ ]+/ -target/g; s/( -target)+/ -targets/' >> ${log}`,
        `case "$*" in *${failing}*) exit 3 ;; esac`,
      );
    command("terraform");
    command("kops");
    const said: string[] = [];
    const env = { ...process.env, PATH: `${path.join(root, "bin")}:${process.env["PATH"] ?? ""}` };
    const outcome = await performUpgrade(steps(), {
      children: new Children(),
      env,
      say: (line) => said.push(line),
    }).then(
      () => "done",
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    return { outcome, said, ran: readFileSync(log, "utf8").trim().split("\n") };
  }

  it("runs each in turn, without questions", async () => {
    const { outcome, said, ran } = await perform("nothing-of-this");
    const stackFolder = "-chdir=cdktf.out/stacks/dev-stage2";
    expect(outcome).toBe("done");
    expect(said).toHaveLength(5);
    expect(ran).toEqual([
      `terraform ${stackFolder} init -input=false`,
      `terraform ${stackFolder} apply -targets -input=false -auto-approve`,
      "kops rolling-update cluster --name k8s.dev.opsdx.io --state s3://opsdx-kops-state --yes --instance-group-roles control-plane,apiserver",
      `terraform ${stackFolder} apply -input=false -auto-approve`,
      "kops rolling-update cluster --name k8s.dev.opsdx.io --state s3://opsdx-kops-state --yes",
    ]);
  });

  it("stops when the step under way has ended after an interrupt, and says what is left", async () => {
    const bin = path.join(root, "interrupted");
    const wait = `trap '' INT; touch ${bin}/begun; while [ ! -f ${bin}/end ]; do sleep 0.05; done`;
    script(path.join(bin, "terraform"), `case "$*" in *init*) exit 0 ;; esac`, wait);
    const children = new Children();
    const said: string[] = [];
    const run = performUpgrade(steps(), {
      children,
      env: { PATH: `${bin}:/usr/bin:/bin` },
      say: (line) => said.push(line),
    });
    while (!existsSync(path.join(bin, "begun"))) await delay(20);
    children.interrupt();
    writeFileSync(path.join(bin, "end"), "");
    await expect(run).rejects.toThrow(
      /^Stopped: 2 of 5 steps are done. Run the same command again, or go on by hand:\n\n# 1\. Replace/,
    );
  });

  it("stops at the first that fails, and says how to go on", async () => {
    const { outcome, ran } = await perform("apiserver");
    expect(ran).toHaveLength(3);
    expect(outcome).toContain("step 3 of 5 failed (kops: exit code 3).");
    expect(outcome).toContain("run the same command again");
    expect(outcome.split("\n").filter((line) => line.startsWith("# "))).toEqual([
      "# 1. Replace the control planes, one after the other.",
      "# 2. Apply the rest of dev-stage2.",
      "# 3. Replace the nodes, group by group, drained first.",
    ]);
  });

  it("stops when a tool is not there", async () => {
    const missing = [{ title: "Get the stack ready.", file: path.join(root, "no-such-tool"), args: [] }];
    await expect(
      performUpgrade(missing, { children: new Children(), env: process.env, say: () => undefined }),
    ).rejects.toThrow("could not be run to its end");
  });
});
