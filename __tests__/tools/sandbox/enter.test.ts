import { mkdirSync, writeFileSync } from "node:fs";
import { enterSandbox } from "../../../tools/sandbox/enter";
import type { SandboxPaths } from "../../../stacks/sandbox/paths";
import { freshPaths, temporaryFolder } from "./support";

const folder = temporaryFolder();

function running(): SandboxPaths {
  const paths = freshPaths(folder);
  mkdirSync(paths.at("aws"), { recursive: true });
  writeFileSync(paths.awsCredentials(), "");
  writeFileSync(paths.emulator(), JSON.stringify({ pid: process.pid, port: 5000 }));
  return paths;
}

describe("enterSandbox", () => {
  it("makes the process work on the sandbox only, whatever the shell has been told since, and says so", () => {
    const paths = running();
    const env: NodeJS.ProcessEnv = {
      HOME: "/home/me",
      OPSDX_SANDBOX: paths.directory,
      AWS_ENDPOINT_URL: "https://real",
      AWS_ENDPOINT_URL_STS: "https://real",
      AWS_ACCESS_KEY_ID: "AKIA",
      AWS_CONFIG_FILE: "/home/me/.aws/config",
      KUBECONFIG: "/home/me/.kube/config",
    };
    const said: string[] = [];
    enterSandbox(env, (line) => said.push(line));
    expect(said).toEqual([`Sandbox ${paths.directory}, http://127.0.0.1:5000: no account is asked for anything.\n`]);
    expect(env).toMatchObject({
      HOME: "/home/me",
      AWS_ENDPOINT_URL: "http://127.0.0.1:5000",
      AWS_CONFIG_FILE: paths.awsConfig(),
      AWS_SHARED_CREDENTIALS_FILE: paths.awsCredentials(),
      KUBECONFIG: paths.noClusters(),
    });
    expect(Object.keys(env).filter((name) => /_STS$|ACCESS_KEY/.test(name))).toEqual([]);
  });

  it("does nothing outside a shell of the sandbox", () => {
    const env = { AWS_PROFILE: "ada" };
    const said: string[] = [];
    enterSandbox(env, (line) => said.push(line));
    expect(env).toEqual({ AWS_PROFILE: "ada" });
    expect(said).toEqual([]);
  });

  it("stops when the sandbox is down", () => {
    const env = { OPSDX_SANDBOX: "/absent/box" };
    expect(() => enterSandbox(env, () => undefined)).toThrow('Leave it, for real accounts: eval "$(');
    expect(env).toEqual({ OPSDX_SANDBOX: "/absent/box" });
  });
});
