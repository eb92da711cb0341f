import { EbsVolume } from "@cdktf/provider-aws/lib/ebs-volume";
import { Construct } from "../../shared/cdktf";
import { acknowledge } from "../../shared/policy/acknowledge";
import { clusterTags } from "./names";
import { zoneLetter, type KopsClusterSpec } from "./spec";

/** The two etcd clusters of every Kubernetes cluster. */
export const ETCD_CLUSTERS = ["main", "events"] as const;

/**
 * The etcd volumes: one per etcd cluster and control-plane zone. etcd-manager finds and mounts them by their tags. They hold the
 * cluster's only copy of its state beside the hourly backups, so Terraform destroys none that is configured. `prevent_destroy` goes
 * with its block: a zone or cluster taken out of the configuration is what the pinned addresses are for.
 */
export class KopsEtcdVolumes extends Construct {
  public constructor(scope: Construct, id: string, props: KopsClusterSpec) {
    super(scope, id);
    const zones = [...props.config.controlPlane.zones].sort();
    const members = zones.map(zoneLetter);
    for (const etcd of ETCD_CLUSTERS) {
      for (const zone of zones) {
        const member = zoneLetter(zone);
        new EbsVolume(this, `${etcd === "main" ? "Main" : "Events"}${member.toUpperCase()}`, {
          availabilityZone: zone,
          encrypted: true,
          kmsKeyId: props.volumeKeyArn,
          type: "gp3",
          size: props.config.etcd.volumeGib,
          iops: 3000,
          throughput: 125,
          tags: {
            ...clusterTags(props.name, `${member}.etcd-${etcd}.${props.name}`),
            [`k8s.io/etcd/${etcd}`]: `${member}/${members.join(",")}`,
            "k8s.io/role/control-plane": "1",
            "k8s.io/role/master": "1",
          },
        });
      }
    }
    acknowledge(
      this,
      "EC2EBSInBackupPlan",
      "etcd-manager writes a backup every hour to the kops state bucket; a snapshot of one member is not consistent with the others",
    );
    acknowledge(
      this,
      "RecommendedAlarm[AWS/EBS VolumeStalledIOCheck]",
      "kops attaches the etcd volumes by tag when a control plane boots, so no instance is known to the plan. A stalled volume shows as slow etcd requests, which have an alarm.",
    );
  }
}
