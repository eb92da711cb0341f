import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { made } from "./support";

const { inputs } = JSON.parse(String(made().stack.one("aws_ssm_document").body["content"])) as {
  inputs: { shellProfile: { linux: string } };
};

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "sessions-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A session as the agent opens it: a shell that is given the profile, and then what a person types. */
async function open(): Promise<{ shell: ChildProcessWithoutNullStreams; home: string }> {
  const shell = spawn("sh", [], { env: { PATH: process.env["PATH"], TMPDIR: folder } });
  shell.stdin.on("error", () => undefined);
  const said = path.join(folder, "said");
  const before = readdirSync(folder).length;
  shell.stdin.write(`${inputs.shellProfile.linux}\n`);
  // What comes sooner the outer shell would keep.
  while (readdirSync(folder).length === before) await delay(20);
  shell.stdin.write(
    `mkdir -p ~/.aws/sso/cache && echo token > ~/.aws/sso/cache/token && echo "$HOME" > ${said}.new && mv ${said}.new ${said}\n`,
  );
  while (!existsSync(said)) await delay(20);
  const home = readFileSync(said, "utf8").trim();
  rmSync(said);
  return { shell, home };
}

/** Whether it goes within some seconds. */
async function isGone(home: string): Promise<boolean> {
  for (let tries = 0; tries < 100 && existsSync(home); tries++) await delay(100);
  return !existsSync(home);
}

describe("the home of a session", () => {
  it("is its own, and open to nobody else", async () => {
    const [one, other] = [await open(), await open()];
    expect(path.dirname(one.home)).toBe(folder);
    expect(one.home).not.toBe(other.home);
    expect(statSync(one.home).mode & 0o777).toBe(0o700);
    // The end of one leaves the other alone.
    one.shell.stdin.end("exit\n");
    expect(await isGone(one.home)).toBe(true);
    expect(existsSync(path.join(other.home, ".aws/sso/cache/token"))).toBe(true);
    other.shell.stdin.end("exit\n");
    expect(await isGone(other.home)).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
  }, 30_000);

  it("goes with what was signed in to when the agent kills the shell, which runs no trap then", async () => {
    const { home, shell } = await open();
    shell.kill("SIGKILL");
    await once(shell, "exit");
    shell.stdin.end();
    expect(await isGone(home)).toBe(true);
  }, 30_000);
});
