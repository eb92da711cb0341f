import { KEPT_TYPES } from "../../../stacks/resource-types";
import { statefulType } from "../guard/stateful";
import type { PlannedAction } from "../planned-action";

/** How long what depends on a resource is without it when it is replaced, and what that is. */
interface Meaning {
  /** An order of magnitude: what lies between the provider's calls, or who must act. None of it was measured. */
  readonly down: "not" | "for seconds" | "for minutes" | "until it is restored" | "until others act";
  /** What is away, and what to know. */
  readonly what: string;
}

const RIGHTS: Meaning = { down: "for seconds", what: "rights of whoever works under it" };
const TRAFFIC: Meaning = { down: "for seconds", what: "connections that it lets through; those that stand may break" };
const ALERTS: Meaning = { down: "for seconds", what: "word of what happens in between: nobody is told" };
const COVER: Meaning = { down: "for seconds", what: "the protection that it is" };

/**
 * What it means to be without a resource, by type. The longest word that a type starts with holds.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html - of the 60 seconds of a queue's name
 */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  aws_acm_certificate: {
    down: "for minutes",
    what: "HTTPS of the listeners that serve it, until the new one is validated",
  },
  aws_autoscaling_group: {
    down: "for minutes",
    what: "its machines: pods start on others, and a control plane takes its member of etcd along",
  },
  aws_backup_: { down: "for seconds", what: "backups that fall due in between" },
  aws_cloudtrail: { down: "for seconds", what: "the record of what happens in between" },
  aws_cloudwatch_: ALERTS,
  aws_config_: { down: "for seconds", what: "the record of what is changed in between" },
  aws_db_instance: {
    down: "until it is restored",
    what: "the database, in whose place an empty one stands (docs/recovery.md)",
  },
  aws_db_parameter_group: {
    down: "not",
    what: "a database that gets another group restarts for its static parameters",
  },
  aws_db_subnet_group: {
    down: "until it is restored",
    what: "nothing at first: RDS refuses while a database stands in it",
  },
  aws_ebs_volume: { down: "until it is restored", what: "the member of etcd that it holds" },
  aws_ecr_repository: {
    down: "until others act",
    what: "images: nodes that start get none until they are pushed again",
  },
  aws_eip: {
    down: "until others act",
    what: "connections to whoever lets in the old address only: tell them the new one first",
  },
  aws_flow_log: { down: "for seconds", what: "the record of connections in between" },
  aws_iam_: RIGHTS,
  aws_iam_openid_connect_provider: {
    down: "for seconds",
    what: "credentials of every service account or job that it vouches for",
  },
  aws_internet_gateway: { down: "for minutes", what: "all connections to and from the internet" },
  aws_kms_key: {
    down: "until it is restored",
    what: "everything that it encrypts; its deletion can be cancelled while its window lasts",
  },
  aws_lambda_: { down: "for seconds", what: "calls of it, which fail" },
  aws_launch_template: { down: "not", what: "running machines keep what they were started with" },
  aws_lb: { down: "for minutes", what: "what stands behind it: the new one has another address" },
  aws_lb_: { down: "for seconds", what: "what stands behind it" },
  aws_nat_gateway: { down: "for minutes", what: "connections from the zones behind it to Epic and the internet" },
  aws_route: TRAFFIC,
  aws_route53_record: { down: "for minutes", what: "the name, until caches have forgotten it" },
  aws_route53_zone: { down: "until others act", what: "every name in it: the parent zone names the old name servers" },
  aws_route53_delegation_set: {
    down: "until others act",
    what: "every name below it: the parent zone names the old name servers",
  },
  aws_s3_bucket: {
    down: "until it is restored",
    what: "what is in it; S3 refuses while it holds anything, unless `force_destroy` is set",
  },
  aws_s3_bucket_: COVER,
  aws_scheduler_: { down: "for seconds", what: "launches that fall due in between" },
  aws_secretsmanager_secret: {
    down: "until others act",
    what: "its value: people put in a new one, under another name while the old one can be restored",
  },
  aws_security_group: TRAFFIC,
  aws_sns_: ALERTS,
  aws_sns_topic_subscription: { down: "until others act", what: "mail: the address must confirm again" },
  aws_sqs_queue: { down: "for minutes", what: "the queue: AWS takes its name again after 60 seconds only" },
  aws_ssm_parameter: { down: "for seconds", what: "what reads it" },
  aws_subnet: { down: "for minutes", what: "nothing at first: AWS refuses while anything stands in it" },
  aws_vpc: { down: "for minutes", what: "nothing at first: AWS refuses while anything stands in it" },
  aws_vpc_endpoint: { down: "for minutes", what: "calls of the AWS service that go through it" },
  aws_vpc_security_group_: TRAFFIC,
  aws_wafv2_: COVER,
  helm_release: { down: "for minutes", what: "what the chart runs" },
  kubernetes_: { down: "for seconds", what: "what depends on it in the cluster" },
  kubernetes_cron_job: { down: "for seconds", what: "runs that fall due in between; those that run are ended" },
  kubernetes_deployment: { down: "for minutes", what: "its pods" },
  kubernetes_namespace: { down: "for minutes", what: "everything that stands in it" },
};

const PREFIXES = Object.keys(MEANINGS).sort((one, other) => other.length - one.length);

/** What it means that a resource is destroyed, replaced or let go, in sentences. */
export function meaningOf(type: string, action: PlannedAction, madeFirst: boolean): string | undefined {
  const prefix = PREFIXES.find(
    (one) => type === one || type === `${one}_v1` || (one.endsWith("_") && type.startsWith(one)),
  );
  const meaning = prefix === undefined ? undefined : MEANINGS[prefix];
  const lost = statefulType(type)?.lost;
  if (action === "forget") {
    return "Terraform lets it go: it stays in AWS, and nobody looks after it any more.";
  }
  if (action !== "delete" && action !== "replace") return undefined;
  const forGood = Object.hasOwn(KEPT_TYPES, type) ? "Lost for good" : "Lost";
  const sentences = [
    ...(lost === undefined ? [] : [`${forGood}: ${lost}.`]),
    ...(meaning === undefined
      ? []
      : [action === "delete" ? `Away from then on: ${meaning.what}.` : downFor(meaning, madeFirst)]),
  ];
  return sentences.length === 0 ? undefined : sentences.join(" ");
}

function downFor({ down, what }: Meaning, madeFirst: boolean): string {
  if (down === "not") return `Nothing is away: ${what}.`;
  const first = madeFirst ? "The new one is made before the old one goes. If something goes by the old one: " : "";
  return `${first}Away ${down}: ${what}.`;
}
