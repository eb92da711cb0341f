import { databaseFacts } from "../../../../constructs/stage1/db/runbook";
import { recommendedAlarmCoverage } from "../../../../constructs/shared/policy/recommended-alarms";
import { stepText, TEST_ACCOUNT, type Synthesized } from "../../../support";
import { configured, COPY_TARGET, synthDatabases, withoutCopies } from "./support";

const dev = synthDatabases(configured("dev"));
const prod = synthDatabases(configured("prod"));
const instance = ({ stack }: typeof dev, name: string) => stack.one("aws_db_instance", { identifier: name });
const below = ({ path }: { readonly path: string }): boolean => path.startsWith("test/Db/");

describe("Databases", () => {
  it("runs DB with a standby and backups, and DW without either", () => {
    for (const [environment, days] of [
      [dev, 7],
      [prod, 35],
    ] as const) {
      expect(instance(environment, "opsdx-test-db").body).toMatchObject({
        multi_az: true,
        backup_retention_period: days,
        tags: { "automated-backups": "expected" },
      });
      expect(instance(environment, "opsdx-test-dw").body).toMatchObject({
        multi_az: false,
        backup_retention_period: 0,
      });
      expect(instance(environment, "opsdx-test-dw").body["tags"]).toBeUndefined();
    }
  });

  it("treats the database of services as what it may hold: PHI", () => {
    const parameters = (name: string) =>
      dev.stack.one("aws_db_parameter_group", { name_prefix: `opsdx-test-${name}-postgres17-` }).body["parameter"];
    expect(parameters("services")).toEqual(parameters("db"));
    for (const key of ["kms_key_id", "master_user_secret_kms_key_id", "performance_insights_kms_key_id"]) {
      expect(instance(dev, "opsdx-test-services").body[key]).toBe(instance(dev, "opsdx-test-db").body[key]);
    }
    const retention = (name: string) =>
      dev.stack.one("aws_cloudwatch_log_group", { name: `/aws/rds/instance/opsdx-test-${name}/postgresql` }).body[
        "retention_in_days"
      ];
    expect(retention("services")).toBe(365);
    expect(instance(prod, "opsdx-test-services").body).toMatchObject({ multi_az: true, backup_retention_period: 35 });
    expect(instance(dev, "opsdx-test-services").body["db_name"]).toBeUndefined();
  });

  it("restores, shows and counts what is configured, and nothing else", () => {
    const { db, dw } = configured("dev");
    const two = synthDatabases({ db, dw });
    expect(two.stack.ofType("aws_db_instance")).toHaveLength(2);
    expect(Object.keys(two.exports).filter((name) => name.startsWith("services"))).toEqual([]);
    expect(JSON.stringify(two.system)).not.toContain("SERVICES");
    const [selection] = dev.stack.ofType("aws_backup_restore_testing_selection");
    expect(selection?.body["protected_resource_arns"]).toHaveLength(3);
    expect(JSON.stringify(dev.stack.one("aws_cloudwatch_dashboard").body)).toContain("opsdx-test-services");
    expect(dev.alarms.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["services-cpu-credits-low", "services-storage-low", "services-failed-login"]),
    );
  });

  it("copies backups to another region where the settings say so", () => {
    expect(dev.stack.ofType("aws_db_instance_automated_backups_replication")).toEqual([]);
    expect(prod.stack.ofType("aws_db_instance_automated_backups_replication").map(({ body }) => body)).toMatchObject(
      ["db", "services"].map((name) => ({
        source_db_instance_arn: `\${${instance(prod, `opsdx-test-${name}`).address}.arn}`,
        retention_period: 35,
      })),
    );
  });

  it("refuses to leave out a copy for want of a provider", () => {
    expect(() => synthDatabases(configured("prod"), { replicaProvider: undefined })).toThrow(
      "test/Db: replicaProvider must be given where databases.db.replicaRegion is set (us-west-2), got nothing",
    );
    const both = configured("prod");
    const dw = { ...both.dw, replicaRegion: "us-west-2" };
    expect(() => synthDatabases({ ...both, dw }, { replicaProvider: undefined })).toThrow(
      /databases\.db\.replicaRegion .*\n.* databases\.dw\.replicaRegion /,
    );
  });

  it("hands out plain strings, and no password", () => {
    expect(Object.keys(dev.exports).sort()).toEqual([
      "dbAddress",
      "dbIdentifier",
      "dbMasterSecretArn",
      "dbName",
      "dbPort",
      "dbResourceId",
      "dwAddress",
      "dwIdentifier",
      "dwMasterSecretArn",
      "dwName",
      "dwPort",
      "dwResourceId",
      "keyArn",
      "securityGroupId",
      "servicesAddress",
      "servicesIdentifier",
      "servicesMasterSecretArn",
      "servicesPort",
      "servicesResourceId",
    ]);
    expect(dev.exports).toMatchObject({
      dbIdentifier: "opsdx-test-db",
      dbName: "opsdx",
      dbPort: "5432",
      dwIdentifier: "opsdx-test-dw",
      dwName: "opsdx_dw",
      dwPort: "5432",
      servicesIdentifier: "opsdx-test-services",
      servicesPort: "5432",
      securityGroupId: "sg-1",
    });
    for (const value of Object.values(dev.exports)) expect(typeof value).toBe("string");
  });

  it("puts them into the given subnets", () => {
    const group = dev.stack.one("aws_db_subnet_group");
    expect(group.body).toMatchObject({ name: "opsdx-test-db", subnet_ids: ["subnet-a", "subnet-c"] });
    for (const { body } of dev.stack.ofType("aws_db_instance")) {
      expect(body["db_subnet_group_name"]).toBe(`\${${group.address}.name}`);
    }
  });

  it("makes the group of enhanced monitoring, encrypted, before the instances", () => {
    const group = dev.stack.one("aws_cloudwatch_log_group", { name: "RDSOSMetrics" });
    expect(group.body["kms_key_id"]).toContain("aws_kms_key");
    for (const { body } of dev.stack.ofType("aws_db_instance")) expect(body["depends_on"]).toContain(group.address);
  });

  it.each([
    ["dev", dev],
    ["prod", prod],
  ])("breaks in %s only the two rules that the wiki breaks, with reasons", (name, { stack }) => {
    const broken = stack.findings().filter(below);
    expect(broken.filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
    expect(broken.map(({ rule, path }) => [rule, path])).toEqual(
      expect.arrayContaining([
        ["RDSMultiAZSupport", "test/Db/Dw/Resource"],
        ["RDSInstanceBackupEnabled", "test/Db/Dw/Resource"],
      ]),
    );
    expect(broken.filter(({ path }) => path.startsWith("test/Db/Db/"))).toEqual([]);
    expect(broken.filter(({ path }) => path.startsWith("test/Db/Services/")).map(({ rule }) => rule)).toEqual(
      name === "dev" ? ["RDSMultiAZSupport"] : [],
    );
  });

  it("says why its instances can be deleted where nothing is protected", () => {
    const { stack } = synthDatabases(configured("dev"), { deletionProtection: false });
    const broken = stack.findings().filter(({ rule }) => rule === "RDSInstanceDeletionProtectionEnabled");
    expect(broken).toHaveLength(3);
    for (const { acknowledged } of broken) expect(acknowledged).toContain("thrown away as a whole");
  });

  it.each([
    ["dev", dev],
    ["prod", prod],
  ])("has in %s every alarm that AWS recommends", (_, { stack }) => {
    expect(recommendedAlarmCoverage(stack).filter((row) => below(row.resource) && row.coveredBy === undefined)).toEqual(
      [],
    );
  });

  it("pages for what people wait for, and files a ticket for the warehouse", () => {
    const pages = dev.alarms.filter(({ severity }) => severity === "page").map(({ name }) => name);
    expect(pages).toEqual(expect.arrayContaining(["db-cpu-high", "db-storage-low", "dw-storage-low"]));
    expect(pages).not.toContain("dw-cpu-high");
    expect(pages).not.toContain("dw-snapshot-age");
  });

  it("names real things in every step", () => {
    for (const { name, steps } of dev.alarms) {
      for (const step of steps) expect(stepText(step)).not.toMatch(/undefined|TODO|\$\{/);
      expect([name, steps.length >= 2]).toEqual([name, true]);
    }
  });

  it("shows the health of all alarms in one", () => {
    const { body } = dev.stack.one("aws_cloudwatch_composite_alarm", { alarm_name: "opsdx-test-db-health" });
    expect(String(body["alarm_rule"]).split(" OR ")).toHaveLength(dev.alarms.length);
  });

  it("pages for the end of each of its own instances, and of no other", () => {
    const pages = dev.stack
      .ofType("aws_db_event_subscription")
      .filter(({ body }) => (body["event_categories"] as string[]).includes("deletion"));
    expect(pages.map(({ body }) => body["source_ids"])).toEqual([
      ["opsdx-test-db", "opsdx-test-dw", "opsdx-test-services"],
    ]);
  });

  it("is the system db of the runbook", () => {
    expect(dev.system).toEqual(
      databaseFacts({
        environment: "test",
        account: TEST_ACCOUNT,
        owner: "Andong, Yanif",
        db: configured("dev").db,
        copyAccountId: COPY_TARGET.accountId,
        services: configured("dev").services,
      }),
    );
    expect(dev.alarms.every(({ owner }) => owner === "Andong, Yanif")).toBe(true);
  });

  it("lends the databases' key to AWS Backup of the account that gets copies, and to no other", () => {
    const policyOf = (stack: Synthesized) =>
      stack.statements(
        String(
          stack.ofType("aws_kms_key").find(({ body }) => String(body["description"]).startsWith("Storage, backups"))
            ?.body["policy"],
        ),
      ) ?? [];
    const lent = policyOf(dev.stack).filter(({ sid }) => sid !== "OwningAccount");
    expect(lent.map(({ sid }) => sid)).toEqual(["CopiesUse", "CopiesLend"]);
    for (const { conditions, principals } of lent) {
      expect(principals).toEqual({ AWS: ["arn:aws:iam::111122223333:root"] });
      expect(JSON.stringify(conditions)).toContain(
        "arn:aws:iam::111122223333:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup",
      );
    }
    const alone = synthDatabases(withoutCopies(configured("dev")), { copyTarget: undefined });
    expect(policyOf(alone.stack).map(({ sid }) => sid)).toEqual(["OwningAccount"]);
    expect(alone.stack.ofType("aws_backup_vault_policy")).toEqual([]);
    expect(alone.stack.ofType("aws_cloudwatch_event_rule").map(({ body }) => body["name"])).not.toContain(
      "opsdx-test-backup-copy-failed",
    );
  });

  it("opens a ticket when a copy fails", () => {
    const rule = dev.stack.one("aws_cloudwatch_event_rule", { name: "opsdx-test-backup-copy-failed" });
    expect(JSON.parse(String(rule.body["event_pattern"]))).toEqual({
      source: ["aws.backup"],
      "detail-type": ["Copy Job State Change"],
      detail: { state: ["FAILED", "PARTIAL"] },
    });
    const [target] = dev.stack.referring("aws_cloudwatch_event_target", "rule", rule);
    expect(target?.body["target_id"]).toBe("ticket-topic");
  });

  it("refuses copies that have nowhere to go", () => {
    expect(() => synthDatabases(configured("dev"), { copyTarget: undefined })).toThrow(
      "copyTarget must be given where snapshots.copies is set, got nothing",
    );
  });

  it("keeps the addresses of what holds data", () => {
    expect(
      prod.stack
        .ofType("aws_db_instance")
        .concat(prod.stack.ofType("aws_backup_vault"))
        .map(({ path }) => path),
    ).toEqual([
      "test/Db/Db/Resource",
      "test/Db/Dw/Resource",
      "test/Db/Services/Resource",
      "test/Db/DbSnapshots/Vault",
      "test/Db/DwSnapshots/Vault",
      "test/Db/ServicesSnapshots/Vault",
    ]);
  });
});
