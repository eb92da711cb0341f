import { MACHINE_TYPES } from "../machine-types";
import { nodesThatFit, roomOfGroups, type RoomyEnvironment } from "../room";
import type { Fault } from "./rule";

/** The first type of the list that is busy for ever and has no less of anything. */
function steadyType(name: string): string | undefined {
  const { memoryMib = 0, vcpus = 0 } = MACHINE_TYPES[name] ?? {};
  const found = Object.entries(MACHINE_TYPES).find(
    ([, type]) => type.baselinePercent === undefined && type.vcpus >= vcpus && type.memoryMib >= memoryMib,
  );
  return found?.[0];
}

/** Everything that is always on has its place on the general group of its cluster, also with the nodes lost that may be. */
export function* roomFaults(environment: RoomyEnvironment): Generator<Fault> {
  for (const { kinds, ...each } of roomOfGroups(environment)) {
    const { asked, cluster, group, machineType, minSize, overBaselineMillis, pods, spareNodes, unplaced } = each;
    const path = ["clusters", cluster, "nodeGroups", group];
    const what = `the ${pods} pods that are always on (${asked.cpuMillis}m, ${asked.memoryMib}Mi)`;
    const nearest = unplaced.length > 0 ? nodesThatFit(each, kinds) : undefined;
    if (nearest !== undefined) {
      yield {
        path: [...path, "minSize"],
        rule: `must be at least ${nearest}, so that ${what} find their places${spareNodes === 0 ? "" : ` with ${spareNodes} lost`}: ${unplaced.join(", ")} would wait`,
        received: minSize,
        nearest,
      };
    } else if (unplaced.length > 0) {
      yield {
        path: [...path, "machineType"],
        rule: `must be a larger type: ${unplaced.join(", ")} fit none of its nodes, however many there are`,
        received: machineType,
      };
    }
    if (overBaselineMillis > 0) {
      yield {
        path: [...path, "machineType"],
        rule: `must be a type that is busy for ever, or the group larger: ${what} and what stands on every node ask for ${overBaselineMillis}m more than the baseline of ${minSize} × ${machineType}, and what is beyond is paid by credits`,
        received: machineType,
        nearest: steadyType(machineType),
      };
    }
  }
}
