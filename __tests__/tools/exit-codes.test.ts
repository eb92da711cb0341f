import childProcess from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import type { Command } from "commander";
import { RefusedError } from "../../config/explained-error";
import { IMAGE_LOCK, lockText } from "../../config/images";
import { TOOL_LOCK, toolLockText } from "../../config/controller-tools";
import { ConfigError, loadConfig, type Config } from "../../config/load";
import { StackModel } from "../../constructs/shared/policy/model";
import { adoptCommand } from "../../tools/adopt/command";
import { Bootstrap } from "../../tools/bootstrap/bootstrap";
import { bootstrapCommand } from "../../tools/bootstrap/command";
import { BootstrapError } from "../../tools/bootstrap/situation";
import { chartsCommand } from "../../tools/charts/command";
import { checkCommand } from "../../tools/check/command";
import { buildCli, runCli } from "../../tools/cli";
import { CommandError } from "../../tools/command-error";
import { leaves, wordsOf } from "../../tools/command-groups";
import { controllerCommand } from "../../tools/controller/command";
import { concourseCommand } from "../../tools/concourse/command";
import { configCommand } from "../../tools/config/command";
import { drillCommand } from "../../tools/drill/command";
import { diagramCommand } from "../../tools/diagram/command";
import { etlCommand } from "../../tools/etl/command";
import { exitCommand } from "../../tools/exit/command";
import { rehearseExit } from "../../tools/exit/rehearsal";
import { PROJECT_ROOT } from "../../tools/files";
import { githubCommand } from "../../tools/github/command";
import { kopsCommand, type KopsCommandProps } from "../../tools/kops/command";
import { renderPayload } from "../../tools/kops/render";
import { findCluster, namedIds, specOf } from "../../tools/kops/target";
import { openCommand } from "../../tools/open/command";
import { peopleCommand } from "../../tools/people/command";
import { imagesCommand } from "../../tools/images/command";
import { pinnedImages } from "../../tools/images/images";
import { pinCommand } from "../../tools/pin/command";
import { changedCommand } from "../../tools/plan/changed-command";
import { planCommand } from "../../tools/plan/command";
import { withPrograms } from "../../tools/plan/programs";
import { policyCommand } from "../../tools/policy/command";
import { providersCommand } from "../../tools/providers/command";
import { lockProviders } from "../../tools/providers/lock";
import { preflightCommand } from "../../tools/preflight/command";
import { runbookCommand } from "../../tools/runbook/command";
import { sandboxCommand } from "../../tools/sandbox/command";
import type { StackResult } from "../../tools/sandbox/report";
import { Sandbox } from "../../tools/sandbox/sandbox";
import { Children, InterruptedError } from "../../tools/terraform/children";
import { secretsCommand } from "../../tools/secrets/command";
import { tensorflowCommand } from "../../tools/tensorflow/command";
import { wikiCommand } from "../../tools/wiki/command";
import { FakeKubectl } from "./concourse/fake-kubectl";
import { FakeDrills } from "./drill/fake-drills";
import { FakeEnvironment } from "./etl/support";
import { FakeLoad, summaryOf } from "./load/fake-load";
import { FakeMonitors } from "./monitors/fake-monitors";
import { FakeServices } from "./services/fake-services";
import { script, writePayload } from "./kops/support";

// What the program holds is no matter here, and building it takes seconds.
jest.mock("../../stacks/program", () => ({
  ...jest.requireActual<object>("../../stacks/program"),
  buildProgram: () => ({ stacks: [] }),
}));
jest.mock("../../tools/exit/rehearsal");
jest.mock("../../tools/kops/render");
jest.mock("../../tools/plan/programs");
jest.mock("../../tools/providers/lock", () => ({ LOCK_PLATFORMS: [], lockProviders: jest.fn() }));
jest.mock("../../tools/kops/upgrade", () => ({
  ...jest.requireActual<object>("../../tools/kops/upgrade"),
  upgradeSteps: () => [{ title: "Get ready.", file: "terraform", args: ["init"] }],
}));

const config = loadConfig();
const broken = (): Config => {
  throw new ConfigError([{ file: "dev.ts", path: "network", rule: "must be", received: "nothing" }]);
};
const spec = specOf(findCluster(config, "dev", "k8s"), namedIds(findCluster(config, "dev", "k8s").environment));

let root = "";
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "exit-codes-"));
  for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, "write").mockReturnValue(true);
  for (const method of ["log", "error"] as const) jest.spyOn(console, method).mockReturnValue();
});
afterEach(() => {
  jest.restoreAllMocks();
  fs.rmSync(root, { recursive: true });
});

const exitCode = () => process.exitCode;

/** With what a command line ends. */
async function codeOf(line: string, commands?: readonly Command[]) {
  const before = process.exitCode;
  try {
    process.exitCode = undefined;
    await runCli(line.split(" "), buildCli(commands));
    return exitCode() ?? 0;
  } finally {
    process.exitCode = before;
  }
}

const all = leaves(buildCli());
const linesOf = (command: Command): string => wordsOf(command).join(" ");

