import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Commits } from "../../../tools/plan/commits";
import { Children } from "../../../tools/terraform/children";

const env = {
  PATH: process.env["PATH"],
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "A",
  GIT_AUTHOR_EMAIL: "a@example.org",
  GIT_COMMITTER_NAME: "A",
  GIT_COMMITTER_EMAIL: "a@example.org",
};

/** A clone with a main branch of two commits, and a branch off the first with one more. */
class Clone {
  public readonly root = mkdtempSync(path.join(tmpdir(), "clone-"));
  public readonly first: string;

  public constructor() {
    this.git("init", "--quiet", "--initial-branch=main");
    this.first = this.commit("one", "first");
    this.commit("one", "second");
    this.git("checkout", "--quiet", "-b", "branch", this.first);
    this.commit("two", "on the branch");
  }

  public git(...args: string[]): string {
    return execFileSync("git", args, { cwd: this.root, env, encoding: "utf8" }).trim();
  }

  public commit(file: string, text: string): string {
    writeFileSync(path.join(this.root, file), text);
    this.git("add", ".");
    this.git("commit", "--quiet", "-m", text);
    return this.git("rev-parse", "HEAD");
  }
}

describe("Commits", () => {
  const clone = new Clone();
  const commits = new Commits(clone.root, env);
  const checkout = <T>(commit: string, work: (directory: string) => Promise<T>) => {
    const folder = path.join(mkdtempSync(path.join(tmpdir(), "base-")), "checkout");
    return commits.checkedOut({ commit, folder, children: new Children(), say: () => undefined }, work);
  };

  it("compares with where the branch left main, not with what others merged since", async () => {
    await expect(commits.compare()).resolves.toEqual({
      ref: "main",
      base: clone.first,
      head: clone.git("rev-parse", "HEAD"),
      uncommitted: [],
    });
    await expect(commits.compare("HEAD~1")).resolves.toMatchObject({ ref: "HEAD~1", base: clone.first });
  });

  it("tells what is not committed", async () => {
    writeFileSync(path.join(clone.root, "three"), "new");
    const { uncommitted } = await commits.compare();
    clone.git("clean", "--quiet", "--force");
    expect(uncommitted).toEqual(["?? three"]);
  });

  it.each([
    ["nowhere", /--base must name a commit of this clone, got "nowhere"\. Get it: git fetch origin nowhere$/],
    ["origin/main", /git fetch origin main$/],
    ["--help", /got "--help"/],
  ])("refuses the unknown base %s and says how to get it", async (ref, message) => {
    await expect(commits.compare(ref)).rejects.toThrow(message);
  });

  it("says of a shallow clone that it is one", async () => {
    const shallow = mkdtempSync(path.join(tmpdir(), "shallow-"));
    clone.git("clone", "--quiet", "--depth=1", `file://${clone.root}`, shallow);
    await expect(new Commits(shallow, env).compare("main")).rejects.toThrow(
      /shallow: git fetch --unshallow.*fetch-depth: 0/,
    );
  });

  it("says of histories that never meet that they do not", async () => {
    const other = new Clone();
    other.git("checkout", "--quiet", "--orphan", "strange");
    other.commit("four", "of its own");
    await expect(new Commits(other.root, env).compare("main")).rejects.toThrow(/must share a commit with HEAD/);
  });

  it("says of a folder that is no clone that it is none", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "none-"));
    await expect(new Commits(folder, { ...env, GIT_CEILING_DIRECTORIES: folder }).compare()).rejects.toThrow(
      /must be a git clone/,
    );
  });

  it("checks base out beside the work tree with the work tree's packages, and leaves nothing behind", async () => {
    mkdirSync(path.join(clone.root, "node_modules"), { recursive: true });
    const seen = await checkout(clone.first, (directory) =>
      Promise.resolve([
        readFileSync(path.join(directory, "one"), "utf8"),
        readlinkSync(path.join(directory, "node_modules")),
        directory,
      ]),
    );
    expect(seen.slice(0, 2)).toEqual(["first", path.join(clone.root, "node_modules")]);
    expect(existsSync(seen[2] ?? "")).toBe(false);
    expect(clone.git("worktree", "list").split("\n")).toHaveLength(1);
  });

  it("leaves nothing behind when the work fails, either", async () => {
    await expect(checkout(clone.first, () => Promise.reject(new Error("no synth")))).rejects.toThrow("no synth");
    expect(clone.git("worktree", "list").split("\n")).toHaveLength(1);
  });

  it("installs base's own packages where its lock file differs, and says what npm said when it cannot", async () => {
    const other = new Clone();
    other.commit("package-lock.json", "{");
    other.commit("package.json", "{}");
    const base = other.git("rev-parse", "HEAD");
    writeFileSync(path.join(other.root, "package-lock.json"), "{}");
    const said: string[] = [];
    const run = new Commits(other.root, { ...process.env, ...env }).checkedOut(
      {
        commit: base,
        folder: path.join(mkdtempSync(path.join(tmpdir(), "base-")), "checkout"),
        children: new Children(),
        say: (line) => said.push(line),
      },
      () => Promise.resolve(),
    );
    await expect(run).rejects.toThrow(/the packages of base cannot be installed: npm/);
    expect(said).toEqual(["base has other packages: installing them (npm ci)…"]);
  });
});
