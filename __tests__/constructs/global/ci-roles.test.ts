import { APPLY_ACTIONS, APPLY_IAM_ACTIONS, APPLY_SERVICES } from "../../../constructs/global/ci-permissions";
import { DATA_READS } from "../../../constructs/shared/iam/data-reads";
import { CiRoles, describeCi, type CiRolesProps } from "../../../constructs/global/ci-roles";
import { systemFacts } from "../../../constructs/shared/observability/system";
import { synth, type Synthesized } from "../../support";
import { statement, statementsOf, type RawStatement } from "./support";

const ACCOUNT = "444455556666";

function build(props: Partial<CiRolesProps> = {}): Synthesized {
  return synth((stack) => {
    new CiRoles(stack, "Ci", {
      repository: { name: "yanif/opsdx-cloud" },
      mergeQueue: true,
      accountId: ACCOUNT,
      region: "us-east-1",
      stateOwner: "dev",
      memberAdminRole: "OrganizationAccountAccessRole",
      readable: { stateBucket: "state", kopsStateBucket: "kops", oidcDiscoveryBucket: "oidc" },
      keyArns: ["arn:aws:kms:us-east-1:111122223333:key/state", "arn:aws:kms:us-east-1:111122223333:key/kops"],
      apply: true,
      applyAssumes: ["arn:aws:iam::111122223333:role/opsdx-dns-delegation-dev"],
      ...props,
    });
  });
}

const stack = build();
const policyOf = (name: string, from = stack): unknown => from.one("aws_iam_policy", { name }).body["policy"];
const trustOf = (name: string, from = stack): unknown => from.one("aws_iam_role", { name }).body["assume_role_policy"];
const attached = (id: string): readonly unknown[] =>
  stack
    .referring("aws_iam_role_policy_attachment", "role", stack.one("aws_iam_role", { name: id }))
    .map(({ body }) => body["policy_arn"]);
const subject = (policy: unknown): unknown =>
  statement(policy, "GithubWorkflows").Condition?.["StringEquals"]?.["token.actions.githubusercontent.com:sub"];
const denies = (policy: unknown): readonly RawStatement[] =>
  statementsOf(policy).filter(({ Effect }) => Effect === "Deny");

