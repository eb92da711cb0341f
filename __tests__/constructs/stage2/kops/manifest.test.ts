import { parse, parseAllDocuments } from "yaml";
import { kopsManifest, renderManifest, toYaml, type KopsDocument } from "../../../../constructs/stage2/kops/manifest";
import { REFERENCE_CONFIG, specOf, synthCluster } from "./support";
import { HOSTILE_NAMES } from "../../../recipes/hostile";

/** A part of a document by its path, for example `api.loadBalancer.type`. */
function at(document: KopsDocument | undefined, place: string): unknown {
  return place
    .split(".")
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document?.spec);
}
const clusterOf = (spec = specOf()) => kopsManifest(spec)[0];
const groupOf = (name: string, spec = specOf()) => kopsManifest(spec).find(({ metadata }) => metadata.name === name);

const GPU = {
  machineType: "g5.xlarge",
  minSize: 0,
  maxSize: 2,
  gpu: true,
  mixedInstances: { machineTypes: ["g5.xlarge", "g5.2xlarge"], onDemandBase: 0, onDemandAboveBasePercent: 25 },
};

describe("the documents", () => {
  it("are the cluster, its control planes by zone, then its groups", () => {
    expect(kopsManifest(specOf()).map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      "Cluster k8s.dev.opsdx.io",
      "InstanceGroup control-plane-us-east-1a",
      "InstanceGroup control-plane-us-east-1c",
      "InstanceGroup control-plane-us-east-1d",
      "InstanceGroup nodes",
      "InstanceGroup etl",
      "InstanceGroup web",
    ]);
  });

  it("read back from text as they were", () => {
    const documents = parseAllDocuments(renderManifest(specOf())).map((document) => document.toJS() as unknown);
    expect(documents).toEqual(JSON.parse(JSON.stringify(kopsManifest(specOf()))));
  });

  it("say in every group which cluster it belongs to", () => {
    for (const { kind, metadata } of kopsManifest(specOf())) {
      expect(metadata.labels).toEqual(kind === "Cluster" ? undefined : { "kops.k8s.io/cluster": "k8s.dev.opsdx.io" });
    }
  });
});

describe("hardening", () => {
  const cluster = clusterOf();

  it("leaves SSH shut, and lets people in by Session Manager", () => {
    expect(at(cluster, "sshAccess")).toEqual([]);
    const ssm = ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"];
    expect(at(cluster, "externalPolicies")).toEqual({ master: ssm, node: ssm });
  });

  it("opens the API inside only", () => {
    expect(at(cluster, "api.loadBalancer")).toMatchObject({ class: "Network", type: "Internal" });
    expect(at(cluster, "kubernetesApiAccess")).toEqual(["10.0.0.0/16"]);
    expect(at(cluster, "kubelet.anonymousAuth")).toBe(false);
    expect(at(cluster, "authorization")).toEqual({ rbac: {} });
  });

  it("encrypts every volume with the account's key", () => {
    const members = (at(cluster, "etcdClusters") as { etcdMembers: object[] }[]).flatMap(
      ({ etcdMembers }) => etcdMembers,
    );
    expect(members).toHaveLength(6);
    const key = "arn:aws:kms:us-east-1:123456789012:key/volumes";
    for (const member of members) expect(member).toMatchObject({ encryptedVolume: true, kmsKeyId: key });
    for (const name of ["control-plane-us-east-1a", "nodes"]) {
      expect(groupOf(name)?.spec).toMatchObject({ rootVolumeEncryption: true, rootVolumeEncryptionKey: key });
    }
  });

  it("encrypts what pods say to pods of other nodes", () => {
    expect(at(cluster, "networking")).toEqual({ cilium: { enableEncryption: true, encryptionType: "wireguard" } });
  });

  it("bounds the roles that kops makes", () => {
    expect(at(cluster, "iam.permissionsBoundary")).toBe("arn:aws:iam::123456789012:policy/opsdx-boundary");
  });
});

test("etcd tells how it does on ports of its own, which nodes reach and etcd's clients do not use", () => {
  const etcds = at(clusterOf(), "etcdClusters") as { name: string; manager: { listenMetricsURLs: string[] } }[];
  expect(etcds.map(({ name, manager }) => [name, manager.listenMetricsURLs])).toEqual([
    ["main", ["http://0.0.0.0:2382"]],
    ["events", ["http://0.0.0.0:2383"]],
  ]);
});

