import { MACHINE_TYPES } from "../../../../config/machine-types";
import type { ResourceModel } from "../../../../constructs/shared/policy/model";
import { REFERENCE_CONFIG, resourcesOf, specOf, synthCluster } from "./support";

const KEY = "arn:aws:kms:us-east-1:123456789012:key/volumes";
const synthesized = synthCluster(specOf());
const named = (type: string, name: string, stack = synthesized): ResourceModel => stack.one(type, { name });
const tagsOf = (group: ResourceModel): Record<string, string> =>
  Object.fromEntries((group.body["tag"] as { key: string; value: string }[]).map(({ key, value }) => [key, value]));

describe("etcd volumes", () => {
  const volumes = synthesized.ofType("aws_ebs_volume");

  it("are one for each etcd cluster and control-plane zone, encrypted with the account's key", () => {
    expect(volumes.map(({ body }) => [body["availability_zone"], (body["tags"] as { Name: string }).Name])).toEqual([
      ["us-east-1a", "a.etcd-main.k8s.dev.opsdx.io"],
      ["us-east-1c", "c.etcd-main.k8s.dev.opsdx.io"],
      ["us-east-1d", "d.etcd-main.k8s.dev.opsdx.io"],
      ["us-east-1a", "a.etcd-events.k8s.dev.opsdx.io"],
      ["us-east-1c", "c.etcd-events.k8s.dev.opsdx.io"],
      ["us-east-1d", "d.etcd-events.k8s.dev.opsdx.io"],
    ]);
    for (const { body } of volumes) {
      expect(body).toMatchObject({ encrypted: true, kms_key_id: KEY, type: "gp3", size: 20 });
    }
  });

  it("carry the tags by which etcd-manager finds them, and its peers", () => {
    expect(volumes.find(({ path }) => path.endsWith("/EventsC"))?.body["tags"]).toEqual({
      KubernetesCluster: "k8s.dev.opsdx.io",
      Name: "c.etcd-events.k8s.dev.opsdx.io",
      "k8s.io/etcd/events": "c/a,c,d",
      "k8s.io/role/control-plane": "1",
      "k8s.io/role/master": "1",
      "kubernetes.io/cluster/k8s.dev.opsdx.io": "owned",
    });
  });
});

describe("launch templates", () => {
  const templates = synthesized.ofType("aws_launch_template");

  it("are one for each instance group", () => {
    expect(templates.map(({ body }) => body["name"])).toEqual([
      "control-plane-us-east-1a.masters.k8s.dev.opsdx.io",
      "control-plane-us-east-1c.masters.k8s.dev.opsdx.io",
      "control-plane-us-east-1d.masters.k8s.dev.opsdx.io",
      "nodes.k8s.dev.opsdx.io",
      "etl.k8s.dev.opsdx.io",
      "web.k8s.dev.opsdx.io",
    ]);
  });

  it("ask for tokens at the instance metadata service, one hop away", () => {
    for (const { body } of templates) {
      expect(body["metadata_options"]).toMatchObject({
        http_endpoint: "enabled",
        http_tokens: "required",
        http_put_response_hop_limit: 1,
      });
    }
  });

  it("encrypt root volumes with the account's key, watch closely, and give no public address", () => {
    for (const { body } of templates) {
      expect(body).toMatchObject({
        block_device_mappings: [{ ebs: { encrypted: "true", kms_key_id: KEY, volume_type: "gp3" } }],
        monitoring: { enabled: true },
        network_interfaces: [{ associate_public_ip_address: "false" }],
      });
      expect(body["key_name"]).toBeUndefined();
    }
  });

  it("start from the group's own image, where it has one", () => {
    const etl = { ...REFERENCE_CONFIG.nodeGroups["nodes"], machineImage: "ami-0fedcba9876543210" };
    const nodeGroups = { ...REFERENCE_CONFIG.nodeGroups, etl } as typeof REFERENCE_CONFIG.nodeGroups;
    const stack = synthCluster(specOf({ ...REFERENCE_CONFIG, nodeGroups }));
    const image = (name: string) => named("aws_launch_template", `${name}.k8s.dev.opsdx.io`, stack).body["image_id"];
    expect([image("etl"), image("web")]).toEqual(["ami-0fedcba9876543210", "ami-0123456789abcdef0"]);
  });

  it("boot what the payload or the placeholder says", () => {
    expect(Buffer.from(String(templates[0]?.body["user_data"]), "base64").toString()).toBe("#!/bin/sh");
  });
});

