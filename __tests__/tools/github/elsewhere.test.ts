import { planMarker, upsertComment } from "../../../tools/github/comment";
import { alsoChanged, alsoChangedText, stacksLine } from "../../../tools/github/elsewhere";
import type { FakeGithub } from "./server";
import { clientOf, startGithub, stopGithub } from "./support";

const BOT = "github-actions[bot]";
let github: FakeGithub;

beforeEach(async () => {
  github = await startGithub();
});
afterEach(stopGithub);

/** What a comment on a plan begins with. */
const plan = (environment: string, ...stacks: string[]): string =>
  `${planMarker(environment)}\n${stacksLine(stacks)}\nPlan`;

it("tells which other open pull requests change the same stacks", async () => {
  github.open();
  await upsertComment(clientOf(github), 7, { marker: planMarker("dev"), body: plan("dev", "dev-stage1") });
  const other = github.open({ number: 41, branch: "a" });
  github.comment(other, BOT, plan("dev", "dev-stage1", "dev-stage3"));
  github.comment(other, BOT, plan("prod", "prod-stage1"));
  github.comment(github.open({ number: 40, branch: "b" }), BOT, plan("dev", "dev-stage1"));
  github.comment(github.open({ number: 42, branch: "c", state: "closed" }), BOT, plan("dev", "dev-stage1"));
  github.comment(github.open({ number: 43, branch: "d" }), "linus", plan("dev", "dev-stage1"));
  github.comment(github.open({ number: 44, branch: "e" }), BOT, `${planMarker("dev")}\nPlan, without the line`);
  const found = await alsoChanged(clientOf(github), 7, ["dev-stage1", "dev-stage2", "prod-stage1"]);
  expect(found).toEqual({ "dev-stage1": [40, 41], "prod-stage1": [41] });
  expect(alsoChangedText(found)).toBe(
    "Other open pull requests change the same: `dev-stage1` (#40, #41), `prod-stage1` (#41).",
  );
});

it("asks nothing where nothing changes", async () => {
  github.open();
  expect(await alsoChanged(clientOf(github), 7, [])).toEqual({});
  expect(github.calls).toEqual([]);
  expect(alsoChangedText({})).toBe("");
});
