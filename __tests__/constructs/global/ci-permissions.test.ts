import { loadConfig } from "../../../config/load";
import { boundaryArn, delegationRole, roleArn } from "../../../config/names";
import { APPLY_ACTIONS, APPLY_SERVICES } from "../../../constructs/global/ci-permissions";
import { decide, type Decision, type RequestContext, type Rights } from "../../../constructs/shared/policy/evaluate";
import { changes, needsOf, resourcesOf } from "../../iam/needs";
import { withinEmulatorLimits } from "../../../stacks/sandbox/within-emulator-limits";
import { LEFT_OUT, leftOutOperations } from "../../iam/left-out";
import { PHASES, recorded, type Phase } from "../../iam/recorded";
import { ciRightsOf, rightsOf } from "../../iam/rights";
import { renderProgram } from "../../stacks/support";

const { environments, global: globalConfig } = loadConfig();
const stacks = renderProgram();
const global = stacks.find(({ name }) => name === "global");
if (global === undefined) throw new Error("there is no global stack");
const record = recorded();

/** Addresses that the emulator makes of a stack. */
function made(json: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  const { resource = {} } = withinEmulatorLimits(json) as { resource?: Record<string, Record<string, unknown>> };
  return new Set(Object.entries(resource).flatMap(([type, all]) => Object.keys(all).map((key) => `${type}.${key}`)));
}

/** Types of stage1 that come once a person has made the connection to GitHub (`runners.connection`). */
const AFTER_HANDSHAKE = ["aws_codebuild_source_credential", "aws_codebuild_webhook"];

/** Types of which the emulator makes none of a stack's resources. */
const leftOut = new Map(
  stacks.map(({ name, json, resources }) => {
    const addresses = made(json);
    const seen = new Set(resources.filter(({ address }) => addresses.has(address)).map(({ type }) => type));
    const declared = [...resources.map(({ type }) => type), ...(name.endsWith("-stage1") ? AFTER_HANDSHAKE : [])];
    const types = declared.filter((type) => type.startsWith("aws_") && !seen.has(type));
    return [name, [...new Set(types)]] as const;
  }),
);

/** What the emulator cannot show: it refuses these, or its answers make Terraform refuse. */
const UNSEEN: readonly string[] = [
  "autoscaling:UpdateAutoScalingGroup",
  "ec2:CreateLaunchTemplateVersion",
  "ec2:ModifyLaunchTemplate",
  "fis:UpdateExperimentTemplate",
  "guardduty:TagResource",
  "iam:CreatePolicyVersion",
  "iam:DeletePolicyVersion",
  "kms:PutKeyPolicy",
  "rds:ModifyDBInstance",
];

/** What Terraform itself does beside the providers. https://developer.hashicorp.com/terraform/language/backend/s3#permissions-required */
const BACKEND: Readonly<Record<"read" | "write", readonly string[]>> = {
  read: ["s3:GetObject", "s3:ListBucket"],
  write: ["s3:PutObject", "s3:DeleteObject"],
};

const AUDIT = "what watches CI is not CI's to change: docs/decisions/0020-what-ci-may-not-become.md";
const BACKUP = "a backup goes, and its plan changes, by a person";
const KEY = "a key and its policy stay as they are made";

