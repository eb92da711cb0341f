import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { loadConfig } from "../../../config/load";
import { RULES } from "../../../constructs/shared/policy/policy";
import { deploymentFor } from "../../../stacks/deployment";
import { runCheckov, type CheckovFinding } from "../../../tools/check/checkov";
import { CHECKOV_ACCEPTED } from "../../../tools/check/checkov-accepted";
import { BASELINE, findPlans, judge, writeBaseline } from "../../../tools/check/plans";
import { oneEnvironment } from "../../config/support";
import { script } from "../kops/support";

const config = loadConfig();
let folder = "";
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "plans-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const plan = (provider: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ format_version: "1.2", configuration: { provider_config: { aws: { expressions: provider } } } });
const write = (name: string, text: string): void => fs.writeFileSync(path.join(folder, name), text);

describe("the plans of a folder", () => {
  test("are told as those of real accounts, or of a sandbox by the endpoints of its provider", () => {
    write("dev-stage1.json", plan());
    expect(findPlans(folder, config)).toEqual(deploymentFor(config.global, {}));
    write("dev-stage2.json", plan({ endpoints: [{}] }));
    expect(findPlans(folder, config)).toMatchObject({ kind: "sandbox" });
  });

  test("must be there", () => {
    expect(() => findPlans(path.join(folder, "absent"), config)).toThrow(
      `--plans must name a folder with <stack>.json, got ${folder}/absent, which holds none`,
    );
  });

  test("are refused with everything that is wrong at once", () => {
    write("dev-stag1.json", plan());
    write("prod-stage1.json", "{}");
    write("prod-stage2.json", "not JSON");
    const text = (name: string): string =>
      `${folder}/${name}.json must hold what \`terraform show -json <plan>\` prints`;
    expect(() => findPlans(folder, config)).toThrow(
      [
        `${folder}/dev-stag1.json must be named after a stack; the nearest is dev-stage1`,
        `${text("prod-stage1")}, and does not`,
        `${text("prod-stage2")}, and does not`,
      ].join("\n"),
    );
  });
});

describe("what checkov found", () => {
  const finding = (check: string, address: string, stack = "global"): CheckovFinding => ({
    stack,
    address,
    check,
    name: check,
  });
  const small = oneEnvironment();
  const cloud = deploymentFor(small.global, {});

  test("is accepted where the program acknowledges its own rule for the same, with its reason, and nowhere else", () => {
    const found = ["aws_s3_bucket.KopsState_Bucket_FA5B3C6E", "aws_s3_bucket.TerraformState_Bucket_1"];
    const judged = judge(
      small,
      cloud,
      found.map((address) => finding("CKV_AWS_144", address)),
    );
    expect(judged.map(({ accepted }) => accepted)).toEqual([
      expect.stringMatching(/^Decided in the design: only state and audit buckets are replicated/),
      undefined,
    ]);
  });

  test("is accepted everywhere with a reason; what is in no list is open", () => {
    const judged = judge(small, cloud, [
      finding("CKV2_AWS_62", "aws_s3_bucket.Any"),
      finding("CKV_AWS_1", "aws_any.Any"),
    ]);
    expect(judged.map(({ accepted }) => accepted)).toEqual([CHECKOV_ACCEPTED["CKV2_AWS_62"]?.reason, undefined]);
  });

  test("an emulator's lack is accepted in a sandbox only", () => {
    const [found] = [finding("CKV_AWS_211", "aws_db_instance.Any", "dev-stage1")];
    write("dev-stage1.json", plan({ endpoints: [{}] }));
    const accepted = (deployment: typeof cloud) => judge(small, deployment, [found])[0]?.accepted;
    expect([accepted(findPlans(folder, small)), accepted(cloud)]).toEqual([
      CHECKOV_ACCEPTED["CKV_AWS_211"]?.sandbox,
      undefined,
    ]);
  });

  test("is written as checkov's own baseline, without what is open", () => {
    writeBaseline(folder, [
      { ...finding("CKV_1", "aws_a.A"), accepted: "because" },
      { ...finding("CKV_2", "aws_a.A"), accepted: "because" },
      finding("CKV_3", "aws_a.A"),
    ]);
    expect(JSON.parse(fs.readFileSync(path.join(folder, BASELINE), "utf8"))).toEqual({
      failed_checks: [{ file: "/global.json", findings: [{ resource: "aws_a.A", check_ids: ["CKV_1", "CKV_2"] }] }],
    });
  });
});

describe("checkov", () => {
  const answer = (text: string, exitCode = 0): string =>
    script(path.join(folder, "bin/checkov"), `cat <<'EOF'\n${text}\nEOF`, `exit ${exitCode}`);
  const failed = (file: string, resource: string) => ({
    check_id: "CKV_AWS_1",
    check_name: "Ensure",
    file_path: file,
    resource,
  });

  test("its report is read, one kind of plan or several, sorted by stack and address", async () => {
    const results = { failed_checks: [failed("/b.json", "aws_a.A"), failed("/a.json", "aws_b.B")], parsing_errors: [] };
    const expected = [
      { stack: "a", address: "aws_b.B", check: "CKV_AWS_1", name: "Ensure" },
      { stack: "b", address: "aws_a.A", check: "CKV_AWS_1", name: "Ensure" },
    ];
    for (const report of [{ results }, [{ results }, { passed: 0 }]]) {
      expect(await runCheckov(answer(JSON.stringify(report)), folder, process.env)).toEqual(expected);
    }
  });

  test.each([
    ["a plan that it cannot read", JSON.stringify({ results: { failed_checks: [], parsing_errors: ["/a.json"] } }), 0],
    ["a failure", "{}", 1],
    ["words instead of a report", "ERROR: no such framework", 0],
  ])("%s is an error, never an empty report", async (_, text, exitCode) => {
    await expect(runCheckov(answer(text, exitCode), folder, process.env)).rejects.toThrow(
      /^checkov (cannot read|failed)/,
    );
  });
});

test("each acceptance has a reason of its own, or names rules that there are", () => {
  const rules = new Set(RULES.map(({ id }) => id));
  for (const [check, { reason, rules: named = [], sandbox }] of Object.entries(CHECKOV_ACCEPTED)) {
    expect([check, named.filter((rule) => !rules.has(rule))]).toEqual([check, []]);
    expect([check, [reason, sandbox, ...named].some((text) => (text ?? "").length > 5)]).toEqual([check, true]);
  }
});
