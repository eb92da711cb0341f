import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { CommanderError } from "commander";
import { ExplainedError } from "../../../config/explained-error";
import { loadConfig } from "../../../config/load";
import { githubClient } from "../../../tools/github/client";
import { changedCommand } from "../../../tools/plan/changed-command";
import { planCommand, type PlanCommandProps } from "../../../tools/plan/command";
import type { FakeGithub, FakePull } from "../github/server";
import { startGithub, stopGithub } from "../github/support";
import { Checkout, things, type SmallProgram } from "./checkout";

const config = loadConfig();
const accountOf = (name: string): string =>
  config.environments.find((environment) => environment.name === name)?.account.id ?? "";

/** Answers as STS does, for the account that is set; without one, that the credentials are out of date. */
const sts = { account: "", asked: 0 };
const server = http.createServer((_, response) => {
  sts.asked += 1;
  if (sts.account === "") {
    response
      .writeHead(403)
      .end(
        "<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>The security token is expired</Message></Error></ErrorResponse>",
      );
    return;
  }
  response.end(
    `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::${sts.account}:role/me</Arn><UserId>AROA:me</UserId><Account>${sts.account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
  );
});
const ambient = { ...process.env };

beforeAll(async () => {
  // The AWS SDK reads this process' own environment.
  for (const name of Object.keys(process.env))
    if (/^(AWS|OPSDX)_/.test(name)) Reflect.deleteProperty(process.env, name);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
  });
});
afterAll(() => {
  server.close();
  process.env = ambient;
});
beforeEach(() => {
  Object.assign(sts, { account: accountOf("dev"), asked: 0 });
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY: "example" });
});
afterEach(stopGithub);

const SMALL: SmallProgram = { stacks: { global: things("Zone"), "dev-stage1": things("Db"), "dev-stage2": {} } };
const withMore = (...more: readonly string[]): SmallProgram => ({
  stacks: { ...SMALL.stacks, "dev-stage1": things("Db", ...more) },
});

/** Head takes away what keeps Terraform from destroying the database. */
const guarded: SmallProgram = { stacks: { ...SMALL.stacks, "dev-stage1": things(["Db", { prevent_destroy: true }]) } };
const LINE = "allow-destroy: dev-stage1:terraform_data.Db";

/** A clone with base and head. */
function clone(base: SmallProgram = SMALL, head: SmallProgram = base): Checkout {
  const checkout = new Checkout();
  checkout.commit(base);
  checkout.git("checkout", "--quiet", "-b", "branch");
  checkout.commit(head);
  checkout.apply("dev-stage1", ["Db"]);
  return checkout;
}

/** A job of Actions on a pull request. */
function job(checkout: Checkout, github: FakeGithub, event: unknown): NodeJS.ProcessEnv {
  writeFileSync(checkout.file("event.json"), JSON.stringify(event));
  return {
    GITHUB_ACTIONS: "true",
    GITHUB_API_URL: github.url,
    GITHUB_REPOSITORY: "octo/cloud",
    GITHUB_TOKEN: "ghs_actions",
    GITHUB_RUN_ID: "77",
    GITHUB_STEP_SUMMARY: checkout.file("summary.md"),
    GITHUB_EVENT_PATH: checkout.file("event.json"),
  };
}
const pullEvent = ({ head }: FakePull, from = "octo/cloud") => ({
  pull_request: { number: 7, head: { sha: head, repo: { full_name: from } } },
});

/** Runs `plan` or `changed` in a clone, and looks for what they leave. */
async function run(
  checkout: Checkout,
  line: string,
  more: NodeJS.ProcessEnv = {},
  props: Pick<PlanCommandProps, "renderings"> = {},
) {
  const out: string[] = [];
  const errors: string[] = [];
  const spies = [
    jest.spyOn(console, "log").mockImplementation((text: unknown) => void out.push(String(text))),
    jest.spyOn(process.stderr, "write").mockImplementation((text) => {
      errors.push(String(text));
      return true;
    }),
  ];
  const [name = "", ...words] = line.split(" ");
  const env = checkout.env(more);
  const { root } = checkout;
  try {
    process.exitCode = 0;
    const command =
      name === "changed"
        ? changedCommand({ env, root })
        : planCommand({
            env,
            root,
            load: () => config,
            connect: (place) => githubClient(place, { second: 10 }),
            ...props,
          });
    command.exitOverride().configureOutput({ writeErr: () => undefined });
    const error: unknown = await command.parseAsync(words, { from: "user" }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    const isTold = error === undefined || error instanceof ExplainedError || error instanceof CommanderError;
    if (!isTold) throw new Error("a mistake in the program", { cause: error });
    expect(checkout.leftovers()).toEqual([]);
    return {
      out: out.join("\n"),
      err: errors.join(""),
      message: error?.message ?? "",
      code: error instanceof ExplainedError ? error.exitCode : process.exitCode,
      started: checkout.started(),
    };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = 0;
  }
}

describe.each(["changed", "plan dev"])("opsdx %s refuses", (command) => {
  it("a base that is not there", async () => {
    const { code, message } = await run(clone(), `${command} --base nowhere`);
    expect([code, message]).toEqual([
      2,
      '--base must name a commit of this clone, got "nowhere". Get it: git fetch origin nowhere',
    ]);
  });

  it("a file that is a folder, before any work", async () => {
    const checkout = clone();
    const { message } = await run(checkout, `${command} --markdown ${checkout.root}`);
    expect(message).toContain("must name a file, and is a folder");
    expect((await run(checkout, `${command} --markdown ${checkout.root}/cdktf.json/x.md`)).message).toContain(
      "cdktf.json must be a folder",
    );
  });

  it("a base that cannot be synthesized, with its words and what helps", async () => {
    const { code, message } = await run(clone({ fails: "network must be /16" }, SMALL), `${command} --base main`);
    expect(code).toBe(1);
    expect(message).toMatch(
      /^base \([0-9a-f]{7}\) cannot be synthesized:\nnetwork must be \/16\nIt is as it was committed: name another commit with --base, .*git worktree add/,
    );
  });

  it("a head that cannot be synthesized, and both", async () => {
    const head = await run(clone(SMALL, { fails: "db must be large" }), command);
    expect([head.code, head.message]).toEqual([
      1,
      "head (the work tree) cannot be synthesized:\ndb must be large\nMend that; npx cdktf synth tries it alone",
    ]);
    const both = await run(clone({ fails: "one" }, { fails: "two" }), command);
    expect(both.message).toMatch(/base .*\none\n[^]*head .*\ntwo\n/);
  });

  it("a shallow clone", async () => {
    const checkout = clone();
    const shallow = path.join(checkout.root, "../shallow");
    checkout.git("clone", "--quiet", "--depth=1", `file://${checkout.root}`, shallow);
    const inShallow = Object.assign(Object.create(checkout) as Checkout, { root: shallow });
    const { code, message } = await run(inShallow, `${command} --base main`);
    expect(code).toBe(2);
    expect(message).toContain("The clone is shallow: git fetch --unshallow (on GitHub: fetch-depth: 0");
  });

  it("a program that writes nothing", async () => {
    const checkout = clone();
    writeFileSync(path.join(checkout.root, "synth.js"), "");
    const { code, message } = await run(checkout, command);
    expect([code, message]).toEqual([1, expect.stringContaining("wrote no manifest.json into CDKTF_OUTDIR")]);
  });
});

