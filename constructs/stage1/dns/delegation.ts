import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import type { TerraformProvider } from "../../shared/cdktf";
import { Construct } from "../../shared/cdktf";
import type { SignedZone } from "../../shared/dns/signed-zone";
import { refuse } from "../../shared/props-error";

/** Properties of {@link Delegation}. */
export interface DelegationProps {
  /** The zone that is delegated. */
  readonly zone: SignedZone;
  /** Name of that zone. */
  readonly zoneName: string;
  /** The parent zone, and a provider that may write the delegation into it. */
  readonly parent: { readonly zoneId: string; readonly provider: TerraformProvider };
  /** The zone's signing keys that resolvers validate by; none leaves the zone signed but not validated. */
  readonly trustedKeys: readonly string[];
  /** Time to live of the records in seconds. */
  readonly ttlSeconds: number;
}

/** What makes a zone part of the DNS: its NS records in the parent zone, and the DS records by which resolvers trust its keys. */
export class Delegation extends Construct {
  /** The NS records: what asks the public DNS for a name of the zone depends on them. */
  public readonly nameServers: Route53Record;

  /** @throws PropsError when a trusted key is not one of the zone's keys */
  public constructor(scope: Construct, id: string, props: DelegationProps) {
    super(scope, id);
    const { parent, ttlSeconds: ttl, zone, zoneName: name } = props;
    const { provider, zoneId } = parent;
    refuse(
      this,
      props.trustedKeys.map(
        (key) =>
          !zone.keys.has(key) &&
          `trustedKeys must be keys of the zone (${[...zone.keys.keys()].join(", ")}), got ${key}`,
      ),
    );
    this.nameServers = new Route53Record(this, "NameServers", {
      provider,
      zoneId,
      name,
      type: "NS",
      ttl,
      records: zone.nameServers,
    });
    const dsRecords = props.trustedKeys.flatMap((keyName) => zone.keys.get(keyName)?.dsRecord ?? []);
    if (zone.signing === undefined || dsRecords.length === 0) return;
    new Route53Record(this, "Signers", {
      provider,
      zoneId,
      name,
      type: "DS",
      ttl,
      records: dsRecords,
      // Trusted only while signed: after signing starts, and gone before it stops.
      dependsOn: [this.nameServers, zone.signing],
    });
  }
}
