import { createServer, type Server as PlainServer } from "node:http";
import { request, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { clusterToken } from "../../../lambdas/etl-launcher/token";
import { checkSettings } from "../../../lambdas/etl-launcher/settings";
import {
  authenticate,
  startAuthenticator,
  type AuthenticatorSettings,
} from "../../../tools/control-plane/authenticator";
import { newAuthority } from "../../lambdas/etl-launcher/certificate";
import { CREDENTIALS } from "../../lambdas/etl-launcher/fake-cluster";

const NOW = new Date("2026-11-23T12:00:00Z");
const CLUSTER = "k8s.dev.opsdx.io";
const ARN = "arn:aws:sts::123456789012:assumed-role/launcher/session";
const authority = newAuthority("test");

const SETTINGS: AuthenticatorSettings = {
  clusterId: CLUSTER,
  accountId: "123456789012",
  identityMappings: [{ roleName: "launcher", username: "etl-launcher", groups: ["opsdx:etl-launchers"] }],
  callers: {
    kind: "keys",
    keys: [
      { accessKeyId: CREDENTIALS.AWS_ACCESS_KEY_ID, secretAccessKey: CREDENTIALS.AWS_SECRET_ACCESS_KEY, arn: ARN },
    ],
  },
};

/** A token as the launcher makes it. */
function token(changed: Record<string, string> = {}, now = NOW): Promise<string> {
  const settings = checkSettings({
    ...CREDENTIALS,
    CLUSTER_ENDPOINT: "https://api.k8s.dev.opsdx.io",
    CLUSTER_ID: CLUSTER,
    CLUSTER_CA: Buffer.from(authority.certificate).toString("base64"),
    NAMESPACE: "etl",
    METRIC_NAMESPACE: "OpsDX/ETL",
    ENVIRONMENT: "dev",
    ...changed,
  });
  return clusterToken(settings, now);
}

/** A good token with its URL changed. */
async function tampered(change: (url: URL) => void): Promise<string> {
  const url = new URL(Buffer.from((await token()).slice("k8s-aws-v1.".length), "base64url").toString());
  change(url);
  return `k8s-aws-v1.${Buffer.from(url.href).toString("base64url")}`;
}

const decide = (text: string, now = NOW) => authenticate(text, SETTINGS, now);
const after = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

describe("authenticate", () => {
  it("accepts the launcher's token", async () => {
    await expect(decide(await token())).resolves.toEqual({
      username: "etl-launcher",
      groups: ["opsdx:etl-launchers"],
      extra: { arn: [ARN], sessionName: ["session"] },
    });
  });

  it("accepts it while it is valid, and no longer", async () => {
    const text = await token();
    await expect(decide(text, after(60))).resolves.toMatchObject({ username: "etl-launcher" });
    await expect(decide(text, after(61))).rejects.toThrow("the token expired 1 seconds ago");
    await expect(decide(text, after(-901))).rejects.toThrow("signed in the future");
  });

  it("refuses what was signed for another cluster, or with another secret", async () => {
    const refusal = `the token's signature is not one for the cluster ${CLUSTER}`;
    await expect(decide(await token({ CLUSTER_ID: "k8s.prod.opsdx.io" }))).rejects.toThrow(refusal);
    await expect(decide(await token({ AWS_SECRET_ACCESS_KEY: "another" }))).rejects.toThrow(refusal);
  });

  it("refuses a key that it does not know", async () => {
    await expect(decide(await token({ AWS_ACCESS_KEY_ID: "AKIAI44QH8DHBEXAMPLE" }))).rejects.toThrow(
      "the access key AKIAI44QH8DHBEXAMPLE is not known",
    );
  });

  const parameter = (name: string, value: string) => (url: URL) => url.searchParams.set(name, value);
  it.each<[string, (url: URL) => void, string]>([
    ["another host", (url) => (url.host = "sts.us-east-1.amazonaws.com.example.com"), "is not one of STS"],
    ["another service", (url) => (url.host = "iam.amazonaws.com"), "is not one of STS"],
    ["plain HTTP", (url) => (url.protocol = "http:"), "is not one of STS"],
    ["a path", (url) => (url.pathname = "/x"), "is not one of STS"],
    ["another action", parameter("Action", "AssumeRole"), "is not for GetCallerIdentity"],
    ["an unknown parameter", parameter("RoleArn", "x"), "has the parameter RoleArn"],
    [
      "a repeated parameter",
      (url) => url.searchParams.append("Action", "GetCallerIdentity"),
      "has the parameter Action twice",
    ],
    ["no signed cluster", parameter("X-Amz-SignedHeaders", "host"), "does not sign host and x-k8s-aws-id"],
    ["no date", (url) => url.searchParams.delete("X-Amz-Date"), "has no date"],
    ["too long a life", parameter("X-Amz-Expires", "3600"), "is not for at most 900 seconds"],
    ["no life", parameter("X-Amz-Expires", ""), "is not for at most 900 seconds"],
    [
      "another service's credential",
      parameter("X-Amz-Credential", "AKIAIOSFODNN7EXAMPLE/20261123/us-east-1/s3/aws4_request"),
      "credential is not one for STS",
    ],
    ["a longer life than signed", parameter("X-Amz-Expires", "61"), "signature is not one"],
    ["a signature of another length", parameter("X-Amz-Signature", "ab"), "signature is not one"],
    ["no signature", (url) => url.searchParams.delete("X-Amz-Signature"), "signature is not one"],
  ])("refuses %s", async (_, change, refusal) => {
    await expect(decide(await tampered(change))).rejects.toThrow(refusal);
  });

  it.each(["", "a.b.c", "k8s-aws-v1.", "k8s-aws-v1.bm90IGEgVVJM"])("refuses %p", async (text) => {
    await expect(decide(text)).rejects.toThrow(/does not start with k8s-aws-v1\.|holds no URL/);
  });
});

describe("authenticate with an emulator", () => {
  let sts: PlainServer;
  let received: { authorization?: string; cluster?: string | string[]; action?: string | null };
  let answer: { status: number; body: string };
  let emulated: AuthenticatorSettings;

  beforeAll(async () => {
    sts = createServer(({ headers, url = "" }, response) => {
      const { searchParams } = new URL(url, "http://sts");
      received = {
        authorization: headers.authorization,
        cluster: headers["x-k8s-aws-id"],
        action: searchParams.get("Action"),
      };
      response.writeHead(answer.status).end(answer.body);
    });
    await new Promise<void>((resolve) => sts.listen(0, "127.0.0.1", resolve));
    const { port } = sts.address() as AddressInfo;
    emulated = { ...SETTINGS, callers: { kind: "sts", endpoint: `http://127.0.0.1:${port}` } };
  });
  afterAll(() => sts.close());

  it("asks it in the caller's name, as a header, which is what it looks at", async () => {
    answer = { status: 200, body: `<GetCallerIdentityResult><Arn>${ARN}</Arn></GetCallerIdentityResult>` };
    await expect(authenticate(await token(), emulated, NOW)).resolves.toMatchObject({ username: "etl-launcher" });
    expect(received).toMatchObject({ cluster: CLUSTER, action: "GetCallerIdentity" });
    expect(received.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/20261123\/us-east-1\/sts\/aws4_request, SignedHeaders=host;x-k8s-aws-id, Signature=[0-9a-f]{64}$/,
    );
  });

  it("refuses when it refuses, or says nothing of a caller", async () => {
    answer = { status: 403, body: "<Arn>no</Arn>" };
    await expect(authenticate(await token(), emulated, NOW)).rejects.toThrow("STS answered HTTP 403");
    answer = { status: 200, body: "" };
    await expect(authenticate(await token(), emulated, NOW)).rejects.toThrow("STS answered HTTP 200");
  });
});

describe("startAuthenticator", () => {
  let server: Server;
  let lines: string[];
  let settings = SETTINGS;

  beforeAll(async () => {
    const { certificate, key } = authority.issue();
    const write = (line: string): number => lines.push(line);
    server = await startAuthenticator({ port: 0, certificate, key, settings: () => settings, write });
  });
  afterAll(() => server.close());
  beforeEach(() => {
    lines = [];
    settings = SETTINGS;
  });

  async function ask(
    body: unknown,
    method = "POST",
    path = "/authenticate",
  ): Promise<{ status?: number; body: unknown }> {
    const { port } = server.address() as AddressInfo;
    return await new Promise((resolve, reject) => {
      const call = request({ host: "127.0.0.1", port, path, method, ca: authority.certificate }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({ status: response.statusCode, body: JSON.parse(Buffer.concat(chunks).toString()) as unknown }),
        );
      });
      call.on("error", reject);
      call.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  }
  const review = (text: string) => ({
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenReview",
    spec: { token: text },
  });

  it("answers a review with the user", async () => {
    const now = new Date();
    await expect(ask(review(await token({}, now)))).resolves.toEqual({
      status: 200,
      body: {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenReview",
        status: {
          authenticated: true,
          user: {
            username: "etl-launcher",
            groups: ["opsdx:etl-launchers"],
            extra: { arn: [ARN], sessionName: ["session"] },
          },
        },
      },
    });
    expect(lines).toEqual([`accepted ${ARN} as etl-launcher of opsdx:etl-launchers`]);
  });

  it("answers a review with why not, and goes by changed settings at once", async () => {
    const text = await token({}, new Date());
    settings = { ...SETTINGS, identityMappings: [] };
    await expect(ask(review(text))).resolves.toMatchObject({
      status: 200,
      body: { status: { authenticated: false, error: `${ARN} is not mapped to a user` } },
    });
    expect(lines.join()).toBe(`refused: ${ARN} is not mapped to a user`);
  });

  it("refuses everything while it cannot read its settings", async () => {
    const broken = jest.fn<AuthenticatorSettings, []>(() => {
      throw new Error("no such file");
    });
    const { certificate, key } = authority.issue();
    const other = await startAuthenticator({
      port: 0,
      certificate,
      key,
      settings: broken,
      write: (line) => lines.push(line),
    });
    const former = server;
    server = other;
    const answer = await ask(review(await token({}, new Date())));
    server = former;
    other.close();
    expect(answer.body).toMatchObject({ status: { authenticated: false, error: "no such file" } });
    expect(lines).toEqual(["could not decide: no such file"]);
  });

  it("takes no other request", async () => {
    await expect(ask("nonsense")).resolves.toMatchObject({ status: 400 });
    await expect(ask({ apiVersion: "v1", kind: "Pod" })).resolves.toMatchObject({
      status: 400,
      body: { error: "not a TokenReview" },
    });
    await expect(ask(review("x".repeat(200_000)))).resolves.toMatchObject({ status: 400 });
    await expect(ask("", "GET", "/healthz")).resolves.toEqual({ status: 200, body: { status: "ok" } });
    expect(lines).toEqual([]);
  });
});
