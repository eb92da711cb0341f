import { COMMENT_LIMIT, planMarker, upsertComment } from "../../../tools/github/comment";
import { secondaryLimit, type FakeGithub } from "./server";
import { clientOf, refused, startGithub, stopGithub } from "./support";

const MARKER = planMarker("dev");
const BOT = "github-actions[bot]";
const OPENED = "read the pull request #7";
let github: FakeGithub;

beforeEach(async () => {
  github = await startGithub();
});
afterEach(stopGithub);

const write = (body: string, client = clientOf(github)) => upsertComment(client, 7, { marker: MARKER, body });

describe("the comment", () => {
  it("is written once, edited in place, and left alone when it says the same", async () => {
    const pull = github.open();
    expect(await write("one")).toEqual({ kind: "created", url: pull.comments[0]?.html_url });
    expect((await write("two")).kind).toBe("edited");
    const before = github.writes.length;
    expect((await write("two")).kind).toBe("unchanged");
    expect(github.writes).toHaveLength(before);
    expect(pull.comments.map(({ body, user }) => [body, user?.login])).toEqual([[`${MARKER}\ntwo`, BOT]]);
  });

  it("may have its marker already", async () => {
    const pull = github.open();
    await write(`${MARKER}\none`);
    expect((await write("one")).kind).toBe("unchanged");
    expect(pull.comments[0]?.body).toBe(`${MARKER}\none`);
  });

  it("is one for each environment, found on any page", async () => {
    const pull = github.open();
    github.comment(pull, BOT, `${planMarker("prod")}\nprod`);
    for (let count = 0; count < 130; count += 1) github.comment(pull, "linus", "why?");
    github.comment(pull, BOT, `${MARKER}\nold`);
    expect((await write("new")).kind).toBe("edited");
    expect(github.calls.filter((call) => call.endsWith("/comments"))).toHaveLength(2);
    expect(pull.comments.filter(({ user }) => user?.login === BOT).map(({ body }) => body)).toEqual([
      `${planMarker("prod")}\nprod`,
      `${MARKER}\nnew`,
    ]);
  });

  it("is never another's, whatever that one looks like, nor one of its own that only quotes the marker", async () => {
    const pull = github.open();
    github.comment(pull, "linus", `${MARKER}\nnothing is destroyed`);
    github.comment(pull, "ada", `${MARKER}\nnothing either`);
    github.comment(pull, BOT, `The marker is ${MARKER}`);
    expect((await write("one")).kind).toBe("created");
    expect(pull.comments).toHaveLength(4);
    expect((await write("hers", clientOf(github, "ghp_ada"))).kind).toBe("edited");
    expect(pull.comments.map(({ body }) => body?.replace(MARKER, "M"))).toEqual([
      "M\nnothing is destroyed",
      "M\nhers",
      "The marker is M",
      "M\none",
    ]);
  });

  it("is written as Actions' own author where GraphQL names none", async () => {
    const pull = github.open();
    github.viewerForApps = false;
    github.comment(pull, BOT, `${MARKER}\nold`);
    expect((await write("new")).kind).toBe("edited");
  });

  it("is one when two runs write at once, and has the text of who came second", async () => {
    const pull = github.open();
    github.before("POST comments", () => github.comment(pull, BOT, `${MARKER}\nfirst`));
    expect((await write("second")).kind).toBe("edited");
    expect(pull.comments.map(({ body }) => body)).toEqual([`${MARKER}\nsecond`]);
  });

  it("is one when two real runs race", async () => {
    const pull = github.open();
    const outcomes = await Promise.all([write("one"), write("two")]);
    expect(pull.comments).toHaveLength(1);
    expect(outcomes.map(({ kind }) => kind)).toContain("created");
  });

  it("is the oldest of those that runs left which were killed", async () => {
    const pull = github.open();
    for (const text of ["a", "b", "c"]) github.comment(pull, BOT, `${MARKER}\n${text}`);
    const [oldest] = pull.comments;
    expect((await write("d")).kind).toBe("edited");
    expect(pull.comments).toEqual([{ ...oldest, body: `${MARKER}\nd`, updated_at: expect.any(String) as string }]);
  });

  it("is written anew when somebody deletes it between the look and the edit", async () => {
    const pull = github.open();
    github.comment(pull, BOT, `${MARKER}\nold`);
    github.before("PATCH comments", () => pull.comments.splice(0));
    expect((await write("new")).kind).toBe("created");
    expect(pull.comments.map(({ body }) => body)).toEqual([`${MARKER}\nnew`]);
  });

  it("stays as it was on a closed pull request", async () => {
    const pull = github.open({ state: "closed" });
    github.comment(pull, BOT, `${MARKER}\nwhat was decided on`);
    expect(await write("new")).toEqual({ kind: "left", reason: "the pull request #7 is closed" });
    expect(github.writes).toEqual([]);
  });

  it("says that a conversation is locked; who may write to the repository still can", async () => {
    const pull = github.open({ locked: true });
    expect(await write("new")).toEqual({ kind: "left", reason: "the conversation of #7 is locked" });
    expect((await write("new", clientOf(github, "ghp_ada"))).kind).toBe("created");
    expect(pull.comments).toHaveLength(1);
  });

  it("has no more characters than GitHub takes", async () => {
    const pull = github.open();
    const room = COMMENT_LIMIT - MARKER.length - 1;
    expect((await write("x".repeat(room))).kind).toBe("created");
    expect(pull.comments[0]?.body).toHaveLength(COMMENT_LIMIT);
    expect((await refused(write("x".repeat(room + 1)))).message).toContain("65536 characters at most");
  });
});

