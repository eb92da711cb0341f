import { Construct } from "../cdktf";
import { KopsApiLoadBalancer } from "./api-load-balancer";
import { KopsEtcdVolumes } from "./etcd-volumes";
import { KopsIam } from "./iam";
import { KopsInstanceGroup } from "./instance-group";
import { KopsNodeTermination } from "./node-termination";
import { KopsSecurityGroups } from "./security-groups";
import { instanceGroups, issuerHost, type KopsClusterSpec } from "./spec";

/** Properties of {@link KopsCluster}. */
export interface KopsClusterProps {
  /** What the cluster is made from. */
  readonly spec: KopsClusterSpec;
  /** Boot script of each instance group, base64, by the group's name. */
  readonly userData: Readonly<Record<string, string>>;
  /** Keep Terraform from destroying the etcd volumes. @default true */
  readonly protect?: boolean;
}

/** What a cluster hands to later stages. */
export interface KopsClusterExports {
  readonly name: string;
  readonly apiEndpoint: string;
  readonly oidcIssuer: string;
  readonly oidcProviderArn: string;
  readonly mastersSecurityGroupId: string;
  readonly nodesSecurityGroupId: string;
  readonly mastersRoleName: string;
  readonly nodesRoleName: string;
  /** Auto scaling group of each instance group, by the instance group's name. */
  readonly autoScalingGroupNames: Readonly<Record<string, string>>;
}

/**
 * The AWS resources of a kops cluster, equal in type, name, tags and arguments to those of kops' own Terraform target, so that kops
 * (`validate`, `rolling-update`, `get`) recognises the cluster as its own. What a node does when it boots stays kops' business: the
 * boot payload comes from `opsdx kops render`.
 */
export class KopsCluster extends Construct {
  /** What later stages use. */
  public readonly exports: KopsClusterExports;
  /** The instance groups by name. */
  public readonly groups: ReadonlyMap<string, KopsInstanceGroup>;
  /** The API load balancer. */
  public readonly api: KopsApiLoadBalancer;

  /** @throws Error when an instance group has no user data */
  public constructor(scope: Construct, id: string, props: KopsClusterProps) {
    super(scope, id);
    const { spec } = props;
    const securityGroups = new KopsSecurityGroups(this, "SecurityGroups", spec);
    const iam = new KopsIam(this, "Iam", spec);
    new KopsEtcdVolumes(this, "Etcd", { ...spec, protect: props.protect ?? true });
    new KopsNodeTermination(this, "NodeTermination", spec);
    this.api = new KopsApiLoadBalancer(this, "Api", { ...spec, securityGroupId: securityGroups.apiId });

    this.groups = new Map(
      instanceGroups(spec).map((group) => {
        const userData = props.userData[group.name];
        if (userData === undefined) {
          throw new Error(`${this.node.path}: userData must hold every instance group, got none for ${group.name}`);
        }
        const controlPlane = group.role === "control-plane";
        return [
          group.name,
          new KopsInstanceGroup(this, groupId(group.name), {
            cluster: spec,
            group,
            securityGroupIds: controlPlane
              ? [securityGroups.mastersId]
              : [securityGroups.nodesId, ...spec.nodeSecurityGroups],
            instanceProfileId: iam.instanceProfileIds[group.role],
            targetGroupIds: controlPlane ? [this.api.targetGroupId] : undefined,
            userData,
          }),
        ];
      }),
    );
    this.exports = {
      name: spec.name,
      apiEndpoint: `https://api.${spec.name}`,
      oidcIssuer: `https://${issuerHost(spec)}`,
      oidcProviderArn: iam.oidcProviderArn,
      mastersSecurityGroupId: securityGroups.mastersId,
      nodesSecurityGroupId: securityGroups.nodesId,
      mastersRoleName: iam.roleNames["control-plane"],
      nodesRoleName: iam.roleNames.node,
      autoScalingGroupNames: Object.fromEntries(
        [...this.groups].map(([name, group]) => [name, group.autoScalingGroupName]),
      ),
    };
  }
}

function groupId(name: string): string {
  return `Group${name
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("")}`;
}