describe("the audit policy", () => {
  const [file] = at(clusterOf(), "fileAssets") as { path: string; roles: string[]; content: string }[];
  const policy = parse(file?.content ?? "") as {
    kind: string;
    rules: { level: string; userGroups?: string[]; resources?: { group: string; resources?: string[] }[] }[];
  };

  it("lies where the API server looks for it, on control planes", () => {
    expect(file?.roles).toEqual(["ControlPlane"]);
    expect(at(clusterOf(), "kubeAPIServer.auditPolicyFile")).toBe(file?.path);
    expect(at(clusterOf(), "kubeAPIServer.auditLogPath")).toBe("/var/log/kube-apiserver-audit/audit.log");
  });

  it("records that secrets were touched, never what they hold", () => {
    expect(policy.kind).toBe("Policy");
    const first = policy.rules.find(({ resources = [] }) =>
      resources.some((resource) => resource.group === "" && (resource.resources ?? ["secrets"]).includes("secrets")),
    );
    expect(first?.level).toBe("Metadata");
    expect(policy.rules.map(({ level }) => level)).not.toContain("RequestResponse");
  });

  it("records that keys and tokens were touched before a rule leaves out who looks all day", () => {
    const index = (test: (rule: (typeof policy.rules)[number]) => boolean) => policy.rules.findIndex(test);
    const named = (group: string, resource: string) => (rule: (typeof policy.rules)[number]) =>
      rule.level === "Metadata" &&
      (rule.resources ?? []).some((each) => each.group === group && each.resources?.includes(resource) === true);
    const addons = index(
      ({ level, userGroups }) => level === "None" && userGroups?.[0] === "system:serviceaccounts:kube-system",
    );
    for (const [group, resource] of [
      ["", "secrets"],
      ["", "configmaps"],
      ["", "serviceaccounts/token"],
      ["authentication.k8s.io", "tokenreviews"],
    ] as const) {
      const at_ = index(named(group, resource));
      expect(at_).toBeGreaterThanOrEqual(0);
      expect(at_).toBeLessThan(addons);
    }
  });

  it("records whatever no other rule names", () => {
    expect(policy.rules.at(-1)).toEqual({ level: "Metadata" });
  });
});

describe("who is who", () => {
  it("maps AWS roles of the environment's account to users", () => {
    expect(at(clusterOf(), "authentication.aws")).toEqual({
      backendMode: "CRD",
      clusterID: "k8s.dev.opsdx.io",
      identityMappings: [
        {
          arn: "arn:aws:iam::123456789012:role/opsdx-dev-etl-launcher",
          username: "etl-launcher",
          groups: ["opsdx:etl-launchers"],
        },
      ],
    });
  });

  it("gives service accounts roles with policies of the account", () => {
    expect(at(clusterOf(), "iam")).toMatchObject({
      useServiceAccountExternalPermissions: true,
      serviceAccountExternalPermissions: [
        {
          namespace: "monitoring",
          name: "grafana",
          aws: { policyARNs: ["arn:aws:iam::123456789012:policy/opsdx-dev-grafana"] },
        },
      ],
    });
    expect(at(clusterOf(), "serviceAccountIssuerDiscovery")).toEqual({
      discoveryStore: "s3://opsdx-dev-oidc/k8s.dev.opsdx.io",
      enableAWSOIDCProvider: true,
    });
  });
});

describe("shared subnets", () => {
  it("keep stage1's ids and blocks, and lead out by stage1's routes", () => {
    const subnets = at(clusterOf(), "subnets") as { name: string }[];
    expect(subnets.map(({ name }) => name)).toEqual([
      ...["us-east-1a", "us-east-1c", "us-east-1d"],
      ...["master-us-east-1a", "master-us-east-1c", "master-us-east-1d"],
      ...["utility-us-east-1a", "utility-us-east-1c", "utility-us-east-1d"],
    ]);
    expect(subnets[3]).toEqual({
      cidr: "10.0.128.0/24",
      egress: "External",
      id: "subnet-55a49fcf6d29d22e9",
      name: "master-us-east-1a",
      type: "Private",
      zone: "us-east-1a",
    });
    expect(subnets[6]).not.toHaveProperty("egress");
  });
});