describe.each(all.map((command) => [linesOf(command), command] as const))("%s", (line, { registeredArguments }) => {
  const needed = registeredArguments.filter(({ required }) => required).length;
  const variadic = registeredArguments.some((argument) => argument.variadic);
  const words = registeredArguments.map((_, index) => `word-${index}`).join(" ");

  it("ends with 0 after its help", async () => expect(await codeOf(`${line} --help`)).toBe(0));

  it("refuses words that it doesn't know with 2, and changes nothing", async () => {
    const touched = [
      ...(["writeFileSync", "mkdirSync", "rmSync", "renameSync", "openSync", "createWriteStream"] as const).map(
        (name) => jest.spyOn(fs, name),
      ),
      jest.spyOn(childProcess, "spawn"),
      jest.spyOn(net.Socket.prototype, "connect"),
    ];
    const wrong = [
      `${line} --no-such-option`,
      ...(variadic ? [] : [`${line} ${words} one-too-many`.replace("  ", " ")]),
      ...(needed > 0 ? [line] : []),
      // What they name is nowhere.
      ...(needed > 0 || variadic ? [`${line} ${words}`, `${line} ${words} --no-such-option`] : []),
    ];
    for (const refused of wrong) expect([refused, await codeOf(refused)]).toEqual([refused, 2]);
    for (const spy of touched) expect(spy).not.toHaveBeenCalled();
  });
});

interface Case {
  /** What is done, and how it ends. */
  readonly ends: number;
  readonly words?: string;
  /** The command, with what it reaches. */
  readonly with: () => Command | Promise<Command>;
}

const sandbox = (verb: "up" | "destroy", outcome: StackResult["outcome"] | CommandError) => (): Command => {
  const result = { stack: "global", resources: 1, seconds: 1, outcome, errors: [], logs: [] } as const;
  const method = jest.spyOn(Sandbox.prototype, verb);
  if (outcome instanceof CommandError) method.mockRejectedValue(outcome);
  else {
    const interrupted = outcome === "interrupted" ? 143 : undefined;
    method.mockResolvedValue({ results: [{ ...result, outcome }], causes: [], leftOut: {}, interrupted });
  }
  return sandboxCommand();
};
const sandboxAnswers = (verb: "diff" | "reset" | "environment" | "status", answer: unknown) => (): Command => {
  const method = jest.spyOn(Sandbox.prototype, verb) as jest.SpyInstance<Promise<unknown>>;
  if (answer instanceof Error) method.mockRejectedValue(answer);
  else method.mockResolvedValue(answer);
  return sandboxCommand();
};
const failure = new CommandError("planted");
const interrupted = new InterruptedError("SIGINT");

const etl = (prepare: (environment: FakeEnvironment) => void) => (): Command => {
  const environment = new FakeEnvironment();
  environment.deploy("epic2op", "ENABLED");
  prepare(environment);
  return etlCommand({ connect: () => environment.connection, watch: environment.watch });
};
const well = etl(() => undefined);
const elsewhere = etl((environment) => (environment.accountId = "999999999999"));
const unreached = etl((environment) => (environment.broken = ["identity", "schedules", "queues", "jobs", "logs"]));

const kops = (props: KopsCommandProps = {}, { rendered = true, terraform = 0 } = {}) => {
  return (): Command => {
    const file = script(path.join(root, "bin/kops"), "echo 1.36.2");
    script(path.join(root, "bin/terraform"), `exit ${terraform}`);
    if (rendered) writePayload(path.join(root, "kops/dev/k8s"), spec);
    return kopsCommand({
      payloadRoot: path.join(root, "kops"),
      env: { PATH: `${path.join(root, "bin")}:/usr/bin:/bin`, KOPS: file },
      signedIn: () => Promise.resolve(false),
      idsOf: (environment) => Promise.resolve(namedIds(environment)),
      synthesize: () => ({ stack: new StackModel("dev-stage2", {}), directory: root }),
      ...props,
    });
  };
};

/** A kubectl that listens, and is interrupted; an account of which no node can be reached. */
const opening = (accountId: string) => (): Command => {
  for (const name of ["aws", "session-manager-plugin"]) script(path.join(root, `bin/${name}`), "exit 0");
  script(
    path.join(root, "bin/kubectl"),
    `exec ${process.execPath} -e 'require("net").createServer().listen(18121, "127.0.0.1")'`,
  );
  const log = jest.spyOn(console, "log");
  log.mockImplementation((text: string) => {
    if (text.includes("Ctrl-C")) process.emit("SIGINT");
  });
  return openCommand({
    env: { PATH: `${path.join(root, "bin")}:/usr/bin:/bin` },
    connect: () => ({
      identity: { who: () => Promise.resolve({ accountId, arn: "arn:aws:iam::1:role/me" }) },
      nodes: { online: () => Promise.reject(failure) },
    }),
  });
};

const secrets = (state: "present" | "missing" | "unreached", accountId = "444455556666") => {
  return (): Command =>
    secretsCommand({
      services: () => [
        {
          service: "pump",
          reference: "admin",
          recipe: { kind: "password" },
          readers: [{ service: "pump", cluster: "k8s" }],
          afterRotation: ["Restart the pump."],
        },
      ],
      connect: () =>
        Promise.resolve({
          account: { environment: "dev", id: "444455556666", region: "us-east-1" },
          identity: { who: () => Promise.resolve({ accountId, arn: "arn:aws:iam::1:role/me" }) },
          store: {
            describe: () =>
              state === "unreached"
                ? Promise.reject(failure)
                : Promise.resolve(state === "present" ? { deleted: false, since: new Date(0), key: "k1" } : undefined),
            put: () => Promise.resolve(),
            putFirst: () => Promise.resolve(true),
          },
        }),
    });
};

