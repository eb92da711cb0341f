import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { get as getSecurely } from "node:https";
import path from "node:path";
import getPort from "get-port";
import { connect, ensureNodes } from "./api";
import type { AuthenticatorSettings } from "./authenticator";
import { PROGRAMS, type Binaries, type Program } from "./binaries";
import { CERTIFICATES, ensureCertificates, type Client } from "./certificates";
import type { Callers } from "./callers";
import { argumentsOf, HOST, urlOf, type Ports } from "./components";
import type { Mappings } from "./identity";
import { writeKubeconfig } from "./kubeconfig";
import type { Node } from "./nodes";
import { ControlPlanePaths } from "./paths";
import { isOurs, startDetached, stopAll, untilReady, type ProcessRecord, type Started } from "./processes";
import { RefusedError } from "../../config/explained-error";
import { PROJECT_ROOT, readJson, writeWhole } from "../files";

const AUTHENTICATOR = "authenticator";
const START_SECONDS = 60;
const ANSWER_MS = 5_000;
const CLIENTS: readonly Client[] = ["admin", "kube-controller-manager", "kube-scheduler", "kwok"];

/** Settings of {@link startControlPlane}. */
export interface ControlPlaneProps extends Mappings {
  /** Folder of this control plane alone: certificates, etcd's data, kubeconfigs, logs, process ids. */
  readonly directory: string;
  /** Full name of the cluster, for example `k8s.dev.opsdx.io`: what a token must have signed. */
  readonly name: string;
  /** The programs, from `findBinaries`. */
  readonly binaries: Binaries;
  /** The cluster's nodes, from `nodesOf`. */
  readonly nodes: readonly Node[];
  /** Who finds out whose token it is. */
  readonly callers: Callers;
  /** Tells the person what happens. */
  readonly say: (message: string) => void;
}

/** A running control plane. */
export interface ControlPlane {
  /** Full name of the cluster. */
  readonly name: string;
  /** URL of the API server. */
  readonly endpoint: string;
  /** The API server's certificate authority, PEM in base64. */
  readonly certificateAuthority: string;
  /** Path of an administrator's kubeconfig, whose context has the cluster's name. */
  readonly kubeconfig: string;
}

/** What is known of a control plane. */
export type ControlPlaneStatus =
  | { readonly kind: "running"; readonly controlPlane: ControlPlane; readonly processes: readonly ProcessRecord[] }
  /** Some of its processes are gone, or the API server does not answer. */
  | { readonly kind: "broken"; readonly problem: string; readonly processes: readonly ProcessRecord[] }
  | { readonly kind: "stopped" };

interface ControlPlaneRecord {
  readonly name: string;
  readonly ports: Ports;
  readonly processes: readonly ProcessRecord[];
}

/**
 * Starts a control plane that outlives this command, or returns the one that runs, with the given nodes and mappings. What an
 * earlier one stored in the folder is there again.
 * @throws CommandError when the folder belongs to another cluster, or a program does not start; what was started is stopped again
 */
export async function startControlPlane(props: ControlPlaneProps): Promise<ControlPlane> {
  const paths = new ControlPlanePaths(props.directory);
  const former = recordOf(paths);
  if (former !== undefined && former.name !== props.name) {
    throw new RefusedError(
      `${paths.directory} holds the cluster ${former.name}; ${props.name} needs a folder of its own`,
    );
  }
  const status = await controlPlaneStatus(props.directory);
  if (status.kind === "running") {
    writeSettings(paths, props);
    await ensureNodes(await connect(status.controlPlane.kubeconfig), props.nodes, START_SECONDS);
    return status.controlPlane;
  }
  if (status.kind === "broken") await stopControlPlane(props.directory);

  const began = Date.now();
  await ensureCertificates(paths.certificates);
  mkdirSync(path.dirname(paths.logOf("")), { recursive: true });
  const ports = await freePorts(former?.ports);
  writeSettings(paths, props);
  const controlPlane = writeKubeconfigs(paths, props.name, ports);
  await startPrograms(paths, props, ports);
  await ensureNodes(await connect(controlPlane.kubeconfig), props.nodes, START_SECONDS).catch(
    async (error: unknown) => {
      await stopControlPlane(props.directory);
      throw error;
    },
  );
  props.say(
    `Control plane of ${props.name}: ${controlPlane.endpoint}, ${props.nodes.length} nodes, ` +
      `after ${Math.round((Date.now() - began) / 1000)} s.`,
  );
  return controlPlane;
}

