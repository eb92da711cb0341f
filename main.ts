import { writeFileSync } from "node:fs";
import { reportError } from "./config/explained-error";
import { loadConfig } from "./config/load";
import { deploymentFor } from "./stacks/deployment";
import { lockNotice, readProviderLock } from "./stacks/provider-lock";
import { buildProgram, synthesize } from "./stacks/program";

/** The cdktf CLI shows what the program writes only when it fails; where there is a terminal, it is written there. */
function sayAtOnce(line: string): void {
  try {
    writeFileSync("/dev/tty", line);
  } catch {
    process.stderr.write(line);
  }
}

try {
  const config = loadConfig();
  const deployment = deploymentFor(config.global);
  if (deployment.kind === "sandbox") {
    sayAtOnce(`Sandbox at ${deployment.emulator.endpoint}: no account is asked for anything.\n`);
  }
  const notice = deployment.providerLock && lockNotice(readProviderLock(deployment.providerLock));
  if (notice !== undefined) sayAtOnce(`${notice}\n`);
  synthesize(buildProgram(config, deployment));
} catch (error) {
  reportError(error);
}
