import type { WebConfig } from "../../../config/schema/web";
import { Construct } from "../../shared/cdktf";
import { Alarm, type AlarmMetric } from "../../shared/observability/alarm";
import type { MonitoringContext } from "../../shared/observability/monitoring";
import { RATE_LIMIT_RULE } from "./firewall";
import { targetHealth } from "./reachability-alarms";

/** Properties of {@link TrafficAlarms}. */
export interface TrafficAlarmsProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** Region of the web ACL. */
  readonly region: string;
  /** Host and thresholds. */
  readonly config: Pick<WebConfig, "host" | "thresholds" | "firewall">;
  /** The load balancer as CloudWatch names it. */
  readonly loadBalancerArnSuffix: string;
  /** Name of the web ACL. */
  readonly webAclName: string;
}

/** How requests fare that do arrive: errors, latency, refusals. */
export class TrafficAlarms extends Construct {
  public readonly alarms: readonly Alarm[];

  public constructor(scope: Construct, id: string, props: TrafficAlarmsProps) {
    super(scope, id);
    this.alarms = [
      this.errorRate(props),
      this.loadBalancerErrors(props),
      this.latency(props),
      this.rejected(props),
      this.rateLimited(props),
    ];
  }

  private metric({ loadBalancerArnSuffix }: TrafficAlarmsProps, name: string, statistic = "Sum"): AlarmMetric {
    return { namespace: "AWS/ApplicationELB", name, dimensions: { LoadBalancer: loadBalancerArnSuffix }, statistic };
  }

  private errorRate(props: TrafficAlarmsProps): Alarm {
    const { errorPercent, minRequestsPerMinute } = props.config.thresholds;
    const counted = (queryId: string, metricName: string) => ({
      id: queryId,
      returnData: false,
      metric: {
        namespace: "AWS/ApplicationELB",
        metricName,
        dimensions: { LoadBalancer: props.loadBalancerArnSuffix },
        stat: "Sum",
        period: 60,
      },
    });
    return new Alarm(this, "ErrorRate", {
      monitoring: props.monitoring,
      name: "web-5xx-rate",
      intent: `More than ${errorPercent} % of the requests to trews-rest-api fail: clinicians see errors.`,
      severity: "page",
      steps: [
        "Which routes: the saved query errors of the web service in CloudWatch Logs Insights, or `kubectl logs -n default -l app=trews-rest-api --tail=200 --prefix | grep -E '\"status\": ?5'`.",
        "After a new version (`kubectl rollout history -n default deployment/trews-rest-api`): `kubectl rollout undo -n default deployment/trews-rest-api`.",
        "The database behind it: the alarms that start with db-, and `kubectl logs -n default -l app=trews-rest-api --tail=200 | grep -iE 'timeout|connection|psycopg'`.",
        "Pods that die: `kubectl get events -n default --sort-by=.lastTimestamp | grep trews-rest-api | tail -20`; OOMKilled means more memory or fewer workers.",
      ],
      metric: [
        counted("requests", "RequestCount"),
        counted("failed", "HTTPCode_Target_5XX_Count"),
        {
          id: "share",
          label: "Failed requests in percent",
          // With few requests one failure would be a large share; the pings watch quiet hours.
          expression: `IF(FILL(requests, 0) >= ${minRequestsPerMinute}, 100 * FILL(failed, 0) / requests, 0)`,
          returnData: true,
        },
      ],
      comparison: ">",
      threshold: errorPercent,
      periodSeconds: 60,
      periods: 5,
      datapoints: 3,
      missingData: "notBreaching",
    });
  }

  private loadBalancerErrors(props: TrafficAlarmsProps): Alarm {
    return new Alarm(this, "LoadBalancerErrors", {
      monitoring: props.monitoring,
      name: "web-elb-5xx",
      intent: `The load balancer itself fails requests to ${props.config.host}: no pod took them, or none answered in time.`,
      severity: "page",
      steps: [
        `Which code: \`for c in 500 502 503 504; do aws cloudwatch get-metric-statistics --namespace AWS/ApplicationELB --metric-name HTTPCode_ELB_\${c}_Count --dimensions Name=LoadBalancer,Value=$(aws elbv2 describe-load-balancers --names ${props.monitoring.namePrefix}-web --query "LoadBalancers[0].LoadBalancerArn" --output text | cut -d/ -f2-) --start-time $(date -u -d '30 minutes ago' +%FT%TZ) --end-time $(date -u +%FT%TZ) --period 1800 --statistics Sum --query "[Label,Datapoints[0].Sum]" --output text; done\`.`,
        "503: no healthy target; go on with web-no-healthy-target.",
        "502: a pod closed the connection. `kubectl get pods -n default -l app=trews-rest-api` for restarts; the server's keep-alive must be longer than the load balancer's 60 s.",
        "504: no answer in 60 s. The saved query server latency shows the routes; then the alarms that start with db-.",
        "500 with the firewall in place: WAF could not be asked; see the AWS Health dashboard.",
        targetHealth(props.monitoring),
      ],
      metric: this.metric(props, "HTTPCode_ELB_5XX_Count"),
      comparison: ">",
      threshold: props.config.thresholds.elbErrorsPer5Minutes,
      periodSeconds: 300,
      periods: 1,
      missingData: "notBreaching",
    });
  }

