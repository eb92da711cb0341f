import { OLTP_PARAMETERS } from "../../../../constructs/stage1/db/parameters";
import type { PostgresInstanceProps } from "../../../../constructs/stage1/db/postgres-instance";
import type { DatabaseConfig } from "../../../../config/schema/database";
import { synth } from "../../../support";
import { instanceIn, KEY_ARN, monitoringOf } from "./support";

const made = (settings: Partial<DatabaseConfig> = {}, props: Partial<PostgresInstanceProps> = {}) =>
  synth((stack) => {
    instanceIn(stack, monitoringOf(stack), settings, props);
  });
const body = (settings: Partial<DatabaseConfig> = {}, props: Partial<PostgresInstanceProps> = {}) =>
  made(settings, props).one("aws_db_instance").body;

describe("PostgresInstance", () => {
  it("encrypts storage, insights and the master secret with the given key, and holds no password", () => {
    expect(body()).toMatchObject({
      storage_encrypted: true,
      kms_key_id: KEY_ARN,
      performance_insights_kms_key_id: KEY_ARN,
      manage_master_user_password: true,
      master_user_secret_kms_key_id: KEY_ARN,
    });
    expect(Object.keys(body()).filter((key) => key.startsWith("password"))).toEqual([]);
  });

  it("is reached from inside only, with IAM or the managed password, by a certificate of the current authority", () => {
    expect(body()).toMatchObject({
      publicly_accessible: false,
      iam_database_authentication_enabled: true,
      ca_cert_identifier: "rds-ca-rsa2048-g1",
      vpc_security_group_ids: ["sg-1"],
      db_subnet_group_name: "opsdx-test-db",
      port: 5432,
    });
  });

  it("takes size, availability, backups and windows from its settings", () => {
    expect(
      body({
        instanceClass: "db.r7g.xlarge",
        allocatedStorageGib: 400,
        maxAllocatedStorageGib: 1600,
        multiAz: true,
        backupRetentionDays: 35,
        monitoringIntervalSeconds: 15,
        backupWindow: "06:00-07:00",
        maintenanceWindow: "sun:07:30-sun:08:30",
        applyImmediately: true,
      }),
    ).toMatchObject({
      identifier: "opsdx-test-db",
      engine: "postgres",
      engine_version: "17",
      engine_lifecycle_support: "open-source-rds-extended-support-disabled",
      auto_minor_version_upgrade: true,
      instance_class: "db.r7g.xlarge",
      storage_type: "gp3",
      allocated_storage: 400,
      max_allocated_storage: 1600,
      multi_az: true,
      backup_retention_period: 35,
      copy_tags_to_snapshot: true,
      monitoring_interval: 15,
      backup_window: "06:00-07:00",
      maintenance_window: "sun:07:30-sun:08:30",
      apply_immediately: true,
      timeouts: { create: "60m", update: "60m", delete: "60m" },
    });
  });

  it.each([
    ["standard", 7],
    ["advanced", 465],
  ] as const)("keeps %s insights for %d days", (insights, days) => {
    expect(body({ insights })).toMatchObject({
      database_insights_mode: insights,
      performance_insights_enabled: true,
      performance_insights_retention_period: days,
    });
  });

  it("never asks for a blue/green update, which RDS refuses beside a managed master password", () => {
    expect(body()).not.toHaveProperty("blue_green_update");
  });

  it("protects itself unless it is told not to", () => {
    expect(body()).toMatchObject({
      deletion_protection: true,
      delete_automated_backups: false,
      skip_final_snapshot: false,
      final_snapshot_identifier: "opsdx-test-db-final",
    });
    const open = body({}, { deletionProtection: false });
    expect(open).toMatchObject({ deletion_protection: false, skip_final_snapshot: true });
    expect(open).not.toHaveProperty("final_snapshot_identifier");
  });

  it("writes its logs into encrypted groups that stand before it", () => {
    const stack = made();
    const groups = ["postgresql", "upgrade"].map((log) =>
      stack.one("aws_cloudwatch_log_group", { name: `/aws/rds/instance/opsdx-test-db/${log}` }),
    );
    // Who read PHI stands in the first, which is kept as long as audit logs.
    expect(groups.map(({ body }) => body["retention_in_days"])).toEqual([365, 30]);
    expect(stack.one("aws_db_instance").body).toMatchObject({
      enabled_cloudwatch_logs_exports: ["postgresql", "upgrade"],
      depends_on: groups.map(({ address }) => address),
    });
  });

  it("applies static parameters at the next reboot, as RDS keeps its defaults, and the others at once", () => {
    const stack = made({}, { parameters: OLTP_PARAMETERS });
    const group = stack.one("aws_db_parameter_group").body;
    const parameters = group["parameter"] as { name: string; value: string; apply_method: string }[];
    expect(Object.fromEntries(parameters.map(({ name, value }) => [name, value]))).toEqual(OLTP_PARAMETERS);
    expect(parameters.filter(({ apply_method }) => apply_method === "pending-reboot").map(({ name }) => name)).toEqual([
      "rds.force_ssl",
      "shared_preload_libraries",
    ]);
    expect(parameters.every(({ apply_method }) => ["immediate", "pending-reboot"].includes(apply_method))).toBe(true);
  });

  it("makes a new parameter group beside the old one when the major version changes", () => {
    expect(made({ engineVersion: "18" }).one("aws_db_parameter_group").body).toMatchObject({
      family: "postgres18",
      name_prefix: "opsdx-test-db-postgres18-",
      lifecycle: { create_before_destroy: true },
    });
  });
});