describe("without a boot payload", () => {
  const refusal = "k8s.dev.opsdx.io has no boot payload. Run: npx opsdx kops render dev k8s";
  const refused = synthCluster(specOf(), { boot: { refusal } });

  it("every launch template refuses the plan and says what to run", () => {
    const preconditions = refused
      .ofType("aws_launch_template")
      .map(
        ({ body }) =>
          (body["lifecycle"] as { precondition: { condition: string; error_message: string }[] }).precondition,
      );
    expect(preconditions).toHaveLength(6);
    for (const [precondition] of preconditions) expect(precondition?.error_message).toBe(refusal);
  });

  it("the refusing condition is known when Terraform plans, and refers to something, as Terraform demands", () => {
    const locals = refused.json["locals"] as Record<string, unknown>;
    for (const { body } of refused.ofType("aws_launch_template")) {
      const { precondition } = body["lifecycle"] as { precondition: { condition: string }[] };
      const [, name = ""] = /^\$\{local\.([\w-]+)\}$/.exec(precondition[0]?.condition ?? "") ?? [];
      expect(locals[name]).toBe(false);
    }
  });

  it("with one, nothing refuses", () => {
    expect(JSON.stringify(synthesized.json)).not.toContain("precondition");
    expect(synthesized.json["locals"]).toBeUndefined();
  });
});

describe("auto scaling groups", () => {
  it("start control planes and nodes on their own subnets", () => {
    expect(
      named("aws_autoscaling_group", "control-plane-us-east-1c.masters.k8s.dev.opsdx.io").body["vpc_zone_identifier"],
    ).toEqual(["subnet-ec678e05e882529b0"]);
    expect(named("aws_autoscaling_group", "web.k8s.dev.opsdx.io").body["vpc_zone_identifier"]).toEqual([
      "subnet-bb1ab680250a5a52a",
      "subnet-3676c13fecb6ede22",
      "subnet-45881002a87a8118f",
    ]);
  });

  it("leave to the autoscaler and to later stages what those own", () => {
    expect(named("aws_autoscaling_group", "web.k8s.dev.opsdx.io").body["lifecycle"]).toEqual({
      ignore_changes: ["desired_capacity", "load_balancers", "target_group_arns"],
    });
  });

  it("let the termination handler drain what goes", () => {
    expect(synthesized.ofType("aws_autoscaling_lifecycle_hook").map(({ body }) => body["heartbeat_timeout"])).toEqual(
      Array.from({ length: 6 }, () => 300),
    );
  });

  it("live as long as config says", () => {
    const web = { machineType: "m5.large", minSize: 2, maxSize: 6, maxInstanceLifetimeDays: 30 };
    const stack = synthCluster(specOf({ ...REFERENCE_CONFIG, nodeGroups: { web } }));
    const group = named("aws_autoscaling_group", "web.k8s.dev.opsdx.io", stack);
    expect(group.body["max_instance_lifetime"]).toBe(30 * 24 * 3600);
  });
});

describe("a GPU group that starts from nothing", () => {
  const gpu = {
    machineType: "g5.xlarge",
    minSize: 0,
    maxSize: 2,
    gpu: true,
    labels: { opsdx_nodegroup: "gpu" },
    mixedInstances: {
      machineTypes: ["g5.xlarge", "g5.2xlarge"],
      onDemandBase: 0,
      onDemandAboveBasePercent: 25,
    },
  };
  const stack = synthCluster(specOf({ ...REFERENCE_CONFIG, nodeGroups: { gpu } }));
  const group = named("aws_autoscaling_group", "gpu.k8s.dev.opsdx.io", stack);

  it("has no node at first, and tags that tell the autoscaler what a node would be", () => {
    expect(group.body).toMatchObject({ min_size: 0, max_size: 2 });
    expect(tagsOf(group)).toMatchObject({
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/gpu": "1",
      "k8s.io/cluster-autoscaler/node-template/label/k8s.amazonaws.com/accelerator": "nvidia",
      "k8s.io/cluster-autoscaler/node-template/label/opsdx_nodegroup": "gpu",
      "k8s.io/cluster-autoscaler/node-template/resources/nvidia.com/gpu": "1",
      "k8s.io/cluster-autoscaler/node-template/taint/nvidia.com/gpu": ":NoSchedule",
    });
  });

  it("mixes types and prices as config says", () => {
    expect(group.body["launch_template"]).toBeUndefined();
    expect(group.body["mixed_instances_policy"]).toMatchObject({
      instances_distribution: {
        on_demand_base_capacity: 0,
        on_demand_percentage_above_base_capacity: 25,
        spot_allocation_strategy: "price-capacity-optimized",
      },
      launch_template: { override: [{ instance_type: "g5.xlarge" }, { instance_type: "g5.2xlarge" }] },
    });
  });

  it("maps the disks that come with the machine", () => {
    const mappings = named("aws_launch_template", "gpu.k8s.dev.opsdx.io", stack).body["block_device_mappings"];
    expect(mappings).toHaveLength(1 + (MACHINE_TYPES["g5.xlarge"]?.instanceStoreDisks ?? 0));
    expect(mappings).toContainEqual({ device_name: "/dev/sdc", virtual_name: "ephemeral0" });
  });
});

