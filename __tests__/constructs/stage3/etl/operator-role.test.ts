import { loadConfig } from "../../../../config/load";
import { OperatorRole } from "../../../../constructs/stage3/etl/operator-role";
import { synth } from "../../../support";
import { statementsOf } from "../../stage1/dns/fixture";

const dev = loadConfig().environments[0];
if (dev === undefined) throw new Error("the configuration has no environment");
const PEOPLE = "arn:aws:iam::444455556666:role/Operator";
const stack = synth((scope) => {
  new OperatorRole(scope, "Operators", {
    environment: dev.name,
    account: dev.account,
    etls: dev.etls,
    principals: [PEOPLE],
  });
});
const policy = statementsOf(stack.one("aws_iam_policy", { name: "opsdx-dev-etl-operator" }).body["policy"]);
const here = (service: string): string => `arn:aws:${service}:us-east-1:444455556666`;

describe("OperatorRole", () => {
  it("is taken on by the people of the account who are named", () => {
    expect(statementsOf(stack.one("aws_iam_role", {}).body["assume_role_policy"])["People"]).toEqual({
      Effect: "Allow",
      Action: ["sts:AssumeRole"],
      Principal: { AWS: "arn:aws:iam::444455556666:root" },
      Condition: { ArnLike: { "aws:PrincipalArn": [PEOPLE] } },
    });
  });

  it("launches each ETL by the alias that is live, and no other function", () => {
    expect(policy["Launch"]).toEqual({
      Effect: "Allow",
      Action: ["lambda:InvokeFunction"],
      Resource: [
        "opsdx-dev-etl-lambda",
        "opsdx-dev-c2dw-etl-lambda",
        "opsdx-dev-op2dw-etl-lambda",
        "opsdx-ml-dev-c2dw-etl-lambda",
      ].map((name) => `${here("lambda")}:function:${name}:live`),
    });
  });

  it("pauses and resumes what has a schedule, and gives the schedule no other role", () => {
    const scheduled = ["opsdx-dev-epic2op", "opsdx-dev-c2dw-daily", "opsdx-dev-op2dw"];
    expect(policy["PauseAndResume"]).toEqual({
      Effect: "Allow",
      Action: ["scheduler:GetSchedule", "scheduler:UpdateSchedule"],
      Resource: scheduled.map((name) => `${here("scheduler")}:schedule/opsdx-dev-etl/${name}`),
    });
    expect(policy["ScheduleRoles"]).toEqual({
      Effect: "Allow",
      Action: ["iam:PassRole"],
      Resource: scheduled.map((name) => `arn:aws:iam::444455556666:role/${name}-schedule`),
      Condition: { StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" } },
    });
  });

  it("sees whether somebody looks at the runs of each, and changes nothing of that", () => {
    expect(policy["Looks"]).toEqual({
      Effect: "Allow",
      Action: ["scheduler:GetSchedule"],
      Resource: Object.keys(dev.etls).map((etl) => `${here("scheduler")}:schedule/opsdx-dev-etl/opsdx-dev-${etl}-look`),
    });
  });

  it("reads the logs of the ETLs and their launchers only, and queues that hold what failed", () => {
    const groups = (policy["Logs"] as { Resource: string[] }).Resource.filter((arn) => !arn.endsWith(":*"));
    expect(groups.map((arn) => arn.replace(`${here("logs")}:log-group:`, ""))).toEqual([
      "opsdx-dev-k8s-logs",
      "opsdx-ml-dev-k8s-logs",
      "/aws/lambda/opsdx-dev-etl-lambda",
      "/aws/lambda/opsdx-dev-c2dw-etl-lambda",
      "/aws/lambda/opsdx-dev-op2dw-etl-lambda",
      "/aws/lambda/opsdx-ml-dev-c2dw-etl-lambda",
    ]);
    expect((policy["Queues"] as { Resource: string[] }).Resource).toHaveLength(8);
  });

  it("has no right to data elsewhere, and breaks no policy rule", () => {
    const open = Object.values(policy as Record<string, { Action: string[]; Resource: string[] }>)
      .filter(({ Resource }) => Resource.includes("*"))
      .flatMap(({ Action }) => Action);
    expect(open.filter((action) => !/:(Describe|Get|List)|logs:StopQuery/.test(action))).toEqual([]);
    expect(stack.findings()).toEqual([]);
  });
});
