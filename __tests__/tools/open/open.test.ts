import { execFile, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { runInNewContext } from "node:vm";
import { loadConfig, type Config } from "../../../config/load";
import { newAuthority } from "../../../tools/certificate-authority";
import { CommandError } from "../../../tools/command-error";
import { openCommand, type OpenCommandProps } from "../../../tools/open/command";
import { freePort } from "../../../tools/open/proxy";

const loaded = loadConfig();
const [dev] = loaded.environments;
/** The project's dev, with Redash on a host of another name, and Grafana. */
const config = {
  ...loaded,
  environments: [{ ...dev, grafana: { host: "grafana" }, redash: { host: "data" }, concourse: undefined }],
} as unknown as Config;

let folder: string;
let printed: string[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "open-"));
  printed = [];
  jest.spyOn(console, "log").mockImplementation((text: string) => void printed.push(text));
  jest.spyOn(console, "error").mockReturnValue();
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

function program(name: string, text: string): void {
  writeFileSync(path.join(folder, name), text);
  chmodSync(path.join(folder, name), 0o755);
}

/** A program that writes down its arguments and its child, and leads a port to another; it does not end when it is asked to. */
function forwarder(name: string, portOf: string, to: number): void {
  program(
    name,
    `#!${process.execPath}
const fs = require("node:fs"), net = require("node:net"), { spawn } = require("node:child_process");
const words = process.argv.slice(2);
if (words[0] === "--version") process.exit(0);
fs.writeFileSync(${JSON.stringify(path.join(folder, `${name}.words`))}, JSON.stringify(words));
fs.writeFileSync(${JSON.stringify(path.join(folder, `${name}.pid`))}, String(process.pid));
fs.writeFileSync(${JSON.stringify(path.join(folder, `${name}.child`))}, String(spawn("/bin/sleep", ["600"]).pid));
process.on("SIGTERM", () => {});
net.createServer((from) => {
  const on = net.connect(${to}, "127.0.0.1");
  from.on("error", () => on.destroy());
  on.on("error", () => from.destroy());
  from.pipe(on).pipe(from);
}).listen(Number(${portOf}), "127.0.0.1");
`,
  );
}
const wordsOf = (name: string): string[] =>
  JSON.parse(readFileSync(path.join(folder, `${name}.words`), "utf8")) as string[];
const childOf = (name: string): string => readFileSync(path.join(folder, `${name}.child`), "utf8");
const SESSION_PORT = 'JSON.parse(words[words.indexOf("--parameters") + 1]).localPortNumber[0]';

const run = (words: readonly string[], props: OpenCommandProps = {}): Promise<unknown> =>
  openCommand({
    load: () => config,
    connect: () => ({
      identity: { who: () => Promise.resolve({ accountId: "444455556666", arn: "arn:aws:iam::1:role/me" }) },
      nodes: { online: (groups) => Promise.resolve(`i-of-${groups.join("-or-")}`) },
    }),
    env: { PATH: folder },
    ...props,
  })
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .parseAsync([...words], { from: "user" });

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(20);
}
const isThere = (pid: string): boolean => spawnSync("kill", ["-0", pid]).status === 0;

/** What a program prints, on both channels. */
function output(file: string, ...args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(file, [...args], (_, stdout, stderr) => resolve(stdout + stderr));
  });
}

/** Whether somebody listens on a port. */
function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}

