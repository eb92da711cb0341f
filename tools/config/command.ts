import { Command } from "commander";
import pc from "picocolors";
import { EXIT_CODES } from "../../config/explained-error";
import { ConfigError, loadConfig, type Config } from "../../config/load";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram } from "../../stacks/program";
import { unknownArgument } from "../command-error";
import { GROUPS } from "../command-groups";
import { describe } from "./describe";
import { renderProblems } from "./problems";

/** Reads and checks the configuration. */
export type Load = () => Config;

const names = ({ environments }: Config): string[] => ["global", ...environments.map(({ name }) => name)];

/** `opsdx config`: looks at the configuration without touching anything. */
export function configCommand(load: Load = loadConfig): Command {
  const config = new Command("config").description("check the configuration, or show it with its defaults resolved");
  config
    .command("check")
    .helpGroup(GROUPS.look)
    .description("list everything that is wrong in the configuration; exit code 1 if anything is")
    .option("--json", "print JSON")
    .action((options: { json?: true }) => {
      const loaded = tryLoad(() => withThresholds(load()), options.json === true, EXIT_CODES.failed);
      if (loaded === undefined) return;
      const valid = names(loaded);
      console.log(
        options.json === true
          ? JSON.stringify({ valid: true, names: valid })
          : pc.green(`configuration is valid: ${valid.join(", ")}`),
      );
    });
  config
    .command("show")
    .helpGroup(GROUPS.look)
    .description("print a configuration with defaults resolved, and what follows from it")
    .argument("<name>", "global or an environment")
    .option("--json", "print JSON")
    .action((name: string, options: { json?: true }) => {
      const loaded = tryLoad(load, options.json === true, EXIT_CODES.refused);
      if (loaded === undefined) return;
      const known = names(loaded);
      if (!known.includes(name)) throw unknownArgument("name", name, known);
      console.log(describe(loaded, name, options.json === true));
    });
  return config;
}

/** The configuration with its thresholds checked, which needs the program's alarms: it is built only where there are any. */
function withThresholds(config: Config): Config {
  const chosen = [config.global, ...config.environments].some(
    ({ alarms }) => Object.keys(alarms.thresholds).length > 0,
  );
  if (chosen) buildProgram(config, deploymentFor(config.global, {}));
  return config;
}

/** The configuration; a broken one is printed problem by problem and sets the exit code. */
function tryLoad(load: Load, json: boolean, exitCode: number): Config | undefined {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { problems } = error;
    console.log(json ? JSON.stringify({ valid: false, problems }, undefined, 2) : renderProblems(problems));
    process.exitCode = exitCode;
    return undefined;
  }
}
