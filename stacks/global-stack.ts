import type { EnvironmentConfig } from "../config/schema/environment";
import type { GlobalConfig } from "../config/schema/global";
import { hasCopies } from "../config/copies";
import { githubRepository } from "../config/github";
import { principalsOf } from "../config/people";
import { CI_PLAN_ROLE, clusterFullName, delegationRole, GLOBAL, namePrefix, roleArn } from "../config/names";
import { Audit } from "../constructs/shared/audit/audit";
import { PhiDiscovery } from "../constructs/shared/audit/phi-discovery";
import type { WatchedObjects } from "../constructs/shared/audit/trail";
import { Construct, TerraformVariable } from "../constructs/shared/cdktf";
import { ApexZone, type ApexZoneExports } from "../constructs/global/apex-zone";
import { BackupCopies } from "../constructs/global/backup-copies";
import { CiRoles, describeCi } from "../constructs/global/ci-roles";
import { ClarityStaging } from "../constructs/global/clarity-staging";
import { ContainerRegistry } from "../constructs/global/container-registry";
import { ElbAccessLogs } from "../constructs/global/elb-access-logs";
import type { EnvironmentAccount } from "../constructs/global/environment-account";
import { KopsState } from "../constructs/global/kops-state";
import { describePeople } from "../constructs/global/people-facts";
import { PeopleRoles } from "../constructs/global/people-roles";
import { OidcDiscovery } from "../constructs/global/oidc-discovery";
import { TerraformState } from "../constructs/global/terraform-state";
import { Monitoring } from "../constructs/shared/observability/monitoring";
import { moveFromEarlierPath } from "../constructs/shared/renamed";
import { BaseStack } from "./base-stack";
import { STATE_KEY_ALIAS, type Deployment } from "./deployment";
import { declareOutputs } from "./exports";

/** A shared bucket with a key of its own. */
export interface SharedBucketExports {
  /** Name of the bucket. */
  readonly bucketName: string;
  /** ARN of the bucket. */
  readonly bucketArn: string;
  /** ARN of its key. */
  readonly keyArn: string;
}

/** What the global stack hands to the environments. */
// A type, not an interface: only a type is also a record of systems.
export type GlobalExports = Readonly<{
  terraformState: SharedBucketExports;
  kopsState: SharedBucketExports;
  oidcDiscovery: Readonly<{
    bucketName: string;
    bucketArn: string;
    /** A cluster's issuer is `<url>/<cluster>`. */
    url: string;
  }>;
  elbAccessLogs: Readonly<{
    /** Load balancers log here, with the environment's name as prefix. */
    bucketName: string;
  }>;
  clarityStaging: SharedBucketExports;
  containerRegistry: Readonly<{
    /** Address of each repository, by name. */
    urls: Readonly<Record<string, string>>;
    /** ARN of each repository, by name. */
    arns: Readonly<Record<string, string>>;
  }>;
  backupCopies: Readonly<{
    /** ARN of the vault that receives the copies of an environment's snapshots, by environment. */
    vaultArns: Readonly<Record<string, string>>;
  }>;
  apexZone: ApexZoneExports;
}>;

/** Properties of {@link GlobalStack}. */
export interface GlobalStackProps {
  /** What the environments share, from `config/global.ts`. */
  readonly config: GlobalConfig;
  /** The environments that share what this stack owns. */
  readonly environments: readonly EnvironmentConfig[];
  /** Where state lives and which endpoints Terraform talks to. */
  readonly deployment: Deployment;
}

/** What the environments share: state, kops state, logs, images, CI roles, the apex zone; and the audit of the account that holds it. */
export class GlobalStack extends BaseStack {
  /** What the environments' stages use. */
  public readonly exports: GlobalExports;

