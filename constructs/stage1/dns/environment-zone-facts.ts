import type { SystemFacts } from "../../shared/observability/system";

const ZONE_ID =
  "`ZONE=$(aws ssm get-parameter --name /opsdx/<env>/stage1/dns/zone-id --query Parameter.Value --output text)`";
const CERTIFICATE_ARN =
  "`ARN=$(aws ssm get-parameter --name /opsdx/<env>/stage1/dns/certificate-arn --query Parameter.Value --output text)`";
const DEPLOY = "`npx cdktf deploy <env>-stage1`";

/**
 * What the runbook says of an environment's DNS.
 *
 * @param zone - the zone as the runbook writes it, for example `<env>.opsdx.io`
 * @param owner - who answers for it
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-configuring-dnssec.html for the order of the DNSSEC steps
 */
export function environmentZoneFacts(zone: string, owner: string): SystemFacts {
  const apex = zone.slice(zone.indexOf(".") + 1);
  return {
    name: "dns",
    title: "DNS zone and certificate",
    owner,
    purpose: `The public zone ${zone}: signed with DNSSEC and delegated from ${apex}; the wildcard certificate that the load balancers show; checks of the public endpoints from outside.`,
    launch: [
      `The apex zone comes first, once for all environments: \`npx cdktf deploy global\`, then its name servers at the registrar (see apex-zone). Until ${apex} answers publicly the certificate below cannot be validated.`,
      "A new environment has no endpoints yet: set `live: false` on each of `dns.healthChecks` in config/environments/<env>.ts, or the page topic fires until stage3 stands.",
      `${DEPLOY} makes the zone, its delegation and its certificate; validation takes some minutes.`,
      `After \`npx cdktf deploy <env>-stage3\`: \`live: true\` again, and ${DEPLOY}.`,
    ],
    stop: [
      "One name: remove its record in the stage that owns it, and deploy that stage. Resolvers keep the old answer for the record's TTL.",
      `One endpoint check with its page: \`live: false\` in config/environments/<env>.ts, ${DEPLOY}.`,
      'The zone as a whole: first "Switch DNSSEC off", or the DS record left in resolvers makes every name fail; then destroy the later stages, then `npx cdktf destroy <env>-stage1`, which also destroys the network and the databases.',
    ],
    status: [
      `\`dig +trace ${zone} NS\` must end in the four name servers of the zone.`,
      `\`dig +dnssec @1.1.1.1 ${zone} SOA\` must answer NOERROR with the flag \`ad\`; SERVFAIL with \`dig +cd\` working means that DNSSEC is broken. \`delv ${zone} SOA\` says why.`,
      `\`dig +short ${zone} DS\` names the trusted keys (key tag first).`,
      ZONE_ID,
      '`aws route53 get-dnssec --hosted-zone-id "$ZONE"` must say SIGNING, and ACTIVE for each key.',
      CERTIFICATE_ARN,
      "`aws acm describe-certificate --certificate-arn \"$ARN\" --query 'Certificate.[Status,NotAfter,RenewalEligibility]'` must say ISSUED.",
      "`aws cloudwatch describe-alarms --alarm-types CompositeAlarm MetricAlarm --alarm-name-prefix opsdx-<env>-dns- --query '[CompositeAlarms,MetricAlarms][].[AlarmName,StateValue]' --output table`",
    ],
    logs: [
      `Every query that a resolver sends to Route 53: \`aws logs tail /aws/route53/${zone} --region us-east-1 --since 1h --follow\`. Answers from a resolver's cache are not in it.`,
      "Saved queries in CloudWatch Logs Insights, folder opsdx-<env>/dns: names that do not exist, failed answers, most asked names, queries by resolver.",
      "Who changed a record: `aws cloudtrail lookup-events --region us-east-1 --lookup-attributes AttributeKey=EventName,AttributeValue=ChangeResourceRecordSets --max-results 20`; for the delegation the same in the global account.",
    ],
    metrics: [
      "AWS/Route53 by HostedZoneId: DNSQueries, DNSSECInternalFailure, DNSSECKeySigningKeysNeedingAction, DNSSECKeySigningKeyAge (us-east-1; the DNSSEC ones every 4 hours).",
      "AWS/Route53 by HealthCheckId: HealthCheckStatus, HealthCheckPercentageHealthy (us-east-1).",
      "AWS/CertificateManager by CertificateArn: DaysToExpiry.",
    ],
    procedures: [
      {
        title: "Move the delegation to other name servers",
        steps: [
          'Take the zone out of the chain of trust for the time of the move: the first two steps of "Switch DNSSEC off".',
          `Low TTLs first, in both places that have one. In the apex: \`delegationTtlSeconds: 60\` in config/environments/<env>.ts, ${DEPLOY}.`,
          ZONE_ID,
          `In the zone itself, where Route 53 writes two days: \`aws route53 list-resource-record-sets --hosted-zone-id "$ZONE" | jq '{Changes: [{Action: "UPSERT", ResourceRecordSet: (.ResourceRecordSets[] | select(.Type == "NS" and (.Name | rtrimstr(".")) == "${zone}") | .TTL = 60)}]}' > ns.json\`, then \`aws route53 change-resource-record-sets --hosted-zone-id "$ZONE" --change-batch file://ns.json\`.`,
          "Wait two days: resolvers may have kept the old NS records that long.",
          `Fill the new zone with the same records, and compare its answers name by name: \`dig @<new name server> <name> <type>\` against \`dig @<old name server> <name> <type>\`.`,
          `Point the apex at the new name servers. A zone that this program makes (another account: change account.id): ${DEPLOY} writes them. Any other: assume opsdx-dns-delegation-<env> in the global account and UPSERT the NS record of ${zone} with \`aws route53 change-resource-record-sets\`.`,
          `\`dig +trace ${zone} NS\` ends in the new name servers. Leave the old zone untouched for another two days, and watch its query log run dry.`,
          'Raise `delegationTtlSeconds` again, put the keys back into `trustedKeys`, deploy, and check with "status" above.',
        ],
      },
      {
        title: "Rotate the key-signing key",
        steps: [
          `Add a second key: \`signingKeys: ["ksk1", "ksk2"]\` with \`trustedKeys: ["ksk1"]\` in config/environments/<env>.ts, ${DEPLOY}. Both sign from now on.`,
          `\`dig +multiline @1.1.1.1 ${zone} DNSKEY\` shows two keys with the flags 257. Wait for the TTL that it shows (one hour).`,
          `Trust the new key instead of the old: \`trustedKeys: ["ksk2"]\`, ${DEPLOY}. The DS record changes.`,
          `\`dig +short ${zone} DS\` shows the new key's tag, and \`delv ${zone} SOA\` says fully validated. Wait for the TTL of the old DS record: \`delegationTtlSeconds\`.`,
          `Retire the old key, as an administrator (CI may not delete keys): \`signingKeys: ["ksk2"]\`, ${DEPLOY}. Route 53 refuses while a DS record still names it. Its KMS key can be restored for 30 days.`,
        ],
      },
      {
        title: "Switch DNSSEC off",
        steps: [
          `Remove the DS record, never the signatures first: \`trustedKeys: []\` in config/environments/<env>.ts, ${DEPLOY}.`,
          `Wait for the TTL of the DS record (\`delegationTtlSeconds\`); \`dig +short ${zone} DS\` must be empty at 1.1.1.1, 8.8.8.8 and 9.9.9.9. From here on resolvers take unsigned answers.`,
          `Only then stop signing, if that was the aim, as an administrator (CI may not delete keys): \`signingKeys: []\`, ${DEPLOY}. The DNSSEC alarms go with it.`,
        ],
      },
      {
        title: "Certificate stuck in validation",
        steps: [
          `The deployment waits at the certificate for up to 75 minutes. The proof must be public: \`aws acm list-certificates --query "CertificateSummaryList[?DomainName=='${zone}'].[CertificateArn,Status]"\`, then \`aws acm describe-certificate --certificate-arn <arn> --query 'Certificate.DomainValidationOptions[0]'\`, then \`dig +short @1.1.1.1 CNAME <name of the record>\`.`,
          `No answer: \`dig +trace ${zone} NS\` shows where the chain ends. At ${apex}: the NS record is missing there (was ${DEPLOY} cut short, or can the delegation role not be assumed?). Above it: the registrar has other name servers than \`aws route53 get-hosted-zone\` of the apex (see apex-zone).`,
          `SERVFAIL: the DS record does not fit the keys. \`dig +cd\` answers, \`delv ${zone} SOA\` says why; "Switch DNSSEC off", first step, clears it.`,
          `Status FAILED with CAA_ERROR: \`dig +short CAA ${zone}\` and \`dig +short CAA ${apex}\` must name amazon.com.`,
          "Still PENDING_VALIDATION with the record in place: ACM looks again on its own, for 72 hours.",
          "To ask anew: `terraform -chdir=cdktf.out/stacks/<env>-stage1 apply -replace=\"$(terraform -chdir=cdktf.out/stacks/<env>-stage1 state list | grep '^aws_acm_certificate\\.')\"`. When the old one is in use its removal fails: deploy <env>-stage3, which takes the new one, then <env>-stage1 again.",
        ],
      },
      {
        title: "The zone is lost",
        steps: [
          `Somebody deleted the zone, and every name in ${zone} is gone. \`aws cloudtrail lookup-events --region us-east-1 --lookup-attributes AttributeKey=EventName,AttributeValue=DeleteHostedZone\` says who.`,
          "Old signatures are gone too, so first take out the DS record: `trustedKeys: []` in config/environments/<env>.ts.",
          `${DEPLOY} makes the zone again. It gets the same four name servers, because they belong to a delegation set that outlives the zone: the apex does not change.`,
          "Bring the records of the other stages back: `npx cdktf deploy <env>-stage2 <env>-stage3`. The API servers' own records come back when kops' control plane next writes them.",
          `Wait for the TTL of the old DS record, then \`trustedKeys\` as before and ${DEPLOY}.`,
          "Records made by hand: the answers to them are in the query log's most asked names, and in the AWS Config history of the zone.",
        ],
      },
    ],
  };
}