/** Finds out whether a control plane runs: the recorded processes must still be it, and the API server must be ready. */
export async function controlPlaneStatus(directory: string): Promise<ControlPlaneStatus> {
  const paths = new ControlPlanePaths(directory);
  const record = recordOf(paths);
  if (record === undefined) return { kind: "stopped" };
  const { processes } = record;
  const running: ProcessRecord[] = [];
  for (const each of processes) if (await isOurs(each, marker(paths))) running.push(each);
  if (running.length === 0) return { kind: "stopped" };
  const expected = [AUTHENTICATOR, ...PROGRAMS];
  const absent = expected.filter((name) => !running.some((each) => each.name === name));
  if (absent.length > 0) {
    return { kind: "broken", problem: `${absent.join(", ")} ended; see ${paths.logOf("*")}`, processes: running };
  }
  if (!(await answers(`${urlOf(record.ports.api)}/readyz`, paths))) {
    return {
      kind: "broken",
      problem: `the API server is not ready; see ${paths.logOf("kube-apiserver")}`,
      processes: running,
    };
  }
  return { kind: "running", controlPlane: describe(paths, record.name, record.ports), processes: running };
}

/** Names and logs of a control plane's processes that have ended although nobody stopped them. */
export async function endedProcesses(directory: string): Promise<readonly { name: string; log: string }[]> {
  const paths = new ControlPlanePaths(directory);
  const gone: { name: string; log: string }[] = [];
  for (const each of recordOf(paths)?.processes ?? []) {
    if (!(await isOurs(each, marker(paths)))) gone.push({ name: each.name, log: paths.logOf(each.name) });
  }
  return gone;
}

/** Stops a control plane; what it stores stays in its folder. Returns whether anything of it ran. */
export async function stopControlPlane(directory: string): Promise<boolean> {
  const paths = new ControlPlanePaths(directory);
  const record = recordOf(paths);
  if (record === undefined) return false;
  // Clients first, etcd last: an API server whose etcd is gone takes a minute to end.
  const stopped = await stopAll([...record.processes].reverse(), marker(paths));
  writeRecord(paths, { ...record, processes: [] });
  return stopped > 0;
}

/** Stops a control plane and deletes its folder. Returns whether anything of it ran. */
export async function removeControlPlane(directory: string): Promise<boolean> {
  const stopped = await stopControlPlane(directory);
  rmSync(new ControlPlanePaths(directory).directory, { recursive: true, force: true });
  return stopped;
}

async function startPrograms(
  paths: ControlPlanePaths,
  { name, binaries }: ControlPlaneProps,
  ports: Ports,
): Promise<void> {
  const started: Started[] = [];
  const start = async (program: Program | typeof AUTHENTICATOR): Promise<Started> => {
    const process =
      program === AUTHENTICATOR
        ? await startAuthenticatorProcess(paths, ports)
        : await startDetached({
            name: program,
            file: binaries[program],
            args: argumentsOf(program, paths, ports),
            cwd: paths.directory,
            log: paths.logOf(program),
          });
    started.push(process);
    // At once, so that an interrupt leaves nothing that cannot be found again.
    writeRecord(paths, { name, ports, processes: started.map(({ record }) => record) });
    return process;
  };
  const ready = async (process: Started, url: string): Promise<void> => {
    const check = (): Promise<boolean> => answers(url, paths);
    await untilReady(process, { log: paths.logOf(process.record.name), seconds: START_SECONDS, check });
  };
  try {
    const etcd = await start("etcd");
    const authenticator = await start(AUTHENTICATOR);
    await ready(etcd, `${urlOf(ports.etcd, "http")}/health`);
    await ready(await start("kube-apiserver"), `${urlOf(ports.api)}/readyz`);
    await ready(authenticator, `${urlOf(ports.authenticator)}/healthz`);
    for (const program of ["kube-controller-manager", "kube-scheduler", "kwok"] as const) await start(program);
  } catch (error) {
    await stopControlPlane(paths.directory);
    throw error;
  }
  for (const { release } of started) release();
}

