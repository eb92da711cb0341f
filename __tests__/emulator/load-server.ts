import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** A server on loopback that answers as a test wants it. */
export interface LoadServer {
  readonly url: string;
  /** Requests that it has seen, with their bodies. */
  readonly seen: {
    readonly method: string;
    readonly path: string;
    readonly key: string | undefined;
    readonly body: string;
  }[];
  close(): void;
}

/** @param answer - answers the request of this number, from 1 on */
export async function loadServer(
  answer: (response: ServerResponse, number: number, server: LoadServer) => void,
): Promise<LoadServer> {
  const seen: LoadServer["seen"][number][] = [];
  const server = createServer((request: IncomingMessage, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      seen.push({
        method: request.method ?? "",
        path: request.url ?? "",
        key: request.headers["x-key"]?.toString(),
        body,
      });
      answer(response, seen.length, own);
    });
  });
  const own: LoadServer = {
    url: "",
    seen,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { readonly port: number };
  return Object.assign(own, { url: `http://127.0.0.1:${port}` });
}
