import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import execa from "execa";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { awsClient, awsFault } from "../../../tools/aws/client";
import { isUnreached } from "../../../tools/next-step";
import { DEV } from "../etl/fake-aws";
import { at, CALLS } from "./calls";
import { BadServer, type Manner } from "./servers";

let server: BadServer;
const start = async (manner: Manner): Promise<void> => {
  server = await BadServer.start(manner);
};
afterEach(() => server.stop());

/** What a call throws, and the milliseconds that it took. */
async function failing(call: () => Promise<unknown>): Promise<{ error: Error; took: number }> {
  const began = performance.now();
  const error = await call().then(
    () => new Error("it was answered"),
    (reason: unknown) => reason as Error,
  );
  return { error, took: performance.now() - began };
}

const LIMITS = { connect: 200, silence: 150, whole: 700 };

describe.each(Object.entries(CALLS))("%s", (service, call) => {
  it.each(["silent", "half"] as const)("a %s address ends by silence, at each attempt", async (manner) => {
    await start(manner);
    const { error, took } = await failing(() => call(server.url, { ...LIMITS, whole: 20_000 }));
    expect(error.message).toMatch(
      new RegExp(`^no whole answer from ${service} at ${server.url} within \\d\\.\\d s( \\(.*\\))?$`),
    );
    expect(isUnreached(error)).toBe(true);
    expect(took).toBeLessThan(15_000);
  });

  it("a slow address ends by the limit of the whole, and nothing of it goes on", async () => {
    await start("slow");
    const { error, took } = await failing(() => call(server.url, LIMITS));
    expect(error.message).toBe(`no whole answer from ${service} at ${server.url} within 0.7 s`);
    expect(took).toBeGreaterThan(600);
    expect(took).toBeLessThan(6_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(server.open).toBe(0);
  });
});

// In a process of its own: here the SDK wraps the errors of Node.js, which come from outside of jest's own realm.
it("an answer that is cut off is none", async () => {
  await start("cut");
  const { stdout } = await execa(process.execPath, ["--import", "tsx", require.resolve("./calls"), server.url]);
  expect(stdout.split("\n")).toEqual(
    Object.keys(CALLS).map(
      (service) =>
        expect.stringMatching(
          new RegExp(
            `^${service}: no whole answer from ${service} at ${server.url} within \\d\\.\\d s \\(Error: aborted\\)$`,
          ),
        ) as string,
    ),
  );
});

it("a clock that is wrong is told as that", () => {
  const words = "Signature expired: 20261129T030000Z is now earlier than 20261129T040000Z (20261129T041500Z - 15 min.)";
  const error = Object.assign(new Error(words), { name: "SignatureDoesNotMatch" });
  expect(awsFault("The queue q", "read", error, DEV).message).toBe(
    `The queue q cannot be read: SignatureDoesNotMatch: ${words}. The clock of this machine is wrong: set it, and repeat the command`,
  );
});

it("credentials that are never found are told, with the way to sign in", async () => {
  await start("silent");
  const settings = { ...at(server.url), credentials: () => new Promise<never>(() => undefined) };
  const client = awsClient(STSClient, settings, { ...LIMITS, whole: 300 });
  const { error } = await failing(() => client.send(new GetCallerIdentityCommand({})));
  expect(awsFault("The queue q", "read", error, DEV).message).toBe(
    "The queue q cannot be read: CredentialsProviderError: no credentials for STS were found within 0.3 s. " +
      "Sign in to account 444455556666 (`aws sso login --profile <profile>`, `export AWS_PROFILE=<profile>`)",
  );
  expect(server.connections).toBe(0);
});

it("credentials that nobody hands out are told with the reason", async () => {
  await start("silent");
  const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:9911"), { code: "ECONNREFUSED" });
  const client = awsClient(STSClient, { ...at(server.url), credentials: () => Promise.reject(refused) }, LIMITS);
  const { error } = await failing(() => client.send(new GetCallerIdentityCommand({})));
  expect(awsFault("The queue q", "read", error, DEV).message).toMatch(
    /no credentials for STS were found within 0\.\d s \(Error: connect ECONNREFUSED 127\.0\.0\.1:9911\)\. Nothing answers/,
  );
});

it("an answer to its end is the SDK's own, a stream of it as text, and a connection is used again", async () => {
  await start("silent");
  const sockets = new Set<unknown>();
  const good = createServer((request, response) => {
    sockets.add(request.socket);
    response.end("state: ü");
  });
  await new Promise<void>((resolve) => good.listen(0, "127.0.0.1", resolve));
  const settings = { ...at(`http://127.0.0.1:${(good.address() as AddressInfo).port}`), forcePathStyle: true };
  const s3 = awsClient(S3Client, settings, LIMITS);
  try {
    for (const Key of ["one", "two", "three"]) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: "b", Key }));
      expect(await Body?.transformToString()).toBe("state: ü");
    }
    expect(sockets.size).toBe(1);
  } finally {
    s3.destroy();
    good.close();
  }
});

it("an error that is an answer stays what it is", async () => {
  await start("silent");
  const refusing = createServer((_request, response) => {
    response.writeHead(404, { "content-type": "application/json", "x-amzn-errortype": "ResourceNotFoundException" });
    response.end("{}");
  });
  await new Promise<void>((resolve) => refusing.listen(0, "127.0.0.1", resolve));
  const client = awsClient(LambdaClient, at(`http://127.0.0.1:${(refusing.address() as AddressInfo).port}`), LIMITS);
  try {
    await expect(client.send(new InvokeCommand({ FunctionName: "f" }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  } finally {
    client.destroy();
    refusing.close();
  }
});