  public constructor(scope: Construct, id: string, props: GlobalStackProps) {
    const { config } = props;
    const { account, buckets, owner } = config;
    let boundary = "";
    super(scope, id, {
      owner: GLOBAL,
      account,
      deployment: props.deployment,
      rolesBoundary: () => boundary,
      deletionProtection: config.deletionProtection,
    });
    const environments = props.environments.map(({ name, account: { id: accountId }, clusters, dns }) => ({
      name,
      accountId,
      zone: dns.zone,
      administrators: principalsOf(config, "administrators", accountId),
      clusters: Object.keys(clusters).map((cluster) => clusterFullName({ dns }, cluster)),
    }));
    const monitoring = new Monitoring(this, "Monitoring", {
      environment: GLOBAL,
      namePrefix: namePrefix(GLOBAL),
      account,
      subscribers: config.alarms,
      thresholds: config.alarms.thresholds,
      retention: { auditDays: 365, logDays: config.logRetentionDays },
      runbookUrl: config.runbookUrl,
      owner,
    });
    const replicaProvider = this.aliasedAws("ReplicaRegion", {
      alias: "replica",
      owner: GLOBAL,
      account: { id: account.id, region: config.replicaRegion },
    });
    const audit = new Audit(this, "Audit", {
      monitoring,
      account,
      config: { ...config.audit, replicaRegion: config.replicaRegion },
      owner,
      objects: watchedObjects(buckets),
      // Who checks a cluster's tokens reads the discovery documents without signing in.
      publicBucketPolicies: true,
      replicaProvider,
    });
    moveFromEarlierPath(audit.defaults, ["AccountDefaults"]);
    moveFromEarlierPath(audit.accessLogs, ["AccessLogs"]);
    const accessLogBucket = audit.exports.accessLogBucketName;
    const shared = { account, environments, owner, monitoring, accessLogBucket, region: account.region };

    const terraformState = new TerraformState(this, "TerraformState", {
      ...shared,
      bucketName: buckets.terraformState,
      keyAlias: STATE_KEY_ALIAS,
      replicaRegion: config.replicaRegion,
      replicaProvider,
    });
    const kopsState = new KopsState(this, "KopsState", { ...shared, bucketName: buckets.kopsState });
    const oidcDiscovery = new OidcDiscovery(this, "OidcDiscovery", { ...shared, bucketName: buckets.oidcDiscovery });
    const elbAccessLogs = new ElbAccessLogs(this, "ElbAccessLogs", {
      ...shared,
      bucketName: buckets.elbAccessLogs,
      expireAfterDays: config.logRetentionDays,
    });
    const phiDiscovery = new PhiDiscovery(this, "PhiDiscovery", { monitoring, account, accessLogBucket, owner });
    const clarityStaging = new ClarityStaging(this, "ClarityStaging", {
      ...shared,
      bucketName: buckets.clarityStaging,
      inspector: phiDiscovery.inspector,
    });
    phiDiscovery.lookInto([clarityStaging.bucket.bucketName]);
    const ci = this.ciRoles(config, environments, [terraformState.keyArn, kopsState.keyArn]);
    boundary = ci.boundaryArn;
    const builder = props.environments.find(({ concourse }) => concourse !== undefined)?.name;
    const registry = new ContainerRegistry(this, "ContainerRegistry", {
      ...shared,
      pusher: environments.find(({ name }) => name === builder),
      repositories: config.containerRepositories,
      githubRepository: githubRepository(config),
      githubProviderArn: ci.githubProviderArn,
    });

    const backupCopies = new BackupCopies(this, "BackupCopies", {
      account,
      environments: props.environments
        .filter(hasCopies)
        .map(({ name, account: { id: accountId } }) => ({ name, accountId })),
      owner,
      lockMode: config.backupCopies.lockMode,
      breakGlassRole: config.people.breakGlass.role,
      deletionProtection: this.deletionProtection,
    });

    const apexZone = new ApexZone(this, "ApexZone", {
      monitoring,
      account,
      domain: config.domain,
      signingKeys: config.signingKeys,
      contact: config.alarms.ticket[0] ?? "",
      owner,
      environments,
    });

    this.exports = {
      terraformState: bucketExports(terraformState),
      kopsState: bucketExports(kopsState),
      oidcDiscovery: {
        bucketName: oidcDiscovery.bucket.bucketName,
        bucketArn: oidcDiscovery.bucket.arn,
        url: oidcDiscovery.url,
      },
      elbAccessLogs: { bucketName: elbAccessLogs.bucket.bucketName },
      clarityStaging: bucketExports(clarityStaging),
      containerRegistry: { urls: registry.urls, arns: registry.arns },
      backupCopies: { vaultArns: backupCopies.vaultArns },
      apexZone: apexZone.exports,
    };
    declareOutputs(this, this.exports);
  }

