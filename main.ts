import { ConfigError, loadConfig } from "./config/load";
import { PolicyError } from "./constructs/shared/policy/policy";
import { deploymentFor } from "./stacks/deployment";
import { buildProgram, synthesize } from "./stacks/program";
import { StalePayloadError } from "./stacks/stage2-stack";

try {
  const config = loadConfig();
  synthesize(buildProgram(config, deploymentFor(config.global)));
} catch (error) {
  const explained = [ConfigError, PolicyError, StalePayloadError].some((known) => error instanceof known);
  if (!explained || !(error instanceof Error)) throw error;
  // A stack trace would only hide what to do.
  console.error(error.message);
  process.exitCode = 1;
}
