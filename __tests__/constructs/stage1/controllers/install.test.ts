import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { strToU8, zipSync } from "fflate";
import { CONTROLLER_TOOLS } from "../../../../config/controller-tools";
import { INSTALLER } from "../../../../constructs/stage1/controllers/user-data";
import { bootText } from "./support";
import { script } from "../../../tools/kops/support";

const where = (program: string, ...asks: readonly string[]): jest.It =>
  spawnSync(program, asks).status === 0 ? it : it.skip;

/** A program that says its name. */
const PROGRAM = "#!/bin/sh\necho $0 runs\n";
/** What the server gives out, by path. */
const files = new Map<string, Buffer>();
let server: Server;
let root = "";
let bin = "";

beforeAll(async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "publisher-"));
  const tar = (name: string, ...members: readonly string[]): Buffer => {
    for (const member of members) script(path.join(folder, member), "echo $0 runs");
    spawnSync("tar", ["-czf", path.join(folder, name), "-C", folder, ...members]);
    return readFileSync(path.join(folder, name));
  };
  files.set("/kubectl", Buffer.from(PROGRAM));
  files.set("/helm.tar.gz", tar("helm.tar.gz", "linux-arm64/helm"));
  files.set("/node.tar.gz", tar("node.tar.gz", "node-v1/bin/node", "node-v1/bin/npm"));
  files.set("/terraform.zip", Buffer.from(zipSync({ terraform: strToU8(PROGRAM) })));
  const wheel = {
    "awslogs/__init__.py": strToU8(""),
    "awslogs/bin.py": strToU8("def main():\n  print('awslogs runs')\n"),
  };
  files.set("/awslogs-1-py3-none-any.whl", Buffer.from(zipSync(wheel)));
  rmSync(folder, { recursive: true });
  server = createServer(({ url = "" }, response) => {
    const found = files.get(url);
    response.writeHead(found === undefined ? 404 : 200).end(found);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => server.close());

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), "controller-"));
  bin = path.join(root, "fakes");
  mkdirSync(path.join(root, "etc/opsdx"), { recursive: true });
  // Not of the distribution: each says what it was asked.
  script(
    path.join(bin, "aws"),
    `case "$*" in *k8s-ml*) exit 254;; *) echo ${Buffer.from("-----BEGIN CERTIFICATE-----\n").toString("base64")};; esac`,
  );
  script(path.join(bin, "mountpoint"), "exit 1");
  script(path.join(bin, "mount"), `echo "$@" > ${root}/mounted`);
});
afterEach(() => rmSync(root, { recursive: true }));

const sumOf = (file: string): string =>
  createHash("sha256")
    .update(files.get(file) ?? "")
    .digest("hex");