/** Operations that only a person may do: type of the resource, operation, reason. */
const PERSONS: readonly (readonly [type: string, operation: string, reason: string])[] = [
  ["aws_accessanalyzer_analyzer", "access-analyzer:DeleteAnalyzer", AUDIT],
  ["aws_accessanalyzer_analyzer", "access-analyzer:UpdateAnalyzer", AUDIT],
  ["aws_backup_plan", "backup:DeleteBackupPlan", BACKUP],
  ["aws_backup_restore_testing_plan", "backup:DeleteRestoreTestingPlan", BACKUP],
  ["aws_backup_restore_testing_plan", "backup:UpdateRestoreTestingPlan", BACKUP],
  ["aws_backup_restore_testing_selection", "backup:DeleteRestoreTestingSelection", BACKUP],
  ["aws_backup_restore_testing_selection", "backup:UpdateRestoreTestingSelection", BACKUP],
  ["aws_backup_selection", "backup:DeleteBackupSelection", BACKUP],
  ["aws_backup_vault", "backup:DeleteBackupVault", BACKUP],
  ["aws_backup_vault_policy", "backup:DeleteBackupVaultAccessPolicy", BACKUP],
  ["aws_backup_vault_policy", "backup:PutBackupVaultAccessPolicy", BACKUP],
  ["aws_cloudtrail", "cloudtrail:DeleteTrail", AUDIT],
  ["aws_cloudtrail", "cloudtrail:PutEventSelectors", AUDIT],
  ["aws_cloudtrail", "cloudtrail:PutInsightSelectors", AUDIT],
  ["aws_cloudtrail", "cloudtrail:UpdateTrail", AUDIT],
  ["aws_config_config_rule", "config:DeleteConfigRule", AUDIT],
  ["aws_config_config_rule", "config:PutConfigRule", AUDIT],
  ["aws_config_configuration_recorder", "config:DeleteConfigurationRecorder", AUDIT],
  ["aws_config_configuration_recorder", "config:PutConfigurationRecorder", AUDIT],
  ["aws_config_configuration_recorder_status", "config:StopConfigurationRecorder", AUDIT],
  ["aws_config_delivery_channel", "config:DeleteDeliveryChannel", AUDIT],
  ["aws_config_delivery_channel", "config:PutDeliveryChannel", AUDIT],
  ["aws_db_instance", "rds:DeleteDBInstance", "a database goes by a person"],
  ["aws_db_instance_automated_backups_replication", "rds:StopDBInstanceAutomatedBackupsReplication", BACKUP],
  ["aws_ebs_encryption_by_default", "ec2:DisableEbsEncryptionByDefault", AUDIT],
  ["aws_ebs_snapshot_block_public_access", "ec2:DisableSnapshotBlockPublicAccess", AUDIT],
  ["aws_ec2_image_block_public_access", "ec2:DisableImageBlockPublicAccess", AUDIT],
  ["aws_efs_file_system", "elasticfilesystem:DeleteFileSystem", "files go by a person"],
  ["aws_efs_replication_configuration", "elasticfilesystem:DeleteReplicationConfiguration", BACKUP],
  ["aws_flow_log", "ec2:DeleteFlowLogs", AUDIT],
  ["aws_guardduty_detector", "guardduty:DeleteDetector", AUDIT],
  ["aws_guardduty_detector_feature", "guardduty:UpdateDetector", AUDIT],
  ["aws_kms_alias", "kms:DeleteAlias", KEY],
  ["aws_kms_key", "kms:PutKeyPolicy", KEY],
  ["aws_kms_key", "kms:ScheduleKeyDeletion", KEY],
  ["aws_route53_query_log", "route53:DeleteQueryLoggingConfig", AUDIT],
  ["aws_route53_resolver_query_log_config", "route53resolver:DeleteResolverQueryLogConfig", AUDIT],
  ["aws_route53_resolver_query_log_config_association", "route53resolver:DisassociateResolverQueryLogConfig", AUDIT],
  ["aws_s3_account_public_access_block", "s3control:DeletePublicAccessBlock", AUDIT],
  ["aws_s3_account_public_access_block", "s3control:PutPublicAccessBlock", AUDIT],
  ["aws_securityhub_account", "securityhub:DisableSecurityHub", AUDIT],
  ["aws_securityhub_account", "securityhub:UpdateSecurityHubConfiguration", AUDIT],
  ["aws_securityhub_standards_subscription", "securityhub:BatchDisableStandards", AUDIT],
];

/** What is known of a call beside its action: what the program's own calls carry. */
const contextOf = (accountId: string, operation = ""): RequestContext => ({
  "iam:PermissionsBoundary": boundaryArn(accountId),
  "kms:GrantIsForAWSResource": "true",
  // A key that is there has an alias; one that is being made, none.
  ...(operation === "kms:CreateKey" ? {} : { "kms:ResourceAliases": ["alias/opsdx-dev-x"] }),
});

