import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { PLAN_CALLER, PLAN_CALLER_NAME } from "../../../../config/github";
import type { RunnersConfig } from "../../../../config/schema/runners";
import { SECURITY_MATRIX } from "../../../../constructs/shared/network/security-matrix";
import { runnersFacts } from "../../../../constructs/stage1/runners/facts";
import { Runners } from "../../../../constructs/stage1/runners/runners";
import { PROJECT_ROOT } from "../../../../tools/files";
import { stepText, synth, TEST_ACCOUNT, type Synthesized } from "../../../support";
import { monitoringOf } from "../db/support";

function made(connection: RunnersConfig["connection"]): Synthesized {
  return synth((scope) => {
    new Runners(scope, "Runners", {
      monitoring: monitoringOf(scope),
      account: TEST_ACCOUNT,
      config: { owner: "Yanif", connection, atATime: 4, minutes: 60 },
      repository: "owner/name",
      vpcId: "vpc-1",
      subnetIds: ["subnet-a", "subnet-c"],
      securityGroupId: "sg-runner",
    });
  });
}
const pending = made("pending");
const available = made("available");

describe("Runners", () => {
  it("are builds in the private subnets, without privileges, each for a limited time", () => {
    expect(pending.one("aws_codebuild_project").body).toMatchObject({
      name: "opsdx-test-runner-plan",
      build_timeout: 60,
      concurrent_build_limit: 4,
      environment: { privileged_mode: false },
      source: { type: "GITHUB", location: "https://github.com/owner/name.git" },
      vpc_config: { subnets: ["subnet-a", "subnet-c"], security_group_ids: ["sg-runner"] },
    });
    for (const stack of [pending, available]) {
      expect(stack.findings().filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
    }
  });

  it("hear of no job before a person has shaken hands, and afterwards of the jobs of one workflow", () => {
    expect(pending.ofType("aws_codebuild_webhook")).toEqual([]);
    expect(pending.ofType("aws_codebuild_source_credential")).toEqual([]);
    expect(available.one("aws_codebuild_source_credential").body).toMatchObject({
      auth_type: "CODECONNECTIONS",
      server_type: "GITHUB",
      token: expect.stringMatching(/^\$\{aws_codeconnections_connection\./) as unknown,
    });
    expect(available.one("aws_codebuild_webhook").body["filter_group"]).toEqual([
      {
        filter: [
          { type: "EVENT", pattern: "WORKFLOW_JOB_QUEUED" },
          { type: "WORKFLOW_NAME", pattern: "^pull request$" },
        ],
      },
    ]);
    const caller = parse(readFileSync(path.join(PROJECT_ROOT, ".github/workflows", PLAN_CALLER), "utf8")) as {
      name: string;
    };
    expect(caller.name).toBe(PLAN_CALLER_NAME);
  });

  it("have a role that writes a log and stands in the network, and takes on no other", () => {
    const statements = available.statements(String(available.one("aws_iam_policy").body["policy"])) ?? [];
    const actions = statements.flatMap((statement) => statement.actions);
    expect(actions.filter((action) => !/^(logs|ec2|codeconnections):/.test(action))).toEqual([]);
    expect(actions.filter((action) => action.includes("*"))).toEqual([]);
    const open = statements.filter(({ resources }) => resources.includes("*"));
    expect(open.flatMap((statement) => statement.actions).every((action) => action.startsWith("ec2:Describe"))).toBe(
      true,
    );
  });

  it("reach the clusters' APIs, AWS and HTTPS, and neither a database nor a cache nor a file system", () => {
    const reached = SECURITY_MATRIX.filter(({ from }) => from === "runner").map(
      ({ ports, to }) => `${to} ${String(ports)}`,
    );
    expect(reached.sort()).toEqual(["api 443", "endpoints 443", "internet 443"]);
    expect(SECURITY_MATRIX.filter(({ to }) => to === "runner")).toEqual([]);
  });

  it("say which of GitHub's two settings keeps forks out, by the kind of the repository", () => {
    const facts = runnersFacts({ environment: "test", owner: "Yanif", repository: "owner/name", available: false });
    const text = facts.procedures?.find(({ title }) => title === "Forks")?.steps.map(stepText) ?? [];
    // https://docs.github.com/en/rest/actions/permissions
    expect(text[1]).toMatch(
      /A private .* is `false`.*repos\/owner\/name\/actions\/permissions\/fork-pr-workflows-private-repos/s,
    );
    expect(text[2]).toMatch(/A public .*all_external_contributors.*\/permissions\/fork-pr-contributor-approval/s);
  });

  it.each([
    ["opsdx-test-runners-failed", 3],
    ["opsdx-test-runners-waiting", 601],
  ])("tell of a planted fault: %s", (alarm_name, value) => {
    const { body } = pending.one("aws_cloudwatch_metric_alarm", { alarm_name });
    const threshold = Number(body["threshold"]);
    const breaches = body["comparison_operator"] === "GreaterThanThreshold" ? value > threshold : value >= threshold;
    expect(breaches).toBe(true);
    expect(body["dimensions"]).toEqual({ ProjectName: "opsdx-test-runner-plan" });
  });
});