const url = (file: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${file}`;
const LINES = [
  ["kubectl", "1.0.0", "program", "/kubectl", "-"],
  ["helm", "1.0.0", "tar", "/helm.tar.gz", "linux-arm64/helm"],
  ["terraform", "1.0.0", "zip", "/terraform.zip", "terraform"],
  ["node", "1.0.0", "tree", "/node.tar.gz", "-"],
  ["awslogs", "1", "wheel", "/awslogs-1-py3-none-any.whl", "-"],
] as const;

/** Writes the list of tools; of some the checksum is another. */
function list(sums: Readonly<Record<string, string>> = {}): void {
  const all = LINES.map(([name, version, kind, file, member]) =>
    [name, version, kind, url(file), sums[name] ?? sumOf(file), member].join(" "),
  );
  writeFileSync(path.join(root, "etc/opsdx/tools"), `${all.join("\n")}\n`);
  writeFileSync(path.join(root, "etc/opsdx/clusters"), "");
}

/** Runs the installer; resolves with how it ended, and its events. */
function install(verb = "install", shell = "sh"): Promise<{ code: number; events: readonly string[]; out: string }> {
  return new Promise((resolve) => {
    const env = { PATH: `${bin}:${process.env["PATH"] ?? ""}`, OPSDX_ROOT: root };
    execFile(shell, [INSTALLER, verb], { env }, (error, stdout, stderr) => {
      const log = path.join(root, "var/log/opsdx/install.log");
      const events = existsSync(log)
        ? readFileSync(log, "utf8")
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as { event: string; what: string })
            .map(({ event, what }) => `${event} ${what}`)
        : [];
      resolve({ code: error === null ? 0 : Number(error.code), events, out: stdout + stderr });
    });
  });
}
const runs = (program: string): string =>
  spawnSync(path.join(root, "usr/local/bin", program), { encoding: "utf8" }).stdout;

describe("the installer, in an empty root", () => {
  it("installs each tool that has its checksum, and nothing twice", async () => {
    list();
    const { code, events, out } = await install();
    expect([out, code]).toEqual([expect.any(String), 0]);
    const installed = LINES.map(([name]) => `installed ${name}`);
    expect(events).toEqual(["started machine", ...installed, "ready machine"]);
    for (const program of ["kubectl", "helm", "terraform", "node", "npm", "awslogs"]) {
      expect(runs(program)).toContain(`${program} runs`);
    }
    const again = await install();
    expect(again.events.slice(events.length)).toEqual(["started machine", "ready machine"]);
  });

  it("refuses a file of another checksum, leaves nothing of it, and goes on with the others", async () => {
    list({ helm: "0".repeat(64) });
    const { code, events } = await install();
    expect(code).toBe(1);
    expect(events).toContain("refused helm");
    expect(events).not.toContain("ready machine");
    expect(existsSync(path.join(root, "usr/local/bin/helm"))).toBe(false);
    expect(existsSync(path.join(root, "opt/opsdx/helm-1.0.0"))).toBe(false);
    expect(runs("node")).toContain("runs");
  });

  it.each(["-", "none", "A".repeat(64)])("downloads nothing that has no checksum: %s", async (sum) => {
    list({ kubectl: sum });
    const { code, events } = await install();
    expect([code, events[1]]).toEqual([1, "refused kubectl"]);
    expect(existsSync(path.join(root, "opt/opsdx/kubectl-1.0.0"))).toBe(false);
  });

  it.each([
    ["helm", "/helm.tar.gz", "opt/opsdx/helm-1.0.0"],
    ["terraform", "/terraform.zip", "opt/opsdx/terraform-1.0.0"],
    ["node", "/node.tar.gz", "opt/opsdx/node-1.0.0"],
    ["awslogs", "/awslogs-1-py3-none-any.whl", "opt/opsdx/awslogs/awslogs-1"],
  ])("says that %s could not be unpacked, though its checksum is right, and tries again", async (name, file, place) => {
    const whole = files.get(file) ?? Buffer.from("");
    files.set(file, whole.subarray(0, Math.floor(whole.length / 2)));
    try {
      list();
      const { code, events } = await install();
      expect(code).toBe(1);
      expect(events).toContain(`failed ${name}`);
      expect(events).not.toContain(`installed ${name}`);
      expect(events).toContain("installed kubectl");
      expect(existsSync(path.join(root, place))).toBe(false);
      expect(existsSync(path.join(root, "usr/local/bin/helm"))).toBe(name !== "helm");
    } finally {
      files.set(file, whole);
    }
    list();
    const again = await install();
    expect([again.code, again.events.at(-1)]).toEqual([0, "ready machine"]);
    expect(again.events).toContain(`installed ${name}`);
  });

  it("refuses an archive without what it should hold", async () => {
    list();
    const file = path.join(root, "etc/opsdx/tools");
    writeFileSync(file, readFileSync(file, "utf8").replace("linux-arm64/helm", "linux-amd64/helm"));
    const { code, events } = await install();
    expect([code, events.includes("failed helm"), events.includes("installed helm")]).toEqual([1, true, false]);
  });

  it("says what could not be had", async () => {
    list();
    const file = path.join(root, "etc/opsdx/tools");
    writeFileSync(file, readFileSync(file, "utf8").replace("/helm.tar.gz", "/gone.tar.gz"));
    const { code, events } = await install();
    expect([code, events.includes("failed helm")]).toEqual([1, true]);
  });

  where(
    "kubectl",
    "version",
    "--client",
  )(
    "sets a context for each cluster that stands, without a credential (skipped where kubectl is not there)",
    async () => {
      list();
      writeFileSync(
        path.join(root, "etc/opsdx/clusters"),
        "k8s.test.opsdx.io /opsdx/test/stage2/k8s/certificate-authority us-east-1\n" +
          "k8s-ml.test.opsdx.io /opsdx/test/stage2/k8s-ml/certificate-authority us-east-1\n",
      );
      const { code, events } = await install("contexts");
      expect([code, events]).toEqual([0, ["context k8s.test.opsdx.io", "waiting k8s-ml.test.opsdx.io"]]);
      const view = spawnSync("kubectl", ["config", "view", "-o", "json"], {
        env: { ...process.env, KUBECONFIG: path.join(root, "etc/opsdx/kubeconfig") },
        encoding: "utf8",
      }).stdout;
      expect(JSON.parse(view)).toMatchObject({
        contexts: [{ name: "k8s.test.opsdx.io" }],
        clusters: [{ cluster: { server: "https://api.k8s.test.opsdx.io" } }],
        users: [
          {
            user: {
              exec: {
                command: "aws",
                args: [
                  "eks",
                  "get-token",
                  "--cluster-name",
                  "k8s.test.opsdx.io",
                  "--region",
                  "us-east-1",
                  "--output",
                  "json",
                ],
              },
            },
          },
        ],
      });
    },
  );

  it("mounts the shared files over TLS and as its role, now and at each start", async () => {
    list();
    writeFileSync(path.join(root, "etc/opsdx/nfs"), "fs-1 fsap-1 /mnt/opsdx\n");
    mkdirSync(path.join(root, "mnt"));
    const { code, events } = await install("mount");
    expect([code, events]).toEqual([0, ["mounted /mnt/opsdx"]]);
    const options = "noresvport,tls,iam,accesspoint=fsap-1";
    expect(readFileSync(path.join(root, "mounted"), "utf8")).toBe(`-t efs -o ${options} fs-1:/ ${root}/mnt/opsdx\n`);
    await install("mount");
    expect(readFileSync(path.join(root, "etc/fstab"), "utf8")).toBe(`fs-1:/ /mnt/opsdx efs _netdev,${options} 0 0\n`);
  });

  it.each([
    [19, 0, "mounted /mnt/opsdx"],
    [20, 1, "failed /mnt/opsdx"],
  ])("waits for the shared files: refused %d times it ends with %d", async (refused, code, event) => {
    list();
    writeFileSync(path.join(root, "etc/opsdx/nfs"), "fs-1 fsap-1 /mnt/opsdx\n");
    const tries = path.join(root, "tries");
    script(path.join(bin, "sleep"), `echo "$@" >> ${root}/slept`);
    script(path.join(bin, "mount"), `echo try >> ${tries}; [ "$(wc -l < ${tries})" -gt ${refused} ]`);
    const done = await install("mount");
    expect([done.code, done.events]).toEqual([code, [event]]);
    expect(readFileSync(path.join(root, "slept"), "utf8")).toBe("15\n".repeat(19));
  });

  it("knows what it can do", async () => {
    expect(await install("remove")).toMatchObject({ code: 2, out: "usage: opsdx-controller install|contexts|mount\n" });
  });
});

describe("what a controller boots from", () => {
  const text = bootText(CONTROLLER_TOOLS.map((tool) => ({ ...tool, sha256: "a".repeat(64) })));

  it("fits into what EC2 takes, with every tool", () => expect(text.length).toBeLessThan(16_384));

  where("cloud-init", "--version")(
    "holds against cloud-init's own schema (skipped where cloud-init is not there)",
    () => {
      const file = path.join(root, "user-data");
      writeFileSync(file, text);
      const { status, stderr, stdout } = spawnSync("cloud-init", ["schema", "--config-file", file], {
        encoding: "utf8",
      });
      expect([stdout + stderr, status]).toEqual([expect.stringContaining("Valid cloud-config"), 0]);
      writeFileSync(file, text.replace("packages:", "packages: 5\nold:"));
      expect(spawnSync("cloud-init", ["schema", "--config-file", file]).status).not.toBe(0);
    },
  );

  where("shellcheck", "--version")("holds against shellcheck (skipped where shellcheck is not there)", () => {
    const { status, stdout } = spawnSync("shellcheck", ["--shell", "sh", INSTALLER], { encoding: "utf8" });
    expect([stdout, status]).toEqual(["", 0]);
  });
});
