import { readApproval } from "../../../tools/github/approval";
import { person, type FakeGithub, type FakePull } from "./server";
import { clientOf, refused, startGithub, stopGithub } from "./support";

const ADDRESS = 'aws_db_instance.Databases_db_Resource_1A2B3C["a b"]';
const ALLOWED = `allow-destroy: dev-stage1:${ADDRESS} the new one is restored from its last snapshot`;
let github: FakeGithub;

beforeEach(async () => {
  github = await startGithub();
});
afterEach(stopGithub);

const read = (planned?: string) => readApproval(clientOf(github), 7, planned);

/** Opens a pull request with an allowance, which grace approves once `meanwhile` is done. */
function approved(meanwhile: (pull: FakePull) => void = () => undefined, by = "grace"): FakePull {
  const pull = github.open({ body: `A bigger database.\n\n${ALLOWED}\n` });
  meanwhile(pull);
  github.label(pull, by);
  return pull;
}

describe("what a pull request allows", () => {
  it("counts when somebody who may stands for it", async () => {
    const pull = approved();
    expect(await read(pull.head)).toEqual({
      allowances: [{ stack: "dev-stage1", address: ADDRESS, reason: "the new one is restored from its last snapshot" }],
      approvedBy: "grace",
      refusals: [],
    });
  });

  it("is nothing where nothing is said: few calls, no refusal", async () => {
    github.open({ body: "Nothing is destroyed. We never allow-destroyed anything." });
    expect(await read()).toEqual({ allowances: [], refusals: [] });
    expect(github.calls).toEqual(["POST /graphql"]);
  });

  it("counts for nothing without the label, and the label without an allowance", async () => {
    const pull = github.open({ body: ALLOWED });
    expect(await read()).toMatchObject({
      allowances: [{ address: ADDRESS }],
      refusals: [expect.stringMatching(/^Nobody approved the allowances: .* must set the label destroy-approved\.$/)],
    });
    github.edit(pull, "");
    github.label(pull, "grace");
    expect(await read()).toEqual({
      allowances: [],
      refusals: [
        "The label destroy-approved approves nothing: the description has no line `allow-destroy: <stack>:<address> <reason>`.",
      ],
    });
  });
});

describe("what stands in the description", () => {
  const lines = async (body: string) => {
    github.open({ body });
    const { allowances, refusals } = await read();
    return { allowed: allowances.map(({ stack = "", address }) => `${stack}:${address}`), refusals };
  };

  it.each([
    "allow-destroy: dev-stage1:aws_eip.Nat the address is given back",
    "- allow-destroy: dev-stage1:aws_eip.Nat the address is given back",
    "  `allow-destroy: dev-stage1:aws_eip.Nat the address is given back`",
    "```\r\nallow-destroy:dev-stage1:aws_eip.Nat   the address is given back\r\n```",
    "Allow-Destroy: dev-stage1:aws_eip.Nat the address is given back",
  ])("is an allowance: %j", async (body) => {
    expect((await lines(body)).allowed).toEqual(["dev-stage1:aws_eip.Nat"]);
  });

  it("has addresses with brackets and quotes, exactly", async () => {
    const addresses = ["aws_eip.Nat[0]", 'aws_eip.Nat["us-east-1a"]', 'module.x["a] b"].aws_eip.Nat["\\"]"]'];
    const body = addresses.map((address) => `allow-destroy: s:${address} it is given back`).join("\n");
    expect((await lines(body)).allowed).toEqual(addresses.map((address) => `s:${address}`));
  });

  it.each([
    ["allow-destroy: aws_eip.Nat the address is given back", "it must read"],
    ["allow-destroy dev-stage1:aws_eip.Nat the address is given back", "it must read"],
    ["allow-destroy: dev-stage1:aws_eip.* the address is given back", "it must read"],
    ["allow-destroy: dev-stage1:aws_eip.N\u200bat the address is given back", "it must read"],
    ["allow-destroy: dev-stage1:aws_eip", "it must read"],
    ["allow-destroy: all of it, please", "it must read"],
    ["allow-destroy:", "it must read"],
    ["allow-destroy: dev-stage1:aws_eip.Nat", "after the address it must say why"],
    ["allow-destroy: dev-stage1:aws_eip.Nat  ... ok", "after the address it must say why"],
  ])("is refused, by its line: %j", async (body, why) => {
    const { allowed, refusals } = await lines(body);
    expect(allowed).toEqual([]);
    expect(refusals).toEqual([expect.stringContaining(`The line "${body.trim()}" allows nothing: ${why}`)]);
  });

  it("is nothing where nobody sees it: in comments, whole or without an end", async () => {
    const line = "allow-destroy: dev-stage1:aws_eip.Nat the address is given back";
    expect(await lines(`<!--\n${line}\n-->\ntext\n<!-- ${line}\n${line}`)).toEqual({ allowed: [], refusals: [] });
  });
});

