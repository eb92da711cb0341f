import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import execa from "execa";
import { loadConfig } from "../../config/load";
import { App } from "../../constructs/shared/cdktf";
import { BaseStack } from "../../stacks/base-stack";
import { deploymentFor } from "../../stacks/deployment";
import { LOCK_FILE } from "../../stacks/deployment";
import { stopEmulator } from "../../tools/sandbox/emulator";
import { applied, sandboxEnvironment } from "../../tools/sandbox/environment";
import { Sandbox } from "../../tools/sandbox/sandbox";
import { findMirrors, mirrorCandidates, terraformPlatform } from "../../tools/terraform/providers";
import { leadingTo, startOutside, type Outside } from "./outside";

/** A2 of docs/faults.md: whatever a person's environment holds, the sandbox asks nobody but its emulator. */

const MINUTE = 60_000;
const ROOT = path.resolve(__dirname, "../..");
const { global } = loadConfig();

const folder = mkdtempSync(path.join(os.tmpdir(), "isolation-"));
const home = path.join(folder, "home");
const quiet = Object.assign(new PassThrough().resume(), { isTTY: false }) as unknown as NodeJS.WriteStream;
/** What this machine needs to find programs and providers, and nothing of the person who runs the tests. */
const bare: NodeJS.ProcessEnv = {
  PATH: process.env["PATH"],
  HOME: path.join(folder, "empty-home"),
  OPSDX_PROVIDER_MIRROR: process.env["OPSDX_PROVIDER_MIRROR"],
};
const sandbox = new Sandbox({ directory: path.join(folder, "sandbox"), env: bare, stream: quiet });
const stack = path.join(folder, "out/stacks/isolated");
let outside: Outside;
let port = 0;

beforeAll(async () => {
  outside = await startOutside();
  const { set } = await sandbox.environment();
  port = Number(new URL(set["AWS_ENDPOINT_URL"] ?? "").port);
  const app = new App({ outdir: path.join(folder, "out") });
  const isolated = new BaseStack(app, "isolated", {
    owner: "global",
    account: global.account,
    deployment: deploymentFor(global, { OPSDX_SANDBOX: set["OPSDX_SANDBOX"] }),
  });
  new S3Bucket(isolated, "Bucket", { bucket: "isolated" });
  app.synth();
  await execa("terraform", ["init", "-input=false"], { cwd: stack, env: inSandbox({}), extendEnv: false });
  const [mirror] = findMirrors(mirrorCandidates(bare));
  const from = mirror === undefined ? "" : ` --fs-mirror ${mirror.directory}`;
  const locked = await run(
    `opsdx providers lock hashicorp/aws --platform ${terraformPlatform()} --out ${LOCK}${from}`,
    bare,
  );
  expect(locked).toMatchObject({ exitCode: 0 });
  writeHome();
}, 5 * MINUTE);

afterAll(async () => {
  outside.close();
  await sandbox.reset();
  rmSync(folder, { recursive: true, force: true });
});

/** A person's home folder in which everything leads outside. */
function writeHome(): void {
  const files = {
    ".aws/config": awsConfig(),
    ".aws/credentials": "[default]\naws_access_key_id = AKIAREAL\naws_secret_access_key = real\n",
    ".terraformrc": `provider_installation {\n  network_mirror {\n    url = "https://127.0.0.1:${new URL(outside.url).port}/"\n  }\n}\n`,
    ".kube/config": kubeconfig(),
    "ca.pem": "not a certificate",
    token: "token",
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
    writeFileSync(path.join(home, name), text);
  }
}

function awsConfig(): string {
  const services = ["sts", "s3", "iam", "secrets_manager", "scheduler", "lambda"];
  return [
    ...["default", "profile ada", "profile global", "profile dev"].flatMap((profile) => [
      `[${profile}]`,
      `endpoint_url = ${outside.url}`,
      "services = all",
      "region = eu-west-1",
    ]),
    "[services all]",
    ...services.flatMap((service) => [`${service} =`, `  endpoint_url = ${outside.url}`]),
    "",
  ].join("\n");
}

