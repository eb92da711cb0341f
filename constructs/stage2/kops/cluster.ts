import { Construct } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import type { ClusterExports } from "../../shared/kubernetes/cluster";
import { refuse } from "../../shared/props-error";
import { KopsApiLoadBalancer } from "./api-load-balancer";
import { KopsBootFiles } from "./boot-files";
import { KopsEtcdVolumes } from "./etcd-volumes";
import { KopsIam } from "./iam";
import { KopsInstanceGroup } from "./instance-group";
import { KopsNodeTermination } from "./node-termination";
import { userDataOf, type BootPayload } from "./payload";
import { KopsSecurityGroups } from "./security-groups";
import { instanceGroups, issuerHost, type KopsClusterSpec } from "./spec";

/** Stands in for the CA's certificate while there is none: SSM takes no empty value. */
const NO_CERTIFICATE = "no boot payload yet: opsdx kops render\n";

/** What the nodes of a cluster boot from. */
export type ClusterBoot =
  | {
      /** What `opsdx kops render` kept. */
      readonly payload: BootPayload;
      /** It was made from another configuration: Terraform refuses to plan the cluster, with this message. @default - it fits */
      readonly refusal?: string;
    }
  | {
      /** A script that says why the node does nothing: the sandbox has no nodes. */
      readonly placeholder: string;
    }
  | {
      /** Nothing yet: Terraform refuses to plan the cluster, with this message. */
      readonly refusal: string;
    };

/** Properties of {@link KopsCluster}. */
export interface KopsClusterProps {
  /** What the cluster is made from. */
  readonly spec: KopsClusterSpec;
  /** What its nodes boot from. */
  readonly boot: ClusterBoot;
}

/**
 * The AWS resources of a kops cluster, equal in type, name, tags and arguments to those of kops' own Terraform target, so that kops
 * (`validate`, `rolling-update`, `get`) recognises the cluster as its own. What a node does when it boots stays kops' business: the
 * boot payload comes from `opsdx kops render`.
 */
export class KopsCluster extends Construct {
  /** What later stages use. */
  public readonly exports: ClusterExports;
  /** The instance groups by name. */
  public readonly groups: ReadonlyMap<string, KopsInstanceGroup>;
  /** The API load balancer. */
  public readonly api: KopsApiLoadBalancer;
  /** Its version of Kubernetes. */
  public readonly kubernetesVersion: string;

  /** @throws PropsError when the payload lacks an instance group */
  public constructor(scope: Construct, id: string, props: KopsClusterProps) {
    super(scope, id);
    const { boot, spec } = props;
    this.kubernetesVersion = spec.config.kubernetesVersion;
    const securityGroups = new KopsSecurityGroups(this, "SecurityGroups", spec);
    const iam = new KopsIam(this, "Iam", spec);
    new KopsEtcdVolumes(this, "Etcd", spec);
    new KopsNodeTermination(this, "NodeTermination", spec);
    this.api = new KopsApiLoadBalancer(this, "Api", { ...spec, securityGroupId: securityGroups.apiId });

    const groups = instanceGroups(spec);
    const instead = Object.fromEntries(
      groups.map(({ name }) => [name, "placeholder" in boot ? base64(boot.placeholder) : ""]),
    );
    const refusal = "refusal" in boot ? boot.refusal : undefined;
    const userData = {
      // A payload of another configuration may lack a group; what is refused needs none.
      ...("payload" in boot && refusal === undefined ? {} : instead),
      ...("payload" in boot ? userDataOf(boot.payload) : {}),
    };
    refuse(
      this,
      groups.map(
        ({ name }) =>
          !Object.hasOwn(userData, name) && `the payload must hold every instance group, got none for ${name}`,
      ),
    );
    if ("payload" in boot) new KopsBootFiles(this, "BootFiles", boot.payload);
    this.groups = new Map(
      groups.map((group) => {
        const controlPlane = group.role === "control-plane";
        return [
          group.name,
          new KopsInstanceGroup(this, constructId("group", group.name), {
            cluster: spec,
            group,
            securityGroupIds: controlPlane
              ? // kops puts the load balancer's additional groups on the API servers too.
                [securityGroups.mastersId, ...spec.securityGroups.api, ...group.securityGroups]
              : [securityGroups.nodesId, ...group.securityGroups],
            instanceProfileId: iam.instanceProfileIds[group.role],
            targetGroupIds: controlPlane ? [this.api.targetGroupId] : undefined,
            userData: userData[group.name] ?? "",
            refusal,
          }),
        ];
      }),
    );
    this.exports = {
      name: spec.name,
      apiEndpoint: `https://api.${spec.name}`,
      certificateAuthority: "payload" in boot ? boot.payload.certificateAuthority : base64(NO_CERTIFICATE),
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

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
