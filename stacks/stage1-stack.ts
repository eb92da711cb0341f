import type { EnvironmentConfig } from "../config/schema/environment";
import type { GlobalConfig } from "../config/schema/global";
import {
  boundaryArn,
  clusterFullName,
  controllerRole,
  grafanaUrl,
  namePrefix,
  nfsDriverRole,
  PEOPLE_ROLES,
  roleArn,
} from "../config/names";
import { isUsedOn, NFS_USE_NAMES, NFS_USES, type NfsUseName } from "../config/nfs-uses";
import { CONTROLLER_TOOLS, summedTools } from "../config/controller-tools";
import { declaredSecrets } from "../config/service-secrets";
import { Audit, type AuditExports } from "../constructs/shared/audit/audit";
import type { Construct } from "../constructs/shared/cdktf";
import { hasCopies } from "../config/copies";
import { Network } from "../constructs/stage1/core/network";
import { Controllers } from "../constructs/stage1/controllers/controllers";
import { Databases } from "../constructs/stage1/db/databases";
import { delegationRoleArn } from "../constructs/shared/dns/delegation-role";
import { EnvironmentZone } from "../constructs/stage1/dns/environment-zone";
import { Nfs } from "../constructs/stage1/nfs/nfs";
import type { AgeWatchProps } from "../constructs/stage1/secrets/age-watch";
import { Runners } from "../constructs/stage1/runners/runners";
import { WorkloadSecrets } from "../constructs/stage1/secrets/workload-secrets";
import { Monitoring } from "../constructs/shared/observability/monitoring";
import type {
  CoreExports,
  DatabaseExports,
  DnsExports,
  NfsExports,
  SecretExports,
} from "../constructs/shared/platform";
import { BaseStack } from "./base-stack";
import type { Deployment } from "./deployment";
import { declareOutputs, importOutputs, publishExports } from "./exports";
import type { GlobalStack } from "./global-stack";

/** What stage1 hands to later stages, by system. */
// A type, not an interface: only a type is also a record of systems.
export type Stage1Exports = Readonly<{
  alarms: AlarmExports;
  core: CoreExports;
  audit: AuditExports;
  db: DatabaseExports;
  dns: DnsExports;
  /** @default - the environment has no shared file system */
  nfs?: NfsExports;
  secrets: SecretExports;
}>;

/** Where alarms and logs of later stages go. */
export interface AlarmExports {
  /** ARN of the topic that wakes somebody. */
  readonly pageTopicArn: string;
  /** ARN of the topic that can wait for the morning. */
  readonly ticketTopicArn: string;
  /** ARN of the key that encrypts log groups. */
  readonly logKeyArn: string;
  /** ARN of the key that encrypts the topics: who publishes to one must be allowed to use it. */
  readonly topicKeyArn: string;
}

/** Properties of {@link Stage1Stack}. */
export interface Stage1StackProps {
  /** The environment's settings. */
  readonly config: EnvironmentConfig;
  /** What the environments share. */
  readonly globalConfig: GlobalConfig;
  /** Where state lives and which endpoints Terraform talks to. */
  readonly deployment: Deployment;
  /** The stack whose outputs it reads. */
  readonly global: GlobalStack;
  /** Code of its function, which looks at ages. */
  readonly functions: { readonly ages: AgeWatchProps["code"] };
}

/** An environment's ground: network, audit, databases, secrets, DNS. */
export class Stage1Stack extends BaseStack {
  /** What later stages and other programs use. */
  public readonly exports: Stage1Exports;