const loaded = (prepare: (fake: FakeLoad) => void) => (): Command => {
  const fake = new FakeLoad();
  prepare(fake);
  return fake.command();
};

const services = (prepare: (fake: FakeServices) => void) => (): Command => {
  const fake = new FakeServices();
  prepare(fake);
  return fake.command();
};

const drills =
  (prepare: (fake: FakeDrills) => void = () => undefined) =>
  (): Command => {
    const fake = new FakeDrills();
    prepare(fake);
    return fake.command();
  };

/** Alarms fire as they must, and are quiet again. */
const told = (fake: FakeDrills): void => {
  for (const name of ["opsdx-dev-web-no-healthy-target", "opsdx-dev-dns-endpoint-web"]) fake.fires(name, 60, 600);
};

const images = (state: "kept" | "missing", accountId = config.global.account.id) => {
  const tags = config.environments.flatMap(pinnedImages).map(({ tag }) => tag);
  return (): Command =>
    imagesCommand({
      connect: () =>
        Promise.resolve({
          account: { environment: "global", ...config.global.account },
          identity: { who: () => Promise.resolve({ accountId, arn: "arn:aws:iam::1:role/me" }) },
          registry: {
            describe: () => Promise.resolve(state === "kept" ? { tags } : undefined),
            tag: () => Promise.resolve(),
          },
        }),
    });
};

const bootstrap = (look: "everything" | "nothing" | Error, run?: Error) => (): Command => {
  const looks = jest.spyOn(Bootstrap.prototype, "look");
  if (look instanceof Error) looks.mockRejectedValue(look);
  else looks.mockResolvedValue(look);
  const runs = jest.spyOn(Bootstrap.prototype, "run");
  if (run === undefined) runs.mockResolvedValue();
  else runs.mockRejectedValue(run);
  return bootstrapCommand({ directory: path.join(root, "bootstrap") });
};

const concourse = (ends: "Complete" | "Failed") => (): Command => {
  const { env } = new FakeKubectl(root, ends);
  return concourseCommand({ surroundings: { env, suffix: "1" } });
};

/** A cluster whose registry has version 1 of the model of dev. */
const tensorflow = (ends: "Complete" | "Failed") => (): Command => {
  const folder = fs.mkdtempSync(path.join(root, "tensorflow-"));
  fs.mkdirSync(path.join(folder, "config"));
  const answers = {
    "/cronjobs/train": { spec: { jobTemplate: { spec: { template: { spec: { containers: [{ name: "train" }] } } } } } },
    " get job ": { status: { conditions: [{ type: ends, status: "True" }] } },
  };
  const cases = Object.entries(answers).map(([words, answer]) => `*"${words}"*) echo '${JSON.stringify(answer)}';;`);
  const text = `#!/bin/sh\ncase "$*" in ${cases.join(" ")} *" logs "*) echo '8 yes no trews/1';; esac\n`;
  fs.writeFileSync(path.join(folder, "kubectl"), text, { mode: 0o755 });
  return tensorflowCommand({
    root: folder,
    served: () => ({ dev: { trews: { stable: 3, previous: 1 } } }),
    surroundings: { env: { PATH: `${folder}:/usr/bin:/bin` }, suffix: "1" },
  });
};

const onlyDev = (): Config => ({ ...config, environments: config.environments.slice(0, 1) });

/** An account of which the AWS CLI knows nothing, or that somebody has a bucket in. */
const preflight = (there: "nothing" | "a bucket") => (): Command => {
  const nothing = "echo 'An error occurred (404) when calling it: Not Found' >&2; exit 255";
  script(
    path.join(root, "bin/aws"),
    `case "$*" in
       *get-caller-identity*) echo '{"Account":"444455556666","Arn":"arn:aws:iam::444455556666:role/me"}';;
       *head-bucket*) ${there === "a bucket" ? "true" : nothing};;
       *) ${nothing};;
     esac`,
  );
  const bucket = { type: "aws_s3_bucket", address: "aws_s3_bucket.It", path: "dev-stage1/It", body: { bucket: "it" } };
  return preflightCommand({
    env: { PATH: `${path.join(root, "bin")}:/usr/bin:/bin` },
    plan: () =>
      Promise.resolve([{ ...bucket, stack: "dev-stage1", region: "us-east-1", around: { declared: [], held: [] } }]),
  });
};

const adopting = (fault?: Error) => (): Command => {
  preflight("nothing")();
  const env = { PATH: `${path.join(root, "bin")}:/usr/bin:/bin` };
  const fail = (): never => {
    throw fault ?? new Error("nothing is to be thrown");
  };
  return adoptCommand({ env, root, ...(fault === undefined ? {} : { build: fail }) });
};

const wiki = (is: "whole" | "cut"): Command => {
  fs.cpSync(path.join(PROJECT_ROOT, "docs"), path.join(root, "docs"), { recursive: true });
  if (is === "cut") fs.rmSync(path.join(root, "docs/runbook/db.md"));
  fs.rmSync(path.join(root, "docs/from-the-wiki.md"));
  return wikiCommand({ root });
};

