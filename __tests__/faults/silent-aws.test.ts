import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import execa from "execa";
import { PROJECT_ROOT } from "../../tools/files";
import { BadServer } from "../tools/aws/servers";

let server: BadServer;
let home: string;
beforeEach(async () => {
  server = await BadServer.start("silent");
  home = mkdtempSync(path.join(tmpdir(), "silent-aws-"));
});
afterEach(async () => {
  await server.stop();
  rmSync(home, { recursive: true });
});

/** The command line, where AWS is the silent address; one attempt, so that it ends by its first limit. */
function opsdx(...words: readonly string[]): execa.ExecaChildProcess {
  const child = execa(process.execPath, [path.join(PROJECT_ROOT, "tools/bin/opsdx.mjs"), ...words], {
    reject: false,
    extendEnv: false,
    env: {
      PATH: "/usr/bin:/bin",
      HOME: home,
      NO_COLOR: "1",
      AWS_ENDPOINT_URL: server.url,
      AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
      AWS_SECRET_ACCESS_KEY: "example",
      AWS_MAX_ATTEMPTS: "1",
    },
  });
  void child.then(() => undefined);
  return child;
}

/** Two limits and some: the program starts, asks and ends in it on a busy machine. */
const LIMIT_MS = 75_000;

it("a command ends where AWS does not answer, and says who, where and for how long", async () => {
  const began = performance.now();
  const [launch, status] = await Promise.all([opsdx("etl", "launch", "dev", "epic2op"), opsdx("etl", "status", "dev")]);
  const said =
    /The account that you are signed in to cannot be found out: TimeoutError: no whole answer from STS at (\S+) within \d\d s\. Nothing answers\. Is the network on, and the VPN\?/;
  expect(said.exec(launch.stderr)?.[1]).toBe(server.url);
  expect(said.exec(status.stdout.replace(/\s+/g, " "))?.[1]).toBe(server.url);
  expect([launch.exitCode, status.exitCode]).toEqual([1, 1]);
  expect(performance.now() - began).toBeLessThan(LIMIT_MS);
});

it.each(["SIGINT", "SIGTERM"] as const)("a command that has begun nothing ends on the spot with %s", async (signal) => {
  const run = opsdx("etl", "logs", "dev", "epic2op", "--follow");
  while (server.connections === 0) await delay(20);
  const began = performance.now();
  run.kill(signal);
  expect((await run).signal).toBe(signal);
  expect(performance.now() - began).toBeLessThan(10_000);
});
