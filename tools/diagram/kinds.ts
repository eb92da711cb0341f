/** What a reference means to the one that refers. */
export type Kind = "data" | "network" | "runs" | "rights" | "key" | "watch";

/** Every kind, what matters most first, with what an arrow of it says. */
export const KINDS: Readonly<Record<Kind, string>> = {
  data: "reads, writes or calls it",
  network: "stands in its network, is reached through it, or has a name in its zone",
  runs: "runs on it, or is started by it",
  rights: "has a role or rights that rest on it",
  key: "encrypts with its key",
  watch: "sends it alarms, findings or logs, or watches it",
};

/** Kinds in the order of {@link KINDS}. */
export const KIND_ORDER = Object.keys(KINDS) as readonly Kind[];

/** Types that watch, whatever they refer to. */
const WATCHES =
  /^aws_(cloudwatch_(?!event)|cloudtrail$|s3_bucket_logging$|route53_(query_log|resolver_query)|flow_log$|budgets_|ce_)/;

/** By what is referred to; the first that fits. */
const BY_TARGET: readonly (readonly [types: RegExp, kind: Kind])[] = [
  [/^aws_(sns_|cloudwatch_|cloudtrail|config_|guardduty_|securityhub_|accessanalyzer_|macie2_|budgets_|ce_)/, "watch"],
  [/^aws_kms_/, "key"],
  [/^aws_iam_/, "rights"],
  [
    /^aws_(vpc|subnet$|security_group|default_security_group|route|internet_gateway|nat_gateway|eip$|flow_log$|lb($|_)|acm_|wafv2_|autoscaling_|launch_template)/,
    "network",
  ],
  [/^(aws_(lambda_|scheduler_)|kubernetes_|helm_)/, "runs"],
  [/^aws_(db_|elasticache_|s3_|sqs_|ecr_|backup_|ebs_|secretsmanager_|ssm_)/, "data"],
];

/** By who refers, where plain data is referred to: an address, a name. */
const BY_SOURCE: readonly (readonly [types: RegExp, kind: Kind])[] = [
  [/^aws_iam_/, "rights"],
  [/^(kubernetes_network_policy|aws_(vpc|security_group|route53_))/, "network"],
];

/**
 * What a reference means, by the types of its ends.
 * @param from - type of the resource that refers
 * @param to - type of what it refers to; undefined when that is plain data
 */
export function kindOf(from: string, to: string | undefined): Kind {
  if (WATCHES.test(from) && to !== undefined && !/^aws_(kms|iam)_/.test(to)) return "watch";
  const [types, type] = to === undefined ? [BY_SOURCE, from] : [BY_TARGET, to];
  return types.find(([pattern]) => pattern.test(type))?.[1] ?? "data";
}

/** AWS's category of a system, after which it is coloured; what no service of AWS does is Kubernetes'. */
export type Category =
  "network" | "database" | "storage" | "compute" | "containers" | "security" | "integration" | "management";

/** Colour of each category: AWS's own for the line, a light one inside, so that black text is read on it. */
export const COLOURS: Readonly<Record<Category, { readonly line: string; readonly fill: string }>> = {
  network: { line: "#8C4FFF", fill: "#EFE6FF" },
  database: { line: "#C925D1", fill: "#FBE3FC" },
  storage: { line: "#7AA116", fill: "#EDF5DA" },
  compute: { line: "#ED7100", fill: "#FDEBD9" },
  containers: { line: "#326CE5", fill: "#E1EAFC" },
  security: { line: "#DD344C", fill: "#FBE2E6" },
  integration: { line: "#E7157B", fill: "#FDE1EE" },
  management: { line: "#5A6B86", fill: "#E8ECF2" },
};

/** Types that most systems have beside what they are; they colour one that has nothing else. */
export const BESIDE =
  /^aws_(cloudwatch_|iam_|kms_|ssm_|security_group|vpc_security_group|sqs_queue_policy|s3_bucket_|backup_vault_)/;

const CATEGORIES: readonly (readonly [types: RegExp, category: Category])[] = [
  [/^aws_(db|elasticache)_/, "database"],
  [/^aws_(s3_|ebs_volume|efs_|backup_)/, "storage"],
  [
    /^aws_(vpc|subnet|default_security_group|security_group|route|internet_gateway|nat_gateway|eip|flow_log|lb($|_)|acm_)/,
    "network",
  ],
  [/^aws_(autoscaling_|codebuild_|launch_template|lambda_|ebs_|ec2_)/, "compute"],
  [/^(kubernetes_|helm_|aws_ecr_)/, "containers"],
  [/^aws_(iam_|kms_|secretsmanager_|guardduty_|securityhub_|macie2_|accessanalyzer_|wafv2_)/, "security"],
  [/^aws_(sns_|sqs_|scheduler_|codeconnections_)/, "integration"],
];

/** Types that say alone what a system is, whatever else it has. */
const HEARTS: readonly (readonly [type: RegExp, category: Category])[] = [
  [/^aws_db_instance$/, "database"],
  [/^aws_autoscaling_group$/, "compute"],
  [/^kubernetes_(cron_job|deployment)_v1$/, "containers"],
];

/** The category of some resources: that of their heart, or of most of them. */
export function categoryOf(types: readonly string[]): Category {
  const heart = HEARTS.find(([pattern]) => types.some((type) => pattern.test(type)));
  if (heart !== undefined) return heart[1];
  const telling = types.filter((type) => !BESIDE.test(type));
  const counts = new Map<Category, number>();
  for (const type of telling.length === 0 ? types : telling) {
    const category = CATEGORIES.find(([pattern]) => pattern.test(type))?.[1] ?? "management";
    counts.set(category, (counts.get(category) ?? 0) + 1);
  }
  const most = Math.max(...counts.values());
  return (Object.keys(COLOURS) as Category[]).find((category) => counts.get(category) === most) ?? "management";
}