describe("CiRoles", () => {
  test("trusts GitHub's tokens without a thumbprint, for STS", () => {
    const { body } = stack.one("aws_iam_openid_connect_provider");
    expect(body["url"]).toBe("https://token.actions.githubusercontent.com");
    expect(body["client_id_list"]).toEqual(["sts.amazonaws.com"]);
  });

  test("plans for pull requests and main; applies for main in the GitHub environment only", () => {
    const workflow = (name: string) => `job_workflow_ref:yanif/opsdx-cloud/.github/workflows/${name}@refs/heads/main`;
    expect(subject(trustOf("opsdx-ci-plan"))).toEqual([
      `repo:yanif/opsdx-cloud:pull_request:${workflow("plan.yml")}`,
      ...["plan.yml", "drift.yml"].map((name) => `repo:yanif/opsdx-cloud:ref:refs/heads/main:${workflow(name)}`),
    ]);
    expect(statement(trustOf("opsdx-ci-plan"), "MergeQueue").Condition?.["StringLike"]).toEqual({
      "token.actions.githubusercontent.com:sub": `repo:yanif/opsdx-cloud:ref:refs/heads/gh-readonly-queue/main/pr-*:${workflow("plan.yml")}`,
    });
    expect(statement(trustOf("opsdx-ci-apply-dev"), "GithubWorkflows").Condition).toEqual({
      StringEquals: {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": [`repo:yanif/opsdx-cloud:environment:dev:${workflow("deploy.yml")}`],
        "token.actions.githubusercontent.com:ref": "refs/heads/main",
      },
    });
  });

  test("plans in the merge queue only where there is one", () => {
    const without = trustOf("opsdx-ci-plan", build({ mergeQueue: false }));
    expect(statementsOf(without).map(({ Sid }) => Sid)).toEqual(["GithubWorkflows"]);
    expect(JSON.stringify(without)).not.toContain("gh-readonly-queue");
  });

  test("has a trust that IAM takes for the longest repository that the configuration takes", () => {
    const repository = { name: `${"o".repeat(39)}/${"n".repeat(20)}`, ids: { owner: 2 ** 31, repository: 2 ** 31 } };
    const planAssumedBy = ["arn:aws:iam::111122223333:role/opsdx-ci-plan"];
    expect(String(trustOf("opsdx-ci-plan", build({ repository, planAssumedBy }))).length).toBeLessThanOrEqual(2048);
  });

  test("makes no apply role unless asked", () => {
    const global = build({ stateOwner: "global", apply: undefined });
    expect(global.ofType("aws_iam_role").map(({ body }) => body["name"])).toEqual(["opsdx-ci-plan"]);
    expect(global.ofType("aws_iam_policy").map(({ body }) => body["name"])).not.toContain("opsdx-ci-apply-global");
  });

  test("puts CI's boundary on its roles", () => {
    const boundary = stack.one("aws_iam_policy", { name: "opsdx-ci-boundary" });
    expect(stack.ofType("aws_iam_role").map(({ body }) => body["permissions_boundary"])).toEqual([
      `\${${boundary.address}.arn}`,
      `\${${boundary.address}.arn}`,
    ]);
  });

  test("gives the plan role ReadOnlyAccess minus data, and nothing that writes: it takes no lock", () => {
    expect(attached("opsdx-ci-plan")).toEqual([
      `\${${stack.one("aws_iam_policy", { name: "opsdx-ci-no-data" }).address}.arn}`,
      `\${${stack.one("aws_iam_policy", { name: "opsdx-ci-plan" }).address}.arn}`,
      "arn:aws:iam::aws:policy/ReadOnlyAccess",
    ]);
    const plan = policyOf("opsdx-ci-plan");
    expect(statement(plan, "State")).toMatchObject({
      Action: ["s3:GetObject"],
      Resource: [
        "arn:aws:s3:::state/dev/*.tfstate",
        "arn:aws:s3:::state/dev/*.tflock",
        "arn:aws:s3:::state/global/global.tfstate",
      ],
    });
    const writes = statementsOf(plan).filter(({ Action = [] }) => Action.some((action) => /Put|Delete/.test(action)));
    expect(writes).toEqual([]);
    expect(statement(plan, "SharedKeys").Action).toEqual(["kms:Decrypt"]);
  });

  test("keeps code of a pull request from decrypting secrets and parameters", () => {
    expect(statement(policyOf("opsdx-ci-plan"), "NoSecretParameters")).toMatchObject({
      Effect: "Deny",
      Action: ["kms:Decrypt"],
      Condition: { StringLike: { "kms:ViaService": ["ssm.*.amazonaws.com", "secretsmanager.*.amazonaws.com"] } },
    });
  });

  test.each(["opsdx-ci-plan", "opsdx-ci-apply-dev"])("denies %s every way to data", (role) => {
    const noData = stack.one("aws_iam_policy", { name: "opsdx-ci-no-data" });
    expect(attached(role)).toContain(`\${${noData.address}.arn}`);
    const policy = noData.body["policy"];
    expect(denies(policy)).toHaveLength(statementsOf(policy).length);
    expect(statement(policy, "NoData").Action).toEqual(DATA_READS);
    for (const action of ["secretsmanager:GetSecretValue", "logs:GetLogEvents", "ssm:StartSession", "rds-db:connect"]) {
      expect(DATA_READS).toContain(action);
    }
    expect(statement(policy, "NoObjects").NotResource).toEqual([
      "arn:aws:s3:::state/*",
      "arn:aws:s3:::kops/*",
      "arn:aws:s3:::oidc/*",
    ]);
    expect(statement(policy, "NoClusterKeys").Resource).toContain("arn:aws:s3:::kops/*/pki/private/*");
  });

  test("gives the apply role the listed services, each with a reason, and roles but no users", () => {
    const apply = policyOf("opsdx-ci-apply-dev");
    for (const reason of Object.values({ ...APPLY_SERVICES, ...APPLY_ACTIONS }))
      expect(reason.length).toBeGreaterThan(10);
    for (const forbidden of ["iam", "organizations", "account", "sts"]) {
      expect(Object.keys(APPLY_SERVICES)).not.toContain(forbidden);
    }
    expect(APPLY_IAM_ACTIONS.filter((action) => /User|AccessKey|LoginProfile|Group|\*$/.test(action))).toEqual([]);
    expect(statement(apply, "RolesElsewhere").Resource).toEqual([
      "arn:aws:iam::111122223333:role/opsdx-dns-delegation-dev",
    ]);
  });

  test("assumes no role elsewhere unless told", () => {
    expect(statementsOf(policyOf("opsdx-ci-plan")).map(({ Sid }) => Sid)).not.toContain("RolesElsewhere");
    const planning = build({ planAssumes: ["arn:aws:iam::111122223333:role/x"] });
    expect(statement(policyOf("opsdx-ci-plan", planning), "RolesElsewhere").Action).toEqual(["sts:AssumeRole"]);
  });

  test("lets the global account's plan role in where told", () => {
    const role = "arn:aws:iam::111122223333:role/opsdx-ci-plan";
    const trusting = build({ planAssumedBy: [role] });
    expect(statement(trustOf("opsdx-ci-plan", trusting), "PlanRolesElsewhere")).toMatchObject({
      Action: ["sts:AssumeRole"],
      Principal: { AWS: [role] },
    });
    expect(statementsOf(trustOf("opsdx-ci-plan")).map(({ Sid }) => Sid)).toEqual(["GithubWorkflows", "MergeQueue"]);
  });

  test("fits IAM's limit of 6144 characters for a managed policy", () => {
    for (const { body } of stack.ofType("aws_iam_policy")) expect(String(body["policy"]).length).toBeLessThan(6144);
  });

  test("acknowledges whole services with a reason and leaves no finding open", () => {
    const findings = stack.findings();
    expect(findings.filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
    expect(findings.map(({ rule }) => rule)).toContain("IAMPolicyNoStatementsWithFullAccess");
  });

  test("describes itself once, above the accounts", () => {
    const described = synth((base) => {
      describeCi(base, { owner: "Yanif", repository: "yanif/opsdx-cloud" });
      expect(systemFacts(base)?.procedures?.map(({ title }) => title)).toEqual([
        "A plan is blocked: something that holds data would go",
        "Add an environment",
        "A job may not do something (AccessDenied)",
        "A job may not sign in (AssumeRoleWithWebIdentity)",
      ]);
    });
    expect(described.resources).toEqual([]);
  });
});
