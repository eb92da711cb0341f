import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { loadConfig } from "../../config/load";
import { applied } from "../../tools/sandbox/environment";
import { readApproval } from "../../tools/github/approval";
import { upsertComment, planMarker } from "../../tools/github/comment";
import { planEnvironments, reportsOn, type PlanEnvironmentsProps } from "../../tools/plan/environments";
import { NO_APPROVAL } from "../../tools/plan/guard/judge";
import { changedText } from "../../tools/plan/changed-command";
import { withPrograms, type Programs } from "../../tools/plan/programs";
import { renderMarkdown } from "../../tools/plan/report/markdown";
import type { StackPlan } from "../../tools/plan/stack-plan";
import { failureText } from "../../tools/sandbox/report";
import { Sandbox } from "../../tools/sandbox/sandbox";
import { Children } from "../../tools/terraform/children";
import { clientOf, startGithub, stopGithub } from "../tools/github/support";
import { changesOf, surprises } from "../tools/plan/shape";
import type { SmallConfig } from "./plan/program";

const MINUTE = 60_000;
const PROJECT = path.resolve(__dirname, "../..");

const folder = mkdtempSync(path.join(os.tmpdir(), "opsdx-plan-"));
const repository = path.join(folder, "clone");
const quiet = Object.assign(new PassThrough().resume(), { isTTY: false }) as unknown as NodeJS.WriteStream;
const sandbox = new Sandbox({
  directory: path.join(folder, "sandbox"),
  main: path.join(repository, "main.ts"),
  stream: quiet,
});
const config = loadConfig();

