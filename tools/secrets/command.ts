import Table from "cli-table3";
import { Command, InvalidArgumentError } from "commander";
import pc from "picocolors";
import { loadConfig, type Config } from "../../config/load";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { RefusedError } from "../../config/explained-error";
import { secretName, serviceSecrets, type ServiceSecret } from "../../config/service-secrets";
import { assertAccount, type Identity } from "../aws/caller";
import type { AwsAccount } from "../aws/client";
import { unknownArgument } from "../command-error";
import { GROUPS } from "../command-groups";
import { findEnvironment } from "../environment-argument";
import { secretPath, stackName } from "../../config/names";
import { deployCommand } from "../next-step";
import { initialize, look, type Initialized } from "./init";
import { certificateDays, makeValue, type GeneratedRecipe } from "./recipes";
import { configuredSecrets, secretStates, underAwsKey, type SecretState, type SecretWriter } from "./secrets";

/** What the command reaches of an environment. */
export interface SecretsConnection {
  /** The environment's account. */
  readonly account: AwsAccount;
  /** Whose credentials are used. */
  readonly identity: Identity;
  /** What the account knows of secrets, and takes. */
  readonly store: SecretWriter;
}

/** Settings of {@link secretsCommand}. */
export interface SecretsCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Reaches an environment. @default - its AWS account */
  readonly connect?: (environment: EnvironmentConfig) => Promise<SecretsConnection>;
  /** The secrets of an environment's services. @default - those that the configuration declares */
  readonly services?: (environment: EnvironmentConfig) => readonly ServiceSecret[];
}

const EXAMPLES = `
Examples:
  npx opsdx secrets check dev
  npx opsdx secrets check prod --json
  npx opsdx secrets check prod --max-age 365

Reads descriptions only, never a value. stage1 makes the secrets, empty; how values get there and change: the runbook's page "Secrets".`;

const INIT_EXAMPLES = `
Examples:
  npx opsdx secrets init dev --dry-run   say what would be made
  npx opsdx secrets init dev             make it
  npx opsdx secrets init dev grafana/admin-password   make this one; refused where it has a value

Passwords, keys and certificates of services go from chance straight into AWS Secrets Manager: no file, no state, no terminal holds
them. A secret that has a value keeps it, whoever gave it, even if that happens at the same moment. What only a person can give is listed.`;

const ROTATE_EXAMPLES = `
Examples:
  npx opsdx secrets rotate dev grafana/admin-password         say what would follow
  npx opsdx secrets rotate dev grafana/admin-password --yes   make the value

The value before stays readable as the version stage AWSPREVIOUS. What a person gives (Epic, Clarity, a login provider) is changed as the
runbook's page "Secrets" says.`;

/** `opsdx secrets`: what the configuration refers to, against what the account has; and values for it, where they can be made. */
export function secretsCommand({
  load = loadConfig,
  connect = connectToAws,
  services = serviceSecrets,
}: SecretsCommandProps = {}): Command {
  const secrets = new Command("secrets").description("the secrets that the configuration refers to");
  const reach = async (environment: EnvironmentConfig): Promise<SecretsConnection> => {
    const connection = await connect(environment);
    await assertAccount(connection.identity, connection.account);
    return connection;
  };
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
      const { store } = await reach(environment);
      const states = await secretStates(store, configuredSecrets(environment, services(environment)), Date.now());
      console.log(json === true ? JSON.stringify(states, undefined, 2) : secretsText(name, states, maxAge));
      if (states.some((state) => isWanting(state) || isOld(state, maxAge))) process.exitCode = 1;
    });
  secrets
    .command("init")
    .helpGroup(GROUPS.change)
    .description(
      "give each secret of the services its first value, where this program can make one; none that has a value is touched",
    )
    .argument("<env>", "environment")
    .argument("[secrets...]", "only these: <service>/<name>, or full names", [])
    .option("--dry-run", "say what would be made, and make nothing")
    .addHelpText("after", INIT_EXAMPLES)
    .action(async (name: string, wanted: readonly string[], { dryRun }: { dryRun?: true }) => {
      const environment = findEnvironment(load(), name);
      const all = services(environment);
      const named = wanted.map((one) => findSecret(environment, all, one));
      const { store } = await reach(environment);
      const props = {
        environment: name,
        store,
        secrets: named.length > 0 ? named : all,
        validDays: certificateDays(environment),
        dryRun,
        onMade: ({ name: made, outcome }: Initialized) => console.log(`${made}: ${outcome}`),
      };
      const looked = await look(props);
      refuseAbsent(name, looked);
      if (named.length > 0) refuseSecond(name, looked);
      console.log(initText(name, await initialize(looked, props)));
    });
  secrets
    .command("rotate")
    .helpGroup(GROUPS.change)
    .description("make a new value of one secret, and say what restarts and what must run then")
    .argument("<env>", "environment")
    .argument("<secret>", "the secret: <service>/<name>, or its full name")
    .option("-y, --yes", "do it")
    .addHelpText("after", ROTATE_EXAMPLES)
    .action(async (name: string, wanted: string, { yes }: { yes?: true }) => {
      const environment = findEnvironment(load(), name);
      const secret = findSecret(environment, services(environment), wanted);
      const full = secretName(name, secret);
      if (secret.keep !== undefined) {
        throw new RefusedError(`Nothing was changed: ${full} keeps its value. ${secret.keep}`);
      }
      const { store } = await reach(environment);
      const { since } = (await store.describe(full)) ?? {};
      if (since === undefined) {
        throw new RefusedError(`${full} has no value yet; its first is made by: npx opsdx secrets init ${name}`);
      }
      const then = afterwards(secret);
      if (yes !== true) {
        throw new RefusedError(
          `Nothing was changed. ${full} would get a new value in place of that of ${since.toISOString().slice(0, 10)}; add --yes. ${then}`,
        );
      }
      const made = await makeValue(secret.recipe as GeneratedRecipe, { validDays: certificateDays(environment) });
      await store.put(full, made);
      console.log(`${full} has a new value. ${then}`);
    });
  return secrets;
}

