import { Document, isMap, visit } from "yaml";
import { planSubnets } from "../../config/cidr-plan";
import type { Config } from "../../config/load";
import { podsHeld } from "../../config/node-capacity";
import { roomOfGroups } from "../../config/room";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { own } from "../../config/schema/rule";
import { formatWindow, localWindowInUtc } from "../../config/schema/time";
import { packingOn } from "../../config/schema/workload";
import { workloadsOf } from "../../config/schema/workloads";
import { stackName, STAGES } from "../../config/names";

/** AWS keeps five addresses of every subnet. @see https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html */
const RESERVED_ADDRESSES = 5;

/** How the pods of each workload fill the nodes that they are placed on, and how many there can be. */
function packing(environment: EnvironmentConfig) {
  const { clusters, network } = environment;
  return workloadsOf(environment).flatMap(({ cluster = "", evenZones, name, nodeGroup = "", pod }) => {
    const groups = own(clusters, cluster)?.nodeGroups ?? {};
    const group = own(groups, nodeGroup);
    if (group === undefined || pod === undefined) return [];
    const fit = packingOn(pod, group.machineType);
    const zones = (group.zones ?? Object.keys(network.zones)).length;
    return [
      {
        workload: name,
        nodeGroup: `${cluster}/${nodeGroup}`,
        machineType: group.machineType,
        ...fit,
        mostPods: podsHeld({ maxSize: group.maxSize, zones }, fit.podsPerNode, evenZones),
      },
    ];
  });
}

/** What is always on in the general group of each cluster, and what is free of its fewest nodes when as many are lost as may be. */
function room(environment: EnvironmentConfig) {
  return roomOfGroups(environment).map(
    ({ asked, cluster, group, machineType, minSize, pods, room: has, spareNodes }) => ({
      nodeGroup: `${cluster}/${group}`,
      machineType,
      nodes: minSize,
      spareNodes,
      standingPods: pods,
      cpu: `${asked.cpuMillis}m`,
      cpuFree: `${has.cpuMillis - asked.cpuMillis}m`,
      memory: `${asked.memoryMib}Mi`,
      memoryFree: `${has.memoryMib - asked.memoryMib}Mi`,
    }),
  );
}

/** What follows from an environment's settings without being written in them. */
function derived(environment: EnvironmentConfig) {
  const { name, network, loadWindow } = environment;
  return {
    stacks: STAGES.map((stage) => stackName(name, stage)),
    loadWindowUtc: localWindowInUtc(loadWindow.start, loadWindow.end, loadWindow.timeZone).map(formatWindow),
    subnets: planSubnets(network).map((subnet) => ({
      ...subnet,
      usableAddresses: 2 ** (32 - Number(subnet.cidr.split("/")[1])) - RESERVED_ADDRESSES,
    })),
    packing: packing(environment),
    room: room(environment),
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
