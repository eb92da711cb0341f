import { DatabaseError, escapeIdentifier, escapeLiteral } from "pg";
import { connect, isAccepted, type Connection, type Login, type Place } from "./connection";
import { FinalError } from "./final-error";
import { scramVerifier } from "./scram";
import type { ReaderSettings } from "./settings";

/** What was done, each only where it was not so already, and which views are not there. */
export interface ReaderDone {
  /** What was done: `granted cdm.rows`. */
  readonly done: readonly string[];
  /** Views that were left out. */
  readonly missing: readonly string[];
}

const INSUFFICIENT_PRIVILEGE = "42501";
/** A role of RDS: who is a member logs in by IAM, and by no password. */
const IAM_ROLE = "rds_iam";
const BY_IAM = "let it in by IAM";

/** What the role may at most. Whoever holds it may set these otherwise in a session: its rights are what keeps it from writing. */
const LIMITS = (settings: ReaderSettings): readonly string[] => [
  `LOGIN CONNECTION LIMIT ${settings.CONNECTION_LIMIT}`,
  "SET default_transaction_read_only = on",
  `SET statement_timeout = '${settings.STATEMENT_TIMEOUT_SECONDS}s'`,
  `SET idle_in_transaction_session_timeout = '${settings.STATEMENT_TIMEOUT_SECONDS}s'`,
];

/** Schemas of people; what an extension brings is not theirs. */
const OWN = (object: string, catalog: string): string => `
  n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = '${catalog}'::regclass AND d.objid = ${object} AND d.deptype = 'e')`;

/** Each relation with what the role may do with it, by its own rights or by everybody's. */
const RELATIONS = `
  SELECT n.nspname || '.' || c.relname AS name,
    has_any_column_privilege($1::name, c.oid, 'SELECT') AS reads,
    has_any_column_privilege($1::name, c.oid, 'INSERT, UPDATE, REFERENCES')
      OR has_table_privilege($1::name, c.oid, 'DELETE, TRUNCATE, TRIGGER') AS writes
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND has_schema_privilege($1::name, n.oid, 'USAGE') AND ${OWN("c.oid", "pg_class")}
  ORDER BY name`;

/** What makes the role more than a reader, in words. */
const POWERS = `
  SELECT 'is a superuser, or may make roles or databases, replicate or bypass row security' AS power FROM pg_roles
    WHERE rolname = $1 AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)
  UNION ALL SELECT 'is a member of ' || g.rolname FROM pg_auth_members m
    JOIN pg_roles r ON r.oid = m.member JOIN pg_roles g ON g.oid = m.roleid WHERE r.rolname = $1 AND g.rolname <> $2
  UNION ALL SELECT 'owns something in the database ' || coalesce(d.datname, '(any)') FROM pg_shdepend s
    JOIN pg_roles r ON r.oid = s.refobjid LEFT JOIN pg_database d ON d.oid = s.dbid
    WHERE r.rolname = $1 AND s.refclassid = 'pg_authid'::regclass AND s.deptype = 'o'
  UNION ALL SELECT 'may make schemas in the database' WHERE has_database_privilege($1::name, current_database(), 'CREATE')
  UNION ALL SELECT 'may make tables in the schema ' || n.nspname FROM pg_namespace n
    WHERE n.nspname !~ '^pg_' AND has_schema_privilege($1::name, n.oid, 'CREATE')
  UNION ALL SELECT 'may change the sequence ' || n.nspname || '.' || c.relname FROM pg_sequence q
    JOIN pg_class c ON c.oid = q.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE has_schema_privilege($1::name, n.oid, 'USAGE') AND has_sequence_privilege($1::name, q.seqrelid, 'USAGE, UPDATE')
  UNION ALL SELECT 'may run ' || n.nspname || '.' || p.proname || ' with the rights of its owner' FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.prosecdef AND has_schema_privilege($1::name, n.oid, 'USAGE') AND has_function_privilege($1::name, p.oid, 'EXECUTE')
      AND ${OWN("p.oid", "pg_proc")}`;

