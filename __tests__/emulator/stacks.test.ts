import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import execa from "execa";
import { loadConfig } from "../../config/load";
import { CHECKOV, runCheckov } from "../../tools/check/checkov";
import { CHECKOV_ACCEPTED } from "../../tools/check/checkov-accepted";
import { installed } from "../../tools/installation";
import { findPlans, judge } from "../../tools/check/plans";
import { Children } from "../../tools/terraform/children";
import { emulatorStatus } from "../../tools/sandbox/emulator";
import { failureText } from "../../tools/sandbox/report";
import { Sandbox, type SandboxRun } from "../../tools/sandbox/sandbox";
import { applied } from "../../tools/sandbox/environment";
import { resourcesIn } from "../../tools/sandbox/state";
import { leadingTo, startOutside } from "../faults/outside";
import { outdated, recorded, writeRecord } from "../iam/recorded";
import { override } from "./change";
import { recordedOperations } from "./support";

interface StateFile {
  readonly resources: readonly {
    readonly type: string;
    readonly instances: { readonly attributes: { arn: string } }[];
  }[];
}

const STACKS = ["global", "dev-stage1", "dev-stage2", "dev-stage3", "prod-stage1", "prod-stage2", "prod-stage3"];
const MINUTE = 60_000;
const CDKTF = path.resolve(__dirname, "../../node_modules/.bin/cdktf");

/** A sandbox of its own: never the one that a person works with. */
const folder = mkdtempSync(path.join(os.tmpdir(), "opsdx-emulator-"));
const quiet = Object.assign(new PassThrough().resume(), { isTTY: false }) as unknown as NodeJS.WriteStream;
const plans = path.join(folder, "plans");
const sandbox = new Sandbox({ directory: path.join(folder, "sandbox"), stream: quiet });

afterAll(async () => {
  await sandbox.reset();
  rmSync(folder, { recursive: true, force: true });
}, 5 * MINUTE);

/** The keys of an account's profile. */
function keysOf(profile: string) {
  const [, section = ""] = readFileSync(sandbox.paths.awsCredentials(), "utf8").split(`[${profile}]`);
  const value = (name: string): string => new RegExp(`^aws_${name} = (.*)$`, "m").exec(section)?.[1] ?? "";
  return {
    accessKeyId: value("access_key_id"),
    secretAccessKey: value("secret_access_key"),
    sessionToken: value("session_token"),
  };
}

/** What a client of the AWS SDK is told of an account. */
async function clientOf(profile: string) {
  const { set } = await sandbox.environment();
  return { region: "us-east-1", endpoint: set["AWS_ENDPOINT_URL"], credentials: keysOf(profile) };
}

function outcomes(run: SandboxRun): Record<string, string> {
  return Object.fromEntries(run.results.map(({ stack, outcome }) => [stack, outcome]));
}

/** Lets Terraform change the first resource of each type of a stack in place. */
async function changeInPlace(stack: string) {
  const cwd = path.join(sandbox.paths.outdir(), "stacks", stack);
  const file = path.join(cwd, "change_override.tf.json");
  const program = readFileSync(path.join(cwd, "cdk.tf.json"), "utf8");
  writeFileSync(file, override(JSON.parse(program) as Parameters<typeof override>[0]));
  const words = ["apply", "-refresh=false", "-auto-approve", "-input=false", "-no-color", "-parallelism=50"];
  const { exitCode, stdout, stderr } = await execa("terraform", words, {
    cwd,
    env: { ...applied(await sandbox.environment(), process.env), TF_APPEND_USER_AGENT: `opsdx-${stack}/change` },
    extendEnv: false,
    reject: false,
  });
  rmSync(file);
  return { stack, exitCode, stdout, stderr };
}

/** What a person types, in a shell that the sandbox set up. */
async function cdktf(words: string, env: NodeJS.ProcessEnv) {
  const { exitCode, all = "" } = await execa(CDKTF, [...words.split(" "), "--skip-provider-lock"], {
    env: { ...applied(await sandbox.environment(), process.env), ...env },
    extendEnv: false,
    reject: false,
    all: true,
    input: "",
  });
  return { exitCode, text: stripVTControlCharacters(all) };
}