describe("GitHub that fails", () => {
  it("is asked again: after one failure, and when it puts everybody off", async () => {
    const pull = github.open();
    github.fail("GET comments", { status: 502, body: { message: "Server Error" } });
    github.fail("POST comments", secondaryLimit(3));
    expect((await write("one")).kind).toBe("created");
    expect(pull.comments).toHaveLength(1);
    expect(github.calls.filter((call) => call === "POST /repos/octo/cloud/issues/7/comments")).toHaveLength(2);
  });

  it("may have written before it failed: still there is one comment", async () => {
    const pull = github.open();
    github.before("POST comments", () => {
      github.comment(pull, BOT, `${MARKER}\none`);
      github.fail("POST comments", { status: 502, body: { message: "Server Error" } });
    });
    // The write that is done and answered with a failure is done again.
    await write("one");
    expect(pull.comments.map(({ body }) => body)).toEqual([`${MARKER}\none`]);
  });

  it("is not waited for longer than a job lasts", async () => {
    github.open();
    github.fail("POST comments", secondaryLimit(3_600), 9);
    const { message } = await refused(write("one"));
    expect(message).toContain("Too much was asked of it: repeat the command in some minutes");
    expect(github.calls.filter((call) => call.startsWith("POST /repos"))).toHaveLength(1);
  });

  it("that stays down is named, with what helps", async () => {
    github.open();
    github.fail("GET issues/7", { status: 503, body: { message: "Service Unavailable" } }, 9);
    expect((await refused(write("one"))).message).toBe(
      `could not ${OPENED}: GitHub says: Service Unavailable (HTTP 503). It was asked several times. See https://www.githubstatus.com, and repeat the command`,
    );
    expect(github.calls).toHaveLength(4);
  });

  it("that nobody reaches is told apart from one that refuses", async () => {
    github.open();
    const client = clientOf(github);
    await stopGithub();
    const { message } = await refused(write("one", client));
    expect(message).toMatch(new RegExp(`^could not ${OPENED}: .*ECONNREFUSED.*Is the network on, and the VPN\\?`));
  });

  it("that does not answer ends with its time", async () => {
    github.open();
    github.fail("GET issues/7", { status: 200, body: {}, late: true }, 9);
    const { message } = await refused(write("one", clientOf(github, "ghs_actions", 50)));
    expect(message).toMatch(new RegExp(`^could not ${OPENED}: .*time.*Nothing answers`, "i"));
  });

  it.each([
    ["wrong", undefined, /Bad credentials.*\(HTTP 401\). The token is wrong, or its time is over/],
    ["no rights", {}, /\(HTTP 403\).*or the token lacks this right: issues=read; pull_requests=read$/],
    [
      "may read only",
      { pull_requests: "read" },
      /could not comment.*lacks this right: issues=write; pull_requests=write$/,
    ],
  ] as const)("says what a token lacks that is %s", async (_, rights, words) => {
    github.open();
    if (rights !== undefined) github.tokens.set("ghs_less", { login: BOT, rights });
    expect((await refused(write("one", clientOf(github, "ghs_less")))).message).toMatch(words);
  });

  it("knows no such pull request", async () => {
    expect((await refused(write("one"))).message).toMatch(
      /could not read the pull request #7: .*\(HTTP 404\). Either it is not there in octo\/cloud, or the token lacks/,
    );
  });
});
