import { Route53HealthCheck } from "@cdktf/provider-aws/lib/route53-health-check";
import { stackName } from "../../../config/names";
import { Construct } from "../../shared/cdktf";
import { Alarm } from "../../shared/observability/alarm";
import { aws, cdktf, output, shell } from "../../shared/observability/command";
import type { Monitoring } from "../../shared/observability/monitoring";

/** Properties of {@link EndpointCheck}. */
export interface EndpointCheckProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** Short name of the endpoint: part of the alarm's name. */
  readonly name: string;
  /** Host name to connect to over HTTPS. */
  readonly host: string;
  /** Path to request; any 2xx or 3xx answer is healthy. */
  readonly path: string;
}

/**
 * Asks an HTTPS endpoint from Route 53's checkers around the world, and pages when it does not answer. The checkers do not
 * look at the certificate: its expiry has an alarm of its own.
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
 */
export class EndpointCheck extends Construct {
  /** Id of the health check. */
  public readonly healthCheckId: string;
  /** The alarm on the endpoint. */
  public readonly alarm: Alarm;

  public constructor(scope: Construct, id: string, props: EndpointCheckProps) {
    super(scope, id);
    const { host, monitoring, name, path } = props;
    const check = new Route53HealthCheck(this, "Resource", {
      type: "HTTPS",
      fqdn: host,
      port: 443,
      resourcePath: path,
      enableSni: true,
      requestInterval: 30,
      failureThreshold: 3,
      measureLatency: false,
      tags: { Name: `${monitoring.namePrefix}-${name}` },
    });
    this.healthCheckId = check.id;
    this.alarm = new Alarm(this, "Unhealthy", {
      monitoring,
      name: `dns-endpoint-${name}`,
      kind: "dns-endpoint",
      of: { endpoint: name },
      intent: `https://${host}${path} does not answer from the internet: nobody outside reaches it.`,
      severity: "page",
      steps: [
        [
          "See at which step it fails: name, connection, TLS or answer:",
          shell(`curl -sv -o /dev/null https://${host}${path}`),
        ],
        [
          "Name: the first must give addresses. Nothing or SERVFAIL: look at the alarms dns-dnssec-internal-failure and dns-dnssec-key-needs-action, then follow the chain with the second.",
          shell(`dig +short ${host}`),
          shell(`dig +trace ${host}`),
        ],
        [
          "TLS; expired: see dns-certificate-expiry.",
          shell(
            `echo | openssl s_client -connect ${host}:443 -servername ${host} 2>/dev/null | openssl x509 -noout -dates -subject`,
          ),
        ],
        "Connection refused, timeout or 5xx: the load balancer or what stands behind it; go on with the alarms of the endpoint's own system.",
        [
          "What the checkers saw:",
          shell(
            `ID=${output(aws(`route53 list-health-checks --query "HealthChecks[?HealthCheckConfig.FullyQualifiedDomainName=='${host}'].Id | [0]" --output text`))}`,
          ),
          aws('route53 get-health-check-last-failure-reason --health-check-id "$ID"'),
          "It answers for you but not for them: the load balancer's security group or WAF blocks their ranges:",
          aws("route53 get-checker-ip-ranges"),
        ],
        [
          `Taken down on purpose: set \`live: false\` on the check in config/environments/${monitoring.environment}.ts, then:`,
          cdktf("deploy", stackName(monitoring.environment, "stage1")),
        ],
      ],
      metric: {
        namespace: "AWS/Route53",
        name: "HealthCheckStatus",
        dimensions: { HealthCheckId: check.id },
        statistic: "Average",
      },
      comparison: "<",
      threshold: 1,
      periodSeconds: 60,
      periods: 3,
      missingData: "breaching",
    });
  }
}
