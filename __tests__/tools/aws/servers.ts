import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** What a server does with a request. */
export type Manner =
  /** Takes the connection, and says nothing. */
  | "silent"
  /** Begins an answer, and sends a byte of it now and then, for ever. */
  | "slow"
  /** Begins an answer, and says nothing more. */
  | "half"
  /** Begins an answer, and closes. */
  | "cut";

/** A server on the loopback that answers no request to its end. */
export class BadServer {
  /** Connections that it took. */
  public connections = 0;
  private readonly sockets = new Set<Socket>();
  private readonly timers: NodeJS.Timeout[] = [];

  private constructor(
    private readonly server: Server,
    manner: Manner,
  ) {
    server.on("connection", (socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => this.sockets.delete(socket));
      if (manner === "silent") return;
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{");
        if (manner === "cut") socket.end();
        if (manner === "slow") this.timers.push(setInterval(() => socket.write(" "), 20));
      });
    });
  }

  public static async start(manner: Manner): Promise<BadServer> {
    const server = createServer();
    const bad = new BadServer(server, manner);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return bad;
  }

  public get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  public get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Connections that are open. */
  public get open(): number {
    return this.sockets.size;
  }

  public async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
