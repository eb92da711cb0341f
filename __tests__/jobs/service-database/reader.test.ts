import { setTimeout as delay } from "node:timers/promises";
import { ADMIN, MASTER, Postgres } from "./postgres";
import { Program } from "./program";

const missing = Postgres.missing();
if (missing !== undefined) console.warn(`Skipped: ${missing}`);
const containing = (text: string): unknown => expect.stringContaining(text);
const READER = { user: "grafana_reader", password: "Zq4-password-of-the-reader" } as const;
const VIEWS = "cdm.epic2op_rows,cdm.scores";

/** An application's schema: its role owns a schema with tables of patients, and views that count them. */
const APPLICATION = [
  "CREATE ROLE dashan LOGIN PASSWORD 'of-the-application'",
  "CREATE DATABASE opsdx OWNER opsdx_root",
];
const SCHEMA = [
  "CREATE SCHEMA cdm",
  "CREATE TABLE cdm.patients (id int PRIMARY KEY, name text)",
  "INSERT INTO cdm.patients VALUES (1, 'Planted Patient')",
  "CREATE VIEW cdm.epic2op_rows AS SELECT count(*)::int AS rows FROM cdm.patients",
  "CREATE VIEW cdm.scores AS SELECT id FROM cdm.patients",
  "CREATE VIEW cdm.others AS SELECT name FROM cdm.patients",
  "CREATE SEQUENCE cdm.numbers",
];

