import { runInNewContext } from "node:vm";
import { loadConfig } from "../../../../config/load";
import { TerraformResource } from "../../../../constructs/shared/cdktf";
import { ALARM_METADATA, type AlarmFacts } from "../../../../constructs/shared/observability/alarm";
import { dashboardsOf } from "../../../../constructs/shared/observability/dashboard";
import { systemFacts } from "../../../../constructs/shared/observability/system";
import { decide, namedPolicy, type RequestContext } from "../../../../constructs/shared/policy/evaluate";
import { Nfs, type NfsProps } from "../../../../constructs/stage1/nfs/nfs";
import { stepText, synth, TEST_ACCOUNT } from "../../../support";
import { monitoringOf } from "../db/support";

const { environments } = loadConfig();
const configured = (environment: string) => {
  const nfs = environments.find(({ name }) => name === environment)?.nfs;
  if (nfs === undefined) throw new Error(`${environment} has no shared file system`);
  return nfs;
};
const role = (name: string): string => `arn:aws:iam::${TEST_ACCOUNT.id}:role/opsdx-test-${name}`;
const [DRIVER, CONTROLLER, PERSON] = [role("efs-csi-driver-k8s"), role("controller"), role("people")];
const MOUNTERS = { models: [DRIVER, PERSON], "task-graphs": [PERSON], shared: [CONTROLLER, DRIVER, PERSON] };
const VAULT = { name: "opsdx-test-db", keyArn: "arn:aws:kms:us-east-1:123456789012:key/vault" };

function made(environment: "dev" | "prod", more: Partial<NfsProps> = {}) {
  let nfs: Nfs | undefined;
  let dashboards: ReturnType<typeof dashboardsOf> = [];
  const stack = synth((scope) => {
    nfs = new Nfs(scope, "Nfs", {
      monitoring: monitoringOf(scope),
      account: TEST_ACCOUNT,
      config: configured(environment),
      subnetIds: { "us-east-1a": "subnet-a", "us-east-1c": "subnet-c" },
      securityGroupId: "sg-nfs",
      mounterArns: MOUNTERS,
      vault: VAULT,
      replicaProvider: scope.aliasedAws("Replica", {
        alias: "replica",
        owner: "test",
        account: { id: TEST_ACCOUNT.id, region: "us-west-2" },
      }),
      ...more,
    });
    dashboards = dashboardsOf(scope);
  });
  if (nfs === undefined) throw new Error("nothing was made");
  const alarms = nfs.node
    .findAll()
    .flatMap(({ node }) => node.metadata)
    .filter(({ type }) => type === ALARM_METADATA)
    .map(({ data }) => data as AlarmFacts);
  return { stack, nfs, alarms, dashboards };
}
const { alarms, dashboards, nfs, stack } = made("dev");
const prod = made("prod");
const fileSystem = stack.one("aws_efs_file_system");
const ARN = `\${${fileSystem.address}.arn}`;
const points = stack.ofType("aws_efs_access_point");

