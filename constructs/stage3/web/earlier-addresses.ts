import { TerraformResource, type Construct } from "../../shared/cdktf";

const alarm = (address: string): string => `aws_cloudwatch_metric_alarm.Web_${address}`;

/** Terraform addresses from before hosts, and the alarms of each part, stood beside their load balancer: by path in the web service. */
const EARLIER_ADDRESSES: Readonly<Record<string, string>> = {
  "Host/Resource": "aws_lb_target_group.Web_LoadBalancer_TargetGroup_7E1DE0DE",
  "Host/Attachment": "aws_autoscaling_attachment.Web_LoadBalancer_Attachment_73BFE8AB",
  "Host/Record": "aws_route53_record.Web_LoadBalancer_Record_E85DE5AD",
  "Host/Alarms/NoHealthyTarget/Resource": alarm("Reachability_NoHealthyTarget_FD8E75FB"),
  "Host/Alarms/UnhealthyTarget/Resource": alarm("Reachability_UnhealthyTarget_41F62B4C"),
  "Host/Alarms/ErrorRate/Resource": alarm("Traffic_ErrorRate_0F4E6B09"),
  "Host/Alarms/Latency/Resource": alarm("Traffic_Latency_5B3170DB"),
  "LoadBalancer/Alarms/Errors/Resource": alarm("Traffic_LoadBalancerErrors_5A0CEB4A"),
  "LoadBalancer/Alarms/Rejected/Resource": alarm("Traffic_Rejected_F4C97ECD"),
  "LoadBalancer/Alarms/ConnectionsFailedus-east-1a/Resource": alarm(
    "Reachability_ConnectionsFailedus-east-1a_172C3EF4",
  ),
  "LoadBalancer/Alarms/ConnectionsFailedus-east-1c/Resource": alarm(
    "Reachability_ConnectionsFailedus-east-1c_2FE2F5E6",
  ),
  "LoadBalancer/Alarms/ConnectionsFailedus-east-1d/Resource": alarm(
    "Reachability_ConnectionsFailedus-east-1d_399FFD09",
  ),
  "Firewall/RateLimited/Resource": alarm("Traffic_RateLimited_34AB63B8"),
};

/**
 * Tells Terraform where parts of the web service stood before. Without it an apply would make alarms and record anew under the names
 * that they have, and then delete what has those names.
 */
export function moveFromEarlierAddresses(web: Construct): void {
  for (const resource of web.node.findAll()) {
    const from = EARLIER_ADDRESSES[resource.node.path.slice(web.node.path.length + 1)];
    if (from !== undefined && TerraformResource.isTerraformResource(resource)) resource.moveFromId(from);
  }
}
