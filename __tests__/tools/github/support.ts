import { githubClient, type GithubClient } from "../../../tools/github/client";
import { githubPlace } from "../../../tools/github/place";
import { FakeGithub } from "./server";

let running: FakeGithub | undefined;

/** A stand-in that ends with its test. */
export async function startGithub(): Promise<FakeGithub> {
  running = await new FakeGithub().start();
  return running;
}

/** Ends what {@link startGithub} started. */
export async function stopGithub(): Promise<void> {
  await running?.stop();
  running = undefined;
}

/** What asks the stand-in, as a job of Actions unless another token is named. Waits are a hundredth of what they are. */
export function clientOf(github: FakeGithub, token = "ghs_actions", limit?: number): GithubClient {
  const env = { GITHUB_API_URL: github.url, GITHUB_TOKEN: token, GITHUB_ACTIONS: "true" };
  return githubClient(githubPlace({ repository: "octo/cloud" }, env), { second: 10, limit });
}

/** What a promise is rejected with; it must be. */
export async function refused(work: Promise<unknown>): Promise<Error> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error("it must be refused");
  return error;
}