describe("groups", () => {
  it("carry labels and taints", () => {
    expect(groupOf("etl")?.spec).toMatchObject({
      role: "Node",
      machineType: "m5.xlarge",
      minSize: 1,
      maxSize: 3,
      nodeLabels: { opsdx_nodegroup: "etl" },
      taints: ["opsdx_nodegroup=etl:NoSchedule"],
      subnets: ["us-east-1a", "us-east-1c", "us-east-1d"],
      detailedInstanceMonitoring: true,
    });
    expect(groupOf("nodes")?.spec).not.toHaveProperty("taints");
  });

  it("join the security groups of their role, and those that one of them has more", () => {
    const securityGroups = {
      api: ["sg-api"],
      master: ["sg-master"],
      node: ["sg-node"],
      workers: { nodes: ["sg-more"] },
    };
    const spec = specOf(REFERENCE_CONFIG, { securityGroups });
    const joined = ["nodes", "etl", "control-plane-us-east-1a"].map((name) => [
      name,
      groupOf(name, spec)?.spec["additionalSecurityGroups"],
    ]);
    expect(Object.fromEntries(joined)).toEqual({
      nodes: ["sg-node", "sg-more"],
      etl: ["sg-node"],
      "control-plane-us-east-1a": ["sg-master"],
    });
    const stack = synthCluster(spec);
    const template = stack.one("aws_launch_template", { name: "nodes.k8s.dev.opsdx.io" });
    expect(template.body["network_interfaces"]).toEqual([
      expect.objectContaining({ security_groups: [expect.any(String), "sg-node", "sg-more"] }),
    ]);
  });

  it("stand in the zones that config names, in order", () => {
    const etl = { machineType: "m5.xlarge", minSize: 1, maxSize: 3, zones: ["us-east-1d", "us-east-1a"] };
    const spec = specOf({ ...REFERENCE_CONFIG, nodeGroups: { etl } });
    expect(groupOf("etl", spec)?.spec["subnets"]).toEqual(["us-east-1a", "us-east-1d"]);
  });

  it("mix types and prices", () => {
    const spec = specOf({ ...REFERENCE_CONFIG, nodeGroups: { gpu: GPU } });
    expect(groupOf("gpu", spec)?.spec["mixedInstancesPolicy"]).toEqual({
      instances: ["g5.xlarge", "g5.2xlarge"],
      onDemandBase: 0,
      onDemandAboveBase: 25,
      spotAllocationStrategy: "price-capacity-optimized",
    });
    expect(groupOf("nodes")?.spec).not.toHaveProperty("mixedInstancesPolicy");
  });

  it("grow where the least is wasted, or by priority where a group has one, by its whole name", () => {
    expect(at(clusterOf(), "clusterAutoscaler")).toEqual({
      enabled: true,
      balanceSimilarNodeGroups: true,
      expander: "least-waste",
    });
    const { nodes } = REFERENCE_CONFIG.nodeGroups;
    const spot = { ...GPU, priority: 20 };
    const onDemand = { machineType: "g5.xlarge", minSize: 0, maxSize: 1, gpu: true, priority: 10 };
    const nodeGroups = { ...(nodes && { nodes }), gpu: spot, "gpu-ondemand": onDemand };
    const spec = specOf({ ...REFERENCE_CONFIG, nodeGroups });
    expect(at(clusterOf(spec), "clusterAutoscaler")).toEqual({
      enabled: true,
      balanceSimilarNodeGroups: true,
      expander: "priority",
      customPriorityExpanderConfig: {
        "0": ["^nodes\\.k8s\\.dev\\.opsdx\\.io$"],
        "10": ["^gpu-ondemand\\.k8s\\.dev\\.opsdx\\.io$"],
        "20": ["^gpu\\.k8s\\.dev\\.opsdx\\.io$"],
      },
    });
  });

  it("start from an image of their own, or from the cluster's", () => {
    const { nodes } = REFERENCE_CONFIG.nodeGroups;
    if (nodes === undefined) throw new Error("no group nodes");
    const nodeGroups = { nodes, etl: { ...nodes, machineImage: "ami-0fedcba9876543210" } };
    const spec = specOf({ ...REFERENCE_CONFIG, nodeGroups });
    expect(["control-plane-us-east-1a", "nodes", "etl"].map((name) => groupOf(name, spec)?.spec["image"])).toEqual([
      "ami-0123456789abcdef0",
      "ami-0123456789abcdef0",
      "ami-0fedcba9876543210",
    ]);
  });

  it("live for days, which kops takes in hours", () => {
    const web = { machineType: "m5.large", minSize: 2, maxSize: 6, maxInstanceLifetimeDays: 30 };
    const spec = specOf({ ...REFERENCE_CONFIG, nodeGroups: { web } });
    expect(groupOf("web", spec)?.spec["maxInstanceLifetime"]).toBe("720h");
  });

  it("get the GPU driver through the cluster, where kops 1.36.2 can render it", () => {
    const spec = specOf({ ...REFERENCE_CONFIG, nodeGroups: { gpu: GPU } });
    expect(at(clusterOf(spec), "containerd")).toEqual({ nvidiaGPU: { enabled: true } });
    expect(groupOf("gpu", spec)?.spec).toMatchObject({
      cloudLabels: { "k8s.io/cluster-autoscaler/node-template/resources/nvidia.com/gpu": "1" },
      nodeLabels: { "kops.k8s.io/gpu": "1", "k8s.amazonaws.com/accelerator": "nvidia" },
      taints: ["nvidia.com/gpu:NoSchedule"],
    });
    expect(groupOf("gpu", spec)?.spec).not.toHaveProperty("containerd");
    expect(at(clusterOf(), "containerd")).toBeUndefined();
  });

  it("is read by YAML 1.1 as it was written: what looks like another type is quoted", () => {
    const names = [
      ...HOSTILE_NAMES.filter((name) => name !== "__proto__"),
      "1.30",
      "0o1_0",
      "0b11",
      "1_0.5",
      "_1",
      ".5",
      "NaN",
      "Y",
      "yes",
      "~",
      "=",
    ];
    const value = Object.fromEntries(names.map((name) => [name, [name, { [name]: name }]]));
    expect(parse(toYaml(value), { version: "1.1" })).toEqual(value);
    // kops' parser takes more for numbers than YAML 1.1 does.
    for (const name of ["0o7", "0o1_0", "0b11", "1e3", "1_0.5"]) expect(toYaml([name])).toBe(`- "${name}"\n`);
    for (const name of ["1.36.3", "10.0.0.0/16", "db.m7g.large", "2x"]) expect(toYaml([name])).toBe(`- ${name}\n`);
  });
});
