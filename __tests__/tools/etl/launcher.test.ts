import { LambdaLaunchers } from "../../../tools/etl/launcher";
import { DEV, FakeAws, type AwsAnswer } from "./fake-aws";
import { FakeEnvironment, run } from "./support";

// The emulator runs no functions: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
let aws: FakeAws;
beforeEach(async () => {
  aws = await FakeAws.start();
});
afterEach(() => aws.stop());

const EVENT = { etl: "epic2op", scheduledTime: "2026-03-08T14:15:00Z" };
const invoke = (answer: AwsAnswer) => {
  aws.answers = [answer];
  return new LambdaLaunchers(DEV, {}).invoke("opsdx-dev-etl-lambda", EVENT);
};

describe("a launcher", () => {
  it("is asked by its alias, and answers how the launch ended", async () => {
    const result = { outcome: "Skipped", job: "epic2op-dev-20260308-1415", slot: "20260308-1415", running: "another" };
    expect(await invoke({ body: JSON.stringify(result) })).toEqual({ result });
    expect(aws.asked).toMatchObject([
      {
        line: "POST /2015-03-31/functions/opsdx-dev-etl-lambda/invocations?Qualifier=live",
        headers: { "x-amz-invocation-type": "RequestResponse" },
        body: JSON.stringify(EVENT),
      },
    ]);
  });

  it("answers why it failed", async () => {
    const error = { errorType: "TemplateMissing", errorMessage: "get cronjob epic2op-dev: 404", trace: ["…"] };
    const answer = { headers: { "x-amz-function-error": "Unhandled" }, body: JSON.stringify(error) };
    expect(await invoke(answer)).toEqual({ failure: { reason: error.errorType, message: error.errorMessage } });
  });

  it.each([
    ["null", {}],
    ['{"outcome":"Exploded","job":"x","slot":"y"}', {}],
    ["<html>", {}],
    ["<html>", { "x-amz-function-error": "Unhandled" }],
  ])("does not answer %s %j", async (body, headers) => {
    await expect(invoke({ headers, body })).rejects.toThrow(
      `The function opsdx-dev-etl-lambda:live answered what no launcher answers: ${body}. See what was deployed: npx cdktf diff dev-stage3`,
    );
  });

  it.each([
    [
      404,
      "ResourceNotFoundException",
      "The function opsdx-dev-etl-lambda:live is not there. Deploy it: npx cdktf deploy dev-stage3 --ignore-missing-stack-dependencies",
    ],
    [
      429,
      "TooManyRequestsException",
      "The function opsdx-dev-etl-lambda works on one event at a time, and is busy. Repeat the command in a moment",
    ],
    [
      403,
      "AccessDeniedException",
      "The function opsdx-dev-etl-lambda:live cannot be invoked: AccessDeniedException: in words",
    ],
    [
      403,
      "ExpiredTokenException",
      "The function opsdx-dev-etl-lambda:live cannot be invoked: ExpiredTokenException: in words. " +
        "Sign in to account 444455556666 (`aws sso login --profile <profile>`, `export AWS_PROFILE=<profile>`)",
    ],
  ])("that cannot be asked: %s %s", async (status, name, message) => {
    const answer = { status, headers: { "x-amzn-errortype": name }, body: JSON.stringify({ message: "in words" }) };
    await expect(invoke(answer)).rejects.toThrow(message);
  });

  it("that is not reached", async () => {
    process.env["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1";
    await expect(invoke({ body: "" })).rejects.toThrow(
      /^The function opsdx-dev-etl-lambda:live cannot be invoked: .*ECONNREFUSED/,
    );
  });
});

describe("a failed launch", () => {
  const failed = async (reason: string, message = "in words"): Promise<string> => {
    const environment = new FakeEnvironment();
    environment.answer = { failure: { reason, message } };
    const { failure = "", out } = await run("launch dev epic2op", environment);
    expect(out).toBe("");
    return failure;
  };

  it("names the reason, what helps, and where to read more", async () => {
    expect((await failed("TemplateMissing", "get cronjob epic2op-dev: 404 not found")).split("\n")).toEqual([
      "The launcher opsdx-dev-etl-lambda failed: TemplateMissing: get cronjob epic2op-dev: 404 not found",
      "The suspended CronJob is not on the cluster. Is `image` set in config/environments/dev.ts? Then: npx cdktf deploy dev-stage3 --ignore-missing-stack-dependencies",
      "Nobody repeats this launch but you. Its log: npx opsdx etl logs dev epic2op --launcher --since 10m",
    ]);
  });

  it.each([
    ["Throttled", "Repeat the command; it is safe."],
    ["Sandbox.Timedout", "The function itself took too long. Repeat the command; it is safe."],
    ["Runtime.ExitError", "The function itself failed. What was deployed last? npx cdktf diff dev-stage3"],
    ["constructor", "The function itself failed. What was deployed last? npx cdktf diff dev-stage3"],
  ])("of reason %s says: %s", async (reason, advice) => {
    expect((await failed(reason)).split("\n")[1]).toContain(advice);
  });
});