/** Rights that were given to the role itself: on relations, their columns, and schemas. */
const OWN_RIGHTS = `
  WITH role AS (SELECT oid FROM pg_roles WHERE rolname = $1)
  SELECT 'relation' AS kind, n.nspname AS schema, c.relname AS relation, a.privilege_type = 'SELECT' AND NOT a.is_grantable AS plain
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a, role
    WHERE a.grantee = role.oid AND c.relkind <> 'S'
  UNION SELECT 'relation', n.nspname, c.relname, false
    FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(t.attacl) a, role
    WHERE a.grantee = role.oid
  UNION SELECT 'schema', n.nspname, NULL, a.privilege_type = 'USAGE' AND NOT a.is_grantable
    FROM pg_namespace n, aclexplode(n.nspacl) a, role WHERE a.grantee = role.oid`;

const VIEWS = `
  SELECT c.oid, n.nspname || '.' || c.relname AS name, c.relkind IN ('v', 'm') AS is_view,
    pg_get_userbyid(c.relowner) AS owner, pg_get_userbyid(n.nspowner) AS schema_owner
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname || '.' || c.relname = ANY ($1) AND c.relkind NOT IN ('i', 'I', 't')`;

interface View {
  readonly oid: string;
  readonly name: string;
  readonly quoted: string;
  readonly schema: string;
  readonly owner: string;
  readonly schemaOwner: string;
}

const quotedName = (name: string): string => name.split(".").map(escapeIdentifier).join(".");

/**
 * Makes a role that reads some views of a database and nothing else, or sets it right. All of it happens, or nothing; but a role that
 * cannot log in is there from the first run, so that owners can grant it what the master user may not.
 *
 * @param password - of the role; without one it logs in by IAM
 * @throws FinalError naming everything that a person must mend: a role that can do more than read, a view that is none, a right that
 * the master user cannot give
 */
export async function makeReader(
  server: Place,
  master: Login,
  password: string | undefined,
  settings: ReaderSettings,
): Promise<ReaderDone> {
  const { DATABASE_NAME: database, READER_ROLE: role } = settings;
  await using admin = await connect(server, master, database);
  const done: string[] = [];
  let missing: readonly string[];
  // A second run waits until the first is done.
  await admin.run("SELECT pg_advisory_lock(hashtext('service-database'))");
  if ((await admin.run("SELECT FROM pg_roles WHERE rolname = $1", [role])).length === 0) {
    await admin.run(`CREATE ROLE ${escapeIdentifier(role)} NOLOGIN`);
    done.push("made the role");
  }
  await admin.run("BEGIN");
  try {
    await refusePowers(admin, settings, password === undefined);
    const found = await viewsOf(admin, settings);
    ({ missing } = found);
    await giveRights(admin, settings, found.views, done);
    if (password === undefined) await letInByIam(admin, role, done);
    await refusePowers(admin, settings, password === undefined);
    await refuseOtherViews(admin, settings, found.views);
    await admin.run("COMMIT");
  } catch (error) {
    await admin.run("ROLLBACK");
    // Such as a role that somebody else made, and that the master user may not alter.
    if (isDenied(error)) throw new FinalError(`${role}: ${error.message}`);
    throw error;
  }
  if (done.includes(BY_IAM)) await keepTheMasterIn(admin, server, master, settings);
  if (password !== undefined && !(await isAccepted(server, { username: role, password }, database))) {
    await admin.run(`ALTER ROLE ${escapeIdentifier(role)} PASSWORD ${escapeLiteral(scramVerifier(password))}`);
    done.push("set the password");
    await (await connect(server, { username: role, password }, database)).end();
  }
  return { done, missing };
}

const isDenied = (error: unknown): error is DatabaseError =>
  error instanceof DatabaseError && error.code === INSUFFICIENT_PRIVILEGE;

