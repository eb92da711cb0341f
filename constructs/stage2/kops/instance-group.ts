import { AutoscalingGroup } from "@cdktf/provider-aws/lib/autoscaling-group";
import { AutoscalingLifecycleHook } from "@cdktf/provider-aws/lib/autoscaling-lifecycle-hook";
import { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template";
import { MACHINE_TYPES } from "../../../config/machine-types";
import { Construct, TerraformLocal } from "../../shared/cdktf";
import { acknowledge } from "../../shared/policy/acknowledge";
import { subnetIn } from "./api-load-balancer";
import { groupTags } from "./names";
import type { InstanceGroupSpec, KopsClusterSpec } from "./spec";

/** Metrics that kops switches on, and `GroupInServiceCapacity`, which the alarms read. */
const METRICS = [
  "GroupDesiredCapacity",
  "GroupInServiceCapacity",
  "GroupInServiceInstances",
  "GroupMaxSize",
  "GroupMinSize",
  "GroupPendingInstances",
  "GroupStandbyInstances",
  "GroupTerminatingInstances",
  "GroupTotalInstances",
];

/** Properties of {@link KopsInstanceGroup}. */
export interface KopsInstanceGroupProps {
  /** The cluster. */
  readonly cluster: KopsClusterSpec;
  /** The group. */
  readonly group: InstanceGroupSpec;
  /** Security groups of its instances. */
  readonly securityGroupIds: readonly string[];
  /** Instance profile. */
  readonly instanceProfileId: string;
  /** Target groups that its instances join. @default - none */
  readonly targetGroupIds?: readonly string[];
  /** Boot script made by kops, base64. */
  readonly userData: string;
  /** Why Terraform must not make this group yet; its plan fails with this message. @default - it may */
  readonly refusal?: string;
}

/**
 * One kops instance group: launch template, auto scaling group, and the hook that gives the node termination handler time to drain.
 * @see https://github.com/kubernetes/kops/blob/v1.36.2/pkg/model/awsmodel/autoscalinggroup.go
 */
export class KopsInstanceGroup extends Construct {
  /** Name of the auto scaling group, as a reference that orders its users after it. */
  public readonly autoScalingGroupName: string;

  public constructor(scope: Construct, id: string, props: KopsInstanceGroupProps) {
    super(scope, id);
    const { cluster, group } = props;
    const tags = groupTags({ clusterName: cluster.name, group: group.name, ...group });
    const subnets = group.role === "control-plane" ? cluster.subnets.master : cluster.subnets.node;
    const { mixedInstances } = group;

    const template = new LaunchTemplate(this, "LaunchTemplate", {
      name: group.autoScalingGroup,
      imageId: group.machineImage,
      instanceType: group.machineType,
      iamInstanceProfile: { name: props.instanceProfileId },
      blockDeviceMappings: [
        {
          deviceName: "/dev/sda1",
          ebs: {
            deleteOnTermination: "true",
            encrypted: "true",
            kmsKeyId: cluster.volumeKeyArn,
            iops: 3000,
            throughput: 125,
            volumeSize: group.rootVolumeGib,
            volumeType: "gp3",
          },
        },
        ...Array.from({ length: MACHINE_TYPES[group.machineType]?.instanceStoreDisks ?? 0 }, (_, disk) => ({
          deviceName: `/dev/sd${String.fromCharCode("c".charCodeAt(0) + disk)}`,
          virtualName: `ephemeral${disk}`,
        })),
      ],
      metadataOptions: {
        httpEndpoint: "enabled",
        httpProtocolIpv6: "disabled",
        httpPutResponseHopLimit: 1,
        httpTokens: "required",
      },
      monitoring: { enabled: true },
      networkInterfaces: [
        {
          associatePublicIpAddress: "false",
          deleteOnTermination: "true",
          ipv6AddressCount: 0,
          securityGroups: [...props.securityGroupIds],
        },
      ],
      tagSpecifications: ["instance", "volume", "network-interface"].map((resourceType) => ({ resourceType, tags })),
      tags,
      userData: props.userData,
      lifecycle: {
        createBeforeDestroy: true,
        ...(props.refusal === undefined
          ? {}
          : { precondition: [{ condition: this.never(), errorMessage: props.refusal }] }),
      },
    });
    const version = { version: template.latestVersion.toString() };
    const autoScalingGroup = new AutoscalingGroup(this, "Resource", {
      name: group.autoScalingGroup,
      minSize: group.minSize,
      maxSize: group.maxSize,
      maxInstanceLifetime: (group.maxInstanceLifetimeDays ?? 0) * 24 * 3600,
      vpcZoneIdentifier: group.zones.map((zone) => subnetIn(subnets, zone)),
      enabledMetrics: METRICS,
      metricsGranularity: "1Minute",
      protectFromScaleIn: false,
      targetGroupArns: props.targetGroupIds === undefined ? undefined : [...props.targetGroupIds],
      ...(mixedInstances === undefined
        ? { launchTemplate: { id: template.id, ...version } }
        : {
            mixedInstancesPolicy: {
              instancesDistribution: {
                onDemandBaseCapacity: mixedInstances.onDemandBase,
                onDemandPercentageAboveBaseCapacity: mixedInstances.onDemandAboveBasePercent,
                spotAllocationStrategy: mixedInstances.spotAllocationStrategy,
                // Empty means the on-demand price.
                spotMaxPrice: "",
              },
              launchTemplate: {
                launchTemplateSpecification: { launchTemplateId: template.id, ...version },
                override: mixedInstances.machineTypes.map((instanceType) => ({ instanceType })),
              },
            },
          }),
      tag: Object.entries(tags).map(([key, value]) => ({ key, value, propagateAtLaunch: true })),
      // Groups scale themselves, and target groups of later stages attach themselves.
      lifecycle: { ignoreChanges: ["desired_capacity", "load_balancers", "target_group_arns"] },
    });
    new AutoscalingLifecycleHook(this, "TerminationHook", {
      name: `${group.name}-NTHLifecycleHook`,
      autoscalingGroupName: autoScalingGroup.id,
      lifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
      defaultResult: "CONTINUE",
      heartbeatTimeout: 300,
    });
    if (props.targetGroupIds !== undefined) {
      acknowledge(
        this,
        "AutoScalingGroupELBHealthCheckRequired",
        "replacing a control plane because its API answers slowly would take etcd's majority away when it is needed most",
      );
    }
    this.autoScalingGroupName = autoScalingGroup.id;
  }

  /** A condition that never holds and is known when Terraform plans: it takes none that refers to nothing. */
  private never(): string {
    return new TerraformLocal(this, "HasBootPayload", false).expression as string;
  }
}
