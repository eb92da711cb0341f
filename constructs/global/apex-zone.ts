import { GLOBAL } from "../../config/names";
import { Construct } from "../shared/cdktf";
import { DelegationRole, type DelegatedEnvironment } from "../shared/dns/delegation-role";
import { SignedZone } from "../shared/dns/signed-zone";
import type { Monitoring } from "../shared/observability/monitoring";
import { describeSystem, type SystemFacts } from "../shared/observability/system";
import { SystemHealth } from "../shared/observability/system-health";
import { refuse } from "../shared/props-error";

/** What the environments know of the apex zone. */
export interface ApexZoneExports {
  /** Id of the apex zone. */
  readonly zoneId: string;
  /** Name of the zone, without a final dot. */
  readonly zoneName: string;
  /** The zone's name servers: what the registrar must hold. */
  readonly nameServers: readonly string[];
  /** ARN of each environment's role that writes its delegation, by environment. */
  readonly delegationRoleArns: Readonly<Record<string, string>>;
}

/** Properties of {@link ApexZone}. */
export interface ApexZoneProps {
  /** What the stack's alarms and log groups share. */
  readonly monitoring: Monitoring;
  /** The account and region of the global stack. */
  readonly account: { readonly id: string; readonly region: string };
  /** Name of the zone, for example `opsdx.io`. */
  readonly domain: string;
  /** Keys that sign the zone. Which of them are trusted is the registrar's part. */
  readonly signingKeys: readonly string[];
  /** Mail address to which certificate authorities report refused requests. */
  readonly contact: string;
  /** Who answers for it. */
  readonly owner: string;
  /** The environments that delegate a zone of their own. */
  readonly environments: readonly DelegatedEnvironment[];
}

/** The system `apex-zone`: the company's domain, signed, and the roles through which each environment delegates its own zone. */
export class ApexZone extends Construct {
  /** What the environments use. */
  public readonly exports: ApexZoneExports;

  /** @throws PropsError when an environment's zone does not lie under the apex */
  public constructor(scope: Construct, id: string, props: ApexZoneProps) {
    super(scope, id);
    const { account, domain, monitoring } = props;
    refuse(
      this,
      props.environments.map(
        ({ name, zone }) =>
          !zone.endsWith(`.${domain}`) && `the zone of environment ${name} must lie under ${domain}, got ${zone}`,
      ),
    );
    describeSystem(this, facts(domain, props.owner));

    const zone = new SignedZone(this, "Zone", {
      monitoring,
      account,
      zoneName: domain,
      stack: GLOBAL,
      signingKeys: props.signingKeys,
      contact: props.contact,
    });
    const roles = props.environments.map((environment) => {
      const { arn } = new DelegationRole(this, `Delegation${environment.name}`, {
        environment,
        apexZoneId: zone.zoneId,
      });
      return [environment.name, arn] as const;
    });
    if (zone.alarms.length > 0) new SystemHealth(this, "Health", { monitoring, alarms: zone.alarms });

    this.exports = {
      zoneId: zone.zoneId,
      zoneName: domain,
      nameServers: zone.nameServers,
      delegationRoleArns: Object.fromEntries(roles),
    };
  }
}

