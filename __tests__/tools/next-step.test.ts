import { readdirSync, readFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import path from "node:path";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { awsFault } from "../../tools/aws/client";
import { UsageError } from "../../tools/command-error";
import { PROJECT_ROOT } from "../../tools/files";
import { deployCommand, diffCommand, errorWords, isUnreached, reach } from "../../tools/next-step";

const ACCOUNT = { environment: "dev", id: "111122223333", region: "us-east-1" };
const STEP = "Nothing answers. Is the network on, and the VPN? Then repeat the command";

/** What AWS' client throws where an account should answer. */
async function thrownBy(endpoint: string): Promise<unknown> {
  const client = new STSClient({
    region: "us-east-1",
    endpoint,
    maxAttempts: 1,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 100, throwOnRequestTimeout: true },
  });
  const answer = await client.send(new GetCallerIdentityCommand({})).catch((error: unknown) => error);
  client.destroy();
  return answer;
}

describe("where nobody answers", () => {
  let silent: Server;
  beforeAll(async () => {
    silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => silent.close());

  const port = (): number => (silent.address() as AddressInfo).port;
  it.each([
    ["a name that is not known", () => "http://nowhere.invalid", /ENOTFOUND|EAI_AGAIN/],
    ["a refused connection", () => "http://127.0.0.1:1", /ECONNREFUSED/],
    ["an answer that does not come", () => `http://127.0.0.1:${port()}`, /TimeoutError/],
  ])("%s: AWS' fault names the cause and the next step", async (_what, endpoint, cause) => {
    const { message } = awsFault("The queue q", "read", await thrownBy(endpoint()), ACCOUNT);
    expect(message).toMatch(/^The queue q cannot be read: /);
    expect(message).toMatch(cause);
    expect(message.endsWith(`. ${STEP}`)).toBe(true);
  });

  it("several attempts at once count, and are told", () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED ::1:80"), { code: "ECONNREFUSED" });
    const both = new AggregateError([refused, new Error("connect ECONNREFUSED 127.0.0.1:80")]);
    expect(isUnreached(both)).toBe(true);
    expect(errorWords(both)).toBe(
      "AggregateError: Error: connect ECONNREFUSED ::1:80; Error: connect ECONNREFUSED 127.0.0.1:80",
    );
    expect(isUnreached(new TypeError("fetch failed", { cause: refused }))).toBe(true);
  });

  it("an answer is none, whatever it says", () => {
    expect(isUnreached(new Error("AccessDenied: not yours"))).toBe(false);
    expect(isUnreached(new UsageError("--since must be a time"))).toBe(false);
    expect(isUnreached("ECONNREFUSED")).toBe(false);
  });
});

it("in a shell of the sandbox the next step is the sandbox's command", () => {
  const env = { OPSDX_SANDBOX: "/tmp/sandbox" };
  expect([deployCommand("dev-stage3", env), diffCommand("dev-stage3", env), reach(env)]).toEqual([
    "npx opsdx sandbox up dev-stage3",
    "npx opsdx sandbox diff dev-stage3",
    "Nothing answers. See what the sandbox does: npx opsdx sandbox status",
  ]);
  const cloud = { OPSDX_SANDBOX: "" };
  expect([deployCommand("dev-stage3", cloud), diffCommand("dev-stage3", cloud), reach(cloud)]).toEqual([
    "npx cdktf deploy dev-stage3 --ignore-missing-stack-dependencies",
    "npx cdktf diff dev-stage3",
    STEP,
  ]);
});

it("what is not deployed is deployed by the command that works here", () => {
  const missing = Object.assign(new Error("no such function"), { name: "ResourceNotFoundException" });
  const { OPSDX_SANDBOX: before } = process.env;
  try {
    process.env["OPSDX_SANDBOX"] = "/tmp/sandbox";
    expect(awsFault("The function f", "invoked", missing, ACCOUNT).message).toBe(
      "The function f is not there. Deploy it: npx opsdx sandbox up dev-stage3",
    );
  } finally {
    if (before === undefined) delete process.env["OPSDX_SANDBOX"];
    else process.env["OPSDX_SANDBOX"] = before;
  }
});

it("no command of tools/ writes a hint for the cdktf CLI by itself", () => {
  const folder = path.join(PROJECT_ROOT, "tools");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const own = files.filter((name) =>
    /npx cdktf (deploy|diff|destroy) (\$\{|<env>|global)/.test(readFileSync(path.join(folder, name), "utf8")),
  );
  expect(files.length).toBeGreaterThan(80);
  expect(own).toEqual([]);
});
