/** Why a failed check of checkov is accepted: one of these, at least. */
export interface Accepted {
  /**
   * Rules of the program that ask for the same: wherever one of them is acknowledged, its reason is the check's.
   * @default - none
   */
  readonly rules?: readonly string[];
  /** Everywhere: why the check is not asked for, or what holds it in its place. @default - not everywhere */
  readonly reason?: string;
  /** In plans of a sandbox: what its emulator cannot do. @default - not for that */
  readonly sandbox?: string;
}

const CI_POLICIES =
  "checkov judges a statement by itself: CI's policies and boundaries are judged with all of their statements, by what Terraform asks for and by attacks (__tests__/constructs/global)";
const REFERENCES =
  "checkov joins resources by the references of a file, and a plan has values: a rule of the program holds it on the synthesized stack";

/** The checks of checkov that some plan of the program fails. A check that is not here is open wherever it fails. */
export const CHECKOV_ACCEPTED: Readonly<Record<string, Accepted>> = {
  CKV_AWS_54: { rules: ["S3BucketLevelPublicAccessProhibited"] },
  CKV_AWS_56: { rules: ["S3BucketLevelPublicAccessProhibited"] },
  CKV_AWS_61: {
    reason:
      "People's roles carry a random suffix, so a trust names their account and narrows it by aws:PrincipalArn, which the check does not read (config/people.ts)",
  },
  CKV_AWS_70: { rules: ["PolicyNoWildcardPrincipal"] },
  CKV_AWS_91: { rules: ["ELBLoggingEnabled"] },
  CKV_AWS_116: {
    rules: ["LambdaDLQ"],
    sandbox: "The emulator forgets a function's dead-letter queue; LambdaDLQ holds it in the cloud",
  },
  CKV_AWS_117: { rules: ["LambdaInsideVPC"] },
  CKV_AWS_133: { rules: ["RDSInstanceBackupEnabled"] },
  CKV_AWS_144: { rules: ["S3BucketReplicationEnabled"] },
  CKV_AWS_145: { rules: ["S3DefaultEncryptionKMS"] },
  CKV_AWS_150: { rules: ["ELBDeletionProtectionEnabled"] },
  CKV_AWS_152: {
    reason:
      "kops leaves cross-zone balancing of the API's load balancer off, and the manifest is at parity with it: each zone has its control plane",
  },
  CKV_AWS_157: { rules: ["RDSMultiAZSupport"] },
  CKV_AWS_211: {
    sandbox:
      "The emulator calls the authority rds-ca-default; RDS signs new instances with rds-ca-rsa2048-g1: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html",
  },
  CKV_AWS_252: {
    reason:
      "New files of the trail interest nobody by the minute: alarms and searches read its log group, which has the same events",
  },
  CKV_AWS_260: {
    reason: "SecurityGroupNoOpenIngress judges every rule: the web's redirect to HTTPS is the one that is acknowledged",
  },
  CKV_AWS_272: {
    reason:
      "The archives are made from this repository at synth, and their digests are in the plan that is reviewed: a signature would be made by the same job",
  },
  CKV_AWS_286: { reason: CI_POLICIES },
  CKV_AWS_287: { reason: CI_POLICIES },
  CKV_AWS_288: { reason: CI_POLICIES },
  CKV_AWS_289: { reason: `${CI_POLICIES}; those of kops' addons are at parity with kops` },
  CKV_AWS_290: {
    reason: `${CI_POLICIES}; those of kops' addons are at parity with kops, and cloudwatch:PutMetricData knows no resource`,
  },
  CKV_AWS_293: { rules: ["RDSInstanceDeletionProtectionEnabled"] },
  CKV_AWS_297: {
    reason: "A schedule holds an ETL's name and a time, which say nothing of patients; AWS's key encrypts it",
  },
  CKV_AWS_338: {
    reason: "config/ decides how long logs are kept (retention.logDays); the audit's are kept for a year or more",
  },
  CKV_AWS_355: { reason: `${CI_POLICIES}; those of kops' addons are at parity with kops` },
  CKV_AWS_378: {
    reason:
      "Between load balancer and pod the path is inside the VPC, from one security group to another (docs/policy.md)",
  },
  CKV_AWS_393: {
    reason:
      "The check knows a repository by its name, and no `@`: subjects here hold the ids of owner and repository, and are judged by FederatedTrustNamesSubject and by attacks (__tests__/constructs/global/github-trust.test.ts)",
  },
  CKV2_AWS_3: {
    reason:
      "An organization would switch GuardDuty on for new accounts; here each account of the program has its detector",
  },
  CKV2_AWS_5: {
    reason: "Stage2 and stage3 attach the groups that stage1's matrix declares, so no plan of one stack shows it",
  },
  CKV2_AWS_6: { rules: ["S3BucketLevelPublicAccessProhibited"] },
  CKV2_AWS_15: { reason: "AutoScalingGroupELBHealthCheckRequired sees the group itself, which another stack declares" },
  CKV2_AWS_34: {
    reason: "Parameters publish names and addresses to readers outside the program, and no secret (NoLiteralSecret)",
  },
  CKV2_AWS_38: { reason: `${REFERENCES} (aws_route53_hosted_zone_dnssec)` },
  CKV2_AWS_50: { rules: ["ElastiCacheMultiAZ"] },
  CKV2_AWS_57: { rules: ["SecretsManagerRotationEnabled"] },
  CKV2_AWS_62: {
    reason:
      "What happens to objects is on the trail, as data events where it matters; nothing here waits for an object",
  },
  CKV2_AWS_71: {
    reason:
      "One wildcard per environment: its host names, in the public log of certificates, would tell what runs there",
  },
  CKV2_AWS_76: { reason: `${REFERENCES} (AWSManagedRulesKnownBadInputsRuleSet, in every web ACL)` },
};
