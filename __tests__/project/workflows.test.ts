import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import execa from "execa";
import semver from "semver";
import { parse } from "yaml";
import { CI_WORKFLOWS, ciWorkflowRef, githubRepository, PLAN_CALLER } from "../../config/github";
import { loadConfig } from "../../config/load";
import { CI_PLAN_ROLE, GLOBAL, roleArn, runnerProject } from "../../config/names";
import { MINIMUM_TERRAFORM } from "../../tools/terraform/version";

const ROOT = path.resolve(__dirname, "../..");
const FOLDER = path.join(ROOT, ".github/workflows");
const { global: globalConfig, environments } = loadConfig();

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly if?: string;
  readonly uses?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly steps?: readonly Step[];
  readonly strategy?: { readonly matrix: { readonly include: readonly Readonly<Record<string, string>>[] } };
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: unknown;
  readonly concurrency?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const files = readdirSync(FOLDER).filter((name) => /\.ya?ml$/.test(name));
const textOf = (file: string): string => readFileSync(path.join(FOLDER, file), "utf8");
const workflowOf = (file: string): Workflow => parse(textOf(file)) as Workflow;
const jobsOf = (file: string): readonly Job[] => Object.values(workflowOf(file).jobs);
const stepsOf = (file: string): readonly Step[] => jobsOf(file).flatMap(({ steps = [] }) => steps);

