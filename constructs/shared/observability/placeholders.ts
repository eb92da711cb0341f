/**
 * What a person fills in before a command runs, and what stands for the names of an alarm's environment, cluster and so on where one
 * text serves several. The list is closed: the runbook's index explains each of them once.
 */
export const PLACEHOLDERS = {
  account: "id of the environment's account, twelve digits",
  address: "an IP address",
  arn: "ARN of the resource, as the command before prints it",
  backup: "name of an etcd backup: its time",
  bucket: "name of a bucket",
  cluster: "short name of the cluster, as in the alarm's name: `k8s`, `k8s-ml`, `k8s-ml-tf`",
  container: "name or id of a container",
  database: "`db`, `dw` or `services`, as in the alarm's name",
  date: "a day, `2026-01-31`",
  endpoint: "name of the VPC endpoint or of the address that is checked, as in the alarm's name",
  env: "name of the environment: the word after `opsdx-` in an alarm's name",
  etl: "name of the ETL, as in the alarm's name",
  file: "name of a file",
  from: "start of the range, UTC: `2026-01-31T08:00:00Z`",
  group: "name of the instance group, as in the alarm's name",
  id: "id of the resource or lock, as the command before prints it",
  "image digest": "`sha256:…`, as the registry prints it",
  instance: "id of an EC2 instance, `i-…`",
  key: "key of an object in a bucket",
  monitor: "name of a behavior monitor, as in the alarm's name",
  name: "a name that you choose, or that the command before prints",
  namespace: "namespace of the pod",
  node: "name of a node, as `get nodes` prints it",
  number: "a number",
  pid: "process id, as the query before prints it",
  pod: "name of a pod, as `get pods` prints it",
  reason: "why, in a sentence",
  region: "an AWS region: `us-west-2`",
  role: "name of an IAM or database role",
  service: "name of the service: `concourse`, `grafana`, `redash`",
  severity: "`page` or `ticket`, as in the alarm's name",
  slot: "the scheduled time of a run, UTC: `2026-01-31T08:15:00Z`",
  source: "what reports the finding, as in the alarm's name",
  table: "name of a table",
  time: "a time, UTC: `2026-01-31T08:15:00Z`",
  to: "end of the range, UTC: `2026-01-31T09:00:00Z`",
  user: "name of a user",
  version: "a version, as the command before prints it",
  zone: "availability zone, as in the alarm's name",
} as const;

/** Name of a placeholder. */
export type PlaceholderName = keyof typeof PLACEHOLDERS;

/** A placeholder as texts and commands hold it: `<pod>`. */
export function placeholder(name: PlaceholderName): string {
  return `<${name}>`;
}

/** The placeholders of a text that nobody explains. */
export function unknownPlaceholders(text: string): string[] {
  return [...text.matchAll(/<([a-zA-Z][^<>\n]*)>/g)].flatMap(([, name = ""]) => (name in PLACEHOLDERS ? [] : [name]));
}
