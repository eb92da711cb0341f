import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";

/** Plays what lies outside the sandbox: accounts, clusters, proxies, registries. It refuses everything, and keeps what it heard. */
export interface Outside {
  /** Its address. */
  readonly url: string;
  /** First lines of all requests so far; a connection without one counts, too. */
  readonly heard: string[];
  /** Ends it. */
  close(): void;
}

/** Starts the outside. */
export async function startOutside(): Promise<Outside> {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(`${request.method ?? ""} ${request.headers.host ?? ""} ${request.url ?? ""}`);
    response.writeHead(403).end();
  });
  server.on("connection", () => heard.push("a connection"));
  server.on("connect", (request, socket) => {
    heard.push(`CONNECT ${request.url ?? ""}`);
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    heard,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/**
 * Environment under which whatever leaves this machine ends at the outside: Go and Python by their proxy, Node.js by code that is loaded
 * before the program.
 * @param folder - where that code is written
 */
export function leadingTo({ url }: Outside, folder: string): Readonly<Record<string, string>> {
  const file = path.join(folder, "outside.cjs");
  writeFileSync(
    file,
    `const net = require("node:net");
const { connect } = net.Socket.prototype;
const outside = new URL(${JSON.stringify(url)});
net.Socket.prototype.connect = function (...args) {
  const [options] = Array.isArray(args[0]) ? args[0] : args;
  const host = options?.host ?? "127.0.0.1";
  if (options?.path || /^(127\\.|localhost$|::1$)/.test(host)) return connect.apply(this, args);
  return connect.call(this, { host: outside.hostname, port: Number(outside.port) });
};
`,
  );
  return { HTTPS_PROXY: url, HTTP_PROXY: url, NODE_OPTIONS: `--require ${file}` };
}
