import { ROUTE53_REGION } from "../../../config/schema/aws-names";
import { delegationRole, GLOBAL, namePrefix, stackName } from "../../../config/names";
import {
  aws,
  cdktf,
  output,
  pipe,
  published,
  shell,
  terraform,
  type Command,
} from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";
import type { SystemFacts } from "../../shared/observability/system";

/** What an environment's page on DNS is written from. */
export interface EnvironmentZoneFactsProps {
  /** Name of the environment. */
  readonly environment: string;
  /** The zone. */
  readonly zone: string;
  /** Who answers for it. */
  readonly owner: string;
}

const ARN = placeholder("arn");
const NAME = placeholder("name");

/** Puts what a stage has published into a shell variable. */
export function readPublished(variable: string, environment: string, name: string): Command {
  return shell(`${variable}=${output(published(environment, "stage1", `dns/${name}`))}`);
}

/** Who made calls of one name, in the region where Route 53's are recorded. */
function callers(eventName: string, options = ""): Command {
  return aws(
    `cloudtrail lookup-events --region ${ROUTE53_REGION} --lookup-attributes AttributeKey=EventName,AttributeValue=${eventName}${options}`,
  );
}

/**
 * What the runbook says of an environment's DNS.
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-configuring-dnssec.html for the order of the DNSSEC steps
 */