function kubeconfig(): string {
  const names = ["k8s.dev.opsdx.io", "k8s-ml.dev.opsdx.io", "k8s-ml-tf.dev.opsdx.io"];
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": names[0],
    clusters: names.map((name) => ({ name, cluster: { server: outside.url } })),
    users: [{ name: "ada", user: { token: "t" } }],
    contexts: names.map((name) => ({ name, context: { cluster: name, user: "ada" } })),
  });
}

/** The sandbox's environment in a shell that held this before. */
function inSandbox(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { paths } = sandbox;
  const before = { ...bare, ...env };
  const change = sandboxEnvironment({
    paths,
    emulator: { port },
    profile: "dev",
    cliConfig: paths.cliConfig(),
    env: before,
  });
  return applied(change, before);
}

type Command = "terraform plan" | "opsdx secrets check dev" | "opsdx etl status dev";

const AWS: readonly Command[] = ["terraform plan", "opsdx secrets check dev"];
const TERRAFORM: readonly Command[] = ["terraform plan"];
const CLUSTERS: readonly Command[] = ["terraform plan", "opsdx etl status dev"];
const ALL: readonly Command[] = ["terraform plan", "opsdx secrets check dev", "opsdx etl status dev"];

const SERVICES = ["STS", "S3", "IAM", "SECRETS_MANAGER", "SCHEDULER", "LAMBDA", "SQS", "CLOUDWATCH_LOGS"];

/** What a person's environment may hold, together where none hides another; the outside's address and the home folder are known later. */
const MATRIX: Readonly<
  Record<
    string,
    { readonly env: (url: string) => Readonly<Record<string, string>>; readonly asked: readonly Command[] }
  >
