import type { SystemFacts } from "../../shared/observability/system";
import { OFFLINE_ANSWERS } from "./web-logs";

const TARGET_GROUP =
  "$(aws ssm get-parameter --name /opsdx/<env>/stage3/web/target-group-arn --query Parameter.Value --output text)";
const SELECT = "-n default -l app=trews-rest-api";
const DEPLOY = "`npx cdktf deploy <env>-stage3`";

/**
 * What the runbook says of the web service.
 *
 * @param host - public host name
 * @param cluster - full name of its cluster
 * @param owner - who answers for it
 * @param pings - how many pings from outside are expected in five minutes, and by which stacks
 */
export function webFacts(
  host: string,
  cluster: string,
  owner: string,
  pings: { readonly expected: number; readonly stacks: readonly string[]; readonly namespace: string },
): SystemFacts {
  return {
    name: "trews-rest-api",
    title: "Webservice (trews-rest-api)",
    owner,
    purpose: `Answers clinicians' browsers and Epic at https://${host}: pods on the web nodes of k8s, behind a load balancer with a web firewall.`,
    launch: [
      `${DEPLOY}: load balancer, firewall, address, alarms.`,
      "Pods and their autoscaler belong to the same stack; nodes to stage2, where the cluster autoscaler (a kops addon) adds and removes them.",
    ],
    stop: [
      `The pods, for a while: \`kubectl --context ${cluster} delete hpa/trews-rest-api -n default\`, then \`kubectl --context ${cluster} scale -n default deployment/trews-rest-api --replicas=0\`. It pages (ping-up, web-no-healthy-target): tell the person on call first.`,
      `Back again: ${DEPLOY} makes the autoscaler anew; \`kubectl --context ${cluster} scale -n default deployment/trews-rest-api --replicas=2\` gives it something to start from.`,
    ],
    status: [
      `\`curl -s -o /dev/null -w '%{http_code} %{time_total}s\\n' https://${host}/\``,
      `\`kubectl --context ${cluster} get pods ${SELECT} -o wide\``,
      `\`kubectl --context ${cluster} top pod ${SELECT}\``,
      `\`kubectl --context ${cluster} get hpa/trews-rest-api -n default\``,
      `\`kubectl --context ${cluster} get nodes -l opsdx_nodegroup=web\``,
      `\`aws elbv2 describe-target-health --target-group-arn ${TARGET_GROUP} --query "TargetHealthDescriptions[].[Target.Id,TargetHealth.State,TargetHealth.Reason]" --output table\``,
      "`aws cloudwatch describe-alarms --alarm-types CompositeAlarm --alarm-names opsdx-<env>-trews-rest-api-health --query 'CompositeAlarms[].[StateValue,StateReason]' --output text`",
    ],
    logs: [
      "Access (what the service served, and timings of browsers): `awslogs get opsdx-web-logs-<env> monitoring --start='1h ago'`.",
      `Pod: \`awslogs get opsdx-<env>-k8s-logs kubernetes/default/trews/rest/api -q log --start='1h ago' > web-pod.log\`; the newest lines directly: \`kubectl --context ${cluster} logs -n default -l app=trews-rest-api --prefix --tail=100 -f\`.`,
      "Firewall (blocked and counted requests): `awslogs get aws-waf-logs-opsdx-<env>-web --start='1h ago'`.",
      'ELB: `aws s3 ls "s3://opsdx-elb-access-logs/<env>/AWSLogs/$(aws sts get-caller-identity --query Account --output text)/elasticloadbalancing/us-east-1/$(date -u +%Y/%m/%d)/"`; names that start with conn_log are connections. How to read them: see elb-access-logs.',
      "Saved queries in CloudWatch Logs Insights, folder opsdx-<env>/web: server latency, user latency, cache hits, top routes, errors.",
    ],
    metrics: [
      "CloudWatch > Dashboards > opsdx-<env>-web.",
      `Server: CloudWatch > Metrics > ${pings.namespace} > API; Route; API, MetricStreamId, Route.`,
      `User: CloudWatch > Metrics > ${pings.namespace} > Browser; Browser, MetricStreamId.`,
      `External pings: CloudWatch > Metrics > ${pings.namespace} > PingSource, PingStack > ${pings.stacks.join(" + ")}; ${pings.expected} samples every 5 minutes are expected.`,
      "Load balancer: CloudWatch > Metrics > ApplicationELB > opsdx-<env>-web; firewall: WAFV2 > opsdx-<env>-web.",
    ],
    procedures: [
      {
        title: "Answers from a pod's log, without AWS",
        steps: [
          "Fetch it: `awslogs get opsdx-<env>-k8s-logs kubernetes/default/trews/rest/api -q log --start='1h ago' > web-pod.log`.",
          `Server latency in ms: \`${OFFLINE_ANSWERS.serverLatency}\``,
          `User latency in ms: \`${OFFLINE_ANSWERS.userLatency}\``,
          `Cache hits: \`${OFFLINE_ANSWERS.cacheHits}\``,
        ],
      },
      {
        title: "Roll back a version",
        steps: [
          `\`kubectl --context ${cluster} rollout history -n default deployment/trews-rest-api\``,
          `\`kubectl --context ${cluster} rollout undo -n default deployment/trews-rest-api\`, then \`kubectl --context ${cluster} rollout status -n default deployment/trews-rest-api\`.`,
          `Put the old image back into config/environments/<env>.ts as well, or the next ${DEPLOY} brings the new one again.`,
        ],
      },
      {
        title: "Restart the pods without an interruption",
        steps: [
          `\`kubectl --context ${cluster} rollout restart -n default deployment/trews-rest-api\`, then \`kubectl --context ${cluster} rollout status -n default deployment/trews-rest-api\`.`,
        ],
      },
      {
        title: "A hospital is blocked",
        steps: [
          "Find the rule: `awslogs get aws-waf-logs-opsdx-<env>-web --start='1h ago' -GS | jq -r '[.httpRequest.clientIp, .action, .terminatingRuleId, (.ruleGroupList[]?.terminatingRule.ruleId // empty)] | @tsv' | sort | uniq -c | sort -rn | head`.",
          `RateLimit: add the hospital's public network to \`web.firewall.clinicNetworks\` in config/environments/<env>.ts, ${DEPLOY}.`,
          `A rule of the common rule set that hits honest requests: add its name to \`web.firewall.countedCommonRules\`, ${DEPLOY}. It counts from then on, and stays in the log.`,
          "Faster, when minutes count: `aws wafv2 disassociate-web-acl --resource-arn $(aws elbv2 describe-load-balancers --names opsdx-<env>-web --query 'LoadBalancers[0].LoadBalancerArn' --output text)` takes the firewall away as a whole; the next deployment puts it back.",
        ],
      },
      {
        title: "More room",
        steps: [
          "Nodes: raise `clusters.k8s.nodeGroups.web.maxSize` in config/environments/<env>.ts, then `npx opsdx kops render <env> k8s` and `npx cdktf deploy <env>-stage2`.",
          `Is it used? \`kubectl --context ${cluster} describe hpa/trews-rest-api -n default\` shows what holds it back, \`kubectl --context ${cluster} get configmap cluster-autoscaler-status -n kube-system -o yaml\` the same for nodes.`,
        ],
      },
      {
        title: "Take the load balancer away for good",
        steps: [
          "Silence the check from outside: `live: false` under `dns.healthChecks.web` in config/environments/<env>.ts, `npx cdktf deploy <env>-stage1`.",
          "Lift the protection: `aws elbv2 modify-load-balancer-attributes --load-balancer-arn $(aws elbv2 describe-load-balancers --names opsdx-<env>-web --query 'LoadBalancers[0].LoadBalancerArn' --output text) --attributes Key=deletion_protection.enabled,Value=false`.",
          "`npx cdktf destroy <env>-stage3`",
        ],
      },
    ],
  };
}
