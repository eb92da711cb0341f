import { mkdtempSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { githubClient } from "../../../tools/github/client";
import { githubPlace } from "../../../tools/github/place";

const HEAD = "0123456789abcdef0123456789abcdef01234567";

/** The environment of a job, with the file of its event. */
function job(event: unknown): NodeJS.ProcessEnv {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), "event-")), "event.json");
  writeFileSync(file, typeof event === "string" ? event : JSON.stringify(event));
  return {
    GITHUB_ACTIONS: "true",
    GITHUB_API_URL: "https://github.example/api/v3",
    GITHUB_SERVER_URL: "https://github.example",
    GITHUB_REPOSITORY: "octo/cloud",
    GITHUB_TOKEN: "ghs_x",
    GITHUB_RUN_ID: "77",
    GITHUB_STEP_SUMMARY: "/tmp/summary",
    GITHUB_EVENT_PATH: file,
  };
}

const pull = (from: string | null) => ({
  pull_request: { number: 7, head: { sha: HEAD, repo: from === null ? null : { full_name: from } } },
});
const props = { repository: "else/where" };

it("is read from the environment of Actions", () => {
  expect(githubPlace(props, job(pull("Octo/Cloud")))).toEqual({
    apiUrl: "https://github.example/api/v3",
    serverUrl: "https://github.example",
    owner: "octo",
    repo: "cloud",
    token: "ghs_x",
    pullRequest: 7,
    head: HEAD,
    fork: false,
    queued: false,
    inActions: true,
    summaryFile: "/tmp/summary",
    runUrl: "https://github.example/octo/cloud/actions/runs/77",
  });
});

it("knows a fork, and one that is gone", () => {
  expect(githubPlace(props, job(pull("mallory/cloud"))).fork).toBe(true);
  expect(githubPlace(props, job(pull(null))).fork).toBe(true);
});

it("knows the pull request that the merge queue adds last, whose head is not what is checked out", () => {
  const head_ref = `refs/heads/gh-readonly-queue/main/pr-104-${HEAD}`;
  expect(githubPlace(props, job({ merge_group: { head_ref } }))).toMatchObject({
    pullRequest: 104,
    fork: false,
    queued: true,
  });
  expect(githubPlace(props, job({ merge_group: { head_ref } })).head).toBeUndefined();
});

it("is said on a laptop: the repository by the configuration, the pull request by a number", () => {
  expect(githubPlace({ ...props, pullRequest: 9 }, { GH_TOKEN: "ghp_y", GITHUB_TOKEN: "" })).toEqual({
    apiUrl: "https://api.github.com",
    serverUrl: "https://github.com",
    owner: "else",
    repo: "where",
    token: "ghp_y",
    pullRequest: 9,
    head: undefined,
    fork: false,
    queued: false,
    inActions: false,
    summaryFile: undefined,
    runUrl: undefined,
  });
  expect(githubPlace({ ...props, pullRequest: 9 }, job(pull("mallory/cloud")))).toMatchObject({ fork: false });
});

it("is of no pull request after a push to main", () => {
  expect(githubPlace(props, job({ ref: "refs/heads/main" })).pullRequest).toBeUndefined();
});

it.each(["not JSON", { pull_request: { number: "seven" } }])("refuses an event that is none: %j", (event) => {
  expect(() => githubPlace(props, job(event))).toThrow("GITHUB_EVENT_PATH must be the file of a GitHub event, got");
});

it("refuses a repository that is none, and asking without a token", () => {
  expect(() => githubPlace({ repository: "cloud" }, {})).toThrow('must be <owner>/<name>, got "cloud"');
  expect(() => githubClient(githubPlace(props, {}))).toThrow("GITHUB_TOKEN must be set, to ask GitHub. In a workflow:");
});
