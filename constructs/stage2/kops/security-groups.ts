import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { SecurityGroupRule } from "@cdktf/provider-aws/lib/security-group-rule";
import { Construct } from "../../shared/cdktf";
import { clusterTags } from "./names";
import type { KopsClusterSpec } from "./spec";

/**
 * kops' three security groups (API load balancer, control plane, nodes) and the rules between them.
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
      ruleId: string,
      securityGroupId: string,
      protocol: string,
      [fromPort, toPort]: readonly [number, number],
      peer: { cidrBlocks?: string[]; ipv6CidrBlocks?: string[]; sourceSecurityGroupId?: string },
      type: "ingress" | "egress" = "ingress",
    ): void => {
      new SecurityGroupRule(this, ruleId, { type, securityGroupId, protocol, fromPort, toPort, ...peer });
    };
    const from = (sourceSecurityGroupId: string) => ({ sourceSecurityGroupId });
    const everywhere = [
      ["Api", api],
      ["Masters", masters],
      ["Nodes", nodes],
    ] as const;
    for (const [name, securityGroup] of everywhere) {
      rule(`${name}EgressIpv4`, securityGroup, "-1", [0, 0], { cidrBlocks: ["0.0.0.0/0"] }, "egress");
      rule(`${name}EgressIpv6`, securityGroup, "-1", [0, 0], { ipv6CidrBlocks: ["::/0"] }, "egress");
    }
    for (const cidr of spec.config.apiAccess) {
      const key = cidr.replace(/[./]/g, "x");
      rule(`ApiHttpsFrom${key}`, api, "tcp", [443, 443], { cidrBlocks: [cidr] });
      rule(`ApiPathMtuFrom${key}`, api, "icmp", [3, 4], { cidrBlocks: [cidr] });
    }
    rule("ApiPathMtuFromMasters", api, "icmp", [3, 4], from(masters));
    rule("MastersPathMtuFromApi", masters, "icmp", [3, 4], from(api));
    rule("MastersHttpsFromApi", masters, "tcp", [443, 443], from(api));
    rule("MastersFromMasters", masters, "-1", [0, 0], from(masters));
    rule("NodesFromMasters", nodes, "-1", [0, 0], from(masters));
    rule("NodesFromNodes", nodes, "-1", [0, 0], from(nodes));
    // Nodes reach everything of the control plane but etcd's ports 2380, 2381, 4001 and 4002.
    rule("MastersTcpFromNodesBelowEtcd", masters, "tcp", [1, 2379], from(nodes));
    rule("MastersTcpFromNodesBetweenEtcd", masters, "tcp", [2382, 4000], from(nodes));
    rule("MastersTcpFromNodesAboveEtcd", masters, "tcp", [4003, 65535], from(nodes));
    rule("MastersUdpFromNodes", masters, "udp", [1, 65535], from(nodes));
  }
}
