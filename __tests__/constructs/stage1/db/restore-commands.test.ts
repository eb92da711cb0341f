import {
  AVAILABLE,
  AVAILABLE_UPGRADED,
  AVAILABLE_WITH_PASSWORD,
  parameterGroup,
  RESTORE_OPTIONS,
  restoreCommands,
  until,
} from "../../../../constructs/stage1/db/restore-commands";
import { synth } from "../../../support";
import { instanceIn, monitoringOf } from "./support";

/** The ways in which the AWS CLI writes status, version and secret. */
const LINES = {
  creating: "creating\t17.5\tNone",
  restored: "available\t17.5\tNone",
  withPassword: "available\t17.5\tactive",
  passwordUnderWay: "available\t17.5\tcreating",
  upgraded: "available\t18.1\tNone",
} as const;

describe("restoreCommands", () => {
  it("restores with what the instance declares", () => {
    const { body } = synth((stack) => {
      instanceIn(stack, monitoringOf(stack));
    }).one("aws_db_instance");
    expect(body).toMatchObject({
      iam_database_authentication_enabled: true,
      copy_tags_to_snapshot: true,
      publicly_accessible: false,
    });
    expect(RESTORE_OPTIONS).toContain(
      `--enable-cloudwatch-logs-exports ${(body["enabled_cloudwatch_logs_exports"] as string[]).join(" ")} `,
    );
    expect(RESTORE_OPTIONS).toContain(`--engine-lifecycle-support ${String(body["engine_lifecycle_support"])} `);
  });

  it("gives a copy's log groups the key and the days of the original's", () => {
    const { command } = restoreCommands("dev").logGroups("db", "opsdx-dev-db-restored");
    const original = (field: string): string =>
      `"$(aws logs describe-log-groups --log-group-name-prefix /aws/rds/instance/opsdx-dev-db/$log --query 'logGroups[0].${field}' --output text)"`;
    expect(command).toBe(
      `for log in postgresql upgrade; do aws logs create-log-group --log-group-name /aws/rds/instance/opsdx-dev-db-restored/$log --kms-key-id ${original("kmsKeyId")}; aws logs put-retention-policy --log-group-name /aws/rds/instance/opsdx-dev-db-restored/$log --retention-in-days ${original("retentionInDays")}; done`,
    );
  });

  it.each([
    [AVAILABLE, ["restored", "withPassword", "passwordUnderWay", "upgraded"]],
    [AVAILABLE_WITH_PASSWORD, ["withPassword"]],
    [AVAILABLE_UPGRADED.replace("<number>", "18"), ["upgraded"]],
  ])("ends to wait at %s when it is there, and not before", (pattern, ends) => {
    expect(until("opsdx-dev-db", pattern).command).toContain(`grep -q '${pattern}'; do sleep 30; done`);
    const matching = Object.entries(LINES).filter(([, line]) => new RegExp(pattern).test(line));
    expect(matching.map(([name]) => name)).toEqual(ends);
  });

  it("waits in the region that it is told", () => {
    expect(until("opsdx-dev-db", AVAILABLE, " --region us-west-2").command).toMatch(
      /^until aws rds describe-db-instances --region us-west-2 /,
    );
  });

  it("makes a parameter group in calls that RDS takes", () => {
    const values = Object.fromEntries(Array.from({ length: 41 }, (_, index) => [`p${index}`, "a,b"]));
    const [create, ...calls] = parameterGroup("one", "postgres18", values);
    expect(create?.command).toBe(
      "aws rds create-db-parameter-group --db-parameter-group-name one --db-parameter-group-family postgres18 --description one",
    );
    expect(calls.map(({ command }) => command.match(/ParameterName/g)?.length)).toEqual([20, 20, 1]);
    expect(calls[2]?.command).toBe(
      `aws rds modify-db-parameter-group --db-parameter-group-name one --parameters '[{"ParameterName":"p40","ParameterValue":"a,b","ApplyMethod":"pending-reboot"}]'`,
    );
  });
});
