import { DISARM_RULES } from "../../../../tools/plan/guard/disarm-rules";
import { statefulType } from "../../../../tools/plan/guard/stateful";
import { changeOf, found, planned } from "../plans";

/** A repository's policy that keeps the newest images. */
const newest = (countNumber: number): string =>
  JSON.stringify({
    rules: [
      { selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber }, action: { type: "expire" } },
    ],
  });

/** By type: arguments that protect, then one case for each rule, in the order of the rules: what takes its protection away. */
const CASES: Readonly<Record<string, readonly (readonly [armed: object, disarmed: object])[]>> = {
  aws_autoscaling_group: [[{ force_delete: false }, { force_delete: true }]],
  aws_backup_plan: [
    [{ rule: [{ rule_name: "a" }, { rule_name: "b" }] }, { rule: [{ rule_name: "a" }] }],
    [
      { rule: [{ rule_name: "a", lifecycle: [{ delete_after: 35 }] }] },
      { rule: [{ rule_name: "a", lifecycle: [{ delete_after: 7 }] }] },
    ],
    [
      { rule: [{ rule_name: "a", copy_action: [{ destination_vault_arn: "v" }] }] },
      { rule: [{ rule_name: "a", copy_action: [] }] },
    ],
  ],
  aws_backup_selection: [
    [{ resources: ["db", "dw"] }, { resources: ["db"] }],
    [{ selection_tag: [{ key: "backup", value: "yes" }] }, { selection_tag: [] }],
    [{ not_resources: [] }, { not_resources: ["db"] }],
  ],
  aws_backup_vault: [[{ force_destroy: false }, { force_destroy: true }]],
  aws_backup_vault_lock_configuration: [
    [{ min_retention_days: 7 }, { min_retention_days: 1 }],
    [{ max_retention_days: 365 }, { max_retention_days: 30 }],
    [{ changeable_for_days: 3 }, {}],
  ],
  aws_cloudtrail: [
    [{ enable_logging: true }, { enable_logging: false }],
    [{ enable_log_file_validation: true }, { enable_log_file_validation: false }],
    [{ is_multi_region_trail: true }, { is_multi_region_trail: false }],
    [{ include_global_service_events: true }, { include_global_service_events: false }],
    [{ kms_key_id: "key" }, { kms_key_id: "" }],
    [
      { advanced_event_selector: [{ name: "Management" }, { name: "PHI" }] },
      { advanced_event_selector: [{ name: "Management" }] },
    ],
  ],
  aws_cloudwatch_log_group: [
    [{ retention_in_days: 0 }, { retention_in_days: 3653 }],
    [{ skip_destroy: true }, { skip_destroy: false }],
  ],
  aws_config_configuration_recorder_status: [[{ is_enabled: true }, { is_enabled: false }]],
  aws_db_instance: [
    [{ deletion_protection: true }, { deletion_protection: false }],
    [{ skip_final_snapshot: false }, { skip_final_snapshot: true }],
    [{ delete_automated_backups: false }, { delete_automated_backups: true }],
    [{ backup_retention_period: 7 }, { backup_retention_period: 1 }],
    [{ final_snapshot_identifier: "last" }, { final_snapshot_identifier: null }],
    [{ storage_encrypted: true }, { storage_encrypted: false }],
  ],
  aws_db_instance_automated_backups_replication: [[{ retention_period: 14 }, { retention_period: 7 }]],
  aws_dynamodb_table: [
    [{ deletion_protection_enabled: true }, { deletion_protection_enabled: false }],
    [{ point_in_time_recovery: [{ enabled: true }] }, { point_in_time_recovery: [{ enabled: false }] }],
  ],
  aws_ebs_volume: [
    [{ final_snapshot: true }, { final_snapshot: false }],
    [{ encrypted: true }, { encrypted: false }],
  ],
  aws_ecr_lifecycle_policy: [[{ policy: newest(30) }, { policy: newest(10) }]],
  aws_ecr_repository: [
    [{ force_delete: false }, { force_delete: true }],
    [{ image_tag_mutability: "IMMUTABLE" }, { image_tag_mutability: "MUTABLE" }],
  ],
  aws_efs_backup_policy: [[{ backup_policy: [{ status: "ENABLED" }] }, { backup_policy: [{ status: "DISABLED" }] }]],
  aws_flow_log: [[{ traffic_type: "ALL" }, { traffic_type: "REJECT" }]],
  aws_guardduty_detector: [[{ enable: true }, { enable: false }]],
  aws_kms_key: [
    [{ deletion_window_in_days: 30 }, { deletion_window_in_days: 7 }],
    [{ enable_key_rotation: true }, { enable_key_rotation: false }],
    [{ is_enabled: true }, { is_enabled: false }],
  ],
  aws_lb: [[{ enable_deletion_protection: true }, { enable_deletion_protection: false }]],
  aws_macie2_account: [[{ status: "ENABLED" }, { status: "PAUSED" }]],
  aws_rds_cluster: [
    [{ deletion_protection: true }, { deletion_protection: false }],
    [{ skip_final_snapshot: false }, { skip_final_snapshot: true }],
    [{ delete_automated_backups: false }, { delete_automated_backups: true }],
    [{ backup_retention_period: 7 }, { backup_retention_period: 1 }],
  ],
  aws_route53_hosted_zone_dnssec: [[{ signing_status: "SIGNING" }, { signing_status: "NOT_SIGNING" }]],
  aws_route53_key_signing_key: [[{ status: "ACTIVE" }, { status: "INACTIVE" }]],
  aws_route53_zone: [[{ force_destroy: false }, { force_destroy: true }]],
  aws_s3_bucket: [
    [{ force_destroy: false }, { force_destroy: true }],
    [{ object_lock_enabled: true }, { object_lock_enabled: false }],
  ],
  aws_s3_bucket_lifecycle_configuration: [
    [
      { rule: [{ id: "a", status: "Enabled", expiration: [{ days: 365 }] }] },
      { rule: [{ id: "a", status: "Enabled", expiration: [{ days: 30 }] }] },
    ],
    [
      { rule: [{ id: "a", status: "Disabled", noncurrent_version_expiration: [{ noncurrent_days: 30 }] }] },
      { rule: [{ id: "a", status: "Enabled", noncurrent_version_expiration: [{ noncurrent_days: 30 }] }] },
    ],
  ],
  aws_s3_bucket_object_lock_configuration: [
    [{ object_lock_enabled: "Enabled" }, { object_lock_enabled: null }],
    [{ rule: [{ default_retention: [{ years: 7 }] }] }, { rule: [{ default_retention: [{ days: 30 }] }] }],
    [
      { rule: [{ default_retention: [{ mode: "COMPLIANCE" }] }] },
      { rule: [{ default_retention: [{ mode: "GOVERNANCE" }] }] },
    ],
  ],
  aws_s3_bucket_replication_configuration: [
    [{ rule: [{ id: "a" }, { id: "b" }] }, { rule: [{ id: "b" }] }],
    [{ rule: [{ id: "a", status: "Enabled" }] }, { rule: [{ id: "a", status: "Disabled" }] }],
  ],
  aws_s3_bucket_versioning: [
    [{ versioning_configuration: [{ status: "Enabled" }] }, { versioning_configuration: [{ status: "Suspended" }] }],
    [
      { versioning_configuration: [{ mfa_delete: "Enabled" }] },
      { versioning_configuration: [{ mfa_delete: "Disabled" }] },
    ],
  ],
  aws_secretsmanager_secret: [[{ recovery_window_in_days: 30 }, { recovery_window_in_days: 0 }]],
  aws_sqs_queue: [
    [{ message_retention_seconds: 1_209_600 }, { message_retention_seconds: 60 }],
    [{ redrive_policy: "{}" }, { redrive_policy: "" }],
  ],
};

