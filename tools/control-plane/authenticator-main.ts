import { readFileSync } from "node:fs";
import { settingsFrom, startAuthenticator } from "./authenticator";

/** Started by `control-plane.ts`: settings file, certificate, key, port. */
const [settings = "", certificate = "", key = "", port = ""] = process.argv.slice(2);

void startAuthenticator({
  port: Number(port),
  certificate: readFileSync(certificate, "utf8"),
  key: readFileSync(key, "utf8"),
  settings: () => settingsFrom(settings),
  write: (line) => process.stdout.write(`${new Date().toISOString()} ${line}\n`),
});
