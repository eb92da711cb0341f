import { Route53DelegationSet } from "@cdktf/provider-aws/lib/route53-delegation-set";
import { Route53HostedZoneDnssec } from "@cdktf/provider-aws/lib/route53-hosted-zone-dnssec";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import { Route53Zone } from "@cdktf/provider-aws/lib/route53-zone";
import { ROUTE53_REGION } from "../../../config/schema/aws-names";
import { Construct } from "../cdktf";
import { Alarm } from "../observability/alarm";
import { aws, cdktf, output, shell, type Command } from "../observability/command";
import type { Monitoring } from "../observability/monitoring";
import { placeholder } from "../observability/placeholders";
import type { Step } from "../observability/steps";
import { systemOf } from "../observability/system";
import { refuse } from "../props-error";
import { QueryLog } from "./query-log";
import { SigningKey } from "./signing-key";

/** Properties of {@link SignedZone}. */
export interface SignedZoneProps {
  /** What the stack's alarms and log groups share. */
  readonly monitoring: Monitoring;
  /** The account that owns the zone, and its region, which must be us-east-1. */
  readonly account: { readonly id: string; readonly region: string };
  /** Name of the zone, without a final dot. */
  readonly zoneName: string;
  /** Name of the stack that the zone is in. */
  readonly stack: string;
  /** Keys that sign the zone, two at most; none leaves it unsigned. */
  readonly signingKeys: readonly string[];
  /** Mail address to which certificate authorities report refused requests. */
  readonly contact: string;
}

/** Route 53 reports the state of a zone's signing once in four hours. @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-hosted-zones-with-cloudwatch.html */
const SIGNING_METRIC_PERIOD_SECONDS = 4 * 3600;

/** Time to live of the CAA record. A change may take 8 hours whatever it says: certificate authorities may rely on an answer that long, says the CA/Browser Forum. */
const CAA_TTL_SECONDS = 3600;

/**
 * A public zone as this program makes one: name servers that outlive it, certificates by Amazon only, queries logged, answers
 * signed, and an alarm on each thing that breaks signing. It must stand inside a system (see `describeSystem`). It does not
 * speak to the parent zone: that is `Delegation`, or the registrar's part.
 */
export class SignedZone extends Construct {
  /** The zone's id. */
  public readonly zoneId: string;
  /** The zone's four name servers. */
  public readonly nameServers: string[];
  /** The signing keys by name. */
  public readonly keys: ReadonlyMap<string, SigningKey>;
  /** Signing as a whole; the parent's DS record depends on it. Undefined when the zone is unsigned. */
  public readonly signing: Route53HostedZoneDnssec | undefined;
  /** The alarms on signing. */
  public readonly alarms: readonly Alarm[];

  /** @throws PropsError when the region is not us-east-1, or there are more than two keys or a key twice */
  public constructor(scope: Construct, id: string, props: SignedZoneProps) {
    super(scope, id);
    const { account, monitoring, signingKeys, zoneName } = props;
    refuse(this, [
      account.region !== ROUTE53_REGION &&
        `account.region must be ${ROUTE53_REGION}, where Route 53 takes signing keys and writes query logs, got ${account.region}`,
      (signingKeys.length > 2 || new Set(signingKeys).size !== signingKeys.length) &&
        `signingKeys must be at most two different names, got ${signingKeys.join(", ")}`,
    ]);
    const system = systemOf(this).name;

    // A zone that is lost and made again keeps these name servers, so neither parent nor registrar has to change.
    const delegationSet = new Route53DelegationSet(this, "DelegationSet", {
      referenceName: zoneName,
      // AWS takes it once, and the provider reads it back never: of a set that is imported it would force another one.
      lifecycle: { ignoreChanges: ["reference_name"] },
    });
    const zone = new Route53Zone(this, "Resource", {
      name: zoneName,
      comment: "Managed by Terraform (opsdx-cloud)",
      delegationSetId: delegationSet.id,
    });
    this.zoneId = zone.zoneId;
    this.nameServers = zone.nameServers;

    new Route53Record(this, "Caa", {
      zoneId: zone.zoneId,
      name: zoneName,
      type: "CAA",
      ttl: CAA_TTL_SECONDS,
      records: ['0 issue "amazon.com"', '0 issuewild "amazon.com"', `0 iodef "mailto:${props.contact}"`],
    });
    new QueryLog(this, "QueryLog", { monitoring, zoneId: zone.zoneId, zoneName, system, accountId: account.id });

    this.keys = new Map(
      signingKeys.map((keyName) => [
        keyName,
        new SigningKey(this, `Key${keyName}`, {
          keyName,
          alias: `${monitoring.namePrefix}-${system}-${keyName}`,
          zoneId: zone.zoneId,
          zoneName,
          accountId: account.id,
        }),
      ]),
    );
    this.signing =
      signingKeys.length === 0
        ? undefined
        : new Route53HostedZoneDnssec(this, "Dnssec", {
            hostedZoneId: zone.zoneId,
            // Signing needs an active key to start with, and must stop before the last one goes.
            dependsOn: [...this.keys.values()].map(({ resource }) => resource),
          });
    this.alarms = signingKeys.length === 0 ? [] : this.signingAlarms(props, system);
  }