describe("an approval does not count", () => {
  /** What is refused, in one sentence; the allowances are told all the same. */
  const why = async (planned?: string): Promise<string> => {
    const { allowances, approvedBy, refusals } = await read(planned);
    expect(allowances).toHaveLength(1);
    expect(approvedBy).toBeUndefined();
    return refusals.join("\n");
  };
  const SET = "The label destroy-approved, set by";

  it("of who opened the pull request", async () => {
    approved(undefined, "linus");
    expect(await why()).toContain(
      `${SET} linus, does not count: linus opened the pull request. Someone else must set it.`,
    );
  });

  it("of who wrote or committed any of it, or pushed any of it under another's name", async () => {
    approved((pull) => {
      github.push(pull, "grace");
      github.push(pull, "linus");
    });
    expect(await why()).toBe(
      `${SET} grace, does not count: grace wrote some of its commits. Someone else must set it.\n` +
        `${SET} grace, does not count: grace pushed to its branch. Someone else must set it.`,
    );
    github.pulls.get(7)?.commits.forEach((commit) => Object.assign(commit, { author: null, committer: null }));
    expect(await why()).toBe(`${SET} grace, does not count: grace pushed to its branch. Someone else must set it.`);
  });

  it("does of who pushed to an older branch of the name", async () => {
    const older = github.open();
    github.push(older, "grace");
    const pull = github.open({ body: ALLOWED });
    github.label(pull, "grace");
    expect((await read()).approvedBy).toBe("grace");
  });

  it.each([
    ["triss", "read"],
    ["mallory", "none"],
  ])("of %s, who has the permission %s", async (login, permission) => {
    approved(undefined, login);
    expect(await why()).toBe(
      `${SET} ${login}, does not count: approving takes the right to write to the repository, and ${login} has ${permission}.`,
    );
  });

  it("of a program", async () => {
    github.permissions.set("github-actions[bot]", "admin");
    approved(undefined, "github-actions[bot]");
    expect(await why()).toContain("a program approves nothing");
  });

  it("of another commit: what is pushed later, whatever dates its commits have", async () => {
    const pull = approved();
    github.push(pull, "linus", "force_push");
    expect(await why()).toMatch(
      /c+[0-9a-f]* was pushed after it \(2026-11-29T12:00:03Z\)\. Take the label destroy-approved off/,
    );
    github.label(pull, "grace", "destroy-approved", "unlabeled");
    github.label(pull, "grace");
    expect((await read()).approvedBy).toBe("grace");
  });

  it("when the branch goes back to a commit that was approved", async () => {
    const pull = approved();
    const first = pull.head;
    github.push(pull, "linus");
    Object.assign(github.activities[0] ?? {}, { after: first });
    pull.head = first;
    expect(await why(first)).toContain("was pushed after it");
  });

  it("of a description that was edited later", async () => {
    const pull = approved();
    github.edit(pull, `${ALLOWED}\nallow-destroy: prod-stage1:aws_db_instance.Other another one, while we are at it`);
    const { allowances, approvedBy, refusals } = await read();
    expect([allowances.length, approvedBy]).toEqual([2, undefined]);
    expect(refusals.join()).toContain("the description was edited after it (2026-11-29T12:00:03Z)");
  });

  it("in the very second of a push or an edit: nobody can tell which came first", async () => {
    const pull = approved();
    const label = pull.timeline.at(-1);
    pull.editedAt = label?.created_at ?? null;
    expect(await why()).toContain("edited after it");
    pull.editedAt = null;
    Object.assign(github.activities[0] ?? {}, { timestamp: label?.created_at });
    expect(await why()).toContain("pushed after it");
  });

  it("when the plan is of another commit than the newest", async () => {
    const pull = approved();
    expect(await why("d".repeat(40))).toMatch(
      new RegExp(`the plan is of ddddddd, and the pull request is at ${pull.head.slice(0, 7)}`),
    );
  });

  it("when the pull request got another base", async () => {
    const pull = approved();
    const [id, created_at] = [github.nextId(), github.tick()];
    pull.timeline.push({ id, event: "base_ref_changed", actor: person("linus"), created_at });
    expect(await why()).toContain("the pull request got another base after it");
  });

  it("as long as GitHub does not list the push", async () => {
    const pull = approved();
    pull.head = "e".repeat(40);
    expect(await why()).toContain("GitHub does not tell yet when eeeeeee was pushed. Run the job again in a minute.");
  });

  it("in a fork, and with more commits than GitHub lists", async () => {
    const pull = approved();
    pull.fork = true;
    expect(await why()).toContain("the branch stands in a fork");
    pull.fork = false;
    const [commit] = pull.commits;
    if (commit !== undefined) pull.commits.push(...Array<typeof commit>(260).fill(commit));
    expect(await why()).toContain("more than 250 commits");
  });

  it("when nobody knows who set it", async () => {
    const pull = approved();
    pull.timeline.splice(0);
    expect(await why()).toContain("GitHub does not tell who set the label");
    github.label(pull, "grace");
    Object.assign(pull.timeline[0] ?? {}, { actor: null });
    expect(await why()).toContain("GitHub does not tell who set the label");
  });

  it("of one person when another set it last, in whichever order they are listed", async () => {
    const pull = approved();
    github.label(pull, "linus", "destroy-approved", "unlabeled");
    github.label(pull, "linus");
    expect(await why()).toContain("linus opened the pull request");
    pull.timeline.reverse();
    expect(await why()).toContain("linus opened the pull request");
  });

  it("finds who set it on any page of a long timeline", async () => {
    const pull = github.open({ body: ALLOWED });
    for (let count = 0; count < 120; count += 1) github.label(pull, "linus", "bug");
    github.label(pull, "grace");
    expect((await read()).approvedBy).toBe("grace");
    expect(github.calls.filter((call) => call.endsWith("/timeline"))).toHaveLength(2);
  });
});

describe("what cannot be read", () => {
  it("is a pull request that is not there", async () => {
    expect((await refused(read())).message).toBe(
      "the pull request must be one of octo/cloud that the token may see, got #7",
    );
  });

  it("is told with the right that the token lacks", async () => {
    approved();
    const less = (rights: object) => {
      github.tokens.set("ghs_less", { login: "github-actions[bot]", rights });
      return refused(readApproval(clientOf(github, "ghs_less"), 7));
    };
    expect((await less({})).message).toMatch(/^could not read the pull request #7: GitHub says: .*lacks a right/);
    expect((await less({ pull_requests: "read" })).message).toMatch(
      /^could not read who pushed to bigger-db: .*lacks this right: contents=read$/,
    );
    expect((await less({ pull_requests: "read", contents: "read" })).message).toMatch(/metadata=read$/);
  });

  it("is never taken for an approval: GitHub that fails is an error", async () => {
    approved();
    github.fail("GET activity", { status: 500, body: { message: "boom" } }, 9);
    expect((await refused(read())).message).toContain("could not read who pushed to bigger-db: GitHub says: boom");
  });
});
