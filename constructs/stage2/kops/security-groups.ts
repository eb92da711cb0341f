import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { SecurityGroupRule } from "@cdktf/provider-aws/lib/security-group-rule";
import { Construct } from "../../shared/cdktf";
import { clusterTags } from "./names";
import type { KopsClusterSpec } from "./spec";

/** One end of a connection. */
type Peer = { readonly cidrBlocks: string[] } | { readonly sourceSecurityGroupId: string };

/** Protocol, first and last port (or ICMP type and code), and what for: the rule's description in AWS. */
type Traffic = readonly [protocol: string, from: number, to: number, why: string];

/**
 * kops' three security groups (API load balancer, control plane, nodes) and the rules between them. kops opens the way out to every address;
 * here it leads to the cluster's own machines only, and the rest is what stage1's matrix opens for its groups `node` and `master`
 * (docs/decisions/0023-nodes-call-whom-the-matrix-names.md).
 * @see https://github.com/kubernetes/kops/blob/v1.36.2/pkg/model/awsmodel/firewall.go
 */
export class KopsSecurityGroups extends Construct {
  /** Group of the API load balancer. */
  public readonly apiId: string;
  /** Group of the control plane. */
  public readonly mastersId: string;
  /** Group of the worker nodes. */
  public readonly nodesId: string;

  public constructor(scope: Construct, id: string, spec: KopsClusterSpec) {
    super(scope, id);
    const group = (groupId: string, prefix: string, description: string): string =>
      new SecurityGroup(this, groupId, {
        name: `${prefix}.${spec.name}`,
        description,
        vpcId: spec.vpc.id,
        tags: clusterTags(spec.name, `${prefix}.${spec.name}`),
      }).id;
    const api = group("Api", "api-elb", "Security group for api ELB");
    const masters = group("Masters", "masters", "Security group for masters");
    const nodes = group("Nodes", "nodes", "Security group for nodes");
    this.apiId = api;
    this.mastersId = masters;
    this.nodesId = nodes;

    const rule = (
      type: "ingress" | "egress",
      ruleId: string,
      securityGroupId: string,
      peer: Peer,
      traffic: Traffic,
    ) => {
      const [protocol, fromPort, toPort, description] = traffic;
      new SecurityGroupRule(this, ruleId, { type, securityGroupId, protocol, fromPort, toPort, description, ...peer });
    };
    const accept = (ruleId: string, group: string, from: string, traffic: Traffic): void =>
      rule("ingress", ruleId, group, { sourceSecurityGroupId: from }, traffic);
    const call = (ruleId: string, group: string, to: string, traffic: Traffic): void =>
      rule("egress", ruleId, group, { sourceSecurityGroupId: to }, traffic);
    const pathMtu: Traffic = ["icmp", 3, 4, "Path MTU discovery"];

    for (const cidr of spec.config.apiAccess) {
      const key = cidr.replace(/[./]/g, "x");
      const from = { cidrBlocks: [cidr] };
      rule("ingress", `ApiHttpsFrom${key}`, api, from, ["tcp", 443, 443, "Who may reach the API"]);
      rule("ingress", `ApiPathMtuFrom${key}`, api, from, pathMtu);
    }
    accept("ApiPathMtuFromMasters", api, masters, pathMtu);
    accept("MastersPathMtuFromApi", masters, api, pathMtu);
    accept("MastersHttpsFromApi", masters, api, ["tcp", 443, 443, "API requests and health checks"]);
    accept("MastersFromMasters", masters, masters, ["-1", 0, 0, "Control planes among themselves"]);
    accept("NodesFromMasters", nodes, masters, ["-1", 0, 0, "Control planes call kubelets and pods"]);
    accept("NodesFromNodes", nodes, nodes, ["-1", 0, 0, "Nodes and pods among themselves"]);
    const notEtcd = "Nodes reach everything of a control plane but etcd";
    accept("MastersTcpFromNodesBelowEtcd", masters, nodes, ["tcp", 1, 2379, notEtcd]);
    accept("MastersTcpFromNodesBetweenEtcd", masters, nodes, ["tcp", 2382, 4000, notEtcd]);
    accept("MastersTcpFromNodesAboveEtcd", masters, nodes, ["tcp", 4003, 65535, notEtcd]);
    accept("MastersUdpFromNodes", masters, nodes, ["udp", 1, 65535, notEtcd]);

    call("ApiCallsMasters", api, masters, ["tcp", 443, 443, "API requests and health checks"]);
    call("ApiPathMtuToMasters", api, masters, pathMtu);
    call("MastersPathMtuToApi", masters, api, pathMtu);
    call("MastersCallMasters", masters, masters, ["-1", 0, 0, "Control planes among themselves"]);
    call("MastersCallNodes", masters, nodes, ["-1", 0, 0, "Control planes call kubelets and pods"]);
    call("NodesCallNodes", nodes, nodes, ["-1", 0, 0, "Nodes and pods among themselves"]);
    call("NodesCallMasters", nodes, masters, ["-1", 0, 0, "Nodes call control planes, which accept all but etcd"]);
  }
}