const github = (does: "agrees" | "differs" | "refuses") => (): Command => {
  const { repository, repositoryIds: ids } = loadConfig().global;
  const about = JSON.stringify({ id: ids?.repository, full_name: repository, owner: { id: ids?.owner } });
  const template = JSON.stringify({
    use_default: does === "differs",
    include_claim_keys: ["repo", "context", "job_workflow_ref"],
    use_immutable_subject: true,
  });
  const answer = `case "$*" in *customization*) echo '${template}';; *) echo '${about}';; esac`;
  script(path.join(root, "bin/gh"), does === "refuses" ? "echo 'gh: Not Found (HTTP 404)' >&2; exit 1" : answer);
  return githubCommand({ env: { PATH: `${path.join(root, "bin")}:/usr/bin:/bin` } });
};

const publicImages = (digest: string | Error) => (): Command => {
  fs.mkdirSync(path.join(root, "config"));
  fs.writeFileSync(path.join(root, IMAGE_LOCK), lockText({}));
  const source = { digest: () => (digest instanceof Error ? Promise.reject(digest) : Promise.resolve(digest)) };
  return imagesCommand({ others: { root, source } });
};

const tools = (digest: string | Error) => (): Command => {
  fs.mkdirSync(path.join(root, "config"));
  fs.writeFileSync(path.join(root, TOOL_LOCK), toolLockText({}));
  return controllerCommand({
    root,
    digest: () => (digest instanceof Error ? Promise.reject(digest) : Promise.resolve(digest)),
  });
};

/** Controllers of an account in which this many are wanted; an instance lets people in, or there is none. */
const controllers =
  (wanted: number, online = false) =>
  (): Command => {
    const instances = online ? [{ InstanceId: "i-1", LifecycleState: "InService", HealthStatus: "Healthy" }] : [];
    const group = JSON.stringify({ AutoScalingGroups: [{ DesiredCapacity: wanted, Instances: instances }] });
    const agents = JSON.stringify({ InstanceInformationList: [{ InstanceId: "i-1", PingStatus: "Online" }] });
    script(
      path.join(root, "bin/aws"),
      `case "$*" in sts*) echo '{"Account":"444455556666","Arn":"me"}';; autoscaling\\ describe*) echo '${group}';; ssm\\ describe*) echo '${agents}';; esac`,
    );
    return controllerCommand({ env: { PATH: `${path.join(root, "bin")}:/usr/bin:/bin` } });
  };

/** A release whose chart is there, and a Helm that renders this. */
const charts = (rendered: string) => (): Command => {
  const file = script(path.join(root, "bin/helm"), `case "$1" in version) echo v3.19.0;; *) echo '${rendered}';; esac`);
  fs.mkdirSync(path.join(root, "chart"), { recursive: true });
  return chartsCommand({
    env: { OPSDX_HELM: file, XDG_CACHE_HOME: root, PATH: process.env["PATH"] },
    open: () => ({
      names: ["own"],
      releases: () => [
        {
          stack: "dev-stage3",
          path: "dev-stage3/Own",
          cluster: "k8s",
          name: "own",
          namespace: "own",
          chart: { name: path.join(root, "chart") },
          values: {},
          standIns: 0,
          standard: "restricted",
          accepted: [],
        },
      ],
      close: () => undefined,
    }),
  });
};

const monitors = (prepare: (fake: FakeMonitors) => void) => (): Command => {
  const fake = new FakeMonitors();
  prepare(fake);
  return fake.command();
};