const ALL = Object.entries(CASES).flatMap(([type, cases]) =>
  cases.map(([armed, disarmed]) => ({ type, armed, disarmed, text: JSON.stringify(disarmed) })),
);

/** What the guard finds in an update from one to the other. */
const update = (type: string, before: object, after: object, unknown: object = {}) =>
  found([planned("dev-stage1", [changeOf(`${type}.It`, ["update"], { before, after, after_unknown: unknown })])]);

describe("rules of what disarms", () => {
  it("have each a case here, and are of what is stateful", () => {
    for (const [type, rules] of Object.entries(DISARM_RULES)) {
      expect([type, CASES[type]?.length]).toEqual([type, rules.length]);
    }
    const others = Object.keys(DISARM_RULES).filter((type) => statefulType(type) === undefined);
    // How long a repository keeps images, and a bucket objects, is configured beside it, and made again when it goes.
    expect(others).toEqual(["aws_ecr_lifecycle_policy", "aws_s3_bucket_lifecycle_configuration"]);
  });

  it.each(ALL)("find $type that gets $text", ({ type, armed, disarmed }) => {
    expect(update(type, armed, disarmed)).toMatchObject([{ threat: "disarm", certain: true, address: `${type}.It` }]);
  });

  it.each(ALL)("say nothing of $type that had $text, and is armed", ({ type, armed, disarmed }) => {
    // The other way round is no loss, but for rules that look at the same attribute from two sides.
    expect(update(type, disarmed, armed)).toEqual([]);
    expect(update(type, armed, armed)).toEqual([]);
  });

  it.each(ALL)("take what is unknown of $type for a maybe ($text)", ({ type, armed }) => {
    const unknown = Object.fromEntries(Object.keys(armed).map((name) => [name, true]));
    expect(update(type, armed, {}, unknown)).toMatchObject([{ threat: "disarm", certain: false }]);
  });

  it.each([
    ["aws_db_instance", { deletion_protection: false }],
    ["aws_db_instance", { skip_final_snapshot: true }],
    ["aws_cloudtrail", { kms_key_id: "" }],
    ["aws_sqs_queue", { redrive_policy: null }],
    ["aws_s3_bucket_versioning", { versioning_configuration: [{ status: "Suspended" }] }],
    ["aws_backup_selection", { resources: [] }],
  ])("take nothing from %s that had nothing: %j", (type, before) => {
    const unknown = Object.fromEntries(Object.keys(before).map((name) => [name, true]));
    expect(update(type, before, {}, unknown)).toEqual([]);
  });

  it("take what is hidden for a maybe, and print none of it", () => {
    const before = { backup_retention_period: 71717 };
    const after = { backup_retention_period: 61616 };
    const hidden = changeOf("aws_db_instance.It", ["update"], {
      before,
      after,
      after_sensitive: { backup_retention_period: true },
    });
    const [finding] = found([planned("dev-stage1", [hidden])]);
    expect(finding).toMatchObject({ threat: "disarm", certain: false });
    expect(JSON.stringify(finding)).not.toMatch(/71717|61616/);
  });

  it("care for what they read only: another attribute of the same block may be unknown", () => {
    const rule = { id: "a", status: "Enabled" };
    const after_unknown = { rule: [{ destination: [{ bucket: true }] }] };
    expect(
      update("aws_s3_bucket_replication_configuration", { rule: [rule] }, { rule: [rule] }, after_unknown),
    ).toEqual([]);
  });
});