async function startAuthenticatorProcess(paths: ControlPlanePaths, ports: Ports): Promise<Started> {
  const { certificate, key } = CERTIFICATES.authenticator;
  return await startDetached({
    name: AUTHENTICATOR,
    file: process.execPath,
    args: [
      "--import",
      "tsx",
      path.join(__dirname, "authenticator-main.ts"),
      paths.authenticatorSettings,
      path.join(paths.certificates, certificate),
      path.join(paths.certificates, key),
      `${ports.authenticator}`,
    ],
    // Where `tsx` is found.
    cwd: PROJECT_ROOT,
    log: paths.logOf(AUTHENTICATOR),
  });
}

/** The former ports when they are free, so that kubeconfigs stay right. */
async function freePorts(former: Ports | undefined): Promise<Ports> {
  const port = async (wanted: number | undefined): Promise<number> =>
    await getPort({ host: HOST, ...(wanted !== undefined && { port: wanted }) });
  return {
    api: await port(former?.api),
    authenticator: await port(former?.authenticator),
    etcd: await port(former?.etcd),
    etcdPeer: await port(former?.etcdPeer),
  };
}

function writeSettings(
  paths: ControlPlanePaths,
  { name, accountId, identityMappings, callers }: ControlPlaneProps,
): void {
  const settings: AuthenticatorSettings = { clusterId: name, accountId, identityMappings, callers };
  writeWhole(paths.authenticatorSettings, `${JSON.stringify(settings)}\n`, 0o600);
}

function writeKubeconfigs(paths: ControlPlanePaths, name: string, ports: Ports): ControlPlane {
  const controlPlane = describe(paths, name, ports);
  const { certificateAuthority, endpoint } = controlPlane;
  for (const client of CLIENTS) {
    const { certificate, key } = CERTIFICATES.client(client);
    const own = { certificate: base64(paths, certificate), key: base64(paths, key) };
    writeKubeconfig({ file: paths.kubeconfigOf(client), name, server: endpoint, certificateAuthority, client: own });
  }
  writeKubeconfig({
    file: paths.authenticatorKubeconfig,
    name: AUTHENTICATOR,
    server: `${urlOf(ports.authenticator)}/authenticate`,
    certificateAuthority,
  });
  return controlPlane;
}

function describe(paths: ControlPlanePaths, name: string, ports: Ports): ControlPlane {
  return {
    name,
    endpoint: urlOf(ports.api),
    certificateAuthority: base64(paths, CERTIFICATES.authority),
    kubeconfig: paths.kubeconfigOf("admin"),
  };
}

function base64(paths: ControlPlanePaths, name: string): string {
  return readFileSync(path.join(paths.certificates, name)).toString("base64");
}

function recordOf(paths: ControlPlanePaths): ControlPlaneRecord | undefined {
  return readJson(paths.record) as ControlPlaneRecord | undefined;
}

function writeRecord(paths: ControlPlanePaths, record: ControlPlaneRecord): void {
  writeWhole(paths.record, `${JSON.stringify(record)}\n`);
}

/** What every process of this control plane has in its command line. */
function marker(paths: ControlPlanePaths): string {
  return `${paths.directory}/`;
}

/** Whether a server answers that it is well. */
async function answers(url: string, paths: ControlPlanePaths): Promise<boolean> {
  const authority = path.join(paths.certificates, CERTIFICATES.authority);
  if (!existsSync(authority)) return false;
  return await new Promise<boolean>((resolve) => {
    const settle = (response: IncomingMessage): void => {
      response.resume();
      resolve(response.statusCode === 200);
    };
    const signal = AbortSignal.timeout(ANSWER_MS);
    const request = url.startsWith("https:")
      ? getSecurely(url, { ca: readFileSync(authority), signal }, settle)
      : get(url, { signal }, settle);
    request.on("error", () => resolve(false));
  });
}
