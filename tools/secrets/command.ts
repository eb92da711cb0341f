import Table from "cli-table3";
import { Command, InvalidArgumentError } from "commander";
import pc from "picocolors";
import { loadConfig, type Config } from "../../config/load";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { assertAccount, type Identity } from "../aws/caller";
import type { AwsAccount } from "../aws/client";
import { GROUPS } from "../command-groups";
import { findEnvironment } from "../environment-argument";
import { stackName } from "../../config/names";
import { deployCommand } from "../next-step";
import { configuredSecrets, secretStates, underAwsKey, type SecretState, type SecretStore } from "./secrets";

/** What the command reaches of an environment. */
export interface SecretsConnection {
  /** The environment's account. */
  readonly account: AwsAccount;
  /** Whose credentials are used. */
  readonly identity: Identity;
  /** What the account knows of secrets. */
  readonly store: SecretStore;
}

/** Settings of {@link secretsCommand}. */
export interface SecretsCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Reaches an environment. @default - its AWS account */
  readonly connect?: (environment: EnvironmentConfig) => Promise<SecretsConnection>;
}

const EXAMPLES = `
Examples:
  npx opsdx secrets check dev
  npx opsdx secrets check prod --json
  npx opsdx secrets check prod --max-age 365

Reads descriptions only, never a value. stage1 makes the secrets, empty; how values get there and change: the runbook's page "Secrets".`;

/** `opsdx secrets`: what the configuration refers to, against what the account has. */
export function secretsCommand({ load = loadConfig, connect = connectToAws }: SecretsCommandProps = {}): Command {
  const secrets = new Command("secrets").description("the secrets that the configuration refers to");
  secrets
    .command("check")
    .helpGroup(GROUPS.look)
    .description(
      "list every secret of an environment, with its key and its age; exit code 1 if one cannot be read, or has not its own key",
    )
    .argument("<env>", "environment")
    .option("--json", "print JSON")
    .option("--max-age <days>", "find values older than this, too, which nothing rotates", days)
    .addHelpText("after", EXAMPLES)
    .action(async (name: string, { json, maxAge }: { json?: true; maxAge?: number }) => {
      const environment = findEnvironment(load(), name);
      const connection = await connect(environment);
      await assertAccount(connection.identity, connection.account);
      const states = await secretStates(connection.store, configuredSecrets(environment), Date.now());
      console.log(json === true ? JSON.stringify(states, undefined, 2) : secretsText(name, states, maxAge));
      if (states.some((state) => isWanting(state) || isOld(state, maxAge))) process.exitCode = 1;
    });
  return secrets;
}

function isWanting(secret: SecretState): boolean {
  return secret.state !== "present" || underAwsKey(secret);
}

function isOld({ ageDays = 0, rotated }: SecretState, maxAge = Infinity): boolean {
  return rotated === undefined && ageDays > maxAge;
}

/** A number of days as a person writes it. */
function days(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`It must be days, 1 to 9999, got "${text}".`);
}

function secretsText(environment: string, states: readonly SecretState[], maxAge?: number): string {
  if (states.length === 0) return "The configuration refers to no secret.";
  const table = new Table({
    head: ["secret", "read by", "state", "key", "value since", "rotated"],
    style: { head: [], border: [] },
  });
  for (const secret of states) {
    const { ageDays, name, readers, rotated, since, state } = secret;
    const key = underAwsKey(secret) ? pc.red("AWS's own") : (secret.key?.split("/").at(-1) ?? "");
    const age = since === undefined ? "" : `${since.slice(0, 10)}\n${ageDays ?? 0} days`;
    table.push([
      name,
      readers.join("\n"),
      state === "present" ? pc.green(state) : pc.red(state),
      key,
      age,
      rotated?.slice(0, 10) ?? (state === "missing" ? "" : "never"),
    ]);
  }
  const wanting = states.filter(isWanting);
  const old = states.filter((state) => isOld(state, maxAge));
  return [
    table.toString(),
    ...(old.length === 0
      ? []
      : [
          `${old.length} of ${states.length} are older than ${maxAge ?? 0} days: ${old.map(({ name }) => name).join(", ")}`,
        ]),
    ...(wanting.length === 0
      ? ["All are there."]
      : [
          `${wanting.length} of ${states.length} are not as they should be. A value goes into a file first; delete it afterwards:`,
          ...new Set(wanting.map((secret) => `  ${remedy(environment, secret)}`)),
        ]),
  ].join("\n");
}

/** What makes a secret present, under its own key: stage1 makes it and its key, a person gives the value. */
function remedy(environment: string, { name, state }: SecretState): string {
  switch (state) {
    case "missing its value":
      return `aws secretsmanager put-secret-value --secret-id ${name} --secret-string file://secret.txt`;
    case "to be deleted":
      return `aws secretsmanager restore-secret --secret-id ${name}`;
    case "present":
    case "missing":
      return deployCommand(stackName(environment, "stage1"));
  }
}

/** Late: the clients take a while to load. */
async function connectToAws({ name, account: { id, region } }: EnvironmentConfig): Promise<SecretsConnection> {
  const [{ CallerIdentity }, { SecretsManagerStore }] = await Promise.all([
    import("../aws/caller"),
    import("./secrets"),
  ]);
  const account = { environment: name, id, region };
  return {
    account,
    identity: new CallerIdentity(account, process.env),
    store: new SecretsManagerStore(account, process.env),
  };
}