describe("who may reach what", () => {
  it("the API answers config's networks only, and nothing answers SSH", () => {
    const rules = synthesized.ofType("aws_security_group_rule").map(({ body }) => body);
    const open = rules.filter(({ type, cidr_blocks }) => type === "ingress" && cidr_blocks !== undefined);
    expect(new Set(open.map(({ cidr_blocks }) => JSON.stringify(cidr_blocks)))).toEqual(new Set(['["10.0.0.0/16"]']));
    expect(rules.filter(({ type, from_port }) => type === "ingress" && from_port === 22)).toEqual([]);
  });

  it("etcd's ports are closed to nodes", () => {
    const open = synthesized
      .ofType("aws_security_group_rule")
      .filter(({ path, body }) => /MastersTcpFromNodes/.test(path) && body["type"] === "ingress")
      .map(({ body }): [number, number] => [Number(body["from_port"]), Number(body["to_port"])]);
    for (const port of [2380, 2381, 4001, 4002]) {
      expect(open.filter(([from, to]) => from <= port && port <= to)).toEqual([]);
    }
    expect(open).toHaveLength(3);
  });

  it("every way out leads to a machine of the cluster: the rest is what stage1's matrix opens", () => {
    const rules = synthesized.ofType("aws_security_group_rule").filter(({ body }) => body["type"] === "egress");
    const groups = synthesized.ofType("aws_security_group").map(({ address }) => `\${${address}.id}`);
    expect(groups).toHaveLength(3);
    const name = (reference: unknown): string => /SecurityGroups_(\w+?)_/.exec(String(reference))?.[1] ?? "unknown";
    const ways = rules.map(({ body }) => {
      expect(groups).toContain(body["source_security_group_id"]);
      expect([body["cidr_blocks"], body["ipv6_cidr_blocks"], body["prefix_list_ids"]]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      return `${name(body["security_group_id"])} to ${name(body["source_security_group_id"])}: ${String(body["protocol"])} ${String(body["from_port"])}`;
    });
    expect(ways.sort()).toEqual([
      "Api to Masters: icmp 3",
      "Api to Masters: tcp 443",
      "Masters to Api: icmp 3",
      "Masters to Masters: -1 0",
      "Masters to Nodes: -1 0",
      "Nodes to Masters: -1 0",
      "Nodes to Nodes: -1 0",
    ]);
  });

  it("service accounts take their role only as themselves", () => {
    const role = named("aws_iam_role", "grafana.monitoring.sa.k8s.dev.opsdx.io");
    const { Statement } = JSON.parse(String(role.body["assume_role_policy"])) as { Statement: unknown[] };
    expect(Statement).toEqual([
      {
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: {
            "opsdx-dev-oidc.s3.us-east-1.amazonaws.com/k8s.dev.opsdx.io:sub":
              "system:serviceaccount:monitoring:grafana",
          },
        },
        Effect: "Allow",
        Principal: {
          Federated:
            "arn:aws:iam::123456789012:oidc-provider/opsdx-dev-oidc.s3.us-east-1.amazonaws.com/k8s.dev.opsdx.io",
        },
      },
    ]);
  });
});

describe("the finished tree", () => {
  it("has no open policy finding but the alarms, which stand beside it in ClusterOperations", () => {
    const open = synthesized.findings().filter(({ acknowledged }) => acknowledged === undefined);
    const groups = ["ControlPlaneUsEast1a", "ControlPlaneUsEast1c", "ControlPlaneUsEast1d", "Nodes", "Etl", "Web"];
    expect(open.map(({ path, rule }) => `${path} ${rule}`)).toEqual([
      ...groups.map(
        (group) => `test/K8s/Group${group}/Resource RecommendedAlarm[AWS/AutoScaling GroupInServiceCapacity]`,
      ),
      "test/K8s/NodeTermination/Resource RecommendedAlarm[AWS/SQS ApproximateNumberOfMessagesVisible]",
    ]);
  });

  it("is the same twice", () => {
    expect(resourcesOf(synthCluster(specOf()))).toEqual(resourcesOf(synthesized));
  });

  it("names the zone that has no subnet", () => {
    const controlPlane = { zones: ["us-east-1b"], machineType: "t3.medium" };
    expect(() => synthCluster(specOf({ ...REFERENCE_CONFIG, controlPlane }))).toThrow(
      "zone must be one of us-east-1a, us-east-1c, us-east-1d, got us-east-1b",
    );
  });
});
