import { DefaultSecurityGroup } from "@cdktf/provider-aws/lib/default-security-group";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { Construct } from "../../shared/cdktf";
import { acknowledge } from "../../shared/policy/acknowledge";
import {
  portLabel,
  portRange,
  SECURITY_MATRIX,
  SECURITY_ROLES,
  type Peer,
  type SecurityRole,
  type SecurityRule,
} from "../../shared/network/security-matrix";
import { refuse } from "../../shared/props-error";

/** Properties of {@link SecurityGroups}. */
export interface SecurityGroupsProps {
  /** Start of every name, for example `opsdx-dev`. */
  readonly namePrefix: string;
  /** The VPC. */
  readonly vpcId: string;
  /** The VPC's address block: the peer `vpc`. */
  readonly vpcCidr: string;
  /** Who may connect to whom. @default SECURITY_MATRIX */
  readonly matrix?: readonly SecurityRule[];
}

const ANYWHERE = "0.0.0.0/0";

/** What AWS takes in a rule's description. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html */
const DESCRIPTION = /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/;

/** One word per role in AWS names, for example `web-load-balancer`. */
const kebabCase = (role: string): string => role.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const pascalCase = (role: string): string => role.charAt(0).toUpperCase() + role.slice(1);
const isRole = (peer: Peer): peer is SecurityRole => peer in SECURITY_ROLES;

/**
 * One security group per role, and for each line of the matrix an egress rule on the caller's group and an ingress rule on
 * the callee's. The VPC's default group is emptied. DNS, NTP and instance metadata need no rule: security groups don't
 * filter them.
 */
export class SecurityGroups extends Construct {
  /** Id of each role's group. */
  public readonly ids: Readonly<Record<SecurityRole, string>>;
  private readonly vpcCidr: string;

  /** @throws PropsError when two lines of the matrix say the same, or one's reason cannot be a description in AWS */
  public constructor(scope: Construct, id: string, props: SecurityGroupsProps) {
    super(scope, id);
    this.vpcCidr = props.vpcCidr;
    const matrix = props.matrix ?? SECURITY_MATRIX;
    refuse(this, matrixFaults(matrix));

    // Without rules in the configuration the provider removes those that AWS gives the default group.
    new DefaultSecurityGroup(this, "Default", {
      vpcId: props.vpcId,
      tags: { Name: `${props.namePrefix}-default-closed` },
    });

    this.ids = Object.fromEntries(
      Object.entries(SECURITY_ROLES).map(([role, description]) => {
        const name = `${props.namePrefix}-${kebabCase(role)}`;
        const group = new SecurityGroup(this, pascalCase(role), {
          name,
          description,
          vpcId: props.vpcId,
          tags: { Name: name },
        });
        return [role, group.id];
      }),
    ) as Record<SecurityRole, string>;

    for (const rule of matrix) {
      this.egress(rule);
      // A role's call to what the whole VPC may call needs no second ingress rule.
      if (rule.from === "vpc" || !matrix.some((other) => other.from === "vpc" && sameTarget(other, rule))) {
        this.ingress(rule);
      }
    }
  }

  private egress(rule: SecurityRule): void {
    const { from, to } = rule;
    if (!isRole(from)) return;
    new VpcSecurityGroupEgressRule(this, `Egress${ruleId(rule)}`, {
      securityGroupId: this.ids[from],
      ...this.peer(to),
      ...traffic(rule),
    });
  }

  private ingress(rule: SecurityRule): void {
    const { from, to } = rule;
    if (!isRole(to)) return;
    const resource = new VpcSecurityGroupIngressRule(this, `Ingress${ruleId(rule)}`, {
      securityGroupId: this.ids[to],
      ...this.peer(from),
      ...traffic(rule),
    });
    if (from === "internet") {
      acknowledge(
        resource,
        "SecurityGroupNoOpenIngress",
        `${rule.why}: the public front door, for which a load balancer with a web ACL stands in front of everything else`,
      );
    }
  }

  private peer(peer: Peer): { readonly cidrIpv4: string } | { readonly referencedSecurityGroupId: string } {
    if (peer === "internet") return { cidrIpv4: ANYWHERE };
    return peer === "vpc" ? { cidrIpv4: this.vpcCidr } : { referencedSecurityGroupId: this.ids[peer] };
  }
}

function matrixFaults(matrix: readonly SecurityRule[]): (string | false)[] {
  const ids = matrix.map(ruleId);
  return matrix.flatMap(({ why }, index) => {
    const id = ids[index] ?? "";
    return [
      ids.indexOf(id) < index && `matrix must name a connection once, got ${id} twice`,
      !DESCRIPTION.test(why) && `why must be a description that AWS takes, got "${why}"`,
    ];
  });
}

/** Id of a line of the matrix, for example `NodeToDbTcp5432`. */
function ruleId(rule: SecurityRule): string {
  const ports = portLabel(rule).replace(/^(.)(.*) /, (_, first: string, rest: string) => first.toUpperCase() + rest);
  return `${pascalCase(rule.from)}To${pascalCase(rule.to)}${ports.replace("-", "To")}`;
}

function sameTarget(a: SecurityRule, b: SecurityRule): boolean {
  return a.to === b.to && portLabel(a) === portLabel(b);
}

function traffic(rule: SecurityRule) {
  const [fromPort, toPort] = portRange(rule);
  return { ipProtocol: rule.protocol, fromPort, toPort, description: rule.why };
}
