import { ConfigError, loadConfig } from "./config/load";
import { PolicyError } from "./constructs/policy/policy";
import { deploymentFor } from "./stacks/deployment";
import { buildProgram, synthesize } from "./stacks/program";

try {
  const config = loadConfig();
  synthesize(buildProgram(config, deploymentFor(config.global)));
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof PolicyError)) throw error;
  // A stack trace would only hide what to do.
  console.error(error.message);
  process.exitCode = 1;
}
