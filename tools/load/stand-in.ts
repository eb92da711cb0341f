import { once } from "node:events";
import { createServer } from "node:http";

/** A server that stands in for the web service in the sandbox. */
export interface StandIn {
  /** Its address. */
  readonly url: string;
  /** Ends it. */
  close(): Promise<void>;
}

/** Milliseconds that an answer takes. */
const ANSWER_MS = 5;

/** Starts a server on a free port of this machine that answers whatever it is asked: the sandbox has no pods. */
export async function startStandIn(): Promise<StandIn> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      setTimeout(() => {
        response.setHeader("content-type", "application/json");
        response.end('{"standIn":true}');
      }, ANSWER_MS);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { readonly port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
