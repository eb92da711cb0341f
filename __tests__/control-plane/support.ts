import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { KubeConfig, KubernetesObjectApi, PatchStrategy, type KubernetesObject } from "@kubernetes/client-node";
import { clusterIdentities } from "../../config/cluster-identities";
import { loadConfig } from "../../config/load";
import { clusterToken } from "../../lambdas/etl-launcher/token";
import { checkSettings } from "../../lambdas/etl-launcher/settings";
import { connect, type ClusterClient } from "../../tools/control-plane/api";
import type { Binaries, BinariesSearch } from "../../tools/control-plane/binaries";
import type { KnownKey } from "../../tools/control-plane/callers";
import {
  removeControlPlane,
  startControlPlane,
  type ControlPlane,
  type ControlPlaneProps,
} from "../../tools/control-plane/control-plane";
import { nodesOf } from "../../tools/control-plane/nodes";
import { isAlive } from "../../tools/processes";
import type { KubernetesObject as Wanted } from "../../constructs/shared/kubernetes-object";

/** Starting a control plane on a busy machine. */
export const START_MS = 120_000;

/** Not the tests' temporary folder, which is another one in every run. */
const FOLDER = path.resolve(__dirname, "../../.cache/cluster-tests");

const dev = loadConfig().environments.find(({ name }) => name === "dev");
const cluster = dev?.clusters["k8s"];
if (dev === undefined || cluster === undefined) throw new Error("config has no cluster k8s of dev");

/** The configuration of `k8s` of `dev`, which these tests run on. */
export const CLUSTER = cluster;
/** Who is let into it. */
export const IDENTITIES = clusterIdentities(dev, "k8s");
/** Its full name. */
export const CLUSTER_NAME = "k8s.dev.opsdx.io";

/** Keys that AWS's documentation prints as examples, and whose they are here. */
export const LAUNCHER: KnownKey = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  arn: `arn:aws:sts::${dev.account.id}:assumed-role/opsdx-dev-etl-launcher/opsdx-dev-etl-launcher`,
};
/** A role of the same account that config maps to nobody. */
export const STRANGER: KnownKey = {
  accessKeyId: "AKIAI44QH8DHBEXAMPLE",
  secretAccessKey: "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
  arn: `arn:aws:sts::${dev.account.id}:assumed-role/opsdx-dev-somebody/session`,
};

/** A control plane made for one test file. */
export interface TestCluster {
  readonly props: ControlPlaneProps;
  readonly controlPlane: ControlPlane;
  readonly client: ClusterClient;
}

const search = JSON.parse(process.env["OPSDX_CLUSTER_BINARIES"] ?? "null") as BinariesSearch | null;

/** Tests that need the programs; where these cannot be had, they are reported as skipped, with the reason. */
export function describeOnCluster(title: string, tests: () => void): void {
  if (search?.kind === "found") describe(title, tests);
  else describe.skip(`${title} [${search?.reason ?? "the cluster project's global setup did not run"}]`, tests);
}

/** Tests that also need kubectl. */
export function describeWithKubectl(title: string, tests: () => void): void {
  if (spawnSync("kubectl", ["version", "--client"]).status === 0) describeOnCluster(title, tests);
  else describe.skip(`${title} [no kubectl on the PATH]`, tests);
}

function binaries(): Binaries {
  if (search?.kind !== "found") throw new Error("the control plane's programs are missing");
  return search.binaries;
}

/** Starts a control plane with the nodes of `k8s` of `dev` in a folder of its own. */
export async function startTestCluster(): Promise<TestCluster> {
  await removeAbandoned();
  const props: ControlPlaneProps = {
    directory: mkdtempSync(path.join(FOLDER, `${process.pid}-`)),
    name: CLUSTER_NAME,
    binaries: binaries(),
    nodes: nodesOf({ config: CLUSTER, zones: Object.keys(dev?.network.zones ?? {}) }),
    identityMappings: IDENTITIES,
    accountId: dev?.account.id ?? "",
    callers: { kind: "keys", keys: [LAUNCHER, STRANGER] },
    say: () => undefined,
  };
  const controlPlane = await startControlPlane(props);
  return { props, controlPlane, client: await connect(controlPlane.kubeconfig) };
}

/** An interrupted run leaves processes behind: the next one ends them. */
async function removeAbandoned(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  for (const name of readdirSync(FOLDER)) {
    if (!isAlive(Number(name.split("-")[0]))) await removeControlPlane(path.join(FOLDER, name));
  }
}

/** The launcher's environment on a control plane, with the keys of a role. */
export function launcherEnvironment(
  { endpoint, certificateAuthority, name }: ControlPlane,
  key: KnownKey = LAUNCHER,
): Record<string, string> {
  return {
    CLUSTER_ENDPOINT: endpoint,
    CLUSTER_ID: name,
    CLUSTER_CA: certificateAuthority,
    NAMESPACE: "etl",
    METRIC_NAMESPACE: "OpsDX/ETL",
    ENVIRONMENT: "dev",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    AWS_SESSION_TOKEN: "AQoDYXdzEJr//example+session==",
  };
}

/** A token that the launcher's code makes from an environment. */
export async function tokenOf(environment: Record<string, string>, now = new Date()): Promise<string> {
  return await clusterToken(checkSettings(environment), now);
}

/** A client that signs in with a token. */
export function withToken({ name, endpoint, certificateAuthority }: ControlPlane, token: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name, server: endpoint, caData: certificateAuthority, skipTLSVerify: false },
    { name: "token", token },
  );
  return config;
}

/** Asks the API server a question that is put as an object, and returns its answer. */
export async function review<T>(config: KubeConfig, group: string, kind: string, spec?: unknown): Promise<T> {
  const question: KubernetesObject & { readonly spec?: unknown } = { apiVersion: `${group}/v1`, kind, spec };
  const { status } = await KubernetesObjectApi.makeApiClient(config).create<KubernetesObject & { status?: T }>(
    question,
  );
  if (status === undefined) throw new Error(`the API server gave no answer to ${kind}`);
  return status;
}

/** Changes the given fields of an object, and no other. */
export async function change({ objects }: ClusterClient, fields: Wanted): Promise<void> {
  const patch = structuredClone(fields);
  await objects.patch(patch, undefined, undefined, undefined, undefined, PatchStrategy.MergePatch);
}

/** Waits until a question has an answer. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>, seconds = 30): Promise<T> {
  const began = Date.now();
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() - began > seconds * 1000) throw new Error(`after ${seconds} s still not: ${what}`);
    await delay(100);
  }
}