/** The actions that a role lacks for operations, each with the statement to add or the one in the way. */
async function lacking(
  rights: Rights,
  accountId: string,
  operations: readonly string[],
  within: (action: string) => Promise<boolean> = () => Promise.resolve(false),
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const operation of operations) {
    for (const action of await needsOf(operation)) {
      for (const resource of await resourcesOf(action, accountId)) {
        const decision = decide(rights, { action, resource, context: contextOf(accountId, operation) });
        const denied = /\.\w+$/.test(decision.by);
        if (decision.allowed || (!denied && (await within(action)))) continue;
        found.push(`${operation}: ${explanation(action, decision, denied)}`);
      }
    }
  }
  return [...new Set(found)];
}

function explanation(action: string, { by }: Decision, denied: boolean): string {
  if (denied) return `${action} is denied by ${by}`;
  return `add ${JSON.stringify({ Effect: "Allow", Action: [action], Resource: ["*"] })} to ${by.split(", ").at(-1) ?? ""}`;
}

/** Operations of an environment's stacks in an account. */
function operationsOf(environment: string, accountId: string, phases: readonly Phase[]): readonly string[] {
  const own = Object.entries(record).filter(([stack]) => stack.startsWith(`${environment}-`));
  const found = own.flatMap(([stack, operations]) =>
    phases.flatMap((phase) => [
      ...(operations[phase]?.[accountId] ?? []),
      ...(accountId === globalConfig.account.id
        ? []
        : (leftOut.get(stack) ?? []).flatMap((type) => leftOutOperations(type, phase))),
    ]),
  );
  return [...new Set(found)].sort();
}

const persons = PERSONS.map(([, operation]) => operation);
const everywhere = environments.flatMap(({ name, account }) => [...operationsOf(name, account.id, PHASES), ...UNSEEN]);

test("what the emulator cannot make has its operations in a list, and nothing else has", () => {
  expect(Object.keys(LEFT_OUT)).toEqual([...new Set([...leftOut.values()].flat())].sort());
});

test("the record holds each stack's commands, and every operation maps to an action", async () => {
  expect(Object.keys(record)).toEqual(expect.arrayContaining(["global", "dev-stage1", "prod-stage3"]));
  const operations = Object.values(record).flatMap((phases) =>
    PHASES.flatMap((phase) => Object.values(phases[phase] ?? {}).flat()),
  );
  expect(operations.length).toBeGreaterThan(1000);
  for (const operation of new Set([...operations, ...UNSEEN])) await needsOf(operation);
  await expect(needsOf("s3:MakeCoffee")).rejects.toThrow("the operation s3:MakeCoffee maps to no IAM action");
});

