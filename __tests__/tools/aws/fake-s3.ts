import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What a request is answered with. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Body; for an error of S3 see {@link fault}. @default - none */
  readonly body?: string;
}

/** Who the server says that everybody is. */
export const CALLER = "arn:aws:sts::111122223333:assumed-role/ada/session";

/** An error as S3 words it. */
export function fault(status: number, code: string, message: string, more = ""): Answer {
  return {
    status,
    body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`,
  };
}

const IDENTITY = `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${CALLER}</Arn><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;

/**
 * For a file of tests: this process's AWS is a server on loopback, which says who signed in, and answers the rest as the test says.
 */
export function useFakeS3(): { answer: (request: IncomingMessage) => Answer } {
  const server: ReturnType<typeof useFakeS3> = { answer: () => ({ status: 500 }) };
  const before = { ...process.env };
  const http = createServer((request, response) => {
    const isSts = request.method === "POST" && request.url === "/";
    const { status, headers = {}, body } = isSts ? { status: 200, body: IDENTITY } : server.answer(request);
    request.resume().on("end", () => response.writeHead(status, headers).end(body));
  });
  beforeAll(async () => {
    for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) Reflect.deleteProperty(process.env, name);
    await once(http.listen(0, "127.0.0.1"), "listening");
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: "key",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_MAX_ATTEMPTS: "1",
    });
  });
  afterAll(() => {
    http.closeAllConnections();
    http.close();
    process.env = before;
  });
  return server;
}
