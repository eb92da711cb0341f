import { runningSandbox } from "../../stacks/sandbox/running-sandbox";
import { clusterVariables } from "./clusters";
import { sandboxEnvironment } from "./environment";

/**
 * In a shell of the sandbox, makes this process and all that it starts work on the sandbox only, whatever the shell has been told
 * since, and says so. Elsewhere it does nothing.
 *
 * @param env - the environment of this process, which is changed
 * @param say - tells the person where the command works
 * @throws SandboxDownError when the sandbox does not run: a command never falls through to an account
 */
export function enterSandbox(
  env: NodeJS.ProcessEnv = process.env,
  say: (line: string) => void = (line) => void process.stderr.write(line),
): void {
  const sandbox = runningSandbox(env);
  if (sandbox === undefined) return;
  const { paths, endpoint } = sandbox;
  const { set, unset } = sandboxEnvironment({
    paths,
    emulator: { port: Number(new URL(endpoint).port) },
    profile: env["AWS_PROFILE"] ?? "global",
    cliConfig: env["TF_CLI_CONFIG_FILE"] ?? paths.cliConfig(),
    clusters: clusterVariables(paths),
    env,
  });
  for (const name of unset) Reflect.deleteProperty(env, name);
  Object.assign(env, set);
  say(`Sandbox ${paths.directory}, ${endpoint}: no account is asked for anything.\n`);
}
