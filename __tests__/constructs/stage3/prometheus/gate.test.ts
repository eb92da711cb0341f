import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import getPort from "get-port";
import { gateConfig } from "../../../../constructs/stage3/prometheus/gate";
import { makeValue } from "../../../../tools/secrets/recipes";

const HOST = "prometheus.dev.opsdx.io";
const nginx = spawnSync("nginx", ["-v"], { encoding: "utf8" });

type Answer = { readonly status: number | undefined; readonly body: string };

// Where nginx is on the PATH: what it takes for a configuration only itself knows.
(nginx.error === undefined ? describe : describe.skip)("the gate, run by nginx", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "gate-"));
  const asked: http.IncomingMessage[] = [];
  const prometheus = http.createServer((request, response) => {
    asked.push(request);
    response.end("what Prometheus answers");
  });
  let gate: ChildProcess;
  let port: number;
  let authority: string;
  let login: { readonly user: string; readonly password: string };

  const file = (name: string, text: string) => writeFileSync(path.join(folder, name), text);

  /** Asks as Grafana does: under the certificate's name, with the authority that it is given. */
  function ask(url: string, auth?: string, method = "GET"): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = https.request(
        {
          host: "127.0.0.1",
          port,
          path: url,
          method,
          ca: authority,
          servername: HOST,
          ...(auth !== undefined && { auth }),
        },
        (response) => {
          let body = "";
          response.on("data", (chunk) => (body += String(chunk)));
          response.on("end", () => resolve({ status: response.statusCode, body }));
        },
      );
      request.on("error", reject);
      request.end();
    });
  }
  const allowed = () => `${login.user}:${login.password}`;

  beforeAll(async () => {
    const made = async (recipe: Parameters<typeof makeValue>[0]) =>
      JSON.parse(await makeValue(recipe, { validDays: 1 })) as Record<string, string>;
    const { ca = "", certificate = "", key = "" } = await made({ kind: "certificate", hosts: [HOST] });
    const { user = "", password = "", bcrypt = "" } = await made({ kind: "htpasswd", user: "grafana" });
    authority = ca;
    login = { user, password };
    file("tls.crt", certificate);
    file("tls.key", key);
    file("htpasswd", `${user}:${bcrypt}`);
    await new Promise<void>((resolve) => prometheus.listen(0, "127.0.0.1", resolve));
    port = await getPort();
    const backend = `127.0.0.1:${(prometheus.address() as AddressInfo).port}`;
    file("nginx.conf", gateConfig({ port, prometheus: backend, tls: folder, web: folder, scratch: folder }));
    // Started as root, it would read as somebody who may not; in the pod nobody is root.
    const directives = `daemon off;${process.getuid?.() === 0 ? " user root;" : ""}`;
    gate = spawn("nginx", ["-c", path.join(folder, "nginx.conf"), "-g", directives], {
      stdio: ["ignore", "pipe", "pipe"],
    });

    let said = "";
    gate.stderr?.on("data", (chunk) => (said += String(chunk)));
    for (let tries = 0; tries < 300; tries++) {
      if (gate.exitCode !== null) throw new Error(`nginx ended: ${said}`);
      if ((await ask("/").catch(() => undefined)) !== undefined) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`nginx does not answer: ${said}`);
  }, 60_000);

  afterAll(() => {
    gate.kill("SIGQUIT");
    prometheus.close();
    rmSync(folder, { recursive: true });
  });

  it("lets in who has the password, and hands it to nobody", async () => {
    expect(await ask("/api/v1/query?query=up", allowed())).toEqual({ status: 200, body: "what Prometheus answers" });
    expect(asked.at(-1)?.url).toBe("/api/v1/query?query=up");
    expect(asked.at(-1)?.headers.authorization).toBeUndefined();
    expect((await ask("/api/v1/query_range", allowed(), "POST")).status).toBe(200);
    expect((await ask("/api/v1/label/job/values", allowed())).status).toBe(200);
  });

  it("keeps everybody else out, and all but reading from everybody", async () => {
    const before = asked.length;
    expect((await ask("/api/v1/query")).status).toBe(401);
    expect((await ask("/api/v1/query", `${login.user}:wrong`)).status).toBe(401);
    expect((await ask("/api/v1/query", allowed(), "DELETE")).status).toBe(403);
    for (const url of ["/", "/metrics", "/-/quit", "/api/v1/admin/tsdb/snapshot", "/api/v1/write", "/federate"]) {
      expect([url, (await ask(url, allowed())).status]).toEqual([url, 404]);
    }
    expect(asked).toHaveLength(before);
  });
});