/** How each command ends, whatever it is asked for beside wrong words. */
const CASES: Readonly<Record<string, readonly Case[]>> = {
  check: [
    { ends: 1, with: () => checkCommand({ root, load: broken }) },
    {
      ends: 0,
      with: async () => {
        await codeOf("policy report", [policyCommand({ root })]);
        await codeOf("runbook", [runbookCommand({ root })]);
        await codeOf("diagram", [diagramCommand({ root })]);
        await codeOf("drill pages", [drillCommand({ root })]);
        return checkCommand({ root, payloadRoot: root, build: () => [], pinned: {} });
      },
    },
  ],
  "charts check": [
    { ends: 0, with: charts('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"one"}}') },
    { ends: 1, with: charts('{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"one"}}') },
    { ends: 2, words: "others", with: charts("") },
  ],
  "config check": [
    { ends: 0, with: () => configCommand() },
    { ends: 1, with: () => configCommand(broken) },
  ],
  "config show": [
    { ends: 0, words: "dev", with: () => configCommand() },
    { ends: 2, words: "dev", with: () => configCommand(broken) },
  ],
  "controller lock": [
    { ends: 0, with: tools(`sha256:${"a".repeat(64)}`) },
    { ends: 1, with: tools(new CommandError("not reached")) },
  ],
  "controller status": [
    { ends: 0, words: "dev", with: controllers(1, true) },
    { ends: 1, words: "dev", with: controllers(1) },
    { ends: 2, words: "prod", with: controllers(1) },
  ],
  "controller start": [
    { ends: 0, words: "dev --yes", with: controllers(0) },
    { ends: 2, words: "dev", with: controllers(0) },
  ],
  "controller stop": [
    { ends: 0, words: "dev --yes", with: controllers(1) },
    { ends: 2, words: "dev", with: controllers(1) },
  ],
  "controller connect": [
    { ends: 0, words: "dev", with: controllers(1, true) },
    { ends: 1, words: "dev", with: controllers(0) },
    { ends: 2, words: "prod", with: controllers(1, true) },
  ],
  "concourse pipeline set": [
    { ends: 0, words: "dev", with: concourse("Complete") },
    { ends: 1, words: "dev", with: concourse("Failed") },
    { ends: 2, words: "prod", with: concourse("Complete") },
    { ends: 2, words: "dev", with: () => concourseCommand({ surroundings: { env: { PATH: "/nowhere" } } }) },
  ],
  "tensorflow models": [
    { ends: 0, words: "dev", with: tensorflow("Complete") },
    { ends: 1, words: "dev", with: tensorflow("Failed") },
    { ends: 2, words: "nowhere", with: tensorflow("Complete") },
  ],
  "tensorflow train": [
    { ends: 0, words: "dev trews --dataset a --version 2", with: tensorflow("Complete") },
    { ends: 2, words: "dev trews --dataset a --version 1", with: tensorflow("Complete") },
  ],
  "tensorflow promote": [
    { ends: 0, words: "dev trews 1", with: tensorflow("Complete") },
    { ends: 2, words: "dev trews 7", with: tensorflow("Complete") },
  ],
  "tensorflow rollback": [
    { ends: 0, words: "dev trews", with: tensorflow("Complete") },
    { ends: 2, words: "dev trws", with: tensorflow("Complete") },
  ],
  "sandbox up": [
    { ends: 0, words: "global", with: sandbox("up", "applied") },
    { ends: 1, words: "global", with: sandbox("up", "failed") },
    { ends: 1, words: "global", with: sandbox("up", failure) },
    { ends: 143, words: "global", with: sandbox("up", "interrupted") },
    { ends: 2, words: "rest", with: () => sandboxCommand() },
    { ends: 2, words: "global --charts folder", with: () => sandboxCommand() },
  ],
  "sandbox diff": [
    { ends: 0, words: "global", with: sandboxAnswers("diff", true) },
    { ends: 1, words: "global", with: sandboxAnswers("diff", false) },
    { ends: 130, words: "global", with: sandboxAnswers("diff", interrupted) },
  ],
  "sandbox destroy": [
    { ends: 0, with: sandbox("destroy", "destroyed") },
    { ends: 1, with: sandbox("destroy", "failed") },
    { ends: 143, with: sandbox("destroy", "interrupted") },
  ],
  "sandbox reset": [
    { ends: 0, with: sandboxAnswers("reset", true) },
    { ends: 1, with: sandboxAnswers("reset", failure) },
  ],
  "sandbox env": [
    { ends: 0, words: "--unset", with: () => sandboxCommand() },
    { ends: 1, with: sandboxAnswers("environment", failure) },
    { ends: 130, with: sandboxAnswers("environment", interrupted) },
  ],
  "sandbox status": [
    { ends: 0, with: sandboxAnswers("status", ["no emulator"]) },
    { ends: 1, with: sandboxAnswers("status", failure) },
  ],
  "people show": [
    { ends: 0, with: () => peopleCommand() },
    { ends: 2, with: () => peopleCommand({ load: broken }) },
  ],
  "people setup": [
    { ends: 0, with: () => peopleCommand() },
    { ends: 2, with: () => peopleCommand({ load: broken }) },
  ],
  "people profiles": [
    { ends: 0, words: "readers", with: () => peopleCommand() },
    { ends: 2, words: "nobody", with: () => peopleCommand() },
  ],
  preflight: [
    { ends: 0, words: "dev", with: preflight("nothing") },
    { ends: 1, words: "dev", with: preflight("a bucket") },
    { ends: 2, words: "prod", with: preflight("nothing") },
    { ends: 2, words: "dev", with: () => preflightCommand({ load: onlyDev, env: { PATH: "/nowhere" } }) },
  ],
  adopt: [
    { ends: 0, words: "dev-stage1", with: adopting() },
    { ends: 1, words: "dev-stage1", with: adopting(failure) },
    { ends: 2, words: "dev-stage9", with: adopting() },
    { ends: 2, words: "prod-stage1", with: adopting() },
    { ends: 130, words: "dev-stage1", with: adopting(new InterruptedError("SIGINT")) },
  ],
  "exit rehearse": [
    { ends: 0, with: rehearsing() },
    { ends: 1, with: rehearsing(new CommandError("checking types failed")) },
    { ends: 2, with: rehearsing(new RefusedError("no work tree")) },
    { ends: 130, with: rehearsing(new InterruptedError("SIGINT")) },
  ],
  changed: [
    { ends: 0, with: planning(changedCommand) },
    { ends: 1, with: planning(changedCommand, new CommandError("base cannot be synthesized")) },
    { ends: 2, with: planning(changedCommand, new RefusedError("no such base")) },
    { ends: 130, with: planning(changedCommand, new InterruptedError("SIGINT")) },
  ],
  plan: [
    { ends: 0, with: planning(planCommand) },
    { ends: 1, words: "dev", with: planning(planCommand, new CommandError("base cannot be synthesized")) },
    { ends: 2, words: "dev", with: planning(planCommand, new RefusedError("no such base")) },
    { ends: 2, words: "dve", with: planning(planCommand) },
    { ends: 2, words: "dev --comment", with: planning(planCommand) },
    { ends: 130, with: planning(planCommand, new InterruptedError("SIGINT")) },
  ],
  "github subject check": [
    { ends: 0, with: github("agrees") },
    { ends: 1, with: github("differs") },
    { ends: 1, with: github("refuses") },
    { ends: 2, with: () => githubCommand({ env: { PATH: "/nowhere" } }) },
  ],
  "github subject set": [
    { ends: 0, with: github("agrees") },
    { ends: 0, words: "--dry-run", with: () => githubCommand({ env: { PATH: "/nowhere" } }) },
    { ends: 1, with: github("refuses") },
    { ends: 2, with: () => githubCommand({ load: broken }) },
  ],
  bootstrap: [
    { ends: 0, with: bootstrap("nothing") },
    { ends: 0, words: "--yes", with: bootstrap("everything") },
    { ends: 1, words: "--yes", with: bootstrap("everything", new BootstrapError("planted")) },
    { ends: 130, words: "--yes", with: bootstrap("everything", interrupted) },
    { ends: 2, words: "--yes", with: bootstrap(new BootstrapError("planted")) },
    { ends: 2, with: () => bootstrapCommand({ load: broken }) },
  ],
  "kops manifest": [
    { ends: 0, words: "dev k8s --names", with: kops() },
    { ends: 1, words: "dev k8s", with: kops({ signedIn: () => Promise.resolve(true), idsOf: unread }) },
    { ends: 2, words: "dev k8s", with: kops({ load: broken }) },
  ],
  "kops status": [
    { ends: 0, words: "dev", with: kops() },
    { ends: 2, words: "dev", with: kops({ load: broken }) },
  ],
  "kops render": [
    { ends: 0, words: "dev k8s", with: rendering(undefined) },
    { ends: 1, words: "dev k8s", with: rendering(failure) },
    { ends: 130, words: "dev k8s", with: rendering(interrupted) },
    { ends: 1, words: "dev k8s", with: kops({ idsOf: unread }) },
    { ends: 2, words: "dev k8s", with: kops({ env: { PATH: "/nowhere" } }) },
  ],
  "kops upgrade": [
    { ends: 0, words: "dev k8s", with: kops() },
    { ends: 0, words: "dev k8s --yes", with: kops() },
    { ends: 1, words: "dev k8s --yes", with: kops({}, { terraform: 1 }) },
    { ends: 130, words: "dev k8s --yes", with: upgrading(interrupted) },
    { ends: 2, words: "dev k8s", with: kops({}, { rendered: false }) },
    { ends: 2, words: "dev k8s --yes", with: kops({ env: { PATH: "/nowhere" } }) },
  ],
  "kops kubeconfig": [
    { ends: 0, words: "dev k8s", with: kops() },
    { ends: 2, words: "dev k8s", with: kops({}, { rendered: false }) },
  ],
  "etl status": [
    { ends: 0, words: "dev epic2op", with: well },
    { ends: 1, words: "dev epic2op", with: unreached },
  ],
  open: [
    { ends: 0, words: "dev redash --print", with: opening(config.global.account.id) },
    { ends: 0, words: "dev prometheus --port 18121", with: opening(config.global.account.id) },
    { ends: 1, words: "dev redash --port 18121", with: opening("444455556666") },
    { ends: 2, words: "dev redash --port 18121", with: opening("999999999999") },
    { ends: 2, words: "dev prometheus", with: () => openCommand({ env: { PATH: "/nowhere" } }) },
    { ends: 2, with: () => openCommand({ load: broken }), words: "dev redash" },
  ],
  "etl launch": [
    { ends: 0, words: "dev epic2op", with: well },
    { ends: 1, words: "dev epic2op", with: unreached },
    { ends: 2, words: "dev epic2op", with: elsewhere },
    {
      ends: 3,
      words: "dev epic2op",
      with: etl((environment) => environment.addJob("epic2op", "20260308-1400", "running")),
    },
  ],
  "etl rerun": [
    { ends: 0, words: "dev epic2op 20260308-1415", with: well },
    { ends: 1, words: "dev epic2op 20260308-1415", with: unreached },
    { ends: 2, words: "dev epic2op 20260308-1415", with: elsewhere },
    { ends: 2, words: "dev epic2op 20260308-1416", with: well },
    {
      ends: 2,
      words: "dev epic2op 20260308-1415",
      with: etl((environment) => environment.addJob("epic2op", "20260308-1415", "running")),
    },
    {
      ends: 3,
      words: "dev epic2op 20260308-1415",
      with: etl(
        (environment) =>
          (environment.answer = { result: { outcome: "Duplicate", job: "epic2op", slot: "20260308-1415" } }),
      ),
    },
  ],
  "etl backfill": [
    { ends: 0, words: "dev c2dw --from 2026-03-01 --to 2026-03-02", with: well },
    { ends: 1, words: "dev c2dw --from 2026-03-01 --to 2026-03-02", with: unreached },
    { ends: 2, words: "dev c2dw --from 2026-03-01 --to 2026-03-02", with: elsewhere },
    { ends: 2, words: "dev c2dw --from 2026-03-02 --to 2026-03-01", with: well },
    {
      ends: 3,
      words: "dev c2dw --from 2026-03-01 --to 2026-03-02",
      with: etl((environment) => environment.addJob("c2dw", "20260308-1400", "running")),
    },
  ],
  "etl pause": [
    { ends: 0, words: "dev epic2op", with: well },
    { ends: 1, words: "dev epic2op", with: unreached },
    { ends: 2, words: "dev epic2op", with: elsewhere },
  ],
  "etl resume": [
    { ends: 0, words: "dev epic2op", with: well },
    { ends: 1, words: "dev epic2op", with: unreached },
    { ends: 2, words: "dev epic2op", with: elsewhere },
  ],
  "etl stop": [
    { ends: 0, words: "dev epic2op", with: well },
    { ends: 1, words: "dev epic2op", with: unreached },
    { ends: 2, words: "dev epic2op", with: elsewhere },
    // Without --yes.
    {
      ends: 2,
      words: "dev epic2op",
      with: etl((environment) => environment.addJob("epic2op", "20260308-1400", "running")),
    },
    {
      ends: 0,
      words: "dev epic2op --yes",
      with: etl((environment) => environment.addJob("epic2op", "20260308-1400", "running")),
    },
  ],
  "etl logs": [
    { ends: 0, words: "dev epic2op", with: well },
    { ends: 1, words: "dev epic2op", with: unreached },
    { ends: 2, words: "dev epic2op", with: elsewhere },
    { ends: 2, words: "dev epic2op --since yesterday", with: well },
  ],
  "load run": [
    { ends: 0, words: "dev --profile smoke", with: loaded(() => undefined) },
    { ends: 1, words: "dev --profile smoke", with: loaded((fake) => (fake.summary = summaryOf(1000, 500, 50))) },
    { ends: 2, words: "dev --profile smoke", with: loaded((fake) => (fake.accountId = "999999999999")) },
    { ends: 2, words: "prod --profile smoke", with: loaded(() => undefined) },
    {
      ends: 143,
      words: "dev --profile smoke",
      with: loaded((fake) => (fake.look = () => void process.emit("SIGTERM", "SIGTERM"))),
    },
  ],
  "monitors run": [
    { ends: 0, words: "dev epic2op-rows", with: () => new FakeMonitors().command() },
    { ends: 1, words: "dev epic2op-rows", with: monitors((fake) => (fake.answer = undefined)) },
    {
      ends: 1,
      words: "dev epic2op-rows",
      with: monitors((fake) => (fake.answer = { monitor: "epic2op-rows", fault: "slow", why: "slow" })),
    },
    { ends: 2, words: "dev epic2op-rows", with: monitors((fake) => (fake.accountId = "999999999999")) },
  ],
  "monitors test": [
    {
      ends: 1,
      words: "dev epic2op-rows",
      with: () =>
        new FakeMonitors().command({ env: { PGHOST: "localhost", PGPORT: "1", PGUSER: "me", PGDATABASE: "opsdx" } }),
    },
    { ends: 2, words: "dev epic2op-rows", with: () => new FakeMonitors().command() },
  ],
  "drill list": [
    { ends: 0, words: "dev", with: drills() },
    { ends: 2, words: "nowhere", with: drills() },
  ],
  "drill plan": [
    { ends: 0, words: "dev web-pod-kill", with: drills() },
    { ends: 2, words: "dev web-pod-kil", with: drills() },
  ],
  "drill arm": [
    { ends: 0, words: "dev --confirm dev --reason a-good-reason", with: drills() },
    { ends: 2, words: "dev --confirm dev", with: drills() },
    { ends: 2, words: "dev --confirm prod --reason a-good-reason", with: drills() },
  ],
  "drill run": [
    { ends: 0, words: "dev web-pod-kill", with: drills(told) },
    { ends: 1, words: "dev web-pod-kill", with: drills() },
    {
      ends: 130,
      words: "dev web-pod-kill",
      with: drills((fake) => (fake.store.claim = () => Promise.reject(new InterruptedError()))),
    },
    { ends: 2, words: "dev web-pod-kill", with: drills((fake) => (fake.accountId = "999999999999")) },
  ],
  "drill abort": [
    { ends: 0, words: "dev", with: drills() },
    { ends: 2, words: "dev", with: drills((fake) => (fake.accountId = "999999999999")) },
  ],
  "drill report": [
    { ends: 0, words: "dev", with: drills() },
    { ends: 2, words: "dev --last none", with: drills() },
  ],
  "drill pages": [
    { ends: 0, with: () => drillCommand({ root }) },
    { ends: 1, words: "--check", with: () => drillCommand({ root }) },
    { ends: 2, with: () => drillCommand({ root, load: broken }) },
  ],
  "services database": [
    { ends: 0, words: "dev redash create", with: () => new FakeServices().command() },
    { ends: 0, words: "dev redash reset --confirm dev/redash", with: () => new FakeServices().command() },
    { ends: 1, words: "dev redash create", with: services((fake) => (fake.ends = "Failed")) },
    { ends: 1, words: "dev redash reset --confirm dev/redash", with: services((fake) => (fake.unreached = true)) },
    { ends: 2, words: "dev redash reset", with: () => new FakeServices().command() },
    { ends: 2, words: "dev redash create", with: services((fake) => (fake.accountId = "999999999999")) },
  ],
  "secrets check": [
    { ends: 0, words: "dev", with: secrets("present") },
    { ends: 1, words: "dev", with: secrets("missing") },
    { ends: 1, words: "dev", with: secrets("unreached") },
    { ends: 2, words: "dev", with: secrets("present", "999999999999") },
  ],
  "secrets init": [
    { ends: 0, words: "dev", with: secrets("present") },
    { ends: 1, words: "dev", with: secrets("unreached") },
    { ends: 2, words: "dev", with: secrets("missing") },
    { ends: 2, words: "dev", with: secrets("present", "999999999999") },
  ],
  "secrets rotate": [
    { ends: 0, words: "dev pump/admin --yes", with: secrets("present") },
    { ends: 1, words: "dev pump/admin --yes", with: secrets("unreached") },
    { ends: 2, words: "dev pump/admin", with: secrets("present") },
    { ends: 2, words: "dev pump/admin --yes", with: secrets("missing") },
    { ends: 2, words: "dev pump/amdin --yes", with: secrets("present") },
  ],
  "images check": [
    { ends: 0, words: "dev", with: images("kept") },
    { ends: 1, words: "dev", with: images("missing") },
    { ends: 1, words: "public", with: publicImages(failure) },
    { ends: 2, words: "dev", with: images("kept", "999999999999") },
  ],
  "images lock": [
    { ends: 0, with: publicImages(`sha256:${"1".repeat(64)}`) },
    { ends: 1, with: publicImages(failure) },
  ],
  "images keep": [
    { ends: 0, words: "dev", with: images("kept") },
    { ends: 1, words: "dev", with: images("missing") },
    { ends: 2, words: "dve", with: images("kept") },
  ],
  "policy report": [
    { ends: 0, with: () => policyCommand({ root }) },
    { ends: 1, words: "--check", with: () => policyCommand({ root }) },
    { ends: 2, with: () => policyCommand({ root, load: broken }) },
  ],
  pin: [
    { ends: 0, with: () => pinCommand({ root, pinned: {} }) },
    { ends: 2, with: () => pinCommand({ root, pinned: { global: ["aws_eip.Gone"] } }) },
  ],
  "providers lock": [
    { ends: 0, with: locking("") },
    { ends: 1, with: locking(failure) },
    { ends: 2, words: "hashicorp/ws", with: () => providersCommand() },
  ],
  diagram: [
    { ends: 0, with: () => diagramCommand({ root }) },
    { ends: 1, words: "--check", with: () => diagramCommand({ root }) },
    { ends: 2, with: () => diagramCommand({ root, load: broken }) },
  ],
  wiki: [
    { ends: 0, with: () => wiki("whole") },
    { ends: 1, words: "--check", with: () => wiki("whole") },
    { ends: 2, with: () => wiki("cut") },
  ],
  runbook: [
    { ends: 0, with: () => runbookCommand({ root }) },
    { ends: 1, words: "--check", with: () => runbookCommand({ root }) },
    { ends: 2, with: () => runbookCommand({ root, load: broken }) },
  ],
};