describe("a service of the entrance", () => {
  let server: https.Server;
  let ca: string;
  const asked: { host: string | undefined; name: unknown }[] = [];
  beforeAll(async () => {
    const authority = await newAuthority("tests", 1);
    const { certificate: cert, key } = await authority.server(["*.dev.opsdx.io"]);
    ca = authority.certificate;
    // What Grafana, Redash and Concourse do: send people to their own full address, with a cookie for TLS only.
    server = https.createServer({ cert, key }, (request, response) => {
      asked.push({
        host: request.headers.host,
        name: (request.socket as { readonly servername?: unknown }).servername,
      });
      response.writeHead(302, { location: "https://data.dev.opsdx.io/login", "set-cookie": "a=b; Secure" }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => server.close());
  beforeEach(() => {
    forwarder("aws", SESSION_PORT, (server.address() as net.AddressInfo).port);
    program("session-manager-plugin", "#!/bin/sh\n");
    writeFileSync(path.join(folder, "ca.pem"), ca);
    asked.length = 0;
  });

  it("answers under its own name and certificate, and an interrupt leaves nothing behind", async () => {
    const port = await freePort();
    const opened = run(["dev", "redash", "--port", String(port)]);
    await Promise.race([opened, until(() => printed.length > 0)]);
    expect(printed[0]).toMatch(/^https:\/\/data\.dev\.opsdx\.io\n/);
    expect(wordsOf("aws").slice(0, -1)).toEqual([
      ...[
        "ssm",
        "start-session",
        "--region",
        "us-east-1",
        "--target",
        "i-of-opsdx-dev-controllers-or-nodes.k8s.dev.opsdx.io",
      ],
      ...["--document-name", "AWS-StartPortForwardingSessionToRemoteHost", "--parameters"],
    ]);
    expect(JSON.parse(wordsOf("aws").at(-1) ?? "")).toMatchObject({ host: ["data.dev.opsdx.io"], portNumber: ["443"] });

    // curl checks name and certificate as a browser does.
    const curl = (...words: readonly string[]) =>
      output("curl", "-sSi", "--proxy", `http://127.0.0.1:${port}`, "--cacert", path.join(folder, "ca.pem"), ...words);
    expect(await curl("https://data.dev.opsdx.io/")).toContain("location: https://data.dev.opsdx.io/login");
    expect(await curl("https://grafana.dev.opsdx.io/")).toContain("302");
    expect(asked.map(({ host, name }) => [host, name])).toEqual([
      ["data.dev.opsdx.io", "data.dev.opsdx.io"],
      ["grafana.dev.opsdx.io", "grafana.dev.opsdx.io"],
    ]);
    expect(await curl("https://elsewhere.example/")).toContain("403");
    expect(await curl("http://data.dev.opsdx.io/")).toContain("404");

    const pac = await output("curl", "-sS", `http://127.0.0.1:${port}/proxy.pac`);
    const proxyFor = (host: string): unknown =>
      runInNewContext(`${pac}; FindProxyForURL("https://${host}/", "${host}")`) as unknown;
    expect(proxyFor("grafana.dev.opsdx.io")).toBe(`PROXY 127.0.0.1:${port}`);
    expect(proxyFor("login.example.com")).toBe("DIRECT");

    const child = childOf("aws");
    expect(isThere(child)).toBe(true);
    process.emit("SIGINT");
    await opened;
    await until(() => !isThere(child));
    expect(await isOpen(port)).toBe(false);
  });

  it("says which program is missing, and where it is had, before it asks AWS", async () => {
    rmSync(path.join(folder, "session-manager-plugin"));
    rmSync(path.join(folder, "aws"));
    const connect = jest.fn();
    const refused = run(["dev", "grafana"], { connect });
    await expect(refused).rejects.toThrow(
      /^aws must be on the PATH.*\nsession-manager-plugin must be on the PATH, got nothing\. Install it: https:/,
    );
    expect(connect).not.toHaveBeenCalled();
  });

  it("tells what the AWS CLI said when the way does not open, and when it breaks", async () => {
    program(
      "aws",
      '#!/bin/sh\n[ "$1" = --version ] || { echo "TargetNotConnected: i-1 is not connected" >&2; exit 254; }\n',
    );
    await expect(run(["dev", "grafana", "--port", String(await freePort())])).rejects.toThrow(
      "the way is closed: aws ended with exit code 254: TargetNotConnected: i-1 is not connected",
    );
    forwarder("aws", SESSION_PORT, 1);
    const broken = run(["dev", "grafana", "--port", String(await freePort())]).catch((error: unknown) => error);
    await until(() => printed.length > 0);
    process.kill(Number(readFileSync(path.join(folder, "aws.pid"), "utf8")), "SIGKILL");
    expect(await broken).toEqual(expect.any(CommandError));
  });

  it("refuses a port that is taken, and credentials of another account", async () => {
    const taken = http.createServer().listen(0, "127.0.0.1");
    await until(() => taken.listening);
    const { port } = taken.address() as net.AddressInfo;
    await expect(run(["dev", "grafana", "--port", String(port)])).rejects.toThrow(
      `--port must be a free port, got ${port}: listen EADDRINUSE`,
    );
    taken.close();
    const elsewhere = { who: () => Promise.resolve({ accountId: "1", arn: "arn" }) };
    const nodes = { online: jest.fn() };
    await expect(run(["dev", "grafana"], { connect: () => ({ identity: elsewhere, nodes }) })).rejects.toThrow(
      "The credentials belong to account 1",
    );
    expect(nodes.online).not.toHaveBeenCalled();
  });

  it("has no nodes in the sandbox", async () => {
    await expect(run(["dev", "grafana"], { env: { OPSDX_SANDBOX: "here", PATH: folder } })).rejects.toThrow(
      "the sandbox has no nodes to lead through",
    );
  });

  it("prints what it would run, and starts nothing", async () => {
    rmSync(path.join(folder, "aws"));
    await run(["dev", "grafana", "--print", "--port", "9443"]);
    const [text = ""] = printed;
    // As a shell reads it.
    program("aws", `#!/bin/sh\n[ "$2" = start-session ] && for word; do echo "<$word>"; done || echo i-7\n`);
    const commands = text.split("\n\n")[0] ?? "";
    const said = await output("/bin/sh", "-c", `PATH=${folder}; ${commands}`);
    expect(said).toContain("<--target>\n<i-7>\n");
    expect(said).toContain('<{"host":["grafana.dev.opsdx.io"],"portNumber":["443"],"localPortNumber":["9443"]}>');
  });
});

describe("what has no login", () => {
  it.each([
    ["prometheus", "k8s-ml", "service/prometheus-prometheus", 9090],
    ["alertmanager", undefined, "service/prometheus-alertmanager", 9093],
  ])("%s is reached with kubectl on the cluster that is named", async (service, cluster, object, servicePort) => {
    const port = await freePort();
    forwarder("kubectl", 'words.at(-1).split(":")[0]', 1);
    const opened = run([
      "dev",
      service,
      "--port",
      String(port),
      ...(cluster === undefined ? [] : ["--cluster", cluster]),
    ]);
    await Promise.race([opened, until(() => printed.length > 0)]);
    expect(printed[0]).toMatch(new RegExp(`^http://localhost:${port}\n`));
    expect(wordsOf("kubectl").slice(0, 5)).toEqual([
      ...["--context", `${cluster ?? "k8s"}.dev.opsdx.io`, "-n", "monitoring", "port-forward"],
    ]);
    expect(wordsOf("kubectl").slice(-2)).toEqual([object, `${port}:${servicePort}`]);
    const child = childOf("kubectl");
    process.emit("SIGTERM");
    await opened;
    await until(() => !isThere(child));
  });

  it("needs kubectl", async () => {
    await expect(run(["dev", "prometheus"])).rejects.toThrow(
      "kubectl must be on the PATH, got nothing. Install it: https:",
    );
  });
});

describe("wrong words", () => {
  it.each([
    [
      ["dev", "graphana"],
      '<service> must be one of alertmanager, grafana, locust, prometheus, redash, got "graphana"; the nearest is "grafana"',
    ],
    [["dev", "concourse"], "<service> must be one of alertmanager, grafana, locust, prometheus, redash"],
    [["def", "grafana"], '<env> must be one of dev, got "def"; the nearest is "dev"'],
    [["dev", "prometheus", "--cluster", "k8"], '<cluster> must be one of k8s, k8s-ml, k8s-ml-tf, got "k8"'],
    [["dev", "grafana", "--cluster", "k8s-ml"], "--cluster must be left out, as grafana is one for all clusters"],
    [["dev", "grafana", "--port", "80"], "It must be a port from 1024 to 65535."],
  ])("%j", (words, message) => expect(run(words)).rejects.toThrow(message));

  it("an environment without services says so", async () => {
    const [environment] = config.environments;
    const bare = {
      ...config,
      environments: [
        { ...environment, grafana: undefined, redash: undefined, prometheus: undefined, locust: undefined },
      ],
    };
    await expect(run(["dev", "grafana"], { load: () => bare as Config })).rejects.toThrow(
      "dev must have a service to open, and has none",
    );
  });
});
