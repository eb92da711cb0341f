import Table from "cli-table3";
import { Command } from "commander";
import pc from "picocolors";
import { loadConfig, type Config } from "../../config/load";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { assertAccount, type Identity } from "../aws/caller";
import type { AwsAccount } from "../aws/client";
import { GROUPS } from "../command-groups";
import { findEnvironment } from "../environment-argument";
import { configuredSecrets, secretStates, type SecretState, type SecretStore } from "./secrets";

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

Reads descriptions only, never a value. How values get there and change: the runbook, "Put a secret in, or change it".`;

/** `opsdx secrets`: what the configuration refers to, against what the account has. */
export function secretsCommand({ load = loadConfig, connect = connectToAws }: SecretsCommandProps = {}): Command {
  const secrets = new Command("secrets").description("the secrets that the configuration refers to");
  secrets
    .command("check")
    .helpGroup(GROUPS.look)
    .description("list every secret of an environment; exit code 1 if one is missing in the account")
    .argument("<env>", "environment")
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string, { json }: { json?: true }) => {
      const environment = findEnvironment(load(), name);
      const connection = await connect(environment);
      await assertAccount(connection.identity, connection.account);
      const states = await secretStates(connection.store, configuredSecrets(environment));
      console.log(json === true ? JSON.stringify(states, undefined, 2) : secretsText(states));
      if (states.some(({ state }) => state !== "present")) process.exitCode = 1;
    });
  return secrets;
}

function secretsText(states: readonly SecretState[]): string {
  if (states.length === 0) return "The configuration refers to no secret.";
  const table = new Table({ head: ["secret", "read by", "state", "changed"], style: { head: [], border: [] } });
  for (const { name, readers, state, changed = "" } of states) {
    table.push([name, readers.join("\n"), state === "present" ? pc.green(state) : pc.red(state), changed]);
  }
  const wanting = states.filter(({ state }) => state !== "present");
  return [
    table.toString(),
    ...(wanting.length === 0
      ? ["All are there."]
      : [
          `${wanting.length} of ${states.length} cannot be read. Put the value into a file, delete it afterwards:`,
          ...wanting.map((secret) => `  ${remedy(secret)}`),
        ]),
  ].join("\n");
}

/** What makes a secret present. */
function remedy({ name, state }: SecretState): string {
  const value = "--secret-string file://secret.txt";
  switch (state) {
    case "present":
      return "";
    case "empty":
      return `aws secretsmanager put-secret-value --secret-id ${name} ${value}`;
    case "missing":
      return `aws secretsmanager create-secret --name ${name} ${value}`;
    case "to be deleted":
      return `aws secretsmanager restore-secret --secret-id ${name}`;
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
