import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { newAuthority } from "../../lambdas/etl-launcher/certificate";
import type { FakeAws } from "./aws";
import { ADMIN, MASTER, Postgres } from "./postgres";
import { Program } from "./program";

const missing = Postgres.missing();
if (missing !== undefined) console.warn(`Skipped: ${missing}`);
const containing = (text: string): unknown => expect.stringContaining(text);
const GRAFANA = { user: "grafana", password: "hWv7-first-password-of-grafana" } as const;
const REDASH = { user: "redash", password: "Kq2_password-of-redash" } as const;

(missing === undefined ? describe : describe.skip)("the program that makes a service's database", () => {
  const secrets = new Map<string, string>();
  let program: Program;
  let server: Postgres;
  let aws: FakeAws;

  beforeAll(async () => {
    program = await Program.start(secrets);
    ({ aws, server } = program);
  }, 180_000);
  afterAll(() => program.stop(), 60_000);
  beforeEach(() => {
    secrets.set("master", Program.masterSecret());
    secrets.set("opsdx/test/grafana/database-password", GRAFANA.password);
    secrets.set("opsdx/test/redash/database-password", REDASH.password);
  });

  const run = (service: string, changes: Record<string, string> = {}) =>
    program.run<{ readonly done?: readonly string[] }>({
      AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/opsdx-test-grafana-database",
      CONNECTION_LIMIT: "3",
      DATABASE_PASSWORD_SECRET_ID: `opsdx/test/${service}/database-password`,
      DATABASE_SERVICE: service,
      ...changes,
    });
  const refused = async (of: Promise<unknown>): Promise<string> =>
    of.then(
      () => "not refused",
      (error: unknown) => String(error),
    );

  it("makes role, password and database as a master user who is no superuser, and is done the second time", async () => {
    expect(await run("grafana")).toMatchObject({
      exitCode: 0,
      done: ["made the role", "made the database", "set the password"],
    });
    expect(await run("grafana")).toMatchObject({ exitCode: 0, done: [] });
    expect(aws.requests).toContain("AssumeRoleWithWebIdentity");
    expect((await run("redash")).exitCode).toBe(0);
    await server.query(
      GRAFANA,
      "grafana",
      "CREATE TABLE secret_dashboards (id int)",
      "INSERT INTO secret_dashboards VALUES (1)",
    );
    await server.query(REDASH, "redash", "CREATE TABLE results (id int)");
  });

  it("leaves each role nothing but its own database", async () => {
    expect(await refused(server.query(REDASH, "grafana", "SELECT"))).toContain("permission denied for database");
    expect(await refused(server.query(GRAFANA, "postgres", "SELECT"))).toContain("permission denied for database");
    expect(await refused(server.query(GRAFANA, "template1", "SELECT"))).toContain("permission denied for database");
    expect(await refused(server.query(GRAFANA, "grafana", "CREATE DATABASE more"))).toContain("permission denied");
    expect(await refused(server.query(GRAFANA, "grafana", "CREATE ROLE more"))).toContain("permission denied");
    expect(await refused(server.query(GRAFANA, "grafana", "SET ROLE redash"))).toContain("permission denied");
    // Even were the door open: the tables are the owner's.
    await server.query(ADMIN, "grafana", "GRANT CONNECT ON DATABASE grafana TO redash");
    expect(await refused(server.query(REDASH, "grafana", "SELECT * FROM public.secret_dashboards"))).toContain(
      "permission denied for schema public",
    );
    await server.query(ADMIN, "grafana", "REVOKE CONNECT ON DATABASE grafana FROM redash");
  });

  it("leaves everybody else nothing", async () => {
    await server.query(ADMIN, "postgres", "CREATE ROLE stranger LOGIN PASSWORD 'of-the-stranger'");
    const stranger = { user: "stranger", password: "of-the-stranger" };
    for (const database of ["grafana", "redash", "postgres", "template1"]) {
      expect(await refused(server.query(stranger, database, "SELECT"))).toContain("permission denied for database");
    }
    const open = await server.query(
      ADMIN,
      "grafana",
      `SELECT 'schema' AS what FROM pg_namespace, aclexplode(nspacl) WHERE nspname = 'public' AND grantee = 0`,
    );
    expect(open).toEqual([]);
  });

  it("sets limits, and sets them right again", async () => {
    const limits = () =>
      server.query(
        ADMIN,
        "postgres",
        "SELECT rolconnlimit, rolcreatedb, rolconfig FROM pg_roles WHERE rolname = 'grafana'",
      );
    await server.query(
      ADMIN,
      "postgres",
      "ALTER ROLE grafana CREATEDB CONNECTION LIMIT 100",
      "ALTER DATABASE grafana OWNER TO redash",
    );
    expect(await run("grafana", { CONNECTION_LIMIT: "2" })).toMatchObject({ exitCode: 0, done: [] });
    expect(await limits()).toEqual([
      { rolconnlimit: 2, rolcreatedb: false, rolconfig: ["statement_timeout=60s", "pgaudit.log=ddl,role"] },
    ]);
    const clients = await Promise.all([1, 2].map(() => server.connect(GRAFANA, "grafana")));
    expect(await refused(server.query(GRAFANA, "grafana", "SELECT"))).toContain("too many connections for role");
    await Promise.all(clients.map((client) => client.end()));
    expect(await server.query(GRAFANA, "grafana", "SELECT count(*)::int FROM secret_dashboards")).toEqual([
      { count: 1 },
    ]);
  });

  it("takes a new password, after which the old one is refused", async () => {
    const next = "next-password-of-grafana";
    secrets.set("opsdx/test/grafana/database-password", next);
    expect(await run("grafana")).toMatchObject({ exitCode: 0, done: ["set the password"] });
    expect(await refused(server.query(GRAFANA, "grafana", "SELECT"))).toContain("password authentication failed");
    expect(await server.query({ user: "grafana", password: next }, "grafana", "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    secrets.set("opsdx/test/grafana/database-password", GRAFANA.password);
    expect(await run("grafana")).toMatchObject({ exitCode: 0, done: ["set the password"] });
  });

  it("makes one database anew, whoever holds it open, and touches no other", async () => {
    const holder = await server.connect(GRAFANA, "grafana");
    expect(await run("grafana", { RESET: "grafana" })).toMatchObject({
      exitCode: 0,
      done: ["dropped the database", "made the database"],
    });
    await holder.end().catch(() => undefined);
    const tables = "SELECT relname FROM pg_class WHERE relname IN ('secret_dashboards', 'results')";
    expect(await server.query(GRAFANA, "grafana", tables)).toEqual([]);
    expect(await server.query(REDASH, "redash", tables)).toEqual([{ relname: "results" }]);
    expect(await refused(server.query(REDASH, "grafana", "SELECT"))).toContain("permission denied for database");
  });

  it("waits for another of its kind", async () => {
    const both = await Promise.all([run("grafana"), run("grafana")]);
    expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  });

  it("says what a person must mend, for good", async () => {
    secrets.delete("opsdx/test/grafana/database-password");
    expect(await run("grafana")).toMatchObject({
      exitCode: 78,
      error: "the secret opsdx/test/grafana/database-password has no value: npx opsdx secrets init test",
    });
    secrets.set("opsdx/test/grafana/database-password", "short and spaced");
    expect(await run("grafana")).toMatchObject({ exitCode: 78, error: containing("must hold 16 to 128") });
    expect(await run("redash", { RESET: "grafana" })).toMatchObject({
      exitCode: 78,
      error: "Misconfigured: RESET: must be left out, or be DATABASE_SERVICE",
    });
    secrets.set("master", "{broken");
    expect(await run("redash")).toMatchObject({
      exitCode: 78,
      error: "the secret master must hold username and password, as RDS writes it",
    });
  });

  it("is tried again when the master's password was just changed, or nobody listens", async () => {
    secrets.set("master", JSON.stringify({ username: MASTER.user, password: "the one before" }));
    expect(await run("grafana")).toMatchObject({
      exitCode: 1,
      error: containing("password authentication"),
    });
    expect((await run("grafana", { DATABASE_PORT: "1" })).exitCode).toBe(1);
  });

  it("leaves no password in the server's log, which writes every statement", () => {
    const log = server.log();
    expect(log).toContain('CREATE ROLE "grafana"');
    expect(log).toContain("SCRAM-SHA-256$4096:");
    for (const { password } of [GRAFANA, REDASH]) expect(log).not.toContain(password);
    expect(log).not.toContain("next-password-of-grafana");
  });

  it("refuses a server that another authority vouches for, and one of another name, for good", async () => {
    writeFileSync(join(server.folder, "other.pem"), newAuthority("another").certificate);
    expect(await run("grafana", { DATABASE_CA: join(server.folder, "other.pem") })).toMatchObject({
      exitCode: 78,
      error: "unable to verify the first certificate",
    });
    await server.present(server.authority.issue("other.example"));
    expect(await run("grafana")).toMatchObject({
      exitCode: 78,
      error: containing("Host: localhost. is not in the cert's altnames: DNS:other.example"),
    });
  });
});