/** Commits the small program with a configuration. */
function commit(decided: SmallConfig, message: string): void {
  writeFileSync(path.join(repository, "program.json"), `${JSON.stringify(decided)}\n`);
  const author = {
    GIT_AUTHOR_NAME: "A",
    GIT_AUTHOR_EMAIL: "a@example.org",
    GIT_COMMITTER_NAME: "A",
    GIT_COMMITTER_EMAIL: "a@example.org",
  };
  const git = (...words: string[]): unknown =>
    execFileSync("git", words, { cwd: repository, env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", ...author } });
  git("add", ".");
  git("commit", "--quiet", "-m", message);
}

/** What plans against the commit before: programs, and plans of some stacks. */
async function against<T>(work: (programs: Programs, props: PlanEnvironmentsProps) => Promise<T>): Promise<T> {
  const env = applied(await sandbox.environment(), process.env);
  const children = new Children();
  return withPrograms({ ref: "HEAD~1", root: repository, env, children, say: () => undefined }, (programs) =>
    work(programs, { config, environment: "dev", env, children }),
  );
}

function planOf(plans: readonly StackPlan[], name: string) {
  const plan = plans.find(({ stack }) => stack === name);
  if (plan?.outcome.kind !== "planned") throw new Error(`${name} must be planned, got ${JSON.stringify(plan)}`);
  return { ...plan.outcome, changes: changesOf(plan.outcome.plan) };
}

const up = async (stack: string) => {
  const run = await sandbox.up([stack]);
  expect(failureText(run.results)).toBe("");
  expect(run.results.flatMap(({ secondPlan = [] }) => secondPlan)).toEqual([]);
};

beforeAll(async () => {
  mkdirSync(repository);
  execFileSync("git", ["init", "--quiet"], { cwd: repository });
  symlinkSync(path.join(PROJECT, "node_modules"), path.join(repository, "node_modules"));
  const loader = JSON.stringify(path.join(PROJECT, "tools/run/typescript.cjs"));
  writeFileSync(path.join(repository, ".gitignore"), "node_modules\n.cache\n");
  writeFileSync(path.join(repository, "cdktf.json"), JSON.stringify({ app: `node --require ${loader} main.ts` }));
  const program = JSON.stringify(path.join(PROJECT, "__tests__/emulator/plan/program"));
  writeFileSync(
    path.join(repository, "main.ts"),
    `import { synthesizeSmall } from ${program};\nsynthesizeSmall(__dirname);\n`,
  );
  commit({ tiers: ["node", "db"], database: true }, "a network and a database");
  await up("dev-stage3");
}, 10 * MINUTE);

afterAll(async () => {
  await stopGithub();
  await sandbox.reset();
  rmSync(folder, { recursive: true, force: true });
}, 5 * MINUTE);

describe("a new subnet tier", () => {
  let speculative: readonly StackPlan[];

  it(
    "is planned all the way down before anything is applied, with what waits for another stack unknown and counted",
    async () => {
      commit({ tiers: ["node", "db", "utility"], database: true }, "a tier");
      speculative = await against(async (programs, props) => {
        expect(changedText(programs.comparison, programs.differences)).toMatch(
          /^global +unchanged\ndev-stage1 +changed {2}1 added\ndev-stage2 +changed {2}2 added, 1 removed\ndev-stage3 +unchanged\n4 stacks, 2 changed /,
        );
        return planEnvironments(programs, props);
      });
      expect(planOf(speculative, "dev-stage1").speculation).toBeUndefined();
      expect(planOf(speculative, "dev-stage2").speculation).toMatchObject({
        attributes: 1,
        resources: 1,
        waitsFor: [{ stack: "dev-stage1" }],
      });
      const third = planOf(speculative, "dev-stage3");
      expect(third.speculation).toMatchObject({ attributes: 1, waitsFor: [{ stack: "dev-stage2" }] });
      // What an upstream keeps is known: the queue reads it, and does not change.
      expect([...third.changes.keys()]).toEqual(["aws_sqs_queue.Tiers"]);
    },
    10 * MINUTE,
  );

  it(
    "is planned the same once what is upstream is applied, with the unknowns filled in",
    async () => {
      await up("dev-stage1");
      const fresh = await against(planEnvironments);
      expect([...planOf(fresh, "dev-stage1").changes.keys()]).toEqual([]);
      expect(planOf(fresh, "dev-stage2").speculation).toBeUndefined();
      expect(surprises(planOf(speculative, "dev-stage2").changes, planOf(fresh, "dev-stage2").changes)).toEqual([]);
      await up("dev-stage3");
    },
    20 * MINUTE,
  );
});

describe("a database that goes", () => {
  it(
    "is blocked until the pull request allows that very address, and somebody else approves",
    async () => {
      commit({ tiers: ["node", "db", "utility"], database: false }, "no database");
      await against(async (programs, props) => {
        const plans = await planEnvironments(programs, props);
        const report = (approval: typeof NO_APPROVAL) => {
          const [found] = reportsOn(programs, plans, { ...props, approval });
          if (found === undefined) throw new Error("there must be a report");
          return found;
        };
        const blocked = report(NO_APPROVAL);
        const threatened = blocked.guard.judged.map(({ finding, state }) => [finding.type, finding.threat, state]);
        expect(threatened).toEqual([
          ["aws_db_instance", "destroy", "blocked"],
          ["aws_db_subnet_group", "destroy", "blocked"],
        ]);
        expect(blocked.failures).not.toEqual([]);

        const github = await startGithub();
        const addresses = blocked.guard.judged.map(({ finding }) => finding.address);
        const allowances = addresses.map((address) => `allow-destroy: dev-stage1:${address} its data moved away`);
        const pull = github.open({ body: allowances.join("\n") });
        const client = clientOf(github);
        const unapproved = report(await readApproval(client, 7, pull.head));
        expect(unapproved.guard.outcome).toBe("blocked");
        github.label(pull, "grace");
        const allowed = report(await readApproval(client, 7, pull.head));
        expect(allowed.guard).toMatchObject({
          outcome: "passes",
          judged: [{ state: "allowed", by: "grace" }, { state: "allowed" }],
        });
        expect(allowed.failures).toEqual([]);

        const marker = planMarker("dev");
        const { text: body } = renderMarkdown(allowed, { before: [marker] });
        await expect(upsertComment(client, 7, { marker, body })).resolves.toMatchObject({ kind: "created" });
        await expect(upsertComment(client, 7, { marker, body })).resolves.toMatchObject({ kind: "unchanged" });
        expect(pull.comments.map((comment) => comment.body)).toEqual([body]);
        for (const address of addresses) expect(body).toContain(address);
      });
    },
    10 * MINUTE,
  );

  it("leaves no checkout, no copy of a state and no plan behind", () => {
    expect(execFileSync("ls", [path.join(repository, ".cache/plan")], { encoding: "utf8" })).toBe("");
    expect(
      execFileSync("git", ["worktree", "list"], { cwd: repository, encoding: "utf8" }).trim().split("\n"),
    ).toHaveLength(1);
    expect(readFileSync(path.join(repository, ".gitignore"), "utf8")).toContain(".cache");
  });
});