describe.each(environments.map(({ name, account }) => [name, account.id] as const))("CI in %s", (name, accountId) => {
  const { apply, plan } = ciRightsOf(global, name);
  if (apply === undefined) throw new Error(`there is no apply role in ${name}`);
  const all = [...operationsOf(name, accountId, PHASES), ...UNSEEN];

  test("applies, changes and destroys its stacks, but for what only a person may do", async () => {
    expect(all.length).toBeGreaterThan(150);
    const denied = (await lacking(apply, accountId, all)).map((line) => line.split(": ")[0] ?? "");
    expect([...new Set(denied)].filter((operation) => !persons.includes(operation))).toEqual([]);
  });

  test.each(PERSONS)("leaves %s: %s to a person", async (type, operation) => {
    expect(stacks.some((stack) => stack.ofType(type).length > 0)).toBe(true);
    expect(everywhere).toContain(operation);
    expect(await lacking(apply, accountId, [operation])).toEqual([
      expect.stringMatching(/ is denied by opsdx-ci-boundary\./),
    ]);
  });

  test.each([
    ["route53resolver:*", "route53resolver:CreateResolverQueryLogConfig"],
    ["backup-storage:MountCapsule", "backup:CreateBackupVault"],
  ])("without %s lacks what %s needs, and says what to add", async (taken, operation) => {
    const policies = apply.policies.map((policy) => ({
      ...policy,
      statements: policy.statements.map((one) => ({
        ...one,
        actions: one.actions.filter((action) => action !== taken),
      })),
    }));
    const [line] = (await lacking({ ...apply, policies }, accountId, all)).filter((each) =>
      each.startsWith(`${operation}:`),
    );
    const action = taken.replace("*", operation.split(":")[1] ?? "");
    expect(line).toBe(
      `${operation}: add {"Effect":"Allow","Action":["${action}"],"Resource":["*"]} to opsdx-ci-apply-${name}`,
    );
  });

  test("holds no service as a whole, and no single action, that no operation needs", async () => {
    const needed = new Set((await Promise.all(all.map(needsOf))).flat());
    const services = new Set([...needed].map((action) => action.split(":")[0]));
    expect(Object.keys(APPLY_SERVICES).filter((service) => !services.has(service))).toEqual([]);
    expect(Object.keys(APPLY_ACTIONS).filter((action) => !needed.has(action))).toEqual([]);
  });

  test("reads and writes its state and its locks", () => {
    const bucket = `arn:aws:s3:::${globalConfig.buckets.terraformState}`;
    for (const action of [...BACKEND.read, ...BACKEND.write]) {
      const resource = action === "s3:ListBucket" ? bucket : `${bucket}/${name}/${name}-stage1.tfstate.tflock`;
      expect(decide(apply, { action, resource })).toMatchObject({ allowed: true });
    }
  });

  /** `ReadOnlyAccess` is AWS's own and not at hand: by its description, what AWS calls List or Read. */
  const reads = async (action: string): Promise<boolean> =>
    plan.managed.includes("arn:aws:iam::aws:policy/ReadOnlyAccess") && !(await changes(action));

  test("plans: reads all that a plan reads", async () => {
    const operations = operationsOf(name, accountId, ["plan"]);
    expect(operations.length).toBeGreaterThan(50);
    expect(await lacking(plan, accountId, operations, reads)).toEqual([]);
    const bucket = `arn:aws:s3:::${globalConfig.buckets.terraformState}`;
    expect(decide(plan, { action: "s3:GetObject", resource: `${bucket}/${name}/${name}-stage1.tfstate` }).allowed).toBe(
      true,
    );
    expect(decide(plan, { action: "s3:ListBucket", resource: bucket }).allowed).toBe(true);
  });

  test("writes nothing while it plans: no lock, and no operation that changes anything", async () => {
    const bucket = `arn:aws:s3:::${globalConfig.buckets.terraformState}`;
    for (const action of BACKEND.write) {
      expect(decide(plan, { action, resource: `${bucket}/${name}/${name}-stage1.tfstate.tflock` }).allowed).toBe(false);
    }
    const own = plan.policies.flatMap(({ statements }) => statements).filter(({ effect }) => effect === "Allow");
    const writes: string[] = [];
    for (const action of own.flatMap(({ actions }) => actions)) if (await changes(action)) writes.push(action);
    // By AWS's words both write: one opens what may be read, the other takes a role that reads.
    expect(writes.filter((action) => !["kms:Decrypt", "sts:AssumeRole"].includes(action))).toEqual([]);
    expect(plan.managed).toEqual(["arn:aws:iam::aws:policy/ReadOnlyAccess"]);
    for (const operation of all) {
      for (const action of await needsOf(operation)) {
        if (!(await changes(action)) || action === "kms:Decrypt") continue;
        for (const resource of await resourcesOf(action, accountId)) {
          expect([action, decide(plan, { action, resource, context: contextOf(accountId) }).allowed]).toEqual([
            action,
            false,
          ]);
        }
      }
    }
  });

  test.each([
    ["write", ["apply", "change", "destroy"]],
    ["read", ["plan"]],
  ] as const)("has in the account of the apex zone what its delegation role may: %s", async (access, phases) => {
    const elsewhere = operationsOf(name, globalConfig.account.id, phases);
    expect(elsewhere).toContain("route53:GetHostedZone");
    const role = global.ofType("aws_iam_role").find(({ body }) => body["name"] === delegationRole(name, access));
    if (role === undefined) throw new Error("there is no delegation role");
    const caller = access === "write" ? apply : plan;
    expect(
      decide(caller, {
        action: "sts:AssumeRole",
        resource: roleArn(globalConfig.account.id, delegationRole(name, access)),
      }),
    ).toMatchObject({ allowed: true });
    const { policies } = rightsOf(global, role);
    const actions = policies.flatMap(({ statements }) => statements.flatMap((statement) => statement.actions));
    const needed = (await Promise.all(elsewhere.map(needsOf))).flat();
    expect(needed.filter((action) => !actions.includes(action))).toEqual([]);
  });
});