it("plans what is checked out elsewhere", async () => {
  const [here, there] = [clone(), clone(SMALL, withMore("Queue"))];
  expect((await run(here, "plan dev")).out).toContain("nothing changes");
  expect((await run(here, `plan dev --checkout ${there.root}`)).out).toContain("add terraform_data.Queue");
  expect((await run(here, "plan dev --checkout /nowhere")).message).toContain("must name a folder that is there");
  expect((await run(here, `plan dev --checkout ${os.tmpdir()}`)).message).toContain(
    "must be a git clone with a commit",
  );
});

describe("opsdx changed", () => {
  it("asks nobody, and counts what is not committed", async () => {
    const checkout = clone();
    checkout.write(withMore("Queue"));
    const { code, out, started } = await run(checkout, `changed --markdown ${checkout.file("changed.md")}`);
    expect(out).toMatch(/dev-stage1 +changed {2}1 added[^]*1 file of the work tree not committed: counted, too\.$/);
    expect(readFileSync(checkout.file("changed.md"), "utf8")).toContain("+ terraform_data.Queue");
    expect([code, started, sts.asked]).toEqual([0, [], 0]);
  });

  it("takes away what a killed run has left", async () => {
    const checkout = clone();
    const left = path.join(checkout.root, ".cache/plan/run-4194305-abc");
    checkout.git("worktree", "add", "--quiet", "--detach", path.join(left, "checkout"), "main");
    expect((await run(checkout, "changed")).code).toBe(0);
    expect(existsSync(left)).toBe(false);
  });
});

