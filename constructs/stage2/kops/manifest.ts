import { Document, Scalar, visit } from "yaml";
import { roleArn } from "../../../config/names";
import { AUDIT_LOG_FILE, AUDIT_LOG_FOLDER } from "../../shared/kubernetes/audit-log";
import { ETCD_CLUSTERS } from "./etcd-volumes";
import { SSM_POLICY_ARN } from "./iam";
import { cloudLabels } from "./names";
import { instanceGroups, zoneLetter, type InstanceGroupSpec, type KopsClusterSpec } from "./spec";

const API_VERSION = "kops.k8s.io/v1alpha2";

/** Where the audit policy lies on a control plane. */
const AUDIT_POLICY_FILE = "/srv/kubernetes/kube-apiserver/audit/policy-config.yaml";

/** Ports of control planes on which etcd tells how it does. */
export const ETCD_METRICS_PORTS = { main: 2382, events: 2383 } as const;

/**
 * What the API server records: who touched what, never the contents of secrets, and nothing of the noise that the cluster makes
 * with itself. Without a policy file nothing is recorded at all. The first rule that fits decides.
 * @see https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
 */
export const AUDIT_POLICY = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [
    { level: "None", nonResourceURLs: ["/healthz*", "/livez*", "/readyz*", "/version", "/metrics"] },
    { level: "None", resources: [{ group: "", resources: ["events"] }, { group: "events.k8s.io" }] },
    {
      level: "None",
      users: ["system:apiserver", "system:kube-controller-manager", "system:kube-scheduler"],
      verbs: ["get", "list", "watch"],
    },
    { level: "None", userGroups: ["system:nodes"], verbs: ["get", "list", "watch"] },
    {
      level: "None",
      userGroups: ["system:nodes"],
      resources: [{ group: "", resources: ["nodes/status", "pods/status"] }],
    },
    { level: "None", resources: [{ group: "coordination.k8s.io", resources: ["leases"] }] },
    {
      level: "Metadata",
      resources: [
        { group: "", resources: ["secrets", "configmaps", "serviceaccounts/token"] },
        { group: "authentication.k8s.io", resources: ["tokenreviews"] },
      ],
    },
    // kops' addons look at the cluster all day, and Cilium writes down where each pod is.
    { level: "None", userGroups: ["system:serviceaccounts:kube-system"], verbs: ["get", "list", "watch"] },
    { level: "None", userGroups: ["system:serviceaccounts:kube-system"], resources: [{ group: "cilium.io" }] },
    {
      level: "Request",
      verbs: ["create", "update", "patch", "delete", "deletecollection"],
      resources: [{ group: "" }, { group: "apps" }, { group: "batch" }, { group: "rbac.authorization.k8s.io" }],
    },
    { level: "Metadata" },
  ],
};

/** One document of a kops manifest. */
export interface KopsDocument {
  /** Version of kops' API. */
  readonly apiVersion: string;
  /** What it describes. */
  readonly kind: "Cluster" | "InstanceGroup";
  /** Name, and for an instance group the label that names its cluster. */
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  /** The description, as kops' reference has it. */
  readonly spec: Readonly<Record<string, unknown>>;
}

/** The documents that describe a cluster to kops: the cluster, then its instance groups. */
export function kopsManifest(spec: KopsClusterSpec): readonly KopsDocument[] {
  return [
    { apiVersion: API_VERSION, kind: "Cluster", metadata: { name: spec.name }, spec: clusterSpec(spec) },
    ...instanceGroups(spec).map((group) => ({
      apiVersion: API_VERSION,
      kind: "InstanceGroup" as const,
      metadata: { name: group.name, labels: { "kops.k8s.io/cluster": spec.name } },
      spec: instanceGroupSpec(spec, group),
    })),
  ];
}

/** A manifest as text, for `kops create -f` and `kops replace -f`. */
export function renderManifest(spec: KopsClusterSpec): string {
  return kopsManifest(spec)
    .map((document) => `---\n${toYaml(document)}`)
    .join("");
}

