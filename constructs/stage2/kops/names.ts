/** Names and tags as kops makes them, so that kops recognises what this program declares. */

const BASE32_HEX = "0123456789abcdefghijklmnopqrstuv";

/** FNV-1a, 32 bits: the hash that kops puts behind names of load balancers and target groups. */
function fnv1a(text: string): number {
  return [...Buffer.from(text, "utf8")].reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
}

/** The first six base-32 digits of a 32-bit number, lower case. */
function hashSuffix(text: string): string {
  const bits = fnv1a(text).toString(2).padStart(32, "0");
  return [0, 5, 10, 15, 20, 25].map((start) => BASE32_HEX[Number.parseInt(bits.slice(start, start + 5), 2)]).join("");
}

/**
 * A text cut to a length, with a hash of the whole behind it: how kops keeps long names unique.
 * @see https://github.com/kubernetes/kops/blob/v1.36.2/pkg/truncate/truncate.go
 */
function truncated(text: string, maxLength: number): string {
  return `${text.slice(0, maxLength - 7)}-${hashSuffix(text)}`;
}

/** Name of a load balancer or target group of a cluster: AWS allows 32 characters, and kops always adds the hash. */
export function shortName(clusterName: string, prefix: string): string {
  return truncated(`${prefix}-${clusterName.replaceAll(".", "-")}`, 32);
}

/** Name of the role of a service account: AWS allows 64 characters. */
export function serviceAccountRoleName(clusterName: string, namespace: string, serviceAccount: string): string {
  const full = `${serviceAccount}.${namespace}.sa.${clusterName}`;
  return full.length <= 64 ? full : truncated(full, 64);
}

/** Name of a cluster's node-termination queue: AWS allows 80 characters, of which kops keeps 5 for its suffix. */
export function terminationQueueName(clusterName: string): string {
  const safe = clusterName.replaceAll(".", "-");
  return `${safe.length <= 75 ? safe : truncated(safe, 75)}-nth`;
}

/**
 * Start of the names of a cluster's event rules: EventBridge allows 64 characters, of which kops keeps 24 for the event.
 * @see https://github.com/kubernetes/kops/blob/v1.36.2/upup/pkg/fi/cloudup/awsup/aws_utils.go
 */
export function eventRulePrefix(clusterName: string): string {
  return clusterName.length <= 40 ? clusterName : truncated(clusterName, 40);
}

/** Tags of everything a cluster owns. */
export function clusterTags(clusterName: string, name: string): Record<string, string> {
  return {
    KubernetesCluster: clusterName,
    Name: name,
    [`kubernetes.io/cluster/${clusterName}`]: "owned",
  };
}

/** Start of the tags that let the cluster autoscaler know an empty group's nodes. */
const NODE_TEMPLATE = "k8s.io/cluster-autoscaler/node-template";

/** What the tags of an instance group are made from. */
export interface GroupTagsProps {
  /** Full name of the cluster, for example `k8s.dev.opsdx.io`. */
  readonly clusterName: string;
  /** Name of the instance group. */
  readonly group: string;
  /** Name of the auto scaling group. */
  readonly autoScalingGroup: string;
  /** What its nodes are. */
  readonly role: "control-plane" | "node";
  /** Labels of its nodes. */
  readonly labels: Readonly<Record<string, string>>;
  /** `key=value:Effect`. */
  readonly taints: readonly string[];
  /** GPUs of a node. */
  readonly gpus: number;
}

/** What kops is asked to add to a group's tags: an empty group's GPUs, which the autoscaler need not look up. */
export function cloudLabels({ gpus }: Pick<GroupTagsProps, "gpus">): Record<string, string> {
  return gpus === 0 ? {} : { [`${NODE_TEMPLATE}/resources/nvidia.com/gpu`]: String(gpus) };
}

/** Tags of an instance group's auto scaling group, launch template, instances, volumes and interfaces. */
export function groupTags(props: GroupTagsProps): Record<string, string> {
  const labels: Record<string, string> =
    props.role === "control-plane"
      ? {
          "kops.k8s.io/kops-controller-pki": "",
          "node-role.kubernetes.io/control-plane": "",
          "node.kubernetes.io/exclude-from-external-load-balancers": "",
          ...props.labels,
        }
      : { "node-role.kubernetes.io/node": "", ...props.labels };
  const tags: Record<string, string> = {
    ...clusterTags(props.clusterName, props.autoScalingGroup),
    ...cloudLabels(props),
    "aws-node-termination-handler/managed": "",
    ...Object.fromEntries(Object.entries(labels).map(([key, value]) => [`${NODE_TEMPLATE}/label/${key}`, value])),
    ...Object.fromEntries(props.taints.map(taintTag)),
    ...(props.role === "control-plane"
      ? { "k8s.io/role/control-plane": "1", "k8s.io/role/master": "1" }
      : { "k8s.io/role/node": "1" }),
    "kops.k8s.io/instancegroup": props.group,
  };
  return Object.fromEntries(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function taintTag(taint: string): [string, string] {
  const [, key = "", value = "", effect = ""] = /^([^=:]+)(?:=([^:]*))?:(.+)$/.exec(taint) ?? [];
  return [`${NODE_TEMPLATE}/taint/${key}`, `${value}:${effect}`];
}
