import { Client, DatabaseError, type ClientConfig } from "pg";

/** A name and a password. */
export interface Login {
  /** Name of the role. */
  readonly username: string;
  /** Its password. */
  readonly password: string;
}

/** Where a server is, and how it is verified. */
export type Place = Pick<ClientConfig, "host" | "port" | "ssl">;

/** A row of an answer. */
export type Row = Readonly<Record<string, unknown>>;

/** A connection, which ends with the block that holds it. */
export interface Connection extends AsyncDisposable {
  /** Runs one statement. */
  readonly run: (query: string, values?: readonly unknown[]) => Promise<readonly Row[]>;
  /** Ends it. */
  readonly end: () => Promise<void>;
}

/** A wrong password, and any other refusal: by PAM, or by pg_hba.conf. @see https://www.postgresql.org/docs/17/errcodes-appendix.html */
const REFUSED = ["28P01", "28000"];

/** Opens a connection. */
export async function connect(
  server: Place,
  { password, username: user }: Login,
  database: string,
): Promise<Connection> {
  const client = new Client({
    ...server,
    user,
    password,
    database,
    connectionTimeoutMillis: 15_000,
    application_name: "service-database",
  });
  // One that is ended by the server between two statements: the next statement says so.
  client.on("error", () => undefined);
  await client.connect();
  return {
    run: async (query, values) => (await client.query<Record<string, unknown>>(query, values && [...values])).rows,
    end: () => client.end(),
    [Symbol.asyncDispose]: () => client.end(),
  };
}

/** Whether the server takes a role's password. */
export async function isAccepted(server: Place, login: Login, database: string): Promise<boolean> {
  try {
    await (await connect(server, login, database)).end();
    return true;
  } catch (error) {
    if (error instanceof DatabaseError && REFUSED.includes(error.code ?? "")) return false;
    throw error;
  }
}
