import { parse } from "yaml";
import { INSTALL_METRICS } from "../../../../constructs/stage1/controllers/alarms";
import { systemsManagerWindow } from "../../../../constructs/stage1/controllers/patches";
import { AGENT_METRICS, AGENT_NAMESPACE } from "../../../../constructs/stage1/controllers/user-data";
import { stepText } from "../../../support";
import { bootText, FILES, made, TOOL } from "./support";

const { alarms, stack } = made();

describe("Controllers", () => {
  it("are a group of one, private, without keys, and whoever stopped it is not overruled", () => {
    const group = stack.one("aws_autoscaling_group").body;
    expect(group).toMatchObject({ name: "opsdx-test-controllers", min_size: 0, max_size: 1, desired_capacity: 1 });
    expect(group["lifecycle"]).toEqual({ ignore_changes: ["desired_capacity"] });
    const template = stack.one("aws_launch_template").body;
    expect(template["image_id"]).toMatch(/^resolve:ssm:\/aws\/service\/ami-amazon-linux-latest\/al2023-.*arm64$/);
    expect(template["key_name"]).toBeUndefined();
    expect(template["metadata_options"]).toMatchObject({ http_tokens: "required", http_put_response_hop_limit: 1 });
    expect(template["network_interfaces"]).toEqual([
      expect.objectContaining({ associate_public_ip_address: "false", security_groups: ["sg-controller"] }),
    ]);
    expect(stack.findings().filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
  });

  it("see, and read neither data nor secrets, nor assume a role; no statement of theirs allows more than to record and measure", () => {
    const { policy } = stack.one("aws_iam_policy").body;
    const statements = stack.statements(String(policy)) ?? [];
    const denied = statements.filter(({ effect }) => effect === "Deny").flatMap(({ actions }) => actions);
    for (const action of ["s3:GetObject", "secretsmanager:GetSecretValue", "logs:GetLogEvents", "rds-db:connect"]) {
      expect(denied).toContain(action);
    }
    // But for what AWS itself keeps in the region for its agents, which no bucket of ours is called like.
    const { Statement: all } = JSON.parse(String(policy)) as { Statement: { Sid: string; NotResource?: string[] }[] };
    const spared = all.find(({ Sid }) => Sid === "NoObjects")?.NotResource ?? [];
    // https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-operations-s3-buckets.html
    expect(spared).toContain("arn:aws:s3:::aws-patch-manager-us-east-1-*/*");
    expect(spared.filter((bucket) => !bucket.includes("us-east-1") || bucket.includes("opsdx"))).toEqual([]);
    const allowed = statements.filter(({ effect }) => effect === "Allow").flatMap(({ actions }) => actions);
    expect(allowed.filter((action) => /^(sts|iam|ec2):|\*/.test(action))).toEqual([]);
    expect(stack.ofType("aws_iam_role_policy_attachment")).toHaveLength(3);
  });

  it("mount the shared files as their role, through the access point only", () => {
    const { policy } = made({ files: FILES }).stack.one("aws_iam_policy").body;
    expect(JSON.parse(String(policy))).toMatchObject({
      Statement: expect.arrayContaining([
        expect.objectContaining({
          Sid: "SharedFiles",
          Resource: [FILES.fileSystemArn],
          Condition: { StringEquals: { "elasticfilesystem:AccessPointArn": FILES.accessPointArn } },
        }),
      ]) as unknown,
    });
  });

  it("start when the shared files can be mounted", () => {
    const group = made({ files: FILES }).stack.one("aws_autoscaling_group").body;
    expect(group["depends_on"]).toEqual(["aws_efs_file_system_policy.ready"]);
    expect(stack.one("aws_autoscaling_group").body["depends_on"]).toBeUndefined();
  });

  it("boot from a text in which Terraform fills in the names of the shared files, and nothing where there are none", () => {
    const plain = String(stack.one("aws_launch_template").body["user_data"]);
    expect(Buffer.from(plain, "base64").toString()).toMatch(/^#cloud-config\npackages:/);
    expect(String(made({ files: FILES }).stack.one("aws_launch_template").body["user_data"])).toMatch(
      /^\$\{base64encode\(replace\(replace\("#cloud-config.*@file-system@ @access-point@ \/mnt\/opsdx.*", "@file-system@", "fs-1"\), "@access-point@", "fsap-1"\)\)\}$/,
    );
  });

  it("say what works in a session: it starts with an empty home, without this program, and keeps nothing", () => {
    for (const files of [undefined, FILES]) {
      const procedures = made({ files }).facts?.procedures ?? [];
      const steps = (title: string) =>
        procedures.find((procedure) => procedure.title.startsWith(title))?.steps.map(stepText) ?? [];
      const [, mine = "", session = ""] = steps("Do more than look");
      expect(mine).toContain("npx opsdx people profiles administrators");
      expect(session).toContain("mkdir -p ~/.aws && cat > ~/.aws/config");
      expect(session).not.toContain("npx");
      // What lies on the shared files is in their backups, whatever deletes it.
      const copies = steps("Bring a pod's file").slice(1).join("\n");
      expect(copies.match(/"\$HOME\/<name>"/g)).toHaveLength(3);
      expect(copies).not.toMatch(/\/mnt|shred/);
    }
  });

  it("record sessions under a key, in S3 and in CloudWatch", () => {
    const document = stack.one("aws_ssm_document").body;
    expect(document).toMatchObject({ name: "opsdx-test-controller-sessions", document_type: "Session" });
    const { inputs } = JSON.parse(String(document["content"])) as { inputs: Record<string, unknown> };
    expect(inputs).toMatchObject({
      s3EncryptionEnabled: true,
      cloudWatchEncryptionEnabled: true,
      cloudWatchStreamingEnabled: true,
      kmsKeyId: expect.stringMatching(/^\$\{aws_kms_key\./) as unknown,
    });
    // https://docs.aws.amazon.com/systems-manager/latest/userguide/session-preferences-shell-config.html
    const { linux } = inputs["shellProfile"] as { linux: string };
    expect(linux.length).toBeLessThanOrEqual(512);
    expect(stack.one("aws_cloudwatch_log_group", { name: "opsdx-test-controller-sessions" }).body).toMatchObject({
      retention_in_days: 365,
    });
  });

  it("refuse the plan of who has no checksums, and name the command", () => {
    expect(JSON.stringify(stack.one("aws_launch_template").body)).not.toContain("precondition");
    const without = made({ tools: [TOOL, { ...TOOL, name: "helm", sha256: undefined }] }).stack;
    const { lifecycle } = without.one("aws_launch_template").body as {
      lifecycle: { precondition: readonly { condition: string; error_message: string }[] };
    };
    expect(lifecycle.precondition[0]?.error_message).toBe(
      "config/controller-tools.lock.json has no checksum of helm: a controller would refuse them. Run: npx opsdx controller lock",
    );
    expect(lifecycle.precondition[0]?.condition).toMatch(/^\$\{local\./);
  });

  it("tell of each fault that is planted", () => {
    const values: Readonly<Record<string, number>> = {
      "controller-status-check": 1,
      "controller-cpu-high": 81,
      "controller-disk-full": 86,
      "controller-missing": 1,
      "controller-agent-silent": 1,
      "controller-replaced": 4,
      "controller-install-refused": 1,
    };
    expect(alarms.map(({ name }) => name).sort()).toEqual(Object.keys(values).sort());
    for (const { alarmName, name } of alarms) {
      const { body } = stack.one("aws_cloudwatch_metric_alarm", { alarm_name: alarmName });
      const [value = 0, threshold] = [values[name], Number(body["threshold"])];
      const breaches = body["comparison_operator"] === "GreaterThanThreshold" ? value > threshold : value >= threshold;
      expect([name, breaches]).toEqual([name, true]);
    }
  });

  it("measure what the alarms read, and nothing that a stopped group would lack", () => {
    const read = stack
      .ofType("aws_cloudwatch_metric_alarm")
      .flatMap(({ body }) => [
        [body["namespace"], body["metric_name"]],
        ...((body["metric_query"] ?? []) as { metric?: { namespace: string; metric_name: string } }[]).map(
          ({ metric }) => [metric?.namespace, metric?.metric_name],
        ),
      ])
      .filter(([namespace]) => namespace === AGENT_NAMESPACE)
      .map(([, name]) => name);
    expect(new Set(read)).toEqual(new Set([...Object.values(AGENT_METRICS), ...Object.values(INSTALL_METRICS)]));
    for (const { alarmName } of alarms) {
      const { body } = stack.one("aws_cloudwatch_metric_alarm", { alarm_name: alarmName });
      expect([alarmName, body["treat_missing_data"]]).toEqual([alarmName, "notBreaching"]);
    }
  });

  it("are patched in a window that Systems Manager understands", () => {
    expect(systemsManagerWindow("sun:05:00-sun:06:00")).toEqual({ cron: "cron(0 5 ? * SUN *)", hours: 1 });
    expect(systemsManagerWindow("sat:23:30-sun:01:30")).toEqual({ cron: "cron(30 23 ? * SAT *)", hours: 2 });
    expect(stack.one("aws_ssm_maintenance_window").body).toMatchObject({
      schedule: "cron(0 5 ? * SUN *)",
      duration: 1,
    });
  });
});

describe("userData", () => {
  const text = bootText([TOOL]);

  it("fits, and has nothing that Terraform would fill in", () => {
    // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html
    expect(text.length).toBeLessThan(16_384 - 14 * 200);
    expect(text).not.toMatch(/[$%]\{/);
  });

  it("gives the installer its lists", () => {
    const { packages, write_files: files } = parse(text) as {
      packages: readonly string[];
      write_files: readonly { path: string; content: string }[];
    };
    const content = (at: string) => files.find((file) => file.path === at)?.content;
    expect(packages).toContain("postgresql17");
    expect(content("/etc/opsdx/tools")).toBe(`kubectl 1.0.0 program https://example.org/kubectl ${"a".repeat(64)} -\n`);
    expect(content("/etc/opsdx/clusters")).toBe(
      "k8s.test.opsdx.io /opsdx/test/stage2/k8s/certificate-authority us-east-1\n",
    );
    expect(content("/etc/opsdx/nfs")).toBe("fs-1 fsap-1 /mnt/opsdx\n");
  });
});