/** @throws FinalError where the role can do more than read */
async function refusePowers(admin: Connection, settings: ReaderSettings, byIam: boolean): Promise<void> {
  const { READER_ROLE: role } = settings;
  const powers = await admin.run(POWERS, [role, byIam ? IAM_ROLE : ""]);
  const writes = (await admin.run(RELATIONS, [role])).filter((row) => row["writes"] === true);
  const faults = [
    ...powers.map(({ power }) => String(power)),
    ...(writes.length === 0 ? [] : [`can write ${listed(writes.map(({ name }) => String(name)))}`]),
  ];
  if (faults.length === 0) return;
  throw new FinalError(
    `the role ${role} must read views and nothing else, but it ${faults.join("; it ")}: take that from it, or from PUBLIC, and run the Job again`,
  );
}

/** The views that there are, and those that there are not. */
async function viewsOf(
  admin: Connection,
  { DATABASE_NAME, READER_MISSING, READER_SETTING, READER_VIEWS }: ReaderSettings,
): Promise<{ readonly views: readonly View[]; readonly missing: readonly string[] }> {
  const rows = await admin.run(VIEWS, [READER_VIEWS]);
  const known = new Map(rows.map((row) => [String(row["name"]), row]));
  const missing = READER_VIEWS.filter((name) => !known.has(name));
  const tables = rows.filter((row) => row["is_view"] !== true).map(({ name }) => String(name));
  const faults = [
    ...(READER_MISSING === "refuse" ? missing : []).map(
      (name) => `${name} is not in the database ${DATABASE_NAME}: its application makes it (CREATE VIEW ${name} AS …)`,
    ),
    ...tables.map((name) => `${name} is no view: make one that shows what may be seen of it`),
  ];
  if (faults.length > 0) {
    throw new FinalError(
      `${READER_SETTING}: ${faults.join("; ")}; or take it out of the setting. Then run the Job again`,
    );
  }
  return {
    missing,
    views: rows.map((row) => {
      const name = String(row["name"]);
      const [schema = ""] = name.split(".");
      return {
        oid: String(row["oid"]),
        name,
        schema,
        quoted: quotedName(name),
        owner: String(row["owner"]),
        schemaOwner: String(row["schema_owner"]),
      };
    }),
  };
}

/** Takes what the role has too much, and gives what it lacks. */
async function giveRights(
  admin: Connection,
  settings: ReaderSettings,
  views: readonly View[],
  done: string[],
): Promise<void> {
  const { DATABASE_NAME: database, READER_ROLE: role } = settings;
  const to = escapeIdentifier(role);
  for (const limit of LIMITS(settings)) await admin.run(`ALTER ROLE ${to} ${limit}`);
  await admin.run(`GRANT CONNECT ON DATABASE ${escapeIdentifier(database)} TO ${to}`);

  const names = new Set(views.map(({ name }) => name));
  const schemas = new Set(views.map(({ schema }) => schema));
  for (const { kind, plain, relation, schema } of await admin.run(OWN_RIGHTS, [role])) {
    const name = kind === "schema" ? String(schema) : `${String(schema)}.${String(relation)}`;
    if (plain === true && (kind === "schema" ? schemas : names).has(name)) continue;
    const what = kind === "schema" ? `SCHEMA ${escapeIdentifier(name)}` : `TABLE ${quotedName(name)}`;
    await attempt(admin, `REVOKE ALL ON ${what} FROM ${to} CASCADE`);
    done.push(`took ${name}`);
  }
  for (const schema of schemas) {
    if (await isSo(admin, "has_schema_privilege($1::name, $2, 'USAGE')", [role, schema])) continue;
    await attempt(admin, `GRANT USAGE ON SCHEMA ${escapeIdentifier(schema)} TO ${to}`);
  }
  for (const { name, oid, quoted } of views) {
    if (await isSo(admin, "has_table_privilege($1::name, $2::oid, 'SELECT')", [role, oid])) continue;
    await attempt(admin, `GRANT SELECT ON TABLE ${quoted} TO ${to}`);
    done.push(`granted ${name}`);
  }
}

async function letInByIam(admin: Connection, role: string, done: string[]): Promise<void> {
  if (await isSo(admin, `pg_has_role($1::name, '${IAM_ROLE}', 'MEMBER')`, [role])) return;
  await admin.run(`GRANT ${IAM_ROLE} TO ${escapeIdentifier(role)}`);
  await admin.run(`ALTER ROLE ${escapeIdentifier(role)} PASSWORD NULL`);
  done.push(BY_IAM);
}

