import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { once } from "node:events";
import { RefusedError } from "../../config/explained-error";

/** Only programs of this machine reach it. */
export const LOOPBACK = "127.0.0.1";

/** Path of the file that tells a browser which hosts go through the proxy. */
export const PAC_PATH = "/proxy.pac";

/** Settings of {@link startProxy}. */
export interface ProxyProps {
  /** Port that it listens on; 0 takes a free one. */
  readonly port: number;
  /** Hosts that it leads to; it refuses every other. */
  readonly hosts: readonly string[];
  /** Port of this machine at which the entrance answers. */
  readonly tunnelPort: number;
}

/**
 * Starts a proxy for browsers that leads some hosts through a tunnel, byte by byte: TLS, with the name that is asked for and the
 * certificate that answers, stays between the browser and the entrance (docs/decisions/0036-open-by-session-manager.md).
 * @throws RefusedError when the port is taken
 */
export async function startProxy({ hosts, port, tunnelPort }: ProxyProps): Promise<Server> {
  const server = createServer(({ url }, response) => {
    if (url === PAC_PATH) {
      const { port: own } = server.address() as { readonly port: number };
      response.setHeader("content-type", "application/x-ns-proxy-autoconfig");
      response.end(pac(hosts, own));
    } else {
      response.writeHead(404).end();
    }
  });
  server.on("connect", ({ url = "" }, client) => {
    client.on("error", () => client.destroy());
    if (!hosts.some((host) => url === `${host}:443`)) {
      client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      return;
    }
    const tunnel = connect(tunnelPort, LOOPBACK, () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      tunnel.pipe(client).pipe(tunnel);
    });
    tunnel.on("error", () => client.destroy());
    client.on("close", () => tunnel.destroy());
    tunnel.on("close", () => client.destroy());
  });
  server.listen(port, LOOPBACK);
  await once(server, "listening").catch((error: unknown) => {
    throw new RefusedError(`--port must be a free port, got ${port}: ${(error as Error).message}`);
  });
  return server;
}

function pac(hosts: readonly string[], port: number): string {
  return `function FindProxyForURL(url, host) {
  return ${JSON.stringify(hosts)}.indexOf(host) >= 0 ? "PROXY ${LOOPBACK}:${port}" : "DIRECT";
}
`;
}

/** A port of this machine that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, "listening");
  const { port } = server.address() as { readonly port: number };
  server.close();
  await once(server, "close");
  return port;
}
