import { Document, isMap, visit } from "yaml";
import { planSubnets } from "../../config/cidr-plan";
import type { Config } from "../../config/load";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { formatWindow, localWindowInUtc } from "../../config/schema/time";

/** AWS keeps five addresses of every subnet. @see https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html */
const RESERVED_ADDRESSES = 5;

/** What follows from an environment's settings without being written in them. */
function derived({ name, network, loadWindow }: EnvironmentConfig) {
  return {
    stacks: ["stage1", "stage2", "stage3"].map((stage) => `${name}-${stage}`),
    loadWindowUtc: localWindowInUtc(loadWindow.start, loadWindow.end, loadWindow.timeZone).map(formatWindow),
    subnets: planSubnets(network).map((subnet) => ({
      ...subnet,
      usableAddresses: 2 ** (32 - Number(subnet.cidr.split("/")[1])) - RESERVED_ADDRESSES,
    })),
  };
}

/** The resolved settings of `global` or an environment, and what follows from them, as YAML or JSON. */
export function describe(config: Config, name: string, json: boolean): string {
  const environment = config.environments.find((candidate) => candidate.name === name);
  const shown =
    environment === undefined ? { config: config.global } : { config: environment, derived: derived(environment) };
  return json ? JSON.stringify(shown, undefined, 2) : toYaml(shown);
}

/** YAML that reads as a table: an object without further objects inside a list stands on one line. */
function toYaml(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Seq: (_, list) => {
      for (const item of list.items) if (isMap(item)) item.flow = true;
    },
  });
  return document.toString({ lineWidth: 0 }).trimEnd();
}
