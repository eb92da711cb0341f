import { KEPT_TYPES, REMADE_TYPES } from "../../../stacks/resource-types";
import { shownAt, type Shown } from "../shown-value";

/** What makes a type of resource stateful: the guard lets none of it go by itself. */
export interface Stateful {
  /** What is lost with one. */
  readonly lost: string;
  /** Why one of them may go without anybody's word; undefined when it may not. @default - none may */
  readonly free?: (resource: Shown | undefined) => string | undefined;
}

/**
 * Types that Terraform makes again, and which are stateful all the same: something outside the configuration hangs on the very one that
 * is there, or it is what keeps data from being lost. Types of {@link KEPT_TYPES} need no line here.
 */
const ALSO_STATEFUL: Readonly<Record<string, Stateful>> = {
  aws_acm_certificate: { lost: "the certificate that listeners serve, and what pins it" },
  aws_autoscaling_group: {
    lost: "control planes, all of a group at once: with two gone etcd has no majority",
    // kops names a control plane's group so; a name that is hidden or unknown may be one.
    free: (group) => {
      const name = shownAt(group, ["name"]);
      return typeof name === "string" && !/(^|\.)(masters|apiserver)\.|control-plane/.test(name)
        ? "nodes hold nothing: pods start on others, if there is room"
        : undefined;
    },
  },
  aws_backup_plan: { lost: "backups that would have been made" },
  aws_backup_selection: { lost: "backups of what it selects" },
  aws_backup_vault_lock_configuration: { lost: "the lock that keeps backups from being deleted" },
  aws_backup_vault_policy: { lost: "the rule of who may copy backups into it" },
  aws_config_configuration_recorder: { lost: "the record of how resources were configured, while it is away" },
  aws_config_configuration_recorder_status: { lost: "the record of how resources were configured, while it is off" },
  aws_config_delivery_channel: { lost: "the record of how resources were configured, while it is away" },
  aws_db_option_group: { lost: "options of a database that runs" },
  aws_db_parameter_group: { lost: "parameters of a database that runs, which restarts to get others" },
  aws_db_proxy: { lost: "connections, and the address that clients know" },
  aws_db_snapshot: { lost: "the snapshot" },
  aws_db_subnet_group: { lost: "the network of a database that runs: RDS moves none without a restore" },
  aws_dynamodb_table: { lost: "its items" },
  aws_ebs_snapshot: { lost: "the snapshot" },
  aws_efs_backup_policy: { lost: "backups that would have been made" },
  aws_efs_file_system: { lost: "its files" },
  aws_efs_mount_target: { lost: "the address that clients have mounted" },
  aws_flow_log: { lost: "the record of who spoke with whom, while it is away" },
  aws_iam_openid_connect_provider: {
    lost: "trust in a cluster's service accounts or in GitHub's jobs: none gets credentials",
  },
  aws_kms_alias: { lost: "the name under which others find the key" },
  aws_kms_replica_key: { lost: "everything that it encrypts in its region" },
  aws_lb: {
    lost: "the address of a Kubernetes API, which nodes and people know",
    free: (balancer) =>
      shownAt(balancer, ["load_balancer_type"]) === "application"
        ? "clients find it by a record that follows it"
        : undefined,
  },
  aws_nat_gateway: { lost: "connections to Epic and to the internet, while it is away" },
  aws_rds_cluster: { lost: "the databases" },
  aws_route53_hosted_zone_dnssec: { lost: "the zone's signatures: resolvers that check them find no name" },
  aws_s3_bucket_object_lock_configuration: { lost: "the lock that keeps objects from being deleted" },
  aws_s3_bucket_replication_configuration: { lost: "copies of objects in the other region" },
  aws_s3_bucket_versioning: { lost: "earlier versions of objects that are overwritten or deleted from then on" },
  aws_sqs_queue: { lost: "messages that nobody has read" },
  kubernetes_namespace_v1: { lost: "everything that stands in it, volumes included" },
  kubernetes_persistent_volume_claim_v1: { lost: "its files" },
  kubernetes_persistent_volume_v1: { lost: "its files" },
  kubernetes_stateful_set_v1: { lost: "the place of its pods, and of their volumes" },
};

/**
 * Types of the guard whose newer or older name in the provider means the same: a change of the name alone must not open a hole.
 * By the last part: `kubernetes_namespace` is `kubernetes_namespace_v1`.
 */
const otherName = (type: string): string => (type.endsWith("_v1") ? type.slice(0, -"_v1".length) : `${type}_v1`);

/** Types that no stack declares always, and that hold nothing of their own: files of a bucket that keeps versions, Terraform's own. */
const ALSO_REMADE: ReadonlySet<string> = new Set([
  // Of CI's runners, once their connection to GitHub is available.
  "aws_codebuild_source_credential",
  "aws_codebuild_webhook",
  "aws_s3_object",
  "terraform_data",
]);

/** A type that nobody has classified may hold anything. */
const UNCLASSIFIED: Stateful = { lost: "whatever it holds: no list of this program knows its type" };

/** What is known of a stateful type; undefined for one that holds nothing. */
export function statefulType(type: string): Stateful | undefined {
  const lost = Object.hasOwn(KEPT_TYPES, type) ? KEPT_TYPES[type] : undefined;
  if (lost !== undefined) return { lost };
  const names = [type, otherName(type)];
  const [also] = names.flatMap((name) => (Object.hasOwn(ALSO_STATEFUL, name) ? [ALSO_STATEFUL[name]] : []));
  if (also !== undefined) return also;
  return names.some((name) => REMADE_TYPES.has(name) || ALSO_REMADE.has(name)) ? undefined : UNCLASSIFIED;
}

/** Every type that is known to be stateful; what no list knows is, too. */
export const STATEFUL_TYPES: readonly string[] = [...Object.keys(KEPT_TYPES), ...Object.keys(ALSO_STATEFUL)].sort();

/** How much weighs what is lost with a type: 0 what cannot be made again, 1 what is stateful all the same, 2 the rest. */
export function weightOf(type: string): 0 | 1 | 2 {
  if (Object.hasOwn(KEPT_TYPES, type)) return 0;
  return statefulType(type) === undefined ? 2 : 1;
}
