import { OLTP_PARAMETERS, statementParameters } from "../../../../constructs/stage1/db/parameters";
import { databaseFacts } from "../../../../constructs/stage1/db/runbook";
import { partsOf, stepProblems, type Step } from "../../../../constructs/shared/observability/steps";
import { stepText, TEST_ACCOUNT } from "../../../support";
import { configured } from "./support";

const facts = databaseFacts({
  environment: "dev",
  account: TEST_ACCOUNT,
  owner: "Andong, Yanif",
  db: { ...configured("dev").db, replicaRegion: "us-west-2" },
  services: { backupRetentionDays: 7, multiAz: false },
});
const procedures = facts.procedures ?? [];
const steps = [facts.launch, facts.stop, facts.status, facts.logs, facts.metrics]
  .flatMap((list): readonly Step[] => list)
  .concat(procedures.flatMap((procedure) => procedure.steps));
const everything = steps.map(stepText);
/** The text of the procedure whose title starts so. */
const textOf = (title: string): string =>
  (procedures.find((procedure) => procedure.title.startsWith(title))?.steps ?? []).map(stepText).join("\n");
/** The commands of that procedure. */
const commandsOf = (title: string): readonly string[] =>
  (procedures.find((procedure) => procedure.title.startsWith(title))?.steps ?? [])
    .flatMap(partsOf)
    .flatMap((part) => (typeof part === "string" ? [] : [part.command]));
/** Holds the text to these parts, each after the one before. */
const inOrder = (text: string, ...parts: readonly string[]): void => {
  let rest = text;
  for (const part of parts) {
    expect(rest).toContain(part);
    rest = rest.slice(rest.indexOf(part) + part.length);
  }
};

