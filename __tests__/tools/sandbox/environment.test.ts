import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import execa from "execa";
import {
  applied,
  personsOwn,
  rememberMirrors,
  sandboxEnvironment,
  shellLines,
  withMirrors,
  withoutSandbox,
} from "../../../tools/sandbox/environment";
import { findMirrors, mirrorCandidates } from "../../../tools/terraform/providers";
import { SandboxPaths } from "../../../stacks/sandbox/paths";

const paths = new SandboxPaths("/home/o'neil/my project/.sandbox");

function change(env: NodeJS.ProcessEnv = {}) {
  return sandboxEnvironment({ paths, emulator: { port: 5000 }, profile: "dev", cliConfig: "/x/terraform.rc", env });
}

describe("provider mirrors", () => {
  const root = mkdtempSync(path.join(tmpdir(), "mirrors-"));
  const own = new SandboxPaths(path.join(root, ".sandbox"));
  const [one, two] = [path.join(root, "one"), path.join(root, "two")];
  const platform = "linux_amd64";
  beforeAll(() => {
    mkdirSync(path.join(one, "registry.terraform.io/hashicorp/aws/6.23.0", platform), { recursive: true });
  });
  afterAll(() => rmSync(root, { recursive: true }));

  /** Mirrors that a command finds, with nothing else on the machine. */
  const found = (env: NodeJS.ProcessEnv): readonly string[] =>
    findMirrors(mirrorCandidates(env, root, root), platform).map(({ directory }) => directory);

  it("are none before one is named", () => {
    rememberMirrors({}, own);
    expect(withMirrors({ HOME: "/h" }, own)).toEqual({ HOME: "/h" });
    expect(found(withMirrors({}, own))).toEqual([]);
  });

  it("that a command was told of are found by later ones, in any shell, and are in the sandbox's environment", () => {
    rememberMirrors({ OPSDX_PROVIDER_MIRROR: `${path.relative(process.cwd(), one)}:${two}:` }, own);
    const later = withMirrors({}, own);
    expect(later).toEqual({ OPSDX_PROVIDER_MIRROR: `${one}:${two}` });
    expect(found(later)).toEqual([one]);
    expect(change(later).set).toMatchObject({ OPSDX_PROVIDER_MIRROR: `${one}:${two}` });
    expect(change({}).set).not.toHaveProperty("OPSDX_PROVIDER_MIRROR");
  });

  it("named anew win over remembered ones, and are remembered", () => {
    expect(withMirrors({ OPSDX_PROVIDER_MIRROR: two }, own)).toEqual({ OPSDX_PROVIDER_MIRROR: two });
    rememberMirrors({ OPSDX_PROVIDER_MIRROR: two }, own);
    rememberMirrors({}, own);
    expect(withMirrors({ OPSDX_PROVIDER_MIRROR: "" }, own)).toEqual({ OPSDX_PROVIDER_MIRROR: two });
  });

  it("are forgotten with the sandbox", () => expect(own.made(path.basename(own.mirrors()))).toBe(true));
});

