import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { PROGRAMS, type Binaries } from "../../../tools/control-plane/binaries";
import { argumentsOf } from "../../../tools/control-plane/components";
import {
  controlPlaneStatus,
  removeControlPlane,
  startControlPlane,
  stopControlPlane,
  type ControlPlaneProps,
} from "../../../tools/control-plane/control-plane";
import { ControlPlanePaths } from "../../../tools/control-plane/paths";
import { isAlive } from "../../../tools/processes";

jest.setTimeout(120_000);

const folder = mkdtempSync(path.join(os.tmpdir(), "control-plane-"));
const directory = path.join(folder, "cluster");
const paths = new ControlPlanePaths(directory);
const PORTS = { api: 1, authenticator: 2, etcd: 3, etcdPeer: 4 };

afterAll(async () => {
  await removeControlPlane(directory);
  rmSync(folder, { recursive: true, force: true });
});

/** Programs that write down how they were called, and end. */
function brokenPrograms(): Binaries {
  mkdirSync(path.join(folder, "bin"), { recursive: true });
  const files = PROGRAMS.map((name) => {
    const file = path.join(folder, "bin", name);
    writeFileSync(file, `#!/bin/sh\necho "${name} is broken" >&2\nexit 7\n`, { mode: 0o755 });
    return [name, file] as const;
  });
  return Object.fromEntries(files) as Binaries;
}

describe("startControlPlane", () => {
  it("names a program that does not start, with its log, and stops what it had started", async () => {
    const props: ControlPlaneProps = {
      directory,
      name: "k8s.dev.opsdx.io",
      binaries: brokenPrograms(),
      nodes: [],
      accountId: "123456789012",
      identityMappings: [],
      callers: { kind: "keys", keys: [] },
      say: () => undefined,
    };
    await expect(startControlPlane(props)).rejects.toThrow(
      /^etcd did not start: it ended with 7\. The end of .*etcd\.log:\netcd is broken$/,
    );
    await expect(controlPlaneStatus(directory)).resolves.toEqual({ kind: "stopped" });
    const record = JSON.parse(readFileSync(paths.record, "utf8")) as { processes: unknown[] };
    expect(record.processes).toEqual([]);
    expect(readFileSync(paths.logOf("authenticator"), "utf8")).not.toContain("Error");
  });

  it("leaves kubeconfigs that only their owner may read", () => {
    const file = paths.kubeconfigOf("admin");
    expect(statSync(file).mode & 0o077).toBe(0);
    const kubeconfig = parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    expect(kubeconfig).toMatchObject({
      "current-context": "k8s.dev.opsdx.io",
      contexts: [{ name: "k8s.dev.opsdx.io" }],
      clusters: [{ cluster: { server: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/) as string } }],
    });
  });
});

describe("a folder without a control plane", () => {
  it("is stopped, and stays so", async () => {
    const none = path.join(folder, "none");
    await expect(controlPlaneStatus(none)).resolves.toEqual({ kind: "stopped" });
    await expect(stopControlPlane(none)).resolves.toBe(false);
    expect(existsSync(none)).toBe(false);
  });

  it("has no claim on a process that is not its own", async () => {
    const stale = path.join(folder, "stale");
    mkdirSync(stale);
    const processes = PROGRAMS.map((name) => ({ name, pid: process.pid }));
    writeFileSync(new ControlPlanePaths(stale).record, JSON.stringify({ name: "a", ports: PORTS, processes }));
    await expect(controlPlaneStatus(stale)).resolves.toEqual({ kind: "stopped" });
    await expect(removeControlPlane(stale)).resolves.toBe(false);
    expect(isAlive(process.pid)).toBe(true);
  });
});

describe("the programs' command lines", () => {
  const all = PROGRAMS.map((name) => [name, argumentsOf(name, paths, PORTS)] as const);

  it.each(all)("of %s hold the folder, by which the process is recognised", (_, args) => {
    expect(args.join(" ")).toContain(`${directory}/`);
  });

  it("keep to loopback, and hold no key", () => {
    const text = all.flatMap(([, args]) => args).join("\n");
    const addresses = text.match(/\d+\.\d+\.\d+\.\d+/g) ?? [];
    expect([...new Set(addresses)].sort()).toEqual(["100.64.0.0", "127.0.0.1"]);
    expect(text).not.toContain("PRIVATE KEY");
  });

  it("ask for rights, and tokens of the authenticator", () => {
    const api = argumentsOf("kube-apiserver", paths, PORTS);
    expect(api).toContain("--authorization-mode=RBAC");
    expect(api).toContain(`--authentication-token-webhook-config-file=${paths.authenticatorKubeconfig}`);
    expect(api.filter((each) => each.includes("admission"))).toEqual([]);
  });
});