  public constructor(scope: Construct, id: string, props: Stage1StackProps) {
    const { config, globalConfig } = props;
    const { account, name, owners } = config;
    super(scope, id, {
      owner: name,
      account,
      deployment: props.deployment,
      rolesBoundary: boundaryArn(account.id),
      deletionProtection: config.deletionProtection,
    });
    const global = importOutputs(this, props.global, props.global.exports);
    const replicaProvider =
      config.audit.replicaRegion === undefined
        ? undefined
        : this.aliasedAws("ReplicaRegion", {
            alias: "replica",
            owner: name,
            account: { id: account.id, region: config.audit.replicaRegion },
          });

    const monitoring = new Monitoring(this, "Monitoring", {
      environment: name,
      namePrefix: namePrefix(name),
      account,
      subscribers: config.alarms,
      thresholds: config.alarms.thresholds,
      retention: config.retention,
      runbookUrl: globalConfig.runbookUrl,
      grafanaUrl: grafanaUrl(config),
      owner: owners.core,
    });
    const shared = { monitoring, account };
    const audit = new Audit(this, "Audit", {
      ...shared,
      config: config.audit,
      owner: owners.audit,
      objects: [{ what: "PHI", bucketArns: [global.clarityStaging.bucketArn] }],
      otherRegions: [...Object.values(config.databases), config.nfs].flatMap((part) => part?.replicaRegion ?? []),
      replicaProvider,
    });
    const core = new Network(this, "Core", {
      ...shared,
      config: config.network,
      clusterNames: Object.keys(config.clusters).map((cluster) => clusterFullName(config, cluster)),
      owner: owners.core,
      accessLogBucket: audit.exports.accessLogBucketName,
      trustedAccounts: [globalConfig.account.id],
    });
    const databases = new Databases(this, "Db", {
      ...shared,
      owner: owners.db,
      databases: config.databases,
      subnetIds: Object.values(core.exports.dbSubnetIds),
      vpcId: core.exports.vpcId,
      securityGroupId: core.exports.securityGroupIds.db,
      copyTarget: hasCopies(config)
        ? { vaultArn: global.backupCopies.vaultArns[name] ?? "", accountId: globalConfig.account.id }
        : undefined,
      replicaProvider,
      deletionProtection: this.deletionProtection,
    });
    const nfs =
      config.nfs &&
      new Nfs(this, "Nfs", {
        ...shared,
        config: config.nfs,
        subnetIds: core.exports.nodeSubnetIds,
        securityGroupId: core.exports.securityGroupIds.nfs,
        mounterArns: nfsMounters(config, account.id),
        vault: databases.vault,
        replicaProvider,
      });
    const secrets = new WorkloadSecrets(this, "Secrets", {
      ...shared,
      environment: name,
      owner: owners.core,
      secrets: declaredSecrets(config),
      ages: {
        code: props.functions.ages,
        maxAgeDays: config.secrets.maxAgeDays,
        restoreTests: databases.restoreTests,
      },
      deletionProtection: this.deletionProtection,
    });
    const dns = new EnvironmentZone(this, "Dns", {
      ...shared,
      config: config.dns,
      owner: owners.dns,
      contact: config.alarms.ticket[0] ?? "",
      apex: {
        zoneId: global.apexZone.zoneId,
        provider: this.aliasedAws("Apex", {
          alias: "apex",
          owner: "global",
          account: globalConfig.account,
          roleArn: delegationRoleArn(globalConfig.account.id, name),
        }),
      },
    });
    if (config.controllers !== undefined) {
      new Controllers(this, "Controllers", {
        ...shared,
        config: config.controllers,
        zone: config.dns.zone,
        clusters: Object.keys(config.clusters),
        postgresMajor: config.databases.db.engineVersion.split(".")[0] ?? "",
        subnetIds: Object.values(core.exports.nodeSubnetIds),
        securityGroupId: core.exports.securityGroupIds.controller,
        volumeKeyArn: audit.exports.ebsKeyArn,
        accessLogBucket: audit.exports.accessLogBucketName,
        // Nobody starts an emulator's machine, so its checksums are none.
        tools: props.deployment.kind === "sandbox" ? sandboxTools() : summedTools(),
        files: nfs && controllerFiles(nfs),
      });
    }
    if (config.runners !== undefined) {
      new Runners(this, "Runners", {
        ...shared,
        config: config.runners,
        repository: globalConfig.repository,
        vpcId: core.exports.vpcId,
        subnetIds: Object.values(core.exports.nodeSubnetIds),
        securityGroupId: core.exports.securityGroupIds.runner,
      });
    }
    this.exports = {
      alarms: {
        pageTopicArn: monitoring.topics.page,
        ticketTopicArn: monitoring.topics.ticket,
        logKeyArn: monitoring.logKeyArn,
        topicKeyArn: monitoring.topicKeyArn,
      },
      core: core.exports,
      audit: audit.exports,
      db: databases.exports,
      dns: dns.exports,
      ...(nfs && { nfs: nfs.exports }),
      secrets: secrets.exports,
    };
    declareOutputs(this, this.exports);
    publishExports(this, name, "stage1", this.exports);
  }
}

/** Who may mount each folder of the shared file system: what uses it, and people who put back what was lost. */
function nfsMounters(
  { clusters, controllers, name }: EnvironmentConfig,
  accountId: string,
): Readonly<Record<NfsUseName, readonly string[]>> {
  const roles = (use: NfsUseName): readonly string[] => [
    ...Object.keys(clusters)
      .filter((cluster) => isUsedOn(use, cluster))
      .map((cluster) => nfsDriverRole(name, cluster)),
    ...(controllers !== undefined && NFS_USES[use].controllers ? [controllerRole(name)] : []),
    PEOPLE_ROLES.administrators,
  ];
  return Object.fromEntries(
    NFS_USE_NAMES.map((use): [string, readonly string[]] => [use, roles(use).map((role) => roleArn(accountId, role))]),
  ) as Record<NfsUseName, readonly string[]>;
}

function sandboxTools(): ReturnType<typeof summedTools> {
  return CONTROLLER_TOOLS.map((tool) => ({ ...tool, sha256: "0".repeat(64) }));
}

/** The shared files, as a controller mounts them. */
function controllerFiles({ exports: { accessPoints, fileSystemArn, fileSystemId }, ready }: Nfs) {
  const { arn: accessPointArn, id: accessPointId } = accessPoints.shared;
  return { fileSystemId, fileSystemArn, accessPointId, accessPointArn, ready };
}
