import { shownAt, shownText, type Shown, type ValuePath } from "../shown-value";
import {
  itemsOf,
  leastLowered,
  lowered,
  loweredFrom,
  loweredIn,
  noLonger,
  numberOf,
  removed,
  removedFrom,
  turnedOff,
  turnedOn,
  type Amount,
  type DisarmRule,
} from "./disarm-rule";

const DELETES = "AWS would no longer refuse to delete it";
const AT_ONCE = "deleted, it is gone sooner for good";
const WITH_CONTENT = "destroyed, it takes its content along";
const BLIND = "nothing is recorded while it is off";

/** A default retention of object lock: days or years, one of them. */
const lockDays = (value: Shown | undefined): number | undefined => {
  const [inDays, inYears] = [numberOf(shownAt(value, ["days"])), numberOf(shownAt(value, ["years"]))];
  return inYears !== undefined && inYears > 0 ? inYears * 365 : inDays;
};

/** Days, and for ever where none are set. */
const daysOrEver = (value: Shown | undefined): number => {
  const found = numberOf(value) ?? 0;
  return found === 0 ? Number.POSITIVE_INFINITY : found;
};

const DELETE_AFTER: ValuePath = ["lifecycle", 0, "delete_after"];
/** How long a rule of a backup plan keeps backups. */
const BACKUP_DAYS: Amount = { of: (rule) => daysOrEver(shownAt(rule, DELETE_AFTER)), reads: [DELETE_AFTER] };
/** How many copies elsewhere it makes of each. */
const COPIES: Amount = { of: (rule) => itemsOf(shownAt(rule, ["copy_action"])).length, reads: [] };
/** Whether a rule of a bucket's replication works. */
const REPLICATES: Amount = {
  of: (rule) => Number(shownAt(rule, ["status"]) === "Enabled"),
  reads: [["status"]],
};
/** The days after which a rule of a bucket's lifecycle deletes: never where it is off. */
const objectDays = (...path: ValuePath): Amount => ({
  of: (rule) => (shownAt(rule, ["status"]) === "Disabled" ? Number.POSITIVE_INFINITY : daysOrEver(shownAt(rule, path))),
  reads: [path, ["status"]],
});