/**
 * YAML whose texts are texts to readers of every version. kops reads YAML 1.1, in which `y` and `on` are booleans and `1_000` is a
 * number; what its parser takes for a number beyond that is quoted, too.
 * @see https://github.com/kubernetes-sigs/yaml/blob/v1.6.0/goyaml.v2/resolve.go
 */
export function toYaml(value: object): string {
  const document = new Document(value, { aliasDuplicateObjects: false, compat: "yaml-1.1" });
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === "string" && isNumeric(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document.toString({ lineWidth: 0 });
}

const isNumeric = (text: string): boolean => {
  const plain = text.replaceAll("_", "").replace(/^[-+]/, "");
  return plain.trim() !== "" && !Number.isNaN(Number(plain));
};

function clusterSpec(spec: KopsClusterSpec): Record<string, unknown> {
  const { account, config, name } = spec;
  const masterZones = [...config.controlPlane.zones].sort();
  return {
    api: {
      loadBalancer: {
        class: "Network",
        type: "Internal",
        additionalSecurityGroups: spec.securityGroups.api,
        subnets: masterZones.map((zone) => ({ name: `master-${zone}` })),
      },
    },
    authentication: {
      aws: {
        // Without CRDs the authenticator waits for a ConfigMap that nobody makes.
        backendMode: "CRD",
        clusterID: name,
        identityMappings: spec.identities.map(({ roleName, username, groups }) => ({
          arn: roleArn(account.id, roleName),
          username,
          groups,
        })),
      },
    },
    authorization: { rbac: {} },
    awsLoadBalancerController: { enabled: true },
    certManager: { enabled: true },
    channel: "stable",
    cloudProvider: "aws",
    clusterAutoscaler: clusterAutoscaler(spec),
    // On the cluster: asked for on the group alone, kops 1.36.2 fails to render the device plugin. It acts on GPU machine types only.
    ...(Object.values(config.nodeGroups).some(({ gpu }) => gpu)
      ? { containerd: { nvidiaGPU: { enabled: true } } }
      : {}),
    configBase: `s3://${spec.stateBucket}/${name}`,
    dnsZone: spec.dnsZone.name,
    etcdClusters: ETCD_CLUSTERS.map((etcd) => ({
      name: etcd,
      manager: {
        backupRetentionDays: config.etcd.backupRetentionDays,
        // Numbers without a client certificate, and no keys or values. The scheduler and the controller manager serve theirs by themselves.
        listenMetricsURLs: [`http://0.0.0.0:${ETCD_METRICS_PORTS[etcd]}`],
      },
      etcdMembers: masterZones.map((zone) => ({
        name: zoneLetter(zone),
        instanceGroup: `control-plane-${zone}`,
        encryptedVolume: true,
        kmsKeyId: spec.volumeKeyArn,
        volumeSize: config.etcd.volumeGib,
      })),
    })),
    // Sessions by AWS Systems Manager instead of SSH.
    externalPolicies: { master: [SSM_POLICY_ARN], node: [SSM_POLICY_ARN] },
    fileAssets: [
      { name: "audit-policy", path: AUDIT_POLICY_FILE, roles: ["ControlPlane"], content: toYaml(AUDIT_POLICY) },
    ],
    iam: {
      allowContainerRegistry: true,
      permissionsBoundary: spec.permissionsBoundaryArn,
      useServiceAccountExternalPermissions: true,
      serviceAccountExternalPermissions: config.serviceAccounts.map((account_) => ({
        namespace: account_.namespace,
        name: account_.name,
        aws: { policyARNs: account_.policyNames.map((policy) => `arn:aws:iam::${account.id}:policy/${policy}`) },
      })),
    },
    kubeAPIServer: {
      auditPolicyFile: AUDIT_POLICY_FILE,
      auditLogPath: `${AUDIT_LOG_FOLDER}/${AUDIT_LOG_FILE}`,
      auditLogMaxAge: 10,
      auditLogMaxBackups: 3,
      auditLogMaxSize: 100,
    },
    kubelet: { anonymousAuth: false },
    kubernetesApiAccess: config.apiAccess,
    kubernetesVersion: config.kubernetesVersion,
    metricsServer: { enabled: true, insecure: false },
    networkCIDR: spec.vpc.cidr,
    networkID: spec.vpc.id,
    // What pods say to pods of another node travels encrypted.
    networking: { cilium: { enableEncryption: true, encryptionType: "wireguard" } },
    nodeProblemDetector: { enabled: true },
    nonMasqueradeCIDR: "100.64.0.0/10",
    podIdentityWebhook: { enabled: true },
    serviceAccountIssuerDiscovery: {
      discoveryStore: `s3://${spec.discoveryBucket}/${name}`,
      enableAWSOIDCProvider: true,
    },
    sshAccess: [],
    subnets: [
      ...subnets(spec, "node", "Private", (zone) => zone),
      ...subnets(spec, "master", "Private", (zone) => `master-${zone}`),
      ...subnets(spec, "utility", "Utility", (zone) => `utility-${zone}`),
    ],
    topology: { dns: { type: "Public" } },
  };
}

/**
 * Which group grows. With priorities, each is a list of patterns on the names of auto scaling groups, which must match them whole.
 * @see https://github.com/kubernetes/autoscaler/blob/cluster-autoscaler-1.36.0/cluster-autoscaler/expander/priority/readme.md
 */
function clusterAutoscaler({ config, name }: KopsClusterSpec): Record<string, unknown> {
  const shared = { enabled: true, balanceSimilarNodeGroups: true };
  const groups = Object.entries(config.nodeGroups);
  if (groups.every(([, { priority }]) => priority === undefined)) return { ...shared, expander: "least-waste" };
  const pattern = (group: string): string => `^${`${group}.${name}`.replaceAll(".", "\\.")}$`;
  const priorities = [...new Set(groups.map(([, { priority = 0 }]) => priority))].sort((a, b) => a - b);
  const patterns = priorities.map((each) => [
    each,
    groups.filter(([, { priority = 0 }]) => priority === each).map(([group]) => pattern(group)),
  ]);
  return { ...shared, expander: "priority", customPriorityExpanderConfig: Object.fromEntries(patterns) as object };
}

function subnets(
  spec: KopsClusterSpec,
  role: "node" | "master" | "utility",
  type: "Private" | "Utility",
  nameOf: (zone: string) => string,
): object[] {
  return Object.entries(spec.subnets[role])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([zone, { id, cidr }]) => ({
      cidr,
      id,
      name: nameOf(zone),
      type,
      zone,
      // kops makes no NAT gateway of its own: stage1's routes lead out.
      ...(type === "Private" ? { egress: "External" } : {}),
    }));
}