describe("sandboxEnvironment", () => {
  it("points every tool at the emulator, its profiles and the sandbox", () => {
    expect(change().set).toMatchObject({
      OPSDX_SANDBOX: "/home/o'neil/my project/.sandbox",
      AWS_ENDPOINT_URL: "http://127.0.0.1:5000",
      AWS_CONFIG_FILE: "/home/o'neil/my project/.sandbox/aws/config",
      AWS_SHARED_CREDENTIALS_FILE: "/home/o'neil/my project/.sandbox/aws/credentials",
      AWS_PROFILE: "dev",
      TF_CLI_CONFIG_FILE: "/x/terraform.rc",
      CHECKPOINT_DISABLE: "1",
      CDKTF_DISABLE_PLUGIN_CACHE_ENV: "1",
    });
  });

  it("removes what would lead to a real account, or past the emulator", () => {
    const { unset } = change({ AWS_ENDPOINT_URL_S3: "https://s3", TF_WORKSPACE: "x", TF_CLI_ARGS_plan: "-lock=false" });
    expect(unset).toEqual(
      expect.arrayContaining([
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_ENDPOINT_URL_S3",
        "TF_WORKSPACE",
        "TF_CLI_ARGS_plan",
      ]),
    );
  });

  it("removes whatever else the SDKs and the providers read, and leaves a person's logs and downloads", () => {
    const env = {
      AWS_ENDPOINT_URL_STS: "https://sts",
      AWS_SOMETHING_NEW: "x",
      KUBE_HOST: "https://real",
      KUBE_TOKEN: "t",
      HELM_KUBEAPISERVER: "https://real",
      TF_DATA_DIR: "/x",
      TF_VAR_region: "x",
      TF_CLI_ARGS: "-x",
      TF_LOG: "debug",
      TF_PLUGIN_CACHE_DIR: "/cache",
    };
    const { unset } = change(env);
    const kept = Object.keys(env).filter((name) => !unset.includes(name));
    expect(kept).toEqual(["TF_LOG", "TF_PLUGIN_CACHE_DIR"]);
    expect(unset).not.toContain("AWS_ENDPOINT_URL");
  });

  it("leads to the sandbox's clusters, or to none: never to a real one", () => {
    const clusters = { KUBECONFIG: "/box/admin.kubeconfig", OPSDX_SANDBOX_PROVIDERS: "kubernetes" };
    const env = { KUBECONFIG: "/home/me/.kube/config", OPSDX_SANDBOX_CHARTS: "/charts" };
    const own = sandboxEnvironment({ paths, emulator: { port: 1 }, profile: "dev", cliConfig: "/x", clusters, env });
    expect(own.set).toMatchObject(clusters);
    expect(own.unset).toContain("OPSDX_SANDBOX_CHARTS");
    expect(own.unset).not.toContain("KUBECONFIG");
    expect(change(env).unset).toEqual(expect.arrayContaining(["OPSDX_SANDBOX_CHARTS", "OPSDX_SANDBOX_PROVIDERS"]));
    // Not unset: kubectl would then read the home folder's.
    expect(change(env).set["KUBECONFIG"]).toBe("/home/o'neil/my project/.sandbox/aws/no-kubeconfig");
  });

  it("never sends the emulator's calls through a proxy, and keeps the other exceptions", () => {
    expect(change({ NO_PROXY: "corp.example,localhost" }).set["NO_PROXY"]).toBe("corp.example,localhost,127.0.0.1");
  });
});

describe("applied", () => {
  it("leaves no stray credentials to child processes and keeps the rest", () => {
    const env = { AWS_ACCESS_KEY_ID: "AKIA", HOME: "/home/me" };
    const result = applied(change(env), env);
    expect(result).toMatchObject({ HOME: "/home/me", TF_IN_AUTOMATION: "1", TF_INPUT: "0" });
    expect(result).not.toHaveProperty("AWS_ACCESS_KEY_ID");
  });
});

describe("personsOwn", () => {
  it("takes the sandbox's own file for nobody's, and any other for the person's", () => {
    const own = personsOwn({ HOME: "/home/me", TF_CLI_CONFIG_FILE: paths.cliConfig() }, paths);
    expect(own).toEqual({ HOME: "/home/me", TF_CLI_CONFIG_FILE: undefined });
    const env = { TF_CLI_CONFIG_FILE: "/home/me/terraform.rc" };
    expect(personsOwn(env, paths)).toBe(env);
  });
});

it("leads back: a shell that was set up holds nothing of the sandbox afterwards, and keeps its proxies' exceptions", async () => {
  const script = `${shellLines(change({ NO_PROXY: "corp" }))}${shellLines(withoutSandbox())}env`;
  const { stdout } = await execa("sh", ["-c", script], { env: { PATH: process.env["PATH"] }, extendEnv: false });
  expect(stdout).toContain("NO_PROXY=corp,127.0.0.1,localhost");
  expect(stdout).not.toMatch(/^(OPSDX|AWS|TF|CDKTF|CHECKPOINT|KUBE)/m);
});

describe("shellLines", () => {
  it("survives a shell's eval, quotes and spaces included", async () => {
    const script = `${shellLines(change())}printf '%s|%s|%s' "$OPSDX_SANDBOX" "$AWS_PROFILE" "\${AWS_ACCESS_KEY_ID-none}"`;
    const { stdout } = await execa("sh", ["-c", 'eval "$1"', "sh", script], {
      env: { PATH: process.env["PATH"], AWS_ACCESS_KEY_ID: "AKIA" },
      extendEnv: false,
    });
    expect(stdout).toBe("/home/o'neil/my project/.sandbox|dev|none");
  });

  it("holds nothing but unset and export lines", () => {
    const lines = shellLines(change()).trimEnd().split("\n");
    expect(lines.filter((line) => !/^(unset( \w+)+|export \w+='.*')$/.test(line))).toEqual([]);
  });
});
