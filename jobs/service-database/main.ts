import { readFileSync } from "node:fs";
import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import * as z from "zod/mini";
import { makeDatabase } from "./database";
import { FinalError } from "./final-error";
import { makeReader } from "./reader";
import { readSettings } from "./settings";

/** No further try mends it: the Job fails at once. @see sysexits.h */
const CONFIGURATION_ERROR = 78;

const masterForm = z.object({ username: z.string(), password: z.string() });

/**
 * Makes the database of a service, or a role that reads views: what a Job of `ServiceDatabase` or `DatabaseReader` runs. Its one line says
 * what was done; no line holds a secret.
 */
async function main(): Promise<void> {
  const { kind, settings } = final(() => readSettings(process.env));
  const ca = final(() => readFileSync(settings.DATABASE_CA, "utf8"));
  const secrets = new SecretsManagerClient({ requestHandler: { connectionTimeout: 5_000, requestTimeout: 10_000 } });
  const secret = async (id: string): Promise<string> => {
    try {
      const { SecretString: text } = await secrets.send(new GetSecretValueCommand({ SecretId: id }));
      if (text !== undefined && text !== "") return text;
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
    }
    const environment = /^opsdx\/([^/]+)\//.exec(id)?.[1] ?? "<env>";
    throw new FinalError(`the secret ${id} has no value: npx opsdx secrets init ${environment}`);
  };
  const passwordOf = async (id: string): Promise<string> => {
    const password = await secret(id);
    if (/^[\x21-\x7e]{16,128}$/.test(password)) return password;
    throw new FinalError(`the secret ${id} must hold 16 to 128 printable characters without spaces`);
  };
  const master = z.safeParse(masterForm, parsed(await secret(settings.MASTER_SECRET_ID)));
  if (!master.success)
    throw new FinalError(`the secret ${settings.MASTER_SECRET_ID} must hold username and password, as RDS writes it`);
  const server = { host: settings.DATABASE_HOST, port: settings.DATABASE_PORT, ssl: { ca, rejectUnauthorized: true } };
  if (kind === "service") {
    const done = await makeDatabase(
      server,
      master.data,
      await passwordOf(settings.DATABASE_PASSWORD_SECRET_ID),
      settings,
    );
    tell({ event: "service-database", service: settings.DATABASE_SERVICE, done });
    return;
  }
  const { DATABASE_PASSWORD_SECRET_ID: id } = settings;
  const made = await makeReader(server, master.data, id === undefined ? undefined : await passwordOf(id), settings);
  tell({ event: "database-reader", role: settings.READER_ROLE, ...made });
}

function final<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new FinalError(messageOf(error));
  }
}

/** The value of JSON; of anything else nothing, for a message would show a part of it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What verification of a certificate is refused with. */
const isUntrusted = (error: unknown): boolean =>
  /^(ERR_TLS_CERT|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test((error as NodeJS.ErrnoException).code ?? "");

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

main().catch((error: unknown) => {
  const { code } = error as NodeJS.ErrnoException;
  tell({ event: "service-database-failed", error: messageOf(error), ...(code !== undefined && { code }) });
  process.exitCode = error instanceof FinalError || isUntrusted(error) ? CONFIGURATION_ERROR : 1;
});