> = {
  "AWS endpoints": {
    env: (url) => ({
      AWS_ENDPOINT_URL: url,
      ...Object.fromEntries(SERVICES.map((service) => [`AWS_ENDPOINT_URL_${service}`, url])),
    }),
    asked: AWS,
  },
  "AWS configuration, profiles and regions": {
    env: () => ({
      AWS_CONFIG_FILE: `${home}/.aws/config`,
      AWS_SHARED_CREDENTIALS_FILE: `${home}/.aws/credentials`,
      AWS_SDK_LOAD_CONFIG: "1",
      AWS_PROFILE: "ada",
      AWS_DEFAULT_PROFILE: "ada",
      AWS_REGION: "eu-west-1",
      AWS_DEFAULT_REGION: "eu-west-1",
      AWS_USE_FIPS_ENDPOINT: "true",
      AWS_USE_DUALSTACK_ENDPOINT: "true",
    }),
    asked: AWS,
  },
  "static keys, an authority, proxies": {
    env: (url) => ({
      AWS_ACCESS_KEY_ID: "AKIAREAL",
      AWS_SECRET_ACCESS_KEY: "real",
      AWS_SESSION_TOKEN: "real",
      AWS_CA_BUNDLE: `${home}/ca.pem`,
      SSL_CERT_FILE: `${home}/ca.pem`,
      NODE_EXTRA_CA_CERTS: `${home}/ca.pem`,
      ...Object.fromEntries(
        ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].flatMap((name) => [
          [name, url],
          [name.toLowerCase(), url],
        ]),
      ),
    }),
    asked: AWS,
  },
  "web identity": {
    env: () => ({ AWS_ROLE_ARN: "arn:aws:iam::999988887777:role/ci", AWS_WEB_IDENTITY_TOKEN_FILE: `${home}/token` }),
    asked: AWS,
  },
  "container and instance credentials": {
    env: (url) => ({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/keys`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: "t",
      AWS_EC2_METADATA_SERVICE_ENDPOINT: url,
      AWS_EC2_METADATA_DISABLED: "false",
    }),
    asked: AWS,
  },
  "proxies without exception": {
    env: (url) => ({
      http_proxy: url,
      HTTP_PROXY: url,
      https_proxy: url,
      NO_PROXY: "",
      no_proxy: "",
      NODE_USE_ENV_PROXY: "1",
    }),
    asked: AWS,
  },
  HOME: { env: () => ({ HOME: home }), asked: ALL },
  "arguments of Terraform": {
    env: () => ({
      TF_CLI_ARGS: "-destroy",
      TF_CLI_ARGS_plan: `-var-file=${home}/absent.tfvars`,
      TF_CLI_ARGS_init: "-upgrade",
    }),
    asked: TERRAFORM,
  },
  "folders and configuration of Terraform": {
    env: () => ({
      TF_DATA_DIR: `${home}/data`,
      TF_WORKSPACE: "prod",
      TF_CLI_CONFIG_FILE: `${home}/.terraformrc`,
      TF_PLUGIN_CACHE_DIR: `${home}/.aws`,
      TF_LOG_PATH: `${folder}/terraform.log`,
      TF_LOG: "error",
    }),
    asked: TERRAFORM,
  },
  "Terraform's other variables": {
    env: (url) => ({
      TF_VAR_endpoint: url,
      TF_VAR_member_role: "real",
      TF_TOKEN_app_terraform_io: "t",
      TF_CLOUD_HOSTNAME: new URL(url).host,
      TF_REATTACH_PROVIDERS: "",
      TF_FORK: "0",
    }),
    asked: TERRAFORM,
  },
  KUBECONFIG: {
    env: (url) => ({
      KUBECONFIG: `${home}/.kube/config`,
      KUBE_CONFIG_PATH: `${home}/.kube/config`,
      KUBE_HOST: url,
      KUBE_TOKEN: "t",
      HELM_KUBEAPISERVER: url,
      HELM_KUBETOKEN: "t",
      KUBERNETES_MASTER: url,
    }),
    asked: CLUSTERS,
  },
};

/** The provider's checksums, which a synth lays beside the stack: without them the cdktf CLI asks the registry, by design. */
const LOCK = path.join(folder, "lock.hcl");
const DIFF = `cdktf diff global --output ${folder}/diff`;

/** How a command ended. */
interface End {
  readonly command: string;
  readonly exitCode: number;
  readonly text: string;
}

async function run(command: string, env: NodeJS.ProcessEnv): Promise<End> {
  const [program = "", ...words] = command.split(" ");
  const [file, args, cwd] =
    program === "opsdx"
      ? [process.execPath, [path.join(ROOT, "tools/bin/opsdx.mjs"), ...words], ROOT]
      : program === "cdktf"
        ? [process.execPath, [path.join(ROOT, "node_modules/.bin/cdktf"), ...words], ROOT]
        : [program, [...words, "-input=false", "-no-color", "-lock=false"], stack];
  const { exitCode, all = "" } = await execa(file, args, {
    cwd,
    env,
    extendEnv: false,
    reject: false,
    all: true,
    input: "",
  });
  return { command, exitCode, text: stripVTControlCharacters(all) };
}

/** The sandbox's environment, a row set again after it, and whatever leaves this machine caught. */
function after(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...inSandbox(env), ...leadingTo(outside, folder), ...env };
}

/** What the emulator's answer looks like. */
const ANSWERED: Readonly<Record<Command, RegExp>> = {
  "terraform plan": /Plan: 1 to add, 0 to change, 0 to destroy\./,
  "opsdx secrets check dev": /(\d+) of \1 are not as they should be\. A value goes into a file first/,
  "opsdx etl status dev": /is not there\. Deploy it: npx opsdx sandbox up dev-stage3/,
};

/** What is wrong with how a command ended that had the emulator to ask. */
function wrongWith({ command, text }: End): readonly string[] {
  const expected = ANSWERED[command as Command];
  const said = command === "terraform plan" || text.includes(`Sandbox ${sandbox.paths.directory}`);
  return said && expected.test(text) ? [] : [`${command}: ${text}`];
}

/** All rows at once. */
const everything = (): Readonly<Record<string, string>> =>
  Object.assign({}, ...Object.values(MATRIX).map(({ env }) => env(outside.url))) as Record<string, string>;

describe("in a shell of the sandbox, nobody but its emulator is asked, where the shell holds", () => {
  test.each(Object.entries(MATRIX))(
    "%s",
    async (_, { env, asked }) => {
      const row = env(outside.url);
      outside.heard.length = 0;
      const ends = await Promise.all(asked.map((command) => run(command, after(row))));
      expect(outside.heard).toEqual([]);
      // Terraform by itself takes what was set last, a folder or a word that it does not know: then it fails, and asks nobody.
      const opsdx = ends.filter(({ command }) => command !== "terraform plan");
      expect(opsdx.flatMap(wrongWith)).toEqual([]);
      if (asked !== TERRAFORM) return;
      const before = await run("terraform plan", { ...inSandbox(row), ...leadingTo(outside, folder) });
      expect(wrongWith(before)).toEqual([]);
      expect(outside.heard).toEqual([]);
    },
    5 * MINUTE,
  );

  test(
    "all of it at once",
    async () => {
      outside.heard.length = 0;
      const ends = await Promise.all([
        run("terraform plan", { ...inSandbox(everything()), ...leadingTo(outside, folder) }),
        ...ALL.filter((command) => command !== "terraform plan").map((command) => run(command, after(everything()))),
      ]);
      expect(ends.flatMap(wrongWith)).toEqual([]);
      const shell = { ...inSandbox(everything()), ...leadingTo(outside, folder) };
      const diff = await run(DIFF, { ...shell, OPSDX_PROVIDER_LOCK: LOCK });
      expect(diff.text).toMatch(/Plan: \d+ to add, 0 to change, 0 to destroy\./);
      const laid = readFileSync(`${folder}/diff/stacks/global/${LOCK_FILE}`, "utf8");
      expect(laid).toContain(/h1:.*/.exec(readFileSync(LOCK, "utf8"))?.[0]);
      expect(outside.heard).toEqual([]);
    },
    5 * MINUTE,
  );

  test(
    "without a lock file, the cdktf CLI that is told to skip it plans, and asks nobody",
    async () => {
      outside.heard.length = 0;
      const shell = { ...inSandbox(everything()), ...leadingTo(outside, folder) };
      const small = `${process.execPath} --require ./tools/run/typescript.cjs __tests__/faults/small-program.ts`;
      const words = ["diff", "global", "--skip-provider-lock", "--output", `${folder}/unlocked`, "--app", small];
      const diff = await execa(process.execPath, [path.join(ROOT, "node_modules/.bin/cdktf"), ...words], {
        cwd: ROOT,
        env: shell,
        extendEnv: false,
        input: "",
      });
      expect(stripVTControlCharacters(diff.stdout)).toContain("Plan: 12 to add, 0 to change, 0 to destroy.");
      expect(outside.heard).toEqual([]);
    },
    5 * MINUTE,
  );

  test(
    "all of it at once, and the emulator is stopped: each says so, and asks nobody",
    async () => {
      await stopEmulator(sandbox.paths);
      outside.heard.length = 0;
      const ends = await Promise.all(
        ["opsdx secrets check dev", "opsdx etl status dev", DIFF].map((command) => run(command, after(everything()))),
      );
      for (const { command, exitCode, text } of ends) {
        expect(`${command}: ${text}`).toContain("no sandbox runs there");
        expect(exitCode).toBeGreaterThan(0);
      }
      const plan = await run("terraform plan", after(everything()));
      expect(plan.exitCode).toBe(1);
      expect(outside.heard).toEqual([]);
    },
    5 * MINUTE,
  );
});
