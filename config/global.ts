import type { GlobalConfigInput } from "./load";

/** Settings shared by the environments. Account ids (AWS's documentation examples) and the repository's are to be replaced by your own. */
export const globalConfig: GlobalConfigInput = {
  account: { id: "111122223333", region: "us-east-1" },
  audit: {
    // In an organization's management account, both count what every account spends.
    monthlyBudgetUsd: 500,
    costAnomalyUsd: 50,
    trailLockMode: "compliance",
    trailLockYears: 7,
    findingSeverity: 4,
    securityHubSeverities: ["CRITICAL", "HIGH"],
  },
  managementAccount: "123456789012",
  identityCenter: { startUrl: "https://opsdx.awsapps.com/start", region: "us-east-1" },
  people: {
    administrators: [{ permissionSet: "AdministratorAccess" }],
    etlOperators: [{ permissionSet: "OpsdxEtlOperator" }],
    readers: [{ permissionSet: "OpsdxReader" }],
    breakGlass: { role: "OrganizationAccountAccessRole" },
  },
  replicaRegion: "us-west-2",
  domain: "opsdx.io",
  signingKeys: ["ksk1"],
  repository: "yanif/opsdx-cloud",
  repositoryIds: { owner: 1234567, repository: 890123456 },
  // Of a person's repository, or a private one without GitHub Enterprise, there is none: `false`, and `merge_group` leaves the workflows.
  mergeQueue: true,
  buckets: {
    terraformState: "opsdx-terraform-state",
    kopsState: "opsdx-kops-state",
    oidcDiscovery: "opsdx-oidc-discovery",
    elbAccessLogs: "opsdx-elb-access-logs",
    clarityStaging: "opsdx-clarity-etl-stagec2dw",
  },
  // Compliance once you are sure: nobody, not even AWS, takes it back.
  backupCopies: { lockMode: "governance" },
  containerRepositories: ["trews-etl", "trews-rest-api", "trews-train"],
  logRetentionDays: 365,
  alarms: { page: ["oncall@opsdx.io"], ticket: ["platform@opsdx.io"] },
  owner: "Yanif",
  runbookUrl: "https://github.com/yanif/opsdx-cloud/blob/main/docs/runbook",
};
