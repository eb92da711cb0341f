import { stackName } from "../../../config/names";
import type { DnsConfig } from "../../../config/schema/dns";
import type { TerraformProvider } from "../../shared/cdktf";
import { Construct } from "../../shared/cdktf";
import type { Monitoring } from "../../shared/observability/monitoring";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import { Delegation } from "./delegation";
import { EndpointCheck } from "./endpoint-check";
import { environmentZoneFacts } from "./environment-zone-facts";
import { SignedZone } from "../../shared/dns/signed-zone";
import type { DnsExports } from "../../shared/platform";
import { WildcardCertificate } from "./wildcard-certificate";

/** Properties of {@link EnvironmentZone}. */
export interface EnvironmentZoneProps {
  /** What the stack's alarms and log groups share. */
  readonly monitoring: Monitoring;
  /** The environment's account and region. */
  readonly account: { readonly id: string; readonly region: string };
  /** The environment's DNS settings. */
  readonly config: DnsConfig;
  /** Who answers for it. */
  readonly owner: string;
  /** Mail address to which certificate authorities report refused requests. */
  readonly contact: string;
  /** The apex zone, and a provider that assumes the environment's delegation role (see `delegationRoleArn`). */
  readonly apex: { readonly zoneId: string; readonly provider: TerraformProvider };
}

/**
 * The system `dns` of an environment: its signed zone, delegated from the apex zone in the global account, a wildcard
 * certificate, and checks of the public endpoints from outside.
 */
export class EnvironmentZone extends Construct {
  /** What later stages use. */
  public readonly exports: DnsExports;

  public constructor(scope: Construct, id: string, props: EnvironmentZoneProps) {
    super(scope, id);
    const { account, config, monitoring } = props;
    const zoneName = config.zone;
    const { environment } = monitoring;
    describeSystem(this, environmentZoneFacts({ environment, zone: zoneName, owner: props.owner }));

    const zone = new SignedZone(this, "Zone", {
      monitoring,
      account,
      zoneName,
      stack: stackName(environment, "stage1"),
      signingKeys: config.signingKeys,
      contact: props.contact,
    });
    const delegation = new Delegation(this, "Delegation", {
      zone,
      zoneName,
      parent: props.apex,
      trustedKeys: config.trustedKeys,
      ttlSeconds: config.delegationTtlSeconds,
    });
    const certificate = new WildcardCertificate(this, "Certificate", {
      monitoring,
      zoneId: zone.zoneId,
      zoneName,
      delegation: delegation.nameServers,
    });
    const checks = Object.entries(config.healthChecks)
      .filter(([, { live }]) => live)
      .map(([name, { host, path }]) => new EndpointCheck(this, `Endpoint${name}`, { monitoring, name, host, path }));
    new SystemHealth(this, "Health", {
      monitoring,
      alarms: [...zone.alarms, certificate.alarm, ...checks.map(({ alarm }) => alarm)],
    });

    this.exports = {
      zoneId: zone.zoneId,
      zoneName,
      nameServers: zone.nameServers,
      certificateArn: certificate.arn,
    };
  }
}
