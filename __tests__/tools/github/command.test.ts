import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { ExplainedError } from "../../../config/explained-error";
import { loadConfig } from "../../../config/load";
import { githubCommand } from "../../../tools/github/command";
import { script } from "../kops/support";

const config = loadConfig();
const repository = { ...config.global, repository: "octo/cloud", repositoryIds: { owner: 12, repository: 34 } };
const IMMUTABLE = {
  use_default: false,
  include_claim_keys: ["repo", "context", "job_workflow_ref"],
  use_immutable_subject: true,
  sub_claim_prefix: "repo:octo@12/cloud@34",
};
const UNTOUCHED = { use_default: true, use_immutable_subject: false, sub_claim_prefix: "repo:octo/cloud" };

interface World {
  /** What GitHub says of the shape. */
  readonly template?: unknown;
  /** What GitHub says of the repository. */
  readonly about?: unknown;
  /** What gh does instead. */
  readonly instead?: string;
  /** Ids in the configuration. */
  readonly ids?: { readonly owner: number; readonly repository: number };
}

/** Runs a command against a `gh` that answers as GitHub does: what is put is what it says from then on. */
async function run(words: string, world: World = {}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), "gh-"));
  const about = world.about ?? { id: 34, full_name: "octo/cloud", owner: { id: 12, login: "octo" } };
  writeFileSync(path.join(folder, "about"), JSON.stringify(about));
  writeFileSync(path.join(folder, "template"), JSON.stringify(world.template ?? IMMUTABLE));
  writeFileSync(path.join(folder, "calls"), "");
  script(
    path.join(folder, "gh"),
    world.instead ??
      `cd "$(dirname "$0")"; echo "$*" >> calls
       case "$*" in
         *"--method PUT"*) echo '${JSON.stringify(IMMUTABLE)}' > template;;
         *customization/sub*) cat template;;
         *) cat about;;
       esac`,
  );
  const print = jest.spyOn(console, "log").mockImplementation(() => undefined);
  const ids = "ids" in world ? world.ids : repository.repositoryIds;
  try {
    const command = githubCommand({
      load: () => ({ ...config, global: { ...repository, repositoryIds: ids } }),
      env: { PATH: `${folder}:/usr/bin:/bin` },
    });
    const error: unknown = await command.parseAsync(["subject", ...words.split(" ")], { from: "user" }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return {
      out: print.mock.calls.map(([text]) => String(text)).join("\n"),
      calls: readFileSync(path.join(folder, "calls"), "utf8").trim().split("\n"),
      message: error instanceof Error ? error.message : "",
      code: error instanceof ExplainedError ? error.exitCode : (process.exitCode ?? 0),
    };
  } finally {
    print.mockRestore();
    process.exitCode = 0;
  }
}

describe("opsdx github subject check", () => {
  it("is content when GitHub sends what the roles trust, and only asks", async () => {
    const { out, calls, code } = await run("check");
    expect(out).toBe("octo/cloud sends the subject that the roles trust.");
    expect(code).toBe(0);
    expect(calls.filter((call) => call.includes("--method"))).toEqual([]);
  });

  it("names all that differs, with what mends it", async () => {
    const { out, code } = await run("check", { template: UNTOUCHED, ids: { owner: 12, repository: 35 } });
    expect(out.split("\n")).toEqual([
      "config/global.ts: repositoryIds must be { owner: 12, repository: 34 }, got { owner: 12, repository: 35 }. Then: npx cdktf deploy global",
      "GitHub: subject must be repo, context, job_workflow_ref, got GitHub's own shape. Then: npx opsdx github subject set",
      "GitHub: ids in the subject must be yes, got no. Then: npx opsdx github subject set",
    ]);
    expect(code).toBe(1);
  });

  it("tells the ids where the configuration has none", async () => {
    const { out } = await run("check", { ids: undefined });
    expect(out).toBe(
      "config/global.ts: repositoryIds must be { owner: 12, repository: 34 }, got none. Then: npx cdktf deploy global",
    );
  });

  it("knows subjects with ids by their prefix, too, and claims in another order as another subject", async () => {
    const template = { ...IMMUTABLE, use_immutable_subject: false };
    expect((await run("check", { template })).code).toBe(0);
    const reversed = { ...IMMUTABLE, include_claim_keys: ["job_workflow_ref", "context", "repo"] };
    expect((await run("check", { template: reversed })).out).toContain("got job_workflow_ref, context, repo");
  });

  it("tells a repository that was renamed", async () => {
    const { out } = await run("check", { about: { id: 34, full_name: "octo/sky", owner: { id: 12 } } });
    expect(out).toContain("config/global.ts: repository must be octo/sky, got octo/cloud");
  });

  it.each([
    ["echo 'gh: Not Found (HTTP 404)' >&2; exit 1", 1, /HTTP 404.*it takes an administrator/],
    ["echo 'To get started with GitHub CLI, please run:  gh auth login' >&2; exit 4", 2, /Sign in: gh auth login/],
    ["echo '<html>'", 1, /answered at repos\/octo\/cloud what it does not document/],
  ])("says what is wrong when gh does %j", async (instead, code, words) => {
    const answer = await run("check", { instead });
    expect(answer.message).toMatch(words);
    expect(answer.code).toBe(code);
  });
});

describe("opsdx github subject set", () => {
  it("makes one call, and looks again", async () => {
    const { out, calls, code } = await run("set", { template: UNTOUCHED });
    expect(code).toBe(0);
    expect(calls.filter((call) => call.includes("--method PUT"))).toEqual([
      "api --method PUT -H Accept: application/vnd.github+json -H X-GitHub-Api-Version: 2022-11-28 repos/octo/cloud/actions/oidc/customization/sub -F use_default=false -F use_immutable_subject=true -f include_claim_keys[]=repo -f include_claim_keys[]=context -f include_claim_keys[]=job_workflow_ref",
    ]);
    expect(calls).toHaveLength(5);
    expect(out).toContain("got GitHub's own shape");
    expect(out).toMatch(/Set\. Jobs of octo\/cloud that start from now on send it\.$/);
  });

  it("changes nothing where nothing differs, or where the configuration is wrong", async () => {
    expect((await run("set")).calls).toHaveLength(2);
    const wrong = await run("set", { template: UNTOUCHED, ids: undefined });
    expect(wrong.calls).toHaveLength(2);
    expect([wrong.code, wrong.message]).toEqual([2, expect.stringContaining("Nothing was changed.")]);
  });

  it("prints the call with --dry-run, and where there is no gh", async () => {
    const call = "gh api --method PUT -H 'Accept: application/vnd.github+json' ";
    const dry = await run("set --dry-run");
    expect(dry.out.startsWith(call)).toBe(true);
    expect(dry.calls).toEqual([""]);
    const command = githubCommand({ env: { PATH: "/nowhere" } });
    await expect(command.parseAsync(["subject", "check"], { from: "user" })).rejects.toThrow(
      "gh must be on the PATH, got nothing. Install it (https://cli.github.com), or run this where it is: gh api -H",
    );
  });
});