describe("opsdx plan", () => {
  it("refuses an environment that is not there", async () => {
    const { code, message } = await run(clone(), "plan dve");
    expect([code, message]).toEqual([
      2,
      expect.stringMatching(/<env> must be one of global, .*; the nearest is "dev"/),
    ]);
  });

  it("plans what is not committed and says so, but tells no pull request of it", async () => {
    const checkout = clone();
    checkout.write(withMore("Queue"));
    const { code, err, out, started } = await run(checkout, "plan dev");
    expect(out).toMatch(/^Plan of dev, HEAD and 1 file not committed .*: 1 to add/);
    expect(err).toContain("Not committed, and planned all the same: M program.json");
    expect([code, started]).toEqual([0, ["version", "init", "plan", "show"]]);

    const github = await startGithub();
    const told = await run(checkout, "plan dev --comment", job(checkout, github, pullEvent(github.open())));
    expect([told.code, told.message, told.started]).toEqual([
      2,
      "--comment tells of a commit, and the work tree has 1 file not committed: M program.json. Commit or stash them, or plan without --comment",
      [],
    ]);
  });

  it("asks no account, and starts no Terraform, where nothing changes", async () => {
    const { code, out, started } = await run(clone(), "plan dev");
    expect(out).toMatch(/^Plan of dev, .*: nothing changes/);
    expect([code, started, sts.asked]).toEqual([0, [], 0]);
  });

  it("refuses credentials of another account, and those that are out of date, before anything is planned", async () => {
    const checkout = clone(SMALL, withMore("Queue"));
    sts.account = "999999999999";
    const wrong = await run(checkout, "plan dev");
    expect([wrong.code, wrong.message, wrong.started]).toEqual([
      2,
      expect.stringMatching(/^The credentials belong to account 999999999999 .*Sign in to account \d{12}/),
      ["version"],
    ]);
    sts.account = "";
    const old = await run(checkout, "plan dev");
    expect([old.code, old.message, old.started]).toEqual([
      1,
      expect.stringMatching(/^The account that you are signed in to cannot be found out: .*Sign in to account \d{12}/),
      ["version"],
    ]);
  });

  it("tells who holds a state, since when, and what takes the lock off", async () => {
    const checkout = clone(SMALL, withMore("Queue"));
    writeFileSync(
      checkout.file("states/.dev-stage1.tfstate.lock.info"),
      JSON.stringify({
        ID: "0-1-2",
        Who: "ann@laptop",
        Created: "2026-11-29T03:00:00Z",
        Operation: "OperationTypeApply",
      }),
    );
    const { code, out } = await run(checkout, "plan dev");
    expect(out).toContain("its state was locked by ann@laptop since 2026-11-29T03:00:00Z (OperationTypeApply)");
    expect(out).toContain(
      "only then: npx cdktf synth && terraform -chdir=cdktf.out/stacks/dev-stage1 init && terraform -chdir=cdktf.out/stacks/dev-stage1 force-unlock 0-1-2",
    );
    expect(code).toBe(0);
  });

  it("says what helps where a provider is missing, and that nothing was planned", async () => {
    const named = { "//": { metadata: { path: "dev-stage2/A", uniqueId: "A" } } };
    const nowhere = { nowhere: { source: "hashicorp/nowhere", version: "= 1.0.0" } };
    const needing = { resource: { nowhere_thing: { A: named } }, terraform: { required_providers: nowhere } };
    const checkout = clone(SMALL, { stacks: { ...SMALL.stacks, "dev-stage2": needing } });
    mkdirSync(checkout.file("mirror"));
    writeFileSync(
      checkout.file("terraformrc"),
      `provider_installation {\n  filesystem_mirror { path = "${checkout.file("mirror")}" }\n}\n`,
    );
    const { code, out } = await run(checkout, "plan dev", { TF_CLI_CONFIG_FILE: checkout.file("terraformrc") });
    expect(out).toContain("dev-stage2 could not be planned, so what it would do is not known");
    expect(out).toMatch(
      /hashicorp\/nowhere was not found.*[^]*a mirror that the file which TF_CLI_CONFIG_FILE names has/,
    );
    expect(out).toMatch(/^Plan of dev, .*: nothing changes in what was planned\n/);
    expect(out).toContain("dev-stage2: not known (not planned: failed)");
    expect(code).toBe(1);
  });

  it("refuses a machine without Terraform", async () => {
    const checkout = clone(SMALL, withMore("Queue"));
    const { code, message } = await run(checkout, "plan dev", { PATH: `${checkout.file("none")}:/usr/bin:/bin` });
    expect([code, message]).toEqual([
      2,
      expect.stringMatching(/^Terraform 1\.10\.0 or newer must be on the PATH .*, found none that starts$/),
    ]);
  });

  it("tells what Helm renders otherwise, of charts from a folder or from their repositories", async () => {
    const checkout = clone(SMALL, withMore("Queue"));
    const asked: unknown[] = [];
    const renderings: PlanCommandProps["renderings"] = ({ head }, { charts, environment }) => {
      asked.push([head.stacks.map(({ name }) => name), charts, environment]);
      const lines = ["-  replicas: 1", "+  replicas: 2"];
      const objects = [{ on: "Deployment/grafana", change: "changed", lines }] as const;
      return Promise.resolve({
        "dev-stage1": { releases: [{ title: "dev k8s grafana", change: "changed", objects }] },
      });
    };
    const line = `plan dev --markdown ${checkout.file("plan.md")}`;
    const { code, out } = await run(checkout, `${line} --charts ${checkout.root}`, {}, { renderings });
    expect(out).toContain("rendered manifests of dev k8s grafana: objects: 1 changed");
    expect(readFileSync(checkout.file("plan.md"), "utf8")).toContain(
      "- changed `Deployment/grafana`\n  ```diff\n  -  replicas: 1\n  +  replicas: 2\n  ```",
    );
    await run(checkout, `${line} --charts`, {}, { renderings });
    await run(checkout, line, {}, { renderings });
    const stacks = ["global", "dev-stage1", "dev-stage2"];
    expect(asked).toEqual([checkout.root, true, undefined].map((charts) => [stacks, charts, "dev"]));
    expect(code).toBe(0);
  });

  it("writes the reports as JSON, and the comment", async () => {
    const checkout = clone(SMALL, withMore("Queue"));
    const [json, markdown] = [checkout.file("plan.json"), checkout.file("plan.md")];
    await run(checkout, `plan dev --json ${json} --markdown ${markdown}`);
    const { environments } = JSON.parse(readFileSync(json, "utf8")) as { readonly environments: readonly object[] };
    expect(environments).toEqual([expect.objectContaining({ environment: "dev", nothing: false })]);
    expect(readFileSync(markdown, "utf8")).toMatch(
      /^<!-- opsdx:plan dev -->\n<!-- opsdx:stacks dev-stage1 -->\n## Plan of dev: 1 to add/,
    );
  });
});

