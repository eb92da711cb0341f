import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { readStackState } from "../../../tools/plan/state";

const LOCK = JSON.stringify({
  ID: "7d1c",
  Operation: "OperationTypeApply",
  Who: "ann@host",
  Created: "2026-11-29T03:00:00Z",
  Path: "state",
});
const lock = { id: "7d1c", who: "ann@host", since: "2026-11-29T03:00:00Z", operation: "OperationTypeApply" };

describe("a state in a file", () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), "state-")), "dev-stage1.tfstate");
  const read = () => readStackState({ local: { path: file } }, "1");

  it("is none before the first apply", async () => {
    await expect(read()).resolves.toEqual({ state: undefined, lock: undefined });
    // Terraform makes an empty file when it takes the lock.
    writeFileSync(file, "");
    await expect(read()).resolves.toEqual({ state: undefined, lock: undefined });
  });

  it("is told with who holds its lock", async () => {
    writeFileSync(file, JSON.stringify({ outputs: { a: { value: 1 } } }));
    writeFileSync(path.join(path.dirname(file), ".dev-stage1.tfstate.lock.info"), LOCK);
    await expect(read()).resolves.toEqual({ state: { outputs: { a: { value: 1 } } }, lock });
  });

  it("that is cut is never taken for none", async () => {
    writeFileSync(file, '{"outputs":');
    await expect(read()).rejects.toThrow(/dev-stage1\.tfstate must be whole, and is cut or damaged/);
  });
});

describe("a state in a bucket", () => {
  /** Answers by path: a text, or a code of S3. */
  const answers = new Map<string, string | { readonly status: number; readonly code: string }>();
  const server = createServer(({ url = "" }, response) => {
    const answer = answers.get(new URL(url, "http://s3").pathname) ?? { status: 404, code: "NoSuchKey" };
    if (typeof answer === "string") return void response.end(answer);
    response.writeHead(answer.status, { "content-type": "application/xml" });
    response.end(`<Error><Code>${answer.code}</Code><Message>no</Message></Error>`);
  });
  const before = { ...process.env };
  const backend = { s3: { bucket: "state", key: "dev/dev-stage1.tfstate", region: "us-east-1" } };
  const read = () => readStackState(backend, "111122223333");

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    process.env["AWS_ENDPOINT_URL"] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    process.env["AWS_ACCESS_KEY_ID"] = process.env["AWS_SECRET_ACCESS_KEY"] = "test";
  });
  beforeEach(() => answers.clear());
  afterAll(async () => {
    process.env = before;
    await new Promise((resolve) => server.close(resolve));
  });

  it("is none before the first apply, nor before the bucket", async () => {
    await expect(read()).resolves.toEqual({ state: undefined, lock: undefined });
    answers.set("/state/dev/dev-stage1.tfstate", { status: 404, code: "NoSuchBucket" });
    await expect(read()).resolves.toEqual({ state: undefined, lock: undefined });
  });

  it("is told with who holds its lock", async () => {
    answers.set("/state/dev/dev-stage1.tfstate", '{"resources":[]}');
    answers.set("/state/dev/dev-stage1.tfstate.tflock", LOCK);
    await expect(read()).resolves.toEqual({ state: { resources: [] }, lock });
  });

  it("that may not be read is never taken for none", async () => {
    answers.set("/state/dev/dev-stage1.tfstate", { status: 403, code: "AccessDenied" });
    await expect(read()).rejects.toThrow(
      /^The state s3:\/\/state\/dev\/dev-stage1\.tfstate cannot be read: .* may not \(HTTP 403.*It needs s3:GetObject/,
    );
  });

  it("is read even where its lock may not be", async () => {
    answers.set("/state/dev/dev-stage1.tfstate", '{"resources":[]}');
    answers.set("/state/dev/dev-stage1.tfstate.tflock", { status: 403, code: "AccessDenied" });
    await expect(read()).resolves.toEqual({ state: { resources: [] }, lock: undefined });
  });
});
