import { mkdtempSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { InvalidArgumentError } from "commander";
import { RefusedError } from "../../config/explained-error";
import { CommandError } from "../command-error";
import { connect, type ClusterClient } from "../control-plane/api";
import { findBinaries } from "../control-plane/binaries";
import { removeControlPlane, startControlPlane } from "../control-plane/control-plane";
import type { Children } from "../terraform/children";

/** The word that asks for an API server of this machine. */
export const LOCAL = "local";

/** An API server that objects are held against. */
export interface ApiServer {
  /** Connection to it. */
  readonly client: ClusterClient;
  /** What it is, for people: `Kubernetes v1.36.3 at https://127.0.0.1:6443`. */
  readonly title: string;
  /** Whether it is thrown away: definitions and namespaces are made there. Nothing is made on another. */
  readonly isOwn: boolean;
  /** Ends it, if it is thrown away. */
  readonly close: () => Promise<void>;
}

/** The value of `--server`: a kubeconfig that is there, or {@link LOCAL}. */
export function serverOf(text: string): string {
  if (text === LOCAL || statSync(text, { throwIfNoEntry: false })?.isFile() === true) return text;
  throw new InvalidArgumentError(`must be "${LOCAL}" or a kubeconfig that is there`);
}

/** Settings of {@link openServer}. */
export interface OpenServerProps {
  /** Where programs are looked for and built. */
  readonly env: NodeJS.ProcessEnv;
  /** Where they are built, if they must be. */
  readonly children: Children;
  /** Tells what takes long. */
  readonly say: (line: string) => void;
}

/**
 * Connects to the current context of a kubeconfig, or starts a control plane without nodes.
 * @throws RefusedError when the kubeconfig is none, or the programs cannot be had
 * @throws CommandError when it does not answer
 */
export async function openServer(named: string, props: OpenServerProps): Promise<ApiServer> {
  if (named === LOCAL) return startOwn(props);
  const client = await connect(named).catch((error: unknown) => {
    throw new RefusedError(`--server: ${named} must be a kubeconfig: ${(error as Error).message}`);
  });
  return opened(client, false, () => Promise.resolve());
}

async function startOwn({ children, env, say }: OpenServerProps): Promise<ApiServer> {
  const search = await findBinaries({ env, say, children });
  if (search.kind === "missing") throw new RefusedError(`--server ${LOCAL}: ${search.reason}`);
  const directory = mkdtempSync(path.join(os.tmpdir(), "opsdx-charts-server-"));
  const close = async (): Promise<void> => {
    await removeControlPlane(directory);
  };
  try {
    const { kubeconfig } = await startControlPlane({
      directory,
      name: "charts",
      binaries: search.binaries,
      nodes: [],
      accountId: "",
      identityMappings: [],
      callers: { kind: "keys", keys: [] },
      say,
    });
    return await opened(await connect(kubeconfig), true, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function opened(client: ClusterClient, isOwn: boolean, close: () => Promise<void>): Promise<ApiServer> {
  const { VersionApi } = await import("@kubernetes/client-node");
  const address = client.config.getCurrentCluster()?.server ?? "";
  try {
    const { gitVersion } = await client.config.makeApiClient(VersionApi).getCode();
    return { client, title: `Kubernetes ${gitVersion} at ${address}`, isOwn, close };
  } catch (error) {
    throw new CommandError(`the API server at "${address}" does not tell its version: ${(error as Error).message}`);
  }
}
