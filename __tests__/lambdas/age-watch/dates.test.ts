import { AwsDates } from "../../../lambdas/age-watch/dates";
import { FakeAws } from "../../tools/etl/fake-aws";

const NOW = Date.UTC(2026, 10, 28, 12);
const DB = "arn:aws:rds:us-east-1:123456789012:db:opsdx-test-db";
const PLAN_ARN = "arn:aws:backup:us-east-1:123456789012:restore-testing-plan:opsdx_test_restore_test-1a2b";

let aws: FakeAws;
beforeEach(async () => {
  aws = await FakeAws.start();
});
afterEach(async () => {
  await aws.stop();
});

const answers = (...bodies: object[]): void =>
  void (aws.answers = bodies.map((body) => ({ body: JSON.stringify(body) })));
const version = (stage: string, at: number) => ({ VersionId: stage, VersionStages: [stage], CreatedDate: at / 1000 });

describe("AwsDates", () => {
  it("finds a secret's current version on whatever page it stands, and asks for nothing else", async () => {
    answers(
      { Versions: [version("AWSPREVIOUS", NOW - 5000)], NextToken: "more" },
      { Versions: [version("AWSCURRENT", NOW)] },
    );
    expect(await new AwsDates("us-east-1").secretSince("opsdx/test/epic2op/db-password")).toBe(NOW);
    expect(aws.asked.map(({ headers }) => headers["x-amz-target"])).toEqual([
      "secretsmanager.ListSecretVersionIds",
      "secretsmanager.ListSecretVersionIds",
    ]);
    expect(JSON.parse(aws.asked[1]?.body ?? "")).toMatchObject({ NextToken: "more" });
  });

  it("knows no date of a secret without a current version, or that is not there; what else goes wrong is told", async () => {
    const dates = new AwsDates("us-east-1");
    answers({ Versions: [version("AWSPENDING", NOW)], NextToken: "" });
    expect(await dates.secretSince("empty")).toBeUndefined();
    aws.answers = [{ status: 400, body: JSON.stringify({ __type: "ResourceNotFoundException" }) }];
    expect(await dates.secretSince("deleted")).toBeUndefined();
    aws.answers = [{ status: 400, body: JSON.stringify({ __type: "AccessDeniedException", message: "not you" }) }];
    await expect(dates.secretSince("closed")).rejects.toThrow("not you");
  });

  it("asks for the plan's own restores that succeeded, on every page", async () => {
    answers(
      { RestoreTestingPlan: { RestoreTestingPlanArn: PLAN_ARN, CreationTime: (NOW - 9000) / 1000 } },
      { RestoreJobs: [{ SourceResourceArn: DB, CompletionDate: (NOW - 2000) / 1000 }], NextToken: "more" },
      { RestoreJobs: [{ SourceResourceArn: DB, CompletionDate: (NOW - 1000) / 1000 }, { SourceResourceArn: DB }] },
    );
    expect(await new AwsDates("us-east-1").restoreTests("opsdx_test_restore_test", NOW - 5000)).toEqual({
      plannedSince: NOW - 9000,
      succeeded: [
        { of: DB, at: NOW - 2000 },
        { of: DB, at: NOW - 1000 },
      ],
    });
    const [plan, first, second] = aws.asked.map(({ line }) => line.replace("GET ", "http://aws"));
    expect(plan).toBe("http://aws/restore-testing/plans/opsdx_test_restore_test");
    expect(Object.fromEntries(new URL(first ?? "").searchParams)).toEqual({
      createdAfter: "2026-11-28T11:59:55Z",
      restoreTestingPlanArn: PLAN_ARN,
      status: "COMPLETED",
    });
    expect(new URL(second ?? "").searchParams.get("nextToken")).toBe("more");
  });

  it("tells that there is no plan", async () => {
    aws.answers = [
      {
        status: 400,
        headers: { "x-amzn-errortype": "ResourceNotFoundException" },
        body: JSON.stringify({ Message: "no such plan" }),
      },
    ];
    await expect(new AwsDates("us-east-1").restoreTests("gone", NOW)).rejects.toThrow("no such plan");
  });
});