function locking(answer: string | Error) {
  return (): Command => {
    const lock = jest.mocked(lockProviders);
    if (answer instanceof Error) lock.mockRejectedValue(answer);
    else lock.mockResolvedValue(answer);
    return providersCommand({ lockFile: path.join(root, "lock.hcl") });
  };
}

function planning(command: (props: { readonly env: NodeJS.ProcessEnv }) => Command, fails?: Error) {
  return (): Command => {
    const comparison = { ref: "main", base: "0123456", head: "1234567", uncommitted: [] };
    const programs = { comparison, base: { stacks: [] }, head: { stacks: [] }, differences: [], folder: root };
    jest
      .mocked(withPrograms)
      .mockImplementation((_, work) => (fails === undefined ? work(programs) : Promise.reject(fails)));
    return command({ env: { HOME: root } });
  };
}

function rehearsing(fails?: Error) {
  return (): Command => {
    const rehearse = jest.mocked(rehearseExit);
    if (fails === undefined) rehearse.mockResolvedValue();
    else rehearse.mockRejectedValue(fails);
    return exitCommand();
  };
}

function rendering(fails: Error | undefined) {
  return (): Command => {
    const render = jest.mocked(renderPayload);
    if (fails === undefined) render.mockResolvedValue({ resources: 1, intended: 0, files: 1 });
    else render.mockRejectedValue(fails);
    return kops()();
  };
}