describe("the stacks on the emulator", () => {
  let run: SandboxRun;

  it(
    "apply in dependency order",
    async () => {
      run = await sandbox.up(["dev-stage3", "prod-stage3"], { plans });
      expect(failureText(run.results)).toBe("");
      expect(outcomes(run)).toEqual(Object.fromEntries(STACKS.map((stack) => [stack, "applied"])));
    },
    40 * MINUTE,
  );

  it("hold resources, each as many as its state says", () => {
    for (const { stack, resources } of run.results) {
      expect(resources).toBeGreaterThan(100);
      expect(resourcesIn(sandbox.paths.stateOf(stack))).toBe(resources);
    }
  });

  it("leave nothing to a second plan", () => {
    const changes = run.results.flatMap(({ stack, secondPlan }) =>
      (secondPlan ?? [{ address: "not planned", action: "" }]).map(({ address }) => `${stack}: ${address}`),
    );
    expect(changes).toEqual([]);
  });

  it(
    "are what the cdktf CLI finds: `diff` sees no change, `deploy` makes none, and nobody but the emulator is asked",
    async () => {
      const outside = await startOutside();
      const env = leadingTo(outside, folder);
      // Each writes the program into a folder of its own: side by side, they take as long as one.
      const [diff, deploy] = await Promise.all([
        cdktf(`diff dev-stage3 --output ${folder}/diff`, env),
        cdktf(`deploy prod-stage1 --ignore-missing-stack-dependencies --auto-approve --output ${folder}/deploy`, env),
      ]);
      outside.close();
      expect(outside.heard).toEqual([]);
      expect(diff.text).toMatch(/dev-stage3 +No changes\. Your infrastructure matches the configuration\./);
      expect(diff.exitCode).toBe(0);
      expect(deploy.text).toMatch(/prod-stage1 +No changes\. Your infrastructure matches the configuration\./);
      expect(deploy.text).toContain("Apply complete! Resources: 0 added, 0 changed, 0 destroyed.");
      expect(deploy.text).toContain('"zoneName": "prod.opsdx.io"');
      expect(deploy.exitCode).toBe(0);
    },
    20 * MINUTE,
  );

  it(
    "are the only ones that the cdktf CLI knows; it deploys one without those before it only when told so",
    async () => {
      const synthesized = `--skip-synth --output ${sandbox.paths.outdir()}`;
      const [unknown, unnamed, alone] = await Promise.all([
        cdktf(`diff dev-stage9 ${synthesized}`, {}),
        cdktf(`diff ${synthesized}`, {}),
        cdktf(`deploy prod-stage1 --auto-approve ${synthesized}`, {}),
      ]);
      expect(unknown.text).toContain("Usage Error: Could not find stack: dev-stage9");
      const known = /with one of these stacks: (.*)/.exec(unnamed.text)?.[1] ?? "";
      expect(known.trim().split(", ").sort()).toEqual([...STACKS].sort());
      expect(alone.text).toContain("The following dependencies are not included in the stacks to run: global.");
      expect([unknown, unnamed, alone].map(({ exitCode }) => exitCode)).toEqual([1, 1, 1]);
    },
    5 * MINUTE,
  );

  it(
    "fail no check of checkov that is not accepted with a reason, and no acceptance is left over",
    async () => {
      const config = loadConfig();
      const deployment = findPlans(plans, config);
      expect(deployment.kind).toBe("sandbox");
      const program = await installed(CHECKOV, { env: process.env, children: new Children(), say: () => undefined });
      const judged = judge(config, deployment, await runCheckov(program, plans, process.env));
      expect(new Set(judged.map(({ stack }) => stack))).toEqual(new Set(STACKS));
      const open = judged.filter(({ accepted }) => accepted === undefined);
      expect(open.map(({ stack, address, check, name }) => `${stack}: ${address}: ${check} (${name})`)).toEqual([]);
      const met = new Set(judged.map(({ check }) => check));
      expect(Object.keys(CHECKOV_ACCEPTED).filter((check) => !met.has(check))).toEqual([]);
    },
    20 * MINUTE,
  );

  it("name a reason for whatever is left out", () => {
    const silent = Object.values(run.leftOut)
      .flat()
      .filter(({ reason }) => reason === "");
    expect(silent).toEqual([]);
  });

  it.each([
    ["global", "111122223333"],
    ["dev-stage1", "444455556666"],
    ["prod-stage1", "777788889999"],
  ])("put %s into its own account", (stack, account) => {
    const { resources } = JSON.parse(readFileSync(sandbox.paths.stateOf(stack), "utf8")) as StateFile;
    const arns = resources
      .filter(({ type }) => type === "aws_kms_key")
      .flatMap(({ instances }) => instances.map(({ attributes }) => attributes.arn));
    expect(arns.length).toBeGreaterThan(1);
    expect(arns.filter((arn) => !arn.includes(`:${account}:key/`))).toEqual([]);
  });

  it("leave what runs on clusters to a sandbox that has some, and say so", () => {
    const types = new Set(run.leftOut["dev-stage3"]?.map(({ address }) => address.split(".")[0]));
    expect([...types]).toEqual(expect.arrayContaining(["kubernetes_cron_job_v1", "kubernetes_deployment_v1"]));
  });

  it("hold functions that run: the launcher says what it lacks, in its answer and in its log", async () => {
    const settings = await clientOf("dev");
    const answer = await new LambdaClient(settings).send(
      new InvokeCommand({
        FunctionName: "opsdx-dev-etl-lambda",
        Qualifier: "live",
        Payload: Buffer.from(JSON.stringify({ etl: "epic2op", scheduledTime: "2026-03-08T14:15:00Z" })),
      }),
    );
    expect(answer.FunctionError).toBeDefined();
    // There is no boot payload, and so no authority that could be trusted.
    expect(JSON.parse(Buffer.from(answer.Payload ?? []).toString())).toMatchObject({ errorType: "Misconfigured" });
    const { events } = await new CloudWatchLogsClient(settings).send(
      new FilterLogEventsCommand({ logGroupName: "/aws/lambda/opsdx-dev-etl-lambda" }),
    );
    expect(JSON.parse(events?.[0]?.message ?? "{}")).toMatchObject({ event: "launch.finished", LaunchFailed: 1 });
  });

  it("hold functions that run: that for freshness reads when an ETL succeeded, and tells how long ago that is", async () => {
    const settings = await clientOf("dev");
    const success = {
      MetricName: "RunSucceeded",
      Dimensions: [{ Name: "Etl", Value: "epic2op" }],
      Value: 1,
      Timestamp: new Date(Date.now() - 3_600_000),
    };
    await new CloudWatchClient(settings).send(
      new PutMetricDataCommand({ Namespace: "OpsDX/ETL", MetricData: [success] }),
    );
    const answer = await new LambdaClient(settings).send(
      new InvokeCommand({ FunctionName: "opsdx-dev-etl-freshness", Payload: Buffer.from("{}") }),
    );
    expect(answer.FunctionError).toBeUndefined();
    const ages = JSON.parse(Buffer.from(answer.Payload ?? []).toString()) as Record<string, number>;
    // The success counts from the end of its minute.
    expect(ages["epic2op"]).toBeGreaterThanOrEqual(3540);
    expect(ages["epic2op"]).toBeLessThan(3600 + 120);
    // The rest never had one, and is looked at since now.
    const others = Object.entries(ages).filter(([etl]) => etl !== "epic2op");
    expect(others.length).toBeGreaterThan(0);
    for (const [, age] of others) expect(age).toBeLessThan(120);
    const { events = [] } = await new CloudWatchLogsClient(settings).send(
      new FilterLogEventsCommand({ logGroupName: "/aws/lambda/opsdx-dev-etl-freshness" }),
    );
    const lines = events.map(({ message = "{}" }) => JSON.parse(message) as Record<string, unknown>);
    expect(lines).toContainEqual(expect.objectContaining({ Etl: "epic2op", SecondsSinceSuccess: ages["epic2op"] }));
    expect(lines).toContainEqual(expect.objectContaining({ FreshnessChecked: Object.keys(ages).length }));
  });

  it(
    "can be planned by plain Terraform in the environment that is handed to other tools",
    async () => {
      const { exitCode, stdout } = await execa("terraform", ["plan", "-detailed-exitcode", "-no-color"], {
        cwd: path.join(sandbox.paths.outdir(), "stacks/dev-stage1"),
        env: applied(await sandbox.environment(), process.env),
        extendEnv: false,
        reject: false,
      });
      expect(stdout).toContain("No changes.");
      expect(exitCode).toBe(0);
    },
    10 * MINUTE,
  );

  it(
    "ask nobody but the emulator, whatever a person's environment says: a server that plays the real account hears nothing",
    async () => {
      const heard: string[] = [];
      const account = createServer((request, response) => {
        heard.push(`${request.method ?? ""} ${request.url ?? ""}`);
        response.statusCode = 403;
        response.end();
      }).listen(0, "127.0.0.1");
      await once(account, "listening");
      const url = `http://127.0.0.1:${(account.address() as AddressInfo).port}`;
      const own = path.join(folder, "own-config");
      writeFileSync(
        own,
        `[default]\nendpoint_url = ${url}\nservices = all\n[profile global]\nendpoint_url = ${url}\n[services all]\nsts =\n  endpoint_url = ${url}\n`,
      );
      const services = ["STS", "S3", "IAM", "KMS", "LAMBDA", "ROUTE_53", "SNS", "ECR", "DYNAMODB"];
      const { TF_CLI_CONFIG_FILE: cliConfig } = (await sandbox.environment()).set;
      const { exitCode, stdout } = await execa("terraform", ["plan", "-detailed-exitcode", "-no-color"], {
        cwd: path.join(sandbox.paths.outdir(), "stacks/global"),
        env: {
          PATH: process.env["PATH"],
          HOME: folder,
          TF_CLI_CONFIG_FILE: cliConfig,
          CHECKPOINT_DISABLE: "1",
          AWS_ENDPOINT_URL: url,
          ...Object.fromEntries(services.map((service) => [`AWS_ENDPOINT_URL_${service}`, url])),
          AWS_CONFIG_FILE: own,
          AWS_SHARED_CREDENTIALS_FILE: "/absent",
          AWS_PROFILE: "default",
          AWS_REGION: "eu-west-1",
          AWS_ACCESS_KEY_ID: "AKIAREAL",
          AWS_SECRET_ACCESS_KEY: "real",
          HTTP_PROXY: url,
          HTTPS_PROXY: url,
        },
        extendEnv: false,
        reject: false,
      });
      account.close();
      expect(heard).toEqual([]);
      expect(stdout).toContain("No changes.");
      expect(exitCode).toBe(0);
    },
    10 * MINUTE,
  );

  it(
    "have nothing to change when applied again, from a shell that the sandbox set up",
    async () => {
      const env = applied(await sandbox.environment(), process.env);
      const again = await new Sandbox({ directory: sandbox.paths.directory, env, stream: quiet }).up(["dev-stage1"]);
      expect(outcomes(again)).toEqual({ global: "applied", "dev-stage1": "applied" });
    },
    15 * MINUTE,
  );

  it(
    "change in place",
    async () => {
      const results = await Promise.all(["global", "dev-stage1", "dev-stage2", "dev-stage3"].map(changeInPlace));
      for (const { stack, exitCode, stdout, stderr } of results) {
        expect([stack, exitCode === 0 ? "" : stderr]).toEqual([stack, ""]);
        expect([stack, stdout]).toEqual([
          stack,
          expect.stringMatching(/Resources: 0 added, [1-9]\d* changed, 0 destroyed/),
        ]);
      }
    },
    15 * MINUTE,
  );

  it(
    "are destroyed in reverse order, and nothing is left",
    async () => {
      const destroyed = await sandbox.destroy([]);
      expect(failureText(destroyed.results)).toBe("");
      expect(outcomes(destroyed)).toEqual(Object.fromEntries(STACKS.map((stack) => [stack, "destroyed"])));
      expect(STACKS.map((stack) => resourcesIn(sandbox.paths.stateOf(stack)))).toEqual(STACKS.map(() => 0));
    },
    30 * MINUTE,
  );

  it("asked for what __tests__/data/operations says, by which CI's rights are judged; OPSDX_RECORD=1 writes it anew", async () => {
    const seen = await recordedOperations((await sandbox.environment()).set["AWS_ENDPOINT_URL"]);
    expect(Object.keys(seen).sort()).toEqual([...STACKS].sort());
    if (process.env["OPSDX_RECORD"] === "1") writeRecord(seen);
    expect(await outdated(recorded(), seen)).toEqual([]);
  });

  it("end with the emulator stopped and the folder gone", async () => {
    await sandbox.reset();
    expect(existsSync(sandbox.paths.directory)).toBe(false);
    await expect(emulatorStatus(sandbox.paths)).resolves.toEqual({ kind: "stopped", record: undefined });
  });
});