describe("Nfs", () => {
  it("is encrypted with a key of its own, elastic, and cheaper where nobody reads", () => {
    expect(fileSystem.body).toMatchObject({
      encrypted: true,
      kms_key_id: `\${${stack.one("aws_kms_key", { description: "Shared file system of opsdx-test" }).address}.arn}`,
      throughput_mode: "elastic",
      lifecycle_policy: [
        { transition_to_ia: "AFTER_30_DAYS" },
        { transition_to_primary_storage_class: "AFTER_1_ACCESS" },
      ],
    });
  });

  it("has an address in each zone of the nodes, behind its own security group", () => {
    expect(
      stack.ofType("aws_efs_mount_target").map(({ body }) => [body["subnet_id"], body["security_groups"]]),
    ).toEqual([
      ["subnet-a", ["sg-nfs"]],
      ["subnet-c", ["sg-nfs"]],
    ]);
  });

  it("is ready when each address and its policy are there", () => {
    expect(nfs.ready.map((each) => each instanceof TerraformResource && each.terraformResourceType)).toEqual([
      "aws_efs_mount_target",
      "aws_efs_mount_target",
      "aws_efs_file_system_policy",
    ]);
  });

  it("has a folder per use, whose files belong to one user whoever writes them", () => {
    expect(points.map(({ body }) => [body["root_directory"], body["posix_user"]])).toEqual(
      [
        ["/models", 20001],
        ["/task-graphs", 20002],
        ["/shared", 20003],
      ].map(([path, id]) => [
        { path, creation_info: { owner_uid: id, owner_gid: id, permissions: "0770" } },
        { uid: id, gid: id },
      ]),
    );
    expect(nfs.exports.accessPoints["task-graphs"]).toMatchObject({ path: "/task-graphs", uid: "20002", gid: "20002" });
  });

  it("is backed up every day into the vault that is there, by a role for this alone", () => {
    expect(stack.one("aws_backup_plan").body["rule"]).toEqual([
      expect.objectContaining({
        target_vault_name: "opsdx-test-db",
        schedule: "cron(0 4 ? * * *)",
        lifecycle: { delete_after: 35 },
      }),
    ]);
    expect(stack.one("aws_backup_selection").body).toMatchObject({
      resources: [ARN],
      iam_role_arn: `\${${stack.one("aws_iam_role", { name: "opsdx-test-nfs-backup" }).address}.arn}`,
    });
  });

  it("is restored by that role: both keys are used through EFS, and by nobody else", () => {
    const { policy } = stack.one("aws_iam_policy", { name: "opsdx-test-nfs-backup" }).body;
    const asks = (action: string, service: string) =>
      decide(
        { policies: [namedPolicy("policy", policy)] },
        { action: `kms:${action}`, resource: VAULT.keyArn, context: { "kms:ViaService": service } },
      ).allowed;
    for (const action of ["Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"]) {
      expect([action, asks(action, "elasticfilesystem.us-east-1.amazonaws.com")]).toEqual([action, true]);
      expect([action, asks(action, "s3.us-east-1.amazonaws.com")]).toEqual([action, false]);
    }
  });

  it("is restored where the controller is, by what the steps before printed, and root's glob is root's", () => {
    const steps = (title: RegExp, of: Nfs) =>
      systemFacts(of)
        ?.procedures?.find((procedure) => title.test(procedure.title))
        ?.steps.map(stepText)
        .join("\n") ?? "";
    const restore = steps(/^Restore files/, nfs);
    expect(restore).toMatch(
      /create-mount-target .*--subnet-id \$\(aws ec2 describe-instances .*opsdx-test-controllers/,
    );
    expect(restore).toMatch(/= available \].*sudo mount .*= None \].*delete-file-system/s);
    expect(restore).toContain("sudo sh -c 'cp -Rn /mnt/restored/aws-backup-restore_*/models/. /mnt/opsdx-models/'");
    expect(restore).not.toContain("<name>");
    const lost = steps(/region is lost/, prod.nfs);
    expect(lost).toContain("Replications[].[SourceFileSystemId,Destinations[0].FileSystemId,");
    expect(lost).toContain("--source-file-system-id <id> --deletion-mode LOCAL_CONFIGURATION_ONLY");
  });

  it("has a copy in another region where it is wanted, under a key of that region", () => {
    expect(stack.ofType("aws_efs_replication_configuration")).toEqual([]);
    const key = prod.stack.one("aws_kms_key", { provider: "aws.replica" });
    expect(prod.stack.one("aws_efs_replication_configuration").body["destination"]).toEqual({
      region: "us-west-2",
      kms_key_id: `\${${key.address}.arn}`,
    });
  });

  it("leaves no policy finding open, and says what people need", () => {
    for (const each of [stack, prod.stack]) {
      expect(each.findings().filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
    }
    const facts = systemFacts(nfs);
    const mount = facts?.procedures?.find(({ title }) => title === "Mount it on a controller");
    const mounts = mount?.steps.map(stepText).join("\n");
    // As a person: the machine's own role gets into `shared` only, which is mounted already.
    expect(mounts).toContain("mount -t efs -o tls,iam,awsprofile=files,accesspoint=");
    expect(mounts).not.toContain("/mnt/opsdx-shared");
    expect(systemFacts(prod.nfs)?.procedures?.map(({ title }) => title)).toContain("Its region is lost");
    expect(facts?.procedures?.map(({ title }) => title)).not.toContain("Its region is lost");
  });

  it("is refused without a provider of the copy's region, and with a folder that nobody may mount", () => {
    expect(() => made("prod", { replicaProvider: undefined, mounterArns: { ...MOUNTERS, models: [] } })).toThrow(
      /test\/Nfs: replicaProvider must be given where config\.replicaRegion is set \(us-west-2\), got nothing\ntest\/Nfs: mounterArns\.models must name a role, got none/,
    );
  });
});