function upgrading(fails: Error) {
  return (): Command => {
    jest.spyOn(Children.prototype, "finish").mockImplementation(() => {
      throw fails;
    });
    return kops()();
  };
}

function unread(): never {
  throw failure;
}

it("every command has its cases", () => expect(Object.keys(CASES).sort()).toEqual(all.map(linesOf).sort()));

it.each(
  Object.entries(CASES).flatMap(([line, cases]) =>
    cases.map((one) => [`${line} ${one.words ?? ""}`.trim(), one.ends, one] as const),
  ),
)("%s ends with %d", async (line, ends, { with: command }) => {
  expect(await codeOf(line, [await command()])).toBe(ends);
});

it("docs/exit-codes.md lists what ends its work in order, and what finds", () => {
  const text = fs.readFileSync(path.join(PROJECT_ROOT, "docs/exit-codes.md"), "utf8");
  const listed = [...text.matchAll(/^\| `([a-z ]+)` +\|/gm)].map(([, line]) => line);
  const inOrder = Object.keys(CASES).filter((line) => CASES[line]?.some(({ ends }) => ends > 128));
  expect(/ends in order: (.*)\. Any other/.exec(text.replaceAll("\n", " "))?.[1]).toBe(
    inOrder.map((line) => `\`${line}\``).join(", "),
  );
  const finding = all.map(linesOf).filter((line) => listed.includes(line));
  expect(finding).toHaveLength(listed.length);
});
