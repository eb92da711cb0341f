import type { WorkloadSecret } from "../../../../config/workload-secrets";
import { WorkloadSecrets } from "../../../../constructs/stage1/secrets/workload-secrets";
import { synth, TEST_ACCOUNT } from "../../../support";

const secret = (system: string, reference: string): WorkloadSecret => ({
  system,
  reference,
  name: `opsdx/test/${system}/${reference}`,
  variables: ["DB_PASSWORD"],
  role: `opsdx-test-${system}-job`,
});
const SECRETS = [secret("c2dw", "dw-password"), secret("epic2op", "db-password"), secret("epic2op", "epic-key")];

function made(deletionProtection?: boolean) {
  let exports: WorkloadSecrets["exports"] | undefined;
  const stack = synth((scope) => {
    exports = new WorkloadSecrets(scope, "Secrets", {
      environment: "test",
      account: TEST_ACCOUNT,
      owner: "Yanif",
      secrets: SECRETS,
      deletionProtection,
    }).exports;
  });
  return { stack, exports };
}
const { exports, stack } = made();

describe("WorkloadSecrets", () => {
  it("declares each secret, empty: no value passes through Terraform", () => {
    expect(stack.ofType("aws_secretsmanager_secret").map(({ body }) => body["name"])).toEqual(
      SECRETS.map(({ name }) => name),
    );
    expect(stack.ofType("aws_secretsmanager_secret_version")).toEqual([]);
  });

  it("gives each system a rotated key of its own, and exports it", () => {
    expect(stack.ofType("aws_kms_alias").map(({ body }) => body["name"])).toEqual([
      "alias/opsdx-test-c2dw-secrets",
      "alias/opsdx-test-epic2op-secrets",
    ]);
    expect(stack.ofType("aws_kms_key").map(({ body }) => body["enable_key_rotation"])).toEqual([true, true]);
    expect(Object.keys(exports?.keyArns ?? {})).toEqual(["c2dw", "epic2op"]);
    const keyOf = ({ name }: WorkloadSecret) => stack.one("aws_secretsmanager_secret", { name }).body["kms_key_id"];
    const [c2dw, db, epic] = SECRETS.map(keyOf);
    expect(db).toBe(epic);
    expect(c2dw).not.toBe(db);
    expect(c2dw).toMatch(/^\$\{aws_kms_key\.Secrets_C2dw_Key_\w+\.arn\}$/);
  });

  it("lets nobody read one but its own workload, by a policy that gives nothing", () => {
    const policies = stack.ofType("aws_secretsmanager_secret_policy");
    expect(policies.map(({ body }) => body["block_public_policy"])).toEqual([true, true, true]);
    const read = policies.flatMap(({ body }) => stack.statements(String(body["policy"])) ?? []);
    expect(read.map(({ actions, conditions, effect }) => [effect, actions, conditions])).toEqual(
      SECRETS.map(({ role }) => [
        "Deny",
        ["secretsmanager:GetSecretValue"],
        { ArnNotEquals: { "aws:PrincipalArn": `arn:aws:iam::123456789012:role/${role}` } },
      ]),
    );
  });

  it("can be restored for 30 days after a deletion; a deployment that is thrown away leaves nothing behind", () => {
    const days = (of: typeof stack) =>
      new Set(of.ofType("aws_secretsmanager_secret").map(({ body }) => body["recovery_window_in_days"]));
    expect([...days(stack)]).toEqual([30]);
    expect([...days(made(false).stack)]).toEqual([0]);
  });

  it("breaks no policy rule but rotation, which is acknowledged with its reason", () => {
    const findings = stack.findings();
    expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(["SecretsManagerRotationEnabled"]));
    expect(findings.filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
  });
});