export function environmentZoneFacts({ environment, owner, zone }: EnvironmentZoneFactsProps): SystemFacts {
  const apex = zone.slice(zone.indexOf(".") + 1);
  const config = `config/environments/${environment}.ts`;
  const prefix = namePrefix(environment);
  const stage1 = stackName(environment, "stage1");
  const stage2 = stackName(environment, "stage2");
  const stage3 = stackName(environment, "stage3");
  const deploy = cdktf("deploy", stage1);
  const zoneId = readPublished("ZONE", environment, "zone-id");
  const nameServers = shell(`dig +trace ${zone} NS`);
  const why = shell(`delv ${zone} SOA`);
  const trusted = shell(`dig +short ${zone} DS`);
  const unchecked = shell(`dig +cd ${zone} SOA`);
  const certificate = terraform(stage1, "state list");
  const sameName = `select(.Type == "NS" and (.Name | rtrimstr(".")) == "${zone}")`;
  return {
    name: "dns",
    title: "DNS zone and certificate",
    owner,
    purpose: `The public zone ${zone}: signed with DNSSEC and delegated from ${apex}; the wildcard certificate that the load balancers show; checks of the public endpoints from outside.`,
    launch: [
      [
        "The apex zone comes first, once for all environments:",
        cdktf("deploy", GLOBAL),
        `Then its name servers at the registrar (see apex-zone). Until ${apex} answers publicly the certificate below cannot be validated.`,
      ],
      `A new environment has no endpoints yet: set \`live: false\` on each of \`dns.healthChecks\` in ${config}, or the page topic fires until stage3 stands.`,
      ["Make the zone, its delegation and its certificate; validation takes some minutes:", deploy],
      ["Once stage3 stands, `live: true` again:", cdktf("deploy", stage3), deploy],
    ],
    stop: [
      "One name: remove its record in the stage that owns it, and deploy that stage. Resolvers keep the old answer for the record's TTL.",
      [`One endpoint check with its page: \`live: false\` in ${config}, then:`, deploy],
      [
        'The zone as a whole: first "Switch DNSSEC off", or the DS record left in resolvers makes every name fail; then destroy the environment, as the page of its network says: this one last, which also destroys the network and the databases:',
        cdktf("destroy", stage1),
      ],
    ],
    status: [
      ["This must end in the four name servers of the zone:", nameServers],
      [
        "This must answer NOERROR with the flag `ad`:",
        shell(`dig +dnssec @1.1.1.1 ${zone} SOA`),
        "SERVFAIL, while resolvers answer without checking, means that DNSSEC is broken. Without checking, and why:",
        unchecked,
        why,
      ],
      ["The trusted keys, key tag first:", trusted],
      ["Signing must be SIGNING, and each key ACTIVE:", zoneId, aws('route53 get-dnssec --hosted-zone-id "$ZONE"')],
      [
        "The certificate must be ISSUED:",
        readPublished("ARN", environment, "certificate-arn"),
        aws(
          `acm describe-certificate --certificate-arn "$ARN" --query 'Certificate.[Status,NotAfter,RenewalEligibility]'`,
        ),
      ],
      [
        "The alarms:",
        aws(
          `cloudwatch describe-alarms --alarm-types CompositeAlarm MetricAlarm --alarm-name-prefix ${prefix}-dns- --query '[CompositeAlarms,MetricAlarms][].[AlarmName,StateValue]' --output table`,
        ),
      ],
    ],
    logs: [
      [
        "Every query that a resolver sends to Route 53; answers from a resolver's cache are not in it:",
        aws(`logs tail /aws/route53/${zone} --region ${ROUTE53_REGION} --since 1h --follow`),
      ],
      `Saved queries in CloudWatch Logs Insights, folder ${prefix}/dns: names that do not exist, failed answers, most asked names, queries by resolver.`,
      [
        "Who changed a record; for the delegation the same in the global account:",
        callers("ChangeResourceRecordSets", " --max-results 20"),
      ],
    ],
    metrics: [
      `AWS/Route53 by HostedZoneId: DNSQueries, DNSSECInternalFailure, DNSSECKeySigningKeysNeedingAction, DNSSECKeySigningKeyAge (${ROUTE53_REGION}; the DNSSEC ones every 4 hours).`,
      `AWS/Route53 by HealthCheckId: HealthCheckStatus, HealthCheckPercentageHealthy (${ROUTE53_REGION}).`,
      "AWS/CertificateManager by CertificateArn: DaysToExpiry.",
    ],
    procedures: [
      {
        title: "Move the delegation to other name servers",
        steps: [
          'Take the zone out of the chain of trust for the time of the move: the first two steps of "Switch DNSSEC off".',
          [
            `Low TTLs first, in both places that have one. In the apex: \`delegationTtlSeconds: 60\` in ${config}, then:`,
            deploy,
          ],
          [
            "In the zone itself, where Route 53 writes two days:",
            zoneId,
            pipe(
              aws('route53 list-resource-record-sets --hosted-zone-id "$ZONE"'),
              `jq '{Changes: [{Action: "UPSERT", ResourceRecordSet: (.ResourceRecordSets[] | ${sameName} | .TTL = 60)}]}' > ns.json`,
            ),
            aws('route53 change-resource-record-sets --hosted-zone-id "$ZONE" --change-batch file://ns.json'),
          ],
          "Wait two days: resolvers may have kept the old NS records that long.",
          [
            "Fill the new zone with the same records, and compare the answers of the old and of the new name servers, name by name and type by type:",
            shell(`dig @${placeholder("address")} ${NAME} A`),
          ],
          [
            "Point the apex at the new name servers. A zone that this program makes (another account: change account.id) writes them by itself:",
            deploy,
            `Any other: assume ${delegationRole(environment, "write")} in the global account, write the NS record of ${zone} into a file as an UPSERT, and the apex zone's id before it:`,
            aws(
              `route53 change-resource-record-sets --hosted-zone-id ${placeholder("id")} --change-batch file://${placeholder("file")}`,
            ),
          ],
          [
            "Now this ends in the new name servers:",
            nameServers,
            "Leave the old zone untouched for another two days, and watch its query log run dry.",
          ],
          'Raise `delegationTtlSeconds` again, put the keys back into `trustedKeys`, deploy, and check with "status" above.',
        ],
      },
      {
        title: "Rotate the key-signing key",
        steps: [
          [
            `Add a second key: \`signingKeys: ["ksk1", "ksk2"]\` with \`trustedKeys: ["ksk1"]\` in ${config}. Both sign from then on.`,
            deploy,
          ],
          [
            "Two keys must have the flags 257. Wait for the TTL that it shows (one hour):",
            shell(`dig +multiline @1.1.1.1 ${zone} DNSKEY`),
          ],
          ['Trust the new key instead of the old: `trustedKeys: ["ksk2"]`. The DS record changes.', deploy],
          [
            "The first must show the new key's tag, and the second say fully validated. Wait for the TTL of the old DS record: `delegationTtlSeconds`.",
            trusted,
            why,
          ],
          [
            'Retire the old key, as an administrator (CI may not delete keys): `signingKeys: ["ksk2"]`. Route 53 refuses while a DS record still names it. Its KMS key can be restored for 30 days.',
            deploy,
          ],
        ],
      },
      {
        title: "Switch DNSSEC off",
        steps: [
          [`Remove the DS record, never the signatures first: \`trustedKeys: []\` in ${config}, then:`, deploy],
          [
            "Wait for the TTL of the DS record (`delegationTtlSeconds`); then this must be empty. From here on resolvers take unsigned answers.",
            shell(`for RESOLVER in 1.1.1.1 8.8.8.8 9.9.9.9; do dig +short @$RESOLVER ${zone} DS; done`),
          ],
          [
            "Only then stop signing, if that was the aim, as an administrator (CI may not delete keys): `signingKeys: []`. The DNSSEC alarms go with it.",
            deploy,
          ],
        ],
      },
      {
        title: "Certificate stuck in validation",
        steps: [
          [
            "The deployment waits at the certificate for up to 75 minutes. The proof must be public: find the certificate, the record that it asks for, and the answer to it:",
            aws(
              `acm list-certificates --query "CertificateSummaryList[?DomainName=='${zone}'].[CertificateArn,Status]"`,
            ),
            aws(`acm describe-certificate --certificate-arn ${ARN} --query 'Certificate.DomainValidationOptions[0]'`),
            shell(`dig +short @1.1.1.1 CNAME ${NAME}`),
          ],
          [
            "No answer: see where the chain ends.",
            nameServers,
            `At ${apex}: the NS record is missing there (was the deployment of ${stage1} cut short, or can the delegation role not be assumed?). Above it: the registrar has other name servers than the apex (see apex-zone).`,
          ],
          [
            'SERVFAIL: the DS record does not fit the keys; "Switch DNSSEC off", first step, clears it. Without checking there is an answer, and the second says why:',
            unchecked,
            why,
          ],
          [
            "Status FAILED with CAA_ERROR: both must name amazon.com:",
            shell(`dig +short CAA ${zone}`),
            shell(`dig +short CAA ${apex}`),
          ],
          "Still PENDING_VALIDATION with the record in place: ACM looks again on its own, for 72 hours.",
          [
            "To ask anew:",
            terraform(stage1, `apply -replace="${output(pipe(certificate, "grep '^aws_acm_certificate\\.'"))}"`),
            `When the old one is in use its removal fails: deploy ${stage3}, which takes the new one, then ${stage1} again.`,
          ],
        ],
      },
      {
        title: "The zone is lost",
        steps: [
          [`Somebody deleted the zone, and every name in ${zone} is gone. Who:`, callers("DeleteHostedZone")],
          `Old signatures are gone too, so first take out the DS record: \`trustedKeys: []\` in ${config}.`,
          [
            "Make the zone again. It gets the same four name servers, because they belong to a delegation set that outlives the zone: the apex does not change.",
            deploy,
          ],
          [
            "Bring the records of the other stages back. The API servers' own records come back when kops' control plane next writes them.",
            cdktf("deploy", stage2),
            cdktf("deploy", stage3),
          ],
          ["Wait for the TTL of the old DS record, then `trustedKeys` as before and:", deploy],
          "Records made by hand: the answers to them are in the query log's most asked names, and in the AWS Config history of the zone.",
        ],
      },
    ],
  };
}
