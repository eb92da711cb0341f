import { databaseFacts } from "../../../../constructs/stage1/db/runbook";
import { stepProblems, type Step } from "../../../../constructs/shared/observability/steps";
import { stepText, TEST_ACCOUNT } from "../../../support";

const facts = databaseFacts({
  environment: "dev",
  account: TEST_ACCOUNT,
  owner: "Andong, Yanif",
  replicaRegion: "us-west-2",
  services: { backupRetentionDays: 7, multiAz: false },
});
const procedures = facts.procedures ?? [];
const steps = [facts.launch, facts.stop, facts.status, facts.logs, facts.metrics]
  .flatMap((list): readonly Step[] => list)
  .concat(procedures.flatMap((procedure) => procedure.steps));
const everything = steps.map(stepText);

describe("databaseFacts", () => {
  it("lets RDS manage the password of what is restored afterwards: a restore of PostgreSQL refuses to", () => {
    const restores = everything.filter((text) => /rds restore-db-instance/.test(text));
    expect(restores).toHaveLength(2);
    expect(restores.join("\n")).not.toContain("--manage-master-user-password");
    for (const database of ["db", "dw"]) {
      expect(everything.join("\n")).toContain(
        `aws rds modify-db-instance --db-instance-identifier opsdx-dev-${database}-restored --manage-master-user-password --master-user-secret-kms-key-id "$(aws rds describe-db-instances --db-instance-identifier opsdx-dev-${database} --query 'DBInstances[0].MasterUserSecret.KmsKeyId' --output text)" --apply-immediately`,
      );
    }
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
