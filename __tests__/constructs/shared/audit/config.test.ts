import { ConfigRecorder } from "../../../../constructs/shared/audit/config-recorder";
import { ConfigRules, MANAGED_RULES, ruleName } from "../../../../constructs/shared/audit/config-rules";
import { synth, TEST_ACCOUNT, type Synthesized } from "../../../support";

function build(): Synthesized {
  return synth((stack) => {
    const { recorder } = new ConfigRecorder(stack, "Config", {
      namePrefix: "opsdx-test",
      accountId: TEST_ACCOUNT.id,
      retentionDays: 365,
      accessLogBucket: "opsdx-test-s3-access-logs",
    });
    new ConfigRules(stack, "Rules", { namePrefix: "opsdx-test", recorder });
  });
}

describe("ConfigRecorder", () => {
  let stack: Synthesized;
  beforeAll(() => {
    stack = build();
  });

  it("records every type, global ones included, with the service-linked role", () => {
    expect(stack.one("aws_config_configuration_recorder").body).toMatchObject({
      name: "opsdx-test",
      role_arn: expect.stringMatching(/aws_iam_service_linked_role\.Config_Role/) as string,
      recording_group: { all_supported: true, include_global_resource_types: true },
    });
  });

  it("delivers to its own bucket under its own key, every day", () => {
    expect(stack.one("aws_s3_bucket").body["bucket"]).toBe(`opsdx-test-config-${TEST_ACCOUNT.id}`);
    expect(stack.one("aws_config_delivery_channel").body).toMatchObject({
      s3_kms_key_arn: expect.stringMatching(/aws_kms_key\.Config_Key/) as string,
      snapshot_delivery_properties: { delivery_frequency: "TwentyFour_Hours" },
    });
  });

  it("has no object lock: Config cannot deliver to a bucket with a default retention", () => {
    expect(stack.one("aws_s3_bucket").body["object_lock_enabled"]).toBeUndefined();
  });

  it("makes recorder, channel and switch in the order that AWS wants", () => {
    expect(stack.one("aws_config_delivery_channel").body["depends_on"]).toEqual([
      stack.one("aws_config_configuration_recorder").address,
      stack.one("aws_s3_bucket_policy").address,
    ]);
    expect(stack.one("aws_config_configuration_recorder_status").body).toMatchObject({
      is_enabled: true,
      depends_on: [stack.one("aws_config_delivery_channel").address],
    });
  });

  it("admits Config on behalf of this account only", () => {
    const documents = [stack.one("aws_s3_bucket_policy"), stack.one("aws_kms_key")].flatMap(
      ({ body }) =>
        (
          JSON.parse(String(body["policy"])) as {
            Statement: { Principal: unknown; Condition?: { StringEquals?: Record<string, string> } }[];
          }
        ).Statement,
    );
    const forConfig = documents.filter(({ Principal }) => JSON.stringify(Principal).includes("config.amazonaws.com"));
    expect(forConfig).toHaveLength(3);
    for (const { Condition } of forConfig) {
      expect(Condition?.StringEquals?.["aws:SourceAccount"]).toBe(TEST_ACCOUNT.id);
    }
  });

  it("breaks no policy rule without a reason", () => {
    expect(stack.findings().filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
  });
});

describe("ConfigRules", () => {
  let stack: Synthesized;
  beforeAll(() => {
    stack = build();
  });

  it.each(MANAGED_RULES)("$identifier is declared after the recorder, with its HIPAA section", (rule) => {
    expect(rule.citation).toMatch(/^HIPAA 164\.3(08|12)\([a-e]\)/);
    expect(rule.identifier).toMatch(/^[A-Z][A-Z0-9_]+$/);
    const { body } = stack.one("aws_config_config_rule", { name: ruleName("opsdx-test", rule) });
    expect(body["source"]).toEqual({ owner: "AWS", source_identifier: rule.identifier });
    expect(body["description"]).toBe(`Finds ${rule.finds}. ${rule.citation}`);
    expect(body["depends_on"]).toEqual([stack.one("aws_config_configuration_recorder").address]);
    expect(body["input_parameters"]).toBe(rule.parameters === undefined ? undefined : JSON.stringify(rule.parameters));
    expect(body["scope"]).toEqual(
      rule.tag === undefined ? undefined : { tag_key: rule.tag.key, tag_value: rule.tag.value },
    );
  });

  it("names each rule and each construct once, within Config's limits", () => {
    expect(new Set(MANAGED_RULES.map(({ identifier }) => identifier)).size).toBe(MANAGED_RULES.length);
    expect(new Set(MANAGED_RULES.map(({ id }) => id)).size).toBe(MANAGED_RULES.length);
    for (const rule of MANAGED_RULES) {
      expect(ruleName("opsdx-prod", rule).length).toBeLessThanOrEqual(128);
      expect(`Finds ${rule.finds}. ${rule.citation}`.length).toBeLessThanOrEqual(256);
    }
  });

  it("asks automated backups of databases that should have them, and a backup plan of every one", () => {
    const ruled = (identifier: string) => MANAGED_RULES.find((rule) => rule.identifier === identifier);
    expect(ruled("DB_INSTANCE_BACKUP_ENABLED")?.tag).toEqual({ key: "automated-backups", value: "expected" });
    expect(ruled("RDS_IN_BACKUP_PLAN")).toMatchObject({ id: "RdsInBackupPlan" });
    expect(ruled("RDS_IN_BACKUP_PLAN")?.tag).toBeUndefined();
  });

  it.each([
    "ENCRYPTED_VOLUMES",
    "RDS_STORAGE_ENCRYPTED",
    "RDS_INSTANCE_PUBLIC_ACCESS_CHECK",
    "DB_INSTANCE_BACKUP_ENABLED",
    "S3_BUCKET_SSL_REQUESTS_ONLY",
    "S3_BUCKET_PUBLIC_READ_PROHIBITED",
    "S3_BUCKET_PUBLIC_WRITE_PROHIBITED",
    "CLOUD_TRAIL_ENABLED",
    "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED",
    "IAM_ROOT_ACCESS_KEY_CHECK",
    "ROOT_ACCOUNT_MFA_ENABLED",
    "EC2_IMDSV2_CHECK",
    "VPC_FLOW_LOGS_ENABLED",
    "VPC_DEFAULT_SECURITY_GROUP_CLOSED",
    "INCOMING_SSH_DISABLED",
  ])("checks %s", (identifier) => {
    expect(MANAGED_RULES.map((rule) => rule.identifier)).toContain(identifier);
  });
});