describe("databaseFacts", () => {
  it("lets RDS manage the password of what is restored afterwards: a restore of PostgreSQL refuses to", () => {
    const restores = everything.filter((text) => /rds restore-db-instance/.test(text));
    expect(restores).toHaveLength(4);
    expect(restores.join("\n")).not.toContain("--manage-master-user-password");
    for (const database of ["db", "dw"]) {
      expect(everything.join("\n")).toContain(
        `aws rds modify-db-instance --db-instance-identifier opsdx-dev-${database}-restored --manage-master-user-password --master-user-secret-kms-key-id "$(aws rds describe-db-instances --db-instance-identifier opsdx-dev-${database} --query 'DBInstances[0].MasterUserSecret.KmsKeyId' --output text)" --apply-immediately`,
      );
    }
  });

  it("gives every restore what the instance declares and a restore does not take over", () => {
    const restores = procedures
      .flatMap(({ title }) => commandsOf(title))
      .filter((command) => command.startsWith("aws rds restore-db-instance"));
    expect(restores).toHaveLength(4);
    for (const text of restores) {
      expect(text).toContain(
        "--enable-iam-database-authentication --enable-cloudwatch-logs-exports postgresql upgrade --copy-tags-to-snapshot --engine-lifecycle-support open-source-rds-extended-support-disabled --no-publicly-accessible",
      );
      expect(text).toContain("--db-parameter-group-name ");
    }
  });

  it.each([
    ["db", "Restore DB to a point in time"],
    ["dw", "Restore from a snapshot"],
  ])("puts a restored %s in its place only when each step before is through, and deploys its new id", (name, title) => {
    const identifier = `opsdx-dev-${name}`;
    const wait = (of: string, pattern: string): string =>
      `until aws rds describe-db-instances --query "DBInstances[?DBInstanceIdentifier=='${of}'].[DBInstanceStatus,EngineVersion,MasterUserSecret.SecretStatus]" --output text | tee /dev/stderr | grep -q '${pattern}'; do sleep 30; done`;
    inOrder(
      textOf(title),
      `logs create-log-group --log-group-name /aws/rds/instance/${identifier}-restored/$log --kms-key-id`,
      "aws rds restore-db-instance",
      wait(`${identifier}-restored`, "^available"),
      "--manage-master-user-password",
      wait(`${identifier}-restored`, "^available.*active$"),
      `--db-instance-identifier ${identifier} --new-db-instance-identifier ${identifier}-broken`,
      wait(`${identifier}-broken`, "^available"),
      `--db-instance-identifier ${identifier}-restored --new-db-instance-identifier ${identifier} `,
      wait(identifier, "^available.*active$"),
      `import <name> ${identifier}`,
      "npx cdktf deploy dev-stage1",
      "npx cdktf deploy dev-stage3",
      `/opsdx/dev/stage1/db/${name}-resource-id`,
    );
  });

  it("looks whether the copies in the other region follow the new instance", () => {
    inOrder(
      textOf("Restore DB to a point in time"),
      "npx cdktf deploy dev-stage3",
      "aws rds describe-db-instance-automated-backups --region us-west-2",
      "npx cdktf deploy dev-stage1",
    );
  });

  it("asks nothing of a region that is lost", () => {
    const lost = textOf("The region of DB is lost");
    for (const command of commandsOf("The region of DB is lost")) {
      expect(command).toMatch(/^(until )?aws (ec2|logs|rds) [a-z-]+ --region us-west-2 /);
    }
    expect(lost).not.toContain("ssm get-parameter");
    expect(lost).not.toContain("us-east-1");
  });

  it("makes in the other region what a restore needs there, before it", () => {
    const lost = textOf("The region of DB is lost");
    inOrder(
      lost,
      "RestoreWindow.LatestTime",
      "rds create-db-subnet-group --region us-west-2 --db-subnet-group-name opsdx-dev-db ",
      "ec2 create-security-group --region us-west-2 --group-name opsdx-dev-db ",
      "--protocol tcp --port 5432 --cidr <address>/32",
      "rds create-db-parameter-group --region us-west-2 --db-parameter-group-name opsdx-dev-db --db-parameter-group-family postgres17 ",
      "rds restore-db-instance-to-point-in-time --region us-west-2 --source-db-instance-automated-backups-arn <arn> --target-db-instance-identifier opsdx-dev-db --restore-time <time>",
      "--master-user-secret-kms-key-id alias/opsdx-dev-db-backups",
      "[Endpoint.Address,DbiResourceId,MasterUserSecret.SecretArn]",
    );
    expect(lost).toContain("Nobody has done this yet.");
  });

  it("gives the other region every parameter of DB, at most 20 in a call", () => {
    const calls = [...textOf("The region of DB is lost").matchAll(/--parameters '(\[[^']*\])'/g)].map(
      ([, json = ""]) => JSON.parse(json) as Record<string, string>[],
    );
    expect(calls.map((call) => call.length)).toEqual([20, 4]);
    const set = calls.flat();
    expect(Object.fromEntries(set.map((one) => [one["ParameterName"], one["ParameterValue"]]))).toEqual({
      ...OLTP_PARAMETERS,
      ...statementParameters(configured("dev").db.logStatements),
    });
    expect(new Set(set.map((one) => one["ApplyMethod"]))).toEqual(new Set(["pending-reboot"]));
  });

  it("speaks of a lost region only where there is a copy, and of SERVICES where it has one", () => {
    const pageOf = (replicaRegion?: string) =>
      JSON.stringify(
        databaseFacts({
          environment: "dev",
          account: TEST_ACCOUNT,
          owner: "Andong, Yanif",
          db: { ...configured("dev").db, replicaRegion },
          services: { backupRetentionDays: 7, multiAz: true, replicaRegion },
        }),
      );
    expect(pageOf("us-west-2")).toContain("alias/opsdx-dev-services-backups");
    expect(pageOf()).not.toContain("The region of DB is lost");
    expect(JSON.stringify(facts)).not.toContain("opsdx-dev-services-backups");
  });

  it("rehearses a major upgrade on a copy with a parameter group of the new family, and deletes both", () => {
    const group = "--db-parameter-group-name opsdx-dev-db-rehearsal";
    inOrder(
      textOf("Upgrade the engine version"),
      "rds restore-db-instance-to-point-in-time --source-db-instance-identifier opsdx-dev-db --target-db-instance-identifier opsdx-dev-db-rehearsal --use-latest-restorable-time",
      `rds create-db-parameter-group ${group} --db-parameter-group-family postgres<number>`,
      `rds modify-db-parameter-group ${group} --parameters '[{"ParameterName":"shared_preload_libraries","ParameterValue":"pg_stat_statements,auto_explain,pgaudit","ApplyMethod":"pending-reboot"}]'`,
      `rds modify-db-instance --db-instance-identifier opsdx-dev-db-rehearsal --engine-version <number> --allow-major-version-upgrade ${group} --apply-immediately`,
      "grep -q '^available.<number>[.]'",
      "rds delete-db-instance --db-instance-identifier opsdx-dev-db-rehearsal --skip-final-snapshot",
      `rds delete-db-parameter-group ${group}`,
    );
  });

  it("restarts without a failover for a parameter, and with one to prove the standby", () => {
    const parameters = textOf("Edit and change RDS parameter groups");
    expect(parameters).toContain("aws rds reboot-db-instance --db-instance-identifier opsdx-dev-db");
    expect(parameters).not.toContain("--force-failover");
    expect(textOf("Change high availability")).toContain("--force-failover");
  });

  it.each(["db", "dw", "services"])("says how to connect to %s", (database) => {
    const connect = procedures.find(({ title }) => title === "Connect");
    expect(connect?.steps.map(stepText).join("\n")).toContain(`${database}-address`);
  });

  it.each([
    ["Increase RDS space", "in place", "irreversible"],
    ["Change the instance type", "seconds of failover", "reversible"],
    ["Change high availability", "in place", "reversible"],
    ["Change the backup window", "in place", "reversible"],
    ["Edit and change RDS parameter groups", "reboot", "reversible"],
    ["Upgrade the engine version", "restart", "irreversible"],
  ])("answers the wiki's %s, with its cost and its way back", (title, cost, wayBack) => {
    const [procedure, ...others] = procedures.filter((candidate) => candidate.title.startsWith(title));
    expect(others).toEqual([]);
    expect(procedure?.title).toContain(cost);
    expect(procedure?.title).toContain(wayBack);
    expect(procedure?.steps.map(stepText).join("\n")).toContain("npx cdktf deploy dev-stage1");
  });

  it.each(["Back up DW by hand", "Restore DB to a point in time", "Restore from a snapshot", "Connect"])(
    "says how to: %s",
    (title) => {
      const procedure = procedures.find((candidate) => candidate.title.startsWith(title));
      expect(procedure?.steps.some((step) => /(^| )(aws|psql) /.test(stepText(step)))).toBe(true);
    },
  );

  it.each(["create", "reset"])(
    "gives the command that would %s a service's database, and what its loss means",
    (action) => {
      expect(everything.join("\n")).toContain(`npx opsdx services database dev <service> ${action}`);
      expect(everything.join("\n")).toContain("SERVICES: people lose");
    },
  );

  it("backs the warehouse up with one command", () => {
    const [first] = procedures.find(({ title }) => title.startsWith("Back up DW"))?.steps.map(stepText) ?? [];
    expect(first).toMatch(/^aws backup start-backup-job --backup-vault-name opsdx-dev-dw /);
  });

  it("leaves nothing blank and holds no command in prose", () => {
    for (const text of everything) {
      expect(text).not.toMatch(/TODO|^\s*$/);
      expect(text).not.toContain("<env>");
    }
    expect(steps.flatMap(stepProblems)).toEqual([]);
  });

  it("closes every quote and bracket of its commands", () => {
    for (const text of everything.filter((candidate) => /^(aws|psql|curl|npx) /.test(candidate))) {
      expect((text.match(/"/g) ?? []).length % 2).toBe(0);
      expect((text.match(/\(/g) ?? []).length).toBe((text.match(/\)/g) ?? []).length);
    }
  });
});