describe("the policy of the file system", () => {
  const document = String(stack.one("aws_efs_file_system_policy").body["policy"]);
  const policy = namedPolicy("policy", document);
  /** What a role would need that some other policy allows everything. */
  const elsewhere = namedPolicy(
    "elsewhere",
    JSON.stringify({ Statement: [{ Sid: "All", Effect: "Allow", Action: "*", Resource: "*" }] }),
  );
  const point = (use: keyof typeof MOUNTERS): string => {
    const found = points.find(({ body }) => (body["root_directory"] as { path: string }).path === `/${use}`);
    return `\${${found?.address ?? ""}.arn}`;
  };
  const context = (more: Record<string, string | undefined> = {}): RequestContext =>
    JSON.parse(
      JSON.stringify({
        "aws:PrincipalArn": DRIVER,
        "aws:SecureTransport": "true",
        "elasticfilesystem:AccessPointArn": point("models"),
        ...more,
      }),
    ) as RequestContext;
  const asks = (action: string, more?: Record<string, string | undefined>, others = false) =>
    decide(
      { policies: others ? [policy, elsewhere] : [policy] },
      { action: `elasticfilesystem:${action}`, resource: ARN, context: context(more) },
    );

  const uses = Object.keys(MOUNTERS) as (keyof typeof MOUNTERS)[];
  it.each(uses.flatMap((use) => [DRIVER, CONTROLLER, PERSON].map((arn) => [use, arn] as const)))(
    "lets into %s whom it names, and %s only if it is named, whatever its own policy allows",
    (use, arn) => {
      const named = (MOUNTERS[use] as readonly string[]).includes(arn);
      for (const action of ["ClientMount", "ClientWrite"]) {
        const who = { "aws:PrincipalArn": arn, "elasticfilesystem:AccessPointArn": point(use) };
        expect(asks(action, who).allowed).toBe(named);
        expect(asks(action, who, true).allowed).toBe(named);
      }
    },
  );

  it.each<[string, string, Record<string, string | undefined>, string]>([
    ["without TLS", "ClientMount", { "aws:SecureTransport": "false" }, "NotInClear"],
    [
      "without an access point",
      "ClientMount",
      { "elasticfilesystem:AccessPointArn": undefined },
      "NotWithoutAccessPoint",
    ],
    ["in no role's name", "ClientMount", { "aws:PrincipalArn": undefined }, "NobodyElseModels"],
    ["in another role's name", "ClientWrite", { "aws:PrincipalArn": role("etl-launcher") }, "NobodyElseModels"],
    [
      "through an access point that somebody made",
      "ClientMount",
      { "elasticfilesystem:AccessPointArn": "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-9" },
      "NotThroughAnother",
    ],
    ["as root", "ClientRootAccess", {}, "NobodyAsRoot"],
  ])("refuses a client %s, whatever other policies allow", (_, action, more, sid) => {
    expect(asks(action, more, true)).toEqual({ allowed: false, by: `policy.${sid}` });
  });

  it("names roles in conditions only: a principal must exist", () => {
    const statements = (JSON.parse(document) as { Statement: { Principal: unknown }[] }).Statement;
    for (const { Principal } of statements) expect(Principal).toEqual({ AWS: "*" });
  });
});