  /** CI roles in this account, where CI only plans, and in every environment's. Returns this account's. */
  private ciRoles(
    config: GlobalConfig,
    environments: readonly EnvironmentAccount[],
    keyArns: readonly string[],
  ): CiRoles {
    const { account, buckets, owner, people, repository } = config;
    const memberAdminRole = people.breakGlass.role;
    const ci = new Construct(this, "Ci");
    const members = new Construct(this, "People");
    describePeople(members, config);
    describeCi(ci, { owner, repository });
    const memberRole = new TerraformVariable(this, "member_role", {
      type: "string",
      default: memberAdminRole,
      description: `Role assumed in the environments' accounts: it must let in the administrators of this one. CI plans with ${CI_PLAN_ROLE}`,
    });
    const shared = {
      repository: githubRepository(config),
      mergeQueue: config.mergeQueue,
      memberAdminRole,
      keyArns,
      region: account.region,
      readable: {
        stateBucket: buckets.terraformState,
        kopsStateBucket: buckets.kopsState,
        oidcDiscoveryBucket: buckets.oidcDiscovery,
      },
    };
    const own = new CiRoles(ci, "Global", {
      ...shared,
      accountId: account.id,
      stateOwner: GLOBAL,
      planAssumes: environments.map(({ accountId }) => roleArn(accountId, CI_PLAN_ROLE)),
    });
    new PeopleRoles(members, "Global", {
      accountId: account.id,
      boundaryArn: own.boundaryArn,
      principals: { readers: principalsOf(config, "readers", account.id) },
    });
    for (const { name, accountId } of environments) {
      const delegation = (access: "read" | "write"): string => roleArn(account.id, delegationRole(name, access));
      const provider = this.aliasedAws(`Account-${name}`, {
        alias: name,
        owner: name,
        account: { id: accountId, region: account.region },
        roleArn: roleArn(accountId, memberRole.stringValue),
      });
      const { boundaryArn } = new CiRoles(ci, name, {
        ...shared,
        accountId,
        stateOwner: name,
        apply: true,
        planAssumes: [delegation("read")],
        applyAssumes: [delegation("write"), delegation("read")],
        planAssumedBy: [own.planRoleArn],
        provider,
      });
      new PeopleRoles(members, name, {
        accountId,
        boundaryArn,
        principals: {
          administrators: principalsOf(config, "administrators", accountId),
          readers: principalsOf(config, "readers", accountId),
        },
        provider,
      });
    }
    return own;
  }
}

/** Where every access to an object is on record: what holds PHI, keys or what Terraform believes. */
function watchedObjects(buckets: GlobalConfig["buckets"]): readonly WatchedObjects[] {
  const arns = (...names: readonly string[]): readonly string[] => names.map((name) => `arn:aws:s3:::${name}`);
  return [
    { what: "PHI", bucketArns: arns(buckets.clarityStaging) },
    {
      what: "state and cluster keys",
      bucketArns: arns(buckets.terraformState, TerraformState.replicaName(buckets.terraformState), buckets.kopsState),
    },
    { what: "clusters' public keys", bucketArns: arns(buckets.oidcDiscovery), writesOnly: true },
  ];
}

function bucketExports(system: TerraformState | KopsState | ClarityStaging): SharedBucketExports {
  return { bucketName: system.bucket.bucketName, bucketArn: system.bucket.arn, keyArn: system.keyArn };
}
