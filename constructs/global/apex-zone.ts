import { delegationRole, GLOBAL, roleArn, stackName } from "../../config/names";
import { Construct } from "../shared/cdktf";
import { DelegationRole, type DelegatedEnvironment } from "../shared/dns/delegation-role";
import { SignedZone } from "../shared/dns/signed-zone";
import { aws, cdktf, shell } from "../shared/observability/command";
import type { Monitoring } from "../shared/observability/monitoring";
import { describeSystem, type SystemFacts } from "../shared/observability/system";
import { SystemHealth } from "../shared/observability/system-health";
import { refuse } from "../shared/props-error";
import { ENV } from "./environment-account";

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
    describeSystem(this, facts(props));

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

function facts({ account, domain, monitoring, owner }: ApexZoneProps): SystemFacts {
  const { namePrefix } = monitoring;
  const zoneId = shell(
    `ZONE=$(aws route53 list-hosted-zones-by-name --dns-name ${domain} --max-items 1 --query 'HostedZones[0].Id' --output text)`,
  );
  const deploy = cdktf("deploy", GLOBAL);
  const deployEnvironment = cdktf("deploy", stackName(ENV, "stage1"));
  const role = delegationRole(ENV, "write");
  const readRole = delegationRole(ENV, "read");
  const zone = `${ENV}.${domain}`;
  const dnssec = aws('route53 get-dnssec --hosted-zone-id "$ZONE"');
  const parentRecord = shell(`dig +short ${domain} DS`);
  return {
    name: "apex-zone",
    title: "Apex DNS zone",
    owner,
    purpose: `The public zone ${domain} in the global account: signed with DNSSEC, it delegates one zone to each environment and holds little else. All commands here run with the global account's credentials.`,
    launch: [
      deploy,
      zoneId,
      [
        "Enter these four name servers at the registrar of the domain:",
        aws('route53 get-hosted-zone --id "$ZONE" --query DelegationSet.NameServers'),
        "Wait until this ends in them:",
        shell(`dig +trace ${domain} NS`),
      ],
      [
        "Then the trust: enter this at the registrar as DS record (algorithm 13, digest type 2):",
        aws("route53 get-dnssec --hosted-zone-id \"$ZONE\" --query 'KeySigningKeys[].DSRecord'"),
        "Route 53 as registrar wants the public key instead, under Registered domains > DNSSEC keys.",
      ],
      ["Then each environment delegates itself:", deployEnvironment],
    ],
    stop: [
      [
        "An environment's delegation goes with the environment:",
        cdktf("destroy", stackName(ENV, "stage1")),
        `To cut it off at once, delete the NS and DS records of ${zone} in this zone; its next deployment puts them back.`,
      ],
      [
        'The zone as a whole is never stopped while an environment stands: everything resolves through it. First destroy the environments, "Switch DNSSEC of the apex off", and take the name servers out at the registrar; then:',
        cdktf("destroy", GLOBAL),
      ],
    ],
    status: [
      [
        "This must end in the four name servers of the zone:",
        shell(`dig +trace ${domain} NS`),
        "The registrar holds:",
        shell(`whois ${domain} | grep -i 'name server'`),
      ],
      [
        "This must answer NOERROR with the flag `ad`:",
        shell(`dig +dnssec @1.1.1.1 ${domain} SOA`),
        "It doesn't: this says why not.",
        shell(`delv ${domain} SOA`),
      ],
      zoneId,
      ["This must say SIGNING, and ACTIVE for each key:", dnssec],
      [
        "The delegations:",
        aws(
          "route53 list-resource-record-sets --hosted-zone-id \"$ZONE\" --query \"ResourceRecordSets[?Type=='NS' || Type=='DS'].[Name,Type,TTL]\" --output table",
        ),
      ],
      aws(
        `cloudwatch describe-alarms --alarm-types CompositeAlarm MetricAlarm --alarm-name-prefix ${namePrefix}-apex-zone- --query '[CompositeAlarms,MetricAlarms][].[AlarmName,StateValue]' --output table`,
      ),
    ],
    logs: [
      [
        "Every query that a resolver sends to Route 53:",
        aws(`logs tail /aws/route53/${domain} --region ${account.region} --since 1h --follow`),
      ],
      `Saved queries in CloudWatch Logs Insights, folder ${namePrefix}/apex-zone: names that do not exist, failed answers, most asked names, queries by resolver.`,
      [
        "Who changed a delegation:",
        aws(
          `cloudtrail lookup-events --region ${account.region} --lookup-attributes AttributeKey=EventName,AttributeValue=ChangeResourceRecordSets --max-results 20`,
        ),
        `The role ${role} stands for a deployment of ${stackName(ENV, "stage1")}.`,
      ],
    ],
    metrics: [
      `AWS/Route53 by HostedZoneId: DNSQueries, DNSSECInternalFailure, DNSSECKeySigningKeysNeedingAction, DNSSECKeySigningKeyAge (${account.region}; the DNSSEC ones every 4 hours).`,
    ],
    procedures: [
      {
        title: "Add an environment's delegation",
        steps: [
          `Add config/environments/${ENV}.ts with \`dns.zone: "${zone}"\` and its account id.`,
          [
            `Make the roles ${role} and ${readRole}, which only that account's plan and apply roles and administrators may assume:`,
            deploy,
          ],
          ["Write the NS and DS records through them:", deployEnvironment],
        ],
      },
      {
        title: "An environment's plan may not read, or its deployment may not write, the apex zone",
        steps: [
          [
            `The environment's provider assumes ${readRole} while planning and ${role} while applying. Try it by hand:`,
            aws(`sts assume-role --role-arn ${roleArn(account.id, readRole)} --role-session-name try`),
          ],
          [
            "Your role:",
            aws("sts get-caller-identity"),
            "It must match this condition, and must itself be allowed sts:AssumeRole on the role:",
            aws(`iam get-role --role-name ${readRole} --query Role.AssumeRolePolicyDocument`),
          ],
          `AccessDenied on ChangeResourceRecordSets: the role writes NS and DS records of ${zone} only, no other name and no other type.`,
        ],
      },
      {
        title: "Rotate the apex's key-signing key",
        steps: [
          ["Add a second key to the apex's `signingKeys` in config/global.ts; both sign from now on:", deploy],
          [
            "This must show two keys with the flags 257. Wait for the TTL that it shows (one hour).",
            shell(`dig +multiline @1.1.1.1 ${domain} DNSKEY`),
          ],
          ["At the registrar: add the new key's DS record, then remove the old one.", zoneId, dnssec],
          [
            "This must show the new key's tag only:",
            parentRecord,
            "Wait for the TTL of the old DS record, which the registry sets (a day for most):",
            shell(`dig ${domain} DS`),
          ],
          [
            "As an administrator (CI may not delete keys): remove the old key from `signingKeys`. Route 53 refuses while a DS record still names it.",
            deploy,
          ],
        ],
      },
      {
        title: "Switch DNSSEC of the apex off",
        steps: [
          "The environments first, each with its own procedure: without a signed apex their DS records mean nothing.",
          "Remove the DS record at the registrar, never the signatures first.",
          [
            "Wait for its TTL; this must be empty:",
            ...["1.1.1.1", "8.8.8.8", "9.9.9.9"].map((resolver) => shell(`dig +short @${resolver} ${domain} DS`)),
          ],
          ["Only then, as an administrator: `signingKeys: []` in config/global.ts.", deploy],
        ],
      },
      {
        title: "The apex zone is lost",
        steps: [
          "Every name of the company is gone. Remove the DS record at the registrar first: the old keys are lost with the zone.",
          [
            "Make the zone again. It gets the same four name servers, because they belong to a delegation set that outlives it: the registrar's NS records stay.",
            deploy,
          ],
          ["Every environment writes its delegation again:", deployEnvironment],
          'After the TTL of the old DS record enter the new one at the registrar, as in "launch".',
        ],
      },
    ],
  };
}
