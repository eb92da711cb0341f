import { databaseRestartNotice } from "../../../tools/terraform/database-restart";
import { plannedChanges } from "../../../tools/terraform/events";

const INSTANCE = {
  instance_class: "db.m7g.large",
  engine_version: "17",
  backup_retention_period: 7,
  multi_az: true,
  apply_immediately: false,
  maintenance_window: "sun:07:30-sun:08:30",
};

/** The notice of a plan, as Terraform prints it, that changes an instance. */
const noticeOf = (edit: object, before: object = INSTANCE, actions = ["update"], address = "aws_db_instance.Db") =>
  databaseRestartNotice(
    plannedChanges(
      JSON.stringify({ resource_changes: [{ address, change: { actions, before, after: { ...before, ...edit } } }] }),
    ),
  );

describe("databaseRestartNotice", () => {
  it.each([
    ["another class", { instance_class: "db.r7g.xlarge" }, "instance_class db.m7g.large -> db.r7g.xlarge"],
    ["another major version", { engine_version: "18" }, "engine_version 17 -> 18"],
    ["no automated backups any more", { backup_retention_period: 0 }, "backup_retention_period 7 -> 0"],
    [
      "several at once",
      { instance_class: "db.m7i.large", engine_version: "18" },
      "instance_class db.m7g.large -> db.m7i.large, engine_version 17 -> 18",
    ],
  ])("says when %s restarts the instance", (_, edit, reason) => {
    expect(noticeOf(edit)).toBe(
      `A database restarts:\n  aws_db_instance.Db: ${reason}: in its maintenance window (sun:07:30-sun:08:30, UTC)`,
    );
    expect(noticeOf({ ...edit, apply_immediately: true })).toBe(
      `A database restarts:\n  aws_db_instance.Db: ${reason}: at once, with whatever else is pending`,
    );
  });

  it("counts several", () => {
    const change = { actions: ["update"], before: INSTANCE, after: { ...INSTANCE, engine_version: "18" } };
    const resource_changes = ["Db", "Dw"].map((name) => ({ address: `aws_db_instance.${name}`, change }));
    expect(databaseRestartNotice(plannedChanges(JSON.stringify({ resource_changes })))).toMatch(
      /^2 databases restart:\n {2}aws_db_instance\.Db: .*\n {2}aws_db_instance\.Dw: /,
    );
  });

  it.each([
    ["a change that restarts nothing", { multi_az: false, backup_retention_period: 14, apply_immediately: true }],
    ["no change", {}],
  ])("says nothing of %s", (_, edit) => {
    expect(noticeOf(edit)).toBeUndefined();
  });

  it("says nothing of an instance that is made or goes, nor of anything else", () => {
    const edit = { instance_class: "db.r7g.xlarge" };
    expect(noticeOf(edit, {}, ["create"])).toBeUndefined();
    expect(noticeOf(edit, INSTANCE, ["delete"])).toBeUndefined();
    expect(noticeOf(edit, INSTANCE, ["update"], "aws_db_parameter_group.Db")).toBeUndefined();
  });
});
