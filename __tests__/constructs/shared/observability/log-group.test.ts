import { TerraformOutput } from "../../../../constructs/shared/cdktf";
import { LogGroup } from "../../../../constructs/shared/observability/log-group";
import { synth } from "../../../support";
import { monitoringIn } from "./fixture";

const stack = synth((scope) => {
  const monitoring = monitoringIn(scope);
  const plain = new LogGroup(scope, "Plain", { monitoring, name: "opsdx-test/plain" });
  new LogGroup(scope, "Audit", { monitoring, name: "opsdx-test/audit", audit: true });
  new LogGroup(scope, "NotAudit", { monitoring, name: "opsdx-test/not-audit", audit: false });
  new TerraformOutput(scope, "plain", { value: [plain.arn, plain.logGroupName], staticId: true });
});

describe("LogGroup", () => {
  it.each([
    ["opsdx-test/plain", 30],
    ["opsdx-test/audit", 365],
    ["opsdx-test/not-audit", 30],
  ])("keeps %s for %d days", (name, days) => {
    expect(stack.one("aws_cloudwatch_log_group", { name }).body["retention_in_days"]).toBe(days);
  });

  it("is encrypted with the key that the stack's log groups share", () => {
    const { address } = stack.one("aws_kms_key", { description: "Log groups of opsdx-test" });
    for (const { body } of stack.ofType("aws_cloudwatch_log_group")) {
      expect(body["kms_key_id"]).toBe(`\${${address}.arn}`);
    }
  });

  it("hands out references, which order their users after the group", () => {
    const { address } = stack.one("aws_cloudwatch_log_group", { name: "opsdx-test/plain" });
    expect(stack.json["output"]).toEqual({ plain: { value: [`\${${address}.arn}`, `\${${address}.name}`] } });
  });

  it("breaks no policy rule", () => {
    const open = stack.findings().filter(({ address, acknowledged }) => /log_group/.test(address) && !acknowledged);
    expect(open).toEqual([]);
  });
});