function facts(domain: string, owner: string): SystemFacts {
  const zoneId = `\`ZONE=$(aws route53 list-hosted-zones-by-name --dns-name ${domain} --max-items 1 --query 'HostedZones[0].Id' --output text)\``;
  const deploy = "`npx cdktf deploy global`";
  return {
    name: "apex-zone",
    title: "Apex DNS zone",
    owner,
    purpose: `The public zone ${domain} in the global account: signed with DNSSEC, it delegates one zone to each environment and holds little else. All commands here run with the global account's credentials.`,
    launch: [
      deploy,
      zoneId,
      '`aws route53 get-hosted-zone --id "$ZONE" --query DelegationSet.NameServers`: enter these four at the registrar of the domain, and wait until `dig +trace ' +
        domain +
        " NS` ends in them.",
      "Then the trust: `aws route53 get-dnssec --hosted-zone-id \"$ZONE\" --query 'KeySigningKeys[].DSRecord'`: enter it at the registrar as DS record (algorithm 13, digest type 2). Route 53 as registrar wants the public key instead: `aws route53domains associate-delegation-signer-to-domain`.",
      "Then each environment delegates itself: `npx cdktf deploy <env>-stage1`.",
    ],
    stop: [
      `An environment's delegation goes with the environment: \`npx cdktf destroy <env>-stage1\`. To cut it off at once, delete the NS and DS records of <env>.${domain} in this zone; its next deployment puts them back.`,
      'The zone as a whole is never stopped while an environment stands: everything resolves through it. Before `npx cdktf destroy global`: destroy the environments, "Switch DNSSEC of the apex off", and take the name servers out at the registrar.',
    ],
    status: [
      `\`dig +trace ${domain} NS\` must end in the four name servers of the zone; \`whois ${domain} | grep -i 'name server'\` is what the registrar holds.`,
      `\`dig +dnssec @1.1.1.1 ${domain} SOA\` must answer NOERROR with the flag \`ad\`; \`delv ${domain} SOA\` says why not.`,
      zoneId,
      '`aws route53 get-dnssec --hosted-zone-id "$ZONE"` must say SIGNING, and ACTIVE for each key.',
      "`aws route53 list-resource-record-sets --hosted-zone-id \"$ZONE\" --query \"ResourceRecordSets[?Type=='NS' || Type=='DS'].[Name,Type,TTL]\" --output table` shows the delegations.",
      "`aws cloudwatch describe-alarms --alarm-types CompositeAlarm MetricAlarm --alarm-name-prefix opsdx-global-apex-zone- --query '[CompositeAlarms,MetricAlarms][].[AlarmName,StateValue]' --output table`",
    ],
    logs: [
      `Every query that a resolver sends to Route 53: \`aws logs tail /aws/route53/${domain} --region us-east-1 --since 1h --follow\`.`,
      "Saved queries in CloudWatch Logs Insights, folder opsdx-global/apex-zone: names that do not exist, failed answers, most asked names, queries by resolver.",
      "Who changed a delegation: `aws cloudtrail lookup-events --region us-east-1 --lookup-attributes AttributeKey=EventName,AttributeValue=ChangeResourceRecordSets --max-results 20`; the role opsdx-dns-delegation-<env> stands for a deployment of <env>-stage1.",
    ],
    metrics: [
      "AWS/Route53 by HostedZoneId: DNSQueries, DNSSECInternalFailure, DNSSECKeySigningKeysNeedingAction, DNSSECKeySigningKeyAge (us-east-1; the DNSSEC ones every 4 hours).",
    ],
    procedures: [
      {
        title: "Add an environment's delegation",
        steps: [
          `Add config/environments/<env>.ts with \`dns.zone: "<env>.${domain}"\` and its account id.`,
          `${deploy} makes the roles opsdx-dns-delegation-<env> and opsdx-dns-delegation-<env>-read, which only that account's plan and apply roles and administrators may assume.`,
          "`npx cdktf deploy <env>-stage1` writes the NS and DS records through them.",
        ],
      },
      {
        title: "An environment's plan may not read, or its deployment may not write, the apex zone",
        steps: [
          "The environment's provider assumes opsdx-dns-delegation-<env>-read while planning and opsdx-dns-delegation-<env> while applying. Try it by hand: `aws sts assume-role --role-arn arn:aws:iam::<global account>:role/opsdx-dns-delegation-<env>-read --role-session-name try`.",
          "`aws sts get-caller-identity` names your role: it must match the condition of `aws iam get-role --role-name opsdx-dns-delegation-<env>-read --query Role.AssumeRolePolicyDocument`, and it must itself be allowed sts:AssumeRole on it.",
          `AccessDenied on ChangeResourceRecordSets: the role writes NS and DS records of <env>.${domain} only, no other name and no other type.`,
        ],
      },
      {
        title: "Rotate the apex's key-signing key",
        steps: [
          `Add a second key to the apex's \`signingKeys\` in config/global.ts, ${deploy}. Both sign from now on.`,
          `\`dig +multiline @1.1.1.1 ${domain} DNSKEY\` shows two keys with the flags 257. Wait for the TTL that it shows (one hour).`,
          "At the registrar: add the new key's DS record (`aws route53 get-dnssec`), then remove the old one.",
          `\`dig +short ${domain} DS\` shows the new key's tag only. Wait for the TTL of the old DS record, which the registry sets: \`dig ${domain} DS\` (a day for most).`,
          `As an administrator (CI may not delete keys): remove the old key from \`signingKeys\`, ${deploy}. Route 53 refuses while a DS record still names it.`,
        ],
      },
      {
        title: "Switch DNSSEC of the apex off",
        steps: [
          "The environments first, each with its own procedure: without a signed apex their DS records mean nothing.",
          "Remove the DS record at the registrar, never the signatures first.",
          `Wait for its TTL; \`dig +short ${domain} DS\` must be empty at 1.1.1.1, 8.8.8.8 and 9.9.9.9.`,
          `Only then, as an administrator: \`signingKeys: []\` in config/global.ts, ${deploy}.`,
        ],
      },
      {
        title: "The apex zone is lost",
        steps: [
          "Every name of the company is gone. Remove the DS record at the registrar first: the old keys are lost with the zone.",
          `${deploy} makes the zone again with the same four name servers, because they belong to a delegation set that outlives it: the registrar's NS records stay.`,
          "Every environment writes its delegation again: `npx cdktf deploy <env>-stage1`.",
          'After the TTL of the old DS record enter the new one at the registrar, as in "launch".',
        ],
      },
    ],
  };
}
