import { configFile, namePrefix, stackName } from "../../../config/names";
import { aws, cdktf, opsdx, output } from "../../shared/observability/command";
import type { SystemFacts } from "../../shared/observability/system";

/** Name of the entrance: page of the runbook, load balancer behind the environment's prefix, start of its alarms' names. */
export const ENTRANCE = "entrance";

/** What the entrance's page of the runbook is written from. */
export interface EntranceFactsProps {
  /** Name of the environment. */
  readonly environment: string;
  /** The environment's account and region. */
  readonly account: { readonly id: string; readonly region: string };
  /** Full names of its hosts. */
  readonly hosts: readonly string[];
  /** Names of the services behind it. */
  readonly services: readonly string[];
  /** Who answers for it. */
  readonly owner: string;
  /** Bucket of load balancer access logs. */
  readonly accessLogBucket: string;
  /** Auto scaling group of the nodes behind it. */
  readonly generalGroup: string;
}

/** What the runbook says of the entrance. */
export function entranceFacts(props: EntranceFactsProps): SystemFacts {
  const { accessLogBucket, account, environment, generalGroup, hosts, owner, services } = props;
  const name = `${namePrefix(environment)}-${ENTRANCE}`;
  const deploy = cdktf("deploy", stackName(environment, "stage3"));
  const [first = ""] = services;
  const arn = output(
    aws(`elbv2 describe-load-balancers --names ${name} --query 'LoadBalancers[0].LoadBalancerArn' --output text`),
  );
  return {
    name: ENTRANCE,
    title: "Entrance of the services (entrance)",
    owner,
    purpose: `The one way in to ${hosts.join(", ")}: an internal load balancer before the nodes of ${generalGroup}. Where it fails, those services work on and nobody can see them: dashboards and builds go on, alarms come as ever.`,
    launch: [["Load balancer, addresses, alarms:", deploy]],
    stop: [
      [
        "Only a service behind it is stopped (its own page says how): its host then answers 503. The load balancer stays as long as a service is configured; without any it goes, when its protection is lifted:",
        aws(
          `elbv2 modify-load-balancer-attributes --load-balancer-arn ${arn} --attributes Key=deletion_protection.enabled,Value=false`,
        ),
        deploy,
      ],
    ],
    status: [
      ["Does it answer? What opens is the login of the service:", opsdx(`open ${environment} ${first}`)],
      aws(
        `elbv2 describe-load-balancers --names ${name} --query 'LoadBalancers[].[State.Code,Scheme,DNSName]' --output text`,
      ),
      aws(
        `elbv2 describe-target-groups --load-balancer-arn ${arn} --query 'TargetGroups[].[TargetGroupName,Port,HealthCheckPath]' --output text`,
      ),
      aws(
        `cloudwatch describe-alarms --alarm-types CompositeAlarm --alarm-names ${name}-health --query 'CompositeAlarms[].[StateValue,StateReason]' --output text`,
      ),
    ],
    logs: [
      [
        "Requests; names that start with conn_log are connections. How to read them: see elb-access-logs.",
        aws(
          `s3 ls "s3://${accessLogBucket}/${environment}/AWSLogs/${account.id}/elasticloadbalancing/${account.region}/$(date -u +%Y/%m/%d)/"`,
        ),
      ],
    ],
    metrics: [
      `CloudWatch > Metrics > ApplicationELB > ${name}; each host's own: Per AppELB, per TG Metrics.`,
      "Whom it let in is in the access log: people come from the nodes of the general group, through which Session Manager leads.",
    ],
    procedures: [
      {
        title: "Open a service",
        steps: [
          ["With the Session Manager plugin of the AWS CLI installed:", opsdx(`open ${environment} ${first}`)],
          `It prints the address and how a browser gets there. The others: ${services.join(", ")}.`,
        ],
      },
      {
        title: "Nobody gets in",
        steps: [
          [
            "Is there a node that Session Manager reaches? Without one nobody gets in:",
            aws(
              `ssm describe-instance-information --filters "Key=tag:Name,Values=${generalGroup}" --query 'InstanceInformationList[].[InstanceId,PingStatus,LastPingDateTime]' --output table`,
            ),
          ],
          "Meanwhile a service is reached by a port-forward to its Service, which its page names under Status.",
          "A node answers and the host does not: the alarms of the service's host say where it breaks.",
        ],
      },
      {
        title: "Go back after a change, or make it anew",
        steps: [
          `It keeps nothing: what ${configFile(environment)} says is all there is, and a deployment of an earlier commit is the way back.`,
          ["Gone altogether, it is there again within five minutes, under the same names:", deploy],
          "There is nothing to upgrade: AWS keeps it up to date. A stricter TLS policy is one line in constructs/shared/http/load-balancer.ts.",
        ],
      },
    ],
  };
}