/**
 * Takes the role from those who log in by IAM where the master user is refused from then on. Who makes a role is a member of it since
 * PostgreSQL 16, if only to administer it, and PostgreSQL's own `+rds_iam` in pg_hba.conf counts that; whether RDS does, its answer shows. This
 * connection is open still, and the last.
 * @see https://www.postgresql.org/docs/17/sql-createrole.html
 * @throws FinalError where it was refused
 */
async function keepTheMasterIn(
  admin: Connection,
  server: Place,
  master: Login,
  { DATABASE_NAME: database, READER_ROLE: role }: ReaderSettings,
): Promise<void> {
  if (await isAccepted(server, master, database)) return;
  await admin.run(`REVOKE ${IAM_ROLE} FROM ${escapeIdentifier(role)}`);
  throw new FinalError(
    `the role ${role} cannot log in by IAM: the server refuses the master user's password while ${role}, which the master user administers, is a member of ${IAM_ROLE}. It is none any more`,
  );
}

/** @throws FinalError where the role reads more or less than its views: what the master user could neither give nor take */
async function refuseOtherViews(
  admin: Connection,
  { READER_ROLE: role }: ReaderSettings,
  views: readonly View[],
): Promise<void> {
  const rows = await admin.run(RELATIONS, [role]);
  const reads = new Set(rows.filter((row) => row["reads"] === true).map(({ name }) => String(name)));
  const names = new Set(views.map(({ name }) => name));
  const more = [...reads].filter((name) => !names.has(name));
  const faults =
    more.length === 0 ? [] : [`it also reads ${listed(more)}: its owner revokes that from it, or from PUBLIC`];
  for (const { name, owner, quoted, schema, schemaOwner } of views) {
    if (reads.has(name)) {
      const why = await whyUnreadable(admin, role, quoted);
      if (why !== undefined) faults.push(`${name} cannot be read with the rights of its owner: ${why}`);
    } else {
      const to = escapeIdentifier(role);
      faults.push(
        `the master user may not let it read ${name}: ${schemaOwner} runs GRANT USAGE ON SCHEMA ${escapeIdentifier(schema)} TO ${to}, and ${owner} GRANT SELECT ON ${quoted} TO ${to}`,
      );
    }
  }
  if (faults.length > 0) throw new FinalError(`the role ${role}: ${faults.join("; ")}`);
}

/**
 * Reads nothing of a view as the role: a view with `security_invoker`, for one, wants rights on what is below it. All of it is rolled back,
 * whatever comes of it: RDS takes no password of who is a member of a role that logs in by IAM, and the master user must not stay one.
 */
async function whyUnreadable(admin: Connection, role: string, view: string): Promise<string | undefined> {
  await admin.run("SAVEPOINT as_the_role");
  try {
    await admin.run(`GRANT ${escapeIdentifier(role)} TO CURRENT_USER`);
    await admin.run(`SET LOCAL ROLE ${escapeIdentifier(role)}`);
    return await attempt(admin, `SELECT FROM ${view} LIMIT 0`);
  } finally {
    await admin.run("ROLLBACK TO SAVEPOINT as_the_role");
  }
}

/** Runs a statement that may be denied. @returns why it was */
async function attempt(admin: Connection, statement: string): Promise<string | undefined> {
  await admin.run("SAVEPOINT attempt");
  try {
    await admin.run(statement);
    await admin.run("RELEASE SAVEPOINT attempt");
    return undefined;
  } catch (error) {
    if (!isDenied(error)) throw error;
    await admin.run("ROLLBACK TO SAVEPOINT attempt");
    return error.message;
  }
}

async function isSo(admin: Connection, expression: string, values: readonly string[]): Promise<boolean> {
  const [row] = await admin.run(`SELECT ${expression} AS so`, values);
  return row?.["so"] === true;
}

/** The first few of many. */
function listed(names: readonly string[]): string {
  const rest = names.length - 5;
  return `${names.slice(0, 5).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