describe("its alarms", () => {
  const alarm = (name: string) => stack.one("aws_cloudwatch_metric_alarm", { alarm_name: `opsdx-test-${name}` }).body;

  it("are as many as there is to watch, the copy's among them where there is one", () => {
    const names = ["nfs-io-limit", "nfs-size-jumped", "nfs-backup-failed", "nfs-backup-age"];
    expect(alarms.map(({ name }) => name).sort()).toEqual([...names].sort());
    expect(prod.alarms.map(({ name }) => name)).toContain("nfs-replica-behind");
  });

  const GIB = 1024 ** 3;
  it.each([
    ["grows by a third", 90, 120, true],
    ["loses a third", 120, 80, true],
    ["grows by a fifth", 100, 120, false],
    ["stays", 100, 100, false],
    ["holds little, and doubles", 5, 10, false],
    ["was empty, and takes what is worth telling", 0.0001, 25, true],
  ])("tell when it %s within a day", (_, low, high, fires) => {
    const [least, most] = [low, high].sort((a, b) => a - b);
    const body = alarm("nfs-size-jumped");
    const queries = body["metric_query"] as { id: string; expression?: string; metric?: { stat: string } }[];
    const expression = queries.find(({ id }) => id === "change")?.expression ?? "";
    const values: Record<string, number> = { Maximum: (most ?? 0) * GIB, Minimum: (least ?? 0) * GIB };
    const seen = Object.fromEntries(
      queries.flatMap(({ id, metric }) => (metric === undefined ? [] : [[id, values[metric.stat]]])),
    );
    const If = (test: boolean, then: number, otherwise: number) => (test ? then : otherwise);
    const percent = runInNewContext(expression, { ...seen, IF: If }) as number;
    expect(body["comparison_operator"]).toBe("GreaterThanThreshold");
    expect(percent > Number(body["threshold"])).toBe(fires);
  });

  it("look at each metric as AWS publishes it", () => {
    const queries = alarm("nfs-size-jumped")["metric_query"] as { metric?: { dimensions: object; period: number } }[];
    const sizes = queries.flatMap(({ metric }) => metric ?? []);
    expect(sizes).toHaveLength(2);
    for (const { dimensions, period } of sizes) {
      expect(dimensions).toEqual({ FileSystemId: `\${${fileSystem.address}.id}`, StorageClass: "Total" });
      expect(period).toBe(86_400);
    }
    expect(alarm("nfs-backup-age")).toMatchObject({
      dimensions: { BackupVaultName: "opsdx-test-db", ResourceType: "EFS" },
      treat_missing_data: "breaching",
      evaluation_periods: 2,
    });
  });
});

/** @see https://docs.aws.amazon.com/efs/latest/ug/efs-metrics.html */
const EFS_METRICS = {
  "{AWS/EFS,FileSystemId}": [
    "PercentIOLimit",
    "ClientConnections",
    "DataReadIOBytes",
    "DataWriteIOBytes",
    "MetadataIOBytes",
  ],
  "{AWS/EFS,FileSystemId,StorageClass}": ["StorageBytes"],
};

it("the dashboard searches for what EFS writes, and names no id that only AWS knows", () => {
  const searches = dashboards
    .flatMap(({ rows }) => rows.flatMap(({ widgets }) => widgets))
    .flatMap((widget) => (widget.kind === "search" ? [widget.search] : []));
  expect(searches).toEqual(
    Object.entries(EFS_METRICS).flatMap(([schema, names]) => names.map((name) => `${schema} MetricName="${name}"`)),
  );
});