/** Values are made for all that is declared, or for nothing. */
function refuseAbsent(environment: string, looked: readonly Initialized[]): void {
  const absent = looked.filter(({ outcome }) => outcome === "not there").map(({ name }) => name);
  if (absent.length === 0) return;
  throw new RefusedError(
    `Nothing was changed: the account has not, or is about to delete, ${absent.join(", ")}. Deploy stage1 first (a secret that waits for its deletion: aws secretsmanager restore-secret):\n  ${deployCommand(stackName(environment, "stage1"))}`,
  );
}

/** Whoever names a secret means it: a value that is there is not passed over in silence. */
function refuseSecond(environment: string, looked: readonly Initialized[]): void {
  const kept = looked.filter(({ outcome }) => outcome === "has a value").map(({ name }) => name);
  if (kept.length === 0) return;
  throw new RefusedError(
    `Nothing was changed: ${kept.join(", ")} had a first value already. A new one: npx opsdx secrets rotate ${environment} <secret>`,
  );
}

function initText(environment: string, done: readonly Initialized[]): string {
  const count = (outcome: Initialized["outcome"]): number => done.filter((one) => one.outcome === outcome).length;
  const persons = done.filter(({ outcome }) => outcome === "waits for a person");
  const wouldMake = done.filter(({ outcome }) => outcome === "would be made");
  const made = count("made");
  const kept = count("has a value");
  return [
    ...(done.length === 0 ? ["The configuration declares no secret of a service."] : []),
    ...wouldMake.map(({ name, secret }) => `${name}: would be made (${secret.recipe.kind})`),
    ...(made > 0 ? [`${made} made, ${kept} had a value and keep it.`] : []),
    ...(wouldMake.length > 0 ? [`${wouldMake.length} would be made, ${kept} have a value and keep it.`] : []),
    ...(made + wouldMake.length === 0 && done.length > 0
      ? [
          `Nothing was empty that can be made: ${kept} have a value and keep it. A new one: npx opsdx secrets rotate ${environment} <secret>`,
        ]
      : []),
    ...(persons.length === 0
      ? []
      : [
          `${persons.length} wait for a person. A value goes into a file first; delete it afterwards:`,
          ...persons.flatMap(({ name, secret: { recipe } }) => [
            `  ${name}: ${recipe.kind === "person" ? recipe.what : ""}`,
            `    ${putCommand(name)}`,
          ]),
        ]),
  ].join("\n");
}

/**
 * The secret that a person named, whose value this program can make.
 * @throws UsageError naming the nearest one, RefusedError when its value is a person's to give
 */
function findSecret(environment: EnvironmentConfig, secrets: readonly ServiceSecret[], wanted: string): ServiceSecret {
  const start = secretPath(environment.name, "").slice(0, -1);
  const full = wanted.startsWith(start) ? wanted : `${start}${wanted}`;
  const found = secrets.find((secret) => secretName(environment.name, secret) === full);
  if (found !== undefined && found.recipe.kind !== "person") return found;
  const all = configuredSecrets(environment, secrets).map(({ name }) => name);
  if (!all.includes(full)) {
    throw unknownArgument(
      "secret",
      wanted,
      all.map((name) => name.slice(start.length)),
    );
  }
  const what =
    found?.recipe.kind === "person" ? found.recipe.what : "whoever runs its source (Epic, Clarity, a database)";
  throw new RefusedError(
    `Nothing was changed: the value of ${full} is a person's to give (${what}). From a file, which is deleted afterwards:\n  ${putCommand(full)}`,
  );
}

/** What follows a new value, as lines. */
function afterwards({ afterRotation, readers }: ServiceSecret): string {
  const clusters = readers.flatMap((reader) => ("cluster" in reader ? [`${reader.service} on ${reader.cluster}`] : []));
  return [
    "Then:",
    ...(clusters.length === 0
      ? []
      : [
          `  The Kubernetes Secrets of ${clusters.join(", ")} follow within the hour; at once: see "External Secrets" in the runbook.`,
        ]),
    ...afterRotation.map((line) => `  ${line}`),
  ].join("\n");
}

function putCommand(name: string): string {
  return `aws secretsmanager put-secret-value --secret-id ${name} --secret-string file://secret.txt`;
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
function remedy(environment: string, { name, recipe = "person", state }: SecretState): string {
  switch (state) {
    case "missing its value":
      return recipe === "person" ? putCommand(name) : `npx opsdx secrets init ${environment}`;
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