describe("opsdx plan --comment", () => {
  it("refuses where there is no pull request, or one of a fork", async () => {
    const checkout = clone();
    const nowhere = await run(checkout, "plan dev --comment");
    expect([nowhere.code, nowhere.message]).toEqual([2, expect.stringContaining("needs a pull request")]);
    const github = await startGithub();
    const fork = await run(
      checkout,
      "plan dev --comment",
      job(checkout, github, pullEvent(github.open(), "eve/cloud")),
    );
    expect([fork.code, fork.message]).toEqual([2, expect.stringContaining("npx opsdx changed compares")]);
    expect(github.calls).toEqual([]);
  });

  it("refuses without a token, and says where it comes from", async () => {
    const checkout = clone();
    const github = await startGithub();
    const env = { ...job(checkout, github, pullEvent(github.open())), GITHUB_TOKEN: "" };
    const { code, message } = await run(checkout, "plan dev --comment", env);
    expect([code, message]).toEqual([2, expect.stringContaining("GITHUB_TOKEN must be set")]);
  });

  it("fails when GitHub is down, before it plans", async () => {
    const checkout = clone(SMALL, withMore("Queue"));
    const github = await startGithub();
    const env = job(checkout, github, pullEvent(github.open()));
    await stopGithub();
    const { code, message, started } = await run(checkout, "plan dev --comment", env);
    expect([code, message, started]).toEqual([
      1,
      expect.stringMatching(/^could not read the pull request #7: .*Nothing answers/),
      [],
    ]);
  });

  it("prints and writes all the same when the token may not comment, and fails", async () => {
    const checkout = clone(SMALL, withMore("Queue"));
    const github = await startGithub();
    github.tokens.set("ghs_reader", {
      login: "github-actions[bot]",
      rights: { contents: "read", pull_requests: "read", metadata: "read" },
    });
    const env = { ...job(checkout, github, pullEvent(github.open())), GITHUB_TOKEN: "ghs_reader" };
    const { code, message, out } = await run(checkout, `plan dev --comment --markdown ${checkout.file("p.md")}`, env);
    expect(message).toMatch(/could not comment on the pull request #7: .*lacks this right: .*pull_requests=write/);
    expect(out).toContain("1 to add");
    expect(readFileSync(checkout.file("p.md"), "utf8")).toContain("1 to add");
    expect(readFileSync(checkout.file("summary.md"), "utf8")).toContain("terraform_data.Queue");
    expect(code).toBe(1);
  });

  it("writes one comment, edits it, and tells the rest in the job's summary; nothing that changes is one line", async () => {
    const checkout = clone(SMALL, withMore("Queue"));
    const github = await startGithub();
    const pull = github.open();
    const env = job(checkout, github, pullEvent(pull));
    const first = await run(checkout, `plan dev --comment --markdown ${checkout.file("plan.md")}`, env);
    expect([first.code, pull.comments.length]).toEqual([0, 1]);
    expect(first.out).toMatch(/Comment created: https:/);
    expect(`${pull.comments[0]?.body ?? ""}\n`).toBe(readFileSync(checkout.file("plan.md"), "utf8"));
    expect(readFileSync(checkout.file("summary.md"), "utf8")).toMatch(
      /^## Plan of dev: 1 to add[^]*terraform_data\.Queue/,
    );

    checkout.commit(SMALL);
    const second = await run(checkout, "plan dev --comment", env);
    expect(second.out).toMatch(/Comment edited: https:/);
    expect(pull.comments.map(({ body }) => body)).toEqual([
      expect.stringMatching(/^<!-- opsdx:plan dev -->\nPlan of `dev`: nothing changes \(.*\)\.$/),
    ]);
    expect([second.code, second.started, sts.asked]).toEqual([0, [], 1]);
  });

  it("says which other pull requests change the same, and is written when GitHub does not tell", async () => {
    const checkout = clone(SMALL, withMore("Queue"));
    const github = await startGithub();
    const pull = github.open();
    const other = github.open({ number: 8, branch: "other" });
    github.comment(other, "github-actions[bot]", "<!-- opsdx:plan dev -->\n<!-- opsdx:stacks dev-stage1 -->\n## Plan");
    const env = job(checkout, github, pullEvent(pull));
    const { out } = await run(checkout, "plan dev --comment", env);
    const said = "Other open pull requests change the same: `dev-stage1` (#8).";
    expect(pull.comments[0]?.body?.split("\n").slice(0, 3)).toEqual([
      "<!-- opsdx:plan dev -->",
      "<!-- opsdx:stacks dev-stage1 -->",
      said,
    ]);
    expect(out).toContain(said);

    github.fail("GET pulls", { status: 403, body: { message: "Resource not accessible by integration" } });
    const { code } = await run(checkout, "plan dev --comment", env);
    expect(pull.comments[0]?.body).toMatch(
      /\nWhich other pull requests change the same was not looked up: could not list/,
    );
    expect(code).toBe(0);
  });

  it("blocks what nobody allowed, and lets it pass with that very line and somebody else's label", async () => {
    const checkout = clone(guarded, SMALL);
    const github = await startGithub();
    const pull = github.open();
    const env = job(checkout, github, pullEvent(pull));
    const blocked = await run(checkout, "plan dev --comment", env);
    expect(pull.comments[0]?.body).toContain(`${LINE} <reason>`);
    expect(blocked.out).toContain(
      "1 stateful resource is destroyed, replaced, let go or disarmed, and nobody allowed it",
    );
    expect(blocked.code).toBe(1);

    github.edit(pull, `${LINE} its rows moved to the warehouse`);
    github.label(pull, "grace");
    const allowed = await run(checkout, "plan dev --comment", env);
    expect([allowed.code, pull.comments.length]).toEqual([0, 1]);
    expect(pull.comments[0]?.body).not.toContain("The check fails");
  });

  it.each([
    [
      "an allowance of what the plan leaves alone",
      "allow-destroy: dev-stage1:terraform_data.Nothing it is not used",
      "grace",
      /the allowance of dev-stage1:terraform_data\.Nothing allows nothing/,
    ],
    [
      "a label without an allowance",
      "",
      "grace",
      /The label destroy-approved approves nothing: the description has no line/,
    ],
    [
      "a label of who opened the pull request",
      `${LINE} its rows moved away`,
      "linus",
      /linus opened the pull request\. Someone else must set it/,
    ],
  ])("fails the check for %s, in the comment, too", async (_, body, by, words) => {
    const checkout = clone();
    const github = await startGithub();
    const pull = github.open({ body });
    github.label(pull, by);
    const { code, out, started } = await run(checkout, "plan dev --comment", job(checkout, github, pullEvent(pull)));
    expect(out.replaceAll("\n", " ")).toMatch(words);
    expect(pull.comments[0]?.body).toContain("The check fails");
    expect([code, started]).toEqual([1, []]);
  });

  it("leaves no plan of an earlier commit there when it can make none", async () => {
    const checkout = clone(SMALL, withMore("Queue"));
    const github = await startGithub();
    const pull = github.open();
    await run(checkout, "plan dev --comment", job(checkout, github, pullEvent(pull)));
    checkout.commit({ fails: "db must be large, @octo" });
    github.push(pull, "linus");
    const { code } = await run(checkout, "plan dev --comment", job(checkout, github, pullEvent(pull)));
    const head = pull.head.slice(0, 8);
    expect(pull.comments.map(({ body }) => body?.split("\n"))).toEqual([
      [
        "<!-- opsdx:plan dev -->",
        "## Plan of dev: could not be made; the check fails",
        "",
        `What \`${head}\` would do is not known. [The job](https://github.com/octo/cloud/actions/runs/77).`,
        "",
        "```",
        "head (the work tree) cannot be synthesized:",
        "db must be large, @octo",
        "Mend that; npx cdktf synth tries it alone",
        "```",
      ],
    ]);
    expect(readFileSync(checkout.file("summary.md"), "utf8")).toContain("could not be made");
    expect(code).toBe(1);
  });

  it("judges in the merge queue, and writes no comment there", async () => {
    const checkout = clone(guarded, SMALL);
    const github = await startGithub();
    const pull = github.open({ body: `${LINE} its rows moved away` });
    const head_ref = `refs/heads/gh-readonly-queue/main/pr-7-${pull.head}`;
    const env = job(checkout, github, { merge_group: { head_ref } });
    const blocked = await run(checkout, "plan dev --comment", env);
    expect([blocked.code, github.writes]).toEqual([1, []]);
    github.label(pull, "grace");
    const allowed = await run(checkout, "plan dev --comment", env);
    expect([allowed.code, github.writes, pull.comments]).toEqual([0, [], []]);
    expect(allowed.out).toContain("No comment: what the merge queue plans anew is told by its check.");
    expect(readFileSync(checkout.file("summary.md"), "utf8")).toContain("terraform_data.Db");
  });

  it("counts the allowances of a pull request that a person names, and writes nothing on GitHub", async () => {
    const checkout = clone(guarded, SMALL);
    const github = await startGithub();
    const pull = github.open({ body: `${LINE} its rows moved away` });
    github.label(pull, "grace");
    const env = { GITHUB_API_URL: github.url, GITHUB_REPOSITORY: "octo/cloud", GH_TOKEN: "ghp_ada" };
    const { code } = await run(checkout, "plan dev --pull-request 7", env);
    expect([code, github.writes]).toEqual([0, []]);
  });
});

/** Starts the program itself in a clone; what it says is collected. */
function start(checkout: Checkout, line: string, more: NodeJS.ProcessEnv) {
  const project = path.resolve(__dirname, "../../..");
  const root = JSON.stringify(checkout.root);
  const code = `const { planCommand } = require("./tools/plan/command"), { buildCli, runCli } = require("./tools/cli");
    void runCli(${JSON.stringify(line.split(" "))}, buildCli([planCommand({ root: ${root} })]));`;
  const loader = path.join(project, "tools/run/typescript.cjs");
  const child = spawn(process.execPath, ["--require", loader, "--eval", code], {
    cwd: project,
    env: checkout.env(more),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => said.push(String(data)));
  return { child, said, ended: once(child, "close") };
}

it("the program refuses to plan without credentials, with the way to sign in", async () => {
  const checkout = clone(SMALL, withMore("Queue"));
  const { ended, said } = start(checkout, "plan dev", { AWS_EC2_METADATA_DISABLED: "true" });
  expect(await ended).toEqual([1, null]);
  expect(said.join("")).toMatch(/CredentialsProviderError: .*\. Sign in to account \d{12} \(`aws sso login/);
  expect([checkout.leftovers(), checkout.started()]).toEqual([[], ["version"]]);
});

it("Ctrl-C while Terraform plans ends with 130, and leaves no checkout, no copy of a state and no process", async () => {
  const checkout = clone(SMALL, withMore("Queue"));
  writeFileSync(checkout.file("hang"), "");
  const names = ["AWS_ENDPOINT_URL_STS", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
  const credentials = Object.fromEntries(names.map((name) => [name, process.env[name]]));
  const { child, ended, said } = start(checkout, `plan dev --json ${checkout.file("plan.json")}`, credentials);
  while (!checkout.started().includes("plan")) {
    if (child.exitCode !== null) throw new Error(said.join(""));
    await delay(50);
  }
  child.kill("SIGINT");
  expect([await ended, said.join("")]).toEqual([
    [130, null],
    expect.stringMatching(/Stopping\. Once more, and it stops at once\.\ninterrupted\n$/),
  ]);
  expect(checkout.leftovers()).toEqual([]);
  expect(existsSync(checkout.file("plan.json"))).toBe(false);
}, 150_000);
