import Table from "cli-table3";
import { Argument, Command } from "commander";
import { loadConfig, type Config } from "../../config/load";
import { etlOperatorRole, PEOPLE_ROLES } from "../../config/names";
import { CLUSTER_GROUPS } from "../../config/cluster-groups";
import { GROUPS } from "../command-groups";
import { PROFILE_KINDS, profiles, type ProfileKind } from "./profiles";
import { setup } from "./setup";

/** Settings of {@link peopleCommand}. */
export interface PeopleCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
}

const EXAMPLES = `
Examples:
  npx opsdx people show
  npx opsdx people setup
  npx opsdx people profiles administrators >> ~/.aws/config
  aws sso login --sso-session opsdx && export AWS_PROFILE=opsdx-dev

All of it follows from people in config/global.ts; no account is asked. The runbook, People, says what to do when somebody cannot get in.`;

/** `opsdx people`: who may what, and how they sign in. */
export function peopleCommand({ load = loadConfig }: PeopleCommandProps = {}): Command {
  const people = new Command("people").description("who works with the accounts, and how they sign in");
  people
    .command("show")
    .helpGroup(GROUPS.look)
    .description("print who may what, by how they sign in")
    .addHelpText("after", EXAMPLES)
    .action(() => console.log(table(load())));
  people
    .command("setup")
    .helpGroup(GROUPS.look)
    .description(
      "print what an administrator of the organization runs once: permission sets, and the trust of the break-glass role",
    )
    .addHelpText("after", EXAMPLES)
    .action(() => console.log(setup(load())));
  people
    .command("profiles")
    .helpGroup(GROUPS.look)
    .description("print the profiles of a kind of people, for ~/.aws/config")
    .addArgument(new Argument("<kind>", "kind of people").choices(PROFILE_KINDS))
    .addHelpText("after", EXAMPLES)
    .action((kind: ProfileKind) => void process.stdout.write(profiles(load(), kind)));
  return people;
}

/** Who signs in how, and becomes whom. */
function table({ global: { people, account }, environments }: Config): string {
  const { administrators, etlOperators, readers } = people;
  const operatorRoles = environments.map(({ name }) => etlOperatorRole(name));
  const text = (ways: readonly ({ permissionSet: string } | { role: string })[]): string =>
    ways.map((way) => ("role" in way ? `role ${way.role}` : `permission set ${way.permissionSet}`)).join("\n");
  const rows = new Table({ head: ["people", "sign in as", "take on", "may"], style: { head: [], border: [] } });
  const everything = "deploy global and every environment; all that the others may";
  rows.push(
    [
      "administrators",
      text(administrators),
      `${PEOPLE_ROLES.administrators} (${CLUSTER_GROUPS.masters})\n${people.breakGlass.role}, from ${account.id}`,
      everything,
    ],
    [
      "etlOperators",
      text(etlOperators),
      operatorRoles.map((role) => `${role} (${CLUSTER_GROUPS.etlOperators})`).join("\n"),
      "opsdx etl: launch, pause, rerun, stop, logs",
    ],
    [
      "readers",
      text(readers),
      `${PEOPLE_ROLES.readers} (${CLUSTER_GROUPS.readers})`,
      "see accounts and clusters; no data, no secret",
    ],
    ["breakGlass", `role ${people.breakGlass.role}`, PEOPLE_ROLES.administrators, everything],
  );
  return rows.toString();
}