  private signingAlarms(props: SignedZoneProps, system: string): readonly Alarm[] {
    const { account, monitoring, stack, zoneName: zone } = props;
    const key = `--region ${account.region} --key-id`;
    const signingKey = (verb: "activate" | "deactivate"): Command =>
      aws(`route53 ${verb}-key-signing-key --hosted-zone-id "$ZONE" --name ${placeholder("name")}`);
    const alarm = (
      id: string,
      metric: string,
      texts: { readonly name: string; readonly intent: string; readonly steps: readonly Step[] },
    ): Alarm =>
      new Alarm(this, id, {
        monitoring,
        name: `${system}-${texts.name}`,
        intent: texts.intent,
        severity: "page",
        steps: [
          [
            "See the state of signing and of each key, with a message:",
            shell(
              `ZONE=${output(aws(`route53 list-hosted-zones-by-name --dns-name ${zone} --max-items 1 --query 'HostedZones[0].Id' --output text`))}`,
            ),
            aws('route53 get-dnssec --hosted-zone-id "$ZONE"'),
          ],
          ...texts.steps,
        ],
        metric: {
          namespace: "AWS/Route53",
          name: metric,
          dimensions: { HostedZoneId: this.zoneId },
          statistic: "Sum",
        },
        comparison: ">=",
        threshold: 1,
        periodSeconds: SIGNING_METRIC_PERIOD_SECONDS,
        periods: 1,
        // Sparse by nature, and silent for a new zone: only a reported failure counts.
        missingData: "notBreaching",
      });
    return [
      alarm("InternalFailure", "DNSSECInternalFailure", {
        name: "dnssec-internal-failure",
        intent: `Route 53 cannot sign ${zone}: once the present signatures expire, validating resolvers stop resolving every name in it.`,
        steps: [
          [
            "Try the failed change again, it is the documented way out. A key that was being retired:",
            signingKey("deactivate"),
            "Any other:",
            signingKey("activate"),
          ],
          [
            "The first must show the flag `ad`; the second names what is wrong:",
            shell(`dig +dnssec @1.1.1.1 ${zone} SOA`),
            shell(`delv ${zone} SOA`),
          ],
          'If it is still there after an hour, take the zone out of the chain of trust while signatures last (procedure "Switch DNSSEC off", first step) and open a case with AWS support.',
        ],
      }),
      alarm("KeyNeedsAction", "DNSSECKeySigningKeysNeedingAction", {
        name: "dnssec-key-needs-action",
        intent: `Route 53 has lost the KMS key that signs ${zone}: signatures made ahead last a few days, then validating resolvers stop resolving every name in it.`,
        steps: [
          [
            "See the state of the key:",
            aws(
              `kms describe-key ${key} alias/${monitoring.namePrefix}-${system}-${placeholder("name")} --query 'KeyMetadata.[KeyId,KeyState]'`,
            ),
          ],
          ["PendingDeletion:", aws(`kms cancel-key-deletion ${key} ${placeholder("id")}`)],
          ["Disabled, also after that:", aws(`kms enable-key ${key} ${placeholder("id")}`)],
          ["Enabled: its policy was changed; put it back:", cdktf("deploy", stack)],
          ["Then tell Route 53, and look again as in the first step:", signingKey("activate")],
          'A key that is gone for good cannot come back: take the zone out of the chain of trust at once (procedure "Switch DNSSEC off", first step), then rotate to a new key.',
        ],
      }),
    ];
  }
}