function instanceGroupSpec(cluster: KopsClusterSpec, group: InstanceGroupSpec): Record<string, unknown> {
  const { mixedInstances } = group;
  const controlPlane = group.role === "control-plane";
  return {
    role: controlPlane ? "Master" : "Node",
    image: group.machineImage,
    machineType: group.machineType,
    minSize: group.minSize,
    maxSize: group.maxSize,
    rootVolumeSize: group.rootVolumeGib,
    rootVolumeEncryption: true,
    rootVolumeEncryptionKey: cluster.volumeKeyArn,
    detailedInstanceMonitoring: true,
    subnets: group.zones.map((zone) => (controlPlane ? `master-${zone}` : zone)),
    ...(group.gpus > 0 ? { cloudLabels: cloudLabels(group) } : {}),
    ...(Object.keys(group.labels).length > 0 ? { nodeLabels: group.labels } : {}),
    ...(group.taints.length > 0 ? { taints: group.taints } : {}),
    additionalSecurityGroups: group.securityGroups,
    ...(group.maxInstanceLifetimeDays === undefined
      ? {}
      : { maxInstanceLifetime: `${group.maxInstanceLifetimeDays * 24}h` }),
    ...(mixedInstances === undefined
      ? {}
      : {
          mixedInstancesPolicy: {
            instances: mixedInstances.machineTypes,
            onDemandBase: mixedInstances.onDemandBase,
            onDemandAboveBase: mixedInstances.onDemandAboveBasePercent,
            spotAllocationStrategy: mixedInstances.spotAllocationStrategy,
          },
        }),
  };
}
