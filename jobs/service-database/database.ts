import { escapeIdentifier, escapeLiteral } from "pg";
import { connect, isAccepted, type Login, type Place } from "./connection";
import { scramVerifier } from "./scram";
import type { ServiceSettings } from "./settings";

/** What was done: each only where it was not so already. */
export type Step = "dropped the database" | "made the role" | "made the database" | "set the password";

/** Where the master user looks around. */
const MAINTENANCE_DATABASE = "postgres";

/** The role of a service, and what it may at most. */
const LIMITS = (settings: ServiceSettings): readonly string[] => [
  `LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT ${settings.CONNECTION_LIMIT}`,
  `SET statement_timeout = '${settings.STATEMENT_TIMEOUT_SECONDS}s'`,
  // An application's reads and writes are recorded by itself; the audit log is for people.
  "SET pgaudit.log = 'ddl,role'",
];

/** Databases of which the user may say who connects, and which everybody may still use. */
const OPEN_DATABASES = `
  SELECT datname FROM pg_database
  WHERE pg_has_role(datdba, 'USAGE') AND EXISTS (
    SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE grantee = 0)`;

/**
 * Makes the database and the role of a service, or sets right what of them is not as it should be: the role owns its database and
 * connects to no other; nobody else but the master user connects to it.
 *
 * @param server - where, and how it is verified
 * @param master - the user that may make roles and databases
 * @param password - the role's
 * @param settings - what the Job is told
 */
export async function makeDatabase(
  server: Place,
  master: Login,
  password: string,
  settings: ServiceSettings,
): Promise<readonly Step[]> {
  const service = settings.DATABASE_SERVICE;
  const role = escapeIdentifier(service);
  const done: Step[] = [];

  await using admin = await connect(server, master, MAINTENANCE_DATABASE);
  const exists = async (query: string): Promise<boolean> => (await admin.run(query, [service])).length > 0;
  // A second run waits until the first is done.
  await admin.run("SELECT pg_advisory_lock(hashtext('service-database'))");

  if (!(await exists("SELECT FROM pg_roles WHERE rolname = $1"))) {
    await admin.run(`CREATE ROLE ${role}`);
    done.push("made the role");
  }
  for (const limit of LIMITS(settings)) await admin.run(`ALTER ROLE ${role} ${limit}`);
  // Who is no superuser must be a member to make the role an owner.
  await admin.run(`GRANT ${role} TO CURRENT_USER`);

  if (settings.RESET !== undefined && (await exists("SELECT FROM pg_database WHERE datname = $1"))) {
    await admin.run(`DROP DATABASE ${role} WITH (FORCE)`);
    done.push("dropped the database");
  }
  if (!(await exists("SELECT FROM pg_database WHERE datname = $1"))) {
    await admin.run(`CREATE DATABASE ${role} OWNER ${role}`);
    done.push("made the database");
  }
  await admin.run(`ALTER DATABASE ${role} OWNER TO ${role}`);
  for (const { datname } of await admin.run(OPEN_DATABASES)) {
    await admin.run(`REVOKE ALL ON DATABASE ${escapeIdentifier(String(datname))} FROM PUBLIC`);
  }

  const login = { username: service, password };
  if (done.includes("made the role") || !(await isAccepted(server, login, service))) {
    await admin.run(`ALTER ROLE ${role} PASSWORD ${escapeLiteral(scramVerifier(password))}`);
    done.push("set the password");
  }
  // Shows that the service gets in, too.
  await using own = await connect(server, login, service);
  await own.run("REVOKE ALL ON SCHEMA public FROM PUBLIC");
  return done;
}
