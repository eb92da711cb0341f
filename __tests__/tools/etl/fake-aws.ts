import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { AwsAccount } from "../../../tools/aws/client";

/** The account of dev. */
export const DEV: AwsAccount = { environment: "dev", id: "444455556666", region: "us-east-1" };

/** What an API of AWS answers. */
export interface AwsAnswer {
  /** @default 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request that arrived. */
export interface AwsRequest {
  readonly line: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** An API of AWS on the loopback, for what the emulator can't do or does not look at. The SDK finds it by its usual variables. */
export class FakeAws {
  /** The answers to come; the last one stays. */
  public answers: AwsAnswer[] = [];
  public readonly asked: AwsRequest[] = [];
  private readonly before = { ...process.env };

  private constructor(private readonly server: Server) {}

  public static async start(): Promise<FakeAws> {
    const server = createServer();
    const fake = new FakeAws(server);
    server.on("request", (request: IncomingMessage, response) => {
      void textOf(request).then((body) => {
        fake.asked.push({ line: `${request.method ?? ""} ${request.url ?? ""}`, headers: request.headers, body });
        const answer = (fake.answers.length > 1 ? fake.answers.shift() : fake.answers[0]) ?? { body: "{}" };
        const headers = { "content-type": "application/json", ...answer.headers };
        response.writeHead(answer.status ?? 200, headers).end(answer.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
      AWS_SECRET_ACCESS_KEY: "example",
      AWS_MAX_ATTEMPTS: "1",
    });
    return fake;
  }

  public async stop(): Promise<void> {
    process.env = this.before;
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
