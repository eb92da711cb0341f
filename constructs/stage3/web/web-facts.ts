import { namePrefix, stackName } from "../../../config/names";
import { targetHealthCommand } from "../../shared/http/host-alarms";
import { aws, awslogs, cdktf, opsdx, output, pipe, published, shell } from "../../shared/observability/command";
import type { SystemFacts } from "../../shared/observability/system";
import { webCommands } from "./web-commands";
import { OFFLINE_ANSWERS, POD_LOG, webLogGroup } from "./web-logs";

/** What the web service's page of the runbook is written from. */
export interface WebFactsProps {
  /** Name of the environment. */
  readonly environment: string;
  /** The environment's account and region. */
  readonly account: { readonly id: string; readonly region: string };
  /** Public host name. */
  readonly host: string;
  /** Full name of the cluster that serves. */
  readonly cluster: string;
  /** Who answers for it. */
  readonly owner: string;
  /** Bucket of load balancer access logs. */
  readonly accessLogBucket: string;
  /** How many pings from outside are expected in five minutes, by which stacks, and the namespace of the service's metrics. */
  readonly pings: { readonly expected: number; readonly stacks: readonly string[]; readonly namespace: string };
}

/** What the runbook says of the web service. */
export function webFacts(props: WebFactsProps): SystemFacts {
  const { accessLogBucket, account, cluster, environment, host, owner, pings } = props;
  const commands = webCommands(environment, cluster);
  const { deploy, rollout } = commands;
  const prefix = namePrefix(environment);
  const config = `config/environments/${environment}.ts`;
  const targetGroup = output(published(environment, "stage3", "web/target-group-arn"));
  const podLog = shell(`${commands.shippedLog.command} > ${POD_LOG}`);
  return {
    name: "trews-rest-api",
    title: "Webservice (trews-rest-api)",
    owner,
    purpose: `Answers clinicians' browsers and Epic at https://${host}: pods on the web nodes of k8s, behind a load balancer with a web firewall.`,
    launch: [
      ["Load balancer, firewall, address, alarms:", deploy],
      "Pods and their autoscaler belong to the same stack; nodes to stage2, where the cluster autoscaler (a kops addon) adds and removes them.",
    ],
    stop: [
      [
        "The pods, for a while. It pages (ping-up, web-no-healthy-target): tell the person on call first.",
        commands.autoscaler("delete"),
        commands.scale(0),
      ],
      [
        "Back again: the deployment makes the autoscaler anew, and two pods give it something to start from.",
        deploy,
        commands.scale(2),
      ],
    ],
    status: [
      shell(`curl -s -o /dev/null -w '%{http_code} %{time_total}s\\n' https://${host}/`),
      commands.pods(" -o wide"),
      commands.topPods,
      commands.autoscaler("get"),
      commands.nodes(),
      targetHealthCommand(targetGroup),
      aws(
        `cloudwatch describe-alarms --alarm-types CompositeAlarm --alarm-names ${prefix}-trews-rest-api-health --query 'CompositeAlarms[].[StateValue,StateReason]' --output text`,
      ),
    ],
    logs: [
      [
        "Access (what the service served, and timings of browsers):",
        awslogs(webLogGroup(environment), { stream: "monitoring" }),
      ],
      ["Pod:", podLog, "The newest lines directly:", commands.podLogs(`--prefix --tail=100 -f --max-log-requests=100`)],
      ["Firewall (blocked and counted requests):", commands.firewallLog("1h ago")],
      [
        "Load balancer; names that start with conn_log are connections. How to read them: see elb-access-logs.",
        aws(
          `s3 ls "s3://${accessLogBucket}/${environment}/AWSLogs/${account.id}/elasticloadbalancing/${account.region}/$(date -u +%Y/%m/%d)/"`,
        ),
      ],
      `Saved queries in CloudWatch Logs Insights, folder ${prefix}/web: server latency, user latency, cache hits, top routes, errors.`,
    ],
    dashboard: "web",
    metrics: [
      `Dashboard \`${prefix}-web\`, in CloudWatch and in Grafana.`,
      `Server: CloudWatch > Metrics > ${pings.namespace} > API; Route; API, MetricStreamId, Route.`,
      `User: CloudWatch > Metrics > ${pings.namespace} > Browser; Browser, MetricStreamId.`,
      `External pings: CloudWatch > Metrics > ${pings.namespace} > PingSource, PingStack > ${pings.stacks.join(" + ")}; ${pings.expected} samples every 5 minutes are expected.`,
      `Load balancer: CloudWatch > Metrics > ApplicationELB > ${prefix}-web; firewall: WAFV2 > ${prefix}-web.`,
    ],
    procedures: [
      {
        title: "Answers from a pod's log, without AWS",
        steps: [
          ["Fetch it:", podLog],
          ["Server latency in ms:", shell(OFFLINE_ANSWERS.serverLatency)],
          ["User latency in ms:", shell(OFFLINE_ANSWERS.userLatency)],
          ["Cache hits:", shell(OFFLINE_ANSWERS.cacheHits)],
        ],
      },
      {
        title: "Roll back a version",
        steps: [
          rollout("history"),
          rollout("undo"),
          rollout("status"),
          [`Put the old image back into ${config} as well, or the next deployment brings the new one again.`, deploy],
        ],
      },
      {
        title: "Restart the pods without an interruption",
        steps: [rollout("restart"), rollout("status")],
      },
      {
        title: "A hospital is blocked",
        steps: [
          [
            "Find the rule:",
            pipe(
              shell(`${commands.firewallLog("1h ago").command} -GS`),
              "jq -r '[.httpRequest.clientIp, .action, .terminatingRuleId, (.ruleGroupList[]?.terminatingRule.ruleId // empty)] | @tsv'",
              "sort",
              "uniq -c",
              "sort -rn",
              "head",
            ),
          ],
          [`RateLimit: add the hospital's public network to \`web.firewall.clinicNetworks\` in ${config}.`, deploy],
          [
            "A rule of the common rule set that hits honest requests: add its name to `web.firewall.countedCommonRules`. It counts from then on, and stays in the log.",
            deploy,
          ],
          [
            "Faster, when minutes count, take the firewall away as a whole; the next deployment puts it back:",
            aws(`wafv2 disassociate-web-acl --resource-arn ${commands.loadBalancerArn}`),
          ],
        ],
      },
      {
        title: "More room",
        steps: [
          [
            `Nodes: raise \`clusters.k8s.nodeGroups.web.maxSize\` in ${config}.`,
            opsdx(`kops render ${environment} k8s`),
            cdktf("deploy", stackName(environment, "stage2")),
          ],
          [
            "Is it used? This shows what holds it back,",
            commands.autoscaler("describe"),
            "and this the same for nodes:",
            commands.everywhere("get configmap cluster-autoscaler-status -n kube-system -o yaml"),
          ],
        ],
      },
    ],
  };
}
