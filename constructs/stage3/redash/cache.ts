import { ElasticacheParameterGroup } from "@cdktf/provider-aws/lib/elasticache-parameter-group";
import { ElasticacheReplicationGroup } from "@cdktf/provider-aws/lib/elasticache-replication-group";
import { ElasticacheSubnetGroup } from "@cdktf/provider-aws/lib/elasticache-subnet-group";
import { ElasticacheUser } from "@cdktf/provider-aws/lib/elasticache-user";
import { ElasticacheUserGroup } from "@cdktf/provider-aws/lib/elasticache-user-group";
import { redashCache, redashCacheLogs } from "../../../config/names";
import type { RedashConfig } from "../../../config/schema/redash";
import { Construct, type ITerraformDependable } from "../../shared/cdktf";
import { EncryptionKey } from "../../shared/encryption/encryption-key";
import { REDIS_PORT } from "../../shared/network/ports";
import type { Alarm } from "../../shared/observability/alarm";
import { LogGroup } from "../../shared/observability/log-group";
import type { Platform } from "../../shared/platform";
import { acknowledge } from "../../shared/policy/acknowledge";
import { CacheAlarms } from "./cache-alarms";

/** Properties of {@link Cache}. */
export interface CacheProps {
  /** What it stands on. */
  readonly platform: Pick<Platform, "account" | "environment" | "monitoring" | "network">;
  /** Its settings. */
  readonly config: RedashConfig["cache"];
}

/** The version that Redash's own tests run against. @see https://github.com/getredash/redash/blob/v25.8.0/compose.yaml */
const ENGINE = { engine: "redis", version: "7.1", family: "redis7" } as const;

/**
 * Every command but those that read or change the server itself, and of these the three that Redash and rq call: `INFO` for the page of
 * its state, `KEYS` for locks that nobody holds, `CLIENT LIST` for a worker's own address. Seen with Redash 25.8.0 on Redis 7.0, whose
 * ACL log stayed empty.
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html
 */
export const REDASH_ACCESS = "on ~* &* +@all -@admin -@dangerous +info +keys +client|list";

/** A user that every Redis has, and that whoever names no user is: switched off. */
const NO_ACCESS = "off ~keys* -@all +get";

/**
 * The queues of Redash on ElastiCache: encrypted with a key of its own, TLS only, one user with a password, in the subnets of databases.
 *
 * No argument of the provider takes a password without keeping it in Terraform's state. So the user is made for IAM authentication, with
 * which nobody may connect, and Redash's Job gives it the secret's password straight through ElastiCache's API: it is closed until
 * then, and Terraform looks at the way of authentication no more (docs/decisions/0039-password-of-the-cache.md).
 */
export class Cache extends Construct {
  /** Name in AWS. */
  public readonly name: string;
  /** Slow commands. */
  public readonly slowLog: LogGroup;
  /** Host name of the node that takes writes; the certificate bears it. */
  public readonly host: string;
  /** Id and name of Redash's user, which are the same, as IAM authentication asks. */
  public readonly user: string;
  /** ARN of that user. */
  public readonly userArn: string;
  /** What must be there before its user gets a password. */
  public readonly ready: readonly ITerraformDependable[];
  /** What tells when it fails. */
  public readonly alarms: readonly Alarm[];

  public constructor(scope: Construct, id: string, props: CacheProps) {
    super(scope, id);
    const { config, platform } = props;
    const { account, environment, monitoring, network } = platform;
    const name = redashCache(environment);
    const logs = redashCacheLogs(environment);
    const replicated = config.replicas > 0;
    const key = new EncryptionKey(this, "Key", {
      alias: name,
      description: `Queues and snapshots of the cache ${name}`,
      accountId: account.id,
    });
    const subnets = new ElasticacheSubnetGroup(this, "SubnetGroup", {
      name,
      description: `Database subnets of ${environment}`,
      subnetIds: network.zones.map((zone) => network.dbSubnetIds[zone] ?? ""),
    });
    const parameters = new ElasticacheParameterGroup(this, "Parameters", {
      name: `${name}-${ENGINE.family}`,
      family: ENGINE.family,
      description: `Redis settings of ${name}`,
      parameter: [
        // Work that is queued must not vanish: when it is full a client is told so.
        { name: "maxmemory-policy", value: "noeviction" },
        // Half-open connections of pods that are gone.
        { name: "timeout", value: "3600" },
      ],
    });
    const user = new ElasticacheUser(this, "User", {
      userId: name,
      userName: name,
      engine: ENGINE.engine,
      accessString: REDASH_ACCESS,
      authenticationMode: { type: "iam" },
      lifecycle: { ignoreChanges: ["authentication_mode"] },
    });
    const nobody = new ElasticacheUser(this, "DefaultUser", {
      userId: `${name}-default`,
      userName: "default",
      engine: ENGINE.engine,
      accessString: NO_ACCESS,
      authenticationMode: { type: "no-password-required" },
    });
    const users = new ElasticacheUserGroup(this, "Users", {
      userGroupId: name,
      engine: ENGINE.engine,
      userIds: [user.userId, nobody.userId],
    });
    const slow = new LogGroup(this, "SlowLog", { monitoring, name: logs.slow });
    const engine = new LogGroup(this, "EngineLog", { monitoring, name: logs.engine });
    const group = new ElasticacheReplicationGroup(this, "Resource", {
      replicationGroupId: name,
      description: `Queues of Redash of ${environment}`,
      engine: ENGINE.engine,
      engineVersion: ENGINE.version,
      autoMinorVersionUpgrade: "true",
      nodeType: config.nodeType,
      numCacheClusters: 1 + config.replicas,
      automaticFailoverEnabled: replicated,
      multiAzEnabled: replicated,
      parameterGroupName: parameters.name,
      port: REDIS_PORT,
      subnetGroupName: subnets.name,
      securityGroupIds: [network.securityGroupIds.cache],
      atRestEncryptionEnabled: "true",
      kmsKeyId: key.arn,
      transitEncryptionEnabled: true,
      transitEncryptionMode: "required",
      userGroupIds: [users.userGroupId],
      snapshotRetentionLimit: config.snapshotDays,
      snapshotWindow: config.snapshotWindow,
      maintenanceWindow: config.maintenanceWindow,
      logDeliveryConfiguration: (
        [
          ["slow-log", slow],
          ["engine-log", engine],
        ] as const
      ).map(([logType, log]) => ({
        destination: log.logGroupName,
        destinationType: "cloudwatch-logs",
        logFormat: "json",
        logType,
      })),
      timeouts: { create: "60m", update: "60m", delete: "60m" },
    });
    if (!replicated) {
      acknowledge(
        group,
        "ElastiCacheMultiAZ",
        "Where nobody waits for Redash the queue may be away with its zone: queries are asked again, schedules come back, nothing is kept here alone.",
      );
    }
    this.name = name;
    this.slowLog = slow;
    this.host = group.primaryEndpointAddress;
    this.user = name;
    this.userArn = user.arn;
    this.ready = [group, users];
    this.alarms = new CacheAlarms(this, "Alarms", { environment, monitoring, name, config }).alarms;
  }
}
