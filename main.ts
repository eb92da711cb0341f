import { reportError } from "./config/explained-error";
import { loadConfig } from "./config/load";
import { deploymentFor } from "./stacks/deployment";
import { buildProgram, synthesize } from "./stacks/program";

try {
  const config = loadConfig();
  synthesize(buildProgram(config, deploymentFor(config.global)));
} catch (error) {
  reportError(error);
}
