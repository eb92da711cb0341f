import { ConfigError, loadConfig } from "./config/load";
import { PolicyError } from "./constructs/policy/policy";
import { deploymentFor } from "./stacks/deployment";
import { buildProgram, synthesize } from "./stacks/program";

// cdktf keeps a stack trace of every token. Mapping each of them back to TypeScript would take a third of the synth.
process.setSourceMapsEnabled(false);
try {
  const config = loadConfig();
  synthesize(buildProgram(config, deploymentFor(config.global)));
} catch (error) {
  process.setSourceMapsEnabled(true);
  if (!(error instanceof ConfigError || error instanceof PolicyError)) throw error;
  // A stack trace would only hide what to do.
  console.error(error.message);
  process.exitCode = 1;
}