  private latency(props: TrafficAlarmsProps): Alarm {
    const { latencySeconds } = props.config.thresholds;
    return new Alarm(this, "Latency", {
      monitoring: props.monitoring,
      name: "web-latency-p99",
      intent: `One request in a hundred to trews-rest-api takes longer than ${latencySeconds} s.`,
      severity: "ticket",
      steps: [
        "Which routes: the saved query server latency of the web service; straight from the pods: `kubectl logs -n default -l app=trews-rest-api --since=15m --tail=-1 | grep -oE '\"latency_ms\": ?[0-9]{4,}.*' | head`.",
        "Too few pods: `kubectl get hpa/trews-rest-api -n default` at its maximum, or `kubectl top pod -n default -l app=trews-rest-api` near 1200m.",
        "Cache: the saved query cache hits; a drop after a deployment fills up again within minutes.",
        "Database: the dashboard's slow statements, and the alarms that start with db-.",
      ],
      metric: this.metric(props, "TargetResponseTime", "p99"),
      comparison: ">",
      threshold: latencySeconds,
      periodSeconds: 60,
      periods: 5,
      datapoints: 3,
      missingData: "notBreaching",
    });
  }

  private rejected(props: TrafficAlarmsProps): Alarm {
    return new Alarm(this, "Rejected", {
      monitoring: props.monitoring,
      name: "web-connections-rejected",
      intent: "The load balancer has as many connections as it can hold, and turns new ones away.",
      severity: "page",
      steps: [
        `How many, and since when: the row Load balancer of the dashboard ${props.monitoring.namePrefix}-web (active and new connections).`,
        `Who opens them: \`aws s3 cp --recursive s3://opsdx-elb-access-logs/${props.monitoring.namePrefix.replace(/^opsdx-/, "")}/AWSLogs/ elb-logs --exclude '*' --include "*/$(date -u +%Y/%m/%d)/conn_log*"\`, then \`zcat $(find elb-logs -name 'conn_log*') | awk '{print $2}' | sort | uniq -c | sort -rn | head\` (client addresses).`,
        "A few addresses that nobody knows: lower `web.firewall.requestsPer5Minutes` in the environment's configuration and deploy stage3.",
        "Ordinary traffic that grew: ask AWS Support to pre-warm the load balancer, or reserve capacity units.",
      ],
      metric: this.metric(props, "RejectedConnectionCount"),
      comparison: ">",
      threshold: 0,
      periodSeconds: 300,
      periods: 1,
      missingData: "notBreaching",
    });
  }

  private rateLimited({ config, monitoring, region, webAclName }: TrafficAlarmsProps): Alarm {
    return new Alarm(this, "RateLimited", {
      monitoring,
      name: "web-rate-limited",
      intent: `An address sends more than ${config.firewall.requestsPer5Minutes} requests in five minutes and is blocked: an attack, or a hospital whose users share the address.`,
      severity: "ticket",
      steps: [
        `Who: \`awslogs get aws-waf-logs-${webAclName} --start='30m ago' -GS | jq -r 'select(.terminatingRuleId == "${RATE_LIMIT_RULE}") | .httpRequest.clientIp' | sort | uniq -c | sort -rn | head\`.`,
        "Whose it is: `whois <address> | grep -iE 'orgname|netname'`.",
        "A hospital: add its network to `web.firewall.clinicNetworks` in the environment's configuration, and `npx cdktf deploy` its stage3: it is let through at once.",
        "A stranger: nothing to do, the block ends when the rate falls; a page comes from web-connections-rejected or web-5xx-rate if it hurts.",
      ],
      metric: {
        namespace: "AWS/WAFV2",
        name: "BlockedRequests",
        dimensions: { WebACL: webAclName, Region: region, Rule: RATE_LIMIT_RULE },
        statistic: "Sum",
      },
      comparison: ">",
      threshold: 0,
      periodSeconds: 300,
      periods: 1,
      missingData: "notBreaching",
    });
  }
}