/** After how many images or days a repository's rules let an image go, by what each looks at. */
function expiries(policy: Shown | undefined): ReadonlyMap<string, number> {
  if (typeof policy !== "string" || policy === "") return new Map();
  const { rules = [] } = JSON.parse(policy) as { readonly rules?: readonly { readonly selection: ExpirySelection }[] };
  return new Map(
    rules.map(({ selection: { countNumber, ...rest } }) => [JSON.stringify(Object.entries(rest).sort()), countNumber]),
  );
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html */
type ExpirySelection = Readonly<Record<string, unknown>> & { readonly countNumber: number };

/** By type: what takes protection away from something stateful while it stays where it is. */
export const DISARM_RULES: Readonly<Record<string, readonly DisarmRule[]>> = {
  aws_autoscaling_group: [turnedOn("destroyed, it does not wait for its instances", "force_delete")],
  aws_backup_plan: [
    removedFrom(["rule_name"], "its backups are made no more", "rule"),
    loweredIn(["rule_name"], BACKUP_DAYS, "backups are kept shorter", "rule"),
    loweredIn(["rule_name"], COPIES, "backups are no longer copied elsewhere", "rule"),
  ],
  aws_backup_selection: [
    removedFrom([], "it is backed up no more", "resources"),
    removedFrom([], "what has the tag is backed up no more", "selection_tag"),
    {
      path: ["not_resources"],
      means: "it is backed up no more",
      protects: () => true,
      disarms: (before, after) => {
        const excluded = new Set(itemsOf(before).map((one) => shownText(one)));
        return itemsOf(after).some((one) => !excluded.has(shownText(one)));
      },
    },
  ],
  aws_backup_vault: [turnedOn(WITH_CONTENT, "force_destroy")],
  aws_backup_vault_lock_configuration: [
    lowered("backups may be deleted sooner", "min_retention_days"),
    lowered("backups may not be kept as long", "max_retention_days"),
    removed("the lock may be taken off by whoever may change it", "changeable_for_days"),
  ],
  aws_cloudtrail: [
    turnedOff(BLIND, "enable_logging"),
    turnedOff("nobody can tell whether the record was changed", "enable_log_file_validation"),
    turnedOff("what happens in other regions is not recorded", "is_multi_region_trail"),
    turnedOff("what happens in global services is not recorded", "include_global_service_events"),
    removed("the record is no longer encrypted by our key", "kms_key_id"),
    removedFrom(["name"], "such events are recorded no more", "advanced_event_selector"),
  ],
  aws_cloudwatch_log_group: [
    { ...loweredFrom(daysOrEver, "logs that are older are deleted", "retention_in_days"), protects: () => true },
    turnedOff("destroyed, it takes its logs along", "skip_destroy"),
  ],
  aws_config_configuration_recorder_status: [turnedOff(BLIND, "is_enabled")],
  aws_db_instance: [
    turnedOff(DELETES, "deletion_protection"),
    turnedOn("deleted, it leaves no snapshot", "skip_final_snapshot"),
    turnedOn("deleted, it takes its backups along", "delete_automated_backups"),
    lowered("backups that are older are deleted", "backup_retention_period"),
    removed("deleted, it cannot leave a snapshot", "final_snapshot_identifier"),
    turnedOff("its storage is no longer encrypted", "storage_encrypted"),
  ],
  aws_db_instance_automated_backups_replication: [lowered("copies that are older are deleted", "retention_period")],
  aws_dynamodb_table: [
    turnedOff(DELETES, "deletion_protection_enabled"),
    turnedOff("it cannot be put back to a moment in the past", "point_in_time_recovery", 0, "enabled"),
  ],
  aws_ebs_volume: [
    turnedOff("destroyed, it leaves no snapshot", "final_snapshot"),
    turnedOff("it is no longer encrypted", "encrypted"),
  ],
  aws_ecr_lifecycle_policy: [
    {
      path: ["policy"],
      means:
        "images expire that did not. What an environment runs, this keeps, before the deploy: npx opsdx images keep <env>",
      protects: () => true,
      disarms: (before, after) => {
        const old = expiries(before);
        return [...expiries(after)].some(([one, limit]) => limit < (old.get(one) ?? Number.POSITIVE_INFINITY));
      },
    },
  ],
  aws_ecr_repository: [
    turnedOn(WITH_CONTENT, "force_delete"),
    noLonger(["IMMUTABLE"], "an image that runs may be replaced under its tag", "image_tag_mutability"),
  ],
  aws_efs_backup_policy: [noLonger(["ENABLED"], "backups are made no more", "backup_policy", 0, "status")],
  aws_flow_log: [noLonger(["ALL"], "part of the traffic is recorded no more", "traffic_type")],
  aws_guardduty_detector: [turnedOff(BLIND, "enable")],
  aws_kms_key: [
    lowered(AT_ONCE, "deletion_window_in_days"),
    turnedOff("its material is no longer changed every year", "enable_key_rotation"),
    turnedOff("what it encrypts cannot be read while it is off", "is_enabled"),
  ],
  aws_lb: [turnedOff(DELETES, "enable_deletion_protection")],
  aws_macie2_account: [noLonger(["ENABLED"], "PHI outside its place is found no more", "status")],
  aws_rds_cluster: [
    turnedOff(DELETES, "deletion_protection"),
    turnedOn("deleted, it leaves no snapshot", "skip_final_snapshot"),
    turnedOn("deleted, it takes its backups along", "delete_automated_backups"),
    lowered("backups that are older are deleted", "backup_retention_period"),
  ],
  aws_route53_hosted_zone_dnssec: [noLonger(["SIGNING"], "answers are no longer signed", "signing_status")],
  aws_route53_key_signing_key: [noLonger(["ACTIVE"], "answers are no longer signed by it", "status")],
  aws_route53_zone: [turnedOn(WITH_CONTENT, "force_destroy")],
  aws_s3_bucket: [
    turnedOn(WITH_CONTENT, "force_destroy"),
    turnedOff("objects may be deleted before their time", "object_lock_enabled"),
  ],
  aws_s3_bucket_lifecycle_configuration: [
    leastLowered(objectDays("expiration", 0, "days"), "objects are deleted sooner", "rule"),
    leastLowered(
      objectDays("noncurrent_version_expiration", 0, "noncurrent_days"),
      "earlier versions of objects are deleted sooner",
      "rule",
    ),
  ],
  aws_s3_bucket_object_lock_configuration: [
    noLonger(["Enabled"], "objects may be deleted before their time", "object_lock_enabled"),
    loweredFrom(lockDays, "objects may be deleted sooner", "rule", 0, "default_retention", 0),
    noLonger(
      ["COMPLIANCE"],
      "who has the right may delete objects before their time",
      "rule",
      0,
      "default_retention",
      0,
      "mode",
    ),
  ],
  aws_s3_bucket_replication_configuration: [
    removedFrom(["id"], "objects are no longer copied to the other region", "rule"),
    loweredIn(["id"], REPLICATES, "objects are no longer copied to the other region", "rule"),
  ],
  aws_s3_bucket_versioning: [
    noLonger(
      ["Enabled"],
      "what is overwritten or deleted from then on is gone",
      "versioning_configuration",
      0,
      "status",
    ),
    noLonger(["Enabled"], "versions are deleted without a second factor", "versioning_configuration", 0, "mfa_delete"),
  ],
  aws_secretsmanager_secret: [lowered(AT_ONCE, "recovery_window_in_days")],
  aws_sqs_queue: [
    lowered("messages that wait longer are deleted", "message_retention_seconds"),
    removed("messages that nobody can handle are deleted", "redrive_policy"),
  ],
};
