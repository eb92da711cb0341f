import { Command } from "commander";
import { RefusedError } from "../../config/explained-error";
import { loadConfig, type Config } from "../../config/load";
import { deploymentFor } from "../../stacks/deployment";
import { modelsOf } from "../../stacks/models";
import { buildProgram } from "../../stacks/program";
import {
  addressChanges,
  addressFaults,
  movedAddresses,
  PIN_COMMAND,
  PINNED_ADDRESSES,
  PINNED_FILE,
  statefulAddresses,
  type Addresses,
} from "../../stacks/stateful-addresses";
import { GROUPS } from "../command-groups";
import { writeOrCheck } from "../generated-file";

/** Settings of {@link pinCommand}. */
export interface PinCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Folder that the pinned file stands in. @default - the project's */
  readonly root?: string;
  /** Addresses that are pinned. @default - those of stacks/stateful-addresses.json */
  readonly pinned?: Addresses;
}

/** `opsdx pin`: pins what is new and what has moved by itself; what is gone only when it is named. */
export function pinCommand({ load = loadConfig, root, pinned = PINNED_ADDRESSES }: PinCommandProps = {}): Command {
  return new Command("pin")
    .helpGroup(GROUPS.build)
    .description(
      `write ${PINNED_FILE}, the addresses of what holds data, keys or names; one that is gone only if named`,
    )
    .option("--gone <stack:address...>", "addresses that are gone on purpose")
    .action(({ gone: named = [] }: { readonly gone?: readonly string[] }) => {
      const config = load();
      // What counts is the cloud, wherever the command runs.
      const { stacks } = buildProgram(config, deploymentFor(config.global, {}));
      const models = modelsOf(stacks).map(([, model]) => model);
      const actual = statefulAddresses(models);
      const { gone } = addressChanges(actual, movedAddresses(models), pinned);
      const faults = [
        ...addressFaults({ gone: gone.filter((place) => !named.includes(place)), added: [] }),
        ...named
          .filter((place) => !gone.includes(place))
          .map((place) => `--gone must name what is pinned and no longer there, got "${place}"`),
      ];
      if (faults.length > 0) throw new RefusedError(`${faults.join("\n")}\nNothing was written.`);
      const text = `${JSON.stringify(actual, undefined, 2)}\n`;
      writeOrCheck({ file: PINNED_FILE, text, command: PIN_COMMAND, check: false, root });
    });
}