(missing === undefined ? describe : describe.skip)("the program that makes a role which reads views", () => {
  const secrets = new Map<string, string>();
  let program: Program;
  let server: Postgres;

  beforeAll(async () => {
    program = await Program.start(secrets);
    ({ server } = program);
    await server.query(ADMIN, "postgres", ...APPLICATION);
    await server.query(MASTER, "opsdx", ...SCHEMA);
  }, 180_000);
  afterAll(() => program.stop(), 60_000);
  beforeEach(() => {
    secrets.set("master", Program.masterSecret());
    secrets.set("opsdx/test/grafana/db-reader-password", READER.password);
  });

  const run = (changes: Record<string, string | undefined> = {}) =>
    program.run<{ readonly done?: readonly string[]; readonly missing?: readonly string[] }>({
      AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/opsdx-test-grafana-reader-db",
      CONNECTION_LIMIT: "5",
      DATABASE_NAME: "opsdx",
      DATABASE_PASSWORD_SECRET_ID: "opsdx/test/grafana/db-reader-password",
      READER_MISSING: "refuse",
      READER_ROLE: READER.user,
      READER_SETTING: "grafana.databases.db.views",
      READER_VIEWS: VIEWS,
      ...changes,
    });
  const asMaster = (...statements: readonly string[]) => server.query(MASTER, "opsdx", ...statements);
  const refused = async (...statements: readonly string[]): Promise<string> =>
    server.query(READER, "opsdx", ...statements).then(
      () => "not refused",
      (error: unknown) => String(error),
    );

  it("makes a role that reads its views, and is done the second time", async () => {
    expect(await run()).toEqual(
      expect.objectContaining({
        exitCode: 0,
        done: ["made the role", "granted cdm.epic2op_rows", "granted cdm.scores", "set the password"],
        missing: [],
      }),
    );
    expect(await run()).toMatchObject({ exitCode: 0, done: [] });
    expect(await server.query(READER, "opsdx", "SELECT rows FROM cdm.epic2op_rows")).toEqual([{ rows: 1 }]);
  });

  it.each([
    ["another view", "SELECT * FROM cdm.others", "permission denied for view others"],
    ["a table", "SELECT * FROM cdm.patients", "permission denied for table patients"],
    ["to write through a view", "INSERT INTO cdm.scores VALUES (2)", "permission denied for view scores"],
    ["to change a table", "UPDATE cdm.patients SET name = ''", "permission denied for table patients"],
    ["to delete", "DELETE FROM cdm.scores", "permission denied for view scores"],
    ["a table of its own", "CREATE TABLE cdm.own (id int)", "permission denied for schema cdm"],
    ["a table in public", "CREATE TABLE public.own (id int)", "permission denied for schema public"],
    ["a schema", "CREATE SCHEMA own", "permission denied for database opsdx"],
    ["a sequence", "SELECT nextval('cdm.numbers')", "permission denied for sequence numbers"],
    ["a role", "CREATE ROLE own", "permission denied to create role"],
    ["to be somebody else", "SET ROLE dashan", "permission denied to set role"],
    ["a program of the server", "COPY (SELECT 1) TO PROGRAM 'cat'", "permission denied to COPY"],
  ])("refuses it %s, even when it switches off that it only reads", async (_, statement, message) => {
    const switched = await refused("SET default_transaction_read_only = off", "SET ROLE NONE", statement);
    expect(switched).toContain(message);
  });

  it("keeps it from writing and from dwelling, unless it switches that off", async () => {
    expect(await server.query(READER, "opsdx", "SHOW default_transaction_read_only")).toEqual([
      { default_transaction_read_only: "on" },
    ]);
    expect(await server.query(READER, "opsdx", "SHOW statement_timeout")).toEqual([{ statement_timeout: "1min" }]);
    await asMaster(`ALTER ROLE ${READER.user} SET default_transaction_read_only = off`);
    expect(await run({ STATEMENT_TIMEOUT_SECONDS: "5" })).toMatchObject({ exitCode: 0 });
    expect(await refused("CREATE TEMP TABLE own (id int)")).toContain("read-only transaction");
    expect(await server.query(READER, "opsdx", "SHOW statement_timeout")).toEqual([{ statement_timeout: "5s" }]);
  });

  it("takes what is no longer listed, and what somebody else gave", async () => {
    await asMaster(
      `GRANT SELECT ON cdm.others TO ${READER.user}`,
      `GRANT SELECT (id) ON cdm.patients TO ${READER.user}`,
    );
    const { done, exitCode } = await run({ READER_VIEWS: "cdm.epic2op_rows" });
    expect(exitCode).toBe(0);
    expect([...(done ?? [])].sort()).toEqual(["took cdm.others", "took cdm.patients", "took cdm.scores"]);
    for (const relation of ["others", "scores", "patients"]) {
      expect(await refused(`SELECT FROM cdm.${relation}`)).toContain("permission denied");
    }
    expect(await run()).toMatchObject({ exitCode: 0, done: ["granted cdm.scores"] });
  });

  it.each([
    [
      "that writes",
      `GRANT UPDATE ON cdm.scores TO ${READER.user}`,
      `REVOKE UPDATE ON cdm.scores FROM ${READER.user}`,
      "can write cdm.scores",
    ],
    [
      "that writes a column",
      `GRANT UPDATE (name) ON cdm.patients TO ${READER.user}`,
      `REVOKE UPDATE (name) ON cdm.patients FROM ${READER.user}`,
      "can write cdm.patients",
    ],
    [
      "that writes like everybody",
      "GRANT DELETE ON cdm.patients TO PUBLIC",
      "REVOKE DELETE ON cdm.patients FROM PUBLIC",
      "can write cdm.patients",
    ],
    [
      "that makes tables like everybody",
      "GRANT CREATE ON SCHEMA public TO PUBLIC",
      "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
      "may make tables in the schema public",
    ],
    [
      "that makes schemas",
      `GRANT CREATE ON DATABASE opsdx TO ${READER.user}`,
      `REVOKE CREATE ON DATABASE opsdx FROM ${READER.user}`,
      "may make schemas",
    ],
    [
      "that is a member of another",
      `GRANT dashan TO ${READER.user}`,
      `REVOKE dashan FROM ${READER.user}`,
      "is a member of dashan",
    ],
    [
      "that makes databases",
      `ALTER ROLE ${READER.user} CREATEDB`,
      `ALTER ROLE ${READER.user} NOCREATEDB`,
      "may make roles or databases",
    ],
    [
      "that advances a sequence",
      `GRANT USAGE ON SEQUENCE cdm.numbers TO ${READER.user}`,
      `REVOKE ALL ON SEQUENCE cdm.numbers FROM ${READER.user}`,
      "may change the sequence cdm.numbers",
    ],
    [
      "that runs what runs with another's rights",
      "CREATE FUNCTION cdm.purge() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM cdm.patients'",
      "DROP FUNCTION cdm.purge()",
      "may run cdm.purge with the rights of its owner",
    ],
    [
      "that owns something",
      `CREATE SCHEMA its AUTHORIZATION ${READER.user}`,
      "DROP SCHEMA its",
      "owns something in the database opsdx",
    ],
  ])("refuses a role %s, for good, and changes nothing", async (_, plant, mend, message) => {
    await server.query(ADMIN, "opsdx", plant);
    expect(await run({ READER_VIEWS: "cdm.others" })).toMatchObject({ exitCode: 78, error: containing(message) });
    expect(await server.query(READER, "opsdx", "SELECT rows FROM cdm.epic2op_rows")).toEqual([{ rows: 1 }]);
    await server.query(ADMIN, "opsdx", mend);
    expect(await run()).toMatchObject({ exitCode: 0, done: [] });
  });

  it("refuses a role that reads what everybody reads", async () => {
    await asMaster("GRANT SELECT ON cdm.others TO PUBLIC");
    expect(await run()).toMatchObject({ exitCode: 78, error: containing("it also reads cdm.others") });
    await asMaster("REVOKE SELECT ON cdm.others FROM PUBLIC");
  });

  it("refuses a table, and a view that is not there with what would make it, all at once", async () => {
    const { error, exitCode } = await run({ READER_VIEWS: "cdm.patients,cdm.nothing,cdm.scores" });
    expect(exitCode).toBe(78);
    expect(error).toBe(
      "grafana.databases.db.views: cdm.nothing is not in the database opsdx: its application makes it (CREATE VIEW cdm.nothing AS …); cdm.patients is no view: make one that shows what may be seen of it; or take it out of the setting. Then run the Job again",
    );
  });

  it("goes on without a view that is awaited, and says so", async () => {
    expect(await run({ READER_VIEWS: `${VIEWS},cdm.later`, READER_MISSING: "wait" })).toMatchObject({
      exitCode: 0,
      done: [],
      missing: ["cdm.later"],
    });
    await asMaster("CREATE VIEW cdm.later AS SELECT 1 AS one");
    expect(await run({ READER_VIEWS: `${VIEWS},cdm.later`, READER_MISSING: "wait" })).toMatchObject({
      done: ["granted cdm.later"],
      missing: [],
    });
    expect(await run()).toMatchObject({ done: ["took cdm.later"] });
  });

  it("reads a view through its owner's rights, and refuses one that wants the reader's", async () => {
    await asMaster("CREATE VIEW cdm.invoker WITH (security_invoker) AS SELECT id FROM cdm.patients");
    expect(await run({ READER_VIEWS: "cdm.invoker" })).toMatchObject({
      exitCode: 78,
      error: containing(
        "cdm.invoker cannot be read with the rights of its owner: permission denied for table patients",
      ),
    });
    expect(await run()).toMatchObject({ exitCode: 0, done: [] });
  });

  it("says who grants what the master user may not", async () => {
    await server.query(
      ADMIN,
      "opsdx",
      "CREATE SCHEMA theirs AUTHORIZATION dashan",
      "CREATE VIEW theirs.rows AS SELECT 1 AS one",
      "ALTER VIEW theirs.rows OWNER TO dashan",
    );
    const changes = { READER_ROLE: "redash_reader", READER_VIEWS: "theirs.rows" };
    const { error, exitCode } = await run(changes);
    expect(exitCode).toBe(78);
    const dashan = { user: "dashan", password: "of-the-application" };
    const statements = [...String(error).matchAll(/GRANT [^,]+? TO "redash_reader"/g)].map(([statement]) => statement);
    expect(statements).toHaveLength(2);
    await server.query(dashan, "opsdx", ...statements);
    expect(await run(changes)).toMatchObject({ exitCode: 0 });
    expect(
      await server.query({ user: "redash_reader", password: READER.password }, "opsdx", "SELECT one FROM theirs.rows"),
    ).toEqual([{ one: 1 }]);
  });

  it("lets a role in by IAM that has no password", async () => {
    const changes = { READER_ROLE: "monitors_reader", DATABASE_PASSWORD_SECRET_ID: undefined };
    expect(await run(changes)).toMatchObject({
      exitCode: 0,
      done: ["made the role", "granted cdm.epic2op_rows", "granted cdm.scores", "let it in by IAM"],
    });
    expect(await run(changes)).toMatchObject({ exitCode: 0, done: [] });
    expect(
      await server.query(
        ADMIN,
        "postgres",
        "SELECT rolpassword, pg_has_role(rolname, 'rds_iam', 'MEMBER') AS iam FROM pg_authid WHERE rolname = 'monitors_reader'",
      ),
    ).toEqual([{ rolpassword: null, iam: true }]);
    // What CREATE ROLE itself gives who makes it, and no more: RDS takes no password of its members.
    expect(
      await server.query(
        ADMIN,
        "postgres",
        "SELECT admin_option, inherit_option, set_option FROM pg_auth_members WHERE roleid = 'monitors_reader'::regrole",
      ),
    ).toEqual([{ admin_option: true, inherit_option: false, set_option: false }]);
  });

  it("keeps nobody out: takes a role from IAM again where the master user's password is refused with it", async () => {
    const isIn = () =>
      asMaster("SELECT 1").then(
        () => true,
        (error: unknown) => String(error),
      );
    // The master user of RDS grants rds_iam without being a member. Here it must be one, so it becomes that when it is in.
    await server.query(ADMIN, "postgres", `REVOKE rds_iam FROM ${MASTER.user} CASCADE`);
    const allow = await server.refuseIamByPassword();
    const holder = await server.connect(ADMIN, "opsdx");
    await holder.query("SELECT pg_advisory_lock(hashtext('service-database'))");
    const before = server.log().length;
    const running = run({ READER_ROLE: "kept_reader", DATABASE_PASSWORD_SECRET_ID: undefined });
    while (!server.log().slice(before).includes("user=opsdx_root")) await delay(50);
    await holder.query(`GRANT rds_iam TO ${MASTER.user} WITH ADMIN OPTION`);
    await holder.end();
    expect(await running).toMatchObject({ exitCode: 78, error: containing("kept_reader cannot log in by IAM") });
    await server.query(ADMIN, "postgres", `REVOKE rds_iam FROM ${MASTER.user}`);
    expect(await isIn()).toBe(true);
    // Why it looks: PostgreSQL counts who may only administer.
    await server.query(ADMIN, "postgres", "GRANT rds_iam TO kept_reader");
    expect(await isIn()).toContain("pg_hba.conf rejects connection");
    await allow();
    await server.query(
      ADMIN,
      "postgres",
      `GRANT rds_iam TO ${MASTER.user} WITH ADMIN OPTION`,
      "GRANT rds_iam TO monitors_reader",
    );
  });

  it("refuses a password for a role that logs in by IAM: RDS would take none", async () => {
    expect(await run({ READER_ROLE: "monitors_reader" })).toMatchObject({
      exitCode: 78,
      error: containing("is a member of rds_iam"),
    });
  });

  it("says what of its settings is wrong", async () => {
    expect(
      await run({ READER_ROLE: "postgres", READER_VIEWS: "cdm.rows; DROP", READER_MISSING: "never" }),
    ).toMatchObject({
      exitCode: 78,
      error: containing("READER_VIEWS.0: must be <schema>.<view>"),
    });
  });

  it("leaves no password in the server's log, and no patient in what it prints", () => {
    expect(server.log()).not.toContain(READER.password);
  });
});