describe.each(files)("%s", (file) => {
  it("runs for nothing that lends a stranger rights", () => {
    const events = Object.keys(workflowOf(file).on);
    expect(events).not.toHaveLength(0);
    for (const event of ["pull_request_target", "issue_comment", "workflow_run"]) expect(events).not.toContain(event);
  });

  it("has no rights but those that each job names, and no job that never ends", () => {
    expect(workflowOf(file).permissions).toEqual({});
    for (const job of jobsOf(file)) {
      expect(job.permissions).toBeDefined();
      if (job.uses === undefined) expect(job["timeout-minutes"]).toEqual(expect.any(Number));
    }
  });

  it("takes foreign actions by their commit, and says which version that is; keeps no credentials", () => {
    const uses = textOf(file)
      .split("\n")
      .filter((line) => /\buses:/.test(line) && !line.includes(globalConfig.repository));
    for (const line of uses) expect(line).toMatch(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    for (const step of stepsOf(file)) {
      if (step.uses?.startsWith("actions/checkout@") === true) expect(step.with?.["persist-credentials"]).toBe(false);
    }
  });

  it("runs one command a step, of this project, that runs on a laptop", () => {
    for (const { run } of stepsOf(file)) {
      if (run === undefined) continue;
      // What GitHub puts into a script is a script: values come in variables.
      expect(run).not.toContain("${{");
      expect(run.trim()).toMatch(/^(npm ci|npm run [\w:-]+|npx opsdx|\.ci\/\w+)( [^\n;&|]+)?$/);
    }
  });
});

describe("what plans", () => {
  const caller = workflowOf(PLAN_CALLER);
  const plan = workflowOf(CI_WORKFLOWS.plan).jobs["plan"];

  it("is called as the workflow of main that the roles trust, by pull requests of this repository", () => {
    const trusted = ciWorkflowRef(githubRepository(globalConfig), "plan").replace("refs/heads/", "");
    expect(caller.jobs["plan"]?.uses).toBe(trusted);
    expect(Object.keys(workflowOf(CI_WORKFLOWS.plan).on)).toEqual(["workflow_call"]);
    expect(caller.jobs["plan"]?.permissions).toEqual(plan?.permissions);
  });

  it("runs for every label and edit: a job that is skipped counts as passed", () => {
    expect(caller.on["pull_request"]).toEqual({
      types: ["opened", "synchronize", "reopened", "edited", "labeled", "unlabeled"],
    });
    for (const job of Object.values(caller.jobs)) expect(job.if).not.toMatch(/event\.(action|label)/);
    expect(caller.concurrency).toMatchObject({ "cancel-in-progress": true });
  });

  it("has a job for global and each environment, as the role of its account", () => {
    // On a runner inside the VPC from the handshake on: before it, nobody would come.
    const runner = ({ name, runners }: (typeof environments)[number]): string =>
      runners?.connection === "available" ? `codebuild-${runnerProject(name, "plan")}` : "ubuntu-24.04";
    const expected = [
      { name: GLOBAL, account: globalConfig.account, runner: "ubuntu-24.04" },
      ...environments.map((one) => ({ ...one, runner: runner(one) })),
    ];
    expect(plan?.strategy?.matrix.include).toEqual(
      expected.map(({ name, account, runner: on }) => ({
        environment: name,
        account: account.id,
        region: account.region,
        runner: on,
      })),
    );
    const signIn = plan?.steps?.find(({ uses }) => uses?.startsWith("aws-actions/") === true)?.with;
    expect(signIn?.["role-to-assume"]).toBe(roleArn("${{ matrix.account }}", CI_PLAN_ROLE));
    const env = plan?.steps?.at(-1)?.env;
    expect(env).toMatchObject({ TF_VAR_member_role: CI_PLAN_ROLE, TF_VAR_cluster_role: "" });
  });

  it("has what is planned judged by main's tools, in a checkout beside it", () => {
    const checkouts = plan?.steps?.filter(({ uses }) => uses?.startsWith("actions/checkout@") === true);
    expect(checkouts?.map((step) => [step.with?.["path"], step.with?.["ref"]])).toEqual([
      ["judge", "main"],
      ["head", undefined],
    ]);
    const last = plan?.steps?.at(-1);
    expect(last).toMatchObject({ "working-directory": "judge" });
    expect(last?.run).toContain(" --checkout ../head ");
  });

  it("installs packages before it signs in", () => {
    const order = plan?.steps?.map(({ uses, run }) => uses?.split("@")[0] ?? run?.split(" ").slice(0, 3).join(" "));
    expect(order?.lastIndexOf("npm ci")).toBeLessThan(order?.indexOf("aws-actions/configure-aws-credentials") ?? -1);
  });
});

describe("the Terraform of CI", () => {
  const script = path.join(ROOT, ".ci/terraform");

  it("is one that the stacks can be planned with", () => {
    const version = /^version=(.+)$/m.exec(readFileSync(script, "utf8"))?.[1] ?? "";
    expect(semver.gte(version, MINIMUM_TERRAFORM)).toBe(true);
  });

  it("is not there when what was loaded has another checksum, or nothing was", async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "terraform-"));
    const bin = path.join(folder, "bin");
    mkdirSync(bin);
    const install = (curl: string) => {
      writeFileSync(path.join(bin, "curl"), `#!/bin/sh\n${curl}\n`, { mode: 0o755 });
      const env = { PATH: `${bin}:/usr/bin:/bin`, GITHUB_PATH: path.join(folder, "path") };
      return execa(script, [path.join(folder, "there")], { env, extendEnv: false, reject: false });
    };
    const other = await install('while [ "$1" != --output ]; do shift; done; echo other > "$2"');
    expect([other.exitCode, other.stderr]).toEqual([1, expect.stringContaining("did NOT match")]);
    expect((await install("exit 22")).exitCode).toBe(22);
    expect(existsSync(path.join(folder, "there/terraform"))).toBe(false);
    expect(existsSync(path.join(folder, "path"))).toBe(false);
  });
});

it("jobs that sign in stand in the workflows that are trusted, and in no other", () => {
  const signing = files.filter((file) => stepsOf(file).some(({ uses }) => uses?.startsWith("aws-actions/") === true));
  expect(Object.values(CI_WORKFLOWS)).toEqual(expect.arrayContaining(signing));
});

it("workflows of pull requests run in the merge queue where there is one, and only there", () => {
  for (const file of files) {
    const { on } = workflowOf(file);
    if (!("pull_request" in on)) continue;
    expect([file, "merge_group" in on]).toEqual([file, globalConfig.mergeQueue]);
  }
});

it("the runbook names workflows that there are", () => {
  const runbook = path.join(ROOT, "docs/runbook");
  const pages = readdirSync(runbook).map((page) => readFileSync(path.join(runbook, page), "utf8"));
  const named = pages.flatMap((page) => [...page.matchAll(/gh workflow \w+ ([\w.-]+)/g)].map(([, name = ""]) => name));
  expect(named).not.toHaveLength(0);
  for (const name of named) expect([name, existsSync(path.join(FOLDER, name))]).toEqual([name, true]);
});
