/**
 * How the fields of Terraform's kubernetes provider 2.38 are called in the Kubernetes API: blocks that repeat have a singular name
 * there and are a list here; a block that may stand once is sometimes a list there and always an object here.
 * @see https://registry.terraform.io/providers/hashicorp/kubernetes/2.38.0/docs
 */

/** Repeated blocks with a singular name. */
export const PLURALS: Readonly<Record<string, string>> = {
  container: "containers",
  http_header: "httpHeaders",
  image_pull_secret: "imagePullSecrets",
  init_container: "initContainers",
  limit: "limits",
  match_expression: "matchExpressions",
  metric: "metrics",
  node_selector_term: "nodeSelectorTerms",
  on_pod_condition: "onPodConditions",
  option: "options",
  policy: "policies",
  port: "ports",
  readiness_gate: "readinessGates",
  rule: "rules",
  subject: "subjects",
  sysctl: "sysctls",
  toleration: "tolerations",
  topology_spread_constraint: "topologySpreadConstraints",
  volume: "volumes",
  volume_device: "volumeDevices",
  volume_mount: "volumeMounts",
};

/** Of these, those that are a list only when they are repeated: a single `metric` of an autoscaler's metric is an object. */
export const OBJECT_OR_LIST: ReadonlySet<string> = new Set(["metric"]);

/** Repeated blocks that have the name of the API already. */
export const LISTS: ReadonlySet<string> = new Set([
  "cluster_role_selectors",
  "egress",
  "env",
  "env_from",
  "from",
  "host_aliases",
  "image_pull_secrets",
  "ingress",
  "items",
  "match_expressions",
  "match_fields",
  "ports",
  "preferred_during_scheduling_ignored_during_execution",
  "sources",
  "to",
]);

/** A list of pod affinity terms; for node affinity, one object with the terms in it. */
export const REQUIRED_AFFINITY = "required_during_scheduling_ignored_during_execution";

/** Fields whose keys are a person's own: they are left as they are. */
export const MAPS: ReadonlySet<string> = new Set([
  "annotations",
  "binary_data",
  "capacity",
  "data",
  "default",
  "default_request",
  "hard",
  "labels",
  "limits",
  "match_labels",
  "max",
  "max_limit_request_ratio",
  "min",
  "node_selector",
  "requests",
  "volume_attributes",
]);

/** Names that are not simply the same words in camel case. */
const IRREGULAR: Readonly<Record<string, string>> = {
  client_ip: "clientIP",
  cluster_ip: "clusterIP",
  cluster_ips: "clusterIPs",
  downward_api: "downwardAPI",
  external_ips: "externalIPs",
  host_ip: "hostIP",
  host_ipc: "hostIPC",
  host_pid: "hostPID",
  load_balancer_ip: "loadBalancerIP",
  non_resource_urls: "nonResourceURLs",
  run_as_username: "runAsUserName",
  storage_provisioner: "provisioner",
  timezone: "timeZone",
  volume_id: "volumeID",
};

/** Fields that are text in Terraform and a number in the API, or a number or a percentage. */
export const NUMBERS: ReadonlySet<string> = new Set([
  "fs_group",
  "max_surge",
  "max_unavailable",
  "min_available",
  "port",
  "replicas",
  "run_as_group",
  "run_as_user",
  "target_port",
  "toleration_seconds",
  "ttl_seconds_after_finished",
]);

/** File modes: octal text in Terraform, a number in the API. */
export const MODES: ReadonlySet<string> = new Set(["default_mode", "mode"]);

/** What a resource has for Terraform alone. */
export const TERRAFORM_ONLY: ReadonlySet<string> = new Set([
  "//",
  "binary_data_wo_revision",
  "connection",
  "data_wo_revision",
  "depends_on",
  "id",
  "lifecycle",
  "provider",
  "provisioner",
  "timeouts",
  "wait_for_completion",
  "wait_for_default_service_account",
  "wait_for_load_balancer",
  "wait_for_rollout",
  "wait_for_service_account_token",
  "wait_until_bound",
]);

/** Blocks of Terraform's around fields that stand beside the others in the API. */
export const UNWRAPPED: ReadonlySet<string> = new Set(["persistent_volume_source"]);

/** The API's name of a field. */
export function apiName(field: string): string {
  return IRREGULAR[field] ?? field.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
